package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A transfer is found by its id in whatever state it is: after a restart, behind checkpoints, when its entries have left
// the journal, and when the runs that say where they are have been made anew.
func TestABookRemembersItsTransfersForEver(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 2000)
	d.must(makes("T-open", wants("TAP", 3)))
	d.must(makes("T-gone", wants("TAP", 4)))
	d.must(&ledger.DispatchTransfer{ID: "T-gone"})
	d.must(&ledger.ReceiveTransfer{ID: "T-came", From: "hull", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 2}}})
	look := func(when string) {
		t.Helper()
		for id, want := range map[ledger.TransferID]ledger.TransferState{"T-open": ledger.TransferReserved, "T-gone": ledger.TransferDispatched, "T-came": ledger.TransferReceived} {
			if got, _, err := d.book.Transfer(id); err != nil || got.State != want {
				t.Errorf("%s: %s: got %+v (%v), want it %s", when, id, got, err, want)
			}
		}
		if _, _, err := d.book.Transfer("T-none"); !errors.Is(err, ledger.ErrTransferUnknown) {
			t.Errorf("%s: got %v, want no such transfer", when, err)
		}
		for name, req := range map[string]ledger.Request{"left": &ledger.DispatchTransfer{ID: "T-gone"}, "were set aside": makes("T-open", wants("TAP", 3)),
			"came": &ledger.ReceiveTransfer{ID: "T-came", From: "hull", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 2}}}} {
			if out := d.do(req); out.Err == nil {
				t.Errorf("%s: goods %s twice", when, name)
			}
		}
	}
	look("in memory")
	d.reopen()
	look("after a restart")
	for i := range 900 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	look("behind checkpoints")
	archived := d.archive(t.TempDir())
	d.trim(archived, d.soon())
	if d.book.Trimmed() < 8 {
		t.Fatalf("trimmed to entry %d, want the transfers gone from the journal", d.book.Trimmed())
	}
	look("trimmed")
	d.close()
	if err := os.RemoveAll(filepath.Join(d.cfg.Dir, ledger.KeysDir)); err != nil {
		t.Fatal(err)
	}
	d.open()
	look("with its runs made anew")
	d.must(&ledger.DispatchTransfer{ID: "T-open"})
}
