package machine_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Run with -race: raft writes a snapshot out while commands go on.
func TestASnapshotIsWrittenWhileOrdersGoOnAndSaysWhatWas(t *testing.T) {
	w := stocked(t, 3000)
	w.site("york", true)
	var writers sync.WaitGroup
	for round := range 4 {
		want := encode(t, w.m)
		f := w.m.Freeze()
		writers.Go(func() {
			var got bytes.Buffer
			if err := f.Encode(&got); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("round %d: got another state than there was when it was frozen (%v)", round, err)
			}
		})
		for i := range 300 {
			n := round*300 + i
			sku := ledger.SKU(fmt.Sprint("SKU-", n*7%3000))
			o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Refuse, ledger.Line{SKU: sku, Qty: 1})
			cmd := machine.Marshal(&machine.Place{Order: o, Key: digest(string(o.ID)), Legs: []allocate.Leg{{Line: 1, SKU: sku, Site: "hull", Qty: 1}}, At: at})
			if res := w.m.Apply(cmd); res.Err != nil {
				t.Fatal(res.Err)
			}
		}
		w.receive("york", 5, ledger.SKU(fmt.Sprint("NEW-", round)))
		w.ok(w.cut("york"))
		w.talk("hull")
	}
	writers.Wait()
	if err := w.m.Check(); err != nil {
		t.Error(err)
	}
}
