package link

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A task is one thing that a pull brought: a command, or reference data.
type task struct {
	request ledger.Request // nil: reference data
	items   []ledger.Item
	version uint64
	more    bool // this is not all there is
	sites   ledger.SiteList

	customers     []ledger.CustomerAccount
	customersUpTo uint64
	company       ledger.Company // of version 0: nothing new
	people        ledger.People  // the same
}

// pullNext carries out what the last pull brought, one at a time, and then pulls again. The
// first pull of a talk does not wait: it shows that head office can answer one.
func (c *Conversation) pullNext(now time.Duration) {
	if c.pull.id != 0 || now < c.pull.at {
		return
	}
	if len(c.todo) > 0 {
		if t := c.todo[0]; t.request != nil {
			c.do(&c.pull, t.request)
		} else {
			c.pull.id = c.nextID()
			c.emit(Store{ID: c.pull.id, Items: t.items, Version: t.version, More: t.more, Sites: t.sites, Customers: t.customers, CustomersUpTo: t.customersUpTo, Company: t.company, People: t.people})
		}
		return
	}
	if c.state != StateTalking {
		return
	}
	wait := c.terms.PullWait
	if !c.pulled || c.refMore {
		wait = 0
	}
	c.sent, c.waits = now, wait > 0
	c.send(&c.pull, LanePull, &wire.Pull{
		Site: c.terms.Site, Head: c.book.Head, HQ: c.book.HQ, Applied: c.book.Applied,
		RefVersion: c.book.RefVersion, WaitMS: wait.Milliseconds(), Sites: c.book.Sites, Boot: c.terms.Boot, Customers: c.book.Customers, Company: c.book.Company, People: c.book.People, Remembers: c.book.Remembers,
	}, wait+c.terms.PullSlack)
}

// pullAnswered takes what a pull brought. Calls are passed on first: somebody waits for them.
// Commands must follow the book's cursor without a gap; those at or before it are repeats.
func (c *Conversation) pullAnswered(now time.Duration, m *wire.PullReply) {
	if m.Verdict == wire.VerdictLater {
		c.met(now)
		c.slow(now, &c.pull)
		return
	}
	if !c.heard(now, m.Verdict, m.Why) {
		return
	}
	if m.H != c.book.HQ {
		c.again(now, errors.New("head office speaks under another incarnation"))
		return
	}
	c.archived = min(m.Archived, c.book.Head.Seq)
	c.waited = promised{m.Issued, m.Attest}
	if len(m.Calls) > 0 {
		c.emit(Calls{Calls: m.Calls})
	}
	if m.Greet {
		c.again(now, errors.New("head office has turned another process of this node away, and asks for a hello"))
		c.missed = 0 // it was heard
		return
	}
	next := c.book.Applied.Number + 1
	for i := range m.Commands {
		cmd := m.Commands[i]
		switch {
		case cmd.H != c.book.HQ:
			c.again(now, fmt.Errorf("command %d is of another incarnation", cmd.Number))
			return
		case cmd.Number < next:
			continue
		case cmd.Number > next:
			c.again(now, fmt.Errorf("command %d came where %d was due", cmd.Number, next))
			return
		}
		c.todo = append(c.todo, task{request: &ledger.Obey{Command: cmd}})
		next++
	}
	sites := m.Sites
	if sites.Version == c.book.Sites || c.book.Sites == 0 { // it is here, or none is kept
		sites = ledger.SiteList{}
	}
	people := task{customers: m.Customers, customersUpTo: m.CustomersUpTo}
	if c.book.Customers == 0 || m.CustomersUpTo < c.book.Customers { // none are kept, or these are here
		people = task{}
	}
	company := m.Company
	if company.Version == c.book.Company || c.book.Company == 0 {
		company = ledger.Company{}
	}
	users := m.People
	if users.Version == c.book.People || c.book.People == 0 {
		users = ledger.People{}
	}
	if len(m.Items) > 0 || m.RefVersion > c.book.RefVersion || sites.Version != 0 || people.customersUpTo != 0 || company.Version != 0 || users.Version != 0 {
		c.todo = append(c.todo, task{items: m.Items, version: m.RefVersion, more: m.RefMore, sites: sites,
			customers: people.customers, customersUpTo: people.customersUpTo, company: company, people: users})
	}
	// Else it would be asked for without a pause.
	c.refMore = m.RefMore && m.RefVersion > c.book.RefVersion || m.CustomersMore && people.customersUpTo != 0
	c.pulled = true
	c.fared(now)
	if c.waits && len(c.todo) == 0 && len(m.Calls) == 0 && now-c.sent < c.terms.RetryMin {
		c.slow(now, &c.pull) // it should have held the pull: do not ask in circles
		return
	}
	c.pull.tries = 0
}

// carriedOut goes on to the next task. After a refusal the rest of what the pull brought is
// let go: the book's cursor says where to go on, and head office sends it again.
func (c *Conversation) carriedOut(now time.Duration, err error) {
	switch {
	case err == nil:
		c.todo = c.todo[1:]
		return
	case errors.Is(err, ledger.ErrBusy):
		c.slow(now, &c.pull)
		return
	}
	c.todo = nil
	switch {
	case c.state != StateTalking && c.state != StateSettling:
		c.fault = err.Error()
	case errors.Is(err, ledger.ErrQuarantined):
		c.refuse(now, wire.VerdictNone, err.Error())
	default:
		c.again(now, fmt.Errorf("carry out what head office sent: %w", err))
	}
}
