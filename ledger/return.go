package ledger

import (
	"fmt"
	"slices"
)

// A ReturnID names goods that came back together, by the book that took them in: a UUIDv7 in its lower-case
// text form. The zero ReturnID means none.
type ReturnID string

// A Disposition is what a person who has looked at returned goods wants done with them.
type Disposition string

// The dispositions, in the words of the contract.
const (
	Restock  Disposition = "restock"   // fit to be sold: free like goods-in
	Block    Disposition = "block"     // looked at, and stays out of sale: restock or scrap may follow
	Scrap    Disposition = "scrap"     // gone
	HandBack Disposition = "hand_back" // to the customer again: of what the book that sold it would not take back
)

// A Claim says how the right to take goods back stands. It belongs to the book that owns the order.
type Claim string

// The claims of a return.
const (
	ClaimNone    Claim = "none"    // no receipt: nobody's order is less by it
	ClaimPending Claim = "pending" // the order is another book's, which has not answered
	ClaimGranted Claim = "granted" // the order counts all of it as returned
	ClaimRefused Claim = "refused" // some of it, or all, was never sold or came back before: see ReturnLine.Refused
)

// A UnitState is where one returned unit has come to.
type UnitState string

// The states of a unit. At "" it is with the customer, or was handed back.
const (
	UnitReceived  UnitState = "received" // here, blocked, and nobody has looked
	UnitBlocked   UnitState = "blocked"  // somebody has, and it stays blocked
	UnitRestocked UnitState = "restocked"
	UnitScrapped  UnitState = "scrapped"
	UnitHanded    UnitState = "handed_back"
)

// A ReturnArrow is one way that a returned unit may go.
type ReturnArrow struct {
	From UnitState
	On   Disposition // "": it is taken back
	To   UnitState
	Does string // what the entry posts, for people
}

// ReturnArrows is the whole table: what stands in no row cannot happen to a unit. Each arrow leaves From, so a
// unit takes it at most once, and an end (restocked, scrapped, handed back) once in all.
func ReturnArrows() []ReturnArrow {
	return []ReturnArrow{
		{"", "", UnitReceived, "customer -> blocked"},
		{UnitReceived, Restock, UnitRestocked, "blocked -> sellable, and to what is owed, who waits, available, or allotted/hq"},
		{UnitReceived, Block, UnitBlocked, "nothing: it is blocked already"},
		{UnitReceived, Scrap, UnitScrapped, "blocked -> loss/scrapped"},
		{UnitReceived, HandBack, UnitHanded, "blocked -> customer; of refused units only"},
		{UnitBlocked, Restock, UnitRestocked, "as from received"},
		{UnitBlocked, Scrap, UnitScrapped, "as from received"},
		{UnitBlocked, HandBack, UnitHanded, "as from received"},
	}
}

// from lists the states that a unit may be in before an act, in the order in which it takes them.
func (d Disposition) from() (states []UnitState, to UnitState) {
	for _, a := range ReturnArrows() {
		if a.On == d && a.From != "" {
			states, to = append(states, a.From), a.To
		}
	}
	return states, to
}

// ReturnLinesMax bounds the lines of one return, and the acts of one entry about it: with them an order of
// any size fits in one entry beside it.
const ReturnLinesMax = 1000

// ScrapReason names the loss account of units that came back and are thrown away.
const ScrapReason = "scrapped"

// A ReturnLine is one line of a return. Qty = received + Blocked + Restocked + Scrapped + Handed.
type ReturnLine struct {
	Line      int // of the order, from 1; of a return without a receipt, its own, from 1
	SKU       SKU
	Bin       Bin // where the units are blocked
	Qty       Qty // came back
	Refused   Qty // of Qty, what the book that owns the order does not take back
	Blocked   Qty
	Restocked Qty
	Scrapped  Qty
	Handed    Qty

	Lots []OrderLot // of which lots they are, as far as that is known: of Qty units Back are not here any more
}

// Received is how many units nobody has looked at.
func (l *ReturnLine) Received() Qty { return l.Qty - l.Blocked - l.Restocked - l.Scrapped - l.Handed }

// Here is how many units lie blocked.
func (l *ReturnLine) Here() Qty { return l.Received() + l.Blocked }

// in gives the units that are in a state and may change.
func (l *ReturnLine) in(s UnitState) Qty {
	if s == UnitBlocked {
		return l.Blocked
	}
	return l.Received()
}

// leaves says how many units an act may take.
func (l *ReturnLine) leaves(d Disposition) (sum Qty) {
	states, _ := d.from()
	for _, s := range states {
		sum += l.in(s)
	}
	if d == HandBack {
		sum = max(0, min(sum, l.Refused-l.Handed))
	}
	return sum
}

