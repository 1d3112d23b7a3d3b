package ledger

import (
	"fmt"
	"strings"
)

// DropDeed is what a supplier does with what it was asked to send. Deeds are on disk: only ever appended to.
type DropDeed uint8

// The deeds. Asking and calling off are no supplier's word: they go with the order.
const (
	DropConfirm DropDeed = 1 // it says that it will send it
	DropSend    DropDeed = 2 // it has left
	DropRefuse  DropDeed = 3 // it will not be sent
	DropBack    DropDeed = 4 // what was sent has come back to it
	dropAsk     DropDeed = 5
	dropCallOff DropDeed = 6
)

var dropDeeds = [...]string{"", "confirm", "dispatch", "refuse", "come-back", "ask", "call off"}

func (d DropDeed) String() string {
	if int(d) < len(dropDeeds) {
		return dropDeeds[d]
	}
	return "unknown"
}

// A dropStage is where a unit is that a supplier was asked for.
type dropStage uint8

const (
	dropNone dropStage = iota
	dropAsked
	dropConfirmed
	dropSent
	dropRefused
	dropOff
	dropBack
)

var dropStages = [...]string{"-", "asked", "confirmed", "sent", "refused", "called off", "back"}

func (s dropStage) String() string { return dropStages[s] }

// A dropArrow leads a unit from a stage to another one. Of the arrows of one deed those that come first take their units first.
type dropArrow struct {
	from dropStage
	deed DropDeed
	to   dropStage
	says string
}

// dropTable is the state machine of a unit that a supplier sends, and all of it: DESIGN.md has it printed, and a test compares.
var dropTable = [...]dropArrow{
	{dropNone, dropAsk, dropAsked, "its order is accepted: the supplier is asked for it, by the lead time. Nothing of stock moves, now or later"},
	{dropAsked, DropConfirm, dropConfirmed, "the supplier says that it will send it, and on which day"},
	{dropConfirmed, DropConfirm, dropConfirmed, "the supplier names another day: where that is later, the customer is told"},
	{dropConfirmed, DropSend, dropSent, "it has left: it counts as handed over"},
	{dropAsked, DropSend, dropSent, "likewise, where the supplier has not said yes before"},
	{dropOff, DropSend, dropSent, "it has left all the same: it is over, and somebody is told"},
	{dropAsked, DropRefuse, dropRefused, "the line comes back declined, with the reason: it is owed no more, what was paid for it can be given back, and somebody is told"},
	{dropConfirmed, DropRefuse, dropRefused, "likewise: the supplier calls off what it had confirmed"},
	{dropAsked, dropCallOff, dropOff, "its order is cancelled: the supplier is to be told"},
	{dropConfirmed, dropCallOff, dropOff, "likewise"},
	{dropSent, DropBack, dropBack, "it came back to the supplier: it counts as returned, and no goods come in here. What comes back to a site is a return like any other"},
}

// dropAt is how many units of the line are in a stage from which a supplier's word can lead.
func (l *Line) dropAt(s dropStage) Qty {
	switch d := l.Drop; s {
	case dropAsked:
		return d.Open - d.Confirmed
	case dropConfirmed:
		return d.Confirmed
	case dropSent:
		return l.Returnable()
	case dropOff:
		off := d.Off - l.Over
		if l.Canceled {
			off += l.Qty - l.Taken - l.Declined - d.Open
		}
		return off
	}
	return 0
}

// dropped is of how many units of the line a deed can be.
func (l *Line) dropped(deed DropDeed) (sum Qty) {
	for i := range dropTable {
		if a := &dropTable[i]; a.deed == deed {
			sum += l.dropAt(a.from)
		}
	}
	return sum
}

// dropMove leads q units of the line, of which the deed can be, along its arrows. Line.Drop must be the line's own.
func (l *Line) dropMove(deed DropDeed, q Qty) {
	for i := range dropTable {
		a := &dropTable[i]
		if a.deed != deed {
			continue
		}
		n := min(q, l.dropAt(a.from))
		q -= n
		d := l.Drop
		switch a.from {
		case dropAsked:
			d.Open -= n
		case dropConfirmed:
			d.Open, d.Confirmed = d.Open-n, d.Confirmed-n
		}
		switch a.to {
		case dropConfirmed:
			d.Open, d.Confirmed = d.Open+n, d.Confirmed+n
		case dropSent:
			d.Sent += n
			if a.from == dropOff {
				l.Over += n
			} else {
				l.Taken += n
			}
		case dropRefused:
			l.Declined += n
		case dropBack:
			d.Back, l.Returned = d.Back+n, l.Returned+n
		}
	}
}

// dropRows prints the state machine as a table of Markdown.
func dropRows() string {
	var b strings.Builder
	b.WriteString("| from | on | to | what it means |\n|---|---|---|---|\n")
	for i := range dropTable {
		a := &dropTable[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.from, a.deed, a.to, a.says)
	}
	return b.String()
}
