package demo

// White-box: the company behind it takes six processes, and never writes what is to be found.

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What somebody did and does not name them, or where, or by whose leave, is counted; what was done to set up is not, nor
// what a book writes by itself.
func TestActsThatNameNobodyAreCounted(t *testing.T) {
	p := &paper{staff: &staffTold{people: map[string]bool{"ann": true, "sam": true}, devices: map[string]string{"seat-leeds-1": "leeds", "seat-york-1": "york"}, from: map[ledger.SiteID]ledger.Seq{"leeds": 10}}}
	good := []signed{
		{site: "leeds", seq: 9, kind: ledger.KindReceipt, actor: "owner"},
		{site: "leeds", seq: 11, kind: ledger.KindPlaced, actor: "ann", device: "seat-leeds-1"},
		{site: "leeds", seq: 12, kind: ledger.KindObeyed},
		{site: "leeds", seq: 13, kind: ledger.KindAdjusted, actor: "ann", device: "seat-leeds-1", approver: "sam", leave: "adjusted"},
		{site: "leeds", seq: 14, kind: ledger.KindDayEnded, actor: "sam", device: "seat-leeds-1", leave: "day_ended"},
		{site: "leeds", seq: 15, kind: ledger.KindPlaced, actor: "ann", device: "seat-leeds-1", approver: "sam", price: "sam"},
	}
	v := &verdict{}
	if v.actsNamed(p, good); v.unnamed != 0 || len(v.faults) != 0 {
		t.Errorf("got %d, %v of what is named", v.unnamed, v.faults)
	}
	for want, e := range map[string]signed{
		`is by "owner"`:            {kind: ledger.KindPlaced, actor: "owner"},
		`is by ""`:                 {kind: ledger.KindPlaced},
		`is by "eve"`:              {kind: ledger.KindPicked, actor: "eve", device: "seat-leeds-1"},
		`is at ""`:                 {kind: ledger.KindPlaced, actor: "ann"},
		`is at "seat-york-1"`:      {kind: ledger.KindPlaced, actor: "ann", device: "seat-york-1"},
		`of ann is approved by ""`: {kind: ledger.KindInspected, actor: "ann", device: "seat-leeds-1", leave: "inspected"},
		`money given back, of ann`: {kind: ledger.KindTendered, actor: "ann", device: "seat-leeds-1", leave: "money given back"},
		`that "nobody" let be`:     {kind: ledger.KindPlaced, actor: "ann", device: "seat-leeds-1", approver: "sam", price: nobody},
		`and "" approved`:          {kind: ledger.KindPlaced, actor: "ann", device: "seat-leeds-1", price: "sam"},
	} {
		e.site, e.seq = "leeds", 20
		v := &verdict{}
		if v.actsNamed(p, append(good, e)); v.unnamed != 1 || len(v.faults) != 1 || !strings.Contains(v.faults[0], want) {
			t.Errorf("got %d, %v; want one of %s", v.unnamed, v.faults, want)
		}
	}
	p.acts = []string{"PUT /v1/items/X is by \"owner\" at \"\""}
	v = &verdict{}
	if v.actsNamed(p, good); v.unnamed != 1 {
		t.Errorf("got %d of an act of head office's, want it counted", v.unnamed)
	}
	p.staff.devices["seat-hq-1"] = "hq"
	for _, c := range []struct {
		what, by, device string
		want             bool
	}{
		{"PUT /v1/items/X", "ann", "seat-hq-1", true}, {"PUT /v1/items/X", "ann", "seat-leeds-1", false}, {"PUT /v1/items/X", "owner", "", false},
		{"POST /v1/sites/york/token", "owner", "", false}, // nobody looks after machines while nothing befalls them
	} {
		if got := p.staff.names(c.what, c.by, c.device); got != c.want {
			t.Errorf("%s by %q at %q: got named %t, want %t", c.what, c.by, c.device, got, c.want)
		}
	}
	p.staff.operator = true
	if !p.staff.names("POST /v1/sites/york/token", "owner", "") || p.staff.names("POST /v1/sites/york/token", "eve", "") || p.staff.names("POST /v1/sites", "owner", "") || p.staff.names("PUT /v1/items/X", "owner", "") {
		t.Error("want that a node is replaced named as the owner's, and nothing else of theirs")
	}
	forgotten := &client.Refusal{Status: 404}
	if !p.staff.forgets(forgotten) || p.staff.forgets(&client.Refusal{Status: 503}) || p.staff.forgets(nil) {
		t.Error("want only a story that is not there forgotten")
	}
	if p.staff.operator = false; p.staff.forgets(forgotten) {
		t.Error("want no story forgotten where nothing goes back in time")
	}
	p.staff = nil
	v = &verdict{}
	if v.actsNamed(p, good); v.unnamed != 0 {
		t.Errorf("got %d where nobody signed in", v.unnamed)
	}
}

// What takes a supervisor's leave, and what has a discount, is read from the entry itself.
func TestWhatTakesLeaveIsReadFromItsEntry(t *testing.T) {
	lines := func(c *ledger.Charge) *ledger.OrderBody {
		return &ledger.OrderBody{Order: ledger.Order{Lines: []ledger.Line{{SKU: "TAP", Qty: 1}, {SKU: "MUG", Qty: 1, Charge: c}}}}
	}
	for what, v := range map[string]struct {
		e            ledger.Entry
		leave, price string
	}{
		"a payment":              {e: ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderPay}}},
		"a refund":               {e: ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderRefund}}, leave: "money given back"},
		"paid at risk":           {e: ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderRisk}}, leave: "money given back"},
		"an exchange":            {e: ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderExchange, Moves: []ledger.TenderMove{{Refund: true, Across: true}}}}},
		"one that gives back":    {e: ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderExchange, Moves: []ledger.TenderMove{{Refund: true}}}}, leave: "money given back"},
		"paid out":               {e: ledger.Entry{Kind: ledger.KindDrawer, Body: &ledger.DrawerBody{Act: ledger.DrawerOut}}, leave: "money put into a drawer, or taken out"},
		"a drawer opened":        {e: ledger.Entry{Kind: ledger.KindDrawer, Body: &ledger.DrawerBody{Act: ledger.DrawerOpen}}},
		"a day":                  {e: ledger.Entry{Kind: ledger.KindDayEnded, Body: &ledger.DayBody{}}, leave: ledger.KindDayEnded.String()},
		"a sale":                 {e: ledger.Entry{Kind: ledger.KindPlaced, Body: lines(&ledger.Charge{})}},
		"a discount":             {e: ledger.Entry{Kind: ledger.KindPlaced, Body: lines(&ledger.Charge{OffPPM: 100_000, OffWhy: "worn", Approver: "sam"})}, price: "sam"},
		"one that nobody let be": {e: ledger.Entry{Kind: ledger.KindPlaced, Body: lines(&ledger.Charge{OffPPM: 100_000, OffWhy: "worn"})}, price: nobody},
		"cancelled, with one":    {e: ledger.Entry{Kind: ledger.KindCanceled, Body: lines(&ledger.Charge{OffPPM: 100_000, OffWhy: "worn"})}},
	} {
		if got := signedBy("leeds", &v.e); got.leave != v.leave || got.price != v.price {
			t.Errorf("%s: got %q and %q, want %q and %q", what, got.leave, got.price, v.leave, v.price)
		}
	}
}
