package contract

import "github.com/holdfast-stock/holdfast/ledger"

// SiteState is how head office sees a site. The set may grow.
type SiteState string

// The states of the contract.
const (
	SiteOnline     SiteState = "online"
	SiteLate       SiteState = "late"
	SiteOffline    SiteState = "offline"
	SiteQuarantine SiteState = "quarantine"
	SiteRebuilding SiteState = "rebuilding"
	SiteFenced     SiteState = "fenced"
	SiteLost       SiteState = "lost"
)

// Site is one site as head office knows it.
type Site struct {
	Site    ledger.SiteID `json:"site"`
	Epoch   uint64        `json:"epoch"`
	Seq     uint64        `json:"seq" jsonschema:"the last entry that a quorum has"`
	State   SiteState     `json:"state"`
	AgeMS   int64         `json:"age_ms" jsonschema:"since its last contact"`
	SkewMS  int64         `json:"skew_ms" jsonschema:"its clock less head office's"`
	Frozen  bool          `json:"frozen" jsonschema:"head office promises nothing from it"`
	Counter bool          `json:"counter" jsonschema:"it sells over a counter and keeps its stock to itself"`
	Rank    int           `json:"rank" jsonschema:"configured rank; the lower is asked first"`
}

// Candidate is a site that could have served a line, and why it did or did not.
type Candidate struct {
	Site       ledger.SiteID `json:"site"`
	Promisable ledger.Qty    `json:"promisable"`
	Score      int64         `json:"score" jsonschema:"lower is better"`
	Why        string        `json:"why"`
}

// LineExplanation says how one line was sourced.
type LineExplanation struct {
	Line       int         `json:"line" jsonschema:"from 1"`
	Candidates []Candidate `json:"candidates"`
	Chosen     []Reserved  `json:"chosen"`
	Kit        *OfKit      `json:"kit,omitempty" jsonschema:"the kit that the line has a component of"`
}

// Explanation says how an order was sourced.
type Explanation struct {
	Lines    []LineExplanation `json:"lines"`
	Decision *Decision         `json:"decision,omitempty" jsonschema:"why these sites and no others; absent where it was not kept yet"`
	Moved    string            `json:"moved,omitempty" jsonschema:"why the order was last moved, where it was planned again"`
	Late     string            `json:"late,omitempty" jsonschema:"that the order was needed by a day that was over when it was taken"`

	Story   []StoryStep `json:"story" jsonschema:"what happened to the order, the first step first; lines and decision above are of the last plan"`
	LeftOut uint64      `json:"steps_left_out,omitempty" jsonschema:"steps that are not kept, behind the first"`
}

// StoryStep is one thing that happened to an order.
type StoryStep struct {
	At        string            `json:"at,omitempty" jsonschema:"absent where it is not known any more"`
	What      string            `json:"what" jsonschema:"placed, borrowed, served, short, rejected, refused, lost, amended, moved, stayed, came, declined, unserved, cancelled; the set may grow"`
	Words     string            `json:"words" jsonschema:"the whole of it, for people"`
	Site      ledger.SiteID     `json:"site,omitempty" jsonschema:"where it happened"`
	By        string            `json:"by,omitempty" jsonschema:"who did it, as their door named them"`
	Device    string            `json:"device,omitempty" jsonschema:"that they did it at"`
	Approver  string            `json:"approver,omitempty" jsonschema:"who approved it"`
	Why       string            `json:"why,omitempty" jsonschema:"the reason given; of goods that came, the delivery"`
	Lines     []StoryLine       `json:"lines,omitempty"`
	MoreLines int               `json:"more_lines,omitempty" jsonschema:"lines beyond those"`
	Until     string            `json:"avoided_until,omitempty" jsonschema:"until then nothing of these SKUs is planned from the site, unless somebody lifts it"`
	Exception uint64            `json:"exception,omitempty" jsonschema:"what somebody has to look at because of it"`
	Version   uint64            `json:"version,omitempty" jsonschema:"of the order from here on"`
	Decision  *Decision         `json:"decision,omitempty" jsonschema:"why it was planned so; what was lent looks afterwards as if it always had been there, so a loan has the plan that led to it"`
	Plan      []LineExplanation `json:"plan,omitempty"`
	Thinned   bool              `json:"thinned,omitempty" jsonschema:"the plan had more lines or candidates than are kept"`
}

// StoryLine is what a step says of one line.
type StoryLine struct {
	Line      int           `json:"line,omitempty" jsonschema:"from 1; left out: all lines of the SKU"`
	SKU       ledger.SKU    `json:"sku,omitempty"`
	Site      ledger.SiteID `json:"site,omitempty" jsonschema:"that was asked to lend"`
	Qty       ledger.Qty    `json:"qty" jsonschema:"short, not served, lent, come, or wanted now"`
	Of        ledger.Qty    `json:"of,omitempty" jsonschema:"looked for, or wanted before"`
	Exception uint64        `json:"exception,omitempty" jsonschema:"that asks the site for a count"`
}

// Decision says why an order's sites were chosen, and no others.
type Decision struct {
	Words         string          `json:"words" jsonschema:"the whole of it, for people"`
	Preset        string          `json:"preset" jsonschema:"what weighed most"`
	Sites         []ledger.SiteID `json:"sites" jsonschema:"that serve"`
	Score         *PlanScore      `json:"score"`
	RunnerUp      []ledger.SiteID `json:"runner_up" jsonschema:"the best found that does without one of sites; empty where none was"`
	RunnerUpScore *PlanScore      `json:"runner_up_score,omitempty"`
	DecidedBy     string          `json:"decided_by,omitempty" jsonschema:"the first in which the runner-up is worse, by its name in score, or site_ids"`
	Unproved      bool            `json:"unproved" jsonschema:"the work set aside for a plan was used up: there may be a better one"`
	Visits        int64           `json:"visits" jsonschema:"offers of sites looked at"`
}

// PlanScore counts what a plan has of what the planner weighs. Fewer is better; what comes before what is the preset's.
type PlanScore struct {
	LateUnits     int64 `json:"late_units" jsonschema:"not there by need_by, or nowhere"`
	LateLines     int64 `json:"late_lines"`
	CutOff        int64 `json:"cut_off" jsonschema:"articles from sites that are cut off"`
	Parcels       int64 `json:"parcels"`
	BorrowedUnits int64 `json:"borrowed_units"`
	BelowKeepBack int64 `json:"below_keep_back" jsonschema:"units that a site wished to keep"`
	NewerUnits    int64 `json:"newer_units" jsonschema:"units taken beyond those to be cleared out"`
	Distance      int64 `json:"distance" jsonschema:"of all parcels: metres, or the zone table's cost"`
	Rank          int64 `json:"rank" jsonschema:"sum of the sites' ranks"`
}
