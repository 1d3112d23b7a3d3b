package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	Word    bool // Order has waited for somebody's word, and its review says that it is released
	Unsure  bool // it may be taken as to be confirmed: every server knows machine.UnsureCommands
	Hand    machine.Hand
}

// A Try is an order to be placed. Final says that it has waited for borrowed units as long as it may.
type Try struct {
	*Placing
	Final bool
}

// A Tried is what a try has come to. With Done false units are being borrowed: try again when the machine
// has changed, and with Final set when BorrowWait is over since the first try. ledger.ErrKeyReused and
// ledger.ErrBusy come as Err; refusals in the outcome. While head office does not know all that it has
// promised it says yes or ErrBusy, and never that stock is short.
type Tried struct {
	Outcome
	Done bool
	Err  error
}

// TryPlace places one order of HQ's own.
func (o *Office) TryPlace(ctx context.Context, now time.Time, p *Placing, final bool) (out Outcome, done bool, err error) {
	t := o.PlaceMany(ctx, now, []Try{{p, final}}, false)[0]
	return t.Outcome, t.Done, t.Err
}

// PlaceMany places orders of HQ's own that have arrived together, the first first: they are planned on one
// view, each on what those before it leave, and with grouped committed as one command. Without it, which
// is for as long as a server has an older build, each is proposed by itself. One for which those before it
// leave too little is planned again once they are committed: by then they may have come to nothing, or goods
// have come, and a no must be true of some moment.
func (o *Office) PlaceMany(ctx context.Context, now time.Time, tries []Try, grouped bool) []Tried {
	out := make([]Tried, len(tries))
	open := make([]int, len(tries)) // the tries that are not answered yet
	for i := range open {
		open[i] = i
	}
	for range plansMax {
		steps, backs, again := o.planMany(now, tries, open, out)
		open = again
		for _, b := range backs {
			out[b.try] = Tried{Err: o.recall(ctx, now, b.levels)}
		}
		for k, res := range o.commit(ctx, steps, grouped) {
			s := &steps[k]
			if out[s.try] = s.tried(res); errors.Is(out[s.try].Err, machine.ErrConflict) {
				open = append(open, s.try)
			}
		}
		if len(open) == 0 {
			return out
		}
		slices.Sort(open)
	}
	for _, i := range open {
		out[i] = Tried{Done: true, Err: ledger.ErrBusy}
		if len(tries) > 1 { // alone it depends on nobody
			out[i] = o.PlaceMany(ctx, now, tries[i:i+1], grouped)[0]
		}
	}
	return out
}

// A placeStep is the command that a try has come to.
type placeStep struct {
	try int
	machine.Command
}

// A placeBack is what is called back for a try, which waits for it.
type placeBack struct {
	try    int
	levels []*machine.PassOn
}

// A proposed is what came of proposing one.
type proposed struct {
	machine.Result
	err error // of the proposal; then there is no result
}

// planMany looks at the open tries on one view. A try that needs no command is answered in out; one that is
// short of what others take is to be looked at again.
func (o *Office) planMany(now time.Time, tries []Try, open []int, out []Tried) (steps []placeStep, backs []placeBack, again []int) {
	there := o.presences(now)
	taken, waits := spent{}, map[ledger.SKU]bool{} // waits: what those want who are looked at again
	o.cluster.View(func(m *machine.Machine) {
		for _, i := range open {
			t := &tries[i]
			s := o.lookAtOrder(m, there, t, taken, now)
			if out[i] = s.said(t.Placing); out[i].Done || s.wait {
				continue
			}
			if behind(t, waits) || len(taken) > 0 && len(s.plan.Short)+len(s.plan.Borrow) > 0 {
				again = append(again, i)
				for _, l := range t.Order.Lines {
					waits[l.SKU] = true
				}
				continue
			}
			if len(s.plan.Borrow) == 0 && s.back.waits() {
				backs = append(backs, placeBack{i, s.back.levels})
				continue
			}
			cmd := s.command(t.Placing, now)
			if cmd == nil {
				out[i] = Tried{Done: true, Err: ErrUnsettled}
				continue
			}
			steps = append(steps, placeStep{i, cmd})
			taken.take(s.takes(cmd))
		}
	})
	return steps, backs, again
}

