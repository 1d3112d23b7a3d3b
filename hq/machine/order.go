package machine

import (
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// learn makes a record of an order.
func (m *Machine) learn(o *ledger.Order) *Order { return m.adopt(*o.Clone()) }

// adopt is learn for an order whose lines are nobody else's from here on.
func (m *Machine) adopt(o ledger.Order) *Order {
	m.counters.Rank++
	rec := &Order{Order: o, Rank: m.counters.Rank}
	m.orders.put(o.ID, rec)
	return rec
}

// snapshot is the order as it stands, to be told. It is the record's own, which is
// never changed once its command has ended; nothing may be changed on o after this.
func (o *Order) snapshot() *ledger.Order { return &o.Order }

// explain keeps why an order was planned as it was, and forgets the oldest ones for it where there
// are more than ExplainsMax, or where they name more than ChoicesMax candidates; earlier, as long as a server may have a build that does.
func (m *Machine) explain(id ledger.OrderID, e Reasons) {
	m.counters.Explains++
	news := &Explained{Order: id, Rank: m.counters.Explains, Explain: e.own()}
	news.count = news.Explain.choices()
	was := 0
	old, known := m.explains.get(id)
	if known {
		was = old.choices()
	}
	m.explains.put(id, news)
	keep := keeping{ExplainsBefore, ChoicesBefore}
	if m.agreed(kindAgree) {
		keep = keeping{ExplainsMax, ChoicesMax}
	}
	m.derived.explains.forget(id, known, was, news.count, keep, m.explains.del)
}

// choices is how many candidates the explanation names.
func (e *Explained) choices() int {
	if e.count == 0 { // it was restored, or names none
		e.count = e.Explain.choices()
	}
	return e.count
}

// withdraw takes back what site was to serve of line i, and says how much that was.
func (o *Order) withdraw(i int, site ledger.SiteID, q ledger.Qty) ledger.Qty {
	l := &o.Lines[i]
	if site == o.Owner {
		n := min(q, l.Here)
		l.Here -= n
		return n
	}
	for k := range l.Away {
		if l.Away[k].Site != site {
			continue
		}
		n := min(q, l.Away[k].Qty)
		if l.Away[k].Qty -= n; l.Away[k].Qty == 0 {
			l.Away = slices.Delete(l.Away, k, k+1)
		}
		return n
	}
	return 0
}

// legsPerLineMax is how many sites one line of a stored order may name, as in package ledger.
const legsPerLineMax = 1000

// named says whether the order still names no more sites than its record may.
func (o *Order) named() bool {
	sum := 0
	for i := range o.Lines {
		n := len(o.Lines[i].Away)
		if sum += n; n > legsPerLineMax || sum > ledger.LegsMax {
			return false
		}
	}
	return true
}

// letGo cancels the legs that an order has at other sites: one command a site, whatever became
// of the reservations there. A leg at the owner is the owner's own to free.
func (m *Machine) letGo(o *Order, why *cause) {
	var sites []ledger.SiteID
	for i := range o.Legs {
		l := &o.Legs[i]
		if !l.live() {
			continue
		}
		has := l.State != LegLetGo
		l.State = LegCanceled
		if has && l.Site != o.Owner && !slices.Contains(sites, l.Site) {
			sites = append(sites, l.Site)
		}
	}
	slices.Sort(sites)
	for _, site := range sites {
		id := why.decided()
		m.parcelsLeave(o.ID, site, id)
		m.issue(site, ledger.HQCommand{ID: id, Kind: ledger.CommandCancel, Order: o.ID, Owner: o.Owner})
	}
	m.parcelsEnd(o.ID, o.Owner, !hasLeft(&o.Order), anyParcel)
	m.closeRequest(SubjectOfFill(o.ID), why)
	m.endMove(o.ID, why)
}

// place takes an order of HQ's own; unsure says that what its plan leaves is taken without a promise.
func (m *Machine) place(c *Place, unsure bool) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	if err := c.Order.Check(); err != nil {
		return Result{Err: err}
	}
	var a *Answer
	err := m.atomically(func() error {
		o, again := m.forgottenOrder(c.Order.ID)
		waited := o.released(&c.Order)
		if !m.placeable(o, &c.Order, again, waited) {
			return ledger.ErrOrderExists
		}
		over, serial := again && m.over(o), m.counters.Serial+1
		if o.awaits() {
			serial = o.Serial
			m.placedNow(o, c, waited)
		}
		if again {
			o.keepsOwn(&c.Order)
		}
		if again || waited {
			o.Order, o.Relearned = *c.Order.Clone(), false
		} else {
			o = m.adopt(c.Order) // as it came with the command, which nobody else has
		}
		if over {
			a = m.overAgain(o, c)
			return nil
		}
		if err := planned(c, o, again, unsure, !again && m.DueInTime(&c.Order, c.Legs)); err != nil {
			return err
		}
		m.countChecked(ledger.HQ, &c.Order, c.At)
		m.counters.Serial = max(m.counters.Serial, serial)
		o.Plans, o.Serial, o.Owner, o.Offline = o.Plans+1, serial, ledger.HQ, false
		lent := m.borrowed(c.Using)
		if o.Yields = m.yields(&o.Order); !waited || o.Hand == (Hand{}) { // of one that waited it is known whose it is
			o.Hand = c.Hand
		}
		if err := m.takeFor(o.Class, c.At, c.Legs, c.Using, m.causeOfCommand(c.Using, c.At)); err != nil {
			return err
		}
		if err := m.charge(o.ID, c.Legs, c.At); err != nil {
			return err
		}
		if m.promise(o, c, again, unsure); !o.named() {
			return ErrConflict
		}
		if again {
			m.asksPrice(o, c.At)
		}
		m.tellLent(o, lent, c)
		var due []DuePromise
		if !again {
			due = m.promiseDue(o, c.Legs)
		}
		m.reserveFor(o, c, again)
		m.explain(o.ID, c.Explain)
		m.claimedNow(o.ID, c.At)
		a = &Answer{Request: c.Request, Order: o.snapshot(), Promised: toldOf(due), Yields: o.Yields}
		m.remember(c.Key, a)
		return nil
	})
	return Result{Err: err, Answer: a}
}

