package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// AmendCommands is what Build.Commands has to be of every server before an Amend is given.
const AmendCommands = int(kindAmend)

// Why an amendment is refused, beside the words of package ledger.
const (
	RefusedChanged ledger.Refusal = "order_changed" // somebody else has amended it since
	RefusedFixed   ledger.Refusal = "line_fixed"    // some of a line has left already
)

// An AmendLine is what one line of an order is to become.
type AmendLine struct {
	Line  int          // from 1; 0 adds one
	SKU   ledger.SKU   // of a line that is added
	Qty   ledger.Qty   // 0 gives the line up
	Price ledger.Price // of a line that is added

	Charge *ledger.Charge // of a line that is added; nil: nobody has said what it costs. Given where every server knows ledger.KindMoney
}

// An Amend changes what an order of HQ's own is for, at once or not at all: only the difference moves. Version is the
// order's as whoever asks for it has seen it. Legs serve what is wanted more; what they leave is decided by the order's
// shortage. With Shorts it is a refusal, to be remembered.
type Amend struct {
	Order   ledger.OrderID
	Version uint64
	Key     ledger.Digest
	Request ledger.Digest
	Lines   []AmendLine
	ShipTo  *ledger.Address // nil: as it is
	NeedBy  *string         // nil: as it is
	Using   Subject
	Legs    []allocate.Leg
	Explain Reasons
	Shorts  []ledger.Short
	At      time.Time
	By      string // who asked for it; "" from an older build
}

// SubjectOfAmend names the amending of an order under a key.
func SubjectOfAmend(id ledger.OrderID, key ledger.Digest) Subject {
	return Subject(fmt.Sprintf("amend/%s/%x", id, key[:]))
}

// A Revised is what has become of an order since it was placed, where it is another one.
type Revised struct {
	Order  ledger.OrderID
	Amends uint64 // how often somebody has amended it, and from the second life on which life that was
	Day    int64  // of the last move, since 1970
	Moves  int    // on that day
	Why    string // why it was moved last

	Unserved uint64 // the open exception that says that nobody can serve it; 0 for none
	Lowered  []int  // lines of which a forgotten amendment let some go, until all is known (amend_learn.go)
}

// VersionOf is the version of an order's wish: 1 as it was placed, another one after each amendment.
func (m *Machine) VersionOf(id ledger.OrderID) uint64 {
	if r, ok := m.revised.Get(id); ok {
		return r.Amends + 1
	}
	return 1
}

func (m *Machine) editRevised(id ledger.OrderID) *Revised {
	r, ok := edit(m.revised.table, id, func(r *Revised) *Revised {
		c := *r
		return &c
	})
	if !ok {
		r = &Revised{Order: id}
		m.revised.put(id, r)
	}
	return r
}

// amends counts an amendment. A version of a life that is over never stands for another wish in this one.
func (m *Machine) amends(id ledger.OrderID) uint64 {
	r, life := m.editRevised(id), uint64(0)
	if m.counters.H.Counter > 1 {
		life = m.counters.H.Counter
	}
	r.Amends = max(r.Amends, life) + 1
	return r.Amends
}

func (m *Machine) amend(c *Amend) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var a *Answer
	err := m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		switch {
		case !ok || o.Owner != ledger.HQ:
			return ledger.ErrOrderUnknown
		case o.Relearned:
			return ErrConflict
		case o.awaits():
			return &ledger.StateError{Order: o.ID, Status: o.Status, Why: "waits for somebody's word: decide about it first (holdfast order decide), or cancel it"}
		}
		a = &Answer{Request: c.Request, Amends: m.VersionOf(c.Order) - 1}
		var err error
		switch fixed := o.Fixed(c.Lines); {
		case o.Canceling() != nil:
			a.Refusal = ledger.RefusedState
		case c.Version != a.Amends+1:
			a.Refusal = RefusedChanged
		case len(fixed) > 0:
			a.Refusal, a.Shorts = RefusedFixed, fixed
		case len(c.Shorts) > 0 && m.Unsettled():
			return ErrConflict // it may be that they are there
		case len(c.Shorts) > 0:
			a.Refusal, a.Shorts = ledger.RefusedShort, c.Shorts
		default:
			a.Amends = m.amends(o.ID)
			o.Denied = nil // from here on it wants what was said now
			err = m.change(o, c)
		}
		if a.Refusal != "" && c.Using != "" {
			m.closeRequest(c.Using, m.causeOfCommand(c.Using, c.At))
		}
		a.Order = o.snapshot()
		m.remember(c.Key, a)
		return err
	})
	return Result{Err: err, Answer: a}
}

