package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

const (
	cartonOne = gs1.SSCC("340123450000000000")
	cartonTwo = gs1.SSCC("350123450700000026")
)

// expecting is a stage that expects a transfer of two cartons from hull, and a loose tap.
func expecting(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, "leeds", true)
	s.obeyed(ledger.HQCommand{ID: ledger.TransferCommandID("t1", ledger.TransferExpect), Kind: ledger.CommandTransfer, Site: "hull",
		Lines:   []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 8}, {Line: 2, SKU: "PIN", Qty: 5}},
		Cartons: []ledger.WayCarton{{SSCC: cartonOne, Goods: []ledger.WayGoods{{SKU: "TAP", Qty: 4}, {SKU: "PIN", Qty: 5}}}, {SSCC: cartonTwo, Goods: []ledger.WayGoods{{SKU: "TAP", Qty: 3}}}}})
	return s
}

// A carton is taken in by its number, as it left; one that is not scanned is missing with all that lies in it.
func TestACartonOfATransferIsTakenInByItsNumber(t *testing.T) {
	for name, c := range map[string]struct {
		cartons []ledger.CameCarton
		lines   []ledger.ReceivedLine
		want    string // of the refusal
		tap     ledger.Qty
		pin     ledger.Qty
	}{
		"all":                     {[]ledger.CameCarton{{SSCC: cartonOne, Bin: "A"}, {SSCC: cartonTwo, Bin: "A"}}, []ledger.ReceivedLine{{SKU: "TAP", Bin: "A", Came: 1}}, "", 8, 5},
		"one is missing":          {[]ledger.CameCarton{{SSCC: cartonTwo, Bin: "A"}}, nil, "", 3, 0},
		"one was opened":          {[]ledger.CameCarton{{SSCC: cartonOne, Bin: "A"}}, []ledger.ReceivedLine{{SKU: "TAP", Bin: "A", Came: 2, Damaged: 1}}, "", 6, 5},
		"one is scanned twice":    {[]ledger.CameCarton{{SSCC: cartonTwo, Bin: "A"}, {SSCC: cartonTwo, Bin: "A"}}, nil, "cartons name 350123450700000026 twice: scan each carton once", 0, 0},
		"one is another's":        {[]ledger.CameCarton{{SSCC: "106141411234567897", Bin: "A"}}, nil, "cartons name 106141411234567897, which did not leave with transfer t1, as far as this site has heard. With it left 340123450000000000, 350123450700000026. If it is here, open it, and name what lies in it line by line", 0, 0},
		"two bins of one article": {[]ledger.CameCarton{{SSCC: cartonOne, Bin: "A"}, {SSCC: cartonTwo, Bin: "B"}}, nil, "bin is B for what lies in carton 350123450700000026, and A for other units of TAP: what comes of one article is put in one bin, and moved from there", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := expecting(t)
			out, got := s.do(&ledger.ReceiveTransfer{ID: "t1", Cartons: c.cartons, Lines: c.lines}), ""
			if out.Err != nil {
				got = out.Err.Error()
			}
			if got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			tap, _ := s.core.State.Level("TAP")
			pin, _ := s.core.State.Level("PIN")
			if tap.OnHand() != c.tap || pin.OnHand() != c.pin {
				t.Errorf("got %d taps and %d pins, want %d and %d", tap.OnHand(), pin.OnHand(), c.tap, c.pin)
			}
			if c.want != "" {
				return
			}
			came := 0
			for _, w := range out.Entry.Body.(*ledger.TransferBody).Transfer.Cartons {
				if w.Came {
					came++
				}
			}
			if came != len(c.cartons) {
				t.Errorf("got %d cartons that came, want %d", came, len(c.cartons))
			}
			s.auditsLots("TAP")
		})
	}
}

