package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
)

// copyOf begins a copy of the desk's book.
func (d *desk) copyOf() *ledger.BookCopy {
	d.Helper()
	c, err := d.book.Copy()
	if err != nil {
		d.Fatalf("copy: got %v, want a copy", err)
	}
	return c
}

func written(c *ledger.BookCopy, to io.Writer) error {
	w, err := backup.NewWriter(to, backup.Header{Kind: backup.KindNode, Name: string(c.Head().Site)})
	if err != nil {
		return err
	}
	if err := c.WriteTo(context.Background(), w); err != nil {
		return err
	}
	return w.Close()
}

// backedUp gives a backup of the desk's book as it is now.
func (d *desk) backedUp() (raw []byte, head ledger.Head) {
	d.Helper()
	c := d.copyOf()
	defer c.Close()
	var out bytes.Buffer
	if err := written(c, &out); err != nil {
		d.Fatalf("write: got %v, want a backup", err)
	}
	return out.Bytes(), c.Head()
}

// restore writes a backup's book into dir.
func (d *desk) restore(raw []byte, dir, why string) (ledger.Position, error) {
	d.Helper()
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		return ledger.Position{}, err
	}
	to, err := ledger.NewRestore(d.world.Env(), d.cfg.Site, dir)
	if err != nil {
		return ledger.Position{}, err
	}
	for {
		name, err := r.Next()
		if err == io.EOF {
			return to.Finish(why)
		}
		if err != nil {
			return ledger.Position{}, err
		}
		if _, err := to.Part(name, r); err != nil {
			return ledger.Position{}, err
		}
	}
}

// restored is a desk on the book that the backup holds.
func (d *desk) restored(raw []byte, why string) *desk {
	d.Helper()
	other := &desk{TB: d.TB, world: d.world, cfg: d.cfg}
	other.cfg.Dir = d.TempDir()
	if _, err := d.restore(raw, other.cfg.Dir, why); err != nil {
		d.Fatalf("restore: got %v, want a book", err)
	}
	other.audit()
	other.open()
	d.Cleanup(func() {
		other.close()
		other.audit()
	})
	return other
}

func TestARestoredBookIsTheOneThatWasBackedUpAndPromisesNothing(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 50 })
	for _, req := range acts(400) {
		d.do(req)
	}
	raw, head := d.backedUp()
	levels := map[ledger.SKU]ledger.Level{}
	for _, sku := range []ledger.SKU{"A", "B", "C", "D"} {
		levels[sku], _ = d.book.Level(sku)
	}
	d.receive("A", 1)
	after := d.book.Head()

	r := d.restored(raw, "restored from a backup")
	if got := r.book.Head(); got != head {
		t.Errorf("got head %v, want that of the backup %v: no boot entry in quarantine", got, head)
	}
	for sku, want := range levels {
		if got, _ := r.book.Level(sku); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", sku, got, want)
		}
	}
	if why := r.book.View().Quarantine; why != "restored from a backup" {
		t.Errorf("got quarantine %q", why)
	}
	if out := r.do(sale("new", "A", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
		t.Errorf("got %v, want no promise", out.Err)
	}
	if known, err := r.book.Knows(after.Position); err != nil || known {
		t.Errorf("got %v, %v: the restored book does not have what came after the backup", known, err)
	}
}

func TestARestoredBookAnswersAllThatItsOriginalWasAsked(t *testing.T) {
	t.Parallel()
	d := lived(t)
	archived := d.archive(t.TempDir())
	d.reopen() // a checkpoint, so that there is something to trim
	d.trim(archived, d.soon())
	if d.book.Trimmed() == 0 {
		t.Fatal("nothing was trimmed")
	}
	raw, _ := d.backedUp()
	d.restored(raw, "").answers()
}

