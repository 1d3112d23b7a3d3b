package contract

import "github.com/holdfast-stock/holdfast/ledger"

// LinkStatus is a node's line to head office. Ages are in milliseconds; -1 means never.
type LinkStatus struct {
	Online      bool   `json:"online"`
	Verdict     string `json:"verdict" jsonschema:"what head office said of this site's position at the last contact"`
	Why         string `json:"why,omitempty"`
	ContactAgo  int64  `json:"contact_ago_ms" jsonschema:"since the last answer of head office; -1: never"`
	SharedSeq   uint64 `json:"shared_seq" jsonschema:"a quorum of head office has everything up to here"`
	ArchivedSeq uint64 `json:"archived_seq" jsonschema:"head office's archive has everything up to here; 0: not known"`
	UnsharedAge int64  `json:"unshared_age_ms" jsonschema:"age of the oldest entry not yet shared; 0: all are"`
	Unshared    uint64 `json:"unshared" jsonschema:"entries not yet shared"`
	SkewMS      int64  `json:"skew_ms" jsonschema:"this clock less head office's"`
}

// RebuildStatus is how far a site's book has come that is being rebuilt from head office's copy.
type RebuildStatus struct {
	Phase string `json:"phase" jsonschema:"waiting_for_head_office, fetching, folding, commands, late_facts or attesting"`
	Done  uint64 `json:"done" jsonschema:"entries or facts of this phase"`
	Of    uint64 `json:"of" jsonschema:"how many there are; 0: not counted"`
	Why   string `json:"why,omitempty" jsonschema:"what it waits for"`
}

// CertificateStatus is what a node proves itself by, to head office and to tills.
type CertificateStatus struct {
	State string `json:"state" jsonschema:"good; due: it is to be renewed now; ended: head office and tills that look at it believe the node no more"`
	Ends  string `json:"ends"`
	Why   string `json:"why,omitempty" jsonschema:"why it is not renewed yet; that is tried each minute, and each hour after a refusal"`

	Hosts []string `json:"hosts" jsonschema:"names and addresses that it is good for: tills and browsers that call the node otherwise turn away"`
	Lacks []string `json:"lacks,omitempty" jsonschema:"what the node is called by (where it listens, --names) and its certificate does not say"`
}

// LabelStatus is how far the labels of what has left are written.
type LabelStatus struct {
	Folder string `json:"folder"`
	Seq    uint64 `json:"seq" jsonschema:"all that left up to this entry has its labels"`
	Behind uint64 `json:"behind" jsonschema:"entries that were not looked at yet"`
	Why    string `json:"why,omitempty" jsonschema:"why labels cannot be written now; they are tried again every 5 seconds, and nobody waits for them"`
}

// NodeStatus is a site in a few figures.
type NodeStatus struct {
	Site        ledger.SiteID      `json:"site"`
	Name        string             `json:"name" jsonschema:"for people"`
	Role        string             `json:"role" jsonschema:"node"`
	State       string             `json:"state" jsonschema:"open, not_opened, quarantined, rebuilding, disk_full, stopped or closing"`
	Why         string             `json:"why,omitempty" jsonschema:"what keeps it from being open"`
	People      PeopleStatus       `json:"people" jsonschema:"who may call here, and how old that list is"`
	Standalone  bool               `json:"standalone"`
	Counter     bool               `json:"counter"`
	Position    string             `json:"position" jsonschema:"site/epoch/seq/hash"`
	Epoch       uint64             `json:"epoch"`
	Seq         uint64             `json:"seq"`
	TrimmedSeq  uint64             `json:"trimmed_seq" jsonschema:"the journal was trimmed up to here; 0: it is whole"`
	SKUs        int                `json:"skus" jsonschema:"SKUs that the site ever had"`
	OpenOrders  int                `json:"open_orders"`
	OpenAsks    int                `json:"open_asks" jsonschema:"questions to head office without an answer yet"`
	Drafts      int                `json:"drafts" jsonschema:"parked sales and quotes that nobody has placed or put away; open_orders are without them"`
	ToConfirm   int                `json:"to_be_confirmed" jsonschema:"orders that are to be confirmed"`
	Confirmed   uint64             `json:"confirmed" jsonschema:"orders that were to be confirmed, of which all was promised later"`
	Declined    uint64             `json:"declined" jsonschema:"orders that were to be confirmed, of which some was declined"`
	ItemVersion uint64             `json:"item_version" jsonschema:"reference data is complete up to here"`
	SitesKnown  int                `json:"sites_known" jsonschema:"sites that head office has told of; 0 before the first time"`
	Commands    uint64             `json:"commands" jsonschema:"head office's commands carried out"`
	Certificate *CertificateStatus `json:"certificate,omitempty" jsonschema:"left out where the node has none: it is reached on loopback alone"`
	Link        *LinkStatus        `json:"link,omitempty" jsonschema:"left out where there is no head office"`
	Rebuild     *RebuildStatus     `json:"rebuild,omitempty" jsonschema:"left out where nothing is being rebuilt"`
	Labels      *LabelStatus       `json:"labels,omitempty" jsonschema:"left out where the node prints none"`
	At          string             `json:"at"`
}
