package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestACrowdNeverBuysMoreThanThereIs(t *testing.T) {
	const clients, stock = 64, 60
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 50 })
	skus := []ledger.SKU{"A", "B", "C", "D", "E"}
	for _, sku := range skus {
		d.receive(sku, stock)
	}
	var sold [5]atomic.Int64
	var crowd sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for c := range clients {
		crowd.Go(func() {
			for i := range 8 {
				n := (c + i) % len(skus)
				out, err := d.book.Do(ctx, sale(fmt.Sprint("client ", c, " sale ", i), skus[n], 1))
				switch {
				case errors.Is(err, ledger.ErrBusy):
				case err != nil:
					t.Errorf("got %v, want an answer", err)
				case out.Err == nil:
					sold[n].Add(1)
				}
			}
		})
	}
	var others sync.WaitGroup
	others.Go(func() { readOn(ctx, t, d.book) })
	others.Go(func() { putOn(ctx, t, d.book) })
	crowd.Wait()
	stop()
	others.Wait()
	for i, sku := range skus {
		l, _ := d.book.Level(sku)
		if got := sold[i].Load(); got != stock || l.OnHand() != 0 {
			t.Errorf("%s: got %d sold and %d on the shelf, want %d sold and none left", sku, got, l.OnHand(), stock)
		}
	}
}

// readOn reads all it can until ctx ends. Were a reader to wait for the writer inside a bbolt
// transaction, the two would wait for each other and the test would hang.
func readOn(ctx context.Context, t *testing.T, b *ledger.Book) {
	for ctx.Err() == nil {
		_, _, err1 := b.Entries(0, 100)
		_, _, err2 := b.Frames(b.Head().Seq/2, 1<<16)
		_, _, err3 := b.Orders(ledger.OrderQuery{Descending: true, Limit: 10})
		_, err4 := b.Knows(b.Head().Position)
		b.View()
		b.Level("A")
		b.SearchItems("x", "", 5)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Errorf("read: got %v, want nil", err)
			return
		}
	}
}

func putOn(ctx context.Context, t *testing.T, b *ledger.Book) {
	for v := uint64(1); ctx.Err() == nil; v++ {
		if err := b.PutItems([]ledger.Item{item("A", fmt.Sprint("name ", v), v, fmt.Sprint(v))}, v); err != nil {
			t.Errorf("put: got %v, want nil", err)
			return
		}
	}
}
