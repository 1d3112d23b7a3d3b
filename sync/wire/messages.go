package wire

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The protocol versions that this build speaks: the current one and the one before.
const (
	VersionMin = 1
	VersionMax = 1
)

// Verdict is head office's judgement of a site's position (protocol.md, section 4).
type Verdict uint8

// The verdicts. Any but VerdictOK stops the conversation; behind, fork and closed epoch put the
// node in quarantine.
const (
	VerdictNone        Verdict = 0
	VerdictOK          Verdict = 1
	VerdictBehind      Verdict = 2 // the site has shown a higher head before
	VerdictFork        Verdict = 3 // its head is off the chain that head office has
	VerdictClosedEpoch Verdict = 4 // its epoch has been fenced
	VerdictUpgrade     Verdict = 5 // no protocol version in common
	VerdictStranger    Verdict = 6 // no such site, or another node's key
	VerdictLater       Verdict = 7 // head office cannot say now: try again, go on selling
)

// Refuses says whether head office will not talk to this site as it is: asking again soon
// changes nothing.
func (v Verdict) Refuses() bool { return v >= VerdictBehind && v <= VerdictStranger }

// Quarantines says whether the book may have gone back in time, or has a twin: it must promise
// nothing more. A stranger and an outdated build go on selling what is theirs.
func (v Verdict) Quarantines() bool {
	return v == VerdictBehind || v == VerdictFork || v == VerdictClosedEpoch
}

func (v Verdict) String() string {
	switch v {
	case VerdictNone:
		return "none"
	case VerdictOK:
		return "ok"
	case VerdictBehind:
		return "behind"
	case VerdictFork:
		return "fork"
	case VerdictClosedEpoch:
		return "closed epoch"
	case VerdictUpgrade:
		return "upgrade"
	case VerdictStranger:
		return "stranger"
	case VerdictLater:
		return "later"
	default:
		return fmt.Sprintf("verdict_%d", uint8(v))
	}
}

// Hello opens a conversation. Every later message carries the head again.
type Hello struct {
	VersionMin, VersionMax int
	Site                   ledger.SiteID
	NodeKey                [16]byte // made once with the book
	Boot                   [16]byte // made at every open
	Head                   ledger.Position
	HQ                     ledger.Incarnation // the one the site has adopted; zero: none
	Applied                ledger.Cursor      // the last command carried out
	WallMS                 int64              // the site's clock, for skew

	// HeardMS is what head office's clock said in the last answer that this process had; 0 before the
	// first. A message may come long after its sender died, but none says of an answer that was given later.
	HeardMS int64
}

// Welcome answers a hello. With VerdictOK, Stored is the last position that a quorum has, and
// the site sends what follows it.
type Welcome struct {
	Verdict Verdict
	Why     string // for a person; empty with VerdictOK
	Version int
	H       ledger.Incarnation
	Epoch   ledger.Epoch // the epoch this node writes under; higher than the head's: open it
	Counter bool         // the site sells over a counter
	Stored  ledger.Position
	WallMS  int64 // head office's clock

	// Issued is the last command that is to be carried out here under H; zero: none so far, or an
	// older head office, which does not say.
	Issued ledger.Cursor
	// Attest says that head office waits for an attested entry under H before it promises anything
	// that lies here: it has begun a new life, or the site is being rebuilt.
	Attest bool
}

// Rejoin asks for an epoch of its own for a book that must not go on: it has gone back in time or
// its disk is lost. Repeated by the same boot before its first push, it gets the same answer.
type Rejoin struct {
	VersionMin, VersionMax int
	Site                   ledger.SiteID
	NodeKey                [16]byte           // of the book that will be rebuilt
	Boot                   [16]byte           // of the process that rebuilds it
	Head                   ledger.Position    // of the book that is set aside; zero: it had none
	HQ                     ledger.Incarnation // the one that book has adopted
	Replace                bool               // a person says that the node known so far is gone
}

// RejoinReply gives, with VerdictOK, what the book is rebuilt as: head office's journal up to
// Stored, then Epoch, whose first entry is chained to Stored. Any other verdict says why not.
type RejoinReply struct {
	Verdict Verdict
	Why     string
	H       ledger.Incarnation
	Epoch   ledger.Epoch
	Counter bool // the site sells over a counter
	Stored  ledger.Position
}

// Push carries whole frames, verbatim. Before is the position that the first one follows.
type Push struct {
	Site   ledger.SiteID
	Epoch  ledger.Epoch // of the site's head
	Head   ledger.Position
	Before ledger.Position
	Frames [][]byte
}

// PushReply says what a quorum has now. The site goes on from Stored, whatever it sent.
type PushReply struct {
	Verdict Verdict
	Why     string
	Stored  ledger.Position
}

// Pull asks for what head office has to say, waiting up to WaitMS for something to come.
type Pull struct {
	Site       ledger.SiteID
	Head       ledger.Position
	HQ         ledger.Incarnation
	Applied    ledger.Cursor
	RefVersion uint64 // reference data up to here is stored
	WaitMS     int64

	// Sites is the version of the list of sites that is stored, SitesNone where there is none
	// yet, and 0 of a site that keeps no list: it is sent none.
	Sites uint64

	// Boot is the one of the hello: two processes that pull for one site are twins. Zero from an
	// older site.
	Boot [16]byte

	HeardMS int64 // as in Hello

	// Customers is the version up to which customers are stored, plus 1; 0 of a site that keeps none: it is sent none.
	Customers uint64

	// Company is the version of what is stored of the company, CompanyNone where there is nothing yet, and 0 of a site that keeps
	// nothing: it is sent nothing.
	Company uint64

	// People is the version of the users that are stored, PeopleNone where none were ever heard of, and 0 of a site that keeps none.
	People uint64

	// Remembers is what an earlier life of head office had told of users, for the one that is adopted, which may have forgotten it: until a list
	// of its own is stored. Of version 0: nothing.
	Remembers ledger.People
}

