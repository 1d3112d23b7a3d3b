package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Subject is what units are borrowed for: an ask, an order of HQ's own under its key, or the
// filling of a waiting order. One subject has one Request open at a time.
type Subject string

// SubjectOfAsk names a site's ask.
func SubjectOfAsk(id ledger.AskID) Subject {
	return Subject(fmt.Sprintf("ask/%s/%d/%d", id.Site, id.Epoch, id.Seq))
}

// SubjectOfOrder names the placing of an order under a key.
func SubjectOfOrder(id ledger.OrderID, key ledger.Digest) Subject {
	return Subject(fmt.Sprintf("place/%s/%x", id, key[:]))
}

// SubjectOfFill names the filling of a waiting order.
func SubjectOfFill(id ledger.OrderID) Subject { return Subject("fill/" + string(id)) }

// A Server is one server of head office.
type Server struct {
	Name string // its raft id
	URL  string // for sites and people
	Raft string // for the other servers
	Build
}

// A Build is what a build of head office can apply. The zero one is that of a build before this was told.
type Build struct {
	Entries  ledger.Kind // the last kind of entry that it folds
	Commands int         // the last kind of command of the raft log that it carries out
}

// ThisBuild is what this build can apply.
func ThisBuild() Build { return Build{Entries: ledger.KindLast, Commands: int(kindLast)} }

// Least is what b and other can both apply.
func (b Build) Least(other Build) Build {
	return Build{Entries: min(b.Entries, other.Entries), Commands: min(b.Commands, other.Commands)}
}

// A Site is what HQ knows of one site.
type Site struct {
	ID      ledger.SiteID
	Counter bool
	Rank    int

	Issue ledger.Cursor // the last command issued
	Kept  uint64        // the number of the last command that was kept for it

	*SiteAbout
}

// A SiteAbout is what is known of a site beside what head office has for it to do. It stands apart, and is not copied with each order that sends
// the site a command. Who changes something of it has the site from editSite.
type SiteAbout struct {
	Token   [32]byte      // SHA-256 of the join token
	Key     ledger.Digest // of the AddSite that made it
	AddedAt time.Time

	NodeKey [16]byte     // of the one node that may write; zero before the first hello
	Boot    [16]byte     // of the last hello
	Epoch   ledger.Epoch // issued; 0 before the first hello
	Issued  [16]byte     // the boot that the epoch was issued to
	SeenAt  time.Time    // of the last command of the site that was judged ok; the leader knows better

	Stored   ledger.Position // what a quorum has
	Archived ledger.Position // what the archive outside head office has
	Shown    ledger.Position // the highest head ever shown
	Folded   ledger.Seq      // effects are in up to here; below Stored while the stream is parked
	Parked   string          // why it is parked; "" where it is not
	Trail    []ledger.Position
	Broken   string     // why the site was last turned away; "" where it was not. Nothing is planned from it
	Parted   bool       // Broken was said to a hello: only a hello that is judged ok takes it back
	Doubted  [16]byte   // an unknown boot whose hello was lower than what was shown
	Former   [][16]byte // boots that a later process has followed, the latest last, at most FormerMax

	Ack ledger.Cursor // the last command that an entry has embedded

	Frozen     string             // why nothing of it is promised; "" where it is not frozen
	Attested   ledger.Incarnation // under which life it attested last, its balances being those here
	Rebuilding bool               // its epoch was issued for a book that is made anew and has not attested yet
	Lost       Signed             // who gave it up, when and why; zero where nobody did
	Waived     Signed             // who said that its attest need not be waited for in this life

	Confirmed uint64 // its orders to be confirmed that were promised in the end
	Declined  uint64 // those of which something could not be

	PeopleTold uint64 // the life of head office in which it told last what it had heard of people; 0: none
}

// Why a site is frozen.
const (
	FrozenRebuild  = "rebuild"     // its book is being made anew, until it attests
	FrozenRestored = "hq_restored" // head office went back in time, until every site has attested
)

