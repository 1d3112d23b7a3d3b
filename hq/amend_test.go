package hq_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func amendTo(version uint64, lines ...contract.AmendLine) contract.AmendRequest {
	return contract.AmendRequest{Version: version, Lines: lines}
}

func lineTo(line int, q ledger.Qty) contract.AmendLine {
	return contract.AmendLine{Line: line, Qty: &q}
}

// refused asks once under a key, and gives the status, the problem's code and its lines.
func (c *cluster) refused(i int, path, key string, in any) string {
	c.t.Helper()
	status, _, raw := c.answer(i, "POST", path, key, in, nil)
	var p contract.Problem
	if err := json.Unmarshal(raw, &p); err != nil {
		c.t.Errorf("POST %s: %v in %s", path, err, raw)
	}
	out := fmt.Sprintf("%d %s", status, p.Code)
	for _, l := range p.Lines {
		out += fmt.Sprintf(" line %d: %d of %d", l.Line, l.Have, l.Want)
	}
	return out
}

// TestAnOrderIsAmendedByItsVersion at any server: an answer that was lost is given again, and whoever looked before
// somebody else amended it is told so.
func TestAnOrderIsAmendedByItsVersion(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 3, 10)
	f := c.follower()
	var o, now, again contract.Order
	c.must(201, f, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), &o)
	path := "/v1/orders/" + string(o.ID) + "/amend"
	if o.Version != 1 {
		t.Fatalf("placed: got version %d, want 1", o.Version)
	}
	c.must(200, f, "POST", path, "a-1", amendTo(1, lineTo(1, 5)), &now)
	if now.Version != 2 || now.Lines[0].Qty != 5 || now.Status != ledger.StatusAllocated {
		t.Errorf("got %+v, want 5 at version 2", now)
	}
	h := c.must(200, f, "POST", path, "a-1", amendTo(1, lineTo(1, 5)), &again)
	if again.Version != 2 || h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("again: got version %d, replayed %q", again.Version, h.Get(contract.HeaderReplayed))
	}
	short := contract.AmendLine{SKU: "TAP-22", Qty: new(ledger.Qty)}
	*short.Qty = 9
	for name, want := range map[string]struct {
		key, want string
		in        any
	}{
		"another clerk": {"a-2", "409 order_changed", amendTo(1, lineTo(1, 1))},
		"the same key":  {"a-1", "422 key_reused", amendTo(2, lineTo(1, 1))},
		"more than is":  {"a-3", "409 stock_short line 2: 5 of 9", amendTo(2, short)},
		"no key":        {"", "400 key_missing", amendTo(2, lineTo(1, 1))},
		"no version":    {"a-4", "400 bad_value", amendTo(0, lineTo(1, 1))},
		"nothing":       {"a-5", "400 bad_value", amendTo(2)},
		"no such line":  {"a-6", "400 bad_value", amendTo(2, lineTo(4, 1))},
		"no such item":  {"a-7", "400 unknown_sku", amendTo(2, contract.AmendLine{SKU: "NONE", Qty: short.Qty})},
	} {
		if got := c.refused(0, path, want.key, want.in); got != want.want {
			t.Errorf("%s: got %s, want %s", name, got, want.want)
		}
	}
	if got := c.refused(0, "/v1/orders/01900000-0000-7000-8000-0000000000ff/amend", "a-8", amendTo(1, lineTo(1, 1))); got != "404 not_found" {
		t.Errorf("an unknown order: got %s", got)
	}
	by := "2026-03-01"
	c.must(200, 0, "POST", path, "a-9", contract.AmendRequest{Version: 2, Lines: []contract.AmendLine{lineTo(1, 2)}, NeedBy: &by, ShipTo: &contract.Address{Country: "GB", Postcode: "LS1"}}, &now)
	c.must(200, f, "GET", "/v1/orders/"+string(o.ID), "", nil, &again)
	if again.Version != 3 || again.NeedBy != by || again.ShipTo == nil || again.ShipTo.Postcode != "LS1" || again.Lines[0].Reserved[0].Qty != 2 {
		t.Errorf("got %+v, want it amended", again)
	}
	hull.obey(3) // 3 reserved, 2 more, 3 released
	hull.push()
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.Reserved != 2 || stock.Promisable.Sure.Qty != 8 {
		t.Errorf("stock: got %+v, want 2 reserved and 8 sure", stock)
	}
}

// TestAnOrderOfASitesIsNotAmended: the answer says where to turn to.
func TestAnOrderOfASitesIsNotAmended(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	leeds.receive("TAP-22", 5)
	id := leeds.sell("TAP-22", 1)
	leeds.push()
	hull.push()
	if got := c.refused(0, "/v1/orders/"+string(id)+"/amend", "a-1", amendTo(1, lineTo(1, 2))); got != "409 not_amendable" {
		t.Errorf("got %s, want it said", got)
	}
}