// PeopleNone is what a site says in Pull.People before it has heard of any user. No list has this version, nor 0.
const PeopleNone = 1

// CompanyNone is what a site that keeps what is said of the company says before it has heard anything. Nothing said has this version, nor 0.
const CompanyNone = 1

// SitesNone is what a site that keeps a list of sites says before it has heard one. No list has
// this version, nor 0.
const SitesNone = 1

// PullReply carries commands after Applied, in order, and items above RefVersion, in order of
// version. RefVersion is what the site has once it has stored Items; RefMore says that more wait.
type PullReply struct {
	Verdict    Verdict
	Why        string
	H          ledger.Incarnation
	Stored     ledger.Position
	Commands   []ledger.HQCommand
	Items      []ledger.Item
	RefVersion uint64
	RefMore    bool
	Calls      []Call
	WallMS     int64 // head office's clock, for skew; 0 where it was not said

	// Sites is all sites of the company, where the site's list is another one; else of version 0.
	Sites ledger.SiteList

	// Archived is the last entry of the site that a copy outside head office holds; 0 where there
	// is none. It comes with every pull, for one is always open: a site trims no more than this.
	Archived ledger.Seq

	// Issued and Attest are as in Welcome.
	Issued ledger.Cursor
	Attest bool

	// Greet asks for a hello: head office has turned away a process with this node's key, and plans
	// nothing of the site until a hello shows that the true book goes on.
	Greet bool

	// Customers are those above the version of the pull, in order of version; one that was erased comes with nothing of
	// a person in it. CustomersUpTo is what the site has once it has stored them; CustomersMore says that more wait.
	Customers     []ledger.CustomerAccount
	CustomersUpTo uint64
	CustomersMore bool

	// Company is what is said of the company, where the site has something else; else of version 0.
	Company ledger.Company

	// People are the users that the site is to know, all of them; of version 0: as the site has them.
	People ledger.People
}

// Call is a live question of head office to a site that is connected now. It is not stored
// anywhere: unanswered by its deadline, nothing has been promised to anybody.
type Call struct {
	ID         [16]byte
	DeadlineMS int64 // from receipt
	Cancel     ledger.OrderID
	Actor      string
	Key        ledger.Digest
	Request    ledger.Digest

	Device   string // where the actor has signed in, and who approved it; "" from an older peer
	Approver string
}

// CallReply answers a Call with what the site's own API would have answered.
type CallReply struct {
	Site   ledger.SiteID
	ID     [16]byte
	Status int // HTTP status
	Body   []byte

	// Replayed says that the key was used before and Body is the first answer.
	Replayed bool
}

// AskLine is what one line of the order is short of.
type AskLine struct {
	Line int // from 1
	SKU  ledger.SKU
	Qty  ledger.Qty
}

// Ask wants units for an order, now. ID is the position of the site's entry that opened it.
type Ask struct {
	Site       ledger.SiteID
	Head       ledger.Position
	ID         ledger.AskID
	Order      ledger.OrderID
	Lines      []AskLine
	Whole      bool          // all lines or nothing
	Only       ledger.SiteID // serve from this site alone; "" from any
	DeadlineMS int64         // from receipt; a plan is not committed after it

	For AskFor // zero from an older node
}

// AskFor is what an ask's order says of its customer and the way to them: who may serve it, and by when, hangs on that. Each text has
// at most ledger.TextMax bytes.
type AskFor struct {
	Fulfil   ledger.Fulfil // "" from an older node alone
	Channel  ledger.Channel
	ShipTo   ledger.Address
	Customer string
	Class    string
	NeedBy   string // a date or a moment; "" for any
}

// WhyUnknownSite is the Why of a no to an ask whose Only is no site. The asking site then refuses
// the order as bad input: it must not wait for goods at a place that does not exist.
const WhyUnknownSite = "there is no such site"

// AskReply is a hold on the order (Yes) or a no. The site's next entry decides what becomes of it.
type AskReply struct {
	Verdict Verdict
	Yes     bool
	Legs    []ledger.AskLeg
	Why     string
}

// Look asks what the company has of a SKU.
type Look struct {
	Site ledger.SiteID
	Head ledger.Position
	SKU  ledger.SKU

	Other ledger.SiteID // is there such a site? "": not asked
}

// Found is what a LookReply says of the site that was asked after.
type Found uint8

// The answers. An older head office says nothing of it.
const (
	FoundUnsaid Found = 0
	FoundYes    Found = 1
	FoundNo     Found = 2
)

// LookReply says what there is: Ask is held at head office or at a site that answers now; Likely is another
// site's figure, LikelyAgeMS old.
type LookReply struct {
	Verdict     Verdict
	Ask         ledger.Qty
	Likely      ledger.Qty
	LikelyAgeMS int64
	Other       Found
}

// Forward passes a client's cancel to the book that owns the order.
type Forward struct {
	Site       ledger.SiteID
	Head       ledger.Position
	Cancel     ledger.OrderID
	Actor      string
	Key        ledger.Digest
	Request    ledger.Digest
	DeadlineMS int64

	Device   string // where the actor has signed in, and who approved it; "" from an older peer
	Approver string
}

// ForwardReply is the owner's answer, or 503 with code owner_unreachable in Body.
type ForwardReply struct {
	Verdict Verdict
	Status  int
	Body    []byte

	// Replayed says that the key was used before and Body is the first answer.
	Replayed bool
}
