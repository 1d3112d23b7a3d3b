package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Apply carries out one command of the raft log. Bytes that are no command of this version are
// answered with ErrUnknownCommand; nothing that cmd holds makes it panic. An error in the result
// means that nothing has changed but the count of commands.
func (m *Machine) Apply(cmd []byte) Result {
	m.counters.Applied++
	m.wake, m.arrived, m.dueAt = m.wake[:0], m.arrived[:0], time.Time{}
	m.derived.due.forget()
	m.derived.moved = m.derived.moved[:0]
	m.news, m.derived.turns = nil, nil
	c, err := Unmarshal(cmd)
	if err != nil {
		return Result{Err: err}
	}
	if _, first := c.(*Bootstrap); !first && !m.counters.H.Known() {
		return Result{Err: ErrNoHQ}
	}
	res := m.apply(c)
	if a, ok := c.(*Act); ok && a.Member != nil {
		c = a.Member
	}
	m.settleUnserved(c)
	m.settleDue()
	m.settleOutbox(c)
	slices.Sort(m.wake)
	res.Wake = slices.Clone(slices.Compact(m.wake))
	slices.Sort(m.arrived)
	res.Arrived = slices.Clone(slices.Compact(m.arrived))
	return res
}

func (m *Machine) apply(c Command) Result {
	if res, ok := m.applyBack(c); ok {
		return res
	}
	switch c := c.(type) {
	case *Bootstrap:
		return m.bootstrap(c)
	case *AddSite:
		return m.addSite(c)
	case *PutServer:
		return m.putServer(c)
	case *PutItems:
		return m.putItems(c)
	case *Hello:
		return m.hello(c)
	case *Show:
		return m.show(c)
	case *Push:
		return m.push(c)
	case *Place:
		return m.place(c, false)
	case *Hold:
		return m.hold(c)
	case *Borrow:
		return m.borrow(c)
	case *Refuse:
		return m.refuse(c)
	case *Fill:
		return m.fill(c)
	case *Cancel:
		return m.cancel(c)
	case *Archived:
		return m.archived(c)
	case *Renew:
		return m.renew(c)
	case *Group:
		return m.group(c)
	default:
		return Result{Err: ErrUnknownCommand}
	}
}

// applyBack carries out the commands of command_back.go; ok is false of any other.
func (m *Machine) applyBack(c Command) (res Result, ok bool) {
	switch c := c.(type) {
	case *Reissue:
		return m.reissue(c), true
	case *Reincarnate:
		return m.reincarnate(c), true
	case *DeclareLost:
		return m.declareLost(c), true
	case *WriteOff:
		return m.writeOff(c), true
	case *PassOn:
		return m.passOn(c), true
	case *Waive:
		return m.waive(c), true
	case *Resolve:
		return m.resolve(c), true
	case *Raise:
		return m.raiseKnown(c), true
	case *Unpark:
		return m.unpark(c), true
	case *SetPolicy:
		return m.setPolicy(c), true
	case *PlaceUnsure:
		return m.place(&c.Place, true), true
	case *PutDetailed:
		return m.putItems(&c.PutItems), true
	case *Decline:
		return m.decline(c), true
	case *Expect:
		return m.expect(c), true
	case *Overdue:
		return m.overdue(c), true
	case *SetSourcing:
		return m.setSourcing(c), true
	case *Checkpoint:
		return Result{Checkpoint: true}, true
	case *Differs:
		return m.differs(c), true
	case *Amend:
		return m.amend(c), true
	case *SetClasses:
		return m.setClasses(c), true
	case *Move:
		return m.move(c), true
	case *Agree:
		return m.agreeOn(c), true
	case *Lift:
		return m.lift(c), true
	case *Unserved:
		return m.unserve(c), true
	case *Exchange:
		return m.exchange(c), true
	case *MakeTransfer:
		return m.makeTransfer(c), true
	case *JudgeTransfer:
		return m.judgeTransfer(c), true
	default:
		return m.applyTerms(c)
	}
}

