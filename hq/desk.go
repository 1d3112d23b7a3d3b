package hq

import (
	"context"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what the desk takes at once. A group's command stays well below what raft's log takes.
const (
	groupOrders = machine.MembersMax
	groupLines  = 4096 // an order that has more is taken alone
)

// A desk takes the orders that are placed at this server while it leads, first come first served: all that
// have come in while the last ones were committed are planned on one view and committed as one command. So
// two orders for the same article never meet in the log with plans that do not know each other, and a
// commit is shared by all who wait for it.
type desk struct {
	tickets chan *ticket // first come, first served
	held    *ticket      // taken out of tickets, too large for the group before; of the desk's goroutine
	grouped atomic.Bool  // every server's build knows groups
}

// A ticket is one order that waits at the desk.
type ticket struct {
	ctx    context.Context // of whoever waits for the answer; not looked at once it is planned
	try    office.Try
	answer chan office.Tried // has room for the answer
}

func newDesk(most int) *desk { return &desk{tickets: make(chan *ticket, most)} }

// place has a try planned with whatever else waits, and gives what came of it. Where the desk is full it
// says ledger.ErrBusy. Where ctx ends first nobody knows whether the order will be placed.
func (d *desk) place(ctx context.Context, t office.Try) office.Tried {
	k := &ticket{ctx: ctx, try: t, answer: make(chan office.Tried, 1)}
	select {
	case d.tickets <- k:
	default:
		return office.Tried{Done: true, Err: ledger.ErrBusy}
	}
	select {
	case a := <-k.answer:
		return a
	case <-ctx.Done():
		return office.Tried{Done: true, Err: ctx.Err()}
	}
}

// next waits for a ticket and gives it with those that wait behind it, as many as go into one group; nil
// when ctx has ended.
func (d *desk) next(ctx context.Context) []*ticket {
	first := d.held
	if d.held = nil; first == nil {
		select {
		case first = <-d.tickets:
		case <-ctx.Done():
			return nil
		}
	}
	group, lines := []*ticket{first}, len(first.try.Order.Lines)
	for len(group) < groupOrders {
		select {
		case k := <-d.tickets:
			if lines += len(k.try.Order.Lines); lines > groupLines {
				d.held = k // it is the first of the next group
				return group
			}
			group = append(group, k)
		default:
			return group
		}
	}
	return group
}

// runDesk serves the desk until ctx ends. Whoever waits then is told that the server closes.
func (s *Server) runDesk(ctx context.Context) {
	for group := s.desk.next(ctx); group != nil; group = s.desk.next(ctx) {
		s.placeGroup(ctx, group)
	}
	for {
		select {
		case k := <-s.desk.tickets:
			k.answer <- office.Tried{Done: true, Err: ErrNoLeader}
		default:
			return
		}
	}
}

// placeGroup places the orders of those who are still there, and answers them.
func (s *Server) placeGroup(ctx context.Context, group []*ticket) {
	there := group[:0]
	for _, k := range group {
		if k.ctx.Err() == nil {
			there = append(there, k)
		}
	}
	tries := make([]office.Try, len(there))
	for i, k := range there {
		tries[i] = k.try
	}
	off, err := s.leader()
	if err != nil {
		for _, k := range there {
			k.answer <- office.Tried{Err: err}
		}
		return
	}
	s.metrics.groups.Observe(float64(len(there)))
	for i, a := range off.PlaceMany(ctx, s.now(), tries, s.desk.grouped.Load()) {
		there[i].answer <- a
	}
}
