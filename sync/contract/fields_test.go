package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A wrongField is what is asked of a book, the field that is wrong with it, and what whoever asked reads.
type wrongField struct {
	is          error
	field, says string
}

func refused(t *testing.T, all []wrongField) {
	t.Helper()
	for i, c := range all {
		if c.is == nil {
			t.Errorf("row %d: is taken, want %q", i, c.says)
			continue
		}
		p, ok := contract.FromLedger(c.is, "leeds")
		if !ok || p.Code != contract.CodeBadValue || p.Status != http.StatusBadRequest || p.Field != c.field || p.Detail != c.says || p.Hint == "" {
			t.Errorf("row %d: got %+v, want %s, %q", i, p, c.field, c.says)
		}
	}
}

func repeated[V any](n int, row V) (all []V) {
	for range n {
		all = append(all, row)
	}
	return all
}

// What is wrong with goods that are moved is said of the request, before any book sees it.
func TestAFieldOfGoodsThatMoveIsRefusedInWords(t *testing.T) {
	known := contract.Catalogue{
		Bearers: func(string) []ledger.SKU { return nil },
		Item: func(sku ledger.SKU) (*ledger.Item, bool) {
			return &ledger.Item{SKU: sku, Name: "Melon", Tracking: ledger.TrackLot}, true
		},
	}
	lots := func(n int) []contract.LotQty { return repeated(n, contract.LotQty{Lot: "L1", Qty: 1}) }
	long, one := strings.Repeat("7", 4097), ledger.Qty(1)
	sends := func(r contract.DispatchRequest) error {
		if err := r.Named(known); err != nil {
			return err
		}
		_, err := r.Ledger("T-1")
		return err
	}
	wish := contract.TransferWish{SKU: "MELON", Qty: 5001}
	comes := func(r contract.ReceiveRequest) error {
		_, err := r.Ledger("T-1")
		return err
	}
	adjusts := func(r contract.AdjustmentRequest) error {
		if err := r.Named(known); err != nil {
			return err
		}
		_, err := r.Ledger()
		return err
	}
	orders := func(r contract.OrderRequest) error {
		if err := r.Named(known); err != nil {
			return err
		}
		_, err := r.Taken()
		return err
	}
	want := func(int) (ledger.SKU, bool) { return "TAP-22", true }
	refused(t, []wrongField{
		{(&contract.BinMoveRequest{Lines: []contract.BinMoveLine{{SKU: "TAP-22", Barcode: long}}}).Verify(known), "lines[0].barcode", "Line 1: barcode is longer than 4096 bytes."},
		{(&contract.PickRequest{Lines: []contract.PickedLine{{Line: 1, Qty: 1, Barcode: long}}}).Verify(contract.Catalogue{Item: func(ledger.SKU) (*ledger.Item, bool) { return nil, false }}, want), "lines[0].barcode", "Line 1: barcode is longer than 4096 bytes."},
		{sends(contract.DispatchRequest{Cartons: repeated(501, contract.CartonSent{})}), "cartons", "cartons are 501; a transfer has at most 500."},
		{sends(contract.DispatchRequest{Lines: []contract.DispatchLine{{TransferWish: wish, Lots: lots(5001)}}}), "lots", "lots are 5001; a transfer has at most 5000."},
		{comes(contract.ReceiveRequest{}), "lines", "lines has 0 lines; send what came, at most 1000 lines, or [] where nothing did."},
		{comes(contract.ReceiveRequest{Lines: []contract.TransferCame{{SKU: "TAP-22", Received: &one}, {SKU: "PIPE"}}}), "lines[1].received", "Line 2: received is missing: what did not come is received as 0."},
		{adjusts(contract.AdjustmentRequest{Reason: "found", Lines: repeated(2, contract.AdjustmentLine{SKU: "MELON", Bin: "A-1", Qty: 10_001, Lots: lots(10_001)})}), "lots", "lots are 20002; an adjustment has at most 20000."},
		{orders(contract.OrderRequest{Lines: repeated(2, contract.LineRequest{SKU: "MELON", Qty: 10_001, Lots: repeated(10_001, contract.NamedLot{LotQty: contract.LotQty{Lot: "L1", Qty: 1}})})}), "lots", "lots are 20002; an order has at most 20000."},
	})
}

