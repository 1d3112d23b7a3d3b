package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// archive brings a copy of the open book's journal up to date, as head office's archive is, and
// says up to where it goes.
func (d *desk) archive(dir string) ledger.Seq {
	d.Helper()
	a, err := ledger.OpenArchive(d.world.Env(), d.cfg.Site, dir)
	if err != nil {
		d.Fatal(err)
	}
	defer a.Close()
	for {
		_, frames, err := d.book.Frames(a.End().Seq, 64<<10)
		if err == nil {
			err = a.Append(frames)
		}
		if err != nil {
			d.Fatal(err)
		}
		if len(frames) == 0 {
			return a.End().Seq
		}
	}
}

// trim takes slices until there is no more.
func (d *desk) trim(archived ledger.Seq, before time.Time) {
	d.Helper()
	for more := true; more; {
		var err error
		if more, err = d.book.Trim(ledger.TrimLimit{Archived: archived, Before: before}); err != nil {
			d.Fatalf("trim: got %v, want a slice", err)
		}
	}
}

// soon is a moment after all that has been written.
func (d *desk) soon() time.Time { return d.world.Clock.Wall().Add(time.Second) }

// lived gives a desk with some files of journal in which everything happens that an old entry is
// asked for, and the commands and orders that are open across them.
func lived(t testing.TB) *desk {
	d := newDesk(t, smallFiles)
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{4}}
	d.must(&ledger.AdoptHQ{H: h})
	d.receive("A", 500)
	var last ledger.Hash
	number := uint64(0)
	obey := func(c ledger.HQCommand) {
		number++
		c.H, c.Number, c.ID = h, number, fmt.Sprint("c", number)
		c.Hash = ledger.ChainCommand(last, &c)
		last = c.Hash
		d.must(&ledger.Obey{Command: c})
	}
	one := func(q ledger.Qty) []ledger.CommandLine { return []ledger.CommandLine{{Line: 1, SKU: "A", Qty: q}} }
	obey(ledger.HQCommand{Kind: ledger.CommandBorrow, Owner: ledger.HQ, Lines: one(50)})
	obey(ledger.HQCommand{Kind: ledger.CommandReserve, Order: oid("theirs"), Owner: ledger.HQ, Lines: one(5)})
	obey(ledger.HQCommand{Kind: ledger.CommandReserve, Order: oid("gone"), Owner: ledger.HQ, Lines: one(5)})
	delivery := func(name string, q ledger.Qty) {
		p := sale(name, "A", q)
		p.Order.Fulfil = ledger.Deliver
		d.must(p)
	}
	delivery("open", 3)
	delivery("cancelled", 3)
	waits := sale("waits", "B", 2)
	waits.Order.Fulfil, waits.Order.Shortage = ledger.Deliver, ledger.Backorder
	d.must(waits)
	if out := d.do(sale("refused", "C", 1)); out.Err == nil {
		t.Fatal("got a promise of nothing")
	}
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			d.must(big(i))
			d.must(sale(fmt.Sprint("o", i), "A", 1))
			d.world.Clock.Advance(time.Hour)
		}
	}
	fill(0, 40)
	obey(ledger.HQCommand{Kind: ledger.CommandCancel, Order: oid("gone"), Owner: ledger.HQ})
	d.must(&ledger.CancelOrder{Order: oid("cancelled")})
	d.receive("B", 1)
	fill(40, 80)
	return d
}

