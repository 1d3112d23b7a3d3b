package link

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A Lane is one strand of the conversation. Hello, push and pull are the machine's, each with
// at most one thing under way; the others are the driver's.
type Lane uint8

// The lanes.
const (
	LaneHello   Lane = 1
	LanePush    Lane = 2
	LanePull    Lane = 3
	LaneAsk     Lane = 4
	LaneLook    Lane = 5
	LaneForward Lane = 6
	LaneReply   Lane = 7
	LaneRejoin  Lane = 8
	LaneJournal Lane = 9
	LaneNeed    Lane = 10
)

func (l Lane) String() string {
	switch l {
	case LaneHello:
		return "hello"
	case LanePush:
		return "push"
	case LanePull:
		return "pull"
	case LaneAsk:
		return "ask"
	case LaneLook:
		return "look"
	case LaneForward:
		return "forward"
	case LaneReply:
		return "reply"
	case LaneRejoin:
		return "rejoin"
	case LaneJournal:
		return "journal"
	case LaneNeed:
		return "need"
	default:
		return "unknown"
	}
}

// An Input is one thing that happened. Inputs with the ID of an output that is no longer
// waited for change nothing, so that repeats and latecomers are harmless.
type Input interface{ input() }

// Told says where the book stands now. It also serves as a tick: whoever was told to wake the
// machine at a moment tells it then.
type Told struct{ Book Book }

// Answered is head office's reply to the Send of that ID.
type Answered struct {
	ID  uint64
	Msg wire.Message
}

// Failed says that the Send of that ID got no reply.
type Failed struct {
	ID  uint64
	Err error
}

// Done ends the Do or the Store of that ID. Err is the refusal, or why nothing can be known.
type Done struct {
	ID   uint64
	Book Book // after it
	Err  error
}

// FramesRead ends the ReadFrames of that ID. Before is the position that the first frame
// follows; of a frame's start only sequence and hash say where it fits.
type FramesRead struct {
	ID     uint64
	Book   Book // read after the frames, so that its head is not behind them
	Before ledger.Position
	Frames [][]byte
	Err    error
}

// Contact says that an exchange outside the machine's lanes (an ask) went well. Talk is
// Conversation.Talk when it began, as it is below.
type Contact struct{ Talk uint64 }

// Lost says that such an exchange failed.
type Lost struct {
	Talk uint64
	Err  error
}

// Judged says that such an exchange brought a verdict that refuses the site.
type Judged struct {
	Talk    uint64
	Verdict wire.Verdict
	Why     string
}

func (Told) input()       {}
func (Answered) input()   {}
func (Failed) input()     {}
func (Done) input()       {}
func (FramesRead) input() {}
func (Contact) input()    {}
func (Lost) input()       {}
func (Judged) input()     {}

// An Output is one thing to be done. Those with an ID are answered by an input with it.
type Output interface{ output() }

// Send posts Msg to Server and is answered by Answered or Failed, at the latest after Limit.
// The sender sets WallMS of a hello.
type Send struct {
	ID     uint64
	Lane   Lane
	Server string
	Msg    wire.Message
	Limit  time.Duration
}

// Cancel says that nobody waits any more for the Send of that ID.
type Cancel struct{ ID uint64 }

// ReadFrames reads whole frames of the journal and is answered by FramesRead.
type ReadFrames struct {
	ID       uint64
	After    ledger.Seq
	MaxBytes int
}

// Do puts a request to the ledger and is answered by Done.
type Do struct {
	ID      uint64
	Request ledger.Request
}

// Store puts items into the catalogue, the list of sites, where there is one, into the
// directory, and customers, where they come up to a version, to the others. It is answered by Done.
type Store struct {
	ID      uint64
	Items   []ledger.Item
	Version uint64
	More    bool            // head office has more than these
	Sites   ledger.SiteList // of version 0: none

	Customers     []ledger.CustomerAccount
	CustomersUpTo uint64 // 0: none came

	Company ledger.Company // of version 0: it says nothing new
	People  ledger.People  // the same
}

// Calls are live questions of head office for the node. The machine does not wait for answers.
type Calls struct{ Calls []wire.Call }

// Refused says that head office will not talk to this site as it is. Where the verdict
// quarantines, the book must promise nothing more.
type Refused struct {
	Verdict wire.Verdict
	Why     string
}

func (Send) output()       {}
func (Cancel) output()     {}
func (ReadFrames) output() {}
func (Do) output()         {}
func (Store) output()      {}
func (Calls) output()      {}
func (Refused) output()    {}
