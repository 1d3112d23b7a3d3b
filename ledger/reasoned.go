package ledger

// What was done with goods for a reason, act by act: adjustments, counts, returns, inspections, short picks, parcels that were not delivered.

// What became of units for a reason.
const (
	DidFind       = "found"
	DidLose       = "gone"
	DidBlock      = "blocked"     // they stay where they lie
	DidComeBack   = "came_back"   // from a customer
	DidRestock    = "restocked"   // somebody has looked, and they are fit to be sold
	DidScrap      = "scrapped"    // somebody has, and they are gone
	DidHandBack   = "handed_back" // to the customer again
	DidMiss       = "not_found"   // on a pick
	DidNotDeliver = "undelivered"
)

// ReasonLine is some units of one SKU, and what was done with them for a reason.
type ReasonLine struct {
	Act    ReasonAct
	Reason string // "": nobody gave one
	Did    string
	SKU    SKU
	Qty    Qty // above 0
}

// MayReason says, of an entry's stored bytes, whether it may say for what reason something was done with goods.
func MayReason(b []byte) bool {
	if len(b) < 2 || MayAdjust(b) {
		return len(b) >= 2
	}
	switch Kind(b[1]) {
	case KindReturned, KindInspected, KindBlockedSeen, KindPicked, KindFollowed:
		return true
	default:
		return false
	}
}

// Reasoned gives what an entry says was done with goods and for which reason, one that is told late too; nothing where it was refused. A pick of another
// life comes without its reasons.
func (e *Entry) Reasoned(see func(ReasonLine)) {
	if b := e.Adjusting(); b != nil {
		act := ReasonAdjust
		if b.Count != nil {
			act = ReasonCount
		}
		reasonAdjusted(act, b.Reason, b.Lines, see)
		return
	}
	switch b := e.Body.(type) {
	case *ReturnBody:
		if b.Refusal == "" {
			reasonReturned(e.Kind, &b.Return, b.Acts, b.Reason, see)
		}
	case *BlockedBody:
		if b.Refusal == "" {
			reasonSeen(b.Reason, b.Lines, see)
		}
	case *LegBody:
		if e.Kind == KindPicked && b.Refusal == "" {
			for i := range b.Lines {
				l := &b.Lines[i]
				say(see, ReasonLine{ReasonShort, l.Why, DidMiss, l.SKU, l.Short})
			}
		}
	case *WorkBody:
		if b.Deed == DeedFail && b.Refusal == "" {
			for i := range b.Moves {
				say(see, ReasonLine{ReasonFailed, b.Reason, DidNotDeliver, b.Moves[i].SKU, b.Moves[i].Qty})
			}
		}
	case *LateBody:
		b.reasoned(see)
	}
}

func (b *LateBody) reasoned(see func(ReasonLine)) {
	switch {
	case b.Refusal != "":
	case b.Return != nil && (b.Was == KindReturned || b.Was == KindInspected):
		reasonReturned(b.Was, b.Return, b.Acts, b.Reason, see)
	case b.Was == KindBlockedSeen:
		reasonSeen(b.Reason, b.Seen, see)
	case b.Was == KindPicked:
		for i := range b.Lines {
			say(see, ReasonLine{ReasonShort, "", DidMiss, b.Lines[i].SKU, -b.Lines[i].Qty})
		}
	}
}

func say(see func(ReasonLine), l ReasonLine) {
	if l.Qty > 0 {
		see(l)
	}
}

func reasonAdjusted(act ReasonAct, reason string, lines []AdjustLine, see func(ReasonLine)) {
	for i := range lines {
		l := &lines[i]
		did := DidFind
		if l.Qty < 0 {
			did = DidLose
		}
		if l.Blocked && l.Qty < 0 {
			did = DidBlock
		}
		say(see, ReasonLine{act, reason, did, l.SKU, max(l.Qty, -l.Qty)})
	}
}

// reasonReturned is of goods that came back, or were looked at. What was done with them as they came was done for the same reason.
func reasonReturned(k Kind, r *Return, acts []ReturnAct, why string, see func(ReasonLine)) {
	if k == KindReturned {
		why = r.Reason
		for i := range r.Lines {
			say(see, ReasonLine{ReasonReturn, why, DidComeBack, r.Lines[i].SKU, r.Lines[i].Qty})
		}
	}
	for _, a := range acts {
		if l := r.line(a.Line); l != nil {
			say(see, ReasonLine{ReasonInspect, why, didOf(a.Do), l.SKU, a.Qty})
		}
	}
}

func reasonSeen(why string, lines []BlockedLine, see func(ReasonLine)) {
	for i := range lines {
		say(see, ReasonLine{ReasonInspect, why, didOf(lines[i].Do), lines[i].SKU, lines[i].Qty})
	}
}

func didOf(d Disposition) string {
	switch d {
	case Restock:
		return DidRestock
	case Scrap:
		return DidScrap
	case HandBack:
		return DidHandBack
	default:
		return DidBlock
	}
}
