package machine

import "github.com/holdfast-stock/holdfast/ledger"

func (c *coder) setHook(v *SetHook) {
	c.fields(12, func() {
		count(c, &v.Act)
		text(c, &v.Hook)
		text(c, &v.To)
		c.secret(&v.Secret)
		c.eventKinds(&v.Kinds)
		text(c, &v.Note)
		list(c, &v.Events, NamedMax, func(id *EventID) { c.fixed(id[:]) })
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}

func (c *coder) eventKinds(v *[]EventKind) {
	list(c, v, int(eventKindLast), func(k *EventKind) { count(c, k) })
}

func (c *coder) toldCommand(v *Told) {
	c.fields(2, func() {
		list(c, &v.Hooks, HooksMax, func(t *HookTold) {
			c.blob(func(c *coder) {
				c.fields(9, func() {
					text(c, &t.Hook)
					count(c, &t.Next)
					list(c, &t.Done, toldMax, func(n *uint64) { count(c, n) })
					list(c, &t.Owed, toldMax, c.owedRow)
					list(c, &t.Dead, toldMax, func(g *Gone) {
						c.fields(3, func() { count(c, &g.Place); number(c, &g.Tries); text(c, &g.Why) })
					})
					count(c, &t.Count)
					count(c, &t.Failed)
					text(c, &t.Why)
					c.flag(&t.OK)
				})
			})
		})
		c.moment(&v.At)
	})
}

// toldMax bounds the rows that one command has of one hook.
const toldMax = 2 * OwedMax

func (c *coder) owedRow(w *Owed) {
	c.fields(4, func() { count(c, &w.Place); number(c, &w.Tries); c.moment(&w.Since); c.moment(&w.Due) })
}

func (c *coder) event(v *Event) {
	var amount []growth
	if c.reading() || v.Amount != (ledger.Money{}) { // of most events there is none: those are as they always were
		amount = []growth{{1, func() { c.fields(2, func() { number(c, &v.Amount.Amount); text(c, &v.Amount.Currency) }) }}}
	}
	c.grownRecord(21, func() {
		count(c, &v.Place)
		c.fixed(v.ID[:])
		count(c, &v.Kind)
		c.moment(&v.At)
		text(c, &v.Site)
		text(c, &v.Order)
		text(c, &v.Number)
		text(c, &v.External)
		text(c, &v.Channel)
		text(c, &v.Customer)
		list(c, &v.Lines, eventLinesMax, func(l *EventLine) {
			c.fields(4, func() { number(c, &l.Line); text(c, &l.SKU); number(c, &l.Qty); number(c, &l.Waiting) })
		})
		number(c, &v.More)
		c.fields(3, func() { text(c, &v.Ship.Carrier); text(c, &v.Ship.Service); text(c, &v.Ship.Tracking) })
		number(c, &v.Due)
		text(c, &v.SKU)
		number(c, &v.Qty)
		number(c, &v.Level)
		count(c, &v.Exception)
		text(c, &v.What)
		text(c, &v.Why)
		list(c, &v.Dead, HooksMax, func(d *DeadFor) {
			c.fields(4, func() { text(c, &d.Hook); number(c, &d.Tries); text(c, &d.Why); c.moment(&d.At) })
		})
	}, amount...)
}

func (c *coder) outboxRecord(v *outbox) {
	c.record(3, func() {
		count(c, &v.First)
		count(c, &v.Last)
		list(c, &v.Hooks, HooksMax, func(p **Hook) {
			if *p == nil {
				*p = &Hook{}
			}
			c.blob(func(c *coder) { c.hook(*p) })
		})
	})
}

func (c *coder) hook(v *Hook) {
	c.fields(14, func() {
		text(c, &v.ID)
		text(c, &v.To)
		c.secret(&v.Secret)
		c.eventKinds(&v.Kinds)
		text(c, &v.Note)
		c.signed(&v.Set)
		count(c, &v.Next)
		list(c, &v.Owed, OwedMax, c.owedRow)
		c.moment(&v.Failing)
		text(c, &v.Why)
		count(c, &v.Told)
		count(c, &v.Failed)
		count(c, &v.Lost)
		count(c, &v.Alarm)
	})
}

// secret does not alias what it is read from: a hook lives on.
func (c *coder) secret(p *[]byte) {
	if c.bytes(p); c.reading() {
		*p = append([]byte(nil), *p...)
	}
}
