package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// PutCustomers sets customers, and erases those that come so. Each gets the next version, in order; what one says of its
// version is ignored. One that was erased stays so, whatever comes: a list of long ago brings nobody back.
type PutCustomers struct {
	Customers []ledger.CustomerAccount
	By        string
	Reason    string // of an erasure: who asked for it
	At        time.Time
}

// CustomerCommands is what Build.Commands has to be of every server before a PutCustomers is given.
const CustomerCommands = int(kindCustomers)

func (*PutCustomers) kind() kind { return kindCustomers }

// customersMax bounds the customers of one command.
const customersMax = 10_000

// A Customer is a customer with who set it last. Personal data stands in its Person and nowhere else in the state.
type Customer struct {
	ledger.CustomerAccount
	Set Signed
}

func (m *Machine) putCustomers(c *PutCustomers) Result {
	err := m.atomically(func() error {
		if c.By == "" {
			return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
		}
		for i := range c.Customers {
			v := c.Customers[i]
			if err := v.Check(); err != nil {
				return fmt.Errorf("customer %d: %w", i+1, err)
			}
			if old, ok := m.customers.get(v.ID); ok && old.Erased {
				continue
			}
			m.counters.Customers++
			v.Version = m.counters.Customers
			m.customers.put(v.ID, &Customer{CustomerAccount: v, Set: m.signed(c.By, c.Reason, c.At)})
		}
		return nil
	})
	m.compactCustomers()
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...) // an erasure is to reach them now
	}
	return Result{Err: err, Version: m.counters.Customers}
}

// Customer gives one customer. It must not be changed.
func (m *Machine) Customer(id ledger.CustomerID) (*Customer, bool) { return m.customers.Get(id) }

// CustomersVersion is that of the customer set last.
func (m *Machine) CustomersVersion() uint64 { return m.counters.Customers }

// CustomerCount is how many customers there are.
func (m *Machine) CustomerCount() int { return m.customers.Len() }

// CustomersSince gives customers above a version, in order of version, at most limit. upTo is what whoever asked has
// then; more says that others wait.
func (m *Machine) CustomersSince(version uint64, limit int) (out []ledger.CustomerAccount, upTo uint64, more bool) {
	d := m.derived.accounts.versions
	i, found := slices.BinarySearchFunc(d, version, func(v accountVersion, n uint64) int { return cmp.Compare(v.version, n) })
	if found {
		i++
	}
	for ; i < len(d); i++ {
		v, ok := m.customers.Get(d[i].id)
		if !ok || v.Version != d[i].version {
			continue // set again since
		}
		if len(out) == limit {
			return out, out[limit-1].Version, true
		}
		out = append(out, v.CustomerAccount)
	}
	return out, max(version, m.counters.Customers), false
}

// SearchCustomers lists customers behind after, by id, at most limit, whose text holds q in either case.
func (m *Machine) SearchCustomers(q string, after ledger.CustomerID, limit int) (out []*Customer) {
	q = strings.ToLower(q)
	list := m.derived.accounts.listed
	i, found := slices.BinarySearchFunc(list, after, accountText.compare)
	if found {
		i++
	}
	for ; i < len(list) && len(out) < limit; i++ {
		if !strings.Contains(list[i].text, q) {
			continue
		}
		if v, ok := m.customers.Get(list[i].id); ok {
			out = append(out, v)
		}
	}
	return out
}

// accountIndex is what is derived of customers. Its texts hold personal data, and go with it.
type accountIndex struct {
	listed   []accountText    // by id
	versions []accountVersion // ascending; one whose customer is newer is stale
	erased   []accountVersion // of those who are erased, ascending: they stay so
}

type accountText struct {
	id   ledger.CustomerID
	text string
}

func (c accountText) compare(id ledger.CustomerID) int {
	return strings.Compare(string(c.id), string(id))
}

type accountVersion struct {
	version uint64
	id      ledger.CustomerID
}

func (x *accountIndex) land(id ledger.CustomerID, v *Customer) {
	x.versions = append(x.versions, accountVersion{v.Version, id}) // versions only grow; Restore sorts them
	if v.Erased {
		x.erased = append(x.erased, accountVersion{v.Version, id})
	}
	at, ok := slices.BinarySearchFunc(x.listed, id, accountText.compare)
	if !ok {
		x.listed = slices.Insert(x.listed, at, accountText{id: id})
	}
	x.listed[at].text = v.SearchText()
}

// compactCustomers drops stale versions when they are the larger part.
func (m *Machine) compactCustomers() {
	x := &m.derived.accounts
	if len(x.versions) <= 2*m.customers.Len()+1024 {
		return
	}
	x.versions = slices.DeleteFunc(x.versions, func(v accountVersion) bool {
		at, ok := m.customers.Get(v.id)
		return !ok || at.Version != v.version
	})
}

// packAccount says how customers are kept: packed, for a company has many.
func packAccount() packing[ledger.CustomerID, Customer] {
	return packing[ledger.CustomerID, Customer]{
		pack: func(c *coder, _ ledger.CustomerID, v *Customer) { c.account(v) },
		unpack: func(b []byte) (*Customer, error) {
			v := &Customer{}
			return v, read(b, func(c *coder) { c.account(v) })
		},
	}
}

func (c *coder) account(v *Customer) {
	c.record(2, func() {
		foreign(c, &v.CustomerAccount, ledger.MarshalCustomer, ledger.UnmarshalCustomer)
		c.signed(&v.Set)
	})
}

func (c *coder) putCustomers(v *PutCustomers) {
	c.fields(4, func() {
		list(c, &v.Customers, customersMax, func(p *ledger.CustomerAccount) { foreign(c, p, ledger.MarshalCustomer, ledger.UnmarshalCustomer) })
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
