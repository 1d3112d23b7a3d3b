package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	bolt "go.etcd.io/bbolt"
)

// frames makes n frames of a site's journal: its opening, then receipts.
func frames(t testing.TB, site ledger.SiteID, n int) []journal.Record {
	t.Helper()
	core := ledger.NewCore(ledger.NewState(site), noPast{})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	core.Decide(&ledger.OpenSite{Epoch: 1}, at)
	var out []journal.Record
	for i := range n {
		if i > 0 {
			for range 1 + i%3 {
				core.Decide(&ledger.Receive{ID: fmt.Sprint(i), Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1, Bin: "A"}}}, at)
			}
		}
		for _, f := range core.Cut() {
			out = append(out, journal.Record{Site: site, First: f.First, Last: f.End().Seq, Frame: ledger.EncodeFrame(f)})
		}
	}
	return out
}

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, errors.New("no past") }

type bench struct {
	*journal.Store
	w    *testworld.World
	path string
	stop func() error // ends Run and gives what it returned
}

func open(t testing.TB, w *testworld.World, dir string, opts journal.Options) *bench {
	t.Helper()
	opts.MapSize = 1 << 20
	path := filepath.Join(dir, journal.File)
	s, err := journal.Open(w.Env(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Store: s, w: w, path: path}
	t.Cleanup(func() { s.Close() })
	return b
}

// run starts Run; it is ended by stop or by the end of the test.
func (b *bench) run(t testing.TB) *bench {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = func() error {
		cancel()
		err := <-done
		done <- err
		return err
	}
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) take(t testing.TB, rs ...journal.Record) {
	t.Helper()
	for _, r := range rs {
		if err := b.Append(r); err != nil {
			t.Fatalf("append %d of %s: %v", r.First, r.Site, err)
		}
	}
}

func flush(t testing.TB, b *bench) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := b.Flush(ctx); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

func expectAll(t testing.TB, b *bench, rs []journal.Record) {
	t.Helper()
	got, err := b.Frames(rs[0].Site, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rs) {
		t.Fatalf("got %d frames, want %d", len(got), len(rs))
	}
	for i := range rs {
		if !bytes.Equal(got[i], rs[i].Frame) {
			t.Fatalf("frame %d: got other bytes than were appended", i)
		}
	}
	at, err := b.Verify(rs[0].Site)
	if want := rs[len(rs)-1].Last; err != nil || at.Seq != want {
		t.Fatalf("verify: got %d, %v, want %d", at.Seq, err, want)
	}
}

func TestFramesAreReadBackVerbatimFromBufferAndDisk(t *testing.T) {
	dir, w := t.TempDir(), testworld.New(1)
	b := open(t, w, dir, journal.Options{}).run(t)
	rs, other := frames(t, "leeds", 12), frames(t, "york", 3)
	b.take(t, rs[:5]...)
	b.take(t, other...)
	expectAll(t, b, rs[:5]) // from the buffer
	flush(t, b)
	expectAll(t, b, rs[:5]) // from the disk
	b.take(t, rs[5:]...)
	expectAll(t, b, rs) // from both
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	b.Close()

	b = open(t, w, dir, journal.Options{}) // Run wrote what was left
	expectAll(t, b, rs)
	expectAll(t, b, other)
	last, err := b.Last("leeds")
	if f, _ := ledger.DecodeFrame(rs[11].Frame); err != nil || last != f.End() {
		t.Fatalf("last: got %v, %v, want %v", last, err, f.End())
	}
}

func TestFramesStopAtTheLimitButGiveOne(t *testing.T) {
	b := open(t, testworld.New(1), t.TempDir(), journal.Options{})
	rs := frames(t, "leeds", 6)
	b.take(t, rs...)
	for limit, want := range map[int]int{0: 1, len(rs[0].Frame): 1, len(rs[0].Frame) + len(rs[1].Frame): 2} {
		if got, err := b.Frames("leeds", 0, limit); err != nil || len(got) != want {
			t.Errorf("limit %d: got %d frames, %v, want %d", limit, len(got), err, want)
		}
	}
	inside := rs[5].First // rs[5] has three entries: ask for what follows its first
	if got, err := b.Frames("leeds", inside, 1<<20); err != nil || len(got) != 1 || !bytes.Equal(got[0], rs[5].Frame) {
		t.Errorf("after %d: got %d frames, %v, want the one that holds the next entry", inside, len(got), err)
	}
	if got, err := b.Frames("leeds", rs[5].Last, 1<<20); err != nil || len(got) != 0 {
		t.Errorf("after the last: got %d frames, %v, want none", len(got), err)
	}
}

func TestTheSameFrameAgainIsHarmlessAndAnotherIsRefused(t *testing.T) {
	b := open(t, testworld.New(1), t.TempDir(), journal.Options{}).run(t)
	rs := frames(t, "leeds", 4)
	other := rs[1]
	other.Frame = append(bytes.Clone(other.Frame), 0)
	shifted := rs[2]
	shifted.First-- // begins inside another frame
	b.take(t, rs...)
	check := func(where string) {
		b.take(t, rs...)
		for name, r := range map[string]journal.Record{"other bytes": other, "other bounds": shifted} {
			if err := b.Append(r); !errors.Is(err, journal.ErrConflict) {
				t.Errorf("%s, %s: got %v, want %v", where, name, err, journal.ErrConflict)
			}
		}
		expectAll(t, b, rs)
	}
	check("buffered")
	flush(t, b)
	check("on disk")
}

func TestAGapIsSeenAndFilledAndTheMarkSurvives(t *testing.T) {
	dir, w := t.TempDir(), testworld.New(1)
	b := open(t, w, dir, journal.Options{}).run(t)
	rs := frames(t, "leeds", 9)
	b.take(t, rs[0], rs[1])
	b.take(t, rs[5:]...)
	flush(t, b)
	b.stop()
	b.Close()

	b = open(t, w, dir, journal.Options{}).run(t)
	if got := b.WholeSeq("leeds"); got != rs[1].Last {
		t.Fatalf("whole: got %d, want %d", got, rs[1].Last)
	}
	if last, err := b.Last("leeds"); err != nil || last.Seq != rs[8].Last {
		t.Fatalf("last: got %d, %v, want %d", last.Seq, err, rs[8].Last)
	}
	if got, err := b.Frames("leeds", rs[1].Last, 1<<20); err != nil || len(got) != 0 {
		t.Fatalf("over the gap: got %d frames, %v, want none", len(got), err)
	}
	if err := b.Fill("leeds", [][]byte{rs[3].Frame}); err == nil {
		t.Fatal("filled with a frame that does not follow: got nil, want an error")
	}
	bad := bytes.Clone(rs[2].Frame)
	bad[len(bad)-1] ^= 1
	if err := b.Fill("leeds", [][]byte{bad}); err == nil {
		t.Fatal("filled with a damaged frame: got nil, want an error")
	}
	if err := b.Fill("leeds", [][]byte{rs[2].Frame, rs[3].Frame, rs[4].Frame}); err != nil {
		t.Fatal(err)
	}
	flush(t, b)
	expectAll(t, b, rs)
	b.stop()
	b.Close()
	reports, err := journal.Audit(w.Env(), dir, nil)
	if err != nil || len(reports) != 1 || reports[0].Missing != 0 || reports[0].Head.Seq != rs[8].Last {
		t.Fatalf("audit: got %+v, %v, want leeds whole to %d", reports, err, rs[8].Last)
	}
}

func TestAFailedCommitBreaksTheStoreForGood(t *testing.T) {
	dir, w := t.TempDir(), testworld.New(1)
	b := open(t, w, dir, journal.Options{}).run(t)
	rs := frames(t, "leeds", 3)
	b.take(t, rs[0])
	flush(t, b)
	w.Disk.FailOn(journal.ActCommit)
	b.take(t, rs[1])
	if err := b.Flush(t.Context()); !errors.Is(err, testworld.ErrDisk) {
		t.Fatalf("flush: got %v, want %v", err, testworld.ErrDisk)
	}
	w.Disk.Fail(nil) // the disk heals; the store must not
	<-b.Failed()
	if err := b.stop(); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want %v", err, testworld.ErrDisk)
	}
	_, frErr := b.Frames("leeds", 0, 1)
	for name, err := range map[string]error{"append": b.Append(rs[2]), "flush": b.Flush(t.Context()), "frames": frErr} {
		if !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("%s after the failure: got %v, want %v", name, err, testworld.ErrDisk)
		}
	}
	b.Close()
	expectAll(t, open(t, w, dir, journal.Options{}), rs[:1])
}

