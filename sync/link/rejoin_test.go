package link_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestABookThatMustNotGoOnAsksForAnEpochAndFetchesItsJournal(t *testing.T) {
	inWorld(t, func(_ *link.Config, p *link.Parts) { p.NodeKey = [16]byte{5} }, func(t *testing.T, w *world) {
		for range 4 {
			w.book.receive()
			synctest.Wait()
		}
		w.hq.mu.Lock()
		w.hq.verdict[wire.PathHello] = wire.VerdictFork
		var said wire.Rejoin
		w.hq.rejoined = func(m *wire.Rejoin) *wire.RejoinReply {
			said = *m
			return &wire.RejoinReply{Verdict: wire.VerdictOK, H: w.hq.h, Epoch: 2, Stored: w.hq.stored}
		}
		w.hq.mu.Unlock()
		w.net.cut()
		w.net.mend()
		synctest.Wait()
		got, err := w.link.Rejoin(t.Context(), wire.Rejoin{Replace: true})
		if err != nil || got.Epoch != 2 || got.Stored != w.book.Head().Position {
			t.Fatalf("got %+v, %v; want epoch 2", got, err)
		}
		if said.Site != "leeds" || said.NodeKey != [16]byte{5} || said.Boot != [16]byte{1} || said.Head != w.book.Head().Position || !said.Replace || said.VersionMax != wire.VersionMax {
			t.Errorf("got %+v, want what the book is", said)
		}
		var end ledger.Position
		pages := 0
		for end != got.Stored {
			frames, err := w.link.Journal(t.Context(), pages, end.Seq, 0)
			if err != nil || len(frames) == 0 {
				t.Fatalf("got %d frames behind %d, %v", len(frames), end.Seq, err)
			}
			f, err := ledger.DecodeFrame(frames[len(frames)-1])
			if err != nil {
				t.Fatal(err)
			}
			end = f.End()
			pages++
		}
		if pages < 2 {
			t.Errorf("got %d pages, want the next one asked for", pages)
		}
		if frames, err := w.link.Journal(t.Context(), 0, 0, 1); err != nil || len(frames) != 1 {
			t.Errorf("got %d frames, %v; want the one that was wanted", len(frames), err)
		}
	})
}

func TestARejoinGoesToTheNextServerAndSaysLaterOnlyWhereNoneCanSay(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		tries := 0
		verdict := wire.VerdictStranger
		w.hq.mu.Lock()
		w.hq.rejoined = func(*wire.Rejoin) *wire.RejoinReply {
			if tries++; tries == 1 {
				return &wire.RejoinReply{Verdict: wire.VerdictLater}
			}
			return &wire.RejoinReply{Verdict: verdict, Why: "another node is heard"}
		}
		w.hq.mu.Unlock()
		if got, err := w.link.Rejoin(t.Context(), wire.Rejoin{}); err != nil || got.Verdict != wire.VerdictStranger || got.Why == "" || tries != 2 {
			t.Errorf("got %+v, %v after %d tries; want the second server's word", got, err, tries)
		}
		verdict, tries = wire.VerdictLater, 0
		if got, err := w.link.Rejoin(t.Context(), wire.Rejoin{}); err != nil || got.Verdict != wire.VerdictLater {
			t.Errorf("got %+v, %v; want later", got, err)
		}
		verdict, tries = wire.VerdictOK, 1
		if got, err := w.link.Rejoin(t.Context(), wire.Rejoin{}); err == nil {
			t.Errorf("got %+v, want an error: it names no epoch", got)
		}
		w.hq.fails(http.StatusServiceUnavailable)
		if _, err := w.link.Rejoin(t.Context(), wire.Rejoin{}); err == nil {
			t.Error("got a reply, want an error: no server answers")
		}
		if _, err := w.link.Journal(t.Context(), 0, 0, 0); err == nil {
			t.Error("got frames, want an error: no server answers")
		}
	})
}

