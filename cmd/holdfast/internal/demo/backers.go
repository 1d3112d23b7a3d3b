package demo

import (
	"context"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A backer is a shop's desk for what comes back: goods of its own sales and of other sites', with a receipt and without, some of them
// more than once. Later somebody looks at what is blocked.
type backer struct {
	hand
	pick func() string
}

func (s *show) backers() (out []*backer) {
	for i, spec := range s.company.sites {
		if spec.warehouse {
			continue
		}
		b := &backer{hand: s.hand(i, "returns", "ann", 4<<20, returnsEach)}
		b.pick = func() string { return s.stock.Pick(b.rng).SKU }
		out = append(out, b)
	}
	return out
}

func (b *backer) work(ctx, drain context.Context) {
	for b.rest(ctx) {
		switch n := b.rng.IntN(100); {
		case n < 10:
			b.unnamed(drain)
		case n < 60:
			b.back(drain)
		default:
			b.inspect(drain)
		}
	}
}

// unnamed takes in goods without a receipt: nobody's order is less by them.
func (b *backer) unnamed(ctx context.Context) {
	req := contract.ReturnRequest{Reason: "no receipt", Lines: []contract.BackLine{{SKU: b.pick(), Qty: 1}}}
	if b.takes(ctx, req) {
		b.paper.did("returns_without_receipt")
	}
}

// back takes in a unit of a sale, here or elsewhere. Now and then more is named than was sold.
func (b *backer) back(ctx context.Context) {
	t := b.paper.sold(b.rng, b.site, b.in100(60))
	if t == nil {
		return
	}
	id, l := t.answer.ID, t.answer.Lines[b.rng.IntN(len(t.answer.Lines))]
	q := ledger.Qty(1)
	if b.in100(10) {
		q = l.Qty + 1
	}
	line := contract.BackLine{Line: l.Line, SKU: string(l.SKU), Qty: q}
	if b.in100(40) {
		line.Disposition = string(ledger.Restock)
	}
	req := contract.ReturnRequest{Order: string(id), Reason: "too small", Lines: []contract.BackLine{line}}
	switch taken := b.takes(ctx, req); {
	case taken && t.book == b.site && q > l.Qty:
		b.paper.fault("%s: %d of %s came back, order %s has %d", b.site, q, l.SKU, id, l.Qty)
	case taken && t.book == b.site:
		b.paper.did("returns")
	case taken:
		b.paper.did("returns_elsewhere")
	}
}

func (b *backer) takes(ctx context.Context, req contract.ReturnRequest) bool {
	var got contract.Return
	if !b.tell(ctx, "/v1/returns", req, &got) {
		return false
	}
	b.paper.returned(b.site, &got)
	return true
}

// inspect looks at one of those returns here that some of is blocked of. What waits for the book that sold it is left.
func (b *backer) inspect(ctx context.Context) {
	var page contract.ReturnList
	if !b.look(ctx, "/v1/returns?limit=20", &page) || len(page.Returns) == 0 {
		return
	}
	r := &page.Returns[b.rng.IntN(len(page.Returns))]
	if kept(r.Lines[0].SKU) {
		return // whoever keeps lots has looked
	}
	req := contract.InspectRequest{Reason: "looked at"}
	act := func(line int, do ledger.Disposition, q ledger.Qty) {
		if q > 0 {
			req.Lines = append(req.Lines, contract.InspectLine{Line: line, Qty: q, Disposition: string(do)})
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		handed := min(l.Refused-l.HandedBack, l.Received)
		act(l.Line, ledger.HandBack, handed)
		if b.in100(75) {
			act(l.Line, ledger.Restock, l.Received+l.Blocked-handed)
		} else {
			act(l.Line, ledger.Scrap, l.Received+l.Blocked-handed)
		}
	}
	if r.Claim == ledger.ClaimPending || len(req.Lines) == 0 {
		return
	}
	var got contract.Return
	if b.tell(ctx, "/v1/returns/"+string(r.ID)+"/inspect", req, &got) {
		b.paper.returned(b.site, &got)
		b.paper.did("returns_inspected")
	}
}
