package hq_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func orderOfLines(lines ...contract.LineRequest) contract.OrderRequest {
	return contract.OrderRequest{Lines: lines}
}

// Head office sells a kit as a site does: as one, of components that are promised once, with what it was made of then.
func TestAKitIsPlacedAtHeadOfficeAsOne(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10) // TAP-22
	c.must(200, 0, "PUT", "/v1/items/PIPE", "", named("Pipe"), nil)
	hull.receive("PIPE", 5)
	hull.push()
	c.must(200, 0, "PUT", "/v1/items/SET", "", contract.ItemRequest{Name: "Set", ItemDetail: contract.ItemDetail{Kit: []contract.KitComponent{{SKU: "TAP-22", Qty: 1}, {SKU: "PIPE", Qty: 2}},
		Packs: []contract.Pack{{Name: "TRAY", Units: 2, Barcodes: []string{"SET-TRAY"}}}}}, nil)
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/SET", "", nil, &stock)
	if stock.Kit == nil || stock.Kit.Makes != 2 || stock.Promisable.Sure.Qty != 2 {
		t.Errorf("got %+v of %+v, want two that can be made", stock.Promisable, stock.Kit)
	}
	p := c.no(409, contract.CodeStockShort, "POST", "/v1/orders", "no", orderOfLines(contract.LineRequest{SKU: "SET", Qty: 2}, contract.LineRequest{SKU: "PIPE", Qty: 2}))
	if p.Detail == "" || p.Lines[len(p.Lines)-1].SKU != "SET" && p.Lines[0].SKU != "PIPE" {
		t.Errorf("got %+v, want what is short", p)
	}
	p = c.no(409, contract.CodeStockShort, "POST", "/v1/orders", "no-2", orderOfLines(contract.LineRequest{SKU: "SET", Qty: 3}))
	if p.Detail != "Only 2 of the kit SET can be made: 5 of 6 PIPE can be promised." || fmt.Sprint(p.Lines) != "[{1 SET 3 2 0 [{PIPE 6 5}]}]" {
		t.Errorf("got %q, %v; want the pipe named", p.Detail, p.Lines)
	}
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "yes", orderOfLines(contract.LineRequest{Barcode: "SET-TRAY", Qty: 1}, contract.LineRequest{SKU: "PIPE", Qty: 1}), &o)
	if l := o.Lines[0]; len(o.Lines) != 2 || l.SKU != "SET" || l.Qty != 2 || l.Status != "allocated" || fmt.Sprint(l.Reserved) != "[{hull 2}]" || *l.Pack != (contract.Packed{Name: "TRAY", Units: 2, Qty: 1}) {
		t.Errorf("got %+v, want a tray of two sets and a pipe", o.Lines)
	}
	c.must(200, 0, "PUT", "/v1/items/SET", "", contract.ItemRequest{Name: "Set", ItemDetail: contract.ItemDetail{Kit: []contract.KitComponent{{SKU: "TAP-22", Qty: 9}}}}, nil)
	var again, now contract.Order
	c.must(201, 0, "POST", "/v1/orders", "yes", orderOfLines(contract.LineRequest{Barcode: "SET-TRAY", Qty: 1}, contract.LineRequest{SKU: "PIPE", Qty: 1}), &again)
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, &now)
	if fmt.Sprint(again.Lines[0].Kit) != fmt.Sprint(o.Lines[0].Kit) || len(now.Lines[0].Kit) != 2 || now.Lines[0].Pack == nil {
		t.Errorf("got %+v and %+v, want it as it was", again.Lines[0], now.Lines[0])
	}
	var why contract.Explanation
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &why)
	for _, l := range why.Lines {
		if k := l.Kit; (l.Line == 2) != (k == nil) || k != nil && (k.Line != 1 || k.SKU != "SET") {
			t.Errorf("line %d: got kit %+v", l.Line, k)
		}
	}
	path := "/v1/orders/" + string(o.ID) + "/amend"
	p = c.no(409, contract.CodeNotAmendable, "POST", path, "am-1", amendTo(1, lineTo(3, 1)))
	if !strings.Contains(p.Detail, "belongs to the kit SET") || p.Hint == "" {
		t.Errorf("got %+v, want the kit named", p)
	}
	qty := ledger.Qty(1)
	c.no(409, contract.CodeNotAmendable, "POST", path, "am-2", amendTo(1, contract.AmendLine{SKU: "SET", Qty: &qty}))
	c.must(200, 0, "POST", "/v1/orders/"+string(o.ID)+"/cancel", "off", nil, &now)
	if now.Lines[0].Status != "cancelled" || now.Lines[0].SKU != "SET" {
		t.Errorf("got %+v, want the set cancelled as one", now.Lines[0])
	}
}