// mostOf says how many units an act may take.
func (l *ReturnLine) mostOf(a *ReturnAct) Qty {
	if a.Lot != "" {
		return min(l.leaves(a.Do), l.ofLot(a.Lot))
	}
	return l.leaves(a.Do)
}

// act moves units along the arrows of an act; there must be as many. lots are those that are not here any more.
func (l *ReturnLine) act(a *ReturnAct) (lots []LotQty) {
	q := a.Qty
	states, to := a.Do.from()
	switch {
	case to == UnitBlocked:
	case a.Lot == "":
		lots = l.takeLots("", q-min(q, l.plain())) // first go those of which nobody knows the lot
	default:
		lots = l.takeLots(a.Lot, q)
	}
	for _, s := range states {
		n := min(q, l.in(s))
		if s == UnitBlocked {
			l.Blocked -= n
		}
		q -= n
		switch to { // what leaves received is what is left of Qty
		case UnitBlocked:
			l.Blocked += n
		case UnitRestocked:
			l.Restocked += n
		case UnitScrapped:
			l.Scrapped += n
		case UnitHanded:
			l.Handed += n
		}
	}
	return lots
}

// A ReturnAct is what was done with some units of a line of a return.
type ReturnAct struct {
	Line int // as ReturnLine.Line
	Do   Disposition
	Qty  Qty
	Bin  Bin   // restock: where they are put; "": where they were blocked
	Lot  LotID // of which lot they are; "": of whichever are there
}

// A Return is goods that came back together, as they stand. Nobody is paid by it.
type Return struct {
	ID      ReturnID
	Order   OrderID // that they were sold by; "" where there is no receipt
	Owner   SiteID  // the book that owns the order; "" where there is none, or it has not answered
	Receipt string  // what stands on the receipt, for people
	Claim   Claim
	Reason  string
	By      string // who took them in, where that is not the actor
	Lines   []ReturnLine
	Wishes  []ReturnAct // pending: what is to be done with the units once they are granted
}

// clone copies r so deep that neither changes with the other.
func (r *Return) clone() *Return {
	c := *r
	c.Lines, c.Wishes = slices.Clone(r.Lines), slices.Clone(r.Wishes)
	for i := range c.Lines {
		c.Lines[i].Lots = slices.Clone(c.Lines[i].Lots)
	}
	return &c
}

// line finds a line by its number.
func (r *Return) line(number int) *ReturnLine {
	for i := range r.Lines {
		if r.Lines[i].Line == number {
			return &r.Lines[i]
		}
	}
	return nil
}

// Status says how the return stands: pending, received (some units nobody has looked at), inspected (of these
// some stay blocked) or closed.
func (r *Return) Status() string {
	received, blocked := false, false
	for i := range r.Lines {
		received = received || r.Lines[i].Received() > 0
		blocked = blocked || r.Lines[i].Blocked > 0
	}
	switch {
	case r.Claim == ClaimPending:
		return "pending"
	case received:
		return "received"
	case blocked:
		return "inspected"
	default:
		return "closed"
	}
}

// IsOpen says whether something can still happen to the return.
func (r *Return) IsOpen() bool { return r.Status() != "closed" }

// apply moves units along; an error says which act has no units to move.
func (r *Return) apply(acts []ReturnAct) error {
	for _, a := range acts {
		l := r.line(a.Line)
		if l == nil || a.Qty < 1 || l.mostOf(&a) < a.Qty {
			return fmt.Errorf("return %s line %d: %s of %d, which are not there", r.ID, a.Line, a.Do, a.Qty)
		}
		l.act(&a)
	}
	return nil
}

// settle writes down what the owner's book takes back, and gives the acts that were waiting for that. Of
// units that it does not take back nothing is done.
func (r *Return) settle(owner SiteID, granted []CommandLine) (acts []ReturnAct) {
	r.Claim, r.Owner = ClaimGranted, owner
	free := make(map[int]Qty, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		got := Qty(0)
		for _, g := range granted {
			if g.Line == l.Line && g.SKU == l.SKU && g.Qty > 0 {
				got = min(l.Qty, got+min(g.Qty, l.Qty))
			}
		}
		if l.Refused = l.Qty - got; l.Refused > 0 {
			r.Claim = ClaimRefused
		}
		free[l.Line] = max(0, got-l.Restocked-l.Scrapped) // done while the claim waits: by an answer in another life, with some of these
	}
	for _, a := range r.Wishes {
		if a.Qty = min(a.Qty, free[a.Line]); a.Qty > 0 {
			free[a.Line] -= a.Qty
			acts = append(acts, a)
		}
	}
	r.Wishes = nil
	return r.possible(acts, false)
}