// A site without head office has nobody who could give it an epoch: it draws the next one.
func TestABookThatStandsAloneGoesOnUnderItsNextEpoch(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.must(sale("o1", "TAP-22", 1))
	raw, _ := d.backedUp()
	r := d.restored(raw, "")
	r.must(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true, Standalone: true}})
	if out := r.must(sale("o1", "TAP-22", 1)); !out.Replayed {
		t.Error("a key that was answered before the backup was answered anew")
	}
	r.must(sale("o2", "TAP-22", 2))
	if out := r.do(sale("o3", "TAP-22", 1)); out.Err == nil {
		t.Error("a fourth unit of three was sold")
	}
}

func TestABookIsBackedUpWhileItSells(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 16, 64<<10 })
	d.receive("TAP-22", 1_000_000)
	stop, sold := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				sold <- n
				return
			default:
				if _, err := d.book.Do(context.Background(), sale(fmt.Sprint("s", n), "TAP-22", 1)); err != nil {
					t.Errorf("sell: got %v", err)
				}
			}
		}
	}()
	var raws [][]byte
	for range 8 {
		raw, _ := d.backedUp()
		raws = append(raws, raw)
	}
	close(stop)
	if n := <-sold; n == 0 {
		t.Fatal("nothing was sold meanwhile")
	}
	for _, raw := range raws {
		d.restored(raw, "restored") // and audited
	}
}

// A reader that takes its time must not keep pages of the index from being used again: a file that
// grew for as long as somebody reads would fill the disk.
func TestASlowReaderOfABackupMakesNoFileGrow(t *testing.T) {
	// size is how much of the index is in use after a day under what hold does.
	size := func(hold func(*desk) (release func())) int64 {
		d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 64 })
		d.receive("TAP-22", 1_000_000)
		release := hold(d)
		for n := range 2000 {
			d.must(sale(fmt.Sprint("s", n), "TAP-22", 1))
		}
		release()
		d.close()
		var used int64
		scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error { used = tx.Size(); return nil })
		return used
	}
	alone := size(func(*desk) func() { return func() {} })
	read := size(func(d *desk) func() {
		c := d.copyOf()
		out := &stalled{begun: make(chan struct{}), goOn: make(chan struct{})}
		ended := make(chan error, 1)
		go func() { ended <- errors.Join(written(c, out), c.Close()) }()
		<-out.begun
		return func() {
			close(out.goOn)
			if err := <-ended; err != nil {
				t.Errorf("stalled backup: got %v, want one", err)
			}
		}
	})
	control := size(func(d *desk) func() { return ledger.HoldIndex(d.book) })
	t.Logf("index after 2,000 sales: %d bytes; with a stalled backup %d; with a transaction held open %d", alone, read, control)
	if read > (alone+control)/2 {
		t.Errorf("got an index of %d bytes under a stalled backup, %d without one and %d under a transaction", read, alone, control)
	}
	if control < 2*alone {
		t.Errorf("a transaction that is held makes an index of %d bytes, and none makes %d: this test would see nothing", control, alone)
	}
}

// stalled takes the first bytes and then waits.
type stalled struct {
	begun, goOn chan struct{}
	n           int
}

func (s *stalled) Write(p []byte) (int, error) {
	if s.n++; s.n == 4 {
		close(s.begun)
		<-s.goOn
	}
	return len(p), nil
}

