package office

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// dueIn plans a new order anew that stock cannot serve and that would be refused, or served in part: where the rest is due in by its
// need_by it is taken, and the rest waits.
func (s *orderLook) dueIn(o *Office, m *machine.Machine, there presences, t *Try, how sourcing) {
	if s.again || len(s.plan.Short) == 0 || s.back.waits() || t.Order.NeedBy == "" || m.Expected() == 0 {
		return
	}
	how.want.Whole = false
	p, e := o.plan(m, there, how)
	if s.due = m.DueInTime(&t.Order, slices.Concat(p.Legs, p.Borrow)); s.due {
		s.plan, s.explain = p, e
	}
}

// dayBegins tells the machine of a day that has begun, while something is due in: what was promised by a day before and has not come
// has that date no more.
func dayBegins(m *machine.Machine, now time.Time) []machine.Command {
	if m.Expected() == 0 || m.Today() >= machine.DayOf(now) {
		return nil
	}
	return []machine.Command{&machine.Overdue{At: now}}
}