func TestOpenSaysWhenTheDiskDoesNotLetIt(t *testing.T) {
	w := testworld.New(1)
	w.Disk.FailOn(journal.ActOpen)
	if _, err := journal.Open(w.Env(), filepath.Join(t.TempDir(), journal.File), journal.Options{}); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("got %v, want %v", err, testworld.ErrDisk)
	}
}

func TestAFullBufferMakesAppendWaitAndThenBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testworld.New(1)
		rs := frames(t, "leeds", 4)
		b := open(t, w, t.TempDir(), journal.Options{BufferMax: len(rs[0].Frame) + 1, BufferWait: time.Minute})
		b.take(t, rs[0])
		got := make(chan error, 1)
		go func() { got <- b.Append(rs[1]) }()
		synctest.Wait()
		select {
		case err := <-got:
			t.Fatalf("append to a full buffer: got %v at once, want it to wait", err)
		default:
		}
		w.Clock.Advance(time.Minute)
		if err := <-got; !errors.Is(err, journal.ErrStuck) {
			t.Errorf("after a minute: got %v, want %v", err, journal.ErrStuck)
		}
		if err := b.Err(); !errors.Is(err, journal.ErrStuck) {
			t.Errorf("the store: got %v, want it broken by %v", err, journal.ErrStuck)
		}
	})
}