// Fixed lists the lines of which less is wanted than has left already, with how much that is.
func (o *Order) Fixed(lines []AmendLine) (out []ledger.Short) {
	for _, a := range lines {
		if a.Line < 1 || a.Line > len(o.Lines) {
			continue
		}
		if l := &o.Lines[a.Line-1]; a.Qty < l.Taken+l.Declined && !l.Canceled {
			out = append(out, ledger.Short{Line: a.Line, SKU: l.SKU, Want: a.Qty, Have: l.Taken + l.Declined})
		}
	}
	return out
}

// Amended gives the order's lines as an amendment has them, and what it wants more, line by line. It refuses a form that no
// order may have. Nothing that is promised has moved.
func (o *Order) Amended(lines []AmendLine) (all []ledger.Line, more []allocate.Need, err error) {
	if len(lines) > ledger.LinesMax {
		return nil, nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("are more than %d", ledger.LinesMax)}
	}
	all = o.Clone().Lines
	named := map[int]bool{}
	for i, a := range lines {
		bad := func(field, why string) error { return &ledger.FormError{Field: field, Line: i + 1, Why: why} }
		was := ledger.Qty(0)
		switch {
		case a.Line < 0 || a.Line > len(o.Lines):
			return nil, nil, bad("line", fmt.Sprintf("is not a line of the order, 1 to %d; leave it out to add one", len(o.Lines)))
		case a.Line > 0 && named[a.Line]:
			return nil, nil, bad("line", "is named twice: say once what it is to be for")
		case a.Qty < 0 || a.Qty > ledger.QtyMax || a.Line == 0 && a.Qty == 0:
			return nil, nil, bad("qty", fmt.Sprintf("is not 0 to %d, and above 0 for a line that is added", ledger.QtyMax))
		case a.Line == 0:
			all = append(all, ledger.Line{SKU: a.SKU, Qty: a.Qty, Price: a.Price, Charge: a.Charge})
			more = append(more, allocate.Need{Line: len(all), SKU: a.SKU, Qty: a.Qty})
			continue
		case a.SKU != "" && a.SKU != o.Lines[a.Line-1].SKU:
			return nil, nil, bad("sku", "is another one than the line has: give the line up and add one")
		}
		named[a.Line] = true
		l := &all[a.Line-1]
		if was = l.Qty; l.Canceled {
			was = 0
		}
		if a.Qty > was {
			more = append(more, allocate.Need{Line: a.Line, SKU: l.SKU, Qty: a.Qty - was})
		}
		if a.Qty > 0 {
			if err := l.SetQty(a.Qty); err != nil {
				return nil, nil, bad("qty", "makes more money than is counted in one order: divide it over several orders")
			}
		}
	}
	form := o.Order
	form.Lines = all
	slices.SortFunc(more, func(a, b allocate.Need) int { return a.Line - b.Line })
	return all, more, form.Check()
}

