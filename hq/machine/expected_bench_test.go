package machine_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkAnOrderLeavesAQueueForWhatIsDueIn: an order that is promised of what is due in is cancelled, and others wait for the same
// article: who is promised what became free is decided with the command.
func BenchmarkAnOrderLeavesAQueueForWhatIsDueIn(b *testing.B) {
	for _, waiting := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := due(b)
			for i := range 4 {
				s.m.Apply(machine.Marshal(expect(fmt.Sprintf("PO %d", i), machine.Day(i), ledger.Qty(waiting/5))))
			}
			place := func(n int) {
				o := order(nth(n), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
				if res := s.m.Apply(machine.Marshal(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), At: at})); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
			for n := range waiting {
				place(n)
			}
			n := 0
			for b.Loop() {
				b.StopTimer()
				place(waiting + n)
				cmd := machine.Marshal(&machine.Cancel{Order: nth(n), Key: digest("c" + fmt.Sprint(n)), Request: digest("c"), At: at})
				n++
				b.StartTimer()
				s.m.Apply(cmd)
			}
			b.StopTimer()
			if err := s.m.Check(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkADeliveryMoves: all that is promised of it is promised anew.
func BenchmarkADeliveryMoves(b *testing.B) {
	for _, waiting := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := due(b)
			for i := range 4 {
				s.m.Apply(machine.Marshal(expect(fmt.Sprintf("PO %d", i), machine.Day(i), ledger.Qty(waiting/5))))
			}
			for n := range waiting {
				o := order(nth(n), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
				if res := s.m.Apply(machine.Marshal(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), At: at})); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
			day := 0
			for b.Loop() {
				day = 7 - day
				if res := s.m.Apply(machine.Marshal(expect("PO 0", machine.Day(day), ledger.Qty(waiting/5)))); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
			b.StopTimer()
			if err := s.m.Check(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
