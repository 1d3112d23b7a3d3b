package sim

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// describe says what an order wants and has, in a line.
func describe(o *ledger.Order) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", o.Fulfil, o.Shortage)
	if o.Anywhere {
		b.WriteString(" any")
	}
	if o.CollectAt != "" {
		fmt.Fprintf(&b, " at %s", o.CollectAt)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		fmt.Fprintf(&b, ", %d %s", l.Qty, l.SKU)
		if l.Here+l.Taken+l.Backordered > 0 || len(l.Away) > 0 {
			fmt.Fprintf(&b, " (here %d taken %d away %v waiting %d)", l.Here, l.Taken, l.Away, l.Backordered)
		}
		if l.Unconfirmed+l.Declined > 0 {
			fmt.Fprintf(&b, " (to be confirmed %d declined %d)", l.Unconfirmed, l.Declined)
		}
	}
	return b.String()
}

// said gives an answer as a client hears it.
func said(out ledger.Outcome) string {
	if out.Err != nil {
		return "no: " + out.Err.Error()
	}
	if out.Entry == nil {
		return "nothing"
	}
	b, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok {
		return "yes"
	}
	return fmt.Sprintf("yes, %s: %s", b.Order.Status, describe(&b.Order))
}

// entryWords gives an entry in the ledger's words: kind, what it is about, postings.
func entryWords(e *ledger.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "writes %d/%d %s", e.Epoch, e.Seq, e.Kind)
	switch body := e.Body.(type) {
	case *ledger.OrderBody:
		fmt.Fprintf(&b, " %s %s", body.Order.External, body.Order.Status)
		if body.Ask != (ledger.AskID{}) {
			fmt.Fprintf(&b, " ask %d/%d", body.Ask.Epoch, body.Ask.Seq)
		}
		if body.Dropped {
			b.WriteString(" dropped")
		}
	case *ledger.ObeyedBody:
		c := &body.Command
		fmt.Fprintf(&b, " %d %s %s %s", c.Number, c.Kind, c.ID, body.Refused)
		if c.Kind == ledger.CommandTakeBack {
			fmt.Fprintf(&b, " of %s at %s: %v of %v", c.Return, c.Site, body.Done, c.Lines)
		}
		if c.Kind == ledger.CommandRefund {
			fmt.Fprintf(&b, " of %s for %s at %s: %v of %v", c.Return, c.Order, c.Site, body.Done, c.Lines)
		}
		b.WriteString(tenderWords(body.Tender))
	case *ledger.ReceiptBody:
		fmt.Fprintf(&b, " %s", body.ID)
	case *ledger.LateBody:
		fmt.Fprintf(&b, " %s of %d/%d, %s %s", body.Was, body.Origin.Epoch, body.Origin.Seq, e.Ref, body.Refusal)
		if r := body.Return; r != nil {
			fmt.Fprintf(&b, " %s %s %v did %v wishes %v", r.Claim, r.Status(), r.Lines, body.Acts, r.Wishes)
		}
		b.WriteString(tenderWords(body.Tender))
	case *ledger.TenderBody:
		b.WriteString(tenderWords(body))
	case *ledger.WorkBody:
		fmt.Fprintf(&b, " of %s %s %s %v %s", e.Ref, e.Device, body.Deed, body.Moves, body.Refusal)
	case *ledger.ReturnBody:
		fmt.Fprintf(&b, " %s %s %s %v %s", e.Device, body.Return.Claim, body.Return.Status(), body.Return.Lines, body.Refusal)
	case *ledger.LegBody:
		fmt.Fprintf(&b, " of %s %s %v", e.Ref, e.Device, body.Lines)
	}
	for _, p := range e.Postings {
		if p.Account.Kind.Where() || p.Account.Kind == ledger.Stock {
			continue // the shelf follows; whose it is tells the story
		}
		fmt.Fprintf(&b, ", %+d %s %s", p.Qty, p.SKU, p.Account)
	}
	return b.String()
}

// tenderWords says what an entry says of the payments of an order, with a space before it; "" where it says nothing.
func tenderWords(t *ledger.TenderBody) string {
	if t == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, " %s %s", t.Act, t.Payments.Order)
	if m := t.Claim; m != nil {
		fmt.Fprintf(&b, " claim %s of %d, %s %d", m.ID, m.Amount, m.Status(), m.Granted)
	}
	for _, m := range t.Moves {
		of := &t.Payments.Tenders[m.Tender-1]
		what := "takes"
		switch {
		case m.Settle:
			what = "makes good"
		case m.Refund:
			what = "gives back"
		}
		fmt.Fprintf(&b, ", %s %d of tender %d, %s", what, m.Amount+m.Over, m.Tender, of.Kind)
		if of.From != "" {
			fmt.Fprintf(&b, " from %s", of.From)
		}
		if m.Across {
			b.WriteString(" across")
		}
	}
	return b.String()
}