// change amends an order. What is drawn for it is taken before anything is let go.
func (m *Machine) change(o *Order, c *Amend) error {
	all, more, err := o.Amended(c.Lines)
	if err != nil {
		return err
	}
	wants := make(map[int]ledger.Qty, len(more))
	for _, n := range more {
		wants[n.Line] = n.Qty
	}
	if moreOfSuppliers(all, more) || !fits(c.Legs, all, func(line int) ledger.Qty { return wants[line] }) || c.ShipTo == nil && c.NeedBy == nil && len(c.Lines) == 0 {
		return ErrConflict
	}
	for _, l := range c.Legs {
		if wants[l.Line] -= l.Qty; o.CollectAt != "" && l.Site != o.CollectAt {
			return ErrConflict
		}
	}
	lent := m.borrowed(c.Using)
	if err := m.takeFor(o.Class, c.At, c.Legs, c.Using, m.causeOfCommand(c.Using, c.At)); err != nil {
		return err
	}
	if err := m.chargeMore(o, c.Legs, c.At); err != nil {
		return err
	}
	amended := o.amendedStep(c, m.editRevised(o.ID).Amends+1)
	amended.Device, amended.Approver = m.hand.Device, m.hand.Approver
	m.tell(o.ID, append(lent, amended)...)
	o.Plans++
	why := m.causeOfPlan(o)
	if mv, moving := m.editMoving(o.ID); moving && mv.together() {
		m.callOff(mv, why) // it was for another wish
	}
	m.reserveWished(o, all, c.Legs, why.decidedAt)
	gone := m.lessOf(o, c.Lines)
	o.Lines = append(o.Lines, all[len(o.Lines):]...)
	for _, l := range c.Legs {
		o.Lines[l.Line-1].AddAway(l.Site, l.Qty)
	}
	m.demandMore(o, more, c.At)
	for _, n := range more { // in order of line
		if q := wants[n.Line]; q > 0 && Whole(o.Shortage) {
			return ErrConflict
		} else if q > 0 && o.Shortage == ledger.Backorder {
			o.Lines[n.Line-1].Backordered += q
			o.Wait = ledger.WaitHQ
		}
	}
	m.release(o, gone, why)
	if c.ShipTo != nil {
		m.dueAt = c.At // what it is promised may come to a site that does not send there
		o.ShipTo = *c.ShipTo
		m.addressLeaves(o, c.At)
	}
	if c.NeedBy != nil {
		o.NeedBy = *c.NeedBy
	}
	if o.Settle(); o.Canceling() != nil {
		m.closeRequest(SubjectOfFill(o.ID), why)
		m.endMove(o.ID, why)
	}
	if len(more) > 0 {
		m.explain(o.ID, c.Explain)
	}
	if !o.named() || len(o.Legs) > legsOfOrderMax/2 {
		return ErrConflict
	}
	return o.Check()
}

// moreOfSuppliers says whether a supplier would be asked for more: the door has said in words that it cannot.
func moreOfSuppliers(all []ledger.Line, more []allocate.Need) bool {
	return slices.ContainsFunc(more, func(n allocate.Need) bool { return all[n.Line-1].Drop != nil })
}

// lessOf takes from an order's lines what they are to be less, and says whose it was.
func (m *Machine) lessOf(o *Order, lines []AmendLine) (gone []allocate.Leg) {
	for _, a := range lines {
		if a.Line > 0 {
			gone = append(gone, m.less(o, a.Line, a.Qty)...)
		}
	}
	return gone
}

// amendedStep is what an amendment to a version is told as, before it is carried out.
func (o *Order) amendedStep(c *Amend, version uint64) Step {
	s := Step{What: StepAmended, At: c.At, By: c.By, Version: version, Explain: c.Explain}
	added := 0
	for _, a := range c.Lines {
		l := StepLine{Line: a.Line, SKU: a.SKU, Qty: a.Qty}
		if a.Line == 0 {
			added++
			l.Line = len(o.Lines) + added
		} else if was := &o.Lines[a.Line-1]; !was.Canceled {
			l.SKU, l.Of = was.SKU, was.Qty
		} else {
			l.SKU = was.SKU
		}
		s.Lines = append(s.Lines, l)
	}
	var also []string
	if c.ShipTo != nil {
		also = append(also, "another address")
	}
	if c.NeedBy != nil {
		also = append(also, "needed by "+cmp.Or(*c.NeedBy, "no date any more"))
	}
	s.Why = strings.Join(also, ", ")
	return s
}

