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
}

// Explanation says how an order was sourced.
type Explanation struct {
	Lines []LineExplanation `json:"lines"`
}