// A Signed is an act that a person has put a name to.
type Signed struct {
	By     string
	Reason string
	At     time.Time

	Device   string // that they did it at; "" where none was shown, and of an act that is head office's own
	Approver string // who approved it; "" where nobody had to
}

// Done says whether anybody signed.
func (s *Signed) Done() bool { return !s.At.IsZero() }

// A Passed is what one site may promise of another's stock, as their journals tell it.
type Passed struct {
	Owner  ledger.SiteID // whose stock it is
	Holder ledger.SiteID
	SKU    ledger.SKU
	Wish   ledger.Qty // the level that is aimed at
	Has    ledger.Qty // what the holder's journal says that it has
	Coming ledger.Qty // passed on and not credited yet; below zero where the holder's journal came first
	Off    ledger.Qty // of these two, what was written off: it does not go back a second time
	By     string     // who wished it last
	At     time.Time
}

// A Stock is one SKU at one site, as its journal tells it and as HQ has promised of it.
type Stock struct {
	Level ledger.Level // the mirror
	Held  ledger.Qty   // HQ may promise it
	Tied  ledger.Qty   // borrowed for a request and not used yet
	Holds ledger.Qty   // held for asks
	Drawn ledger.Qty   // taken by queued commands
	Burns ledger.Qty   // of drawn, what settles a shortfall
	Owing uint64       // the exception that stays open while there is a shortfall; 0 for none
}

// Promisable is what HQ may promise now, asking nobody.
func (s *Stock) Promisable() ledger.Qty { return max(s.Held, 0) }

// LegState says how far a leg has come.
type LegState uint8

// The states of a leg.
const (
	LegSent     LegState = 1 // the command is queued or on its way
	LegReserved LegState = 2 // the site's entry has embedded it
	LegRefused  LegState = 3 // the site could not; the line waits again
	LegCanceled LegState = 4 // let go with its order
	LegLetGo    LegState = 5 // let go for an exchange; its units are held for the order until they change hands
	LegLeft     LegState = 6 // it has left the site, with a carrier or its customer
)

func (s LegState) String() string {
	switch s {
	case LegSent:
		return "sent"
	case LegReserved:
		return "reserved"
	case LegRefused:
		return "refused"
	case LegCanceled:
		return "cancelled"
	case LegLetGo:
		return "let_go"
	case LegLeft:
		return "left"
	default:
		return "unknown"
	}
}

// A Leg is the part of an order's line that HQ has a site serve.
type Leg struct {
	Line    int // from 1
	SKU     ledger.SKU
	Site    ledger.SiteID
	Qty     ledger.Qty
	State   LegState
	Command string // id of the reserve command
}

// An Order is an order that HQ owns, or one of a site's that has legs elsewhere or waits here.
// Order is the order as HQ sees it: of a site's order, what its book has written and what HQ has
// promised since.
type Order struct {
	ledger.Order
	Rank  uint64 // in the order HQ learned of them
	Plans int    // plan versions used
	Legs  []Leg
	// Relearned says that the order is known from commands of an earlier life only, embedded in
	// sites' entries: what was asked for beyond them is not known until its owner says so.
	Relearned bool
	// Yields says that the order was accepted as one that may lose its units to a more important one, as long as it is not
	// needed by a day: then it waits again, in its old turn.
	Yields bool
	Hand   Hand // who placed it, of an order of HQ's own; zero of one that an older build took

	// Denied is what of each line somebody has said no to, for no site was known to have it (keepPart); shorter where the last lines have none. It is
	// replaced, never changed.
	Denied []ledger.Qty
}

// Waiting is what line (from 1) waits for here.
func (o *Order) Waiting(line int) ledger.Qty {
	if o.Wait != ledger.WaitHQ {
		return 0
	}
	return o.Lines[line-1].Backordered
}

