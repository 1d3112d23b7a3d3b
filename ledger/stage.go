package ledger

// A Stage is where a unit of a site's part of an order has come to. Each unit is in exactly one. On disk: only
// ever appended to.
type Stage uint8

// The stages. What a part has reserved and in no other stage lies on the shelf.
const (
	StageNone        Stage = 0  // of the part no more, or not yet
	StageShelf       Stage = 1  // reserved, in a bin
	StagePicked      Stage = 2  // reserved, in a picker's hands
	StagePacked      Stage = 3  // reserved, in a parcel
	StageReady       Stage = 4  // reserved, laid by for the customer who comes with the code
	StagePutBack     Stage = 5  // in hand, and the order counts on it no more: to be put back. Claimed until it lies in a bin
	StageOnTheWay    Stage = 6  // with the carrier
	StageUndelivered Stage = 7  // with the carrier, who could not deliver it: it comes back
	StageDelivered   Stage = 8  // with the customer, brought by the carrier
	StageCollected   Stage = 9  // with the customer, who came for it
	StageCameBack    Stage = 10 // in a bin, blocked until somebody has looked at it

	stages = 11
)

// stageAccounts are the two accounts that a unit of a stage stands on: where it is, and whose.
type stageAccounts struct {
	name   string
	where  AccountKind // Sellable, Blocked: in the bin that the deed names
	claims bool        // reserved for the line, until it leaves the site
}

var stageTable = [stages]stageAccounts{
	StageNone:        {"none", Sellable, false},
	StageShelf:       {"shelf", Sellable, true},
	StagePicked:      {"picked", Picked, true},
	StagePacked:      {"packed", Picked, true},
	StageReady:       {"ready", Picked, true},
	StagePutBack:     {"put back", Picked, true},
	StageOnTheWay:    {"on the way", Transit, false},
	StageUndelivered: {"undelivered", Transit, false},
	StageDelivered:   {"delivered", Customer, false},
	StageCollected:   {"collected", Customer, false},
	StageCameBack:    {"came back", Blocked, false},
}

// String is the stage's name for people.
func (s Stage) String() string {
	if s < stages {
		return stageTable[s].name
	}
	return "unknown"
}

// Gone says whether units of the stage have left the site: their claim has ended.
func (s Stage) Gone() bool { return s >= StageOnTheWay && s < stages }

// handStages are the stages in which a unit is reserved and off the shelf, the one that is given up first before the others.
var handStages = [...]Stage{StagePicked, StagePacked, StageReady}

// A Deed is what hands do with a site's part of an order. On disk: only ever appended to.
type Deed uint8

// The deeds. Pick and reject have entries of their own (LegBody).
const (
	DeedPick     Deed = 1
	DeedReject   Deed = 2
	DeedPack     Deed = 3
	DeedReady    Deed = 4
	DeedDispatch Deed = 5
	DeedCollect  Deed = 6
	DeedDeliver  Deed = 7
	DeedFail     Deed = 8
	DeedComeBack Deed = 9
	DeedPutBack  Deed = 10
	DeedCancel   Deed = 11 // the order counts on less: cancelled, amended, or served from elsewhere
	DeedRepack   Deed = 12 // what is packed is laid into another carton, or into none
)

// An Arrow lets a deed take units out of the stages From, the first of them first, and into To. What moves between
// which accounts follows from the stages.
type Arrow struct {
	Deed Deed
	From []Stage
	To   Stage
	Kind Kind   // of the entry; of cancel: of the order's own book
	No   string // why there is nothing to do it with, and what can be done: for people
}

