package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// planned says whether it is the plan that happens: an older build knows nothing of what is new, and what chaos takes from the
// sites' memory nobody could tell of a shelf.
func (s *show) planned() bool { return !s.cfg.Chaos && s.cfg.Kills == 0 && s.cfg.Newer == "" }

// A worker goes on until ctx ends; drain bounds how long what is unanswered is repeated after that.
type worker interface {
	work(ctx, drain context.Context)
}

// Mean pauses of one hand between two things.
const (
	picksEach   = 250 * time.Millisecond
	movesEach   = 500 * time.Millisecond
	countsEach  = 500 * time.Millisecond
	returnsEach = 400 * time.Millisecond
	salesEach   = 150 * time.Millisecond
	paysEach    = time.Second
	quotesEach  = 300 * time.Millisecond
	putsEach    = 400 * time.Millisecond
	lorriesEach = 3 * time.Second
	keptEach    = 250 * time.Millisecond
)

// hands makes all who do something else than order.
func (s *show) hands(sellers []*seller) (out []worker) {
	for _, p := range s.pickers() {
		out = append(out, p)
	}
	for _, m := range s.movers() {
		out = append(out, m)
	}
	for _, c := range s.counters() {
		out = append(out, c)
	}
	for _, b := range s.backers() {
		out = append(out, b)
	}
	for _, c := range s.cashiers(sellers) {
		out = append(out, c)
	}
	for _, q := range s.quoters() {
		out = append(out, q)
	}
	for _, p := range s.putters() {
		out = append(out, p)
	}
	for _, k := range s.keepers() {
		out = append(out, k)
	}
	s.drivers = s.carriers()
	for _, d := range s.drivers {
		out = append(out, d)
	}
	return append(out, s.bookkeeper())
}

// sellers makes the clients of the company, each with a random stream of its own.
func (s *show) sellers() []*seller {
	var out []*seller
	add := func(book string, n int, store bool, site int) {
		for i := range n {
			name := fmt.Sprintf("%s-%d", book, i+1)
			sl := &seller{name: name, book: book, store: store, paper: s.paper, stock: s.stock, pause: 60 * time.Millisecond,
				rng: rand.New(rand.NewPCG(s.cfg.Seed, uint64(len(out)+1)<<32))}
			if s.cfg.Chaos {
				var seed [32]byte
				binary.LittleEndian.PutUint64(seed[:], s.cfg.Seed)
				seed[8] = byte(len(out))
				sl.ids, sl.pause = rand.NewChaCha8(seed), 250*time.Millisecond
			}
			if site < 0 {
				sl.cl = s.clerk("olga", 600)
			} else {
				sl.cl = s.worker(site, "ann", 600)
			}
			if s.cfg.Chaos {
				sl.cl.Tries = 1 << 30 // until it is answered, or the time is up
				sl.lent = s.leave(sl.cl, "sam")
			}
			if s.cfg.Kills > 0 {
				sl.cl.Retry, sl.cl.Tries, sl.pause = 10*time.Millisecond, 6000, 20*time.Millisecond
			}
			out = append(out, sl)
		}
	}
	for i, spec := range s.company.sites {
		if spec.warehouse {
			add(spec.name, 2, false, i)
		} else {
			add(spec.name, 4, true, i)
		}
	}
	add(string(ledger.HQ), 3, false, -1)
	for _, sl := range out {
		for _, spec := range s.company.sites {
			if !spec.warehouse && spec.name != sl.book {
				sl.other = spec.name
			}
		}
		sl.sends = s.planned()
		sl.dares = s.planned() && sl.book != string(ledger.HQ) // of head office's own orders the simulator has some
	}
	return out
}
