package machine

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Command is one change of HQ's state as it stands in the raft log. Exactly the types of this
// file are commands. At is the proposer's clock, whole milliseconds; it decides nothing but
// what each command says.
type Command interface{ kind() kind }

// Bootstrap begins the first life of head office. Repeated, it changes nothing.
type Bootstrap struct {
	Random [16]byte
	At     time.Time
}

// AddSite makes a site known. Under the same Key again, before the site's first hello, it only
// replaces the token: the answer that held the first one was lost.
type AddSite struct {
	Site    ledger.SiteID
	Counter bool
	Rank    int      // nearness; lower is nearer
	Token   [32]byte // SHA-256 of the join token
	Key     ledger.Digest
	At      time.Time
}

// PutServer writes down where one server of head office is reached.
type PutServer struct{ Server }

// PutItems sets reference data. Each item gets the next version, in order; what an item says of
// its version is ignored.
type PutItems struct {
	Items []ledger.Item
	At    time.Time
}

// Hello judges a site's position at the start of a conversation and issues its epoch.
type Hello struct {
	Site                   ledger.SiteID
	NodeKey                [16]byte
	Boot                   [16]byte
	Head                   ledger.Position
	HQ                     ledger.Incarnation
	Applied                ledger.Cursor
	VersionMin, VersionMax int
	At                     time.Time
	// Twin is another process under the same node key that the leader has heard since it said
	// hello: one of the two is a copy. The zero one where there is none.
	Twin [16]byte
}

// Show keeps a head that a site has shown otherwise than by hello or push.
type Show struct {
	Site ledger.SiteID
	Head ledger.Position
	At   time.Time
}

// Push brings frames of a site's journal, verbatim. Before is the position that the first follows.
type Push struct {
	Site   ledger.SiteID
	Epoch  ledger.Epoch
	Head   ledger.Position
	Before ledger.Position
	Frames [][]byte
	At     time.Time
}

// Place takes an order that HQ owns, with the plan that serves it. What the plan leaves is
// decided by the order's Shortage: none may be left (Refuse), it is not wanted (Partial), it
// waits (Backorder). Using names the request whose borrowed units are used up; "" for none.
type Place struct {
	Order   ledger.Order
	Key     ledger.Digest
	Request ledger.Digest
	Using   Subject
	Legs    []allocate.Leg
	Explain Reasons
	At      time.Time
	Hand    Hand // whose order it is; zero before ActCommands
}

// Hold answers a site's ask with a yes: the legs are held for it until an entry of the site
// accepts or abandons the ask. After Deadline nothing is held.
type Hold struct {
	Ask      ledger.AskID
	Order    ledger.OrderID
	Head     ledger.Position
	Legs     []allocate.Leg
	Explain  Reasons
	Deadline time.Time
	At       time.Time
	Class    string // the order's: what it gets counts for that. "" before ByTerms
}

// A BorrowSite is what one site is asked to lend.
type BorrowSite struct {
	Site  ledger.SiteID
	Lines []ledger.CommandLine
}

// Borrow asks sites with a counter for units, for one subject. What they give is tied to it.
type Borrow struct {
	For   Subject
	Ask   ledger.AskID // where the subject is an ask
	Order ledger.OrderID
	Sites []BorrowSite
	At    time.Time
	// Explain is the plan that led to it. What lenders give looks afterwards as if they always had it held. None from an
	// older build.
	Explain Reasons
}

// Refuse ends a subject with a no: what was borrowed for it goes back, and where it has a key
// the refusal is remembered. With no Key and no Refusal it only gives back.
type Refuse struct {
	For     Subject
	Order   ledger.Order // with Refusal: the order as asked for
	Key     ledger.Digest
	Request ledger.Digest
	Refusal ledger.Refusal
	Shorts  []ledger.Short
	At      time.Time
}

// Fill serves waiting lines of an order. Using as in Place.
type Fill struct {
	Order   ledger.OrderID
	Using   Subject
	Legs    []allocate.Leg
	Explain Reasons
	At      time.Time
}

// Cancel cancels an order that HQ owns.
type Cancel struct {
	Order   ledger.OrderID
	Key     ledger.Digest
	Request ledger.Digest
	At      time.Time
	By      string // who asked for it; "" from an older build
}

