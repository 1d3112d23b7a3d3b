package link_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestALinkBringsEverythingHomeThroughCuts(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		for i := range 20 {
			for range 5 {
				w.book.receive()
				w.hq.command()
				w.hq.item()
			}
			switch i % 4 {
			case 1:
				w.net.cut()
			case 2:
				w.net.mend()
			case 3:
				w.net.hush()
			}
			time.Sleep(time.Duration(i%5) * time.Second)
			w.net.mend()
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		agree(t, w.book, w.hq)
		if s := w.link.Status(); s.Unsent != 0 || s.State != link.StateTalking || !s.Online {
			t.Errorf("got %+v, want all sent", s)
		}
	})
}

func TestAnEntryAndACommandTravelAtOnce(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		began := time.Now()
		w.book.receive()
		synctest.Wait()
		agree(t, w.book, w.hq)
		w.hq.command() // is noticed, carried out, and its entry is back at head office
		synctest.Wait()
		agree(t, w.book, w.hq)
		if took := time.Since(began); took != 0 {
			t.Errorf("got %s, want no wait on any clock", took)
		}
	})
}

func anAsk() wire.Ask {
	return wire.Ask{ID: ledger.AskID{Site: "leeds", Epoch: 1, Seq: 3}, Order: "01890a5d-ac96-774b-bcce-b302099a8057",
		Lines: []wire.AskLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}
}

func TestAnAskIsAnsweredInOneRoundTripOnAWarmConnection(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		var got wire.Ask
		w.hq.asked = func(a wire.Ask) *wire.AskReply {
			got = a
			return &wire.AskReply{Verdict: wire.VerdictOK, Yes: true, Legs: []ledger.AskLeg{{Line: 1, Site: "hull", Qty: 2}}}
		}
		w.net.cut() // afterwards nothing is to be pushed
		synctest.Wait()
		w.net.mend()
		time.Sleep(time.Second)
		synctest.Wait()
		dials := w.net.dials
		reply, err := w.link.Ask(t.Context(), anAsk())
		if err != nil || !reply.Yes || len(reply.Legs) != 1 {
			t.Fatalf("got %+v, %v, want a yes", reply, err)
		}
		if got.Site != "leeds" || got.Head != w.book.Head().Position || got.DeadlineMS != 225 {
			t.Errorf("got %+v, want the site, its head and three quarters of 300 ms", got)
		}
		if w.net.dials != dials {
			t.Errorf("got %d new connections, want none", w.net.dials-dials)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := w.link.Ask(ctx, anAsk()); err != nil || got.DeadlineMS != 75 {
			t.Errorf("got %d ms, %v, want three quarters of the caller's 100 ms", got.DeadlineMS, err)
		}
		look, err := w.link.Look(t.Context(), wire.Look{SKU: "TAP-22"})
		if err != nil || look.Ask != 3 {
			t.Errorf("look: got %+v, %v", look, err)
		}
		fwd, err := w.link.Forward(t.Context(), wire.Forward{Cancel: anAsk().Order})
		if err != nil || fwd.Status != 3750 {
			t.Errorf("forward: got %+v, %v, want a deadline of 3750 ms", fwd, err)
		}
	})
}

// An order must not wait for a dead line twice.
func TestAnAskReturnsByItsDeadlineAndTheNextOneAtOnce(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.net.hush()
		began := time.Now()
		_, err := w.link.Ask(t.Context(), anAsk())
		if took := time.Since(began); !errors.Is(err, link.ErrOffline) || took != 300*time.Millisecond {
			t.Errorf("got %v after %s, want offline after 300 ms", err, took)
		}
		if w.link.Online() {
			t.Error("got online, want offline at the first failure")
		}
		began = time.Now()
		_, err = w.link.Ask(t.Context(), anAsk())
		if took := time.Since(began); !errors.Is(err, link.ErrOffline) || took != 0 {
			t.Errorf("got %v after %s, want offline at once", err, took)
		}
		w.net.mend()
		time.Sleep(5 * time.Second)
		if !w.link.Online() {
			t.Errorf("got %+v, want online again", w.link.Status())
		}
	})
}

