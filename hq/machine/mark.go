package machine

import (
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A reservation for an order of head office's own says in its id which version of the order it is for. Its site keeps the id and tells it
// back, so another life knows a reservation that an amendment asked for from one that a lost life made because it served the order from
// elsewhere. It also says what the line was wished for by then: a lost life may have served an amended line from two sites, one after the other, and not all that
// they have for that version was wanted. To a site, of whatever build, an id is a name and no more.

// versionMark stands between the id and the version. What comes after it has no other sign than digits.
const versionMark = '~'

// wishMark stands before what each line of the reservation is wished for by then, as its number, wishDot and units: two reservations for one version are together for
// no more. Of an order that nobody has amended it is left out: the order says it.
const (
	wishMark = '+'
	wishDot  = '.'
	wishMax  = 8 // lines that an id says a wish of; those beyond say the version alone
)

// marked gives the id of a reservation of legs at one site for an order whose lines are these by then.
func (m *Machine) marked(o *Order, lines []ledger.Line, part []allocate.Leg, id string) string {
	if o.Owner != ledger.HQ || !m.marks() {
		return id
	}
	version := m.version(o.ID)
	id += string(versionMark) + strconv.FormatUint(version, 10)
	price := m.priceMark(o, lines)
	if version == 1 || !m.saysWish() {
		return id + price
	}
	for i, l := range part {
		if i == wishMax {
			break
		}
		line := &lines[l.Line-1]
		id += string(wishMark) + strconv.Itoa(l.Line) + string(wishDot) + strconv.FormatInt(int64(line.Qty-line.Declined), 10)
	}
	return id + price
}

// version is VersionOf as this command has it.
func (m *Machine) version(id ledger.OrderID) uint64 {
	if r, ok := m.revised.get(id); ok {
		return r.Amends + 1
	}
	return 1
}

// markOf is the version that a reservation of that id is for. One that a build before this one named does not say, nor does one of an exchange.
func markOf(id string) (version uint64, says bool) {
	_, mark, found := cutLast(id, versionMark)
	if !found {
		return 0, false
	}
	mark, _, _ = strings.Cut(mark, string(wishMark))
	version, err := strconv.ParseUint(mark, 10, 64)
	return version, err == nil
}

// wishOf is what a line was wished for by the version that a reservation of that id is for, as far as the id says.
func wishOf(id string, line int) (q ledger.Qty, says bool) {
	_, mark, _ := cutLast(id, versionMark)
	_, wishes, _ := strings.Cut(mark, string(wishMark))
	for w := range strings.SplitSeq(wishes, string(wishMark)) {
		number, units, found := strings.Cut(w, string(wishDot))
		if n, err := strconv.Atoi(number); !found || err != nil || n != line {
			continue
		}
		n, err := strconv.ParseInt(units, 10, 64)
		return ledger.Qty(n), err == nil && ledger.CheckQty(ledger.Qty(n)) == nil
	}
	return 0, false
}

// cutLast is strings.Cut at the last sign.
func cutLast(s string, at rune) (before, after string, found bool) {
	i := strings.LastIndexByte(s, byte(at))
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// wished is what a line (from 1) was wished for by the last version that reservations of it are for, as far as they say, and all builds look at that.
func (m *Machine) wished(o *Order, line int) (q ledger.Qty, says bool) {
	if !m.saysWish() {
		return 0, false
	}
	last := uint64(0)
	for i := range o.Legs {
		l := &o.Legs[i]
		if l.Line != line || !l.brings() {
			continue
		}
		version, marked := markOf(l.Command)
		if !marked || version < last {
			continue
		}
		if n, ok := wishOf(l.Command, line); version > last {
			last, q, says = version, n, ok
		} else if ok {
			q, says = max(q, n), true
		}
	}
	return q, says
}