// An Ask is a site's question that its journal has not closed. Seen says that the entry that
// opened it has been applied; HQ may well hear of an ask before. An ask whose entry has been
// applied and that is not here is over, for ever.
type Ask struct {
	ID    ledger.AskID
	Order ledger.OrderID
	Seen  bool
	Legs  []allocate.Leg // what is held for it; none: no yes was given
	At    time.Time
}

// A Borrowing is one command to lend, and whether it has been answered.
type Borrowing struct {
	Site     ledger.SiteID
	Number   uint64
	Answered bool
}

// A Tied is what one site has lent for a request.
type Tied struct {
	Site ledger.SiteID
	SKU  ledger.SKU
	Qty  ledger.Qty
}

// A Request is a subject for which units are being borrowed.
type Request struct {
	For      Subject
	Order    ledger.OrderID
	At       time.Time // of its first borrow
	Rounds   int
	Borrowed []Borrowing
	Tied     []Tied  // sorted by site, then SKU
	Explain  Reasons // why its last round was asked for; none before steps were kept
}

// Open says whether a borrow has no answer yet.
func (r *Request) Open() bool {
	for _, b := range r.Borrowed {
		if !b.Answered {
			return true
		}
	}
	return false
}

// An Answer is what a client was told under its key. It is remembered for ever.
type Answer struct {
	Request ledger.Digest
	Order   *ledger.Order // as it stood then
	Shorts  []ledger.Short
	Refusal ledger.Refusal // "" where the answer was yes
	// Promised is what a new order was promised of what is due in. Order and SKU are left out.
	Promised []DuePromise
	Amends   uint64 // of an amendment: the order's version, less 1
	Yields   bool   // the order was accepted as one that may lose its units to a more important one
}

// Err gives the refusal that the answer records, or nil.
func (a *Answer) Err() error {
	if id, ok := a.TransferID(); ok {
		return a.transferErr(id)
	}
	switch a.Refusal {
	case RefusedChanged:
		return &ChangedError{Order: a.Order.ID, Version: a.Amends + 1}
	case RefusedFixed:
		return &FixedError{Order: a.Order.ID, Lines: a.Shorts}
	case ledger.RefusedDrop: // of what, and by whom, is in the request
		return &ledger.DropError{Order: a.Order.ID, Lines: a.Shorts}
	}
	b := ledger.OrderBody{Order: *a.Order, Shorts: a.Shorts, Refusal: a.Refusal}
	return b.Err()
}

// An Exception is something that somebody must look at.
type Exception struct {
	ID    uint64 // from 1
	What  string // a fixed word: "does_not_fit", "parked", ...
	Site  ledger.SiteID
	Seq   ledger.Seq
	SKU   ledger.SKU
	Order ledger.OrderID
	Why   string
	Owner string // who has to see to it
	At    time.Time

	Resolved Signed // who has seen to it; zero where it is open

	ToCount []ledger.SKU // to_count: what nobody has counted yet; at most ledger.MovedMax
}

// An Owned says which site's book has accepted an order, and where it last wrote of it. There is
// one for every order of every site, also for those that are no business of HQ's.
type Owned struct {
	Order ledger.OrderID
	Owner ledger.SiteID
	Seq   ledger.Seq // of the last entry that holds the order
}

// An Avoided is a SKU that a site did not serve though its book has it: nothing is planned from there for a while, until
// somebody has counted, or goods have come.
type Avoided struct {
	Site  ledger.SiteID
	SKU   ledger.SKU
	Until time.Time
	Why   string
	Count uint64 // the exception that asks for a count; 0 where the stock is not in question

	// From the first steps on (Machine.tells):
	Since  time.Time
	By     string         // whose hand wrote the site's entry
	Order  ledger.OrderID // that was not served
	Lifted Signed         // who has it planned from again before its time
}

// An Explained is why an order was last planned as it was.
type Explained struct {
	Order   ledger.OrderID
	Rank    uint64 // the oldest is forgotten first
	Explain Reasons

	count int // choices, once they were counted; no part of the state
}