// Connections that were kept when the line went dead hang: none of them may be used again.
func TestALineThatIsMendedIsFoundSoon(t *testing.T) {
	two := func(t *testing.T, w *world) { // leaves two kept connections
		gate := make(chan struct{})
		w.hq.asked = func(wire.Ask) *wire.AskReply { <-gate; return &wire.AskReply{Verdict: wire.VerdictOK} }
		var g sync.WaitGroup
		for range 3 {
			g.Go(func() { _, _ = w.link.Ask(t.Context(), anAsk()) })
		}
		synctest.Wait()
		close(gate)
		g.Wait()
		synctest.Wait()
	}
	one := func(c *link.Config, _ *link.Parts) { c.Servers = []string{"http://hq1"} }
	t.Run("after an ask", func(t *testing.T) {
		inWorld(t, one, func(t *testing.T, w *world) {
			two(t, w)
			w.net.hush()
			_, _ = w.link.Ask(t.Context(), anAsk())
			w.net.mend()
			time.Sleep(time.Second)
			if !w.link.Online() {
				t.Errorf("got %+v, want online within a second", w.link.Status())
			}
		})
	})
	t.Run("after a push", func(t *testing.T) {
		inWorld(t, one, func(t *testing.T, w *world) {
			two(t, w)
			w.net.hush()
			w.book.receive()
			time.Sleep(10*time.Second - time.Millisecond)
			if !w.link.Online() {
				t.Fatal("got offline, want nothing noticed before the push's limit")
			}
			w.net.mend()
			time.Sleep(time.Second)
			if s := w.link.Status(); !s.Online || s.Unsent != 0 {
				t.Errorf("got %+v, want online within a second", s)
			}
		})
	})
}

func TestTheTokenFollowsNoRedirection(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.fails(http.StatusTemporaryRedirect)
		w.book.receive()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if w.net.hosts["elsewhere:80"] || !strings.Contains(w.link.Status().Err, "307") {
			t.Errorf("got %v dialled, %s, want head office's own alone", w.net.hosts, w.link.Status().Err)
		}
	})
}

func TestAnAskInFlightEndsWithTheLine(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.asked = func(wire.Ask) *wire.AskReply { return nil }
		ended := make(chan error)
		began := time.Now()
		go func() {
			_, err := w.link.Ask(t.Context(), anAsk())
			ended <- err
		}()
		time.Sleep(50 * time.Millisecond)
		w.net.cut()
		if err := <-ended; !errors.Is(err, link.ErrOffline) {
			t.Errorf("got %v, want offline", err)
		}
		if took := time.Since(began); took > 60*time.Millisecond {
			t.Errorf("got %s, want an end with the line", took)
		}
	})
}

func TestAHeadOfficeThatSaysNoToAnAskIsStillThere(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.asked = func(wire.Ask) *wire.AskReply { return &wire.AskReply{Verdict: wire.VerdictOK, Why: "short"} }
		if reply, err := w.link.Ask(t.Context(), anAsk()); err != nil || reply.Yes {
			t.Errorf("got %+v, %v, want a no", reply, err)
		}
		w.hq.asked = func(wire.Ask) *wire.AskReply { return &wire.AskReply{Verdict: wire.VerdictLater} }
		if _, err := w.link.Ask(t.Context(), anAsk()); !errors.Is(err, link.ErrOffline) {
			t.Errorf("got %v, want offline: nobody decided", err)
		}
		if !w.link.Online() {
			t.Error("got offline, want online: head office answered")
		}
		w.hq.asked = func(wire.Ask) *wire.AskReply { return &wire.AskReply{Verdict: wire.VerdictFork, Why: "two of you"} }
		if _, err := w.link.Ask(t.Context(), anAsk()); !errors.Is(err, link.ErrOffline) {
			t.Errorf("got %v, want offline", err)
		}
		synctest.Wait()
		if got, want := w.book.quarantined, "head office says fork: two of you"; got != want {
			t.Errorf("got quarantine %q, want %q", got, want)
		}
		if s := w.link.Status(); s.State != link.StateRefused || s.Verdict != wire.VerdictFork || s.Why != "two of you" {
			t.Errorf("got %+v, want refused", s)
		}
	})
}

func TestACallerThatGoesAwaySaysNothingAboutTheLine(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.asked = func(wire.Ask) *wire.AskReply { return nil }
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, err := w.link.Ask(ctx, anAsk()); !errors.Is(err, link.ErrOffline) {
			t.Errorf("got %v, want offline", err)
		}
		if !w.link.Online() {
			t.Error("got offline, want online")
		}
	})
}

