package ledger

import "slices"

// PurchaseState says how far a purchase order has come. States are on disk: only ever appended to.
type PurchaseState uint8

// The states of a purchase order. 0 is none: nobody has heard of it.
const (
	PurchaseDraft     PurchaseState = 1 // written down; its supplier does not know of it, and nothing of it is due in
	PurchaseSent      PurchaseState = 2 // its supplier has it: its lines are due in
	PurchasePartly    PurchaseState = 3 // some of it has come, the rest is due in
	PurchaseReceived  PurchaseState = 4 // all of it has come, or more
	PurchaseShort     PurchaseState = 5 // some of it will not come: nothing is due in any more
	PurchaseCanceled  PurchaseState = 6 // called off before anything of it had come
	purchaseNone      PurchaseState = 0
	purchaseStateLast               = PurchaseCanceled
)

var purchaseStates = [...]string{"none", "draft", "sent", "partly_received", "received", "closed_short", "cancelled"}

func (s PurchaseState) String() string {
	if int(s) < len(purchaseStates) {
		return purchaseStates[s]
	}
	return "unknown"
}

// Known says whether s is a state that a purchase order can be in.
func (s PurchaseState) Known() bool { return s > purchaseNone && s <= purchaseStateLast }

// Over says whether nothing of a purchase order is to come any more.
func (s PurchaseState) Over() bool { return s >= PurchaseReceived }

// PurchaseStates lists the states by name.
func PurchaseStates() []string { return slices.Clone(purchaseStates[1:]) }

// PurchaseAct is what is done with a purchase order. Acts are on disk: only ever appended to.
type PurchaseAct uint8

// The acts.
const (
	PurchasePut     PurchaseAct = 1 // write it down, or change what was written
	PurchaseSend    PurchaseAct = 2 // give it to the supplier, or change what the supplier has
	PurchaseReceive PurchaseAct = 3 // goods come in under its reference
	PurchaseClose   PurchaseAct = 4 // what is due will not come
	PurchaseCancel  PurchaseAct = 5 // call it off
)

var purchaseActs = [...]string{"", "draft", "send", "receive", "close", "cancel"}

func (a PurchaseAct) String() string {
	if int(a) < len(purchaseActs) {
		return purchaseActs[a]
	}
	return "unknown"
}

// PurchaseHas is what the lines of a purchase order come to after an act.
type PurchaseHas struct {
	Came  bool // something has come
	Due   bool // something was ordered that has neither come nor been closed short
	Short bool // something was closed short
}

// A purchaseArrow leads from some states to another one.
type purchaseArrow struct {
	from []PurchaseState
	act  PurchaseAct
	to   PurchaseState
	says string // what does it, and what moves
}

// purchaseTable is the state machine of purchase orders, and all of it: DESIGN.md has it printed, and a test compares. Of the arrows
// of one act the quantities choose (to).
var purchaseTable = [...]purchaseArrow{
	{[]PurchaseState{purchaseNone, PurchaseDraft}, PurchasePut, PurchaseDraft, "a person writes it, or changes it: nothing is due in"},
	{[]PurchaseState{purchaseNone, PurchaseDraft, PurchaseSent}, PurchaseSend, PurchaseSent, "a person sends it, or changes what was sent: its lines are due in, and may be promised"},
	{[]PurchaseState{PurchasePartly}, PurchaseSend, PurchasePartly, "a person changes its lines: what has come stays"},
	{[]PurchaseState{PurchasePartly}, PurchaseSend, PurchaseReceived, "a person cuts its lines to what has come"},
	{[]PurchaseState{PurchaseDraft, PurchaseSent, PurchasePartly}, PurchaseReceive, PurchasePartly, "a receipt: what came is due no more. Goods of a draft say that its supplier has it"},
	{[]PurchaseState{PurchaseDraft, PurchaseSent, PurchasePartly}, PurchaseReceive, PurchaseReceived, "a receipt of the last of it; what comes beyond it is taken in, and told"},
	{[]PurchaseState{PurchaseReceived}, PurchaseReceive, PurchaseReceived, "a receipt: more came than was ordered, and somebody is told"},
	{[]PurchaseState{PurchaseShort}, PurchaseReceive, PurchaseShort, "a receipt: some of what was closed short came after all"},
	{[]PurchaseState{PurchaseShort}, PurchaseReceive, PurchaseReceived, "a receipt: all that was closed short came after all"},
	{[]PurchaseState{PurchaseCanceled}, PurchaseReceive, PurchaseCanceled, "a receipt of what was called off: it is taken in, and somebody is told"},
	{[]PurchaseState{PurchaseSent, PurchasePartly}, PurchaseClose, PurchaseShort, "a person: what is due will not come, and is due in no more"},
	{[]PurchaseState{PurchaseDraft, PurchaseSent}, PurchaseCancel, PurchaseCanceled, "a person: nothing of it is due in any more"},
}

// to is where an act leads by the quantities after it.
func (s PurchaseState) to(act PurchaseAct, has PurchaseHas) PurchaseState {
	switch {
	case act == PurchasePut:
		return PurchaseDraft
	case act == PurchaseCancel || s == PurchaseCanceled:
		return PurchaseCanceled
	case has.Due && has.Came:
		return PurchasePartly
	case has.Due:
		return PurchaseSent
	case has.Short:
		return PurchaseShort
	default:
		return PurchaseReceived
	}
}

// After says where an act leads that makes its lines come to has; ok is false where it does not fit.
func (s PurchaseState) After(act PurchaseAct, has PurchaseHas) (to PurchaseState, ok bool) {
	to = s.to(act, has)
	for i := range purchaseTable {
		if a := &purchaseTable[i]; a.act == act && a.to == to && slices.Contains(a.from, s) {
			return to, true
		}
	}
	return s, false
}

// May says whether an act can lead anywhere from s.
func (s PurchaseState) May(act PurchaseAct) bool {
	return slices.ContainsFunc(purchaseTable[:], func(a purchaseArrow) bool { return a.act == act && slices.Contains(a.from, s) })
}
