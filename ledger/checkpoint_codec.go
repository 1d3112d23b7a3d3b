package ledger

import "github.com/holdfast-stock/holdfast/ledger/runs"

// checkpoint is what a state is beyond its levels, orders and keys.
type checkpoint struct {
	Counter    bool
	Standalone bool
	Head       Position
	HQ         Incarnation
	Commands   Cursor
	Serial     uint64
	Rebuilding bool
	Attested   Incarnation
	Holdings   uint64 // how many there are; they stand beside it
	Words      Words
	Confirmed  uint64
	Declined   uint64
	Money      uint64 // how many entries have changed the money of the site, which stands beside it
	Cartons    uint64 // numbers of cartons that were given in this epoch
}

func (s *State) checkpoint() checkpoint {
	return checkpoint{Counter: s.Counter, Standalone: s.Standalone, Head: s.Head().Position, HQ: s.HQ, Commands: s.Commands, Serial: s.Serial,
		Rebuilding: s.Rebuilding, Attested: s.Attested, Holdings: uint64(len(s.holdings)),
		Words: s.Words, Confirmed: s.Confirmed, Declined: s.Declined, Money: s.takings.written, Cartons: s.cartons}
}

// standAt puts a new state where a checkpoint stands; levels, orders and holdings are not in it.
func (s *State) standAt(c checkpoint) {
	s.Counter, s.Standalone, s.HQ, s.Commands, s.Serial = c.Counter, c.Standalone, c.HQ, c.Commands, c.Serial
	s.Epoch, s.Seq, s.Hash = c.Head.Epoch, c.Head.Seq, c.Head.Hash
	s.Rebuilding, s.Attested = c.Rebuilding, c.Attested
	s.Words, s.Confirmed, s.Declined, s.cartons = c.Words, c.Confirmed, c.Declined, c.Cartons
}

func (c *checkpoint) marshal() []byte {
	p := newPacker()
	switch {
	case c.Cartons > 0:
		p.array(18)
	case c.Money > 0:
		p.array(17)
	default: // as every build before tills took money
		p.array(16)
	}
	p.uint(1)
	p.bool(c.Counter)
	p.bool(c.Standalone)
	p.uint(uint64(c.Head.Epoch))
	p.uint(uint64(c.Head.Seq))
	p.bin(c.Head.Hash[:])
	p.incarnation(c.HQ)
	p.uint(c.Commands.Number)
	p.bin(c.Commands.Hash[:])
	p.uint(c.Serial)
	p.bool(c.Rebuilding)
	p.incarnation(c.Attested)
	p.uint(c.Holdings)
	p.uint(uint64(c.Words))
	p.uint(c.Confirmed)
	p.uint(c.Declined)
	if c.Money > 0 || c.Cartons > 0 {
		p.uint(c.Money)
	}
	if c.Cartons > 0 {
		p.uint(c.Cartons)
	}
	return p.bytes()
}

func unmarshalCheckpoint(b []byte) (checkpoint, error) {
	u := newUnpacker(b)
	n := u.array(10)
	u.uint() // version
	c := checkpoint{Counter: u.bool(), Standalone: u.bool()}
	c.Head.Epoch, c.Head.Seq = Epoch(u.uint()), Seq(u.uint())
	u.fixed(c.Head.Hash[:], false)
	c.HQ = u.incarnation()
	c.Commands.H, c.Commands.Number = c.HQ, u.uint()
	u.fixed(c.Commands.Hash[:], false)
	c.Serial = u.uint()
	if n >= 13 { // before a book could be rebuilt there were ten
		c.Rebuilding, c.Attested, c.Holdings = u.bool(), u.incarnation(), u.uint()
	}
	if n >= 16 { // and before orders could be to be confirmed, thirteen
		c.Words, c.Confirmed, c.Declined = Words(u.uint()), u.uint(), u.uint()
	}
	if n >= 17 {
		c.Money = u.uint()
	}
	if n >= 18 {
		c.Cartons = u.uint()
	}
	switch {
	case n >= 18:
		u.rest(n, 18)
	case n >= 17:
		u.rest(n, 17)
	case n >= 16:
		u.rest(n, 16)
	case n >= 13:
		u.rest(n, 13)
	default:
		u.rest(n, 10)
	}
	return c, u.done("checkpoint")
}

