package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// holds looks up what an order was paid with, a session that is closed, and a day that has ended.
func (d *desk) holds(when string) {
	d.Helper()
	p, err := d.book.Payments(oid("paid"))
	if err != nil || p.Paid() != 700 || p.Version != 3 || len(p.Tenders) != 2 {
		d.Fatalf("%s: got %+v, %v, want 700 of it paid, in version 3", when, p, err)
	}
	if _, err := d.book.Payments(oid("another")); !errors.Is(err, ledger.ErrNothingPaid) {
		d.Fatalf("%s: got %v of an order that nobody paid", when, err)
	}
	w, ok, err := d.book.ClosedDrawer("T1", 1, 1)
	if err != nil || !ok || w.Counted != 1190 || w.Difference() != -10 {
		d.Fatalf("%s: got %+v, %t, %v, want the session as it was counted", when, w, ok, err)
	}
	day, _, ok, err := d.book.EndedDay(1)
	if err != nil || !ok || day.Day.Tender(ledger.TenderCash).Taken != 500 || day.Day.Sum(ledger.MoneyDifference) != 10 {
		d.Fatalf("%s: got %+v, %t, %v, want the day's figures", when, day, ok, err)
	}
	till := d.book.Till()
	if len(till.Drawers) != 1 || till.Drawers[0].Till != "T2" || till.Drawers[0].Expected() != 50 || till.Day.Number != 2 || till.Currency != "GBP" {
		d.Fatalf("%s: got %+v, want T2 open with 50", when, till)
	}
	if out := d.do(&ledger.Refund{Order: oid("paid"), Till: "T2", Reason: "no", Moves: []ledger.TenderMove{{Tender: 2, Amount: 501, Ref: "R"}}}); out.Err == nil {
		d.Fatalf("%s: got %+v, want no more back than was paid", when, out)
	}
}

func (d *desk) pay(name string, till ledger.TillID, w ...ledger.TenderWish) ledger.Outcome {
	return d.must(&ledger.Pay{Order: oid(name), Till: till, Total: 1000, Deposit: true, Tenders: w})
}

// takesMoney does what holds looks for.
func (d *desk) takesMoney() {
	d.must(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP"})
	d.pay("paid", "T1", ledger.TenderWish{Kind: ledger.TenderCash, Amount: 500})
	d.pay("paid", "T1", ledger.TenderWish{Kind: ledger.TenderCard, Amount: 500, Ref: "TERM-1"})
	d.must(&ledger.Refund{Order: oid("paid"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 300}}})
	d.must(&ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: "T1", Amount: 1190, Reason: "a note"})
	d.must(&ledger.EndDay{})
	d.must(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T2", Amount: 50})
	d.holds("at once")
}

// A book that was trimmed before it took any money is made anew from where it begins, like any other.
func TestMoneyBehindTheTrimOutlivesAnIndexThatIsMadeAnew(t *testing.T) {
	d := newDesk(t, smallFiles)
	for i := range 40 {
		d.must(big(i))
	}
	archived := d.archive(t.TempDir())
	d.reopen()
	if d.trim(archived, d.soon()); d.book.Trimmed() == 0 {
		t.Fatal("nothing was trimmed")
	}
	d.takesMoney()
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(d.cfg.Dir, ledger.OrdersDir)); err != nil {
		t.Fatal(err)
	}
	d.open()
	d.holds("made anew")
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.audit()
}

// Money outlives restarts, the trimming of its entries, and an index that is made anew; receipts go on without a gap.
func TestMoneyOutlivesWhatABookGoesThrough(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.takesMoney()
	d.reopen()
	d.holds("opened again")
	for i := range 40 {
		d.must(big(i))
	}
	archived := d.archive(t.TempDir())
	d.reopen()
	d.trim(archived, d.soon())
	if d.book.Trimmed() < 8 {
		t.Fatalf("trimmed up to entry %d, want the entries of the payments gone", d.book.Trimmed())
	}
	d.holds("trimmed")
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.audit()
	if err := os.RemoveAll(filepath.Join(d.cfg.Dir, ledger.OrdersDir)); err != nil { // an index that names runs that are gone is made anew
		t.Fatal(err)
	}
	d.open()
	d.holds("made anew")
	for n := 1; n <= 3; n++ {
		out := d.pay(fmt.Sprint("later", n), "T2", ledger.TenderWish{Kind: ledger.TenderCash, Amount: 10})
		if got := out.Entry.Body.(*ledger.TenderBody).Receipt; got.Number != uint64(n) {
			t.Fatalf("got receipt %s, want number %d", got, n)
		}
		d.reopen()
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.audit()
}

// An index that has lost the money of the site, or has another, is not believed.
func TestMoneyThatIsNotTheJournalsIsFound(t *testing.T) {
	meta, key := []byte("meta"), []byte("money")
	for name, change := range map[string]func(tx *bbolt.Tx) error{
		"lost": func(tx *bbolt.Tx) error { return tx.Bucket(meta).Delete(key) },
		"another": func(tx *bbolt.Tx) error {
			other := ledger.MarshalTakings(ledger.TakingsForTest(2, "GBP", nil, nil, nil, nil, ledger.Day{Number: 1}))
			return tx.Bucket(meta).Put(key, ledger.SealValue(meta, key, other))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.must(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP"})
			d.must(&ledger.Pay{Order: oid("o"), Till: "T1", Total: 500, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}})
			if err := d.close(); err != nil {
				t.Fatal(err)
			}
			d.audit()
			dir := filepath.Join(t.TempDir(), "copy")
			d.copyTo(dir)
			scratch(t, dir, change)
			if _, err := ledger.AuditBook(d.world.Env(), dir, nil); err == nil {
				t.Error("got no fault, want the money missed")
			}
		})
	}
}
