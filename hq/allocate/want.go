package allocate

import "github.com/holdfast-stock/holdfast/ledger"

// A Need is what one line of an order still wants.
type Need struct {
	Line int // from 1
	SKU  ledger.SKU
	Qty  ledger.Qty
}

// A Want is what is to be planned.
type Want struct {
	Lines  []Need
	Only   ledger.SiteID // serve from this site alone; "" from any
	Whole  bool          // all of every line, or no plan
	Preset Preset        // what counts before what; 0 is FewestParcels
	Budget int           // visits that may be made beside reading the offers; 0 is BudgetDefault
}

// BudgetDefault is how much a plan may be thought about once all offers are read: a visit is one
// site's offer for one line, looked at once, and counts only where there is something. It is a
// count, so that the same order gives the same plan on a busy machine. DESIGN.md says what more
// would buy.
const BudgetDefault = 50_000

// budgetMax is more than anybody waits for, and leaves room for what must be read where an integer has 32 bits.
const budgetMax = 1 << 30

// An Offer is what one site can give of one SKU. Held is HQ's to promise now; Borrow is what the
// site would have to be asked for, 0 where it cannot be asked. Keep and Old count in the two
// together: Held goes first.
type Offer struct {
	Held   ledger.Qty
	Borrow ledger.Qty
	Keep   ledger.Qty // units that are wished to stay at the site
	Old    ledger.Qty // units that have lain too long; only ClearOld looks at them
}

// A Candidate is a site with what it can give. A list of candidates has each site once.
type Candidate struct {
	Site   ledger.SiteID
	Rank   int   // configured nearness; lower is nearer
	Cost   int64 // of one parcel from here: metres to the customer, or a zone's price; below 0 is 0
	Offers map[ledger.SKU]Offer
	// ByLine says in place of Offers what there is, by place in Want.Lines; of several lines of
	// one SKU the first counts. Large orders are planned twice as fast with it.
	ByLine []Offer

	Offline bool // cut off: what HQ holds there can be promised, but it hears of it later
	Late    bool // what leaves here is not there by the need-by date

	// Barred says why the site may serve nothing of this order, in words for people: "closed
	// until Monday", "has no parcels left today", "does not deliver". "" is no bar.
	Barred string
	// Refused says the same of single SKUs: "rejected TAP-22 on Tuesday".
	Refused map[ledger.SKU]string
	// Why says what keeps a site that HQ holds nothing of from being asked ("offline since
	// 10:42"). It bars nothing: what is offered all the same may be taken.
	Why string
}

// A Leg is the part of a line that one site serves.
type Leg struct {
	Line int // from 1
	SKU  ledger.SKU
	Site ledger.SiteID
	Qty  ledger.Qty
}

// A Plan says which site serves what. Legs are covered by holdings and can be committed now.
// Borrow is what has to be asked for first. Short is what neither covers. With Want.Whole and
// anything short, Legs and Borrow are empty. Each is in order of line.
type Plan struct {
	Legs   []Leg
	Borrow []Leg
	Short  []Need
}

// Bounds of an explanation: a plan travels in a raft command and is kept by HQ.
const (
	CandidatesPerLine = 8    // the chosen ones and the best of the others
	CandidatesMax     = 2000 // of all lines together; later lines show none
)

// LegsMax bounds a plan, as an order is bounded; what would go beyond is left short.
const LegsMax = ledger.LegsMax

// A Choice is one site as it was seen for one line.
type Choice struct {
	Site       ledger.SiteID
	Promisable ledger.Qty // held and to be borrowed
	Score      int        // lines of the order that this site could fill alone
	Why        string
}

// A LineExplanation says how one line was decided.
type LineExplanation struct {
	Line       int
	Candidates []Choice
	Chosen     []ledger.Leg
}

// An Explanation says how a plan came about: line by line, and as a whole.
type Explanation struct {
	Lines    []LineExplanation
	Decision Decision
}

// A Decision says why these sites were chosen and no others.
type Decision struct {
	Preset   Preset
	Sites    []ledger.SiteID // that serve, sorted; none where nothing is served
	Score    Score
	Other    []ledger.SiteID // the runner-up, sorted: the best found that does without one of Sites; none was found if empty
	OtherHas Score
	Decided  Objective // the first in which the runner-up is worse; 0 without one
	Unproved bool      // the budget ran out: there may be a better plan than this
	Visits   int       // cells looked at
}