// behind says whether a try wants something that one before it still waits for.
func behind(t *Try, waits map[ledger.SKU]bool) bool {
	return len(waits) > 0 && slices.ContainsFunc(t.Order.Lines, func(l ledger.Line) bool { return waits[l.SKU] })
}

// takes is what a command leaves no more to those that are planned after it.
func (s *orderLook) takes(cmd machine.Command) allocate.Plan {
	switch cmd.(type) {
	case *machine.Place, *machine.PlaceUnsure:
		return heldOnly(s.plan, s.request)
	case *machine.Borrow:
		return allocate.Plan{Borrow: s.plan.Borrow}
	default:
		return allocate.Plan{}
	}
}

// commit proposes what was planned.
func (o *Office) commit(ctx context.Context, steps []placeStep, grouped bool) []proposed {
	out := make([]proposed, len(steps))
	if !grouped || len(steps) < 2 {
		for k := range steps {
			out[k].Result, out[k].err = o.cluster.Propose(ctx, machine.Marshal(steps[k].Command))
		}
		return out
	}
	g := &machine.Group{Members: make([]machine.Command, len(steps))}
	for k := range steps {
		g.Members[k] = steps[k].Command
	}
	res, err := o.propose(ctx, g)
	for k := range out {
		if out[k].err = err; err == nil {
			out[k].Result = res.Group[k]
		}
	}
	return out
}

// tried is the answer to the try whose command came to p.
func (s *placeStep) tried(p proposed) Tried {
	err := p.err
	if err == nil {
		err = p.Err
	}
	if errors.Is(err, ledger.ErrOrderExists) {
		err = machine.ErrConflict // another has taken the id: the next look finds it
	}
	if _, borrows := s.Command.(*machine.Borrow); borrows && !errors.Is(err, machine.ErrConflict) {
		return Tried{Err: err}
	}
	if err != nil {
		return Tried{Done: true, Err: err}
	}
	return Tried{Outcome: Outcome{Answer: p.Answer, Replayed: p.Replayed, Err: p.Answer.Err()}, Done: true}
}

// ErrUnsettled answers an order that would be refused while head office learns what it has
// promised: it may be one of those that were promised.
var ErrUnsettled = fmt.Errorf("%w: head office has gone back in time and does not know yet what it has promised", ledger.ErrBusy)

// ErrUnlike answers an order that a lost life has taken and changed since, as long as a server has a build that would take it again otherwise.
var ErrUnlike = errors.New("a server has a build that takes such an order again otherwise")

// An orderLook is what the machine says of an order to be placed at one moment.
type orderLook struct {
	answer  *machine.Answer // given before, under the same key
	taken   bool            // the id is
	again   bool            // an earlier life took it: some of it is reserved
	wait    bool
	due     bool // what is short is due in in time
	unsure  bool // what is short was last seen with sites that do not answer, and is to be confirmed
	open    bool // not all is known that earlier lives have promised
	unlike  bool // servers of two builds would take it again otherwise
	request *machine.Request
	plan    allocate.Plan
	explain allocate.Explanation
	back    callBack
}

