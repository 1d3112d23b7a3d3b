package office_test

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// listens has somebody told of everything, who never takes it: so all that happened is in the outbox at the end.
func (c *company) listens() {
	c.propose(&machine.SetHook{Act: machine.HookPut, Hook: "wh_all", To: "https://all.example", Secret: make([]byte, 24), Key: ledger.DigestOf([]byte("hook")), By: "olga", At: c.now})
}

// toldOnce says whether what happened is told, each thing under one id: whatever was lost, late, repeated or went back in time, no id is two
// events', and no order is confirmed or cancelled twice. Where nothing went back in time every order that is promised was confirmed.
func (c *company) toldOnce() {
	ids, said := map[machine.EventID]bool{}, map[machine.EventKind]map[ledger.OrderID]bool{machine.EventConfirmed: {}, machine.EventCanceled: {}}
	for place := uint64(1); place <= c.m.EventsEnd(); place++ {
		e, kept := c.m.EventAt(place)
		if !kept {
			c.fail("event %d of %d is not kept, and nobody took it", place, c.m.EventsEnd())
		}
		if ids[e.ID] {
			c.fail("event %d (%s of %s) has the id of another one", place, e.Kind, e.Order)
		}
		ids[e.ID] = true
		if once := said[e.Kind]; once != nil {
			if once[e.Order] {
				c.fail("%s of order %s is told twice", e.Kind, e.Order)
			}
			once[e.Order] = true
		}
	}
	if c.stormy != nil {
		return
	}
	told := func(o *ledger.Order) {
		switch {
		case o.Status == ledger.StatusCanceled && !said[machine.EventCanceled][o.ID]:
			c.fail("order %s is cancelled, and nobody was told", o.ID)
		case (o.Status == ledger.StatusAllocated || o.Status == ledger.StatusBackordered || o.Status == ledger.StatusCompleted) && !said[machine.EventConfirmed][o.ID]:
			c.fail("order %s is %s, and nobody was told that it is confirmed", o.ID, o.Status)
		}
	}
	orders, _ := c.m.Orders("", 1<<20, func(ledger.Status, time.Time) bool { return true })
	for _, o := range orders {
		if o.Owner == ledger.HQ {
			told(&o.Order)
		}
	}
	for _, id := range c.names {
		for k := range c.sites[id].ownOrders() {
			o, _ := c.sites[id].core.State.Order(k)
			told(o)
		}
	}
}
