package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Clients are the demo's clients at a company that somebody else runs: they order, repeat, cancel,
// look up what they were promised, and write down what they are told.
type Clients struct {
	paper   *paper
	seed    uint64
	stock   *goods.Catalogue
	sellers []*seller
}

// A Book is one that clients ask.
type Book struct {
	Name  string // a site, or hq
	Shop  bool   // half of its customers take the goods with them
	Pause time.Duration
	Reach func(i int) *client.Client // how its i-th client reaches it, from 0
}

// NewClients makes clients who order from a range of goods. Their wishes follow from the seed.
func NewClients(seed uint64, stock *goods.Catalogue) *Clients {
	return &Clients{paper: &paper{received: map[string]map[string]int64{}}, seed: seed, stock: stock}
}

// At puts n clients before a book.
func (c *Clients) At(b Book, n int) {
	for i := range n {
		c.sellers = append(c.sellers, &seller{name: fmt.Sprintf("%s-%d", b.Name, i+1), book: b.Name, store: b.Shop, cl: b.Reach(i), paper: c.paper,
			stock: c.stock, pause: b.Pause, looks: true, rng: rand.New(rand.NewPCG(c.seed, uint64(len(c.sellers)+1)<<32))})
	}
}

// Sell has all of them at it until ctx ends, and returns when the last one has. What is not answered by
// then is repeated until it is, or drain ends.
func (c *Clients) Sell(ctx, drain context.Context) {
	var all sync.WaitGroup
	for _, s := range c.sellers {
		all.Go(func() { s.sell(ctx, drain) })
	}
	all.Wait()
}

// Receive takes a delivery in at a site until it has been answered.
func (c *Clients) Receive(ctx context.Context, cl *client.Client, site, reference string, lines []contract.ReceiptLine) error {
	return c.paper.takeIn(ctx, cl, site, reference, lines)
}

// Counts gives the orders so far.
func (c *Clients) Counts() (offered, accepted, offline int) { return c.paper.counts() }

// A Told is an order that a client was promised.
type Told struct {
	Book  string
	Key   string
	Order *contract.Order // as it was answered first
}

// Accepted lists what the clients were promised. Nobody may be selling any more.
func (c *Clients) Accepted() (out []Told) {
	for _, t := range c.paper.orders {
		if t.answer != nil {
			out = append(out, Told{t.book, t.key, t.answer})
		}
	}
	return out
}

// Folders says where the company was, after it has stopped. A site's book is in the folder of its name.
type Folders struct {
	Dir     string
	Sites   []string
	Servers []string // whole paths
}

// Judge holds what the clients were told against all books and journals, which it audits.
func (c *Clients) Judge(env ledger.Env, f Folders) *Result {
	r := &Result{}
	r.count(env, c.paper, f)
	return r
}

// lookBack looks up what was promised just now; where that was nothing, what was promised some time ago.
func (s *seller) lookBack(ctx context.Context, t *told) {
	switch {
	case t.answer != nil:
		s.look(ctx, t)
	case len(s.open) > 0:
		s.look(ctx, s.open[s.rng.IntN(len(s.open))])
	}
}

// look looks up an order that this client was promised, as another one might. Where it is found it
// stands as it stood, or further on; not to find it breaks the promise.
func (s *seller) look(ctx context.Context, t *told) {
	s.paper.mu.Lock()
	id := t.answer.ID
	s.paper.mu.Unlock()
	// Another server than the one that answered, where there are several.
	other := *s.cl
	at := s.rng.IntN(len(other.URLs))
	other.URLs = append(append([]string(nil), other.URLs[at:]...), other.URLs[:at]...)
	var o contract.Order
	a, err := other.Do(ctx, http.MethodGet, "/v1/orders/"+string(id), "", nil, &o)
	switch {
	case err != nil && a != nil && a.Status < 500:
		s.paper.fault("%s %s: order %s was promised, and cannot be looked up: %v", s.book, t.key, id, err)
	case err == nil && o.ID != id:
		s.paper.fault("%s %s: order %s was looked up, and %s was given", s.book, t.key, id, o.ID)
	}
}

// takeIn takes a delivery in, in slices of 500 lines, each under a key of its own.
func (p *paper) takeIn(ctx context.Context, cl *client.Client, site, reference string, lines []contract.ReceiptLine) error {
	return p.takeInPart(ctx, cl, site, reference, 0, lines)
}

// takeInPart takes in what of a delivery comes behind so many lines that came before.
func (p *paper) takeInPart(ctx context.Context, cl *client.Client, site, reference string, behind int, lines []contract.ReceiptLine) error {
	for at := 0; at < len(lines); at += 500 {
		part := lines[at:min(at+500, len(lines))]
		key := fmt.Sprintf("demo-%s-%s-%d", site, reference, behind+at)
		if _, err := cl.Do(ctx, http.MethodPost, "/v1/receipts", key, contract.ReceiptRequest{Reference: reference, Lines: part}, nil); err != nil {
			return fmt.Errorf("take in goods at %s: %w", site, err)
		}
		for _, l := range part {
			p.receive(site, l.SKU, int64(l.Qty))
		}
		p.tookIn(site, reference, part)
	}
	return nil
}
