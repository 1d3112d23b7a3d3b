package sim

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A lying is what physically became of goods of one SKU that came back together: each unit came once, and was put on the shelf, or left again, at most once,
// in however many lives a book tells of it. nil is of other goods.
type lying struct {
	came    ledger.Qty
	here    ledger.Qty // of these, set aside
	shelved ledger.Qty // of these, on the shelf again
}

type lyingOf struct {
	back ledger.ReturnID
	sku  ledger.SKU
}

// lying gives what lies of a return's SKU, to be changed.
func (c *company) lying(back ledger.ReturnID, sku ledger.SKU) *lying {
	k := lyingOf{back, sku}
	if c.backs[k] == nil {
		c.backs[k] = &lying{}
	}
	return c.backs[k]
}

// lieOf gives copies of what lies of a return, and of what was shelved without its book knowing.
func (c *company) lieOf(back *ledger.Return) map[ledger.SKU]*lying {
	out := map[ledger.SKU]*lying{}
	for i := range back.Lines {
		l := &back.Lines[i]
		if out[l.SKU] == nil {
			of := *c.lying(back.ID, l.SKU)
			out[l.SKU] = &of
		}
		out[l.SKU].shelved -= l.Restocked
	}
	return out
}

// moves has q units come, or with less than 0 leave, as far as they lie here.
func (l *lying) moves(q ledger.Qty) ledger.Qty {
	if l == nil {
		return q
	}
	q = max(q, -l.here)
	l.here += q
	l.came += max(0, q)
	return q
}

// shelves puts q units back on the shelf: all that came at most, also what was said to be gone, for the book counts on it.
func (l *lying) shelves(q ledger.Qty) ledger.Qty {
	q = min(q, l.came-l.shelved)
	l.shelved += q
	l.here = max(0, l.here-q)
	return q
}

// backOf is the return that an entry is about; "" where it is about none.
func backOf(e *ledger.Entry) ledger.ReturnID {
	switch b := e.Body.(type) {
	case *ledger.ReturnBody:
		return b.Return.ID
	case *ledger.LateBody:
		if b.Return != nil {
			return b.Return.ID
		}
	case *ledger.ObeyedBody:
		return b.Command.Return
	}
	return ""
}

// returnMoves names what goods an entry about a return moves, so that they are moved once however often it is told.
func returnMoves(e *ledger.Entry) string {
	switch b := e.Body.(type) {
	case *ledger.ReturnBody:
		return fmt.Sprintf("back %s %s", e.Device, e.Kind)
	case *ledger.LateBody:
		switch {
		case b.Return == nil:
		case b.Was == ledger.KindObeyed:
			return "claim " + string(b.Return.ID)
		default:
			return fmt.Sprintf("back %s %s", e.Device, b.Was)
		}
	case *ledger.ObeyedBody:
		if b.Command.Kind == ledger.CommandTakeBack {
			return "claim " + string(b.Command.Return) // answered in two lives it is one, whatever each calls it
		}
	}
	return ""
}

// lostAnswer names what the answer to a claim moved, of an entry that tells of it beside what it tells itself: somebody looked at the goods
// after the answer, in a life that is lost. "" of any other.
func lostAnswer(e *ledger.Entry) string {
	if b, ok := e.Body.(*ledger.LateBody); ok && b.Was == ledger.KindInspected && b.Return != nil && b.Refusal == "" {
		return "claim " + string(b.Return.ID)
	}
	return ""
}

// sawRestocked counts units that are fit to be sold again as goods that came in.
func (s *site) sawRestocked(e *ledger.Entry, what string) {
	sums := map[ledger.SKU]ledger.Qty{}
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Sellable && p.Qty > 0 {
			sums[p.SKU] += p.Qty
		}
	}
	again := func(what string, sku ledger.SKU, q ledger.Qty) {
		name := "restocked " + what + " " + string(sku)
		if was := s.c.moved[name]; q > was {
			s.c.moved[name] = q
			s.c.received[sku] += s.c.lying(backOf(e), sku).shelves(q - was)
		}
	}
	answer := lostAnswer(e)
	for sku, q := range sums {
		if answer != "" {
			own := s.c.moved["restocked "+what+" "+string(sku)]
			again(answer, sku, q-own)
			q = own
		}
		again(what, sku, q)
	}
}