func TestABackupKeepsTheJournalWholeForAWhileAndThenFailsRatherThanHoldIt(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 16, 16<<10 })
	d.receive("TAP-22", 1_000_000)
	for n := range 600 {
		d.must(sale(fmt.Sprint("s", n), "TAP-22", 1))
	}
	archived := d.archive(t.TempDir())
	c := d.copyOf()
	d.trim(archived, d.soon())
	if got := d.book.Trimmed(); got != 0 {
		t.Errorf("the journal was trimmed up to %d under a backup", got)
	}
	if _, err := d.book.Copy(); !errors.Is(err, ledger.ErrBusy) {
		t.Errorf("a second backup: got %v, want busy", err)
	}
	d.world.Clock.Advance(11 * time.Minute)
	d.trim(archived, d.soon())
	if d.book.Trimmed() == 0 {
		t.Fatal("nothing was trimmed")
	}
	if err := written(c, io.Discard); !errors.Is(err, ledger.ErrTrimmed) {
		t.Errorf("got %v, want that the journal was trimmed", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	// The next one begins where the journal now does.
	raw, _ := d.backedUp()
	d.restored(raw, "restored")
}

func TestAFailedBackupCostsTheBookNothing(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 5)
	d.world.Disk.FailOn(ledger.ActCopyIndex)
	if _, err := d.book.Copy(); err == nil {
		t.Error("got a copy from a disk that fails")
	}
	d.world.Disk.Fail(nil)
	d.must(sale("o1", "TAP-22", 1))
	raw, _ := d.backedUp()
	if _, err := os.Stat(filepath.Join(d.cfg.Dir, ledger.BookFile+".copy")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy of the index was left behind: %v", err)
	}
	d.world.Disk.FailOn(ledger.ActRestore)
	if _, err := d.restore(raw, t.TempDir(), "why"); err == nil {
		t.Error("restored onto a disk that fails")
	}
	d.world.Disk.Fail(nil)
}

func TestARestoreRefusesPartsThatAreNotOneBook(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 8 })
	d.receive("TAP-22", 50)
	early, _ := d.backedUp()
	for n := range 30 {
		d.must(sale(fmt.Sprint("s", n), "TAP-22", 1))
	}
	late, _ := d.backedUp()
	type parts map[string][]byte
	partsOf := func(raw []byte) parts {
		r, err := backup.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		out := parts{}
		for {
			name, err := r.Next()
			if err == io.EOF {
				return out
			}
			if out[name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	e, l := partsOf(early), partsOf(late)
	const index, journal = "book/index", "book/journal"
	flipped := bytes.Clone(l[journal])
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		site  ledger.SiteID
		parts parts
	}{
		"no index":                        {"leeds", parts{journal: l[journal]}},
		"no journal":                      {"leeds", parts{index: l[index]}},
		"an empty journal":                {"leeds", parts{index: l[index], journal: nil}},
		"a journal cut inside a frame":    {"leeds", parts{index: l[index], journal: l[journal][:len(l[journal])-3]}},
		"a journal behind its index":      {"leeds", parts{index: l[index], journal: e[journal]}},
		"a journal with other bytes":      {"leeds", parts{index: l[index], journal: flipped}},
		"the book of another site":        {"york", l},
		"an index that is something else": {"leeds", parts{index: []byte("no index"), journal: l[journal]}},
	} {
		t.Run(name, func(t *testing.T) {
			to, err := ledger.NewRestore(d.world.Env(), c.site, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{index, journal} {
				if b, ok := c.parts[part]; ok && err == nil {
					_, err = to.Part(part, bytes.NewReader(b))
				}
			}
			if err == nil {
				_, err = to.Finish("why")
			}
			if err == nil {
				t.Error("it was restored")
			}
		})
	}
}

// FuzzRestoreJournal: whatever stands in a backup's journal, what is restored is a chain.
func FuzzRestoreJournal(f *testing.F) {
	d := newDesk(f)
	d.receive("TAP-22", 50)
	d.must(sale("o1", "TAP-22", 1))
	raw, _ := d.backedUp()
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		f.Fatal(err)
	}
	for {
		name, err := r.Next()
		if err == io.EOF {
			break
		}
		b, err := io.ReadAll(r)
		if err != nil {
			f.Fatal(err)
		}
		if name == "book/journal" {
			f.Add(b)
			f.Add(b[:len(b)-1])
			f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		to, err := ledger.NewRestore(d.world.Env(), "leeds", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Part("book/journal", bytes.NewReader(b)); err == nil && len(b) == 0 {
			t.Error("an empty journal was restored")
		}
	})
}
