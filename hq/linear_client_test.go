package hq_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A customer is one client: it does one thing after the other, each at a server of its choice.
type customer struct {
	m    *market
	who  string
	read string
	at   int  // the server it speaks to
	keen bool // never gives up
	rand *rand.Rand
	http *http.Client
}

func (m *market) client(who string, n uint64) *customer {
	// Every request dials anew: where there is nobody, it is sure that nothing was sent.
	return &customer{m: m, who: who, read: "leader", rand: rand.New(rand.NewPCG(m.seed, n)),
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

// choose thinks of something to do at a stall.
func (c *customer) choose(s *stall) act {
	s.mu.Lock()
	sent, orders := slices.Clone(s.sent), slices.Clone(s.orders)
	if len(s.there) > 0 && c.rand.IntN(4) > 0 {
		orders = slices.Clone(s.there)
	}
	s.mu.Unlock()
	n := c.rand.IntN(100)
	switch {
	case n < 20:
		return act{do: readsStock, sku: c.rand.IntN(2)}
	case len(orders) == 0:
	case n < 40:
		return act{do: looksUp, order: orders[c.rand.IntN(len(orders))]}
	case n < 60:
		return c.keyed(s, act{do: cancels, order: orders[c.rand.IntN(len(orders))]})
	case n < 70:
		a := sent[c.rand.IntN(len(sent))]
		if a.do == places && n < 65 {
			return c.keyed(s, a) // the same order under another key
		}
		return a
	}
	qty := pair{ledger.Qty(c.rand.IntN(4)), ledger.Qty(c.rand.IntN(3))}
	if qty == (pair{}) {
		qty[0] = 1
	}
	return c.order(s, qty, c.rand.IntN(4) == 0)
}

// order thinks of a new order.
func (c *customer) order(s *stall, qty pair, partial bool) act {
	id, err := ledger.NewOrderID(time.Now(), crand.Reader)
	if err != nil {
		c.m.t.Errorf("draw order id: %v", err)
	}
	c.m.mu.Lock()
	c.m.at[id] = s
	c.m.mu.Unlock()
	s.mu.Lock()
	s.orders = append(s.orders, id)
	s.mu.Unlock()
	return c.keyed(s, act{do: places, order: id, qty: qty, partial: partial})
}

// keyed gives an act a key of its own.
func (c *customer) keyed(s *stall, a act) act {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.key = fmt.Sprint("key-", len(s.sent)+1, "-of-", s.skus[0])
	s.sent = append(s.sent, a)
	return a
}

// What came of one request.
type fate uint8

const (
	answered fate = iota
	passes        // refused for the time being: nothing came of it
	unsure        // nobody knows
)

// carryOut does an act, under one key however often it takes, and notes what came of it. It is
// given up now and then; not an order of which a part will do, once it may have been taken: what it
// got is to be known.
func (c *customer) carryOut(s *stall, a act, wait time.Duration) {
	a.who = c.who
	writes := a.key != ""
	end := time.Now().Add(wait)
	r := record{act: a, to: forever}
	maybe := false
	for time.Now().Before(end) {
		if !maybe {
			r.from = time.Since(c.m.begun)
		}
		say, came := c.request(s, a)
		if came == answered {
			r.answer, r.to = say, time.Since(c.m.begun)
			c.m.answered.Add(1)
			c.m.note(s, r)
			return
		}
		if maybe = maybe || writes && came == unsure; writes && !c.keen && !(a.partial && maybe) && c.rand.IntN(4) == 0 {
			break
		}
		c.at = c.rand.IntN(len(c.m.urls))
		time.Sleep(10 * time.Millisecond)
	}
	if maybe && !a.partial {
		c.m.note(s, r)
	} else if c.m.passed.Add(1); maybe || !writes {
		c.m.t.Errorf("%s: no answer within %v to: %s %s", c.who, wait, a.do, a.order)
	}
}

// request sends an act once.
func (c *customer) request(s *stall, a act) (answer, fate) {
	wait := 1500 * time.Millisecond
	if a.key != "" && c.rand.IntN(20) == 0 {
		wait = time.Duration(1+c.rand.IntN(20)) * time.Millisecond // somebody in a hurry
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	r, err := a.request(ctx, c.m.urls[c.at], c.read, s)
	if err != nil {
		c.m.t.Errorf("request: %v", err)
		return silence, passes
	}
	r.Header.Set("Authorization", "Bearer "+c.m.c.token)
	res, err := c.http.Do(r)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return silence, passes
	} else if err != nil {
		return silence, unsure
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return silence, unsure
	}
	say, came := a.understand(s, res.StatusCode, raw)
	if say.said == absurd {
		c.m.t.Errorf("%s %s: got %d %s, which is no answer to that", c.who, a.do, res.StatusCode, raw)
		return silence, unsure
	}
	return say, came
}

// request writes an act as a request.
func (a act) request(ctx context.Context, url, read string, s *stall) (*http.Request, error) {
	method, body := "GET", []byte(nil)
	switch a.do {
	case places:
		in := contract.OrderRequest{ID: string(a.order), Shortage: ledger.Refuse}
		if a.partial {
			in.Shortage = ledger.Partial
		}
		for k, q := range a.qty {
			if q > 0 {
				in.Lines = append(in.Lines, contract.LineRequest{SKU: string(s.skus[k]), Qty: q})
			}
		}
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
		method, url = "POST", url+"/v1/orders"
	case cancels:
		method, url = "POST", url+"/v1/orders/"+string(a.order)+"/cancel"
	case looksUp:
		url += "/v1/orders/" + string(a.order) + "?read=" + read
	case readsStock:
		url += "/v1/stock/" + string(s.skus[a.sku]) + "?read=" + read
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err == nil && a.key != "" {
		r.Header.Set("Idempotency-Key", a.key)
	}
	return r, err
}

// understand reads an answer.
func (a act) understand(s *stall, status int, raw []byte) (answer, fate) {
	wrong := answer{said: absurd}
	if status >= 300 {
		var p contract.Problem
		if json.Unmarshal(raw, &p) != nil {
			return wrong, unsure
		}
		return a.refusal(s, status, &p)
	}
	if a.do == readsStock {
		var stock contract.HQStock
		if json.Unmarshal(raw, &stock) != nil || status != 200 {
			return wrong, unsure
		}
		say := answer{said: there}
		say.qty[a.sku] = stock.Promisable.Sure.Qty // what the sites have lags by design
		return say, answered
	}
	var o contract.Order
	if json.Unmarshal(raw, &o) != nil || o.ID != a.order {
		return wrong, unsure
	}
	var got pair
	for _, l := range o.Lines {
		for _, part := range l.Reserved {
			got[slices.Index(s.skus[:], l.SKU)] += part.Qty
		}
	}
	switch {
	case a.do == places && status == 201 && o.Status == ledger.StatusAllocated:
		return answer{accepted, got}, answered
	case a.do != places && status == 200 && o.Status == ledger.StatusCanceled:
		return answer{said: canceled}, answered
	case a.do == looksUp && status == 200 && o.Status == ledger.StatusAllocated:
		return answer{stands, got}, answered
	}
	return wrong, unsure
}

func (a act) refusal(s *stall, status int, p *contract.Problem) (answer, fate) {
	switch {
	case status == 409 && p.Code == contract.CodeStockShort && a.do == places:
		have := a.qty // of a line that is not named there is enough
		for _, l := range p.Lines {
			have[slices.Index(s.skus[:], l.SKU)] = l.Have
		}
		return answer{short, have}, answered
	case status == 409 && p.Code == contract.CodeOrderExists && a.do == places:
		return answer{said: exists}, answered
	case status == 409 && p.Code == contract.CodeOrderCanceled && a.do == cancels:
		return answer{said: wasSo}, answered
	case status == 404 && a.do != places:
		return answer{said: unheardOf}, answered
	case status == 503 && p.Code == contract.CodeUnsure:
		return silence, unsure
	case status == 503 && slices.Contains([]contract.Code{contract.CodeNoLeader, contract.CodeBusy, contract.CodeSiteClosing}, p.Code):
		return silence, passes
	}
	return answer{said: absurd}, unsure
}
