package machine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A cause names what commands come from, and gives them their ids. What follows from an entry
// alone has an id made of that entry alone: a restored head office that folds the entry again
// derives the same command under the same id, and the site that has it already does nothing.
// What head office decides from its state is another decision in another life: from the second
// life on its id says which life that was, and so no id ever stands for two acts.
type cause struct {
	name string // "" until a command is derived from it: most cause none
	site ledger.SiteID
	e    *ledger.Entry
	of   Subject // of a command, at Unix milliseconds, the applied-th of all
	at   int64
	nth  uint64
	life uint64
	n    int // decided so far
}

func (m *Machine) causeOfEntry(site ledger.SiteID, e *ledger.Entry) cause {
	return cause{site: site, e: e, life: m.counters.H.Counter}
}

func (m *Machine) causeOfPlan(o *Order) *cause {
	return &cause{name: string(o.ID) + "/" + strconv.Itoa(o.Plans), life: m.counters.H.Counter}
}

// causeOfCommand is for what no entry and no plan of an order causes: a borrow, and the giving
// back of what was not used. A subject may be tried again, so the moment and the count of
// commands tell the tries apart.
func (m *Machine) causeOfCommand(of Subject, at time.Time) *cause {
	return &cause{of: of, at: at.UnixMilli(), nth: m.counters.Applied, life: m.counters.H.Counter}
}

func (c *cause) named() string {
	switch {
	case c.name != "":
	case c.e != nil:
		c.name = fmt.Sprintf("%s/%d/%d", c.site, c.e.Epoch, c.e.Seq)
	default:
		c.name = fmt.Sprintf("%s/%d.%d", c.of, c.at, c.nth)
	}
	return c.name
}

// derived is the id of the command number index that follows from an entry alone.
func (c *cause) derived(index int) string {
	c.n = max(c.n, index+1) // what is decided in the first life goes on counting from there
	return fmt.Sprintf("%s/%d", c.named(), index)
}

// decided is the id of the next command that head office has decided on. In the first life it is the
// one that builds before this one gave: servers of both kinds apply one log while a cluster is moved
// to a new build, and a server that starts applies again what the older build had applied.
func (c *cause) decided() string {
	c.n++
	if c.life > 1 || c.later() {
		return fmt.Sprintf("%s/%d.%d", c.named(), c.life, c.n-1)
	}
	return c.named() + "/" + strconv.Itoa(c.n-1)
}

// later says whether the cause is an entry that no build before lives of head office knows.
func (c *cause) later() bool {
	if c.e == nil {
		return false
	}
	b, obeyed := c.e.Body.(*ledger.ObeyedBody)
	return c.e.Kind > ledger.KindAdopted || obeyed && b.Command.Kind > ledger.CommandNote
}

// named gives each site one id, however often it is asked for it.
func named(next func(ledger.SiteID) string) func(ledger.SiteID) string {
	ids := map[ledger.SiteID]string{}
	return func(site ledger.SiteID) string {
		id, ok := ids[site]
		if !ok {
			id = next(site)
			ids[site] = id
		}
		return id
	}
}

// issue queues a command to a site, under the id that it bears. What the command will take from
// allotted/hq is counted as drawn from here on; whoever calls has taken it from where it was. For
// a site that has not attested under this life it is kept, without a number.
func (m *Machine) issue(to ledger.SiteID, c ledger.HQCommand) *ledger.HQCommand {
	s := m.editStream(to)
	if m.silent(s) {
		s.Kept++
		m.kept.put(keyOfCommand(to, s.Kept), &c)
	} else {
		m.queue(s, &c)
	}
	if draws(&c) {
		for _, l := range c.Lines {
			m.editStock(to, l.SKU).draw(c.Kind, l.Qty)
		}
	}
	return &c
}

// queue gives a command its place in the stream to a site.
func (m *Machine) queue(s *Site, c *ledger.HQCommand) {
	c.H, c.Number = m.counters.H, s.Issue.Number+1
	c.Hash = m.chain.After(s.Issue.Hash, c)
	s.Issue = ledger.Cursor{H: c.H, Number: c.Number, Hash: c.Hash}
	m.commands.put(keyOfCommand(s.ID, c.Number), c)
	m.wake = append(m.wake, s.ID)
}

// draws says whether a command takes from allotted/hq.
func draws(c *ledger.HQCommand) bool {
	switch c.Kind {
	case ledger.CommandReserve, ledger.CommandGiveBack, ledger.CommandPassOn, ledger.CommandBurn:
		return true
	case ledger.CommandTransfer:
		_, act, _ := c.Transfer()
		return act == ledger.TransferOut
	default:
		return false
	}
}

// draw counts what a command takes, or below zero what it has taken.
func (s *Stock) draw(k ledger.CommandKind, q ledger.Qty) {
	s.Drawn += q
	if k == ledger.CommandBurn {
		s.Burns += q
	}
}