// less lowers what line (from 1) wants to q: first what nobody has promised, then what waits, then what sites serve, the
// site that was chosen last first. It gives what sites are to let go.
func (m *Machine) less(o *Order, line int, q ledger.Qty) (gone []allocate.Leg) {
	l := &o.Lines[line-1]
	over := l.Qty - q
	switch {
	case l.Canceled && q == 0:
		return nil
	case l.Canceled || over <= 0:
		l.Canceled = false
		setQty(l, q)
		return nil
	}
	if l.Drop != nil {
		n := l.AskLess(over)
		if over -= n; q > 0 { // of a line that is given up, what it was for says it
			l.Drop.Off += n
		}
	}
	over -= min(over, l.Qty-l.Promised()-l.Backordered-l.Declined)
	waits := min(over, l.Backordered)
	l.Fill(waits)
	over -= waits
	for i := len(o.Legs) - 1; i >= 0 && over > 0; i-- {
		leg := &o.Legs[i]
		if leg.Line != line || !leg.live() || m.strayed(o, leg) {
			continue
		}
		if n := o.withdraw(line-1, leg.Site, min(over, leg.Qty)); n > 0 {
			gone = append(gone, allocate.Leg{Line: line, SKU: l.SKU, Site: leg.Site, Qty: n})
			over -= n
			o.cut(i, n)
		}
	}
	if q == 0 {
		l.Canceled = true // it shows what it was for
	} else {
		setQty(l, q)
	}
	return gone
}

// setQty makes a line one for q units. What Amended has found to be countable is.
func setQty(l *ledger.Line, q ledger.Qty) {
	if l.SetQty(q) != nil {
		l.Qty, l.Charge = q, nil
	}
}

// cut lets q of a leg go.
func (o *Order) cut(i int, q ledger.Qty) {
	l := &o.Legs[i]
	if l.Qty == q {
		l.State = LegCanceled
		return
	}
	l.Qty -= q
	part := *l
	part.Qty, part.State = q, LegCanceled
	o.Legs = append(o.Legs, part)
}

// release has sites let go what an order does not count on any more.
func (m *Machine) release(o *Order, gone []allocate.Leg, why *cause) {
	for _, part := range bySite(gone) {
		m.releaseAt(o, part[0].Site, summed(part), why)
	}
}

// releaseAt has one site let go what an order does not count on any more. Where that is all it serves its parcel goes with it.
func (m *Machine) releaseAt(o *Order, site ledger.SiteID, lines []ledger.CommandLine, why *cause) {
	c := m.issue(site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRelease, Order: o.ID, Owner: o.Owner, Lines: lines})
	if !m.serves(o.ID, site) {
		m.parcelsLeave(o.ID, site, c.ID)
	}
}

// summed adds up the legs of one site, line by line, in order of line.
func summed(legs []allocate.Leg) (out []ledger.CommandLine) {
	sorted := slices.Clone(legs)
	slices.SortStableFunc(sorted, func(a, b allocate.Leg) int { return a.Line - b.Line })
	for _, l := range sorted {
		if n := len(out); n > 0 && out[n-1].Line == l.Line {
			out[n-1].Qty += l.Qty
			continue
		}
		out = append(out, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	return out
}

// demandMore counts what is wanted more as what is asked for.
func (m *Machine) demandMore(o *Order, more []allocate.Need, at time.Time) {
	if len(more) == 0 {
		return
	}
	asked := o.Order
	asked.Lines = make([]ledger.Line, len(more))
	for i, n := range more {
		asked.Lines[i] = ledger.Line{SKU: n.SKU, Qty: n.Qty}
	}
	m.count(ledger.HQ, &asked, at)
}

// A ChangedError says that somebody has amended an order since it was looked at.
type ChangedError struct {
	Order   ledger.OrderID
	Version uint64 // as it is now
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("order %s is at version %d now", e.Order, e.Version)
}

// A FixedError says that of some lines no less can be wanted than has left already.
type FixedError struct {
	Order ledger.OrderID
	Lines []ledger.Short // Have: the least that can be wanted
}

func (e *FixedError) Error() string {
	words := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		words[i] = fmt.Sprintf("line %d can be lowered to %d", l.Line, l.Have)
	}
	return fmt.Sprintf("order %s: %s", e.Order, strings.Join(words, ", "))
}