// answers asks for all that lived has answered long ago.
func (d *desk) answers() {
	d.Helper()
	for i := range 80 {
		name := fmt.Sprint("o", i)
		if out := d.do(sale(name, "A", 1)); !out.Replayed || out.Err != nil || out.Entry.Body.(*ledger.OrderBody).Order.ID != oid(name) {
			d.Fatalf("%s again: got %+v, want the first answer", name, out)
		}
		if o, err := d.book.Order(oid(name)); err != nil || o.ID != oid(name) || o.Status != ledger.StatusCompleted {
			d.Fatalf("%s: got %+v, %v; want the order as it was", name, o, err)
		}
		if out := d.do(big(i)); !out.Replayed || out.Entry.Body.(*ledger.ReceiptBody).ID != fmt.Sprint("big ", i) {
			d.Fatalf("receipt %d again: got %+v, want the first answer", i, out)
		}
	}
	other := sale("o1", "A", 1)
	other.Request = ledger.DigestOf([]byte("another"))
	if out := d.do(other); !errors.Is(out.Err, ledger.ErrKeyReused) {
		d.Errorf("another request: got %v, want %v", out.Err, ledger.ErrKeyReused)
	}
	other = sale("o1", "A", 1)
	other.Key = ledger.DigestOf([]byte("another"))
	if out := d.do(other); !errors.Is(out.Err, ledger.ErrOrderExists) {
		d.Errorf("another key: got %v, want %v", out.Err, ledger.ErrOrderExists)
	}
	if _, short := errors.AsType[*ledger.ShortError](d.do(sale("refused", "C", 1)).Err); !short {
		d.Error("a refusal was not remembered")
	}
	if o, err := d.book.Order(oid("cancelled")); err != nil || o.Status != ledger.StatusCanceled {
		d.Errorf("got %+v, %v; want it cancelled", o, err)
	}
	if got := pageAll(d, d.book, ledger.OrderQuery{Limit: 7}); len(got) != 83 {
		d.Errorf("got %d orders, want 83", len(got))
	}
}

func TestATrimmedBookAnswersAsBefore(t *testing.T) {
	d := lived(t)
	copied := t.TempDir()
	archived := d.archive(copied)
	before := ledger.PortraitOf(d.book)
	d.trim(archived, d.soon())
	trimmed := d.book.Trimmed()
	if trimmed < 60 {
		t.Fatalf("got trimmed up to %d of %d, want most of it", trimmed, d.book.Head().Seq)
	}
	if got := ledger.PortraitOf(d.book); got != before {
		t.Errorf("the state changed: got\n%swant\n%s", got, before)
	}
	d.answers()
	d.reopen()
	d.answers()
	if _, _, err := d.book.Entries(trimmed-1, 10); !errors.Is(err, ledger.ErrTrimmed) {
		t.Errorf("entries behind %d: got %v, want %v", trimmed-1, err, ledger.ErrTrimmed)
	}
	if _, _, err := d.book.Frames(0, 1); !errors.Is(err, ledger.ErrTrimmed) {
		t.Errorf("frames: got %v, want %v", err, ledger.ErrTrimmed)
	}
	if es, _, err := d.book.Entries(trimmed, 1); err != nil || len(es) != 1 || es[0].Seq != trimmed+1 {
		t.Errorf("the first kept: got %v, %v; want entry %d", es, err, trimmed+1)
	}
	if ok, err := d.book.Knows(ledger.Position{Epoch: 1, Seq: 5}); !ok || err != nil {
		t.Errorf("got %v, %v of a trimmed position; want it believed", ok, err)
	}
	// Old orders can still be changed, and what comes of it is trimmed again.
	d.must(&ledger.CancelOrder{Order: oid("open")})
	d.receive("B", 1)
	for i := 80; i < 160; i++ {
		d.must(big(i))
	}
	d.trim(d.archive(copied), d.soon())
	if got := d.book.Trimmed(); got <= trimmed {
		t.Errorf("got trimmed up to %d, want beyond %d", got, trimmed)
	}
	d.answers()
	report, err := auditWith(d, copied)
	if err != nil {
		t.Fatalf("with the archive: got %v, want no fault", err)
	}
	alone, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil)
	if err != nil {
		t.Fatalf("alone: got %v, want no fault", err)
	}
	if alone.Trimmed == 0 || report.Archived == 0 || alone.Entries != report.Entries || alone.Frames != report.Frames ||
		alone.Accepted != report.Accepted || alone.Refused != report.Refused || alone.Head != report.Head {
		t.Errorf("got %+v alone and %+v with the archive, want the same counts", alone, report)
	}
}

// auditWith closes the book and audits it with its archive.
func auditWith(d *desk, archive string) (ledger.AuditReport, error) {
	d.Helper()
	d.close()
	return ledger.AuditWithArchive(d.world.Env(), d.cfg.Dir, archive, nil)
}