// applyTerms carries out the commands about the company and those it deals with; ok is false of any other.
func (m *Machine) applyTerms(c Command) (res Result, ok bool) {
	switch c := c.(type) {
	case *SetHook:
		return m.setHook(c), true
	case *Told:
		return m.toldHooks(c), true
	case *SetAsset:
		return m.setAsset(c), true
	case *PutCustomers:
		return m.putCustomers(c), true
	case *Purchase:
		return m.purchase(c), true
	case *SetCompany:
		return m.setCompany(c), true
	case *Trust:
		return m.trust(c), true
	case *PutUser:
		return m.putUser(c), true
	case *Act:
		return m.act(c), true
	case *AwaitWord:
		return m.awaitWord(c), true
	case *Forget:
		return m.forget(c), true
	case *SetReasons:
		return m.setReasons(c), true
	case *SetLeast:
		return m.setLeast(c), true
	case *SupplierSays:
		return m.supplierSays(c), true
	case *Release:
		return m.giveOut(c), true
	case *LearnUsers:
		return m.learnUsers(c), true
	case *SetSite:
		return m.setSite(c), true
	default:
		return Result{}, false
	}
}

func (m *Machine) bootstrap(c *Bootstrap) Result {
	if !m.counters.H.Known() {
		m.counters.H = ledger.Incarnation{Counter: 1, Random: c.Random}
	}
	return Result{H: m.counters.H}
}

func (m *Machine) addSite(c *AddSite) Result {
	if _, err := ledger.ParseSite(string(c.Site)); err != nil {
		return Result{Err: err}
	}
	err := m.atomically(func() error {
		old, ok := m.sites.get(c.Site)
		if !ok {
			m.sites.put(c.Site, &Site{ID: c.Site, Counter: c.Counter, Rank: c.Rank, SiteAbout: &SiteAbout{Token: c.Token, Key: c.Key, AddedAt: c.At}})
			return nil
		}
		if old.Key != c.Key || c.Key == (ledger.Digest{}) || old.Epoch != 0 {
			return ErrSiteExists
		}
		m.editSite(c.Site).Token = c.Token
		return nil
	})
	before := m.derived.list.Version
	m.relist()
	return Result{Err: err, Listed: m.derived.list.Version != before}
}

func (m *Machine) putServer(c *PutServer) Result {
	if c.Name == "" {
		return Result{Err: &ledger.FormError{Field: "name", Why: "is empty"}}
	}
	s := c.Server
	return Result{Err: m.atomically(func() error {
		m.servers.put(serverKey(s.Name), &s)
		return nil
	})}
}

// archived notes where the archive ends. What it says of a site that is not known, or of entries that
// are not here, is no fault of the others'.
func (m *Machine) archived(c *Archived) Result {
	return Result{Err: m.atomically(func() error {
		for _, e := range c.Ends {
			if s, ok := m.sites.get(e.Site); ok && e.End.Seq <= s.Stored.Seq && e.End != s.Archived {
				m.editSite(e.Site).Archived = e.End
			}
		}
		return nil
	})}
}

func (m *Machine) putItems(c *PutItems) Result {
	err := m.atomically(func() error {
		for i := range c.Items {
			it := c.Items[i]
			if _, err := ledger.ParseSKU(string(it.SKU)); err != nil {
				return fmt.Errorf("item %d: %w", i+1, err)
			}
			m.counters.RefVersion++
			it.Version = m.counters.RefVersion
			m.items.put(keyOfItem(it.SKU), &it)
		}
		return nil
	})
	m.compactVersions()
	return Result{Err: err, Version: m.counters.RefVersion}
}

// remembered finds the answer under a key. With done true it is the result of the command.
func (m *Machine) remembered(key, request ledger.Digest) (res Result, done bool) {
	if key == (ledger.Digest{}) {
		return Result{}, false
	}
	a, ok := m.answers.get(keyOfDigest(key))
	switch {
	case !ok:
		return Result{}, false
	case a.Request != request:
		return Result{Err: ledger.ErrKeyReused}, true
	default:
		return Result{Replayed: true, Answer: a}, true
	}
}

// remember keeps what a client is told under its key, for ever.
func (m *Machine) remember(key ledger.Digest, a *Answer) {
	if key != (ledger.Digest{}) {
		m.answers.put(keyOfDigest(key), a)
	}
}
