package office

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// TryAsk answers a site's ask. With done false units are being borrowed: call again when the
// machine has changed, and with final set when deadline is near (leave time for one proposal).
// A yes is a hold; one that comes too late is released by the site's own entry.
func (o *Office) TryAsk(ctx context.Context, now time.Time, a *wire.Ask, deadline time.Time, final bool) (reply *wire.AskReply, done bool, err error) {
	if a.ID.Site != a.Site {
		return &wire.AskReply{Verdict: wire.VerdictStranger, Why: "the ask is another site's"}, true, nil
	}
	o.Seen(a.Site, now)
	for range plansMax {
		s := o.lookAtAsk(now, a, final)
		switch {
		case s.reply != nil:
			return s.reply, true, nil
		case s.wait:
			return nil, false, nil
		case len(s.plan.Borrow) > 0:
			_, err = o.propose(ctx, &machine.Borrow{For: machine.SubjectOfAsk(a.ID), Ask: a.ID, Order: a.Order, Sites: borrowFrom(s.plan.Borrow), Explain: machine.ReasonsOf(s.explain), At: now})
			if err == nil {
				return nil, false, nil
			}
		case s.back.waits():
			return nil, false, o.recall(ctx, now, s.back.levels)
		case len(s.plan.Legs) == 0:
			return o.refuseAsk(ctx, now, a, s.request)
		default:
			var res machine.Result
			res, err = o.propose(ctx, &machine.Hold{Ask: a.ID, Order: a.Order, Head: a.Head, Legs: s.plan.Legs, Class: s.class(), Explain: machine.ReasonsOf(s.explain), Deadline: deadline, At: now})
			if err == nil {
				return &wire.AskReply{Verdict: res.Verdict, Why: res.Why, Yes: len(res.Legs) > 0, Legs: res.Legs}, true, nil
			}
		}
		switch {
		case errors.Is(err, machine.ErrConflict):
		case errors.Is(err, machine.ErrLate), errors.Is(err, ledger.ErrAskClosed), errors.Is(err, ledger.ErrOrderExists):
			return o.refuseAsk(ctx, now, a, s.request)
		default:
			return nil, false, err
		}
	}
	return o.refuseAsk(ctx, now, a, nil)
}

// An askLook is what the machine says of an ask at one moment: an answer, a wait, or a plan.
type askLook struct {
	reply   *wire.AskReply
	wait    bool
	request *machine.Request
	order   *ledger.Order // as far as the ask tells of it; nil where it does not
	plan    allocate.Plan
	explain allocate.Explanation
	back    callBack
}

// orderOf is what an ask tells of its order. The class counts once every server counts what is held for it.
func orderOf(m *machine.Machine, a *wire.Ask) *ledger.Order {
	if a.For == (wire.AskFor{}) {
		return nil // of an older node: its order may be anything
	}
	o := &ledger.Order{ID: a.Order, Owner: a.Site, Fulfil: a.For.Fulfil, Channel: a.For.Channel, CollectAt: a.Only, ShipTo: a.For.ShipTo,
		Customer: a.For.Customer, Class: a.For.Class, NeedBy: a.For.NeedBy}
	if o.Fulfil != ledger.Collect {
		o.CollectAt = ""
	}
	if !m.ByTerms() {
		o.Class = ""
	}
	return o
}

// class is what is counted of a yes.
func (s *askLook) class() string {
	if s.order == nil {
		return ""
	}
	return s.order.Class
}

func (o *Office) lookAtAsk(now time.Time, a *wire.Ask, final bool) (s askLook) {
	there := o.presences(now)
	o.cluster.View(func(m *machine.Machine) {
		site, v, why := known(m, a.Site, a.Head)
		if v != wire.VerdictOK {
			s.reply = &wire.AskReply{Verdict: v, Why: why}
			return
		}
		ask, ok := m.Ask(a.ID)
		switch {
		case ok && ask.Order == a.Order && len(ask.Legs) > 0:
			s.reply = &wire.AskReply{Verdict: v, Yes: true, Legs: machine.AskLegs(ask.Legs)}
			return
		case !ok && (a.ID.Seq <= site.Folded || a.ID.Epoch != site.Epoch) || ok && ask.Order != a.Order:
			s.reply = &wire.AskReply{Verdict: v, Why: ledger.ErrAskClosed.Error()}
			return
		}
		if _, _, taken := m.OwnerOf(a.Order); taken {
			s.reply = &wire.AskReply{Verdict: v, Why: ledger.ErrOrderExists.Error()}
			return
		}
		if _, ok := m.Site(a.Only); a.Only != "" && !ok {
			s.reply = &wire.AskReply{Verdict: v, Why: wire.WhyUnknownSite}
			return
		}
		s.request, _ = m.Request(machine.SubjectOfAsk(a.ID))
		if s.wait = !final && pending(s.request, there); s.wait {
			return
		}
		want := allocate.Want{Only: a.Only, Whole: a.Whole}
		for _, l := range a.Lines {
			want.Lines = append(want.Lines, allocate.Need{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
		}
		s.order = orderOf(m, a)
		how := sourcing{want: want, order: s.order, home: a.Site, asked: true, using: s.request, borrow: !final && mayBorrow(s.request), now: now}
		if s.plan, s.explain = o.plan(m, there, how); !final {
			s.back = callBackFor(m, there, s.plan.Short, how, now)
		}
	})
	return s
}

// refuseAsk says no, and gives back what was borrowed for the ask.
func (o *Office) refuseAsk(ctx context.Context, now time.Time, a *wire.Ask, r *machine.Request) (*wire.AskReply, bool, error) {
	no := &wire.AskReply{Verdict: wire.VerdictOK, Why: "head office cannot serve it"}
	if r == nil {
		return no, true, nil
	}
	if _, err := o.propose(ctx, &machine.Refuse{For: machine.SubjectOfAsk(a.ID), At: now}); err != nil {
		return nil, false, err
	}
	return no, true, nil
}
