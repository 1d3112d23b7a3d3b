package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// witnessed opens the closed desk's book beside the given witness.
func (d *desk) witnessed(line []byte) {
	d.Helper()
	d.close()
	if err := os.WriteFile(filepath.Join(d.cfg.Dir, ledger.WitnessFile), line, 0o600); err != nil {
		d.Fatal(err)
	}
	d.open()
}

func TestABookBehindItsWitnessPromisesNothing(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.close()
	whole, backup := d.cfg.Dir, t.TempDir()
	d.copyTo(backup)
	d.open()
	d.must(sale("o1", "TAP-22", 3))
	d.close()
	newer, err := os.ReadFile(filepath.Join(d.cfg.Dir, ledger.WitnessFile))
	if err != nil {
		t.Fatal(err)
	}
	d.cfg.Dir = backup
	d.witnessed(newer)
	if why := d.book.View().Quarantine; !strings.Contains(why, "has shown entry") {
		t.Errorf("got quarantine %q, want it to say that the book went back", why)
	}
	if out := d.do(sale("o2", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
		t.Errorf("got %v, want %v", out.Err, ledger.ErrQuarantined)
	}
	before := d.book.Head()
	goods := &ledger.Receive{ID: "r9", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1}}}
	if out := d.do(goods); !errors.Is(out.Err, ledger.ErrQuarantined) {
		t.Errorf("goods in: got %v, want %v: whoever waits for them would be promised them", out.Err, ledger.ErrQuarantined)
	}
	if d.book.Head() != before {
		t.Errorf("got head %s, want %s: nothing is written", d.book.Head(), before)
	}
	d.close()
	if _, err := ledger.AuditBook(d.world.Env(), backup, nil); !isDamage(err) {
		t.Errorf("audit: got %v, want a DamageError", err)
	}
	d.cfg.Dir = whole
}

func TestAWitnessOfAnotherPastMeansQuarantine(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	head := d.book.Head()
	other := head
	other.Hash[5] ^= 1
	d.witnessed(ledger.WitnessLine(other))
	if why := d.book.View().Quarantine; !strings.Contains(why, "is not the one") {
		t.Errorf("another hash: got quarantine %q, want one", why)
	}
	other = head
	other.Site = "york"
	d.witnessed(ledger.WitnessLine(other))
	if why := d.book.View().Quarantine; !strings.Contains(why, "york") {
		t.Errorf("another site: got quarantine %q, want one", why)
	}
	d.witnessed(ledger.WitnessLine(head))
	if why := d.book.View().Quarantine; why != "" {
		t.Errorf("its own past: got quarantine %q, want none", why)
	}
}

func TestATornWitnessWitnessesNothing(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	line := ledger.WitnessLine(d.book.Head())
	newer := d.book.Head()
	newer.Seq, newer.Hash[0] = newer.Seq+5, 0xff
	torn := append(append([]byte{}, ledger.WitnessLine(newer)[:30]...), line[30:]...)
	for name, l := range map[string][]byte{"empty": nil, "half": line[:60], "zeroes": make([]byte, 256), "of two heads": torn, "noise": []byte("leeds/x")} {
		d.witnessed(l)
		if why := d.book.View().Quarantine; why != "" {
			t.Errorf("%s: got quarantine %q, want none", name, why)
		}
	}
}

func TestABookKnowsItsOwnPast(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	past := d.book.Head().Position
	d.receive("TAP-22", 3)
	fork, ahead := past, d.book.Head().Position
	fork.Hash[0] ^= 1
	ahead.Seq++
	for name, c := range map[string]struct {
		p    ledger.Position
		want bool
	}{"before the first": {ledger.Position{}, true}, "an entry of its own": {past, true}, "another hash": {fork, false}, "beyond its head": {ahead, false}} {
		if got, err := d.book.Knows(c.p); got != c.want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
		}
	}
	d.book.Quarantine("a client has seen more")
	d.book.Quarantine("later")
	if why := d.book.View().Quarantine; why != "a client has seen more" {
		t.Errorf("got %q, want the first reason kept", why)
	}
	if out := d.do(sale("o2", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
		t.Errorf("got %v, want %v", out.Err, ledger.ErrQuarantined)
	}
}

func TestAnUnwritableWitnessKeepsTheBookShut(t *testing.T) {
	d := newDesk(t)
	d.close()
	path := filepath.Join(d.cfg.Dir, ledger.WitnessFile)
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if b, err := ledger.OpenBook(testworld.New(1).Env(), d.cfg); err == nil {
		t.Errorf("got %v, want an error", b)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestAQuarantinedBookStillGivesAnsweredKeysTheirAnswer(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	first := d.must(sale("o1", "TAP-22", 1))
	d.book.Quarantine("a client has seen more")
	again := d.do(sale("o1", "TAP-22", 1))
	if !again.Replayed || again.Entry.Seq != first.Entry.Seq {
		t.Errorf("got %+v, want the answer of entry %d again", again, first.Entry.Seq)
	}
	if out := d.do(sale("o2", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
		t.Errorf("a new key: got %v, want %v", out.Err, ledger.ErrQuarantined)
	}
}
