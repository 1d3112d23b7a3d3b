package machine

import (
	"encoding/binary"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A packed stock is two bytes that say which of its numbers are not 0, then these, then its lists where they do not
// follow from the numbers. Most stocks are allotted to head office alone, or to nobody, and lie in one bin: they take
// eight to twenty bytes. It is never stored or sent.
const (
	stockNumbers  = 12
	stockAllotted = 1 << 12 // a list of holders
	stockBins     = 1 << 13 // a list of bins
	stockOurs     = 1 << 14 // allotted to head office alone, as much as held, tied, holds and drawn
	stockOneBin   = 1 << 15 // all that is sellable and blocked lies in one bin: its name
)

// numbers are those of a stock, in the order in which they are packed.
func (s *Stock) numbers() [stockNumbers]int64 {
	l := &s.Level
	return [...]int64{int64(l.Available), int64(s.Held), int64(l.Blocked), int64(l.Sellable), int64(l.Picked), int64(l.Reserved),
		int64(l.Shortfall), int64(s.Tied), int64(s.Holds), int64(s.Drawn), int64(s.Burns), int64(s.Owing)}
}

func packStock(b []byte, s *Stock) []byte {
	numbers := s.numbers()
	var mask uint16
	for i, n := range numbers {
		if n != 0 {
			mask |= 1 << i
		}
	}
	ours := s.Held + s.Tied + s.Holds + s.Drawn
	switch l := s.Level.Allotted; {
	case len(l) == 1 && l[0] == (ledger.Held{Holder: ledger.HolderHQ, Qty: ours}):
		mask |= stockOurs
	case len(l) > 0:
		mask |= stockAllotted
	}
	switch l := s.Level.Bins; {
	case len(l) == 1 && l[0].Sellable == s.Level.Sellable && l[0].Blocked == s.Level.Blocked:
		mask |= stockOneBin
	case len(l) > 0:
		mask |= stockBins
	}
	b = binary.LittleEndian.AppendUint16(b, mask)
	for _, n := range numbers {
		if n != 0 {
			b = binary.AppendVarint(b, n)
		}
	}
	if mask&stockAllotted != 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Level.Allotted)))
		for _, h := range s.Level.Allotted {
			b = binary.AppendVarint(appendText(b, string(h.Holder)), int64(h.Qty))
		}
	}
	if mask&stockOneBin != 0 {
		b = appendText(b, string(s.Level.Bins[0].Bin))
	}
	if mask&stockBins != 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Level.Bins)))
		for _, in := range s.Level.Bins {
			b = binary.AppendVarint(appendText(b, string(in.Bin)), int64(in.Sellable))
			b = binary.AppendVarint(b, int64(in.Blocked))
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A roomyStock is a stock with room for the lists of most.
type roomyStock struct {
	Stock
	allotted [1]ledger.Held
	bins     [1]ledger.InBin
}

func unpackStock(_ grid.Key, b []byte) *Stock {
	s := new(roomyStock)
	s.unpack(b)
	return &s.Stock
}

// unpack fills a stock anew. What is packed was packed here, so it opens.
func (s *roomyStock) unpack(b []byte) {
	u := unpacking(b[2:])
	mask := binary.LittleEndian.Uint16(b)
	var n [stockNumbers]int64
	for i := range n {
		if mask&(1<<i) != 0 {
			n[i] = u.number()
		}
	}
	q := func(i int) ledger.Qty { return ledger.Qty(n[i]) }
	s.Stock = Stock{Held: q(1), Tied: q(7), Holds: q(8), Drawn: q(9), Burns: q(10), Owing: uint64(n[11]),
		Level: ledger.Level{Available: q(0), Blocked: q(2), Sellable: q(3), Picked: q(4), Reserved: q(5), Shortfall: q(6)}}
	l := &s.Level
	switch {
	case mask&stockOurs != 0:
		s.allotted[0] = ledger.Held{Holder: ledger.HolderHQ, Qty: s.Held + s.Tied + s.Holds + s.Drawn}
		l.Allotted = s.allotted[:]
	case mask&stockAllotted != 0:
		l.Allotted = make([]ledger.Held, u.count())
		for i := range l.Allotted {
			l.Allotted[i] = ledger.Held{Holder: ledger.Holder(u.text()), Qty: ledger.Qty(u.number())}
		}
	}
	switch {
	case mask&stockOneBin != 0:
		s.bins[0] = ledger.InBin{Bin: ledger.Bin(u.text()), Sellable: l.Sellable, Blocked: l.Blocked}
		l.Bins = s.bins[:]
	case mask&stockBins != 0:
		l.Bins = make([]ledger.InBin, u.count())
		for i := range l.Bins {
			l.Bins[i] = ledger.InBin{Bin: ledger.Bin(u.text()), Sellable: ledger.Qty(u.number()), Blocked: ledger.Qty(u.number())}
		}
	}
}

// offered gives what is available of a packed stock, and what is held of it: they come first.
func offered(b []byte) (available, held ledger.Qty) {
	u := unpacking(b[2:])
	if b[0]&1 != 0 {
		available = ledger.Qty(u.number())
	}
	if b[0]&2 != 0 {
		held = ledger.Qty(u.number())
	}
	return available, held
}

// unpacking is what is left of a packed value.
type unpacking []byte

func (u *unpacking) number() int64 {
	n, size := binary.Varint(*u)
	*u = (*u)[size:]
	return n
}

func (u *unpacking) count() uint64 {
	n, size := binary.Uvarint(*u)
	*u = (*u)[size:]
	return n
}

func (u *unpacking) text() string {
	n := u.count()
	s := string((*u)[:n])
	*u = (*u)[n:]
	return s
}
