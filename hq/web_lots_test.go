package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Head office tells the story of a lot in the whole company, and of a serial number which order it was sold with, from the journals alone.
func TestHeadOfficeTellsTheStoryOfALotOfAllSites(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	for i, name := range []string{"bath", "cork"} {
		s := c.addSite(name, "counter", 4)
		s.counter = true
		s.hello()
		id := ledger.OrderID("01900000-0000-7000-8000-0000000000b" + string(rune('0'+i)))
		for _, req := range []ledger.Request{
			&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 4, Lots: []ledger.LotQty{{Lot: "L7", Qty: 4, Expiry: 40_000}}}}},
			&ledger.Receive{ID: "r2", Lines: []ledger.ReceiptLine{{SKU: "VALVE-1", Qty: 1, Lots: []ledger.LotQty{{Lot: ledger.LotID("SN-" + name), Qty: 1, Serial: true}}}}},
			&ledger.Place{Order: ledger.Order{ID: id, Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}, {SKU: "VALVE-1", Qty: 1}}}},
		} {
			if out := s.decide(req); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		if name == "cork" {
			s.decide(&ledger.HoldLot{SKU: "TAP-22", Lot: "L7", Reason: "glass in it"})
		}
		s.push()
	}
	var story contract.LotStory
	c.must(200, 0, "GET", "/v1/lots/TAP-22/L7", "", nil, &story)
	if story.Came != 8 || story.OnHand != 6 || len(story.Sites) != 2 || len(story.Orders) != 2 || story.Held != "glass in it" || len(story.HeldAt) != 1 || story.HeldAt[0] != "cork" || story.Expiry != "2079-07-08" {
		t.Errorf("got %+v, want both sites' part of it, held at one", story)
	}
	var serial contract.LotStory
	c.must(200, 0, "GET", "/v1/serials/VALVE-1/SN-cork", "", nil, &serial)
	if serial.Warranty == nil || serial.Warranty.Order != "01900000-0000-7000-8000-0000000000b1" || serial.OnHand != 0 || serial.Orders[0].Site != "cork" {
		t.Errorf("got %+v, want the order that it was sold with", serial)
	}
	recall := hq.RecallRequest{SignedRequest: hq.SignedRequest{Reason: "glass in it", By: "beth"}}
	var out hq.Recalled
	for range 2 { // said again it is the same
		c.must(200, 0, "PUT", "/v1/recalls/TAP-22/L7", "", recall, &out)
	}
	obeyed := map[ledger.SiteID]bool{}
	for _, at := range out.Sites {
		obeyed[at.Site] = at.Obeyed
	}
	if len(out.Sites) != 5 || obeyed["bath"] || !obeyed["cork"] || out.By != "beth" {
		t.Errorf("got %+v, want the one site that holds it, and four that do not yet", out)
	}
	var list hq.RecallList
	c.must(200, 0, "GET", "/v1/recalls", "", nil, &list)
	if len(list.Recalls) != 1 || list.Recalls[0].Reason != "glass in it" {
		t.Errorf("got %+v, want the one recall", list)
	}
	c.must(200, 0, "PUT", "/v1/recalls/TAP-22/L8", "", recall, nil)
	var names []string
	for path := "/v1/recalls?limit=1"; path != ""; {
		var page hq.RecallList
		c.must(200, 0, "GET", path, "", nil, &page)
		for _, v := range page.Recalls {
			names = append(names, string(v.Lot))
		}
		if path = ""; page.NextCursor != "" {
			path = "/v1/recalls?limit=1&cursor=" + page.NextCursor
		}
	}
	if len(names) != 2 || names[0] != "L7" || names[1] != "L8" {
		t.Errorf("got %v, want each recall on a page of its own", names)
	}
	if p := c.problemOf(0, "PUT", "/v1/recalls/NONE/L7", "", recall); p.Code != contract.CodeUnknownSKU {
		t.Errorf("got %+v, want no such item", p)
	}
	for path, code := range map[string]contract.Code{"/v1/lots/TAP-22/NONE": contract.CodeNotFound, "/v1/serials/TAP-22/L7": contract.CodeNotFound, "/v1/lots/TAP-22/L7?x=1": contract.CodeUnknownField, "/v1/recalls/TAP-22/NONE": contract.CodeNotFound} {
		if p := c.problemOf(0, "GET", path, "", nil); p.Code != code {
			t.Errorf("%s: got %+v, want %s", path, p, code)
		}
	}
}