// overAgain keeps an order that is placed again, and whose cancel is known, too.
func (m *Machine) overAgain(o *Order, c *Place) *Answer {
	o.Owner, o.Offline = ledger.HQ, false
	o.cancelLines()
	a := &Answer{Request: c.Request, Order: o.snapshot()}
	m.remember(c.Key, a)
	m.claimedNow(o.ID, c.At)
	return a
}

// reserveFor reserves what an order is served with. One that is taken again is settled with what its sites have of it.
func (m *Machine) reserveFor(o *Order, c *Place, again bool) {
	why := m.causeOfPlan(o)
	var learnt []string
	if again && m.learnsLines() && m.learnable(o) { // before this life gives it anything
		learnt = m.learnLines(o, c.At)
	}
	switch m.reserve(o, c.Legs, why.decidedAt); {
	case again && m.learnsLines():
		m.settleLearning(o, learnt, why, c.At)
	case again:
		m.settleOrder(o, why, c.At)
	}
}

// tellLent keeps what others lent for an order, and then its placing.
func (m *Machine) tellLent(o *Order, lent []Step, c *Place) {
	if lent == nil {
		return
	}
	placed := Step{What: StepPlaced, At: c.At, Why: string(o.Channel), Explain: c.Explain}
	placed.of(&o.Hand)
	m.tell(o.ID, append(lent, placed)...)
}

// forgottenOrder gives an order of HQ's own that is known by its reservations, or their cancel, only.
func (m *Machine) forgottenOrder(id ledger.OrderID) (*Order, bool) {
	o, ok := m.editOrder(id)
	return o, ok && o.Relearned && o.Owner == ledger.HQ
}

// GivenUp says whether an order that is known by its reservations only was cancelled. Where all that is known of it has left, the rest was not given up.
func (o *Order) GivenUp() bool {
	return o.Status == ledger.StatusCanceled || slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Canceled })
}

// keepsOwn asks no supplier for a line that is sent again and of which sites serve some, or have sent some: by the items of that life it was own stock, and a
// line is its supplier's as a whole or not at all. What the sites do not bring waits for own stock.
func (o *Order) keepsOwn(other *ledger.Order) {
	for i := range other.Lines {
		if o.brings(i+1) > 0 {
			other.Lines[i].Drop = nil
		}
	}
}

// Admits says whether the reservations that an order is known by are for what other asks for, and for its customer where they say so. Lines beyond it were added after it was accepted, by
// an amendment, or where a supplier did not send what it was asked for: they are learnt.
func (o *Order) Admits(other *ledger.Order) bool {
	if o.Customer != "" && o.Customer != other.Customer { // as sites have heard it
		return false
	}
	for i := range o.Legs {
		l := &o.Legs[i]
		if l.brings() && l.Line <= len(other.Lines) && (l.Line < 1 || other.Lines[l.Line-1].SKU != l.SKU) {
			return false
		}
	}
	return true
}

