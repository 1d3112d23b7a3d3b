package office

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Amending is a wish to change what an order of HQ's own is for. Its SKUs must be known.
type Amending struct {
	Order   ledger.OrderID
	Version uint64 // of the order as whoever wishes it has seen it
	Lines   []machine.AmendLine
	ShipTo  *ledger.Address
	NeedBy  *string
	Key     ledger.Digest
	Request ledger.Digest
	By      string // who wishes it
}

// TryAmend amends an order of HQ's own: what is wanted more is planned as a new want, from the sites that serve the order
// already where they can. With done false units are being borrowed: call again when the machine has changed, and with
// final set when BorrowWait is over. An order of a site gives *ElsewhereError, an unknown one ledger.ErrOrderUnknown.
func (o *Office) TryAmend(ctx context.Context, now time.Time, a *Amending, final bool) (out Outcome, done bool, err error) {
	for range plansMax {
		s := o.lookAtAmend(now, a, final)
		switch {
		case s.err != nil:
			return Outcome{}, true, s.err
		case s.answer != nil:
			return Outcome{Answer: s.answer, Replayed: true, Err: s.answer.Err()}, true, nil
		case s.wait:
			return Outcome{}, false, nil
		case s.back.waits():
			return Outcome{}, false, o.recall(ctx, now, s.back.levels)
		}
		res, err := o.propose(ctx, s.cmd)
		_, borrows := s.cmd.(*machine.Borrow)
		switch {
		case errors.Is(err, machine.ErrConflict):
		case err != nil:
			return Outcome{}, true, err
		case borrows:
			return Outcome{}, false, nil
		default:
			return Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, true, nil
		}
	}
	return Outcome{}, true, ledger.ErrBusy
}

// An amendLook is what the machine says of an amendment at one moment.
type amendLook struct {
	err    error
	answer *machine.Answer // given before, under the same key
	wait   bool
	back   callBack
	cmd    machine.Command
}

func (o *Office) lookAtAmend(now time.Time, a *Amending, final bool) (s amendLook) {
	there := o.presences(now)
	o.cluster.View(func(m *machine.Machine) {
		if s.answer, _ = m.Answer(a.Key); s.answer != nil {
			if s.answer.Request != a.Request {
				s.err = ledger.ErrKeyReused
			}
			return
		}
		var order *machine.Order
		if order, s.err = amendable(m, a.Order); s.err != nil {
			return
		}
		cmd := &machine.Amend{Order: a.Order, Version: a.Version, Key: a.Key, Request: a.Request, Lines: a.Lines, ShipTo: a.ShipTo, NeedBy: a.NeedBy, By: a.By, At: now}
		s.cmd = cmd
		subject := machine.SubjectOfAmend(a.Order, a.Key)
		request, borrowed := m.Request(subject)
		if borrowed {
			cmd.Using = subject // whatever comes of it: what it does not use is given back
		}
		if order.Canceling() != nil || a.Version != m.VersionOf(a.Order) || len(order.Fixed(a.Lines)) > 0 {
			return // the machine says no, and remembers it
		}
		all, more, err := order.Amended(a.Lines)
		if s.err = err; err != nil || len(more) == 0 {
			return
		}
		if s.wait = !final && pending(request, there); s.wait {
			return
		}
		wish := a.wishOf(&order.Order)
		how := sourcing{want: allocate.Want{Only: order.CollectAt, Whole: whole(m, wish, now), Lines: more}, order: wish, using: request,
			borrow: !final && mayBorrow(request), now: now}
		p, e := o.planMore(m, there, order, how)
		if len(p.Borrow) > 0 {
			s.cmd = &machine.Borrow{For: subject, Order: a.Order, Sites: borrowFrom(p.Borrow), Explain: machine.ReasonsOf(e), At: now}
			return
		}
		if !final && order.Shortage != ledger.Backorder {
			s.back = callBackFor(m, there, p.Short, how, now)
		}
		if no := shortsOfAmend(order, all, &p); len(no) > 0 {
			if m.Unsettled() {
				s.err = ErrUnsettled
			}
			cmd.Shorts = no
			return
		}
		cmd.Legs, cmd.Explain = p.Legs, machine.ReasonsOf(explainedWith(m, a.Order, e))
	})
	return s
}