// MarshalLevel gives the stored bytes of one SKU's balances.
func MarshalLevel(l *Level) []byte {
	p := newPacker()
	if l.Lots == nil {
		p.array(9)
	} else {
		p.array(10)
	}
	p.uint(1)
	p.int(int64(l.Blocked))
	p.int(int64(l.Sellable))
	p.int(int64(l.Picked))
	p.int(int64(l.Available))
	p.int(int64(l.Reserved))
	p.int(int64(l.Shortfall))
	p.array(len(l.Allotted))
	for _, h := range l.Allotted {
		p.array(2)
		p.str(string(h.Holder))
		p.int(int64(h.Qty))
	}
	p.array(len(l.Bins))
	for _, b := range l.Bins {
		p.array(3)
		p.str(string(b.Bin))
		p.int(int64(b.Sellable))
		p.int(int64(b.Blocked))
	}
	if l.Lots != nil {
		p.bin(appendLevelLots(nil, l.Lots))
	}
	return p.bytes()
}

// UnmarshalLevel reads what MarshalLevel wrote.
func UnmarshalLevel(b []byte) (Level, error) {
	var l Level
	r := newRowReader(b, scanElementsMax, nil)
	r.row(9, func() {
		r.uint() // version
		l.Blocked, l.Sellable, l.Picked = Qty(r.int()), Qty(r.int()), Qty(r.int())
		l.Available, l.Reserved, l.Shortfall = Qty(r.int()), Qty(r.int()), Qty(r.int())
		r.list(scanElementsMax, func(n int) {
			for range n {
				r.row(2, func() { l.Allotted = append(l.Allotted, Held{Holder: r.holder(), Qty: Qty(r.int())}) })
			}
		})
		r.list(scanElementsMax, func(n int) {
			for range n {
				r.row(3, func() {
					l.Bins = append(l.Bins, InBin{Bin: Bin(r.str()), Sellable: Qty(r.int()), Blocked: Qty(r.int())})
				})
			}
		})
		if lots := r.bin(); r.err == nil && len(lots) > 0 {
			l.Lots, r.err = readLevelLots(lots)
		}
	})
	return l, r.done("level")
}

// holder reads a holder: it is mostly head office.
func (r *rowReader) holder() Holder {
	if b := r.text(); string(b) != string(HolderHQ) {
		return Holder(b)
	}
	return HolderHQ
}

func marshalServed(v *Served) []byte {
	p := newPacker()
	switch { // before hands have begun there are four, as there were before hands were known
	case v.Customer != "":
		p.array(6)
	case v.Work != nil:
		p.array(5)
	default:
		p.array(4)
	}
	p.uint(1)
	p.str(string(v.Order))
	p.str(string(v.Owner))
	p.commandLines(v.Lines)
	switch {
	case v.Work != nil:
		p.work(v.Work)
	case v.Customer != "":
		p.null()
	}
	if v.Customer != "" {
		p.str(v.Customer)
	}
	return p.bytes()
}

func unmarshalServed(b []byte) (*Served, error) {
	u := newUnpacker(b)
	n := u.array(4)
	u.uint() // version
	v := &Served{Order: OrderID(u.str()), Owner: SiteID(u.str()), Lines: u.commandLines()}
	if n > 4 && !u.null() {
		v.Work = u.work()
	}
	if n > 5 {
		v.Customer = u.str()
	}
	u.rest(n, min(max(n, 4), 6))
	return v, u.done("served")
}

func (l *runLists) marshal() []byte {
	p := newPacker()
	p.array(3)
	p.uint(1)
	for _, list := range [][]runs.Run{l.Keys, l.Orders} {
		p.array(len(list))
		for _, r := range list {
			p.array(4)
			p.uint(r.File)
			p.uint(uint64(r.Level))
			p.uint(r.Rows)
			p.uint(uint64(r.Sum))
		}
	}
	return p.bytes()
}

func unmarshalRuns(b []byte) (l runLists, err error) {
	u := newUnpacker(b)
	n := u.array(3)
	u.uint() // version
	for _, list := range []*[]runs.Run{&l.Keys, &l.Orders} {
		for range u.list(scanElementsMax) {
			a := u.array(4)
			*list = append(*list, runs.Run{File: u.uint(), Level: int(u.uint()), Rows: u.uint(), Sum: uint32(u.uint())})
			u.rest(a, 4)
		}
	}
	u.rest(n, 3)
	return l, u.done("list of runs")
}
