package machine

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The commands of this file are about going back in time, and about allotments that head office
// passes on. DESIGN.md, "After bad days", tells the story.

// Reissue gives a site the epoch after its own, bound to one node key and process: its book went
// back in time, was copied, or is lost. What is stored here is the past of the new epoch.
type Reissue struct {
	Site    ledger.SiteID
	NodeKey [16]byte
	Boot    [16]byte
	Head    ledger.Position // where the old book ends; zero where there is none
	HQ      ledger.Incarnation
	Replace bool // an operator gave the site to this node, whatever its key
	Alone   bool // the leader has heard no other process of the site lately
	At      time.Time

	// LetIn is the epoch in which whoever proposes lets a node into a site that is declared lost (Machine.LetIn); 0: it was not lost when
	// that was looked at. An older build passes it over.
	LetIn ledger.Epoch
}

// Reincarnate begins another life of head office: it was restored from a backup, or its majority
// is lost. Everything it holds is frozen until the sites have attested.
type Reincarnate struct {
	Random [16]byte
	Why    string
	At     time.Time

	// Apart has this life number the epochs that it issues from its own number on. A life that is lost
	// may have issued more than this one knows, and two books in one epoch are not told apart.
	// False from an older build.
	Apart bool

	// Items has what is set of items from here on numbered above what a lost life gave, as it is of customers, so that sites hear of it.
	// False from an older build.
	Items bool
}

// DeclareLost gives a site up: its epoch is closed. What it holds of others stays claimed until
// somebody writes it off.
type DeclareLost struct {
	Site   ledger.SiteID
	Reason string
	By     string
	At     time.Time

	ForgetPINs bool // of those whom its node knew. Given where every server knows ActCommands
}

// WriteOff returns to their owners what a lost site still has allotted. It is the only way in which
// a unit may come to be promised twice, and so it bears a name.
type WriteOff struct {
	Site   ledger.SiteID
	SKU    ledger.SKU // "" for all
	Reason string
	By     string
	At     time.Time
}

// PassOn says how much of an owner's stock a holder shall be able to promise without asking: a
// level. What is above it is recalled, what is missing is passed on from what is held here.
type PassOn struct {
	SKU    ledger.SKU
	Owner  ledger.SiteID
	Holder ledger.SiteID
	Level  ledger.Qty
	By     string
	At     time.Time
}

// Waive says that head office need not wait for a site that has not attested under its new life.
type Waive struct {
	Site   ledger.SiteID
	By     string
	Reason string
	At     time.Time
}

// Resolve closes an exception: somebody has seen to it.
type Resolve struct {
	Exception uint64
	By        string
	Note      string
	At        time.Time
}

// Raise lets entries of kinds up to Kind be folded. It is given when every server knows them.
type Raise struct {
	Kind ledger.Kind
	At   time.Time
}

// Unpark brings once more what is stored of a site whose stream is parked, since its kinds are known now: the frames
// behind what is folded, as far as they fit. It is given only when every server knows this command.
type Unpark struct {
	Site   ledger.SiteID
	Frames [][]byte
	At     time.Time
}

// UnparkCommands is what Build.Commands has to be of every server before an Unpark is given.
const UnparkCommands = int(kindUnpark)
