package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Build fills the book of a site that no node has open, with the ledger itself and without HTTP, for
// measurements that need a long journal.
type Build struct {
	Site   ledger.SiteID
	Dir    string
	Goods  *goods.Catalogue
	Orders uint64 // how many are placed, an entry each
	Open   uint64 // how many of them, the first, stay reserved until their customers come
	Lines  int
	Run    string // part of each key
	// Alone begins a life without head office, and stores the articles. Otherwise the book has been
	// opened by head office before, and has its articles.
	Alone bool
	Clean bool // the book is closed at the end; otherwise it is left as a crash leaves it
}

// Qty is what is received of each article: it never runs short.
const Qty = 1_000_000_000_000

const (
	builders     = 4   // parts on their way at once: some are drawn while another is written
	together     = 256 // orders of a part, which share a commit
	receiptLines = 1000
	buildTick    = 200 * time.Millisecond

	checkpointSeldom = 100_000 // entries; what they are about stays in memory until then, some 100 MB
	lastOrders       = 10_000  // two checkpoints of a node, and a half
)

// Make builds. done is told now and then how many orders are in.
//
// Most of the book is written with few checkpoints, which is quicker. Its end is written as a node
// writes it, so that what a crash leaves to be played again is what a node's crash leaves.
func (b *Build) Make(ctx context.Context, env ledger.Env, done func(orders uint64)) error {
	last := b.Orders - min(b.Orders, lastOrders)
	if err := b.part(ctx, env, checkpointSeldom, true, 0, last, done); err != nil {
		return err
	}
	return b.part(ctx, env, 0, b.Clean, last, b.Orders, done)
}

// part opens the book and writes the orders that follow from, up to to. The first part also brings
// the site to life and receives the stock.
func (b *Build) part(ctx context.Context, env ledger.Env, checkpoint int, closes bool, from, to uint64, done func(uint64)) error {
	book, err := ledger.OpenBook(env, ledger.BookConfig{Site: b.Site, Dir: b.Dir, CheckpointEvery: checkpoint})
	if err != nil {
		return err
	}
	first := checkpoint == checkpointSeldom
	if first && b.Alone {
		err = b.putItems(book)
	}
	if err == nil {
		err = b.run(ctx, book, func(ctx context.Context) error {
			if first {
				if err := b.begin(ctx, book); err != nil {
					return err
				}
			}
			return b.fill(ctx, env, book, from, to, done)
		})
	}
	if err != nil || closes {
		return errors.Join(err, book.Close())
	}
	return nil
}

// run does what f does beside the book's writer, which ends last.
func (b *Build) run(ctx context.Context, book *ledger.Book, f func(context.Context) error) error {
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var writer errgroup.Group
	writer.Go(func() error { return book.Run(writing) })
	err := f(ctx)
	stop()
	return errors.Join(err, writer.Wait())
}

// begin brings the site to life, where there is no head office to do it, and receives the stock.
func (b *Build) begin(ctx context.Context, book *ledger.Book) error {
	if b.Alone {
		open := &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true, Standalone: true, Boot: book.Boot()}}
		if _, err := book.Do(ctx, open); err != nil {
			return fmt.Errorf("open site: %w", err)
		}
	}
	return b.receive(ctx, book)
}

// fill places the orders.
func (b *Build) fill(ctx context.Context, env ledger.Env, book *ledger.Book, from, to uint64, done func(uint64)) error {
	g, gctx := errgroup.WithContext(ctx)
	var next, in atomic.Uint64
	next.Store(from)
	in.Store(from)
	for w := range uint64(builders) {
		g.Go(func() error {
			random := rand.New(rand.NewPCG(w, from))
			for gctx.Err() == nil {
				n := next.Add(together) - together
				if n >= to {
					return nil
				}
				last := min(n+together, to)
				if err := b.place(gctx, env, book, random, n, last); err != nil {
					return err
				}
				in.Add(last - n)
			}
			return gctx.Err()
		})
	}
	ended, told := make(chan struct{}), make(chan struct{})
	go func() { // ends below
		defer close(told)
		t := time.NewTicker(buildTick)
		defer t.Stop()
		for {
			select {
			case <-ended:
				return
			case <-t.C:
				done(in.Load())
			}
		}
	}()
	err := g.Wait()
	close(ended)
	<-told
	done(in.Load())
	return err
}

func (b *Build) receive(ctx context.Context, book *ledger.Book) error {
	all := b.Goods.Items()
	for from := 0; from < len(all); from += receiptLines {
		id := b.Run + "-receipt-" + strconv.Itoa(from)
		r := &ledger.Receive{Meta: metaOf(id), ID: id, Reference: "bench"}
		for _, it := range all[from:min(from+receiptLines, len(all))] {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(it.SKU), Qty: Qty})
		}
		if out, err := book.Do(ctx, r); err != nil || out.Err != nil {
			return fmt.Errorf("receive stock: %w", errors.Join(err, out.Err))
		}
	}
	return nil
}

// metaOf names a request as the node's door does: by the digest of its key.
func metaOf(key string) ledger.Meta {
	return ledger.Meta{Actor: "owner", Key: ledger.DigestOf([]byte("bench"), []byte(key)), Request: ledger.DigestOf([]byte("bench request"), []byte(key))}
}

// place puts the orders that follow from, up to to, to the writer together.
func (b *Build) place(ctx context.Context, env ledger.Env, book *ledger.Book, random *rand.Rand, from, to uint64) error {
	reqs := make([]ledger.Request, 0, to-from)
	for n := from + 1; n <= to; n++ {
		o, err := b.order(env, random, n)
		if err != nil {
			return err
		}
		reqs = append(reqs, &ledger.Place{Meta: metaOf(b.Run + "-" + strconv.FormatUint(n, 10)), Order: o})
	}
	for i, a := range book.DoAll(ctx, reqs) {
		if err := errors.Join(a.Err, a.Outcome.Err); err != nil {
			return fmt.Errorf("place order %d: %w", from+1+uint64(i), err)
		}
	}
	return nil
}

// order draws the nth order.
func (b *Build) order(env ledger.Env, random *rand.Rand, n uint64) (ledger.Order, error) {
	now := env.Clock.Wall()
	id, err := ledger.NewOrderID(now, env.Random("bench orders"))
	o := ledger.Order{ID: id, Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, TakenAt: now, Lines: make([]ledger.Line, 0, b.Lines)}
	if n <= b.Open {
		o.Fulfil = ledger.Collect
	}
	for len(o.Lines) < b.Lines {
		o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(b.Goods.Pick(random).SKU), Qty: ledger.Qty(1 + random.Int64N(qtyMost))})
	}
	return o, err
}

// putItems stores the articles in the book.
func (b *Build) putItems(book *ledger.Book) error {
	items := Items(b.Goods)
	return book.PutItems(items, uint64(len(items)))
}

// Items gives a catalogue's articles as a book stores them.
func Items(cat *goods.Catalogue) []ledger.Item {
	all := cat.Items()
	items := make([]ledger.Item, len(all))
	for i, it := range all {
		items[i] = ledger.Item{SKU: ledger.SKU(it.SKU), Name: it.Name, Barcodes: []string{it.GTIN}, Tracking: ledger.TrackNone,
			Price: ledger.Price{Money: ledger.Money{Amount: it.Price, Currency: "GBP"}}, Version: uint64(i + 1)}
	}
	return items
}