func TestABookIsJudgedOnceItsQuarantineIsOnTheDisk(t *testing.T) {
	var release chan struct{} // of the bubble
	inWorld(t, func(_ *link.Config, p *link.Parts) {
		p.Env.Network.(*pipes).cut()
		release = make(chan struct{})
		p.Ledger.(*paper).slowly = func() { <-release }
	}, func(t *testing.T, w *world) {
		if isClosed(w.link.Judged()) {
			t.Error("got judged with one of two servers tried, want not yet")
		}
		w.hq.set(wire.PathHello, wire.VerdictBehind)
		w.net.mend()
		time.Sleep(time.Second) // of the bubble
		if got := w.link.Status(); got.Verdict != wire.VerdictBehind || isClosed(w.link.Judged()) {
			t.Errorf("got %s, judged %v; want the verdict, and judged once the quarantine is written", got.Verdict, isClosed(w.link.Judged()))
		}
		changed := w.link.Changed() // whoever waits for the verdict has looked, and waits
		close(release)
		synctest.Wait()
		if !isClosed(w.link.Judged()) || !isClosed(changed) {
			t.Errorf("got judged %v, told %v; want both", isClosed(w.link.Judged()), isClosed(changed))
		}
	})
}

// A book that was put back and has written beyond what head office has is welcome: nobody there can know
// its last entry. It is judged by the one where head office's copy ends.
func TestAForkedBookIsNotJudgedByItsWelcome(t *testing.T) {
	var release chan struct{} // of the bubble
	inWorld(t, func(_ *link.Config, p *link.Parts) {
		p.Env.Network.(*pipes).cut()
		release = make(chan struct{})
		book := p.Ledger.(*paper)
		book.slowly = func() { <-release }
		if out, err := book.Do(t.Context(), &ledger.OpenSite{Epoch: 1}); err != nil || out.Err != nil {
			t.Fatal(out.Err, err)
		}
		for range 3 {
			book.receive()
		}
	}, func(t *testing.T, w *world) {
		w.hq.mu.Lock()
		w.hq.stored = ledger.Position{Epoch: 1, Seq: 2, Hash: ledger.Hash{5}}
		w.hq.mu.Unlock()
		w.net.mend()
		time.Sleep(time.Second) // of the bubble
		if got := w.link.Status(); got.Verdict != wire.VerdictFork || isClosed(w.link.Judged()) {
			t.Errorf("got %s, judged %v; want fork, and judged once the quarantine is written", got.Verdict, isClosed(w.link.Judged()))
		}
		close(release)
		synctest.Wait()
		if !isClosed(w.link.Judged()) {
			t.Error("got not judged, want it")
		}
	})
}

func TestABookIsJudgedWhereNoServerCanSay(t *testing.T) {
	inWorld(t, func(_ *link.Config, p *link.Parts) { p.Env.Network.(*pipes).cut() }, func(t *testing.T, w *world) {
		time.Sleep(time.Second) // of the bubble: both have failed
		if !isClosed(w.link.Judged()) {
			t.Error("got not judged, want a site that is cut off to sell")
		}
	})
}

func TestALaterOfHeadOfficeIsNoVerdict(t *testing.T) {
	inWorld(t, func(_ *link.Config, p *link.Parts) { p.Env.Network.(*pipes).cut() }, func(t *testing.T, w *world) {
		w.hq.set(wire.PathHello, wire.VerdictLater) // one of two servers has failed by now
		w.net.mend()
		time.Sleep(10 * time.Second) // of the bubble: many hellos
		if got := w.link.Status(); isClosed(w.link.Judged()) {
			t.Errorf("got judged by %q, want head office's verdict waited for", got.Err)
		}
		w.hq.set(wire.PathHello, wire.VerdictBehind)
		time.Sleep(20 * time.Second)
		if got := w.link.Status(); got.Verdict != wire.VerdictBehind || !isClosed(w.link.Judged()) {
			t.Errorf("got %s, judged %v; want the verdict, and judged", got.Verdict, isClosed(w.link.Judged()))
		}
	})
}

func TestABookIsJudgedByAWelcome(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		if !isClosed(w.link.Judged()) {
			t.Error("got not judged, want it")
		}
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
