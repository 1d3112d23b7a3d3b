package ledger

// TransferState says how far a transfer has come. States are on disk: only ever appended to.
type TransferState uint8

// The states of a transfer. 0 is none: nobody has heard of it.
const (
	TransferAsked      TransferState = 1 // somebody wants it, nothing is set aside
	TransferApproved   TransferState = 2 // head office has said yes, the sender's book has not answered
	TransferReserved   TransferState = 3 // the units are set aside on the sender's shelf, promised to nobody else
	TransferDispatched TransferState = 4 // the goods have left; nobody may promise them
	TransferReceived   TransferState = 5 // they lie on the receiver's shelf
	TransferSettled    TransferState = 6 // the sender's book knows what came, and what is missing is booked
	TransferReturned   TransferState = 7 // the sender has taken back what came back, the rest is missing
	TransferCanceled   TransferState = 8 // nothing has left; the units are free again
	TransferRefused    TransferState = 9 // nothing was set aside
)

var transferStates = [...]string{"none", "asked", "approved", "reserved", "dispatched", "received", "settled", "returned", "cancelled", "refused"}

func (s TransferState) String() string {
	if int(s) < len(transferStates) {
		return transferStates[s]
	}
	return "unknown"
}

// TransferAct is what is done with a transfer. Acts stand in the ids of commands: words are never changed.
type TransferAct uint8

// The acts.
const (
	TransferAsk      TransferAct = 1  // want it
	TransferApprove  TransferAct = 2  // head office says yes
	TransferReserve  TransferAct = 3  // set units aside that are available at the sender
	TransferRefuse   TransferAct = 4  // say no
	TransferDispatch TransferAct = 5  // hand the goods to the carrier
	TransferCancel   TransferAct = 6  // before anything has left
	TransferExpect   TransferAct = 7  // tell the receiver what has left
	TransferReceive  TransferAct = 8  // take in what came
	TransferSettle   TransferAct = 9  // tell the sender what came
	TransferReturn   TransferAct = 10 // take back what could not be delivered
	TransferOut      TransferAct = 11 // as reserve, of what head office holds at the sender
)

var transferActs = [...]string{"", "ask", "approve", "reserve", "refuse", "dispatch", "cancel", "expect", "receive", "settle", "return", "out"}

func (a TransferAct) String() string {
	if int(a) < len(transferActs) {
		return transferActs[a]
	}
	return "unknown"
}

// ParseTransferAct reads what String writes.
func ParseTransferAct(word string) (TransferAct, bool) {
	for i := 1; i < len(transferActs); i++ {
		if transferActs[i] == word {
			return TransferAct(i), true
		}
	}
	return 0, false
}

// A TransferView is whose knowledge of a transfer it is.
type TransferView uint8

// The three that know of a transfer. Each writes only its own entries and hears of the others'.
const (
	AtSender   TransferView = 1
	AtReceiver TransferView = 2
	AtHQ       TransferView = 3
)

var transferViews = [...]string{"", "sender", "receiver", "head office"}

func (v TransferView) String() string { return transferViews[v] }

// A transferArrow leads from a state to another one. Each is gone at most once: where it leads to is remembered
// for ever.
type transferArrow struct {
	view TransferView
	from []TransferState
	act  TransferAct
	to   TransferState
	says string // what does it, and what moves
}

const transferNone TransferState = 0

