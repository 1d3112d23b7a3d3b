package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

var errUnwritten = errors.New("being written")

// An ElsewhereError says that another book owns the order: the act must be passed to it.
type ElsewhereError struct {
	Order ledger.OrderID
	Owner ledger.SiteID
}

func (e *ElsewhereError) Error() string { return fmt.Sprintf("order %s is owned by %s", e.Order, e.Owner) }

// An Outcome is the answer to an order or a cancel of HQ's own, remembered under its key. Err is
// the refusal that Answer records: *ledger.ShortError, *ledger.StateError, ledger.ErrOrderExists.
type Outcome struct {
	Answer   *machine.Answer
	Replayed bool
	Err      error
}

// Hello judges a site's position and issues its epoch.
func (o *Office) Hello(ctx context.Context, now time.Time, h *wire.Hello) (*wire.Welcome, error) {
	return nil, errUnwritten
}

// Push takes frames of a site's journal.
func (o *Office) Push(ctx context.Context, now time.Time, p *wire.Push) (*wire.PushReply, error) {
	return nil, errUnwritten
}

// Pull gives what there is to say to a site. news is false where the reply says nothing new: the
// caller may wait for the machine to change and pull again. Calls are the caller's own affair.
func (o *Office) Pull(ctx context.Context, now time.Time, p *wire.Pull) (reply *wire.PullReply, news bool, err error) {
	return nil, false, errUnwritten
}

// TryAsk answers a site's ask. With done false units are being borrowed: call again when the
// machine has changed, and with final set when deadline is near (leave time for one proposal).
func (o *Office) TryAsk(ctx context.Context, now time.Time, a *wire.Ask, deadline time.Time, final bool) (reply *wire.AskReply, done bool, err error) {
	return nil, false, errUnwritten
}

// Placing is an order for HQ to own, with the key it came under. The order's form must have been
// checked (ledger.Order.Check) and its SKUs must be known.
type Placing struct {
	Order   ledger.Order
	Key     ledger.Digest
	Request ledger.Digest
}

// TryPlace places an order of HQ's own. With done false units are being borrowed: call again when
// the machine has changed, and with final set when BorrowWait is over since the first call.
// ledger.ErrKeyReused and ledger.ErrBusy come as err; refusals in the outcome.
func (o *Office) TryPlace(ctx context.Context, now time.Time, p *Placing, final bool) (out Outcome, done bool, err error) {
	return Outcome{}, false, errUnwritten
}

// Canceling is a wish to cancel an order.
type Canceling struct {
	Order   ledger.OrderID
	Key     ledger.Digest
	Request ledger.Digest
}

// Cancel cancels an order of HQ's own. An order of a site gives *ElsewhereError, an unknown one
// ledger.ErrOrderUnknown.
func (o *Office) Cancel(ctx context.Context, now time.Time, c *Canceling) (Outcome, error) {
	return Outcome{}, errUnwritten
}

// Look tells what the company has of a SKU.
func (o *Office) Look(now time.Time, l *wire.Look) *wire.LookReply { return nil }

// Release serves the next batch of waiting orders, first placed first, from what is held and then
// by borrowing, and gives back what was borrowed for requests that nobody came back for. more
// says that it should be called again at once; otherwise when the machine has changed, and every
// second or so for those that went stale. Only a leader calls it, one call at a time.
func (o *Office) Release(ctx context.Context, now time.Time) (more bool, err error) {
	return false, errUnwritten
}