func (o *Office) lookAtOrder(m *machine.Machine, there presences, t *Try, taken spent, now time.Time) (s orderLook) {
	p := t.Placing
	if p.Key != (ledger.Digest{}) {
		if s.answer, _ = m.Answer(p.Key); s.answer != nil {
			return s
		}
	}
	forgotten := m.Forgotten(p.Order.ID) // an earlier life has planned some of it
	word := p.Word && m.Awaits(p.Order.ID)
	if _, _, s.taken = m.OwnerOf(p.Order.ID); s.taken && forgotten == nil && !word || forgotten != nil && (!forgotten.Admits(&p.Order) || m.Awaits(p.Order.ID) && !word && !forgotten.Bears(&p.Order)) {
		s.taken = true // by another order, which this one is not
		return s
	}
	if s.unlike = forgotten != nil && m.Unlike(forgotten, &p.Order); s.unlike {
		return s
	}
	s.taken, s.again, s.open = false, forgotten != nil, m.Unsettled()
	s.request, _ = m.Request(machine.SubjectOfOrder(p.Order.ID, p.Key))
	if s.wait = !t.Final && pending(s.request, there); s.wait {
		return s
	}
	want := allocate.Want{Only: p.Order.CollectAt, Whole: whole(m, &p.Order, now) && forgotten == nil}
	for i := range p.Order.Lines {
		if forgotten != nil && forgotten.GivenUp() {
			break // nothing is wanted any more
		}
		q := forgotten.Lacks(i+1, p.Order.Lines[i].Qty)
		if p.Order.Lines[i].Drop != nil && q == p.Order.Lines[i].Qty {
			continue // its supplier sends it
		}
		if q > 0 {
			want.Lines = append(want.Lines, allocate.Need{Line: i + 1, SKU: p.Order.Lines[i].SKU, Qty: q})
		}
	}
	how := sourcing{want: want, order: &p.Order, using: s.request, borrow: !t.Final && mayBorrow(s.request), spent: &taken, now: now}
	if s.plan, s.explain = o.plan(m, there, how); !t.Final && p.Order.Shortage != ledger.Backorder {
		s.back = callBackFor(m, there, s.plan.Short, how, now)
	}
	s.dueIn(o, m, there, t, how)
	s.unsureOf(o, m, there, t, how)
	return s
}

// said is the answer to a try that was answered before, if it was.
func (s *orderLook) said(p *Placing) Tried {
	switch {
	case s.answer == nil && s.taken && p.Word:
		return Tried{Done: true, Err: ledger.ErrOrderExists} // it waits no longer; whoever decided first is remembered with it
	case s.unlike:
		return Tried{Done: true, Err: ErrUnlike}
	case s.answer == nil:
		return Tried{}
	case s.answer.Request != p.Request:
		return Tried{Done: true, Err: ledger.ErrKeyReused}
	default:
		return Tried{Outcome: Outcome{Answer: s.answer, Replayed: true, Err: s.answer.Err()}, Done: true}
	}
}

// command is what is to be done about a try. nil: it would be refused, and it may be one of those that
// were promised.
func (s *orderLook) command(p *Placing, now time.Time) machine.Command {
	subject := machine.SubjectOfOrder(p.Order.ID, p.Key)
	switch {
	case s.taken:
		return &machine.Refuse{For: subject, Order: p.Order, Key: p.Key, Request: p.Request, Refusal: ledger.RefusedExists, At: now}
	case len(s.plan.Borrow) > 0:
		return &machine.Borrow{For: subject, Order: p.Order.ID, Sites: borrowFrom(s.plan.Borrow), Explain: machine.ReasonsOf(s.explain), At: now}
	}
	cmd := decide(p, subject, s, now)
	if _, no := cmd.(*machine.Refuse); s.open && (no || s.again && len(s.plan.Short) > 0) {
		return nil
	}
	return cmd
}

// decide makes the command that accepts or refuses an order for which nothing more is borrowed.
func decide(p *Placing, subject machine.Subject, s *orderLook, now time.Time) machine.Command {
	short := len(s.plan.Short) > 0
	if !s.again && !s.due && !s.unsure && (short && machine.Whole(p.Order.Shortage) || len(s.plan.Legs) == 0 && p.Order.Shortage != ledger.Backorder && len(p.Order.DropShips()) == 0) {
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
	place := machine.Place{Order: p.Order, Key: p.Key, Request: p.Request, Using: using, Legs: s.plan.Legs, Explain: machine.ReasonsOf(s.explain), At: now, Hand: p.Hand}
	if s.unsure {
		return &machine.PlaceUnsure{Place: place}
	}
	return &place
}

// Canceling is a wish to cancel an order.
type Canceling struct {
	Order   ledger.OrderID
	Key     ledger.Digest
	Request ledger.Digest
	By      string // who wishes it
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
	res, err := o.propose(ctx, &machine.Cancel{Order: c.Order, Key: c.Key, Request: c.Request, By: c.By, At: now})
	if err != nil {
		return Outcome{}, err
	}
	o.again()
	return Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, nil
}