// arrows is the state machine of a site's part of an order: the one table that decides, and that DESIGN.md prints.
var arrows = [...]Arrow{
	{DeedPick, []Stage{StageShelf}, StagePicked, KindPicked, "to be picked. Pick what is still on the shelf"},
	{DeedPick, []Stage{StageShelf}, StageNone, KindPicked, "to be picked. What is picked already cannot be short: put it back first"},
	{DeedReject, []Stage{StageShelf}, StageNone, KindRejected, "to be served from here"},
	{DeedReject, handStages[:], StagePutBack, KindRejected, "to be served from here"},
	{DeedCancel, []Stage{StageShelf}, StageNone, KindCanceled, ""},
	{DeedCancel, handStages[:], StagePutBack, KindCanceled, ""},
	{DeedPack, []Stage{StagePicked}, StagePacked, KindPrepared, "picked and not packed yet. Pick them first"},
	{DeedRepack, []Stage{StagePacked}, StagePacked, KindPrepared, "there to be laid elsewhere. Look at what the carton holds (holdfast carton show)"},
	{DeedReady, []Stage{StagePacked, StagePicked}, StageReady, KindPrepared, "picked or packed. Pick them first"},
	{DeedDispatch, []Stage{StagePacked}, StageOnTheWay, KindHandedOver, "packed. Pick and pack them first, or dispatch what is packed"},
	{DeedCollect, []Stage{StageReady}, StageCollected, KindHandedOver, "ready to be collected. Pick them and say that they are ready first; what was handed over once is not handed over again"},
	{DeedDeliver, []Stage{StageOnTheWay}, StageDelivered, KindFollowed, "on the way. Dispatch them first; what is delivered is delivered once"},
	{DeedDeliver, []Stage{StageUndelivered}, StageDelivered, KindFollowed, "on the way. Dispatch them first; what is delivered is delivered once"},
	{DeedFail, []Stage{StageOnTheWay}, StageUndelivered, KindFollowed, "on the way"},
	{DeedComeBack, []Stage{StageUndelivered}, StageCameBack, KindReturned, ""},
	{DeedComeBack, []Stage{StageOnTheWay}, StageCameBack, KindReturned, "on its way back. Say first what was not delivered, or name the lines; what a customer brings back is a return"},
	{DeedPutBack, []Stage{StagePutBack}, StageNone, KindPutBack, "to be put back"},
	{DeedPutBack, handStages[:], StageShelf, KindPutBack, "in hand: what has left, or lies on the shelf, cannot be put back"},
}

var deedNames = [...]string{DeedPick: "pick", DeedReject: "reject", DeedPack: "pack", DeedReady: "ready", DeedDispatch: "dispatch", DeedCollect: "collect",
	DeedDeliver: "deliver", DeedFail: "fail", DeedComeBack: "come back", DeedPutBack: "put back", DeedCancel: "cancel", DeedRepack: "repack"}

// String is the deed's name for people.
func (d Deed) String() string {
	if int(d) < len(deedNames) && deedNames[d] != "" {
		return deedNames[d]
	}
	return "unknown"
}

// kind is the entry that a WorkBody of a deed stands in; 0 for a deed that has none. What comes back is a return: followed holds
// its refusals, and what builds before that wrote.
func (d Deed) kind() Kind {
	if d == DeedComeBack {
		return KindFollowed
	}
	for i := range arrows {
		if k := arrows[i].Kind; arrows[i].Deed == d && k >= KindPrepared {
			return k
		}
	}
	return 0
}

// no gives the last arrow's word of a deed for what cannot be done.
func (d Deed) no() (why string) {
	for i := range arrows {
		if arrows[i].Deed == d {
			why = arrows[i].No
		}
	}
	return why
}

// A FulfilState is how a site's part of an order stands as a whole, in the words of the contract.
type FulfilState string

// The states of a part. Sets of states may grow.
const (
	FulfilReserved    FulfilState = "reserved"    // all that is to be done lies on the shelf
	FulfilPicking     FulfilState = "picking"     // some is in hand, some on the shelf
	FulfilPicked      FulfilState = "picked"      // all is in hand, some not packed
	FulfilPacked      FulfilState = "packed"      // all is packed, or ready
	FulfilReady       FulfilState = "ready"       // all waits for the customer
	FulfilDispatched  FulfilState = "dispatched"  // with the carrier
	FulfilUndelivered FulfilState = "undelivered" // with the carrier, who could not deliver it
	FulfilCanceled    FulfilState = "cancelled"   // nothing is to be served; some may have to be put back
	FulfilDelivered   FulfilState = "delivered"
	FulfilCollected   FulfilState = "collected"
	FulfilCameBack    FulfilState = "came_back"
)

// fulfilRank says how a part stands by the first of these stages that has units: what is still to be done comes before
// what is done. On the shelf it is reserved, or picking where some of it is in hand.
var fulfilRank = [...]struct {
	stage Stage
	state FulfilState
}{
	{StageShelf, FulfilReserved}, {StagePicked, FulfilPicked}, {StagePacked, FulfilPacked}, {StageReady, FulfilReady}, {StageUndelivered, FulfilUndelivered},
	{StageOnTheWay, FulfilDispatched}, {StagePutBack, FulfilCanceled}, {StageCameBack, FulfilCameBack}, {StageDelivered, FulfilDelivered},
	{StageCollected, FulfilCollected},
}

// FulfilStateOf says how a part stands that has so many units in each stage.
func FulfilStateOf(at [stages]Qty) FulfilState {
	for _, r := range fulfilRank {
		if at[r.stage] <= 0 {
			continue
		}
		if r.stage == StageShelf && at[StagePicked]+at[StagePacked]+at[StageReady] > 0 {
			return FulfilPicking
		}
		return r.state
	}
	return FulfilCanceled
}
