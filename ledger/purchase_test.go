package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestDesignHasThePurchaseTable(t *testing.T) {
	standsInDesign(t, "purchases", ledger.PurchaseTable())
}

func TestAPurchaseOrderGoesWhereItsTableSays(t *testing.T) {
	none := ledger.PurchaseState(0)
	for name, c := range map[string]struct {
		from ledger.PurchaseState
		act  ledger.PurchaseAct
		has  ledger.PurchaseHas
		want string
	}{
		"written down":                       {none, ledger.PurchasePut, ledger.PurchaseHas{Due: true}, "draft"},
		"sent at once":                       {none, ledger.PurchaseSend, ledger.PurchaseHas{Due: true}, "sent"},
		"some of it comes":                   {ledger.PurchaseSent, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true, Due: true}, "partly_received"},
		"all of it comes":                    {ledger.PurchasePartly, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true}, "received"},
		"more comes":                         {ledger.PurchaseReceived, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true}, "received"},
		"goods of a draft":                   {ledger.PurchaseDraft, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true, Due: true}, "partly_received"},
		"the rest will not come":             {ledger.PurchasePartly, ledger.PurchaseClose, ledger.PurchaseHas{Came: true, Short: true}, "closed_short"},
		"what was closed comes after all":    {ledger.PurchaseShort, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true}, "received"},
		"goods of what was called off":       {ledger.PurchaseCanceled, ledger.PurchaseReceive, ledger.PurchaseHas{Came: true, Short: true}, "cancelled"},
		"cut to what has come":               {ledger.PurchasePartly, ledger.PurchaseSend, ledger.PurchaseHas{Came: true}, "received"},
		"a sent one is no draft any more":    {ledger.PurchaseSent, ledger.PurchasePut, ledger.PurchaseHas{Due: true}, ""},
		"called off after some has come":     {ledger.PurchasePartly, ledger.PurchaseCancel, ledger.PurchaseHas{Came: true, Short: true}, ""},
		"a draft is not closed short":        {ledger.PurchaseDraft, ledger.PurchaseClose, ledger.PurchaseHas{Short: true}, ""},
		"nothing is left to close":           {ledger.PurchaseReceived, ledger.PurchaseClose, ledger.PurchaseHas{Came: true}, ""},
		"one that is over is not reopened":   {ledger.PurchaseReceived, ledger.PurchaseSend, ledger.PurchaseHas{Came: true, Due: true}, ""},
		"one that is closed is not reopened": {ledger.PurchaseShort, ledger.PurchaseSend, ledger.PurchaseHas{Came: true, Due: true}, ""},
		"one that was called off stays so":   {ledger.PurchaseCanceled, ledger.PurchaseSend, ledger.PurchaseHas{Due: true}, ""},
	} {
		to, ok := c.from.After(c.act, c.has)
		if got := to.String(); ok != (c.want != "") || ok && got != c.want || !ok && to != c.from {
			t.Errorf("%s: got %s, %t, want %q", name, got, ok, c.want)
		}
	}
}

func bought() *ledger.Purchase {
	return &ledger.Purchase{Reference: "PO 1", Supplier: "Acme", Site: "hull", Due: "2026-12-10", Lines: []ledger.PurchaseLine{
		{SKU: "PIPE", Qty: 24, Pack: ledger.Packed{Name: "CASE", Units: 12, Count: 2}, Cost: ledger.Price{Money: ledger.Money{Amount: 1_001, Currency: "GBP"}, Per: 16}},
		{SKU: "TAP-22", Qty: 3, Due: "2026-12-11", Cost: ledger.Price{Money: ledger.Money{Amount: 250, Currency: "GBP"}, Per: 1}}, {SKU: "VALVE", Qty: 1}}}
}

func TestWhatIsNoPurchaseOrderIsRefusedByItsField(t *testing.T) {
	if err := bought().Check(); err != nil {
		t.Fatal(err)
	}
	if sum, err := bought().Total(); err != nil || sum != (ledger.Money{Amount: 1_502 + 750, Currency: "GBP"}) { // 1501.5 is rounded up
		t.Errorf("got %+v, %v, want 2252 GBP", sum, err)
	}
	for field, spoil := range map[string][]func(*ledger.Purchase){
		"reference": {func(p *ledger.Purchase) { p.Reference = "" }, func(p *ledger.Purchase) { p.Reference = strings.Repeat("x", ledger.TextMax+1) }, func(p *ledger.Purchase) { p.Reference = "a\x00b" }},
		"supplier":  {func(p *ledger.Purchase) { p.Supplier = "" }},
		"note":      {func(p *ledger.Purchase) { p.Note = strings.Repeat("x", ledger.TextMax+1) }},
		"due":       {func(p *ledger.Purchase) { p.Due = "tomorrow" }, func(p *ledger.Purchase) { p.Due = "" }, func(p *ledger.Purchase) { p.Lines[1].Due = "2026-13-01" }},
		"lines": {func(p *ledger.Purchase) { p.Lines = nil }, func(p *ledger.Purchase) { p.Lines[1].SKU = "PIPE" }, func(p *ledger.Purchase) { p.Lines[0], p.Lines[1] = p.Lines[1], p.Lines[0] },
			func(p *ledger.Purchase) {
				p.Lines[0].Cost.Amount, p.Lines[0].Cost.Per = 1<<52, 24
				p.Lines[1].Cost.Amount, p.Lines[1].Cost.Per = 1<<52, 3
			}},
		"pack": {func(p *ledger.Purchase) { p.Lines[0].Qty = 23 }},
		"qty":  {func(p *ledger.Purchase) { p.Lines[2].Qty = 0 }},
		"cost": {func(p *ledger.Purchase) { p.Lines[1].Cost.Currency = "EUR" }, func(p *ledger.Purchase) { p.Lines[1].Cost.Per = 0 }, func(p *ledger.Purchase) { p.Lines[1].Cost.Amount = -1 },
			func(p *ledger.Purchase) { p.Lines[1].Cost.Amount = 1 << 53 }, func(p *ledger.Purchase) { p.Lines[1].Cost.Tax = "included" }, func(p *ledger.Purchase) { p.Lines[1].Cost.Currency = "pounds" }},
	} {
		for i, f := range spoil {
			p := bought()
			f(p)
			form, ok := errors.AsType[*ledger.FormError](p.Check())
			if !ok || form.Field != field {
				t.Errorf("%s, %d: got %v, want a refusal of %s", field, i, p.Check(), field)
			}
		}
	}
}
