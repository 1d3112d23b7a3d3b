package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A desk is a book on a real file with its writer running. It ends with an audit.
type desk struct {
	testing.TB
	world *testworld.World
	cfg   ledger.BookConfig
	book  *ledger.Book
	stop  context.CancelFunc
	ended chan error
	n     int
}

// newDesk opens leeds, a site with a counter, under epoch 1.
func newDesk(t testing.TB, change ...func(*ledger.BookConfig)) *desk {
	t.Helper()
	return deskIn(t, testworld.New(7), change...)
}

// deskIn is newDesk in a world that was made ready.
func deskIn(t testing.TB, world *testworld.World, change ...func(*ledger.BookConfig)) *desk {
	t.Helper()
	d := &desk{TB: t, world: world, cfg: ledger.BookConfig{Site: "leeds", Dir: t.TempDir()}}
	for _, c := range change {
		c(&d.cfg)
	}
	d.open()
	t.Cleanup(func() {
		d.close()
		d.audit()
	})
	d.must(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
	return d
}

func (d *desk) open() {
	d.Helper()
	d.world.Reboot()
	book, err := ledger.OpenBook(d.world.Env(), d.cfg)
	if err != nil {
		d.Fatalf("open: got %v, want a book", err)
	}
	d.book = book
	d.run()
}

func (d *desk) run() {
	ctx, stop := context.WithCancel(context.Background())
	d.stop, d.ended = stop, make(chan error, 1)
	book, ended := d.book, d.ended
	go func() { ended <- book.Run(ctx) }()
}

// close ends the writer and lets go of the file; it gives what Run gave.
func (d *desk) close() error {
	d.Helper()
	if d.book == nil {
		return nil
	}
	d.stop()
	err := <-d.ended
	if closeErr := d.book.Close(); closeErr != nil {
		d.Errorf("close: got %v, want nil", closeErr)
	}
	d.book = nil
	return err
}

func (d *desk) reopen() {
	d.Helper()
	d.close()
	d.open()
}

func (d *desk) audit() {
	d.Helper()
	if _, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil); err != nil {
		d.Errorf("audit: got %v, want no fault", err)
	}
}

func (d *desk) do(req ledger.Request) ledger.Outcome {
	d.Helper()
	out, err := d.book.Do(context.Background(), req)
	if err != nil {
		d.Fatalf("do %T: got %v, want an answer", req, err)
	}
	return out
}

func (d *desk) must(req ledger.Request) ledger.Outcome {
	d.Helper()
	out := d.do(req)
	if out.Err != nil {
		d.Fatalf("do %T: got %v, want yes", req, out.Err)
	}
	return out
}

func (d *desk) receive(sku ledger.SKU, q ledger.Qty) {
	d.Helper()
	d.n++
	d.must(&ledger.Receive{ID: fmt.Sprint("r", d.n), Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q}}})
}

// sale is a till sale under a key of its own name.
func sale(name string, sku ledger.SKU, q ledger.Qty) *ledger.Place {
	return &ledger.Place{Meta: ledger.Meta{Actor: "anna", Key: ledger.DigestOf([]byte("till"), []byte(name)), Request: ledger.DigestOf([]byte(name), []byte(sku))},
		Order: ledger.Order{ID: oid(name), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: sku, Qty: q}}}}
}

// copyTo copies the book's files as a backup, or as what a killed process leaves, would have them.
func (d *desk) copyTo(dir string) {
	d.Helper()
	if err := os.CopyFS(dir, os.DirFS(d.cfg.Dir)); err != nil {
		d.Fatal(err)
	}
}

// kill leaves the book as a killed process would: no checkpoint, no closing.
func (d *desk) kill() {
	d.Helper()
	dir := d.TempDir()
	d.stop()
	<-d.ended
	d.copyTo(dir)
	if err := d.book.Close(); err != nil {
		d.Fatal(err)
	}
	d.cfg.Dir = dir
	d.open()
}

// scratch changes the closed book's index behind its back.
func scratch(t testing.TB, dir string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, ledger.BookFile), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(change); err != nil {
		t.Fatal(err)
	}
}

// journal gives the frames of the closed book in dir.
func journal(t testing.TB, dir string) (frames [][]byte) {
	t.Helper()
	cfg, env := ledger.TapeOf(testworld.New(1).Env(), "leeds", dir)
	j, err := tape.OpenReadOnly(cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := ledger.EachFrame(j, 0, func(raw []byte) error {
		frames = append(frames, bytes.Clone(raw))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return frames
}

// rewrite puts a journal of these frames, one a record, in the place of the closed book's. It is
// filed under the numbers that follow each other, whatever the frames say of themselves.
func rewrite(t testing.TB, dir string, frames [][]byte) {
	t.Helper()
	cfg, env := ledger.TapeOf(testworld.New(1).Env(), "leeds", dir)
	if err := errors.Join(os.RemoveAll(cfg.Dir), os.Mkdir(cfg.Dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	j, err := tape.Create(cfg, env, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err == nil {
			err = j.Append(j.Last()+1, uint32(len(f.Entries)), ledger.AppendRecord(nil, raw))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// flipJournal changes one bit in the last record of the closed book's journal.
func flipJournal(t testing.TB, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, ledger.JournalDir, "*.tape"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got %v, %v; want the journal's files", names, err)
	}
	name := slices.Max(names)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := len(bytes.TrimRight(b, "\x00")) - 60
	b[at] ^= 4
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