// possible cuts acts down to what the return has units for, one after the other. Done, they are what somebody has done in another
// life: also units that nobody refused are with the customer again.
func (r *Return) possible(acts []ReturnAct, done bool) (out []ReturnAct) {
	c := r.clone()
	for _, a := range acts {
		l := c.line(a.Line)
		most := l.mostOf(&a)
		if done && a.Do == HandBack {
			most = l.Here()
		}
		if a.Qty = min(a.Qty, most); a.Qty > 0 {
			l.act(&a)
			out = append(out, a)
		}
	}
	return out
}

// check says what no return is, whatever came of it.
func (r *Return) check() error {
	if len(r.Lines) == 0 || len(r.Lines) > ReturnLinesMax || len(r.Wishes) > ReturnLinesMax {
		return fmt.Errorf("return %s has %d lines and %d wishes", r.ID, len(r.Lines), len(r.Wishes))
	}
	seen := make(map[int]struct{}, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		if _, twice := seen[l.Line]; twice || l.Line < 1 {
			return fmt.Errorf("return %s has two lines %d", r.ID, l.Line)
		}
		seen[l.Line] = struct{}{}
		least := min(l.Refused, l.Blocked, l.Restocked, l.Scrapped, l.Handed, l.Qty-l.Refused)
		if least < 0 || l.Qty < 1 || l.named() > l.Qty || max(l.Qty, l.Blocked, l.Restocked, l.Scrapped, l.Handed) > QtyMax || l.Received() < 0 {
			return fmt.Errorf("return %s line %d: %d came back, and more has become of them", r.ID, l.Line, l.Qty)
		}
	}
	return nil
}

// ReturnBody is a return as it stands after the entry. returned: Lines came back, and Acts were done at once;
// inspected: Acts were done.
type ReturnBody struct {
	Return  Return
	Acts    []ReturnAct
	Reason  string  // inspected: why
	By      string  // inspected: who looked, where that is not the actor
	Order   *Order  // the order after it, where this site owns it; as it stands, where nothing was done
	Refusal Refusal // why nothing was done; "" when it was
	Overs   []Over  // refused: the lines that it is refused for

	// Parcel is set where a carrier brought the units, of a part of the order that this site served: which units moved between which
	// stages of it. Refused: without them.
	Parcel *WorkBody
}

// The refusals that an entry about a return can record.
const (
	RefusedOver  Refusal = "over_returned" // more than was handed over and has not come back
	RefusedActed Refusal = "return_state"  // more than lies there to be dealt with so
)

// An Over is a line of which more was named than there is.
type Over struct {
	Line int // from 1
	SKU  SKU
	Want Qty // named
	Sold Qty // over_returned: handed over to the customer
	Back Qty // over_returned: came back before
	Have Qty // as many can be named
}

// A ReturnError says no to a return, or to what was to be done with one. Nothing was changed.
type ReturnError struct {
	Why    Refusal
	Return ReturnID
	Order  OrderID
	Claim  Claim
	Lines  []Over
	Parcel bool // a carrier brings it, of what this site sent
}

func (e *ReturnError) Error() string {
	if e.Why == RefusedActed {
		return fmt.Sprintf("return %s has not as many units for it", e.Return)
	}
	if len(e.Lines) == 0 {
		return fmt.Sprintf("more comes back of order %s than was handed over", e.Order)
	}
	l := e.Lines[0]
	return fmt.Sprintf("line %d: %d sold, %d came back before, %d can still come back, %d are named", l.Line, l.Sold, l.Back, l.Have, l.Want)
}

// err gives the refusal that the body records, or nil.
func (b *ReturnBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &ReturnError{Why: b.Refusal, Return: b.Return.ID, Order: b.Return.Order, Claim: b.Return.Claim, Lines: b.Overs, Parcel: b.Parcel != nil}
}

// HandedOver is how many units of a line the customer has had, from whichever site. What other sites sent beyond what the line counted on
// (Sent) the customer has all the same. What comes back is held against it.
func (l *Line) HandedOver() Qty {
	if l.Drop != nil {
		return l.Drop.Sent
	}
	sent := Qty(0)
	for _, leg := range l.Sent {
		sent += leg.Qty
	}
	return max(l.Taken, sent)
}

// Returnable is how many units of a line can still come back.
func (l *Line) Returnable() Qty { return max(0, l.HandedOver()-l.Returned) }

// checkReturned says whether no more has come back of a line than was handed over.
func (o *Order) checkReturned() error {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Returned < 0 || l.Returned > l.HandedOver() {
			return fmt.Errorf("order %s line %d: %d came back of %d that were handed over", o.ID, i+1, l.Returned, l.HandedOver())
		}
	}
	return nil
}
