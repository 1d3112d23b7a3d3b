package wire

func (*Rejoin) name() string { return "rejoin" }

func (m *Rejoin) pack(p *packer) {
	p.message(8)
	p.int(int64(m.VersionMin))
	p.int(int64(m.VersionMax))
	p.str("site", string(m.Site), nameMax)
	p.bin(m.NodeKey[:])
	p.bin(m.Boot[:])
	p.position(m.Head)
	p.incarnation(m.HQ)
	p.bool(m.Replace)
}

func (m *Rejoin) unpack(u *unpacker) {
	u.message(func() {
		m.VersionMin, m.VersionMax = u.small("version"), u.small("version")
		m.Site = u.site(required)
		u.fixed("node key", m.NodeKey[:])
		u.fixed("boot", m.Boot[:])
		m.Head, m.HQ, m.Replace = u.position(), u.incarnation(), u.bool()
	})
}

func (*RejoinReply) name() string { return "rejoin reply" }

func (m *RejoinReply) pack(p *packer) {
	p.message(6)
	p.uint(uint64(m.Verdict))
	p.why(m.Why)
	p.incarnation(m.H)
	p.uint(uint64(m.Epoch))
	p.bool(m.Counter)
	p.position(m.Stored)
}

func (m *RejoinReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Why, m.H = u.verdict(), u.why(), u.incarnation()
		m.Epoch, m.Counter, m.Stored = epoch(u), u.bool(), u.position()
	})
}
