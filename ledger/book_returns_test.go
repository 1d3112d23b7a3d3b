package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func back(n int) ledger.ReturnID { return ledger.ReturnID(oid(fmt.Sprint("back", n))) }

// stands looks two returns up, of which one is open: in memory, in the parcel or in the file, they are the same.
func (d *desk) stands(when string) {
	d.Helper()
	open, err := d.book.Return(back(1))
	if err != nil || open.Status() != "inspected" || open.Lines[0].Blocked != 1 || open.Lines[0].Restocked != 1 {
		d.Fatalf("%s: got %+v, %v, want one blocked and one restocked", when, open, err)
	}
	closed, err := d.book.Return(back(2))
	if err != nil || closed.Status() != "closed" || closed.Lines[0].Scrapped != 1 {
		d.Fatalf("%s: got %+v, %v, want one scrapped", when, closed, err)
	}
	if list := d.book.Returns("", 10, nil); len(list) != 1 || list[0].ID != back(1) {
		d.Fatalf("%s: got %v, want the open one", when, list)
	}
	if _, err := d.book.Return(back(3)); !errors.Is(err, ledger.ErrReturnUnknown) {
		d.Fatalf("%s: got %v of a return that there is not", when, err)
	}
	if out := d.do(&ledger.Inspect{Return: back(2), Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.Restock, Qty: 1}}}); !errors.Is(out.Err, ledger.ErrReturnUnknown) {
		d.Fatalf("%s: got %v, want nothing done with what has ended", when, out.Err)
	}
	again := &ledger.TakeBack{ID: back(9), Order: oid("sale"), Lines: []ledger.BackLine{{Line: 1, Qty: 1}}}
	if out := d.do(again); out.Err == nil || out.Err.Error() != "line 1: 3 sold, 3 came back before, 0 can still come back, 1 are named" {
		d.Fatalf("%s: got %v, want no more back than was sold", when, out.Err)
	}
}

// What came back outlives restarts, the trimming of its entries, and an index that is made anew.
func TestReturnsOutliveWhatABookGoesThrough(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 5)
	d.must(&ledger.Place{Order: ledger.Order{ID: oid("sale"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: 3}}}})
	d.must(&ledger.TakeBack{ID: back(1), Order: oid("sale"), Lines: []ledger.BackLine{{Line: 1, Qty: 2, Do: ledger.Block}}})
	d.must(&ledger.TakeBack{ID: back(2), Order: oid("sale"), Lines: []ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Scrap}}})
	d.must(&ledger.Inspect{Return: back(1), Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.Restock, Qty: 1}}})
	d.stands("at once")
	d.reopen()
	d.stands("opened again")
	for i := range 40 {
		d.must(big(i))
	}
	archived := d.archive(t.TempDir())
	d.reopen()
	d.trim(archived, d.soon())
	if d.book.Trimmed() < 8 {
		t.Fatalf("trimmed up to entry %d, want the entries of the returns gone", d.book.Trimmed())
	}
	d.stands("trimmed")
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(d.cfg.Dir, ledger.OrdersDir)); err != nil { // an index that names runs that are gone is made anew
		t.Fatal(err)
	}
	d.open()
	d.stands("made anew")
	d.must(&ledger.Inspect{Return: back(1), Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.Scrap, Qty: 1}}})
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.audit()
}