// brings is what the legs of an order that is known by them only bring for a line, and have brought.
func (o *Order) brings(line int) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Line == line && l.brings() {
			sum += l.Qty
		}
	}
	return sum
}

func (l *Leg) brings() bool {
	return l.State == LegSent || l.State == LegReserved || l.State == LegLeft
}

// Lacks is what has to be planned for line (from 1) of an order that is sent again: what no
// reservation brings that a site's entry has told of.
func (o *Order) Lacks(line int, want ledger.Qty) ledger.Qty {
	if o == nil {
		return want
	}
	return max(0, want-o.brings(line))
}

// planned says whether the plan of a new order is one that its caller asked for. o has the legs
// that an earlier life has given it, if any: one that is sent again was accepted by that life, so
// it is taken with whatever there is. due says that what is lacking is due in in time, unsure that it is to be
// confirmed, which nobody may be told who did not ask for it.
func planned(c *Place, o *Order, again, unsure, due bool) error {
	if unsure && (again || c.Order.Shortage != ledger.Confirm) {
		return ErrConflict
	}
	if !fits(c.Legs, c.Order.Lines, func(line int) ledger.Qty {
		if c.Order.Lines[line-1].Drop != nil {
			return 0
		}
		return o.Lacks(line, c.Order.Lines[line-1].Qty)
	}) {
		return ErrConflict
	}
	var want, given ledger.Qty
	for i := range c.Order.Lines {
		l := &c.Order.Lines[i]
		if want += l.Qty; l.Drop != nil { // its supplier is asked for all of it
			given += l.Qty
			continue
		}
		given += min(o.brings(i+1), l.Qty)
	}
	for _, l := range c.Legs {
		if given += l.Qty; c.Order.CollectAt != "" && l.Site != c.Order.CollectAt {
			return ErrConflict
		}
	}
	if !again && !due && !unsure && (Whole(c.Order.Shortage) && given < want || c.Order.Shortage == ledger.Partial && given == 0) {
		return ErrConflict
	}
	return nil
}

// unpromised sets a line back to what was wished for.
func unpromised(l *ledger.Line) {
	l.Here, l.Taken, l.Away, l.Backordered, l.Unconfirmed, l.Declined, l.Canceled, l.Returned = 0, 0, nil, 0, 0, 0, false, 0
	l.Sent = nil
}

// promise sets the lines of a new order of HQ's own. One that is sent again was promised: what
// cannot be served of it now waits, if it was to be served whole.
func (m *Machine) promise(o *Order, c *Place, again, unsure bool) {
	for i := range o.Lines {
		unpromised(&o.Lines[i])
	}
	o.AskSuppliers(c.At)
	for _, leg := range o.Legs { // in an earlier life
		if m.strayed(o, &leg) {
			continue
		}
		if l := &o.Lines[leg.Line-1]; leg.State == LegLeft && l.Qty > l.Promised() {
			n := min(leg.Qty, l.Qty-l.Promised())
			l.AddAway(leg.Site, n)
			l.HandOver(leg.Site, leg.Qty)
		}
	}
	for _, leg := range c.Legs {
		o.Lines[leg.Line-1].AddAway(leg.Site, leg.Qty)
	}
	for _, leg := range o.Legs { // of an earlier life, or of two that did not know each other
		if m.strayed(o, &leg) {
			continue
		}
		if l := &o.Lines[leg.Line-1]; leg.live() && l.Qty > l.Promised() {
			l.AddAway(leg.Site, min(leg.Qty, l.Qty-l.Promised()))
		}
	}
	if o.Wait = ledger.WaitNone; o.Shortage == ledger.Backorder || unsure || again && Whole(o.Shortage) {
		o.Wait = ledger.WaitHQ
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Backordered = l.Qty - l.Promised()
			if unsure {
				l.Unconfirmed = l.Backordered
			}
		}
	}
	o.Settle()
}

func (m *Machine) refuse(c *Refuse) Result {
	if c.Refusal != "" {
		if res, done := m.remembered(c.Key, c.Request); done {
			return res
		}
	}
	if c.Refusal == ledger.RefusedShort && m.Unsettled() {
		return Result{Err: ErrConflict} // it may be one of those that were promised
	}
	var a *Answer
	err := m.atomically(func() error {
		m.closeRequest(c.For, m.causeOfCommand(c.For, c.At))
		if c.Refusal != "" {
			a = &Answer{Request: c.Request, Order: &c.Order, Shorts: c.Shorts, Refusal: c.Refusal}
			m.remember(c.Key, a)
		}
		if c.Refusal == ledger.RefusedShort {
			m.count(ledger.HQ, &c.Order, c.At)
		}
		return nil
	})
	return Result{Err: err, Answer: a}
}