// Archived says up to where the archive outside head office holds the journals of some sites. It is
// the archive's word and may go back: an archive that was lost holds nothing.
type Archived struct {
	Ends []ArchiveEnd
	At   time.Time
}

// An ArchiveEnd is where the archive of one site's journal ends.
type ArchiveEnd struct {
	Site ledger.SiteID
	End  ledger.Position
}

// kind numbers commands in the raft log: only ever appended to.
type kind uint8

const (
	kindBootstrap kind = 1
	kindAddSite   kind = 2
	kindPutServer kind = 3
	kindPutItems  kind = 4
	kindHello     kind = 5
	kindShow      kind = 6
	kindPush      kind = 7
	kindPlace     kind = 8
	kindHold      kind = 9
	kindBorrow    kind = 10
	kindRefuse    kind = 11
	kindFill      kind = 12
	kindCancel    kind = 13
	kindArchived  kind = 14

	kindReissue     kind = 15
	kindReincarnate kind = 16
	kindLose        kind = 17
	kindWriteOff    kind = 18
	kindPass        kind = 19
	kindWaive       kind = 20
	kindResolve     kind = 21
	kindRaise       kind = 22
	kindRenew       kind = 23
	kindUnpark      kind = 24
	kindPolicy      kind = 25
	kindDecline     kind = 26
	kindGroup       kind = 27

	kindExpect   kind = 28
	kindOverdue  kind = 29
	kindSourcing kind = 30

	kindCheckpoint kind = 31
	kindDiffers    kind = 32

	kindAmend   kind = 33
	kindClasses kind = 34
	kindMove    kind = 35
	kindAgree   kind = 36

	kindLift     kind = 37
	kindUnserved kind = 38

	kindPlaceUnsure kind = 39
	kindExchange    kind = 40

	kindTransfer      kind = 41
	kindJudgeTransfer kind = 42

	kindPutDetailed kind = 43

	kindSetHook kind = 44
	kindTold    kind = 45

	kindAsset     kind = 46
	kindCustomers kind = 47

	kindPurchase kind = 48

	kindCompany kind = 49

	kindTrust kind = 50

	kindUser kind = 51

	kindAct kind = 52

	kindAwaitWord kind = 53

	kindForget kind = 54

	kindReasons kind = 55

	kindSupplier kind = 56

	kindRelease kind = 57

	kindLearnUsers kind = 58

	kindSetSite kind = 59

	kindLeast kind = 60

	kindLast = kindLeast
)

func (*Bootstrap) kind() kind { return kindBootstrap }
func (*AddSite) kind() kind   { return kindAddSite }
func (*PutServer) kind() kind { return kindPutServer }
func (*PutItems) kind() kind  { return kindPutItems }
func (*Hello) kind() kind     { return kindHello }
func (*Show) kind() kind      { return kindShow }
func (*Push) kind() kind      { return kindPush }
func (*Place) kind() kind     { return kindPlace }
func (*Hold) kind() kind      { return kindHold }
func (*Borrow) kind() kind    { return kindBorrow }
func (*Refuse) kind() kind    { return kindRefuse }
func (*Fill) kind() kind      { return kindFill }
func (*Cancel) kind() kind    { return kindCancel }
func (*Archived) kind() kind  { return kindArchived }

func (*Reissue) kind() kind     { return kindReissue }
func (*Reincarnate) kind() kind { return kindReincarnate }
func (*DeclareLost) kind() kind { return kindLose }
func (*WriteOff) kind() kind    { return kindWriteOff }
func (*PassOn) kind() kind      { return kindPass }
func (*Waive) kind() kind       { return kindWaive }
func (*Resolve) kind() kind     { return kindResolve }
func (*Raise) kind() kind       { return kindRaise }
func (*Renew) kind() kind       { return kindRenew }
func (*Unpark) kind() kind      { return kindUnpark }
func (*SetPolicy) kind() kind   { return kindPolicy }
func (*Decline) kind() kind     { return kindDecline }
func (*Amend) kind() kind       { return kindAmend }
func (*SetClasses) kind() kind  { return kindClasses }
func (*Move) kind() kind        { return kindMove }
func (*Exchange) kind() kind    { return kindExchange }