// What lies in cartons leaves with what is named beside them, and no more than was set aside.
func TestWhatLiesInCartonsLeavesWithATransfer(t *testing.T) {
	send := func(d *ledger.DispatchTransfer) (*stage, ledger.Outcome) {
		s := newStage(t, "leeds", true)
		s.play(`
			receive TAP 9
			receive MILK 3 A:3:2026-09-01
			receive MILK 3 B:3:2026-03-01`)
		if out := s.do(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: "t1", From: "leeds", To: "york", Lines: []ledger.TransferLine{{SKU: "TAP", Qty: 8}, {SKU: "MILK", Qty: 2}}}}); out.Err != nil {
			t.Fatal(out.Err)
		}
		d.ID = "t1"
		return s, s.do(d)
	}
	in := func(sscc gs1.SSCC, goods ...ledger.WayGoods) ledger.WayCarton {
		return ledger.WayCarton{SSCC: sscc, Goods: goods}
	}
	s, out := send(&ledger.DispatchTransfer{Cartons: []ledger.WayCarton{in(cartonOne, ledger.WayGoods{SKU: "TAP", Qty: 4}, ledger.WayGoods{SKU: "MILK", Lot: "A", Qty: 2}), in(cartonTwo, ledger.WayGoods{SKU: "TAP", Qty: 3})},
		Lines: []ledger.TransferLine{{SKU: "TAP", Sent: 1}}})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	sent := out.Entry.Body.(*ledger.TransferBody).Transfer
	if sent.Lines[0].Sent != 8 || sent.Lines[1].Sent != 2 || sent.Lines[1].Lots[0].Lot != "A" || len(sent.Cartons) != 2 {
		t.Errorf("got %+v, want eight taps, and the milk that lies in the carton", sent)
	}
	s.play(`lots MILK => B=3@MAIN A=1@MAIN`)
	s.auditsLots("MILK")
	for want, d := range map[string]*ledger.DispatchTransfer{
		"transfer t1: line 1 wants 9 of TAP, there are 8":                                                                      {Cartons: []ledger.WayCarton{in(cartonOne, ledger.WayGoods{SKU: "TAP", Qty: 9})}},
		"cartons name 340123450000000000 twice: scan each carton once":                                                         {Cartons: []ledger.WayCarton{in(cartonOne, ledger.WayGoods{SKU: "TAP", Qty: 1}), in(cartonOne, ledger.WayGoods{SKU: "TAP", Qty: 1})}},
		"cartons name 340123450000000000, and nothing lies in it":                                                              {Cartons: []ledger.WayCarton{in(cartonOne)}},
		`cartons name "340123450000000001", which is no carton's number: an SSCC is 18 digits, the last one checks the others`: {Cartons: []ledger.WayCarton{in("340123450000000001", ledger.WayGoods{SKU: "TAP", Qty: 1})}},
		"cartons are named though nothing leaves":                                                                              {Cancel: true, Cartons: []ledger.WayCarton{in(cartonOne, ledger.WayGoods{SKU: "TAP", Qty: 1})}},
	} {
		if _, out := send(d); out.Err == nil || out.Err.Error() != want {
			t.Errorf("got %v, want %s", out.Err, want)
		}
	}
}

func FuzzCartonsOfATransfer(f *testing.F) {
	f.Add(ledger.MarshalWayCartons([]ledger.WayCarton{{SSCC: cartonOne, Came: true, Goods: []ledger.WayGoods{{SKU: "TAP", Lot: "A", Serial: true, Qty: 1}, {SKU: "PIN", Qty: 3}}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ledger.UnmarshalWayCartons(b)
		if err != nil {
			return
		}
		again, err := ledger.UnmarshalWayCartons(ledger.MarshalWayCartons(c))
		if err != nil || len(again) != len(c) {
			t.Errorf("got %v, %v; want what was read", again, err)
		}
	})
}

func sampleWayCartons() []ledger.WayCarton {
	return []ledger.WayCarton{{SSCC: cartonOne, Goods: []ledger.WayGoods{{SKU: "TAP-22", Lot: "LOT7", Qty: 3}, {SKU: "PIPE/15+3#m", Qty: 2}}},
		{SSCC: cartonTwo, Came: true, Goods: []ledger.WayGoods{{SKU: "TAP-22", Lot: "SN-004711", Serial: true, Qty: 1}}}}
}

func sampleCartonWay() ledger.Transfer {
	t := sampleLotWay()
	t.Cartons = sampleWayCartons()
	return t
}

// A number is one carton's for ever: of an order's, or of a transfer's. A label that was peeled off an old box is found out at the dispatch, and at the pack.
func TestTheNumberOfACartonOfATransferWasOnNoOtherCarton(t *testing.T) {
	d := newDesk(t)
	d.must(&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 20}}})
	pack := func(o ledger.OrderID, sscc gs1.SSCC) ledger.Outcome {
		t.Helper()
		d.must(&ledger.Place{Order: ledger.Order{ID: o, Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}})
		d.must(&ledger.PickLeg{Order: o, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}})
		return d.do(&ledger.WorkLeg{Order: o, Deed: ledger.DeedPack, Into: []ledger.Carton{{SSCC: sscc, Lines: []ledger.CartonLine{{Line: 1, Qty: 1}}}}})
	}
	send := func(id ledger.TransferID, sscc gs1.SSCC) error {
		t.Helper()
		d.must(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: id, From: "leeds", To: "hull", Lines: []ledger.TransferLine{{SKU: "TAP", Qty: 1}}}})
		return d.do(&ledger.DispatchTransfer{ID: id, Cartons: []ledger.WayCarton{{SSCC: sscc, Goods: []ledger.WayGoods{{SKU: "TAP", Qty: 1}}}}}).Err
	}
	if out := pack(oid("o1"), cartonOne); out.Err != nil {
		t.Fatal(out.Err)
	}
	if err, want := send("t1", cartonOne), fmt.Sprintf("cartons name %s, which was packed for order %s: a number is one carton's for ever. Put a label of its own on this one", cartonOne, oid("o1")); err == nil || err.Error() != want {
		t.Errorf("an order's number: got %v, want %s", err, want)
	}
	if err := send("t2", cartonTwo); err != nil {
		t.Fatal(err)
	}
	d.reopen()
	if err := send("t3", cartonTwo); err == nil || !strings.Contains(err.Error(), "which left with a transfer before (entry ") {
		t.Errorf("a transfer's number: got %v, want it refused", err)
	}
	if out := pack(oid("o2"), cartonTwo); out.Err == nil {
		t.Error("an order's carton under the number of a transfer's: got it packed")
	}
	if err := send("t4", "106141411234567897"); err != nil {
		t.Errorf("a new number: got %v", err)
	}
}
