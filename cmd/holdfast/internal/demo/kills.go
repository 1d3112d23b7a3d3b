package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// killPause bounds how long a process serves between two kills: long enough for its clients to find it.
const killPause = 300 * time.Millisecond

// acrossWait bounds how long the shops stay open after the last kill for an order across sites.
const acrossWait = 2 * time.Minute

// killAll kills processes with SIGKILL, one upon the other, while the shops are open: nodes by
// one hand each, head office's servers by one hand for all, so that a majority stays. A victim is
// killed again as soon as it serves, after a moment that is drawn. The shops stay open until an
// order across sites was accepted: a company that has seen only a few kills may not have come to one.
func (s *show) killAll(ctx context.Context) error {
	var done atomic.Int64
	want := int64(s.cfg.Kills)
	hand := func(seed uint64, victims []*process) error {
		r := rand.New(rand.NewPCG(s.cfg.Seed, seed))
		for done.Add(1) <= want {
			p := victims[r.IntN(len(victims))]
			if err := p.kill(); err != nil {
				return err
			}
			if err := p.start(); err != nil {
				return err
			}
			if err := s.company.readyEach(ctx, p, 5*time.Millisecond); err != nil {
				return err
			}
			if err := world.Rest(ctx, time.Duration(r.Int64N(int64(killPause)))); err != nil {
				return err
			}
			if n := min(done.Load(), want); n%100 == 0 {
				offered, accepted, _ := s.paper.counts()
				s.say("%d of %d kills, %d orders offered, %d accepted", n, want, offered, accepted)
			}
			if s.cfg.Bar != nil {
				s.cfg.Bar(min(done.Load(), want), want)
			}
		}
		return nil
	}
	errs := make([]error, len(s.company.nodes)+1)
	var all sync.WaitGroup
	for i, p := range s.company.nodes {
		all.Go(func() { errs[i] = hand(uint64(i), []*process{p}) })
	}
	all.Go(func() { errs[len(errs)-1] = hand(1<<32, s.company.hq) })
	all.Wait()
	s.result.Kills = s.cfg.Kills
	for until := time.Now().Add(acrossWait); errors.Join(errs...) == nil && !s.paper.crossed() && time.Now().Before(until); {
		errs = append(errs, world.Rest(ctx, 20*time.Millisecond))
	}
	return errors.Join(errs...)
}