// transferTable is the state machine of transfers, and all of it: DESIGN.md has it printed, and a test compares.
var transferTable = [...]transferArrow{
	{AtSender, []TransferState{transferNone}, TransferAsk, TransferAsked, "entry `transfer_asked`: what is here is head office's to give"},
	{AtSender, []TransferState{transferNone}, TransferReserve, TransferReserved, "entry `transfer_reserved`, or head office's command: available -> reserved"},
	{AtSender, []TransferState{transferNone, TransferAsked}, TransferOut, TransferReserved, "head office's command: allotted/hq -> reserved"},
	{AtSender, []TransferState{TransferAsked}, TransferRefuse, TransferRefused, "head office's command"},
	{AtSender, []TransferState{TransferReserved}, TransferDispatch, TransferDispatched, "entry `transfer_dispatched`: bin -> transit/receiver, reserved down; what stays is free"},
	{AtSender, []TransferState{TransferReserved}, TransferCancel, TransferCanceled, "entry `transfer_dispatched` of nothing: reserved -> free"},
	{AtSender, []TransferState{TransferDispatched}, TransferReturn, TransferReturned, "entry `transfer_received`: transit/receiver -> bin, what is missing -> loss"},
	{AtSender, []TransferState{TransferDispatched, TransferReturned, transferNone, TransferAsked, TransferReserved, TransferCanceled, TransferRefused}, TransferSettle, TransferSettled,
		"head office's command says what came: what is missing goes transit/receiver -> loss, a surplus the other way. What came and had not left by the book leaves now, as goods in the hand"},

	{AtReceiver, []TransferState{transferNone}, TransferAsk, TransferAsked, "entry `transfer_asked`"},
	{AtReceiver, []TransferState{TransferAsked}, TransferRefuse, TransferRefused, "head office's command"},
	{AtReceiver, []TransferState{transferNone, TransferAsked}, TransferExpect, TransferDispatched, "head office's command: nothing moves"},
	{AtReceiver, []TransferState{transferNone, TransferAsked, TransferRefused, TransferDispatched}, TransferReceive, TransferReceived,
		"entry `transfer_received`: transit/sender -> bin, to be sold at once; damaged units blocked"},

	{AtHQ, []TransferState{transferNone}, TransferAsk, TransferAsked, "a site's entry"},
	{AtHQ, []TransferState{transferNone, TransferAsked}, TransferApprove, TransferApproved, "a person, or the sender's own ask: held down, command `out` or `reserve`"},
	{AtHQ, []TransferState{TransferAsked, TransferApproved}, TransferRefuse, TransferRefused, "a person, or the sender's entry that says the units are not there"},
	{AtHQ, []TransferState{transferNone, TransferAsked, TransferApproved, TransferRefused}, TransferReserve, TransferReserved, "the sender's entry"},
	{AtHQ, []TransferState{transferNone, TransferAsked, TransferApproved, TransferReserved, TransferRefused, TransferCanceled}, TransferDispatch, TransferDispatched, "the sender's entry: on its way from here on; command `expect`"},
	{AtHQ, []TransferState{TransferReserved}, TransferCancel, TransferCanceled, "the sender's entry"},
	{AtHQ, []TransferState{TransferDispatched}, TransferReturn, TransferReturned, "the sender's entry: on its way no more"},
	{AtHQ, []TransferState{transferNone, TransferAsked, TransferApproved, TransferReserved, TransferDispatched, TransferReturned, TransferCanceled, TransferRefused}, TransferReceive, TransferReceived,
		"the receiver's entry: on its way no more; command `settle`"},
	{AtHQ, []TransferState{TransferReceived}, TransferDispatch, TransferReceived, "the sender's entry comes after the receiver's: it was never on its way here"},
	{AtHQ, []TransferState{TransferSettled}, TransferReceive, TransferSettled, "the receiver's entry comes after the sender's, in a new life of head office"},
	{AtHQ, []TransferState{transferNone, TransferAsked, TransferApproved, TransferReserved, TransferDispatched, TransferReceived, TransferReturned, TransferCanceled, TransferRefused}, TransferSettle, TransferSettled,
		"the sender's entry: nothing more is to come"},
}

// After says where an act leads in the knowledge of one; ok is false where it does not fit.
func (s TransferState) After(view TransferView, act TransferAct) (to TransferState, ok bool) {
	for i := range transferTable {
		a := &transferTable[i]
		if a.view != view || a.act != act {
			continue
		}
		for _, from := range a.from {
			if from == s {
				return a.to, true
			}
		}
	}
	return s, false
}

// transferRank lists the states that a book may remember a transfer in, the latest that it comes to first. What has left in another life
// has left though this one has cancelled it before.
var transferRank = [...]TransferState{TransferSettled, TransferReceived, TransferReturned, TransferDispatched, TransferCanceled, TransferReserved, TransferRefused, TransferAsked}