func TestMoreAsksThanThereArePlacesAreAnsweredOffline(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		gate := make(chan struct{})
		w.hq.asked = func(wire.Ask) *wire.AskReply {
			<-gate
			return &wire.AskReply{Verdict: wire.VerdictOK, Yes: true}
		}
		var g sync.WaitGroup
		for range 32 {
			g.Go(func() {
				if _, err := w.link.Ask(t.Context(), anAsk()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if _, err := w.link.Ask(t.Context(), anAsk()); err != link.ErrOffline {
			t.Errorf("got %v, want offline, bare: nothing was sent", err)
		}
		close(gate)
		g.Wait()
		if !w.link.Online() {
			t.Error("got offline, want online")
		}
	})
}

func TestACallIsAnsweredWithinItsDeadline(t *testing.T) {
	var slow time.Duration
	inWorld(t, func(_ *link.Config, p *link.Parts) {
		p.Answer = func(ctx context.Context, c wire.Call) wire.CallReply {
			select {
			case <-time.After(slow):
			case <-ctx.Done():
			}
			return wire.CallReply{Status: 200, Body: []byte(c.Cancel)}
		}
	}, func(t *testing.T, w *world) {
		w.hq.call(wire.Call{ID: [16]byte{1}, DeadlineMS: 200, Cancel: anAsk().Order})
		synctest.Wait()
		if got := w.hq.answered(); len(got) != 1 || got[0].ID != [16]byte{1} || got[0].Site != "leeds" || string(got[0].Body) != string(anAsk().Order) {
			t.Errorf("got %+v, want the node's answer", got)
		}
		slow = time.Second
		w.hq.call(wire.Call{ID: [16]byte{2}, DeadlineMS: 200})
		time.Sleep(5 * time.Second)
		if got := w.hq.answered(); len(got) != 1 {
			t.Errorf("got %+v, want no answer behind its deadline", got)
		}
		for i := range 40 {
			w.hq.call(wire.Call{ID: [16]byte{3, byte(i)}, DeadlineMS: 5000})
		}
		time.Sleep(5 * time.Second)
		if got := len(w.hq.answered()); got != 17 {
			t.Errorf("got %d answers, want 16 at once more", got)
		}
		slow = 100 * time.Millisecond
		w.hq.call(wire.Call{ID: [16]byte{4}, DeadlineMS: 200})
		time.Sleep(50 * time.Millisecond)
		w.net.hush()
		time.Sleep(time.Second)
		if !w.link.Online() { // its deadline was head office's, and says nothing about the line
			t.Error("got offline, want online")
		}
		w.net.mend()
	})
}

func TestACallWithoutAnAnswererIsLeft(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.call(wire.Call{ID: [16]byte{1}, DeadlineMS: 200})
		time.Sleep(time.Second)
		if got := w.hq.answered(); len(got) != 0 || !w.link.Online() {
			t.Errorf("got %+v, want none", got)
		}
	})
}

// A lagging book gives frames that are on disk a moment before its head says so, as a book does
// whose writer is between its commit and the telling of it. It rings no bell.
type lagging struct {
	*paper
	lag time.Duration

	mu    sync.Mutex // guards what stands below
	old   ledger.Head
	until time.Time // Head gives old until then
}

func (*lagging) Changed() <-chan struct{} { return nil }

func (l *lagging) Head() ledger.Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until) {
		return l.old
	}
	return l.paper.Head()
}

func (l *lagging) Frames(after ledger.Seq, maxBytes int) (ledger.Position, [][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until.IsZero() {
		l.old, l.until = l.paper.Head(), time.Now().Add(l.lag)
		l.receive()
	}
	return l.paper.Frames(after, maxBytes)
}

func TestABookThatWritesWhileItIsReadIsNotTakenForOneThatWentBack(t *testing.T) {
	inWorld(t, func(_ *link.Config, p *link.Parts) {
		p.Journal = &lagging{paper: p.Journal.(*paper), lag: time.Millisecond}
	}, func(t *testing.T, w *world) {
		time.Sleep(time.Minute)
		if why := w.book.quarantined; why != "" {
			t.Errorf("got quarantine %q, want none: head office has what it was sent", why)
		}
		agree(t, w.book, w.hq)
	})
}

func TestOnlyABookThatMayHaveGoneBackIsQuarantined(t *testing.T) {
	for v, want := range map[wire.Verdict]bool{wire.VerdictBehind: true, wire.VerdictFork: true, wire.VerdictClosedEpoch: true,
		wire.VerdictStranger: false, wire.VerdictUpgrade: false} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.hq.set(wire.PathPush, v)
			w.hq.set(wire.PathHello, v) // a stranger in a talk says hello first
			w.book.receive()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := w.book.quarantined != ""; got != want {
				t.Errorf("%s: got quarantined %v, want %v", v, got, want)
			}
			if s := w.link.Status(); s.State != link.StateRefused || s.Online {
				t.Errorf("%s: got %+v, want refused", v, s)
			}
			w.hq.set(wire.PathPush, wire.VerdictOK)
			w.hq.set(wire.PathHello, wire.VerdictOK)
			time.Sleep(2 * time.Minute)
			agree(t, w.book, w.hq) // somebody has seen to it
		})
	}
}