// An order that a site took is at head office as it is there: a kit as one, cases as they were told.
func TestAKitThatASiteSoldIsOneAtHeadOffice(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	o := ledger.Order{ID: "01900000-0000-7000-8000-0000000000aa", Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Channel: "phone", Lines: []ledger.Line{
		{SKU: "SET", Qty: 2, Pack: &ledger.Packed{Name: "TRAY", Units: 2, Count: 1}}, {SKU: "TAP-22", Qty: 6, Pack: &ledger.Packed{Name: "BOX", Units: 3, Count: 2}}}}
	if err := o.Explode(func(sku ledger.SKU) []ledger.Component {
		if sku == "SET" {
			return []ledger.Component{{SKU: "TAP-22", Qty: 1}, {SKU: "PIPE", Qty: 2}}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	hull.decide(&ledger.Place{Order: o})
	hull.push()
	var got contract.Order
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, &got)
	if l := got.Lines; len(l) != 2 || l[0].SKU != "SET" || l[0].Qty != 2 || l[0].Backordered != 2 || len(l[0].Kit) != 2 || *l[0].Pack != (contract.Packed{Name: "TRAY", Units: 2, Qty: 1}) ||
		*l[1].Pack != (contract.Packed{Name: "BOX", Units: 3, Qty: 2}) {
		t.Errorf("got %+v, want the set and the boxes as they were sold", l)
	}
}

// An item with a detail is refused as long as a server would keep it without, and nothing of it is set.
func TestADetailWaitsForEveryServer(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 1, true, func(int) ledger.Network { return nil }, nil)
	set := contract.ItemRequest{Name: "Set", ItemDetail: contract.ItemDetail{Unit: "each"}}
	c.must(200, 0, "PUT", "/v1/items/PLAIN", "", named("Plain"), nil)
	if status, _, raw := c.send(0, "PUT", "/v1/items/SET", "", set, nil); status != 503 || !strings.Contains(string(raw), "Not every server of head office has this build yet.") {
		t.Errorf("got %d %s, want it to wait for the servers", status, raw)
	}
	c.servers[0].View(func(m *machine.Machine) {
		if _, there := m.Item("SET"); there {
			t.Error("got the item, want it refused")
		}
	})
	c.servers[0].upgrade()
	c.must(200, 0, "PUT", "/v1/items/SET", "", set, nil)
}

// One list may bring the components and the kit; a kit of what is no item, or of a kit, is refused alone.
func TestKitsOfOneList(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	kit := func(sku string, components ...contract.KitComponent) map[string]any {
		return map[string]any{"sku": sku, "name": sku, "kit": components}
	}
	list := map[string]any{"items": []any{kit("SET", contract.KitComponent{SKU: "NEW", Qty: 1}), map[string]any{"sku": "NEW", "name": "New"},
		kit("BIG", contract.KitComponent{SKU: "SET", Qty: 1}), kit("LOST", contract.KitComponent{SKU: "NONE", Qty: 1})}}
	var out struct {
		Results []struct {
			SKU     string            `json:"sku"`
			Problem *contract.Problem `json:"problem"`
		} `json:"results"`
	}
	c.must(200, 0, "POST", "/v1/items/bulk", "", list, &out)
	for i, want := range []string{"", "", "BIG is to be a kit with SET in it, which is a kit itself.", "LOST is to be a kit with NONE in it, and there is no item NONE."} {
		got := ""
		if p := out.Results[i].Problem; p != nil {
			got = p.Detail
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", out.Results[i].SKU, got, want)
		}
	}
}
