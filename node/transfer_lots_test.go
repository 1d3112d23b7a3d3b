package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// lotsToSend has two lots of milk and two drills here, and T-1 asks for some of both.
func (s *shop) lotsToSend(t *testing.T, h *hub) {
	t.Helper()
	h.mu.Lock()
	h.items = append(h.items, ledger.Item{SKU: "MILK", Name: "Milk", Barcodes: []string{"5012345678917"}, Tracking: ledger.TrackLot, Version: 2},
		ledger.Item{SKU: "DRILL-9", Name: "Drill", Barcodes: []string{"5012345678924"}, Tracking: ledger.TrackSerial, Version: 3})
	h.mu.Unlock()
	h.ring()
	waitFor(t, "the items to be here", func() bool { return s.node.Status().ItemVersion == 3 })
	s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"SOON","expiry":"2004-01-01","bin":"B"},{"sku":"MILK","qty":3,"lot":"LATE","expiry":"2005-01-01","bin":"A"},{"sku":"DRILL-9","qty":2,"serials":["S1","S2"]}]}`)
	s.post("/v1/transfers", `{"id":"T-1","from":"leeds","to":"hull","lines":[{"sku":"MILK","qty":4},{"sku":"DRILL-9","qty":1}]}`)
}

// What leaves with a transfer is named by lot and serial number, and what comes of one that this site has not heard of, too. A site that is cut off
// does all of it.
func TestATransferSaysWhichLotsLeaveAndCome(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.lotsToSend(t, h)
		for body, want := range map[string]string{
			``: "Line 2: DRILL-9 (Drill) is kept by serial number: scan each of the 1 that leave; 0 are named.",
			`{"lines":[{"sku":"MILK","qty":2,"lots":[{"lot":"NONE"}]}]}`:                        "Line 1: lot NONE of MILK is not here to be sold, or 1 of it are not; here are SOON (3 in B), LATE (3 in A).",
			`{"lines":[{"sku":"MILK","qty":1,"lots":[{"lot":"SOON","qty":2}]}]}`:                "Line 1: lot SOON of MILK is not here to be sold, or 1 of it are not; here are SOON (3 in B), LATE (3 in A).",
			`{"lines":[{"sku":"MILK","qty":1},{"barcode":"(01)05012345678924(21)S9","qty":1}]}`: "Line 2: serial number S9 of DRILL-9 is not here to be sold, or 1 of it are not; here are S1 (1 in MAIN), S2 (1 in MAIN).",
		} {
			if p := as[contract.Problem](t, s.do("POST", "/v1/transfers/T-1/dispatch", body, key("no"+body)), 400); p.Detail != want {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		left := as[contract.Transfer](t, s.do("POST", "/v1/transfers/T-1/dispatch", `{"lines":[{"sku":"MILK","qty":4,"lots":[{"lot":"LATE","qty":2}]},{"barcode":"(01)05012345678924(21)S2","qty":1}]}`, key("go")), 200)
		if l := left.Lines[0].Lots; len(l) != 2 || l[0].Lot != "LATE" || l[0].Dispatched != 2 || l[1].Lot != "SOON" || l[1].Expiry != "2004-01-01" || left.Lines[1].Lots[0].Lot != "S2" {
			t.Errorf("got %+v, want two that were named, two that are over first, and the unit that was scanned", left)
		}
		story := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200)
		if len(story.OnWay) != 1 || story.OnWay[0] != (contract.LotTransit{Transfer: "T-1", From: "leeds", To: "hull", Qty: 2}) || story.OnHand != 1 {
			t.Errorf("got %+v, want two on their way", story)
		}
		h.commands(ledger.HQCommand{ID: ledger.TransferCommandID("T-1", ledger.TransferSettle), Kind: ledger.CommandTransfer, Site: "hull",
			Lines: []ledger.CommandLine{{Line: 1, SKU: "MILK", Qty: 4}, {Line: 2, SKU: "DRILL-9", Qty: 1}}})
		h.obeyed()
		if story := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200); len(story.OnWay) != 0 {
			t.Errorf("got %+v, want nothing on its way of what hull has", story)
		}
		for body, want := range map[string]string{
			`{"from":"hull","lines":[{"sku":"MILK","received":2}]}`:                                                           "Line 1: MILK (Milk) is kept by lot, and this site has heard of 0 that left: say the lot of each, or scan the label that has it; 0 of 2 are named.",
			`{"from":"hull","lines":[{"sku":"DRILL-9","received":1,"lots":[{"lot":"S1"}]}]}`:                                  "Line 1: serial number S1 of DRILL-9 is here already, in bin MAIN: scan the label of this unit again.",
			`{"from":"hull","lines":[{"sku":"MILK","received":2,"damaged":1,"lots":[{"lot":"X","received":2,"damaged":3}]}]}`: "Line 1: of lot X of MILK 3 are damaged, of 2 that were received: received counts all that came.",
		} {
			if p := as[contract.Problem](t, s.do("POST", "/v1/transfers/T-9/receive", body, key("no"+body)), 400); p.Detail != want {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		in := `{"from":"hull","lines":[{"barcode":"(01)05012345678917(17)041231(10)NEW","received":3,"damaged":1,"bin":"C"}]}`
		got := as[contract.Transfer](t, s.do("POST", "/v1/transfers/T-9/receive", in, key("in")), 200)
		if l := got.Lines[0].Lots; len(l) != 1 || l[0].Lot != "NEW" || l[0].Expiry != "2004-12-31" || l[0].Received != 3 || l[0].Damaged != 1 {
			t.Errorf("got %+v, want the lot of the label", got)
		}
		again := s.do("POST", "/v1/transfers/T-9/receive", in, key("in"))
		if again.status != 200 || again.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("repeated: got %d %s, want the first answer", again.status, again.body)
		}
		if l := s.lots(t, "/v1/lots?sku=MILK"); len(l) != 3 || l[1].Lot != "NEW" || l[1].OnHand != 3 || l[1].At[1].Condition != "blocked" {
			t.Errorf("got %+v, want three of the new lot, one of them blocked", l)
		}
	})
}

// Goods leave in cartons and are taken in by the numbers on these, also while the line to head office is down; a carton that nobody scans is missing.
func TestATransferIsSentAndTakenInByCarton(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.lotsToSend(t, h)
		for body, want := range map[string]string{
			`{"cartons":[{"sscc":"12","lines":[{"sku":"MILK","qty":1}]}]}`:                                                 `cartons has "12", which is no SSCC: `,
			`{"cartons":[{"sscc":"340123450000000000","lines":[{"sku":"DRILL-9","qty":1}]}]}`:                              "Line 1: DRILL-9 (Drill) is kept by serial number: scan each of the 1 that leave; 0 are named.",
			`{"cartons":[{"sscc":"340123450000000000","lines":[{"sku":"MILK","qty":1,"lots":[{"lot":"LATE","qty":2}]}]}]}`: "qty is 1 in carton 340123450000000000, and its lots come to 2.",
			`{"cartons":[{"sscc":"340123450000000000","lines":[]}]}`:                                                       "cartons name 340123450000000000, and nothing lies in it.",
			`{"cartons":[{"sscc":"340123450000000000","lines":[{"barcode":"(01)05012345678917(10)NONE","qty":1}]}]}`:       "Line 1: lot NONE of MILK is not here to be sold",
		} {
			if p := as[contract.Problem](t, s.do("POST", "/v1/transfers/T-1/dispatch", body, key("no"+body)), 400); !strings.Contains(p.Detail, want) {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		go1 := `{"cartons":[{"sscc":"(00)340123450000000000","lines":[{"barcode":"(01)05012345678917(10)LATE","qty":2},{"barcode":"(01)05012345678924(21)S2"}]}],"lines":[{"sku":"MILK","qty":2}]}`
		left := as[contract.Transfer](t, s.do("POST", "/v1/transfers/T-1/dispatch", go1, key("go")), 200)
		if len(left.Cartons) != 1 || left.Cartons[0].SSCC != "340123450000000000" || len(left.Cartons[0].Lines) != 2 || left.Cartons[0].Lines[0].Lot != "LATE" || left.Lines[0].Dispatched != 4 || left.Lines[1].Lots[0].Lot != "S2" {
			t.Errorf("got %+v, want a carton, and two that leave first beside it", left)
		}

		h.commands(ledger.HQCommand{ID: ledger.TransferCommandID("T-2", ledger.TransferExpect), Kind: ledger.CommandTransfer, Site: "hull",
			Lines:   []ledger.CommandLine{{Line: 1, SKU: "MILK", Qty: 5}},
			Lots:    []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "NEW", Qty: 5, Expiry: 13_000}}},
			Cartons: []ledger.WayCarton{{SSCC: "340123450000000000", Goods: []ledger.WayGoods{{SKU: "MILK", Lot: "NEW", Qty: 3}}}, {SSCC: "350123450700000026", Goods: []ledger.WayGoods{{SKU: "MILK", Lot: "NEW", Qty: 2}}}}})
		h.obeyed()
		if p := as[contract.Problem](t, s.do("POST", "/v1/transfers/T-2/receive", `{"cartons":[{"sscc":"106141411234567897"}]}`, key("no")), 400); !strings.Contains(p.Detail, "did not leave with transfer T-2, as far as this site has heard. With it left 340123450000000000, 350123450700000026.") {
			t.Errorf("got %q", p.Detail)
		}
		in := `{"cartons":[{"sscc":"(00)350123450700000026","bin":"C"}]}`
		first := s.do("POST", "/v1/transfers/T-2/receive", in, key("in"))
		got := as[contract.Transfer](t, first, 200)
		if got.Lines[0].Received != 2 || got.Lines[0].Missing != 3 || *got.Cartons[0].Received || !*got.Cartons[1].Received {
			t.Errorf("got %+v, want one carton in, and what lies in the other one missing", got)
		}
		first.same(t, s.do("POST", "/v1/transfers/T-2/receive", in, key("in")))
		var bins []string
		for _, l := range s.lots(t, "/v1/lots?sku=MILK") {
			if l.Lot == "NEW" {
				bins = append(bins, string(l.At[0].Bin)+" "+l.Expiry)
			}
		}
		if len(bins) != 1 || bins[0] != "C 2005-08-05" {
			t.Errorf("got %v, want the lot in its bin, with its last day", bins)
		}
	})
}
