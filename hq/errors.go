package hq

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

var (
	// ErrNoLeader says that this server does not lead and knows of none that does.
	ErrNoLeader = errors.New("no leader can be reached")
	// errIdentity says that a request's token is missing or wrong.
	errIdentity = door.ErrNoIdentity
	// errSession says that a session is not enough, where the token is.
	errSession = errors.New("a signed-in page may not do this")
	// errOwnerAway says that the site that owns an order cannot be asked now.
	errOwnerAway = errors.New("owner of the order cannot be reached")
	// errMixed says that a server of an older build does not know what is asked for.
	errMixed = errors.New("a server has an older build")
	// errFull says that as many as may wait are waiting.
	errFull = errors.New("too many wait")
)

// problem is the one table of what an error is to a client.
func problem(err error) *contract.Problem {
	if errors.Is(err, office.ErrUnsettled) {
		return contract.New(contract.CodeBusy, "Head office began a new life and waits for its sites to tell what they know (holdfast site list names them). The order may be one that it has forgotten.")
	}
	if p, ok := contract.FromLedger(err, ledger.HQ); ok {
		return p
	}
	if p, ok := door.Problem(err); ok {
		return p
	}
	if p := amendRefused(err); p != nil {
		return p
	}
	if p := changedRefused(err); p != nil {
		return p
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok && large != nil {
		return contract.New(contract.CodeBodyTooLarge, "")
	}
	if set, ok := errors.AsType[*machine.CurrencySetError](err); ok {
		return contract.CurrencySet(set.Currency)
	}
	if token, ok := errors.AsType[*machine.TokenError](err); ok {
		return tokenRefused(token)
	}
	switch {
	case errors.Is(err, ErrNoLeader), errors.Is(err, machine.ErrNoHQ):
		return contract.New(contract.CodeNoLeader, "")
	case errors.Is(err, errSession):
		return contract.New(contract.CodeForbidden, "")
	case errors.Is(err, errGap):
		return contract.New(contract.CodeNotReady, "This server is still fetching journals from the others; ask another.")
	case errors.Is(err, errDiffers):
		return contract.New(contract.CodeNotReady, "This server's state is not the one of the others, so it is out of service; ask another. Replace it: start it with a new folder and --join.")
	case errors.Is(err, errMixed):
		return contract.New(contract.CodeNotReady, "Not every server of head office has this build yet.")
	case errors.Is(err, office.ErrUnlike):
		return contract.New(contract.CodeNotReady, "The order was changed before head office went back in time, and not every server has a build that can take it again. Upgrade all of them, then send it again under the same key.")
	case errors.Is(err, errOwnerAway):
		return contract.New(contract.CodeOwnerUnreachable, "")
	case errors.Is(err, errFull), errors.Is(err, machine.ErrConflict):
		return contract.New(contract.CodeBusy, "")
	case errors.Is(err, machine.ErrSiteUnknown):
		return siteUnknown(err)
	case errors.Is(err, machine.ErrNotLost):
		return contract.New(contract.CodeNotLost, "")
	case errors.Is(err, machine.ErrNotAvoided):
		return contract.NotFound("Nothing of it is avoided there, or it is no more (holdfast site show).")
	case errors.Is(err, machine.ErrAssetUnknown):
		return contract.NotFound("Head office has no such asset: an account is there once its limit is set, and a card once a site has loaded it.")
	case errors.Is(err, machine.ErrNotAwaited):
		return contract.New(contract.CodeNotAwaited, "")
	case errors.Is(err, machine.ErrDeliveryUnknown):
		return contract.NotFound("No delivery is expected under that reference.")
	case errors.Is(err, machine.ErrTransferUnknown):
		return contract.NoTransfer("", ledger.HQ)
	case errors.Is(err, machine.ErrHookUnknown), errors.Is(err, machine.ErrExceptionUnknown):
		return contract.New(contract.CodeNotFound, "")
	case errors.Is(err, machine.ErrSiteExists):
		return contract.New(contract.CodeSiteExists, "")
	case errors.Is(err, wire.ErrTooLarge):
		return contract.New(contract.CodeBodyTooLarge, "")
	case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrMediaType), errors.Is(err, wire.ErrEncoding):
		return contract.New(contract.CodeBadValue, "The body is not the message that belongs here: only nodes and servers of head office speak at this address. The calls for everybody else are listed at /openapi.json.")
	case errors.Is(err, errShut), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contract.New(contract.CodeSiteClosing, "")
	default:
		return contract.New(contract.CodeFault, "")
	}
}

// siteUnknown names the site that there is none of.
func siteUnknown(err error) *contract.Problem {
	p := contract.New(contract.CodeUnknownSite, "There is no site of that name.")
	if e, ok := errors.AsType[*machine.SiteUnknownError](err); ok {
		p = contract.UnknownSite("", string(e.Site))
	}
	p.Hint = "Check its name, or look it up among the sites (holdfast site list)."
	return p
}

// inUse says of a file that another process holds that it is closed to this one, in the words
// that a node's book has for it.
func inUse(err error) error {
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return fmt.Errorf("%w: another process has it open: %w", ledger.ErrClosed, err)
	}
	return err
}
