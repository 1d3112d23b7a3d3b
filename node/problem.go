package node

import (
	"context"
	"errors"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// What the node itself says no with.
var (
	errReadOnly    = errors.New("a signed-in page may only read")
	errNoRoute     = errors.New("no such route")
	errBadMethod   = errors.New("route does not take the method")
	errCrowded     = errors.New("too many requests at once")
	errOwnedByHQ   = errors.New("head office keeps the items")
	errKeyMissing  = errors.New("no idempotency key")
	errUnreachable = errors.New("owner of the order is unreachable")
	errNotReady    = errors.New("not ready")
)

// ownedByHQ says that something is set at head office, and where to set it.
func ownedByHQ(detail, hint string) error {
	p := contract.New(contract.CodeOwnedByHQ, detail)
	p.Hint = hint
	return p
}

// problem is the one table from an error to its answer. What stands in no row is a fault.
func (n *Node) problem(err error) *contract.Problem {
	// A stopped book also says that it is closed, and what was in flight then is unsure: the
	// client's next step is the same, so the cause is told first.
	if stopped := n.book.Err(); stopped != nil && n.faulty() && (errors.Is(err, ledger.ErrClosed) || errors.Is(err, ledger.ErrUnsure)) {
		return contract.New(contract.CodeBookStopped, "")
	}
	if errors.Is(err, ledger.ErrQuarantined) || errors.Is(err, ledger.ErrRebuilding) {
		return contract.New(contract.CodeQuarantined, n.whyNoPromise())
	}
	if p, ok := door.Problem(err); ok {
		return p
	}
	for _, row := range []struct {
		err  error
		code contract.Code
	}{
		{errReadOnly, contract.CodeForbidden},
		{errNoRoute, contract.CodeNotFound},
		{errBadMethod, contract.CodeBadMethod},
		{errCrowded, contract.CodeBusy},
		{errOwnedByHQ, contract.CodeOwnedByHQ},
		{errKeyMissing, contract.CodeKeyMissing},
		{errUnreachable, contract.CodeOwnerUnreachable},
		{errNotReady, contract.CodeNotReady},
	} {
		if errors.Is(err, row.err) {
			return contract.New(row.code, "")
		}
	}
	if p, ok := contract.FromLedger(err, n.cfg.Site); ok {
		return p
	}
	// A client that hung up, or one that we are closing on: what it asked for did not happen, or
	// the book would have said unsure.
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return contract.New(contract.CodeSiteClosing, "")
	}
	return contract.New(contract.CodeFault, "")
}
