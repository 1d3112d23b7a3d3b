package archive_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// store is a journal store in memory.
type store map[ledger.SiteID][]*ledger.Frame

func (s store) WholeSeq(site ledger.SiteID) ledger.Seq {
	if fs := s[site]; len(fs) > 0 {
		return fs[len(fs)-1].End().Seq
	}
	return 0
}

func (s store) Frames(site ledger.SiteID, after ledger.Seq, maxBytes int) (out [][]byte, err error) {
	size := 0
	for _, f := range s[site] {
		raw := ledger.EncodeFrame(f)
		if f.End().Seq <= after {
			continue
		}
		if size += len(raw); len(out) > 0 && size > maxBytes {
			break
		}
		out = append(out, raw)
	}
	return out, nil
}

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, ledger.ErrClosed }

// writes gives the frames of a site that takes goods in n times, ref in the first.
func writes(site ledger.SiteID, n int, ref string) (out []*ledger.Frame) {
	core := ledger.NewCore(ledger.NewState(site), noPast{})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	core.Decide(&ledger.OpenSite{Epoch: 1}, at)
	for range n {
		core.Decide(&ledger.Receive{ID: ref, Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1}}}, at)
		out = append(out, core.Cut()...)
	}
	return out
}

// copied copies until there is no more.
func copied(t testing.TB, a *archive.Archive, site ledger.SiteID, from store) ledger.Position {
	t.Helper()
	for {
		end, more, err := a.Copy(site, from)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return end
		}
	}
}

func open(t testing.TB, dir string) (*archive.Archive, *testworld.World) {
	t.Helper()
	w := testworld.New(1)
	a, err := archive.Open(w.Env(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a, w
}

func TestAnArchiveHoldsWhatTheSitesWrote(t *testing.T) {
	dir := t.TempDir()
	from := store{"hull": writes("hull", 5, "a"), "leeds": writes("leeds", 40, "b")}
	a, _ := open(t, dir)
	for site := range from {
		if end := copied(t, a, site, from); end.Seq != from.WholeSeq(site) {
			t.Errorf("%s: got it up to %d, want %d", site, end.Seq, from.WholeSeq(site))
		}
	}
	if end := copied(t, a, "york", from); end.Seq != 0 {
		t.Errorf("got %d of a site that wrote nothing", end.Seq)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	from["hull"] = writes("hull", 9, "a")
	again, w := open(t, dir)
	if end := copied(t, again, "hull", from); end.Seq != from.WholeSeq("hull") {
		t.Errorf("after reopening: got it up to %d, want %d", end.Seq, from.WholeSeq("hull"))
	}
	read, err := ledger.ReadArchive(w.Env(), "hull", archive.Dir(dir, "hull"))
	if err != nil || read.End() != from["hull"][len(from["hull"])-1].End() {
		t.Errorf("got %v, want the end of the journal", err)
	}
	read.Close()
}

func TestAnArchiveHasOneWriter(t *testing.T) {
	dir := t.TempDir()
	a, w := open(t, dir)
	if second, err := archive.Open(w.Env(), dir); !errors.Is(err, archive.ErrInUse) {
		t.Errorf("got %v, %v; want %v", second, err, archive.ErrInUse)
	}
	if err := errors.Join(a.Close(), a.Close()); err != nil {
		t.Errorf("close: got %v", err)
	}
	open(t, dir)
}

func TestAJournalThatIsAnotherOneIsNotArchived(t *testing.T) {
	dir := t.TempDir()
	a, _ := open(t, dir)
	copied(t, a, "hull", store{"hull": writes("hull", 5, "a")})
	a.Close()
	other := store{"hull": writes("hull", 9, "another")}
	a, _ = open(t, dir)
	for range 2 {
		if end, _, err := a.Copy("hull", other); err == nil {
			t.Errorf("got %d archived of another past, want it refused", end.Seq)
		} else if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
			t.Errorf("got %v, want the entry named", err)
		}
	}
	// A journal that has gone back waits until it has come there again.
	if end := copied(t, a, "hull", store{"hull": writes("hull", 2, "a")}); end.Seq != 6 {
		t.Errorf("got %d, want what is archived to stay", end.Seq)
	}
	if end := copied(t, a, "hull", store{"hull": writes("hull", 7, "a")}); end.Seq != 8 {
		t.Errorf("got %d, want it to go on", end.Seq)
	}
}

func TestAnArchiveThatFailsGoesOnWhenItsDiskIsBack(t *testing.T) {
	for _, act := range []ledger.Act{archive.ActOpen, ledger.Act(tape.ActWrite), ledger.Act(tape.ActSync), ledger.Act(tape.ActPrewrite), ledger.Act(tape.ActSyncDir)} {
		dir := t.TempDir()
		from := store{"hull": writes("hull", 20, "a")}
		w := testworld.New(1)
		w.Disk.FailOn(act)
		a, err := archive.Open(w.Env(), dir)
		if err == nil {
			_, _, err = a.Copy("hull", from)
			t.Cleanup(func() { a.Close() })
		}
		if !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("%s: got %v, want the failure", act, err)
		}
		w.Disk.Fail(nil)
		if a == nil {
			a, _ = open(t, dir)
		}
		if end := copied(t, a, "hull", from); end.Seq != 21 {
			t.Errorf("%s: got %d, want all of it", act, end.Seq)
		}
		frames, _ := from.Frames("hull", 0, 1<<30)
		a.Close()
		read, err := ledger.OpenArchive(w.Env(), "hull", archive.Dir(dir, "hull"))
		if err == nil {
			err = errors.Join(read.Append(frames), read.Close())
		}
		if err != nil {
			t.Errorf("%s: got %v, want the frames as they came", act, err)
		}
	}
}
