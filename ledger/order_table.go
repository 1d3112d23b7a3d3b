package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// statusNone is the status of an order that nobody has written down.
const statusNone Status = "-"

// An orderArrow says to which other states an entry may bring an order that stands in one of some. Any entry may leave it where it is.
type orderArrow struct {
	from []Status
	on   Kind
	by   CommandKind // of head office, where on is its command
	to   []Status
	does string // what happened, and what moves
}

// orderTable is the state machine of an order in its owner's book, and all of it: DESIGN.md has it printed. Which of an arrow's
// states an order comes to follows from its lines (Order.Settle); that it is one of them is held by every test that plays a story
// or any sequence of acts. What is told late brings an order to where this life and the other one say together, and has no arrows.
var orderTable = [...]orderArrow{
	{[]Status{statusNone}, KindDraft, 0, []Status{StatusDraft}, "parked, or offered as a quote: nothing"},
	{[]Status{StatusDraft}, KindDraft, 0, []Status{StatusCanceled}, "given up: nothing"},
	{[]Status{statusNone, StatusDraft}, KindReview, 0, []Status{StatusWaiting}, "a check wants somebody's word: nothing"},
	{[]Status{StatusWaiting}, KindReview, 0, []Status{StatusCanceled}, "the word is no, or nobody's in time: nothing"},
	{[]Status{statusNone, StatusDraft, StatusWaiting}, KindPlaced, 0, []Status{StatusAllocated, StatusBackordered, StatusCompleted, StatusUnconfirmed}, "available -> reserved, or out to the customer; short: what there is, and what is held of others"},
	{[]Status{statusNone, StatusDraft, StatusWaiting}, KindAsked, 0, []Status{StatusSourcing}, "short, and head office can help: available -> reserved"},
	{[]Status{StatusSourcing}, KindAskAccepted, 0, []Status{StatusAllocated, StatusBackordered, StatusCompleted, StatusCanceled}, "it says yes: allotted/hq -> reserved for what is served here; `take`: out. Cancelled: goods in the hand took what the yes counted on"},
	{[]Status{StatusSourcing}, KindAskAbandoned, 0, []Status{StatusAllocated, StatusBackordered, StatusCompleted, StatusUnconfirmed}, "it says no, or nothing in time: as placed without it. What is refused or dropped is forgotten: its id and its key are free"},
	{[]Status{StatusBackordered}, KindFilled, 0, []Status{StatusAllocated}, "units came free: available -> reserved, in turn"},
	{[]Status{StatusBackordered, StatusUnconfirmed}, KindObeyed, CommandReserve, []Status{StatusAllocated, StatusBackordered}, "allotted/hq -> reserved"},
	{[]Status{StatusBackordered, StatusUnconfirmed}, KindObeyed, CommandNote, []Status{StatusAllocated, StatusBackordered}, "another site serves it: nothing here"},
	{[]Status{StatusUnconfirmed}, KindObeyed, CommandDecline, []Status{StatusBackordered, StatusAllocated, StatusCompleted, StatusDeclined}, "nobody can serve it: nothing"},
	{[]Status{StatusAllocated}, KindObeyed, CommandLose, []Status{StatusBackordered}, "another site has not what it was to serve: nothing, it was never here"},
	{[]Status{StatusAllocated}, KindObeyed, CommandHandedOver, []Status{StatusCompleted}, "the last units left another site: nothing here"},
	{[]Status{StatusAllocated}, KindPicked, 0, []Status{StatusBackordered}, "picked short: what was not found is loss, and waits again"},
	{[]Status{StatusAllocated}, KindRejected, 0, []Status{StatusBackordered}, "this site will not serve it: reserved -> where freed units go"},
	{[]Status{StatusAllocated}, KindDisplaced, 0, []Status{StatusBackordered}, "its units are gone, sold in the hand, lost or counted away: reserved -> shortfall"},
	{[]Status{StatusAllocated}, KindHandedOver, 0, []Status{StatusCompleted}, "the last units leave: reserved -> out, from picked"},
	{[]Status{StatusAllocated}, KindDropShip, 0, []Status{StatusCompleted, StatusDeclined}, "its suppliers have sent the last of it, or refused all that nobody has handed over: nothing here"},
	{[]Status{StatusAllocated, StatusBackordered, StatusUnconfirmed}, KindCanceled, 0, []Status{StatusCanceled, StatusCompleted}, "reserved -> where freed units go; completed where a part was taken"},
}

// cause says what brings an order along the arrow, as people read it.
func (a *orderArrow) cause() string {
	if a.on == KindObeyed {
		return fmt.Sprintf("%s: %s", a.on, a.by)
	}
	return a.on.String()
}

// orderStep says whether e may bring an order from one state to another.
func orderStep(from Status, e *Entry, to Status) bool {
	if from == to || e.Kind == KindLate {
		return true
	}
	var by CommandKind
	if b, ok := e.Body.(*ObeyedBody); ok {
		by = b.Command.Kind
	}
	for i := range orderTable {
		a := &orderTable[i]
		if a.on == e.Kind && a.by == by && slices.Contains(a.from, from) && slices.Contains(a.to, to) {
			return true
		}
	}
	return false
}

// orderRows prints the state machine as a table of Markdown.
func orderRows() string {
	list := func(of []Status) string {
		names := make([]string, len(of))
		for i, s := range of {
			names[i] = string(s)
		}
		return strings.Join(names, ", ")
	}
	var b strings.Builder
	b.WriteString("| from | on | to | what moves |\n|---|---|---|---|\n")
	for i := range orderTable {
		a := &orderTable[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", list(a.from), a.cause(), list(a.to), a.does)
	}
	return b.String()
}