func (m *Machine) fill(c *Fill) Result {
	return Result{Err: m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		if !ok || len(c.Legs) == 0 || !fits(c.Legs, o.Lines, o.Waiting) {
			return ErrConflict
		}
		for _, l := range c.Legs {
			if o.CollectAt != "" && l.Site != o.CollectAt {
				return ErrConflict
			}
		}
		lent := m.borrowed(c.Using)
		if err := m.takeFor(o.Class, c.At, c.Legs, c.Using, m.causeOfCommand(c.Using, c.At)); err != nil {
			return err
		}
		if err := m.charge(o.ID, c.Legs, c.At); err != nil {
			return err
		}
		o.Plans++
		was := o.Status
		why := m.causeOfPlan(o)
		id := named(why.decidedAt)
		m.reserve(o, c.Legs, id)
		m.note(o, c.Legs, id, why)
		for _, l := range c.Legs {
			o.Lines[l.Line-1].Fill(l.Qty)
			if l.Site == o.Owner {
				o.Lines[l.Line-1].Here += l.Qty
			} else {
				o.Lines[l.Line-1].AddAway(l.Site, l.Qty)
			}
		}
		if !o.named() {
			return ErrConflict
		}
		o.Settle()
		m.confirmed(o, was)
		m.tell(o.ID, append(lent, Step{What: StepServed, At: c.At, Explain: c.Explain})...)
		m.explain(o.ID, c.Explain)
		return nil
	})}
}

// note tells the site that owns an order which other sites now serve its waiting lines. id is that
// of the reservation at a site, from which that of the note follows. Before builds agree, in the first life, it is
// the next that why decides on: builds before lives of head office, which apply the same log, name it so.
func (m *Machine) note(o *Order, legs []allocate.Leg, id func(ledger.SiteID) string, why *cause) {
	if o.Owner == ledger.HQ {
		return
	}
	for _, part := range bySite(legs) {
		site := part[0].Site
		switch {
		case site == o.Owner:
		case why.life > 1 || m.agreed(kindAgree):
			m.noteOf(o, site, linesOfLegs(part), id(site))
		default:
			m.issueNote(o, site, linesOfLegs(part), why.decided())
		}
	}
}

// noteOf tells the owner of one reservation. Its id follows from the reservation's, so that a head
// office that has forgotten both tells it once.
func (m *Machine) noteOf(o *Order, site ledger.SiteID, lines []ledger.CommandLine, reserve string) {
	if o.Owner != ledger.HQ && site != o.Owner {
		m.issueNote(o, site, lines, reserve+"/note")
	}
}

func (m *Machine) issueNote(o *Order, site ledger.SiteID, lines []ledger.CommandLine, id string) {
	m.issue(o.Owner, ledger.HQCommand{ID: id, Kind: ledger.CommandNote, Order: o.ID, Owner: o.Owner, Site: site, Lines: lines})
}

func (m *Machine) cancel(c *Cancel) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var a *Answer
	err := m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		if !ok || o.Owner != ledger.HQ {
			return ledger.ErrOrderUnknown
		}
		a = &Answer{Request: c.Request, Amends: m.VersionOf(c.Order) - 1}
		if o.Canceling() != nil {
			a.Refusal = ledger.RefusedState
		} else {
			if o.awaits() {
				m.ruled(o, ledger.RulingCancel, c.By, "cancelled", c.At)
			}
			m.letGo(o, &cause{name: string(o.ID) + "/cancel", life: m.counters.H.Counter})
			o.cancelLines()
			m.tell(o.ID, Step{What: StepCanceled, At: c.At, By: c.By, Device: m.hand.Device, Approver: m.hand.Approver})
		}
		a.Order = o.snapshot()
		m.remember(c.Key, a)
		return nil
	})
	return Result{Err: err, Answer: a}
}

// cancelLines lets go what an order of HQ's own was promised.
func (o *Order) cancelLines() {
	if o.Status == ledger.StatusWaiting {
		o.Status = ledger.StatusAllocated // it waits for no word any more
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Canceled = l.Taken < l.Qty || l.Qty == 0
		l.Here, l.Away, l.Backordered, l.Unconfirmed = 0, nil, 0, 0
		if o.Owner == ledger.HQ && l.Drop != nil {
			l.AskLess(l.Drop.Open)
		}
	}
	o.Settle()
}