func TestAStatusSaysWhatIsSoAndTheDoorbellRings(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		s := w.link.Status()
		if !s.Online || !s.Contacted || s.ContactAge != 0 || s.Server != "http://hq1" || !s.Known || s.Unsent != 0 || s.SkewMS != 1500 {
			t.Errorf("got %+v, want all well, 1500 ms of skew", s)
		}
		rung := w.link.Changed()
		w.net.cut()
		<-rung
		if s := w.link.Status(); s.Online || s.State != link.StateWaiting || s.Err == "" {
			t.Errorf("got %+v, want waiting", s)
		}
		w.book.receive()
		w.book.receive()
		time.Sleep(time.Hour)
		s = w.link.Status()
		if s.Unsent != 2 || s.ContactAge != time.Hour {
			t.Errorf("got %d unsent, contact %s ago, want 2 and an hour", s.Unsent, s.ContactAge)
		}
		// The paper book writes everything at 8:00 on 5 January 2026.
		if want := time.Since(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)); s.UnsentAge != max(0, want) {
			t.Errorf("got an unsent age of %s, want %s", s.UnsentAge, max(0, want))
		}
		w.net.mend()
		time.Sleep(time.Minute)
		if s := w.link.Status(); s.Unsent != 0 || !s.Online {
			t.Errorf("got %+v, want all sent", s)
		}
	})
}

func TestFiguresAreMeasured(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		gather := func() map[string]float64 {
			families, err := w.stats.Gather()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]float64{}
			for _, f := range families {
				for _, m := range f.GetMetric() {
					got[f.GetName()] += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
				}
			}
			return got
		}
		got := gather()
		if got["link_up"] != 1 || got["link_unsent_entries"] != 0 || got["link_skew_seconds"] != 1.5 || got["link_failures_total"] != 0 {
			t.Errorf("got %v, want up, nothing unsent, 1.5 s of skew, no failure", got)
		}
		if got["link_push_seconds"] != 1 || got["link_exchange_seconds"] != 2 || got["link_bytes_sent_total"] == 0 {
			t.Errorf("got %v, want one push, a hello and a pull", got)
		}
		w.net.cut()
		synctest.Wait()
		w.book.receive()
		if got := gather(); got["link_up"] != 0 || got["link_unsent_entries"] != 1 || got["link_failures_total"] == 0 {
			t.Errorf("got %v, want down, one unsent, a failure", got)
		}
		again := parts(t, w.net, w.book)
		again.Registry = w.stats
		if _, err := link.Open(config(), again); err == nil {
			t.Error("got a second link on one registry, want an error")
		}
	})
}

func TestALeaderlessHeadOfficeIsWaitedFor(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.hq.fails(http.StatusServiceUnavailable)
		w.book.receive()
		time.Sleep(10 * time.Second)
		if s := w.link.Status(); s.Online || !strings.Contains(s.Err, "503: not now") {
			t.Errorf("got %+v, want what was answered", s)
		}
		synctest.Wait()
		hellos := w.hq.hellos
		w.hq.fails(0)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		agree(t, w.book, w.hq)
		if w.hq.hellos != hellos+1 {
			t.Errorf("got %d hellos, want one", w.hq.hellos-hellos)
		}
	})
}

func TestAWrongTokenIsToldAndQuarantinesNobody(t *testing.T) {
	inWorld(t, func(c *link.Config, _ *link.Parts) { c.Token = "wrong" }, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		if s := w.link.Status(); s.Online || s.Contacted || !strings.Contains(s.Err, "join token") || w.book.quarantined != "" {
			t.Errorf("got %+v, want the join token named", s)
		}
	})
}

func TestABookThatHasStoppedEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, book, hq := newPipes(), newPaper(t), newOffice(t)
		book.fail = ledger.ErrClosed
		l, err := link.Open(config(), parts(t, n, book))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: hq}
		go func() { _ = server.Serve(n) }()
		if err := l.Run(t.Context()); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("got %v, want %v", err, ledger.ErrClosed)
		}
		if err := l.Run(t.Context()); err == nil {
			t.Error("got a second run, want an error")
		}
		if _, err := l.Ask(t.Context(), anAsk()); !errors.Is(err, link.ErrOffline) {
			t.Errorf("got %v, want offline", err)
		}
		_ = l.Close()
		_ = server.Close()
	})
}

func TestAConfigIsCheckedInOneGo(t *testing.T) {
	bad := link.Config{Site: "Leeds", Servers: []string{"ftp://hq", "hq:1"}, RetryMin: 2, RetryMax: 1, AskWait: -1, PushRest: 101}
	err := bad.Validate()
	for _, want := range []string{"site", `"ftp://hq"`, `"hq:1"`, "retry_max", "below zero", "push_rest"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a word about %s", err, want)
		}
	}
	nobody := config()
	nobody.Token = ""
	if _, err := link.Open(nobody, link.Parts{}); err == nil || !strings.Contains(err.Error(), "token is empty; head office gives one when the site is added") {
		t.Errorf("neither a token nor a certificate: got %v, want where a token comes from", err)
	}
	none := config()
	none.Servers = nil
	if none.Validate() == nil {
		t.Error("got no error without a server")
	}
	if _, err := link.Open(config(), link.Parts{}); err == nil {
		t.Error("got no error without parts")
	}
}

// loopback is the real network.
type loopback struct{ net.Dialer }

func (d *loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return d.DialContext(ctx, network, address)
}
func (*loopback) Listen(string, string) (net.Listener, error) { return nil, errors.New("not here") }

// over runs a link against a real server until both sides agree.
func over(t *testing.T, server *httptest.Server, hq *office, secure *tls.Config, meanwhile func(*paper)) {
	t.Helper()
	book := newPaper(t)
	cfg, p := config(), parts(t, &loopback{}, book)
	cfg.Servers, cfg.RetryMin, cfg.RetryMax, p.TLS, p.Registry = []string{server.URL}, time.Millisecond, 10*time.Millisecond, secure, prometheus.NewRegistry()
	l, err := link.Open(cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	reach := func() {
		for {
			changed := l.Changed()
			hq.mu.Lock()
			commands, items := len(hq.commands), uint64(len(hq.items))
			hq.mu.Unlock()
			if s := l.Status(); s.Online && s.Unsent == 0 && book.View().Commands.Number == uint64(commands) && book.RefVersion() == items {
				return
			}
			select {
			case <-changed:
			case <-book.Changed():
			case <-ctx.Done():
				t.Fatalf("not reached: %+v", l.Status())
			}
		}
	}
	reach()
	meanwhile(book)
	reach()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = l.Close()
	agree(t, book, hq)
}

func TestALinkHoldsOverRealConnectionsThatAreCut(t *testing.T) {
	hq := newOffice(t)
	server := httptest.NewServer(hq)
	defer server.Close()
	over(t, server, hq, nil, func(book *paper) {
		for range 30 {
			book.receive()
			hq.command()
			server.CloseClientConnections()
		}
	})
}

func TestTheLineIsSecuredByTheConfigGiven(t *testing.T) {
	hq := newOffice(t)
	server := httptest.NewUnstartedServer(hq)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	over(t, server, hq, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, func(book *paper) {
		book.receive()
		hq.command()
	})
}

func TestACatalogueThatComesInIsTold(t *testing.T) {
	var log strings.Builder
	listen := func(_ *link.Config, p *link.Parts) { p.Log = slog.New(slog.NewTextHandler(&log, nil)) }
	inWorld(t, listen, func(t *testing.T, w *world) {
		w.hq.addItems(8) // three pages
		time.Sleep(time.Minute)
		if w.book.RefVersion() != 8 {
			t.Fatalf("got items up to %d, want 8", w.book.RefVersion())
		}
		w.hq.item() // one page: the day's changes
		time.Sleep(time.Minute)
	})
	if got := strings.Count(log.String(), `"catalogue stored" items=8 item_version=8`); got != 1 {
		t.Errorf("got it %d times, want once: %s", got, log.String())
	}
	if strings.Contains(log.String(), "item_version=9") {
		t.Errorf("got the day's changes told: %s", log.String())
	}
}
