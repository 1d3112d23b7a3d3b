package machine

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// The answers of Apply that are the state's, beside those of package ledger (ErrKeyReused,
// ErrOrderExists, ErrOrderUnknown, ErrAskClosed). None of them has changed anything.
var (
	// ErrConflict says that a plan does not fit what HQ holds now: plan again.
	ErrConflict = errors.New("plan does not fit what is held now")
	// ErrLate says that the ask's deadline had passed.
	ErrLate = errors.New("deadline of the ask has passed")
	// ErrUnknownCommand says that the command is of a kind or version that this build does not
	// know, or no command at all.
	ErrUnknownCommand = errors.New("no command that this build knows")
	// ErrSiteUnknown says that there is no such site.
	ErrSiteUnknown = errors.New("no such site")
	// ErrSiteExists says that the site was added before.
	ErrSiteExists = errors.New("site exists")
	// ErrExceptionUnknown says that there is no such exception, or no longer.
	ErrExceptionUnknown = errors.New("no such exception")
	// ErrNotLost says that only what a lost site holds is written off.
	ErrNotLost = errors.New("site was not declared lost")
	// ErrNotAwaited says that head office does not wait for the site to attest.
	ErrNotAwaited = errors.New("site is not waited for")
	// ErrAssetUnknown says that head office has no such asset: nobody has set a limit of it, or loaded it.
	ErrAssetUnknown = errors.New("no such asset")
	// ErrNoHQ says that head office has no life yet: Bootstrap comes first.
	ErrNoHQ = errors.New("head office is not bootstrapped")
)

// An AssetClosedError says why a site is given no more of an asset now.
type AssetClosedError struct {
	Site ledger.SiteID
	Why  string
}

func (e *AssetClosedError) Error() string {
	return fmt.Sprintf("%s is given nothing: %s", e.Site, e.Why)
}

// A SiteUnknownError says which site there is none of. It is an ErrSiteUnknown.
type SiteUnknownError struct{ Site ledger.SiteID }

func (e *SiteUnknownError) Error() string {
	return fmt.Sprintf("%v: %q", ErrSiteUnknown, string(e.Site))
}

// Is says that the error is an ErrSiteUnknown.
func (*SiteUnknownError) Is(target error) bool { return target == ErrSiteUnknown }

// A StoredFrame is a frame that a site pushed, as it came. Whoever applies a push must keep it
// in the journal store of this server.
type StoredFrame struct {
	Site  ledger.SiteID
	First ledger.Seq
	Last  ledger.Seq
	Bytes []byte // aliases the command; must not be changed
	Lots  bool   // an entry of it may speak of lots
}

// A Result is what a command came to. Fields that a command does not speak of are zero.
type Result struct {
	Err      error
	Replayed bool    // the key had been answered before: Answer is the first answer
	Answer   *Answer // Place, Refuse, Cancel

	Verdict wire.Verdict       // Hello, Show, Push, Hold, Reissue
	Why     string             // for a person, beside any verdict but ok
	H       ledger.Incarnation // Bootstrap, Reincarnate, Hello, Reissue
	Epoch   ledger.Epoch       // Hello, Reissue
	Counter bool               // Hello, Reissue
	Stored  ledger.Position    // Hello, Push, Reissue
	Passed  ledger.Qty         // PassOn: what is on its way now, below zero what is recalled

	Checkpoint bool // Checkpoint: the state is to be fixed as it is now

	Group   []Result        // Group: what each member came to
	Legs    []ledger.AskLeg // Hold
	Frames  []StoredFrame   // Push
	Version uint64          // PutItems: of the reference data now; Expect: of the delivery
	Listed  bool            // AddSite: the list of sites is another one now
	Slips   []Slip          // Expect, Overdue: whose promise it makes slip
	Wake    []ledger.SiteID // sites that have new commands to pull
	Arrived []ledger.SKU    // Push, Unpark: of which more is held at a warehouse than before an entry
}