// wishOf is the order as the amendment has it, but for its lines: what is wanted more goes to the new address, by the new date.
func (a *Amending) wishOf(o *ledger.Order) *ledger.Order {
	wish := *o
	if a.ShipTo != nil {
		wish.ShipTo = *a.ShipTo
	}
	if a.NeedBy != nil {
		wish.NeedBy = *a.NeedBy
	}
	return &wish
}

// amendable finds an order that may be amended here.
func amendable(m *machine.Machine, id ledger.OrderID) (*machine.Order, error) {
	owner, _, _ := m.OwnerOf(id)
	order, known := m.Order(id)
	switch {
	case owner != "" && owner != ledger.HQ:
		return nil, &ElsewhereError{Order: id, Owner: owner}
	case !known || order.Owner != ledger.HQ:
		return nil, ledger.ErrOrderUnknown
	case order.Relearned:
		return nil, ErrUnsettled
	default:
		return order, nil
	}
}

// shortsOfAmend is why an amendment is refused for want of stock, by the shortage that the order was placed with; nothing
// where it is not.
func shortsOfAmend(order *machine.Order, all []ledger.Line, p *allocate.Plan) (out []ledger.Short) {
	if len(p.Short) == 0 || order.Shortage == ledger.Backorder || order.Shortage == ledger.Partial && len(p.Legs) > 0 {
		return nil
	}
	for _, n := range p.Short {
		want := all[n.Line-1].Qty
		out = append(out, ledger.Short{Line: n.Line, SKU: n.SKU, Want: want, Have: want - n.Qty})
	}
	return out
}

// planMore plans what an order wants more. What comes from a site that serves it already costs no parcel, so these
// give what they can first: of each line those that serve the line, then those that serve any. What they lack they are asked for where
// the preset weighs parcels or their cost before that, and what is left is planned over all.
func (o *Office) planMore(m *machine.Machine, there presences, order *machine.Order, how sourcing) (allocate.Plan, allocate.Explanation) {
	serving := servedFrom(order)
	if len(serving) == 0 || how.want.Only != "" {
		return o.plan(m, there, how)
	}
	s := stages{office: o, m: m, there: there, how: how, left: how.want.Lines, taken: spent{}}
	if how.spent != nil {
		maps.Copy(s.taken, *how.spent)
	}
	for _, g := range linesBySites(order, how.want.Lines) {
		s.among(g.sites, g.lines, false)
	}
	s.among(serving, s.left, false)
	if preset := presetNamed(m.PresetFor(&order.Order)); how.borrow && (preset == allocate.FewestParcels || preset == allocate.Nearest) {
		s.among(serving, s.left, true)
	}
	return s.overAll()
}

// stages is a plan that is made in steps, each for what those before it have left.
type stages struct {
	office *Office
	m      *machine.Machine
	there  presences
	how    sourcing
	left   []allocate.Need // ascending by line
	taken  spent
	made   allocate.Plan
	why    allocate.Explanation
	some   bool // a step has given something
}

// among has some sites give what they can of some of the lines that are left, as far as they are asked with borrow.
func (s *stages) among(sites map[ledger.SiteID]bool, lines []allocate.Need, borrow bool) {
	if len(lines) == 0 {
		return
	}
	step := s.how
	step.want.Lines, step.want.Whole, step.borrow, step.among, step.spent = lines, false, borrow, sites, &s.taken
	p, e := s.office.plan(s.m, s.there, step)
	if len(p.Legs)+len(p.Borrow) == 0 {
		return
	}
	s.takes(p, e)
	left := slices.DeleteFunc(slices.Clone(s.left), func(n allocate.Need) bool {
		return slices.ContainsFunc(lines, func(of allocate.Need) bool { return of.Line == n.Line })
	})
	s.left = append(left, p.Short...)
	slices.SortFunc(s.left, func(a, b allocate.Need) int { return a.Line - b.Line })
}

