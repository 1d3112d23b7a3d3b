package siege

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// sellEach is how often each till has a customer: eight tills ask for 400 orders a second, which a node has time for on a
// machine that attacks it, too.
const sellEach = 20 * time.Millisecond

// sales is what the tills were told.
type sales struct {
	mu     sync.Mutex // guards what follows
	orders []string
	took   []time.Duration
	faults []string
}

// mark begins a new time to measure.
func (s *sales) mark() (from int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.orders)
}

// since says how many orders were taken since mark, and how long all but a hundredth of them took.
func (s *sales) since(from int) (n int, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := slices.Clone(s.took[from:])
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return len(took), took[len(took)*99/100]
}

// sell has every till sell until ctx ends. An order that was begun is ended: its key is asked again.
func (t *town) sell(ctx context.Context) (*sales, *sync.WaitGroup) {
	s, all := &sales{}, &sync.WaitGroup{}
	for i, token := range t.signedIn {
		cl := &client.Client{URLs: t.leeds.URLs, Token: token, HTTP: client.NewHTTP(callWait, t.roots...), Tries: 100}
		all.Go(func() {
			for n := 0; world.Rest(ctx, sellEach) == nil; n++ {
				var order contract.Order
				began := time.Now()
				body := map[string]any{"lines": []any{map[string]any{"sku": sku, "qty": 1}}}
				_, err := cl.Do(context.WithoutCancel(ctx), http.MethodPost, "/v1/orders", fmt.Sprintf("till-%d-%d", i, n), body, &order)
				s.mu.Lock()
				if err != nil {
					s.faults = append(s.faults, fmt.Sprintf("till %d was told: %v", i, err))
				} else {
					s.orders, s.took = append(s.orders, string(order.ID)), append(s.took, time.Since(began))
				}
				s.mu.Unlock()
			}
		})
	}
	return s, all
}

// lost counts the orders that the tills were told and the book does not have, or has twice.
func (s *sales) lost(book map[string]int) (lost, doubled int) {
	seen := map[string]bool{}
	for _, id := range s.orders {
		switch {
		case book[id] == 0:
			lost++
		case seen[id]:
			doubled++
		}
		seen[id] = true
	}
	for _, n := range book {
		if n > 1 {
			doubled++
		}
	}
	return lost, doubled
}