func TestNothingIsTrimmedThatIsNotArchivedOrNotOldEnough(t *testing.T) {
	d := lived(t)
	head := d.book.Head().Seq
	d.trim(0, d.soon())
	if got := d.book.Trimmed(); got != 0 {
		t.Errorf("not archived: got %d, want nothing trimmed", got)
	}
	d.trim(40, d.soon())
	if got := d.book.Trimmed(); got == 0 || got > 40 {
		t.Errorf("archived up to 40: got %d", got)
	}
	start := d.world.Clock.Wall().Add(-80 * time.Hour)
	d.trim(head, start.Add(30*time.Hour))
	got := d.book.Trimmed()
	es, _, err := d.book.Entries(got, 1)
	if err != nil || len(es) != 1 || got <= 40 {
		t.Fatalf("got %d, %v, %v; want more trimmed", got, es, err)
	}
	d.trim(head, start) // a retention that was made longer
	d.trim(0, d.soon()) // an archive that was lost
	if again := d.book.Trimmed(); again != got {
		t.Errorf("got %d, want %d to stay", again, got)
	}
	d.trim(head, start.Add(30*time.Hour))
	if again := d.book.Trimmed(); again != got {
		t.Errorf("got %d, want %d: what is younger stays", again, got)
	}
	d.trim(head+1000, d.soon())
	d.close()
	frames := journal(t, d.cfg.Dir)
	first, err := ledger.DecodeFrame(frames[0])
	if err != nil || first.First <= got {
		t.Errorf("got %v, %v; want the journal to begin later", first, err)
	}
}

func TestAQuarantinedBookIsNotTrimmed(t *testing.T) {
	d := lived(t)
	archived := d.archive(t.TempDir())
	d.book.Quarantine("a copy is about")
	d.trim(archived, d.soon())
	if got := d.book.Trimmed(); got != 0 {
		t.Errorf("got %d, want the evidence whole", got)
	}
}

func TestABookIsTrimmedWhileItSells(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("A", 100_000)
	copied := t.TempDir()
	var selling sync.WaitGroup
	done := make(chan struct{})
	for till := range 3 {
		selling.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				name := fmt.Sprint(till, " o", i)
				p := sale(name, "A", 1)
				for range 2 {
					if out, err := d.book.Do(context.Background(), p); err != nil || out.Err != nil {
						t.Errorf("got %+v, %v; want it sold", out, err)
						return
					}
				}
				old := sale(fmt.Sprint(till, " o", i/2), "A", 1)
				if out, err := d.book.Do(context.Background(), old); err != nil || !out.Replayed || out.Err != nil {
					t.Errorf("an old key: got %+v, %v; want its answer", out, err)
					return
				}
				if _, err := d.book.Order(old.Order.ID); err != nil {
					t.Errorf("an old order: got %v", err)
					return
				}
				if _, _, err := d.book.Orders(ledger.OrderQuery{Limit: 20}); err != nil {
					t.Errorf("a list: got %v", err)
					return
				}
			}
		})
	}
	for n := 0; n < 2; {
		before := d.book.Trimmed()
		d.trim(d.archive(copied), d.soon())
		if d.book.Trimmed() > before {
			n++
		}
	}
	close(done)
	selling.Wait()
	if _, err := auditWith(d, copied); err != nil {
		t.Errorf("got %v, want no fault", err)
	}
}

func TestASaleDoesNotWaitForASlice(t *testing.T) {
	d := lived(t)
	archived := d.archive(t.TempDir())
	started, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.world.Disk.Slow(func(act ledger.Act) {
		if act == ledger.ActTrim {
			once.Do(func() { close(started) })
			<-gate
		}
	})
	trimmed := make(chan error, 1)
	go func() {
		_, err := d.book.Trim(ledger.TrimLimit{Archived: archived, Before: d.soon()})
		trimmed <- err
	}()
	<-started
	for i := range 5 {
		d.must(sale(fmt.Sprint("meanwhile ", i), "A", 1))
	}
	if _, err := d.book.Order(oid("o1")); err != nil {
		t.Errorf("an old order meanwhile: got %v", err)
	}
	close(gate)
	if err := <-trimmed; err != nil {
		t.Error(err)
	}
}

