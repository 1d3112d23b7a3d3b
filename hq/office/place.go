package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// An ElsewhereError says that another book owns the order: the act must be passed to it.
type ElsewhereError struct {
	Order ledger.OrderID
	Owner ledger.SiteID
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("order %s is owned by %s", e.Order, e.Owner)
}

// An Outcome is the answer to an order or a cancel of HQ's own, remembered under its key. Err is
// the refusal that Answer records: *ledger.ShortError, *ledger.StateError, ledger.ErrOrderExists.
type Outcome struct {
	Answer   *machine.Answer
	Replayed bool
	Err      error
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
// ledger.ErrKeyReused and ledger.ErrBusy come as err; refusals in the outcome. While head office
// does not know all that it has promised it says yes or ErrBusy, and never that stock is short.
func (o *Office) TryPlace(ctx context.Context, now time.Time, p *Placing, final bool) (out Outcome, done bool, err error) {
	subject := machine.SubjectOfOrder(p.Order.ID, p.Key)
	for range plansMax {
		s := o.lookAtOrder(now, p, final)
		var cmd machine.Command
		switch {
		case s.answer != nil && s.answer.Request != p.Request:
			return Outcome{}, true, ledger.ErrKeyReused
		case s.answer != nil:
			return Outcome{Answer: s.answer, Replayed: true, Err: s.answer.Err()}, true, nil
		case s.taken:
			cmd = &machine.Refuse{For: subject, Order: p.Order, Key: p.Key, Request: p.Request, Refusal: ledger.RefusedExists, At: now}
		case s.wait:
			return Outcome{}, false, nil
		case len(s.plan.Borrow) > 0:
			_, err = o.propose(ctx, &machine.Borrow{For: subject, Order: p.Order.ID, Sites: borrowFrom(s.plan.Borrow), At: now})
			if errors.Is(err, machine.ErrConflict) {
				continue
			}
			return Outcome{}, false, err
		default:
			cmd = decide(p, subject, &s, now)
			if _, no := cmd.(*machine.Refuse); s.open && (no || s.again && len(s.plan.Short) > 0) {
				return Outcome{}, true, ErrUnsettled
			}
		}
		res, err := o.propose(ctx, cmd)
		switch {
		case err == nil:
			return Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, true, nil
		case errors.Is(err, machine.ErrConflict), errors.Is(err, ledger.ErrOrderExists):
		default:
			return Outcome{}, true, err
		}
	}
	return Outcome{}, true, ledger.ErrBusy
}

// ErrUnsettled answers an order that would be refused while head office learns what it has
// promised: it may be one of those that were promised.
var ErrUnsettled = fmt.Errorf("%w: head office has gone back in time and does not know yet what it has promised", ledger.ErrBusy)

// An orderLook is what the machine says of an order to be placed at one moment.
type orderLook struct {
	answer  *machine.Answer // given before, under the same key
	taken   bool            // the id is
	again   bool            // an earlier life took it: some of it is reserved
	wait    bool
	open    bool // not all is known that earlier lives have promised
	request *machine.Request
	plan    allocate.Plan
	explain allocate.Explanation
}

func (o *Office) lookAtOrder(now time.Time, p *Placing, final bool) (s orderLook) {
	there := o.presences(now)
	o.cluster.View(func(m *machine.Machine) {
		if p.Key != (ledger.Digest{}) {
			if s.answer, _ = m.Answer(p.Key); s.answer != nil {
				return
			}
		}
		forgotten := m.Forgotten(p.Order.ID) // an earlier life has planned some of it
		if _, _, s.taken = m.OwnerOf(p.Order.ID); s.taken && forgotten == nil {
			return
		}
		s.taken, s.again, s.open = false, forgotten != nil, m.Unsettled()
		s.request, _ = m.Request(machine.SubjectOfOrder(p.Order.ID, p.Key))
		if s.wait = !final && pending(s.request, there); s.wait {
			return
		}
		want := allocate.Want{Only: p.Order.CollectAt, Whole: p.Order.Shortage == ledger.Refuse && forgotten == nil}
		for i := range p.Order.Lines {
			if forgotten != nil && forgotten.Canceling() != nil {
				break // nothing is wanted any more
			}
			if q := forgotten.Lacks(i+1, p.Order.Lines[i].Qty); q > 0 {
				want.Lines = append(want.Lines, allocate.Need{Line: i + 1, SKU: p.Order.Lines[i].SKU, Qty: q})
			}
		}
		s.plan, s.explain = plan(m, there, sourcing{want: want, using: s.request, borrow: !final && mayBorrow(s.request)})
	})
	return s
}

// decide makes the command that accepts or refuses an order for which nothing more is borrowed.
func decide(p *Placing, subject machine.Subject, s *orderLook, now time.Time) machine.Command {
	short := len(s.plan.Short) > 0
	if !s.again && (short && p.Order.Shortage == ledger.Refuse || len(s.plan.Legs) == 0 && p.Order.Shortage != ledger.Backorder) {
		shorts := make([]ledger.Short, 0, len(s.plan.Short))
		for _, n := range s.plan.Short {
			want := p.Order.Lines[n.Line-1].Qty
			shorts = append(shorts, ledger.Short{Line: n.Line, SKU: n.SKU, Want: want, Have: want - n.Qty})
		}
		return &machine.Refuse{For: subject, Order: p.Order, Key: p.Key, Request: p.Request, Refusal: ledger.RefusedShort, Shorts: shorts, At: now}
	}
	using := subject
	if s.request == nil {
		using = ""
	}
	return &machine.Place{Order: p.Order, Key: p.Key, Request: p.Request, Using: using, Legs: s.plan.Legs, Explain: s.explain, At: now}
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
	var owner ledger.SiteID
	o.cluster.View(func(m *machine.Machine) {
		owner, _, _ = m.OwnerOf(c.Order)
	})
	if owner != "" && owner != ledger.HQ {
		return Outcome{}, &ElsewhereError{Order: c.Order, Owner: owner}
	}
	res, err := o.propose(ctx, &machine.Cancel{Order: c.Order, Key: c.Key, Request: c.Request, At: now})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, nil
}
