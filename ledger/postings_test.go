package ledger_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// apart is a receipt of A and B whose postings on A lie apart, with a promise before its goods.
func apart() []ledger.Posting {
	p := func(sku ledger.SKU, kind ledger.AccountKind, ref string, q ledger.Qty) ledger.Posting {
		return ledger.Posting{SKU: sku, Account: ledger.Account{Kind: kind, Ref: ref}, Qty: q}
	}
	return []ledger.Posting{
		p("A", ledger.Available, "", 5), p("A", ledger.Stock, "", -5),
		p("B", ledger.Supplier, "", -2), p("B", ledger.Sellable, "MAIN", 2), p("B", ledger.Stock, "", -2), p("B", ledger.Available, "", 2),
		p("A", ledger.Supplier, "", -5), p("A", ledger.Sellable, "MAIN", 5),
	}
}

func TestPostingsOfASKUMayLieApart(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]ledger.Posting)
		fault  string // in the error; "" where there is none
	}{
		"sound":                       {func([]ledger.Posting) {}, ""},
		"one unit more on the shelf":  {func(ps []ledger.Posting) { ps[7].Qty++ }, "A is out of balance"},
		"a promise too many, at last": {func(ps []ledger.Posting) { ps[5].Qty++ }, "B is out of balance"},
		"goods that were never there": {func(ps []ledger.Posting) {
			for i := range ps {
				ps[i].Qty = -ps[i].Qty
			}
		}, "A: an amount is below zero"},
		"goods of the one that lies together": {func(ps []ledger.Posting) {
			for i := 2; i < 6; i++ {
				ps[i].Qty = -ps[i].Qty
			}
		}, "B: an amount is below zero"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ledger.NewState("leeds")
			opened := &ledger.Entry{Kind: ledger.KindOpened, Seq: 1, Epoch: 1, Body: &ledger.OpenedBody{Counter: true}}
			if err := s.Apply(opened); err != nil {
				t.Fatal(err)
			}
			e := &ledger.Entry{Kind: ledger.KindReceipt, Seq: 2, Epoch: 1, Postings: apart(), Body: &ledger.ReceiptBody{ID: "r"}}
			c.change(e.Postings)
			err := s.Apply(e)
			if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}
