package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// whatWaiting is the word for an order of a site's that waits for somebody's word.
const whatWaiting = "order_waiting"

// unreviewed takes what an entry says of an order's checks off the order, which is the entry's own, decoded for this fold.
func unreviewed(e *ledger.Entry) (v *ledger.Review) {
	var o *ledger.Order
	switch b := e.Body.(type) {
	case *ledger.OrderBody:
		o = &b.Order
	case *ledger.ObeyedBody:
		o = b.Order
	case *ledger.LateBody:
		o = b.Order
	case *ledger.LegBody:
		o = b.Order
	case *ledger.WorkBody:
		o = b.Order
	case *ledger.ReturnBody:
		o = b.Order
	}
	if o != nil {
		v, o.Review = o.Review, nil
	}
	return v
}

// reviewed follows what an entry says of the checks that an order of a site's has tripped: somebody is told of one that waits, until it is decided. No record
// of an order keeps it: a server of an older build would read none, and hold another state.
func (f *folding) reviewed(o *ledger.Order) {
	v := f.review
	if v == nil || v.Due.IsZero() || f.m.Known() < ledger.KindReview || f.e.Kind == ledger.KindRefused {
		return
	}
	var open *Exception
	for _, e := range f.m.standing(whatWaiting, f.site) {
		if e.Order == o.ID {
			open = e
		}
	}
	switch {
	case o.Status == ledger.StatusWaiting && open == nil:
		names := ""
		for i := range v.Trips {
			if i > 0 {
				names += ", "
			}
			names += v.Trips[i].Check
		}
		f.m.raise(Exception{What: whatWaiting, Site: f.site, Seq: f.e.Seq, Order: o.ID, Owner: v.Owner,
			Why: fmt.Sprintf("order %s waits for %s: it trips %s. If nobody decides by %s, it is to be: %s", o.Number(), v.Owner, names, v.Due.UTC().Format(time.RFC3339), v.Default)}, f.push.At)
	case v.Ruling != 0 && open != nil && f.e.Kind != ledger.KindAsked && !f.waitsOn():
		f.m.resolved(open, Signed{By: ruledBy(v), Reason: fmt.Sprintf("%s: %s", v.Ruling, v.Reason), At: f.push.At})
	}
}

// waitsOn says whether the entry let an order that was released wait again: there were not the goods for it.
func (f *folding) waitsOn() bool {
	b, ok := f.e.Body.(*ledger.OrderBody)
	closes := f.e.Kind == ledger.KindAskAccepted || f.e.Kind == ledger.KindAskAbandoned
	return ok && closes && (b.Refusal != "" || b.Dropped)
}

func ruledBy(v *ledger.Review) string {
	if v.By == "" {
		return "the site, when it was due"
	}
	return v.By
}
