package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// told is what one client knows of one order: what it asked for and what it was answered. It
// is the client's own paper; the company never sees it.
type told struct {
	book     string // the book that was asked: a site, or hq
	key      string
	request  contract.OrderRequest
	answer   *contract.Order // the first answer, where it was yes
	raw      []byte          // its bytes
	refused  bool
	unknown  bool // no answer ever came
	canceled bool // a cancel was answered with yes
	unsure   bool // a cancel was sent and never answered
	changed  bool // the same key gave another answer later

	at        time.Time // of the last answer
	cancelSeq uint64    // the place in the owner's journal that the answer to a cancel showed
	gone      bool      // accepted, and gone with its book before anybody else had it; told so
}

// crosses says whether another site than the one that was asked serves the order, or several do.
func (t *told) crosses() bool {
	if t.answer == nil {
		return false
	}
	sites := map[ledger.SiteID]bool{}
	for _, l := range t.answer.Lines {
		for _, r := range l.Reserved {
			sites[r.Site] = true
		}
	}
	if t.book != string(ledger.HQ) {
		sites[ledger.SiteID(t.book)] = true
	}
	return len(sites) > 1
}

// paper gathers what all clients were told. Clients add to it, one lock, no order promised.
type paper struct {
	mu       sync.Mutex // guards what stands below
	orders   []*told
	received map[string]map[string]int64 // site -> sku -> units taken in
	faults   []string                    // answers that break the contract
	shorts   int                         // picked short
	rejects  int                         // legs that were not served
	hands    int                         // sold in the hand by a site that promised nothing
	goods    goodsTold
	money    moneyTold
	staff    *staffTold // nil: nobody signed in
	acts     []string   // of head office's, that do not name whoever did them
}

func (p *paper) add(t *told) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders = append(p.orders, t)
}

func (p *paper) receive(site, sku string, qty int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.received[site] == nil {
		p.received[site] = map[string]int64{}
	}
	p.received[site][sku] += qty
}

func (p *paper) fault(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) < 100 {
		p.faults = append(p.faults, fmt.Sprintf(format, args...))
	}
}

// counts of the orders so far, for the progress line.
func (p *paper) counts() (offered, accepted, offline int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.orders {
		if t.answer != nil && !t.unpromised() {
			accepted++
			if t.answer.Offline {
				offline++
			}
		}
	}
	return len(p.orders), accepted, offline
}

// crossed says whether any order was accepted so far that crosses sites.
func (p *paper) crossed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.orders, (*told).crosses)
}

// A seller is one till, counter or web shop: it places orders one after the other, repeats
// what was not answered under the same key, and now and then cancels or asks again.
type seller struct {
	name  string
	book  string // a site, or hq
	store bool   // a shop: half of its customers take the goods with them
	cl    *client.Client
	rng   *rand.Rand
	stock *goods.Catalogue
	paper *paper
	pause time.Duration // mean pause between two customers
	sent  int
	open  []*told
	looks bool   // it looks up what it was promised
	dares bool   // some of its customers take an order that nobody can promise, some are urgent, and some collect elsewhere
	other string // the other shop, where they collect
	sends bool   // orders are picked and sent: a cancel may come too late

	lent *client.Client // cl with a supervisor's approval, for what is sold in the hand
	ids  io.Reader      // the client names its orders itself, for it may have to tell them again; nil: it does not
}

// sell goes on until ctx ends; drain bounds how long an unanswered order is repeated after that.
func (s *seller) sell(ctx, drain context.Context) {
	for ctx.Err() == nil {
		t := s.order(drain)
		s.paper.add(t)
		if s.looks {
			s.lookBack(drain, t)
		}
		switch {
		case t.answer != nil && s.rng.IntN(50) == 0:
			s.again(drain, t)
		case t.answer != nil && t.answer.Status != ledger.StatusCompleted:
			if s.open = append(s.open, t); s.rng.IntN(8) == 0 {
				s.cancel(drain)
			}
		}
		_ = world.Rest(ctx, time.Duration(s.rng.ExpFloat64()*float64(s.pause))) // the loop sees that ctx has ended
	}
}

