package hq_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A site is a node made of the ledger's state alone: it keeps its frames in memory and speaks
// the link's messages.
type site struct {
	c       *cluster
	t       testing.TB
	id      ledger.SiteID
	token   string
	at      int // the server that it speaks to
	key     [16]byte
	boot    [16]byte
	core    *ledger.Core
	frames  []*ledger.Frame
	stored  ledger.Position
	counter bool
	company uint64 // of its pulls
}

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, errors.New("no past") }

func (c *cluster) addSite(id, kind string, rank int) *site {
	c.t.Helper()
	var added hq.SiteAdded
	c.must(201, 0, "POST", "/v1/sites", "add "+id, hq.SiteRequest{Site: id, Kind: kind, Rank: rank}, &added)
	s := &site{c: c, t: c.t, id: ledger.SiteID(id), token: added.Token,
		core: ledger.NewCore(ledger.NewState(ledger.SiteID(id)), noPast{})}
	_, _ = rand.Read(s.key[:])
	_, _ = rand.Read(s.boot[:])
	return s
}

func (s *site) head() ledger.Position { return s.core.Head().Position }

func (s *site) post(path string, m, reply wire.Message) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := wire.NewRequest(ctx, s.c.servers[s.at].URL()+path, m)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	res, err := s.c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if reply == nil {
		if res.StatusCode != http.StatusNoContent {
			return fmt.Errorf("answered %d", res.StatusCode)
		}
		return nil
	}
	return wire.ReadReply(res, reply)
}

// decide has the site's ledger decide and keeps the frames.
func (s *site) decide(req ledger.Request) ledger.Outcome {
	s.t.Helper()
	out := s.core.Decide(req, time.Now())
	s.frames = append(s.frames, s.core.Cut()...)
	return out
}

func (s *site) hello() {
	s.t.Helper()
	var w wire.Welcome
	s.c.eventually("head office answers the hello of "+string(s.id), func() error {
		w = wire.Welcome{}
		return s.post(wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: s.id, NodeKey: s.key,
			Boot: s.boot, Head: s.head(), HQ: s.core.State.HQ, Applied: s.core.State.Commands, WallMS: time.Now().UnixMilli()}, &w)
	})
	if w.Verdict != wire.VerdictOK {
		s.t.Fatalf("hello of %s: got %+v, want ok", s.id, w)
	}
	s.counter, s.stored = w.Counter, w.Stored
	if w.Epoch > s.core.State.Epoch {
		s.decide(&ledger.OpenSite{Epoch: w.Epoch, Body: ledger.OpenedBody{Counter: w.Counter, Boot: s.boot}})
	}
	if s.core.State.HQ != w.H {
		s.decide(&ledger.AdoptHQ{H: w.H})
	}
	s.push()
}

func (s *site) receive(sku ledger.SKU, qty ledger.Qty) {
	s.t.Helper()
	if out := s.decide(&ledger.Receive{ID: fmt.Sprint(s.core.State.Seq), Lines: []ledger.ReceiptLine{{SKU: sku, Qty: qty, Bin: ledger.BinDefault}}}); out.Err != nil {
		s.t.Fatal(out.Err)
	}
}

// tryPush sends what head office does not have, as far as its answer goes.
func (s *site) tryPush() error {
	p := &wire.Push{Site: s.id, Epoch: s.core.State.Epoch, Head: s.head(), Before: s.stored}
	for _, f := range s.frames {
		if f.First > s.stored.Seq {
			p.Frames = append(p.Frames, ledger.EncodeFrame(f))
		}
	}
	if len(p.Frames) == 0 {
		return nil
	}
	var r wire.PushReply
	if err := s.post(wire.PathPush, p, &r); err != nil {
		return err
	}
	s.stored = r.Stored
	if r.Verdict != wire.VerdictOK || r.Stored != s.head() {
		return fmt.Errorf("push: %v %s, stored %d of %d", r.Verdict, r.Why, r.Stored.Seq, s.head().Seq)
	}
	return nil
}

func (s *site) push() {
	s.t.Helper()
	s.c.eventually("push of "+string(s.id), s.tryPush)
}

// pull asks once what head office has to say and carries out its commands.
func (s *site) pull(wait time.Duration) (*wire.PullReply, error) {
	var r wire.PullReply
	err := s.post(wire.PathPull, &wire.Pull{Site: s.id, Head: s.head(), HQ: s.core.State.HQ, Applied: s.core.State.Commands,
		RefVersion: 1 << 40, WaitMS: wait.Milliseconds(), Company: s.company}, &r)
	if err != nil {
		return nil, err
	}
	if r.Verdict != wire.VerdictOK {
		return nil, fmt.Errorf("pull: %v %s", r.Verdict, r.Why)
	}
	for i := range r.Commands {
		if out := s.decide(&ledger.Obey{Command: r.Commands[i]}); out.Err != nil {
			return nil, out.Err
		}
	}
	return &r, nil
}

// answerCalls pulls until the test ends and answers every call of head office's; nil answers none.
func (s *site) answerCalls(with func(*wire.Call) *wire.CallReply) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var g sync.WaitGroup
	g.Go(func() {
		for ctx.Err() == nil {
			r, err := s.pull(500 * time.Millisecond)
			if err != nil {
				time.Sleep(20 * time.Millisecond)
				continue
			}
			for i := range r.Calls {
				if reply := with(&r.Calls[i]); reply != nil {
					_ = s.post(wire.PathReply, reply, nil) // an answer that is lost is asked for again
				}
			}
		}
	})
	stop = func() {
		cancel()
		g.Wait()
	}
	s.t.Cleanup(stop)
	return stop
}

// obey pulls and pushes until head office has n commands of this site carried out.
func (s *site) obey(n uint64) {
	s.t.Helper()
	s.c.eventually(fmt.Sprintf("%s obeys %d commands", s.id, n), func() error {
		if _, err := s.pull(50 * time.Millisecond); err != nil {
			return err
		}
		if err := s.tryPush(); err != nil {
			return err
		}
		if got := s.core.State.Commands.Number; got < n {
			return fmt.Errorf("%d so far", got)
		}
		return nil
	})
}
