package machine

import "time"

// Agree says up to which kind of command the builds of all servers carry commands out. What Apply does otherwise from a build
// on waits for it: were it the build's own, a server that is upgraded first would hold another state than the others.
// It never goes back. Several mends name the kind that came last before them (kindLeast): they wait for servers of the builds that were released
// before it, and two builds of the days in between, which nobody was given, must not serve one company together.
type Agree struct {
	Commands int // the last kind that every server's build knows
	At       time.Time
}

func (*Agree) kind() kind { return kindAgree }

// AgreeCommands is what Build.Commands has to be of every server before an Agree, or a change with the version that its clerk
// saw, is given.
const AgreeCommands = int(kindAgree)

// kindMended is the first kind that only such builds know as end a move to a site that is declared lost, and tell of goods whose reference
// nearly fits a delivery. It is the kind that came after both, whatever it says.
const kindMended = kindTransfer

// kindMarked is the first kind that only such builds know as name a reservation by the version of the order that it is for (mark.go). It is the
// kind that came last before it, whatever it says.
const kindMarked = kindCompany

// kindKept is the first kind that only such builds know as keep what classes keep for others also of what is due in. It is the kind that came last
// before it, whatever it says.
const kindKept = kindCompany

// kindLetIn is the first kind that only such builds know as give a site that is declared lost an epoch where the command names it, and no other
// (Reissue.LetIn). It is the kind that came last before it, whatever it says.
const kindLetIn = kindLearnUsers

// kindLinesLearnt is the first kind that only such builds know as learn the lines that an order has got in a life that is lost (strayed.go). It is the
// kind that came last before it, whatever it says.
const kindLinesLearnt = kindLeast

// kindTakesUp is the first kind that only such builds know as take up an order whose reservations a site tells of although it waits for somebody's
// word here, or is to wait because it asks for more than they bring (take_up.go). It is the kind that came last before it, whatever it says.
const kindTakesUp = kindLeast

// kindSaysWish is the first kind that only such builds know as say with a reservation what its lines are wished for (mark.go). It is the kind that came
// last before it, whatever it says.
const kindSaysWish = kindLeast

// kindTellsBuyer is the first kind that only such builds know as tell a site that head office has closed a purchase order of its book. It is the
// kind that came last before it, whatever it says.
const kindTellsBuyer = kindLeast

// kindTaken is the first kind that only such builds know as put to an owner's book what another one has taken over of it on an answer that head office has
// forgotten (claimsForgotten). It is the kind that came last before it, whatever it says.
const kindTaken = kindLeast

// kindReasonActs is the first kind that only such builds know as keep for what a reason is given. It is the kind that came last before it, whatever it says.
const kindReasonActs = kindLeast

func (m *Machine) agreeOn(c *Agree) Result {
	if c.Commands > int(kindLast) {
		return Result{Err: ErrUnknownCommand} // this build does not know them itself
	}
	terms, mended := m.ByTerms(), m.mended()
	m.counters.Agreed = max(m.counters.Agreed, c.Commands)
	if !terms && m.ByTerms() {
		m.dueElsewhere(m.derived.sites, c.At)
	}
	if !mended && m.mended() {
		return Result{Err: m.atomically(func() error { m.endMovesToLost(c.At); return nil })}
	}
	return Result{}
}

// ByTerms says whether a parcel comes off its day again with what it was for, what is due in is promised to those whom its site may serve,
// an ask counts for its class, items and rules have categories, and what a lost life has amended is learnt.
func (m *Machine) ByTerms() bool { return m.agreed(kindAgree) }

// mended says whether a move ends where a site that it goes to is declared lost, and goods whose reference nearly fits a delivery are told of.
func (m *Machine) mended() bool { return m.agreed(kindMended) }

// marks says whether a reservation for an order of HQ's own says which version it is for, and what lost lives amended is learnt by that.
func (m *Machine) marks() bool { return m.agreed(kindMarked) }

// keepsDue says whether what is due in is promised, and handed over, within what classes may get and keep for others.
func (m *Machine) keepsDue() bool { return m.agreed(kindKept) }

// learnsLines says whether lines are learnt that an order has got in a life that is lost, and a leg for none of an order's lines is kept apart.
func (m *Machine) learnsLines() bool { return m.agreed(kindLinesLearnt) }

// takesUp says whether an order that waits for somebody's word may have reservations.
func (m *Machine) takesUp() bool { return m.agreed(kindTakesUp) }

// saysWish says whether a reservation for an order that was amended says what its lines are wished for, and what lost lives amended is learnt by that.
func (m *Machine) saysWish() bool { return m.agreed(kindSaysWish) }

// letsIn says whether a site that is declared lost gets an epoch only where the command names it.
func (m *Machine) letsIn() bool { return m.agreed(kindLetIn) }

// putsTaken says whether an owner's book is asked for what another one has taken over on an answer that head office has forgotten.
func (m *Machine) putsTaken() bool { return m.agreed(kindTaken) }

// Agreed is the last kind of command by whose build this state is carried on; 0 before the first Agree.
func (m *Machine) Agreed() int { return m.counters.Agreed }

// agreed says whether the state is carried on as builds from the one with commands of kind k do.
func (m *Machine) agreed(k kind) bool { return m.counters.Agreed >= int(k) }
