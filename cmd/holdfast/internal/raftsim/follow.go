package raftsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// follow carries the plan out, step by step at its time. Deliveries run beside it under drain.
func (s *show) follow(ctx, drain context.Context) error {
	for _, st := range planOf(s.Seed, s.For, len(s.c.sites)) {
		if err := world.Rest(ctx, time.Until(s.began.Add(st.at))); err != nil {
			return err
		}
		who, err := s.carryOut(ctx, drain, st)
		if err != nil {
			return fmt.Errorf("%s: %w", st.act, err)
		}
		s.report.Happened[st.act.String()]++
		offered, accepted, offline := s.clients.Counts()
		s.say("%-40s %d orders, %d accepted, %d of them offline", who+": "+st.act.String(), offered, accepted, offline)
		if s.Tick != nil {
			s.Tick(st.at)
		}
	}
	return nil
}

const (
	slowBy    = 40 * time.Millisecond // a word on a slow line
	breakEach = 0.03                  // of the answers while they get lost
)

// carryOut does what a step says, and gives whom it befell.
func (s *show) carryOut(ctx, drain context.Context, st step) (who string, err error) {
	c := s.c
	if st.site >= 0 {
		return c.nodes[st.site].name, s.atSite(drain, st)
	}
	p := s.leader()
	others := names(c.servers, p)
	who = p.name
	switch st.act {
	case actCutLeader:
		c.lines.part([]string{p.name}, others)
	case actDeafLeader:
		c.lines.silence(others, []string{p.name})
	case actMuteLeader:
		c.lines.silence([]string{p.name}, others)
	case actCutFollower:
		p = s.follower()
		c.lines.part([]string{p.name}, names(c.servers, p))
		who = p.name
	case actCrashLeader:
		err = s.crash(p)
	case actStopLeader:
		err = p.end()
	case actCrashTwo:
		who, err = s.crashTwo(ctx, p)
	case actCrashAll:
		who, err = "head office", s.crashAll(ctx)
	case actSlowCrash:
		for _, o := range c.servers {
			c.lines.delay(o.name, names(c.servers, o), slowBy)
		}
		if err = world.Rest(ctx, fallLasts/4); err == nil {
			p = s.leader()
			who, err = p.name, s.crash(p)
		}
	case actMendHQ:
		who, err = "head office", c.mendHQ()
	case actLoseAnswers, actKeepAnswers:
		who = "all lines"
		if st.act == actKeepAnswers {
			c.lines.crack(0)
			break
		}
		c.lines.crack(breakEach)
	}
	return who, err
}

// crashTwo has the leader crash and, when another leads, that one too.
func (s *show) crashTwo(ctx context.Context, first *party) (who string, err error) {
	if err := s.crash(first); err != nil {
		return first.name, err
	}
	_ = until(ctx, fallLasts/2, func() error { // whoever may lead by then
		if s.mu.Lock(); s.leading == first.name {
			defer s.mu.Unlock()
			return errNoLeader
		}
		s.mu.Unlock()
		return nil
	})
	second := s.leader()
	if second == nil {
		return first.name, nil
	}
	return first.name + ", " + second.name, s.crash(second)
}

var errNoLeader = errors.New("none leads")

// crashAll has all servers crash at once, and starts them again: what was answered is on their disks.
func (s *show) crashAll(ctx context.Context) error {
	for _, p := range s.c.servers {
		s.c.lines.tear(p.name)
	}
	for _, p := range s.c.servers {
		if err := s.crash(p); err != nil {
			return err
		}
	}
	if err := world.Rest(ctx, heartbeat); err != nil {
		return err
	}
	return startAll(s.c.servers)
}

func (s *show) atSite(drain context.Context, st step) error {
	c, p := s.c, s.c.nodes[st.site]
	all := names(c.servers, nil)
	switch st.act {
	case actCutSite:
		c.lines.part([]string{p.name}, all)
	case actHalfCutSite:
		c.lines.part([]string{p.name}, []string{s.leader().name})
	case actSlowSite:
		c.lines.delay(p.name, all, slowBy)
	case actMendSite:
		c.mendSite(st.site)
	case actCrashNode:
		return p.crash()
	case actStartNode:
		return p.start()
	case actDeliver:
		cl := c.nodeClient(c.web(customers, 5*time.Second), st.site, 1<<20)
		s.goods.Go(func() error {
			return s.clients.Receive(drain, cl, p.name, fmt.Sprintf("delivery-%d", st.at.Milliseconds()), s.goodsIn(st))
		})
	}
	return nil
}

func (s *show) goodsIn(st step) (lines []contract.ReceiptLine) {
	r := rand.New(rand.NewPCG(s.Seed, uint64(st.at)))
	for range 10 {
		lines = append(lines, contract.ReceiptLine{SKU: s.stock.Pick(r).SKU, Qty: ledger.Qty(1 + r.IntN(12))})
	}
	return lines
}

// crash has a server crash. Where the disk forgets, its folder is as it was when trade began.
func (s *show) crash(p *party) error {
	err := p.crash()
	if err != nil || s.kept == "" {
		return err
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return err
	}
	return os.CopyFS(p.dir, os.DirFS(filepath.Join(s.kept, p.name)))
}

// keep copies the folders of the servers, for a disk that is to forget what has come since.
func (s *show) keep() error {
	if !s.forget {
		return nil
	}
	s.kept = filepath.Join(s.Dir, "kept")
	if err := endAll(s.c.servers); err != nil {
		return err
	}
	for _, p := range s.c.servers {
		if err := os.CopyFS(filepath.Join(s.kept, p.name), os.DirFS(p.dir)); err != nil {
			return err
		}
	}
	return startAll(s.c.servers)
}