func (s *seller) request() contract.OrderRequest {
	lines := s.stock.Order(s.rng)
	req := contract.OrderRequest{Fulfil: ledger.Deliver, From: contract.FromAny, Shortage: ledger.Refuse, Channel: "web"}
	for _, l := range lines {
		req.Lines = append(req.Lines, contract.LineRequest{SKU: l.SKU, Qty: ledger.Qty(l.Qty), UnitPrice: &contract.Price{Amount: l.Price, Currency: "GBP"}})
	}
	n := s.rng.IntN(100)
	switch {
	case s.store && n < 40:
		req.Fulfil, req.From, req.Channel = ledger.Take, contract.FromHere, "till"
	case s.store && n < 50:
		req.Fulfil, req.From, req.Channel = ledger.Collect, contract.FromHere, "counter"
	case n >= 60 && n < 75 && s.dares:
		req.Shortage = ledger.Confirm
	case n < 75:
	case n < 88:
		req.Shortage = ledger.Partial
	default:
		req.Shortage = ledger.Backorder
	}
	if s.dares && req.Fulfil == ledger.Collect && n%2 == 0 {
		req.From, req.CollectAt = contract.FromAny, s.other
	}
	if s.dares && n%10 == 0 {
		req.Class, req.Priority = "trade", 1+n/12
	}
	if s.book != string(ledger.HQ) && req.Channel == "web" {
		req.Channel = "phone"
	}
	return req
}

func (s *seller) order(ctx context.Context) *told {
	s.sent++
	req, key := s.request(), fmt.Sprintf("%s-%d", s.name, s.sent)
	if req.ID = s.newID(); req.ID != "" && req.Fulfil == ledger.Take {
		once := *s.cl
		once.Tries = 1
		if _, err := once.Do(ctx, http.MethodPost, "/v1/orders", key, req, nil); quarantined(err) {
			s.inHand(ctx, key)
		}
	}
	return s.place(ctx, key, req)
}

// newID names an order; "" where the book is to do it.
func (s *seller) newID() string {
	if s.ids == nil {
		return ""
	}
	id, err := ledger.NewOrderID(time.Now(), s.ids)
	if err != nil {
		panic(err) // a generator never fails
	}
	return string(id)
}

// place sends one order until it is answered.
func (s *seller) place(ctx context.Context, key string, req contract.OrderRequest) *told {
	t := &told{book: s.book, key: key, request: req}
	var order contract.Order
	a, err := s.cl.Do(ctx, http.MethodPost, "/v1/orders", key, req, &order)
	var no *client.Refusal
	switch {
	case err == nil && a.Status == http.StatusCreated:
		t.answer, t.raw, t.at = &order, a.Body, time.Now()
	case err == nil:
		s.paper.fault("%s %s: got status %d, want 201", s.book, key, a.Status)
	case errors.As(err, &no) && no.Status == http.StatusConflict:
		t.refused = true
	case errors.As(err, &no) && no.Status < 500:
		t.refused = true
		s.paper.fault("%s %s: refused with %v", s.book, key, no)
	default:
		t.unknown = true
	}
	return t
}

// again sends an answered order once more under its key: the first answer must come back,
// byte for byte, and say that it is a repeat.
func (s *seller) again(ctx context.Context, t *told) {
	a, err := s.cl.Do(ctx, http.MethodPost, "/v1/orders", t.key, t.request, nil)
	if err != nil {
		if no, ok := errors.AsType[*client.Refusal](err); ok && no.Status < 500 {
			s.paper.fault("%s %s: repeat refused with %v", s.book, t.key, no)
			t.changed = true
		}
		return
	}
	if s.ids != nil { // a book that was rebuilt knows what it answered, and may have learned more of it since
		return
	}
	if !a.Replayed || !bytes.Equal(a.Body, t.raw) {
		t.changed = true
		s.paper.fault("%s %s: repeat got %s, want %s", s.book, t.key, a.Body, t.raw)
	}
}

// cancel takes back one of this client's open orders.
func (s *seller) cancel(ctx context.Context) {
	i := s.rng.IntN(len(s.open))
	t := s.open[i]
	s.open = append(s.open[:i], s.open[i+1:]...)
	s.paper.mu.Lock()
	if t.answer == nil { // its book is gone, and it was told so
		s.paper.mu.Unlock()
		return
	}
	id := t.answer.ID
	t.unsure = true // until the answer is there
	s.paper.mu.Unlock()
	var o contract.Order
	_, err := s.cl.Do(ctx, http.MethodPost, "/v1/orders/"+string(id)+"/cancel", t.key+"-cancel", struct{}{}, &o)
	no, isNo := errors.AsType[*client.Refusal](err)
	s.paper.mu.Lock()
	defer s.paper.mu.Unlock()
	switch {
	case err == nil:
		t.canceled, t.unsure, t.cancelSeq, t.at = true, false, o.Seq, time.Now()
	case isNo && no.Code == string(contract.CodeOrderCompleted) && s.sends: // all of it has left
		t.unsure = false
	case isNo && no.Status < 500 && s.ids != nil: // its book has to be told of it again, or has completed it: the journals know
	case isNo && no.Status < 500:
		t.unsure = false
		s.paper.faults = append(s.paper.faults, fmt.Sprintf("%s %s: cancel refused with %v", s.book, t.key, no))
	}
}
