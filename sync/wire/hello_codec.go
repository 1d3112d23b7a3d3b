package wire

func (*Hello) name() string { return "hello" }

func (m *Hello) pack(p *packer) {
	p.message(10)
	p.int(int64(m.VersionMin))
	p.int(int64(m.VersionMax))
	p.str("site", string(m.Site), nameMax)
	p.bin(m.NodeKey[:])
	p.bin(m.Boot[:])
	p.position(m.Head)
	p.incarnation(m.HQ)
	p.cursor(m.Applied)
	p.int(m.WallMS)
	p.int(m.HeardMS)
}

func (m *Hello) unpack(u *unpacker) {
	u.message(func() {
		m.VersionMin, m.VersionMax = u.small("version"), u.small("version")
		m.Site = u.site(required)
		u.fixed("node key", m.NodeKey[:])
		u.fixed("boot", m.Boot[:])
		m.Head, m.HQ, m.Applied = u.position(), u.incarnation(), u.cursor()
		m.WallMS, m.HeardMS = u.int(), u.int()
	})
}

func (*Welcome) name() string { return "welcome" }

func (m *Welcome) pack(p *packer) {
	p.message(10)
	p.uint(uint64(m.Verdict))
	p.why(m.Why)
	p.int(int64(m.Version))
	p.incarnation(m.H)
	p.uint(uint64(m.Epoch))
	p.bool(m.Counter)
	p.position(m.Stored)
	p.int(m.WallMS)
	p.cursor(m.Issued)
	p.bool(m.Attest)
}

func (m *Welcome) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Why, m.Version = u.verdict(), u.why(), u.small("version")
		m.H, m.Epoch, m.Counter = u.incarnation(), epoch(u), u.bool()
		m.Stored, m.WallMS = u.position(), u.int()
		m.Issued, m.Attest = u.cursor(), u.bool()
	})
}
