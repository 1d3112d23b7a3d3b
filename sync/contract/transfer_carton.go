package contract

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// CartonSent is a carton of a transfer and what lies in it.
type CartonSent struct {
	SSCC  string         `json:"sscc" jsonschema:"the number on its label: 18 digits, or any scan that says it"`
	Lines []DispatchLine `json:"lines" jsonschema:"what lies in it"`
}

// CartonCame is a carton of a transfer that came as it left.
type CartonCame struct {
	SSCC string `json:"sscc" jsonschema:"18 digits, or any scan of its label"`
	Bin  string `json:"bin,omitempty" jsonschema:"where its goods are put; left out: as of a line"`
}

// CartonOnWay is a carton of a transfer as a book knows it.
type CartonOnWay struct {
	SSCC     gs1.SSCC `json:"sscc"`
	Lines    []LotQty `json:"lines" jsonschema:"what lies in it, by SKU, and by lot where its sender has said which"`
	Received *bool    `json:"received,omitempty" jsonschema:"once the transfer was received: it was taken in as it left, or else is missing, or was opened. Left out where this book does not know, as at the sender"`
}

// namedCartons finds what lies in cartons.
func (r *DispatchRequest) namedCartons(c Catalogue) (err error) {
	for n := range r.Cartons {
		for i := range r.Cartons[n].Lines {
			l := &r.Cartons[n].Lines[i]
			code := l.Barcode
			if err := l.named(i, c); err != nil {
				return inCarton(err, n)
			}
			if l.lots, err = c.lotsNamed(l.SKU, l.Qty, l.Lots, code, i); err != nil {
				return inCarton(err, n)
			}
		}
	}
	return nil
}

// inCarton says of which carton, from an index, a line is that is refused.
func inCarton(err error, index int) error {
	if p, ok := err.(*Problem); ok {
		p.Detail, p.Field = fmt.Sprintf("Carton %d: %s", index+1, p.Detail), fmt.Sprintf("cartons[%d].", index)+p.Field
	}
	return err
}

// ledgerCartons gives cartons to the ledger: of each line the lots that are named, and what is left of it as of no lot that anybody has named.
func (r *DispatchRequest) ledgerCartons() (out []ledger.WayCarton, err error) {
	if len(r.Cartons) > ledger.WayCartonsMax {
		return nil, &ledger.FormError{Field: "cartons", Why: fmt.Sprintf("are %d; a transfer has at most %d", len(r.Cartons), ledger.WayCartonsMax)}
	}
	for n := range r.Cartons {
		c := &r.Cartons[n]
		sscc, err := ReadSSCC(c.SSCC)
		if err != nil {
			return nil, err
		}
		w := ledger.WayCarton{SSCC: sscc}
		for i := range c.Lines {
			l := &c.Lines[i]
			sku, err := ledger.ParseSKU(l.SKU)
			if err != nil {
				return nil, atLine(err, i)
			}
			rest := l.Qty
			for _, lot := range l.lots {
				rest -= lot.Qty
				w.Goods = append(w.Goods, ledger.WayGoods{SKU: sku, Lot: lot.Lot, Serial: lot.Serial, Qty: lot.Qty})
			}
			if rest < 0 || l.Qty < 1 {
				return nil, atLine(&ledger.FormError{Field: "qty", Why: fmt.Sprintf("is %d in carton %s, and its lots come to %d", l.Qty, sscc, l.Qty-rest)}, i)
			}
			if rest > 0 {
				w.Goods = append(w.Goods, ledger.WayGoods{SKU: sku, Qty: rest})
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// ledgerCartons gives the cartons that came to the ledger.
func (r *ReceiveRequest) ledgerCartons() (out []ledger.CameCarton, err error) {
	for i := range r.Cartons {
		sscc, err := ReadSSCC(r.Cartons[i].SSCC)
		if err != nil {
			return nil, err
		}
		bin, err := ledger.ParseBin(r.Cartons[i].Bin)
		if err != nil {
			return nil, atLine(err, i)
		}
		out = append(out, ledger.CameCarton{SSCC: sscc, Bin: bin})
	}
	return out, nil
}

// renderWayCartons says which of a transfer's cartons came, at the receiver and wherever one is known to have come: its sender is told of goods alone.
func renderWayCartons(t *ledger.Transfer) (out []CartonOnWay) {
	knows := t.State == ledger.TransferReceived || slices.ContainsFunc(t.Cartons, func(c ledger.WayCarton) bool { return c.Came })
	for i := range t.Cartons {
		c := &t.Cartons[i]
		v := CartonOnWay{SSCC: c.SSCC, Lines: make([]LotQty, len(c.Goods))}
		if knows {
			v.Received = &c.Came
		}
		for n, g := range c.Goods {
			v.Lines[n] = LotQty{SKU: g.SKU, Lot: g.Lot, Qty: g.Qty}
		}
		out = append(out, v)
	}
	return out
}
