package ledger_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// journalOf is a shop's frames with something of everything in them, one act a frame.
func journalOf(t *testing.T) (frames [][]byte, want *ledger.Core) {
	core := ledger.NewCore(ledger.NewState("leeds"), everything{})
	now := sampleMoment
	do := func(req ledger.Request) ledger.Outcome {
		out := core.Decide(req, now)
		for _, f := range core.Cut() {
			frames = append(frames, ledger.EncodeFrame(f))
		}
		return out
	}
	do(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
	do(&ledger.AdoptHQ{H: ledger.Incarnation{Counter: 1}})
	for i := range 200 {
		sku := ledger.SKU(fmt.Sprint("S", i%7))
		if i%3 == 0 {
			do(&ledger.Receive{ID: fmt.Sprint(i), Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: sku, Qty: 9, Bin: ledger.Bin(fmt.Sprint("B", i%5))}, {SKU: "X", Qty: 1}}})
		}
		p := sale(fmt.Sprint("sale ", i), sku, ledger.Qty(1+i%4))
		p.AskHQ = true
		switch i % 5 {
		case 1:
			p.Order.Fulfil, p.Order.Shortage, p.Order.Customer = ledger.Deliver, ledger.Backorder, fmt.Sprint("C-", i%3)
		case 2:
			p.Order.Fulfil, p.Order.Anywhere = ledger.Collect, true
		}
		if out := do(p); out.Err == nil && out.Entry.Kind == ledger.KindAsked {
			do(&ledger.AbandonAsk{Order: p.Order.ID, Ask: out.Entry.Body.(*ledger.OrderBody).Ask, Drop: i%2 == 0})
		}
		if i%11 == 1 {
			do(&ledger.CancelOrder{Order: p.Order.ID})
		}
	}
	return frames, core
}

func TestAFrameMayBeOpenedWhileTheOneBeforeIsFolded(t *testing.T) {
	frames, want := journalOf(t)
	plain, ahead := ledger.NewAuditor("leeds"), ledger.NewAuditor("leeds")
	core := ledger.NewCore(ledger.NewState("leeds"), everything{})
	var rooms [2]ledger.Opened
	read := func(i int) {
		if err := rooms[i%2].Read(frames[i]); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	read(0)
	for i := range frames {
		if i+1 < len(frames) {
			read(i + 1)
		}
		if err := ahead.Fold(&rooms[i%2]); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if err := core.Fold(&rooms[i%2]); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if err := plain.Frame(frames[i]); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	if got, want := ahead.Report(), plain.Report(); got != want || got.Head != core.State.Head() {
		t.Errorf("got %+v and head %v, want %+v", got, core.State.Head(), want)
	}
	for _, s := range []*ledger.State{core.State, ahead.State, plain.State} { // the last has used bodies again
		if got, want := ledger.Portrait(s), ledger.Portrait(want.State); got != want {
			t.Errorf("got state\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAnOpenedSaysWhatItsFrameSays(t *testing.T) {
	frames, _ := journalOf(t)
	frames = append(frames, ledger.EncodeFrame(sampleFrame()), readGolden(t, "testdata/golden/frame.01.hex"))
	var o ledger.Opened
	for i, raw := range frames {
		want, err := openFrame(raw)
		if err == nil {
			err = o.Read(raw)
		}
		if err != nil || len(o.Entries) != len(want.Entries) {
			t.Fatalf("frame %d: got %d entries, %v; want %d", i, len(o.Entries), err, len(want.Entries))
		}
		for n := range o.Entries {
			got := o.Entries[n]
			if len(got.Postings) == 0 {
				got.Postings = nil // room of none
			}
			if !reflect.DeepEqual(&got, want.Entries[n]) {
				t.Fatalf("frame %d, entry %d: got %+v, want %+v", i, n, got, want.Entries[n])
			}
		}
		bad := append([]byte(nil), raw...)
		if bad[len(bad)-1] ^= 1; o.Read(bad) == nil {
			t.Fatalf("frame %d with a bit changed: got it opened, want an error", i)
		}
	}
}

func TestAFrameOutOfTurnIsNotFolded(t *testing.T) {
	frames, _ := journalOf(t)
	core := ledger.NewCore(ledger.NewState("leeds"), everything{})
	var o ledger.Opened
	if err := o.Read(frames[1]); err != nil {
		t.Fatal(err)
	}
	if core.Fold(&o) == nil || ledger.NewAuditor("leeds").Fold(&o) == nil || ledger.NewAuditor("york").Fold(&o) == nil {
		t.Error("got the second frame folded first, want an error")
	}
}

func TestAuditingAClosedSaleKeepsNothingOfIt(t *testing.T) {
	s := newStage(t, "leeds", true)
	for i := range 100 {
		s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(fmt.Sprint("S", i)), Qty: ledger.QtyMax}}})
	}
	const runs = 6
	var frames [][]byte
	for n := range (runs + 2) * ledger.FrameEntriesMax {
		if out := s.core.Decide(threeLines(n), s.now); out.Err != nil {
			t.Fatal(out.Err)
		}
		if (n+1)%ledger.FrameEntriesMax == 0 {
			for _, f := range s.core.Cut() {
				frames = append(frames, ledger.EncodeFrame(f))
			}
		}
	}
	next := func() {
		if err := s.aud.Frame(frames[0]); err != nil {
			t.Fatal(err)
		}
		frames = frames[1:]
	}
	next() // makes the bodies that the others use again
	if got := testing.AllocsPerRun(runs, next) / ledger.FrameEntriesMax; got > 1.5 {
		t.Errorf("got %.2f allocations a sale, want that of its id only", got)
	}
	if got := s.aud.Report(); got.Accepted != (runs+2)*ledger.FrameEntriesMax || got.Head != s.core.Head() {
		t.Errorf("got %+v, want every sale and the head %v", got, s.core.Head())
	}
}