func TestATrimmingThatFailsAnywhereGoesOnAfterReopening(t *testing.T) {
	tries := 2
	if testing.Short() {
		tries = 1
	}
	for _, act := range []ledger.Act{ledger.ActTrim, ledger.Act(tape.ActTrim), ledger.Act(tape.ActSyncDir)} {
		for nth := range tries {
			d := lived(t)
			copied := t.TempDir()
			archived := d.archive(copied)
			n := 0
			d.world.Disk.Fail(func(a ledger.Act, _ string) error {
				if a == act {
					if n++; n > nth {
						return testworld.ErrDisk
					}
				}
				return nil
			})
			failed := false
			for more := true; more && !failed; {
				var err error
				more, err = d.book.Trim(ledger.TrimLimit{Archived: archived, Before: d.soon()})
				failed = errors.Is(err, testworld.ErrDisk)
			}
			d.world.Disk.Fail(nil)
			if !failed && nth == 0 {
				t.Errorf("%s: got it through, want the failure", act)
			}
			if failed && d.book.Err() == nil {
				t.Errorf("%s: got a book that goes on, want it stopped", act)
			}
			d.reopen()
			d.answers()
			d.trim(archived, d.soon())
			d.answers()
			if _, err := auditWith(d, copied); err != nil {
				t.Errorf("%s, number %d: got %v, want no fault", act, nth, err)
			}
		}
	}
}

// An index that was copied before the journal was trimmed does not know what answers for it.
func TestAnIndexOlderThanTheTrimmingIsRefused(t *testing.T) {
	d := lived(t)
	d.reopen()
	old := t.TempDir()
	d.close()
	d.copyTo(old)
	d.open()
	d.trim(d.archive(t.TempDir()), d.soon())
	d.close()
	whole := t.TempDir()
	d.copyTo(whole)
	from, err := os.ReadFile(filepath.Join(old, ledger.BookFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(whole, ledger.BookFile), from, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cfg := d.cfg
	cfg.Dir = whole
	if b, err := ledger.OpenBook(d.world.Env(), cfg); err == nil {
		b.Close()
		t.Error("got an open book, want it refused")
	} else if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
		t.Errorf("got %v, want a DamageError", err)
	}
	if _, err := ledger.AuditBook(d.world.Env(), whole, nil); err == nil {
		t.Error("got no fault in the audit, want one")
	}
}

func TestAnAuditOfATrimmedBookFindsWhatIsWrong(t *testing.T) {
	d := lived(t)
	copied := t.TempDir()
	d.trim(d.archive(copied), d.soon())
	d.close()
	for name, change := range map[string]func(tx *bbolt.Tx) error{
		"a level of the base": func(tx *bbolt.Tx) error {
			key := []byte("A")
			return tx.Bucket([]byte("base levels")).Put(key, ledger.SealValue([]byte("base levels"), key, ledger.MarshalLevel(&ledger.Level{Sellable: 9, Available: 9})))
		},
		"an order of the base": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("base orders")).Delete(ledger.OrderKey(oid("open"))) },
		"a stub": func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket([]byte("stubs")).Cursor().First()
			return tx.Bucket([]byte("stubs")).Delete(k)
		},
		"a bit of a stub": func(tx *bbolt.Tx) error {
			k, v := tx.Bucket([]byte("stubs")).Cursor().First()
			v = bytes.Clone(v)
			v[len(v)/2] ^= 1
			return tx.Bucket([]byte("stubs")).Put(k, v)
		},
		"where it was trimmed": func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketMeta).Delete([]byte("trimmed")) },
		"a bucket":             func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("base served")) },
	} {
		dir := t.TempDir()
		d.copyTo(dir)
		scratch(t, dir, change)
		if _, err := ledger.AuditBook(d.world.Env(), dir, nil); err == nil {
			t.Errorf("%s: got no fault, want one", name)
		}
		if _, err := ledger.AuditWithArchive(d.world.Env(), dir, copied, nil); err == nil && name != "a stub" {
			t.Errorf("%s, with the archive: got no fault, want one", name)
		}
	}
}