func TestAFullBufferIsEmptiedWithoutLingering(t *testing.T) {
	rs := frames(t, "leeds", 40)
	b := open(t, testworld.New(1), t.TempDir(), journal.Options{BufferMax: 1 << 10}).run(t)
	b.take(t, rs...) // the clock stands still: only hurry can end the linger
	expectAll(t, b, rs)
}

func TestFlushEndsWithItsCallerAndWithRun(t *testing.T) {
	b := open(t, testworld.New(1), t.TempDir(), journal.Options{})
	b.take(t, frames(t, "leeds", 1)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("caller gone: got %v, want %v", err, context.Canceled)
	}
	b.Close()
	if err := b.Flush(t.Context()); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("closed: got %v, want %v", err, journal.ErrClosed)
	}
}

func TestAFlippedBitIsFoundBeforeItIsServed(t *testing.T) {
	dir, w := t.TempDir(), testworld.New(1)
	b := open(t, w, dir, journal.Options{}).run(t)
	rs := frames(t, "leeds", 3)
	b.take(t, rs...)
	flush(t, b)
	b.stop()
	b.Close()
	flip(t, b.path, "leeds", rs[1].First)

	b = open(t, w, dir, journal.Options{})
	if _, err := b.Frames("leeds", rs[0].Last, 1); !isDamage(err) {
		t.Errorf("frames: got %v, want damage", err)
	}
	if _, err := b.Verify("leeds"); !isDamage(err) {
		t.Errorf("verify: got %v, want damage", err)
	}
	if err := b.Append(rs[1]); !isDamage(err) {
		t.Errorf("append of the same: got %v, want damage", err)
	}
	b.Close()
	if _, err := journal.Audit(w.Env(), dir, nil); !isDamage(err) {
		t.Errorf("audit: got %v, want damage", err)
	}
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*ledger.DamageError](err)
	return ok
}

func flip(t *testing.T, path, site string, first ledger.Seq) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket([]byte("frames")).Bucket([]byte(site))
		key := []byte{0, 0, 0, 0, 0, 0, 0, byte(first)}
		v := bytes.Clone(bucket.Get(key))
		v[len(v)/2] ^= 0x10
		return bucket.Put(key, v)
	})
	if err != nil {
		t.Fatal(err)
	}
}