// What is wrong with what is set up at head office or at a node.
func TestAFieldOfWhatIsSetUpIsRefusedInWords(t *testing.T) {
	check := func(change func(*contract.Check)) error {
		c := contract.Check{Name: "bulk", Kind: "quantity", Limit: 1, Then: "wait", Owner: "sales", Default: "cancel"}
		change(&c)
		_, err := c.Ledger()
		return err
	}
	reason := contract.Reason{Code: "found", Way: "in", Goods: "air"}
	_, goods := reason.Ledger()
	_, kind := (&contract.UserRequest{Kind: "device"}).Ledger("anna", &ledger.User{ID: "anna", Kind: ledger.UserPerson})
	carriers := func(raw string) error {
		_, err := contract.ReadCarriers([]byte(raw))
		return err
	}
	amends := func(l contract.AmendLine) error {
		_, err := (&contract.AmendRequest{Version: 1, Lines: []contract.AmendLine{l}}).Ledger()
		return err
	}
	_, _, position := contract.Position(http.Header{contract.HeaderPosition: {"leeds"}})
	acme := &ledger.CustomerAccount{ID: "ACME", Person: ledger.Person{Addresses: []ledger.CustomerAddress{{Label: "home"}, {Label: "yard"}}}}
	zero := ledger.Qty(0)
	refused(t, []wrongField{
		{goods, "reasons.found.goods", "reasons.found.goods is not book or blocked."},
		{check(func(c *contract.Check) { c.Then = "shrug" }), "checks.bulk.then", "checks.bulk.then is not refuse or wait."},
		{check(func(c *contract.Check) { c.WaitFor = "soon" }), "checks.bulk.wait_for", "checks.bulk.wait_for is no time such as 30m, 4h or 72h."},
		{kind, "kind", "kind is person, and cannot be changed: add another user."},
		{amends(contract.AmendLine{SKU: "TAP-22", Qty: &zero}), "lines[0].qty", "Line 1: qty is not 0 to 9007199254740991, and above 0 for a line that is added."},
		{position, "Holdfast-Position", "Holdfast-Position is not site/epoch/seq/hash: send the one of the latest answer that was read, or none."},
		{contract.KnownAddresses(&ledger.Order{DeliverTo: "shop"}, acme), "deliver_to", `deliver_to is "shop", and customer ACME has no address of that label; it is one of home, yard.`},
		{contract.KnownAddresses(&ledger.Order{BillTo: "shop"}, &ledger.CustomerAccount{ID: "BETH"}), "bill_to", `bill_to is "shop", and customer BETH has no address at all: give the customer one first, or say ship_to.`},
		{carriers(`{"version":2}`), "version", "version is 2; this program reads 1: write the list as that says, or start the program that it was written for."},
		{carriers(`{"version":1,"carriers":[]}`), "carriers", "carriers has 0; a site has 1 to 200."},
		{carriers(`{"version":1,"carriers":[{"name":"Van","services":[` + strings.TrimSuffix(strings.Repeat(`"x",`, 201), ",") + `]}]}`), "lines[0].services", "Line 1: services has more than 199."},
		{carriers(`{"version":1,"carriers":[{"name":"Van"},{"name":" Bike"}]}`), "lines[1].name", `Line 2: name " Bike" is empty, longer than 64 bytes, or has blanks around it.`},
		{carriers(`{"version":1,"carriers":[{"name":"Van"},{"name":"Van"}]}`), "lines[1].name", "Line 2: name Van stands there twice."},
	})
}