func (s *stages) takes(p allocate.Plan, e allocate.Explanation) {
	s.taken.take(p)
	s.made.Legs, s.made.Borrow = append(s.made.Legs, p.Legs...), append(s.made.Borrow, p.Borrow...)
	if s.some {
		e = joined(s.why, e)
	}
	s.why, s.some = e, true
}

// overAll plans what is left over all sites, and gives the whole.
func (s *stages) overAll() (allocate.Plan, allocate.Explanation) {
	if len(s.left) == 0 {
		return s.made, s.why
	}
	rest := s.how
	rest.want.Lines, rest.spent = s.left, &s.taken
	over, why := s.office.plan(s.m, s.there, rest)
	switch {
	case !s.some:
		return over, why
	case s.how.want.Whole && len(over.Short) > 0:
		return allocate.Plan{Short: over.Short}, why
	}
	s.made.Legs, s.made.Borrow, s.made.Short = append(s.made.Legs, over.Legs...), append(s.made.Borrow, over.Borrow...), over.Short
	return s.made, joined(s.why, why)
}

// A lineGroup is lines that the same sites serve.
type lineGroup struct {
	sites map[ledger.SiteID]bool
	lines []allocate.Need
}

// linesBySites puts those lines of an order together that the same sites serve; what no site serves is in no group.
func linesBySites(order *machine.Order, lines []allocate.Need) (out []lineGroup) {
	at := map[string]int{}
	for _, n := range lines {
		if n.Line > len(order.Lines) || len(order.Lines[n.Line-1].Away) == 0 {
			continue
		}
		sites, name := map[ledger.SiteID]bool{}, ""
		for _, away := range order.Lines[n.Line-1].Away {
			sites[away.Site] = true
		}
		for _, site := range slices.Sorted(maps.Keys(sites)) {
			name += string(site) + "\x00"
		}
		i, known := at[name]
		if !known {
			i = len(out)
			at[name], out = i, append(out, lineGroup{sites: sites})
		}
		out[i].lines = append(out[i].lines, n)
	}
	return out
}

// servedFrom is the sites that serve an order.
func servedFrom(order *machine.Order) map[ledger.SiteID]bool {
	out := map[ledger.SiteID]bool{}
	for i := range order.Lines {
		for _, away := range order.Lines[i].Away {
			out[away.Site] = true
		}
	}
	return out
}

// joined is why a plan came about that was made in two steps, the second for what the first left.
func joined(first, second allocate.Explanation) allocate.Explanation {
	out := allocate.Explanation{Lines: slices.Clone(first.Lines), Decision: second.Decision}
	at := make(map[int]int, len(out.Lines))
	for i := range out.Lines {
		at[out.Lines[i].Line] = i
	}
	for _, l := range second.Lines {
		i, known := at[l.Line]
		if !known {
			out.Lines = append(out.Lines, l)
			continue
		}
		of := &out.Lines[i]
		room := max(allocate.CandidatesPerLine-len(of.Candidates), 0)
		of.Candidates = append(slices.Clone(of.Candidates), l.Candidates[:min(room, len(l.Candidates))]...)
		of.Chosen = append(slices.Clone(of.Chosen), l.Chosen...)
	}
	return out
}

// explainedWith is what is known of why an order was planned so, with what is planned anew in its place.
func explainedWith(m *machine.Machine, id ledger.OrderID, news allocate.Explanation) allocate.Explanation {
	known, ok := m.Explained(id)
	if !ok {
		return news
	}
	old, err := known.Explain.Open()
	if err != nil {
		return news
	}
	out := allocate.Explanation{Decision: news.Decision}
	fresh := make(map[int]bool, len(news.Lines))
	for i := range news.Lines {
		fresh[news.Lines[i].Line] = true
	}
	for _, l := range old.Lines {
		if !fresh[l.Line] {
			out.Lines = append(out.Lines, l)
		}
	}
	out.Lines = append(out.Lines, news.Lines...)
	slices.SortStableFunc(out.Lines, func(a, b allocate.LineExplanation) int { return a.Line - b.Line })
	return out
}
