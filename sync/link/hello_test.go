package link_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// busy is a book to which somebody adds an entry just after its head was looked at.
type busy struct {
	*paper
	mu sync.Mutex // guards what stands below
	on bool
	at time.Time // of the last addition: one a moment, or nothing would ever be quiet
}

func (b *busy) View() ledger.Summary {
	v := b.paper.View()
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); b.on && now.After(b.at) {
		b.at = now
		b.receive()
	}
	return v
}

func (b *busy) set(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = on
}

// An ask shows the head of its moment; a hello sent behind it must not look older.
func TestAHelloShowsTheHeadOfTheMomentItIsSent(t *testing.T) {
	var book *busy
	inWorld(t, func(_ *link.Config, p *link.Parts) {
		book = &busy{paper: p.Ledger.(*paper)}
		p.Ledger = book
	}, func(t *testing.T, w *world) {
		w.net.cut()
		synctest.Wait()
		said := make(chan [2]ledger.Seq, 1) // the hello's head, and the book's as it came
		w.hq.mu.Lock()
		w.hq.greeted = func(m *wire.Hello) {
			select {
			case said <- [2]ledger.Seq{m.Head.Seq, w.book.Head().Seq}:
			default: // the first is enough
			}
		}
		w.hq.mu.Unlock()
		book.set(true)
		w.net.mend()
		got := <-said
		book.set(false)
		if got[0] != got[1] {
			t.Errorf("got a hello from entry %d, want %d", got[0], got[1])
		}
	})
}
