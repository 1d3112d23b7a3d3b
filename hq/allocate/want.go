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
	Lines []Need
	Only  ledger.SiteID // serve from this site alone; "" from any
	Whole bool          // all of every line, or no plan
}

// An Offer is what one site can give of one SKU. Held is HQ's to promise now; Borrow is what the
// site would have to be asked for, 0 where it cannot be asked.
type Offer struct {
	Held   ledger.Qty
	Borrow ledger.Qty
}

// A Candidate is a site with what it can give. Why says what keeps a site that offers nothing
// from being asked ("offline since 10:42"); it is for people.
type Candidate struct {
	Site   ledger.SiteID
	Rank   int // configured nearness; lower is nearer
	Offers map[ledger.SKU]Offer
	Why    string
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
// anything short, Legs and Borrow are empty.
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

// An Explanation says how a plan came about, line by line.
type Explanation struct {
	Lines []LineExplanation
}
