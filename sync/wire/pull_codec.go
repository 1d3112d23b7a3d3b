package wire

import "github.com/holdfast-stock/holdfast/ledger"

func (*Pull) name() string { return "pull" }

func (m *Pull) pack(p *packer) {
	p.message(13)
	p.str("site", string(m.Site), nameMax)
	p.position(m.Head)
	p.incarnation(m.HQ)
	p.cursor(m.Applied)
	p.uint(m.RefVersion)
	p.int(m.WaitMS)
	p.uint(m.Sites)
	p.bin(m.Boot[:])
	p.int(m.HeardMS)
	p.uint(m.Customers)
	p.uint(m.Company)
	p.uint(m.People)
	if m.Remembers.Version == 0 {
		p.bin(nil)
	} else {
		p.bin(ledger.MarshalPeople(&m.Remembers))
	}
}

func (m *Pull) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Head, m.HQ, m.Applied = u.site(required), u.position(), u.incarnation(), u.cursor()
		m.RefVersion, m.WaitMS = u.uint(), u.int()
		m.Sites = u.uint()
		u.fixed("boot", m.Boot[:])
		m.HeardMS = u.int()
		m.Customers = u.uint()
		m.Company = u.uint()
		m.People = u.uint()
		if b := u.bin("remembers", BodyMax); u.err == nil && len(b) > 0 {
			v, err := ledger.UnmarshalPeople(b)
			if u.note(err); err == nil {
				u.told("remembers", v.Version)
				m.Remembers = *v
			}
		}
	})
}

func (*PullReply) name() string { return "pull reply" }

// Commands and items travel as the bytes that the ledger stores of them.
func (m *PullReply) pack(p *packer) {
	p.message(21)
	p.uint(uint64(m.Verdict))
	p.why(m.Why)
	p.incarnation(m.H)
	p.position(m.Stored)
	p.list("commands", len(m.Commands), CommandsMax)
	for i := range m.Commands {
		p.bin(ledger.MarshalCommand(&m.Commands[i]))
	}
	p.list("items", len(m.Items), ItemsMax)
	for i := range m.Items {
		p.bin(ledger.MarshalItem(&m.Items[i]))
	}
	p.uint(m.RefVersion)
	p.bool(m.RefMore)
	p.list("calls", len(m.Calls), CallsMax)
	for i := range m.Calls {
		m.Calls[i].pack(p)
	}
	p.int(m.WallMS)
	p.uint(m.Sites.Version)
	p.list("sites", len(m.Sites.Sites), ledger.SitesListedMax)
	for _, s := range m.Sites.Sites {
		p.array(2)
		p.str("site", string(s.ID), nameMax)
		p.bool(s.Counter)
	}
	p.uint(uint64(m.Archived))
	p.cursor(m.Issued)
	p.bool(m.Attest)
	p.bool(m.Greet)
	p.list("customers", len(m.Customers), CustomersMax)
	for i := range m.Customers {
		p.bin(ledger.MarshalCustomer(&m.Customers[i]))
	}
	p.uint(m.CustomersUpTo)
	p.bool(m.CustomersMore)
	if m.Company.Version == 0 {
		p.bin(nil)
	} else {
		p.bin(ledger.MarshalCompany(&m.Company))
	}
	if m.People.Version == 0 {
		p.bin(nil)
	} else {
		p.bin(ledger.MarshalPeople(&m.People))
	}
}

func (m *PullReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Why, m.H, m.Stored = u.verdict(), u.why(), u.incarnation(), u.position()
		u.list("commands", CommandsMax, func() {
			if b := u.bin("command", BodyMax); u.err == nil {
				c, err := ledger.UnmarshalCommand(b)
				if u.note(err); err == nil {
					m.Commands = append(m.Commands, *c)
				}
			}
		})
		u.list("items", ItemsMax, func() {
			if b := u.bin("item", BodyMax); u.err == nil {
				v, err := ledger.UnmarshalItem(b)
				if u.note(err); err == nil {
					m.Items = append(m.Items, *v)
				}
			}
		})
		m.RefVersion, m.RefMore = u.uint(), u.bool()
		u.list("calls", CallsMax, func() {
			var c Call
			c.unpack(u)
			m.Calls = append(m.Calls, c)
		})
		m.WallMS = u.int()
		m.Sites.Version = u.uint()
		u.list("sites", ledger.SitesListedMax, func() {
			u.tuple(func() {
				m.Sites.Sites = append(m.Sites.Sites, ledger.ListedSite{ID: u.site(required), Counter: u.bool()})
			})
		})
		m.Archived = ledger.Seq(u.uint())
		m.Issued, m.Attest = u.cursor(), u.bool()
		m.Greet = u.bool()
		u.list("customers", CustomersMax, func() {
			if b := u.bin("customer", BodyMax); u.err == nil {
				v, err := ledger.UnmarshalCustomer(b)
				if u.note(err); err == nil {
					m.Customers = append(m.Customers, *v)
				}
			}
		})
		m.CustomersUpTo, m.CustomersMore = u.uint(), u.bool()
		if b := u.bin("company", BodyMax); u.err == nil && len(b) > 0 {
			v, err := ledger.UnmarshalCompany(b)
			if u.note(err); err == nil {
				u.told("company", v.Version)
				m.Company = *v
			}
		}
		if b := u.bin("people", BodyMax); u.err == nil && len(b) > 0 {
			v, err := ledger.UnmarshalPeople(b)
			if u.note(err); err == nil {
				u.told("people", v.Version)
				m.People = *v
			}
		}
	})
}

// A Call is no message of its own: it has no version, the reply around it has.
func (m *Call) pack(p *packer) {
	named := m.Device != "" || m.Approver != "" // else it has the bytes that it had before there were any
	fields := 6
	if named {
		fields = 8
	}
	p.array(fields)
	p.bin(m.ID[:])
	p.int(m.DeadlineMS)
	p.str("order", string(m.Cancel), nameMax)
	p.str("actor", m.Actor, ActorMax)
	p.bin(m.Key[:])
	p.bin(m.Request[:])
	if named {
		p.str("device", m.Device, ActorMax)
		p.str("approver", m.Approver, ActorMax)
	}
}

func (m *Call) unpack(u *unpacker) {
	u.tuple(func() {
		u.fixed("call", m.ID[:])
		m.DeadlineMS, m.Cancel, m.Actor = u.int(), u.order(optional), u.str("actor", ActorMax)
		u.fixed("key", m.Key[:])
		u.fixed("request", m.Request[:])
		m.Device, m.Approver = u.str("device", ActorMax), u.str("approver", ActorMax)
	})
}

func (*CallReply) name() string { return "call reply" }

func (m *CallReply) pack(p *packer) {
	p.message(5)
	p.str("site", string(m.Site), nameMax)
	p.bin(m.ID[:])
	p.int(int64(m.Status))
	p.data(m.Body)
	p.bool(m.Replayed)
}

func (m *CallReply) unpack(u *unpacker) {
	u.message(func() {
		m.Site = u.site(required)
		u.fixed("call", m.ID[:])
		m.Status, m.Body = u.small("status"), u.bin("body", DataMax)
		m.Replayed = u.bool()
	})
}
