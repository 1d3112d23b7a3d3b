package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// A TransferLot is units of one lot, or the unit of a serial number, among those of a transfer's line: what left, and what came of it. What a
// line has beyond its lots is of no lot that anybody knows.
type TransferLot struct {
	Lot     LotID
	Expiry  Expiry
	Serial  bool
	Sent    Qty
	Came    Qty // at the sender that took goods back, what came back
	Damaged Qty // of these, not to be sold
}

// Missing is as of a line.
func (t *TransferLot) Missing() Qty { return t.Sent - t.Came }

// TransferLotsMax bounds the lots that leave with a transfer, and those that come of it: a command of head office names each.
const TransferLotsMax = 5_000

// lot finds a lot of the line; nil where it names none such.
func (l *TransferLine) lot(id LotID) *TransferLot {
	for i := range l.Lots {
		if l.Lots[i].Lot == id {
			return &l.Lots[i]
		}
	}
	return nil
}

// lotOf finds a lot of the line, or begins it.
func (l *TransferLine) lotOf(id LotID, expiry Expiry, serial bool) *TransferLot {
	if t := l.lot(id); t != nil {
		if t.Expiry == 0 {
			t.Expiry = expiry
		}
		return t
	}
	l.Lots = append(l.Lots, TransferLot{Lot: id, Expiry: expiry, Serial: serial})
	return &l.Lots[len(l.Lots)-1]
}

// HearSent takes over what left from another's knowledge of the line.
func (l *TransferLine) HearSent(of *TransferLine) {
	l.Sent = of.Sent
	l.hear(of, func(t *TransferLot) (Qty, Qty) { return 0, t.Sent }, func(t *TransferLot, q, _ Qty) { t.Sent = q })
}

// HearCame takes over what came from another's knowledge of the line.
func (l *TransferLine) HearCame(of *TransferLine) {
	l.Came, l.Damaged = of.Came, of.Damaged
	l.hear(of, func(t *TransferLot) (Qty, Qty) { return t.Damaged, t.Came }, func(t *TransferLot, q, bad Qty) { t.Came, t.Damaged = q, bad })
}

func (l *TransferLine) hear(of *TransferLine, said func(*TransferLot) (bad, q Qty), set func(t *TransferLot, q, bad Qty)) {
	l.Lots = slices.Clone(l.Lots)
	for i := range l.Lots {
		set(&l.Lots[i], 0, 0)
	}
	for i := range of.Lots {
		if bad, q := said(&of.Lots[i]); q > 0 {
			set(l.lotOf(of.Lots[i].Lot, of.Lots[i].Expiry, of.Lots[i].Serial), q, bad)
		}
	}
	l.Lots = slices.DeleteFunc(l.Lots, func(t TransferLot) bool { return t.Sent == 0 && t.Came == 0 })
}

// unnamed is how many units left, and came, of which nobody knows the lot.
func (l *TransferLine) unnamed() (sent, came Qty) {
	sent, came = l.Sent, l.Came
	for i := range l.Lots {
		sent, came = sent-l.Lots[i].Sent, came-l.Lots[i].Came
	}
	return sent, came
}

// checkLots refuses lots that no line can have.
func (l *TransferLine) checkLots() error {
	seen := make(map[LotID]struct{}, len(l.Lots))
	var sent, came, bad Qty
	for i := range l.Lots {
		t := &l.Lots[i]
		if _, err := ParseLot(string(t.Lot)); err != nil {
			return err
		}
		if _, twice := seen[t.Lot]; twice {
			return &FormError{Field: "lots", Why: fmt.Sprintf("name %s twice: add the two up", t.Lot)}
		}
		seen[t.Lot] = struct{}{}
		most := QtyMax
		if t.Serial {
			most = 1
		}
		if min(t.Sent, t.Came, t.Damaged, t.Came-t.Damaged) < 0 || max(t.Sent, t.Came) > most {
			return &FormError{Field: "lots", Why: fmt.Sprintf("have a quantity of %s that is not 0 to %d, or more is damaged than came", t.Lot, most)}
		}
		if sent, came, bad = sent+t.Sent, came+t.Came, bad+t.Damaged; sent > l.Sent || came > l.Came || bad > l.Damaged {
			return &FormError{Field: "lots", Why: fmt.Sprintf("of %s come to more than its line", l.SKU)}
		}
	}
	return nil
}

// checkLots refuses more lots than a transfer has.
func (t *Transfer) checkLots() error {
	sent, came := 0, 0
	for i := range t.Lines {
		for _, n := range t.Lines[i].Lots {
			if n.Sent > 0 {
				sent++
			}
			if n.Came > 0 {
				came++
			}
		}
	}
	if max(sent, came) > TransferLotsMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("have more than %d lots and serial numbers: send them with several transfers", TransferLotsMax)}
	}
	return nil
}

// noteWay writes down in the transfer that an entry leaves in this book which lots left with it. As noteSold it is done where an entry is
// written, so whatever has goods leave for a transfer says so. What was told late stays as its own life has told it.
func (s *State) noteWay(e *Entry) error {
	if _, late := e.Body.(*LateBody); late {
		return nil
	}
	t := e.heldTransfer()
	if t == nil || t.From != s.Site {
		return nil
	}
	way := LotPlace{Transit, string(t.To)}
	_, obeyed := e.Body.(*ObeyedBody)
	for i := range e.Lots {
		v := &e.Lots[i]
		l := t.line(v.SKU)
		if l == nil || !v.From.kept() || v.To != way {
			continue
		}
		expiry := Expiry(0)
		if level := s.look(v.SKU); level != nil && level.Lot(v.Lot) != nil {
			expiry = level.Lot(v.Lot).Expiry
		}
		if i >= TransferLotsMax && obeyed { // head office's word that it left is followed, with as many names as there is room for
			break
		}
		if has := l.lot(v.Lot); has != nil && has.Serial != v.Serial { // its receiver keeps by serial number what is a lot here, or the other way: no lot that both know
			continue
		}
		l.lotOf(v.Lot, expiry, v.Serial).Sent += v.Qty
	}
	return t.checkLots()
}

// lotsFit says whether an entry moves the lots that it says its transfer has: those that left at their sender, those that came where they came.
func (e *Entry) lotsFit(t *Transfer) error {
	if _, own := e.Body.(*TransferBody); !own {
		return nil
	}
	moved := map[lotKey]Qty{}
	for i := range e.Lots {
		switch v := &e.Lots[i]; {
		case t.State == TransferDispatched && v.To.Kind == Transit, (t.State == TransferReceived || t.State == TransferReturned) && v.From.Kind == Transit && v.To.kept():
			moved[lotKey{v.SKU, v.Lot}] += v.Qty
		}
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		for n := range l.Lots {
			want := l.Lots[n].Came
			if t.State == TransferDispatched {
				want = l.Lots[n].Sent
			}
			if got := moved[lotKey{l.SKU, l.Lots[n].Lot}]; got != want {
				return fmt.Errorf("transfer %s has %d of lot %s of %s, and %d are moved", t.ID, want, l.Lots[n].Lot, l.SKU, got)
			}
		}
	}
	return nil
}

// A CameLot is what came of one lot of a line.
type CameLot struct {
	LotQty
	Damaged Qty // of Qty
}

// cameLots notes which lots came: those that are named, and of the rest those that left, where they can be no others. Who could mean one of several
// has to say which; what came beyond what is known to have left is of no lot.
func (s *State) cameLots(t *Transfer, lines []ReceivedLine) error {
	seen, rows := map[lotKey]LotQty{}, 0
	for i := range lines {
		l, level := t.line(lines[i].SKU), s.look(lines[i].SKU)
		if l == nil {
			continue
		}
		err := s.nameCame(l, level, lines[i].Lots, seen)
		if err == nil {
			err = l.restCame(level)
		}
		if err != nil {
			return lotAt(err, i)
		}
		if rows = len(l.Lots); level != nil {
			rows += level.lotRows()
		}
		if rows > LotRowsMax {
			return lotAt(tooManyRows(l.SKU), i)
		}
	}
	return t.checkLots()
}

// nameCame takes down the lots that somebody names.
func (s *State) nameCame(l *TransferLine, level *Level, named []CameLot, seen map[lotKey]LotQty) error {
	var came, bad Qty
	for i := range named {
		n := &named[i]
		t := l.lot(n.Lot)
		if t != nil && n.Expiry == 0 {
			n.Expiry = t.Expiry
		}
		if err := n.check(); err != nil {
			return err
		}
		if t != nil && t.Serial != n.Serial {
			return &LotError{SKU: l.SKU, Lot: n.Lot, Why: fmt.Sprintf("%s of %s left as a lot and came as a serial number, or the other way: have somebody look at how the item is kept", n.Lot, l.SKU)}
		}
		if err := s.checkLotIn(&moves{}, l.SKU, level, &n.LotQty, seen); err != nil {
			return err
		}
		if n.Damaged < 0 || n.Damaged > n.Qty {
			return &LotError{SKU: l.SKU, Lot: n.Lot, Why: fmt.Sprintf("of lot %s of %s %d are damaged, of %d that were received: received counts all that came", n.Lot, l.SKU, n.Damaged, n.Qty)}
		}
		if came, bad = came+n.Qty, bad+n.Damaged; came > l.Came || bad > l.Damaged {
			return &LotError{SKU: l.SKU, Lot: n.Lot, Why: fmt.Sprintf("%d of %s came, %d of them damaged, and the lots that are named come to more: say the lot of each", l.Came, l.SKU, l.Damaged)}
		}
		t = l.lotOf(n.Lot, n.Expiry, n.Serial)
		t.Expiry, t.Came, t.Damaged = n.Expiry, t.Came+n.Qty, t.Damaged+n.Damaged
	}
	return nil
}

// restCame names what is left open.
func (l *TransferLine) restCame(level *Level) error {
	plain, open := l.unnamed()
	sum, lots := Qty(0), 0
	for i := range l.Lots {
		if n := l.Lots[i].Missing(); n > 0 && l.Lots[i].fits(level) {
			sum, lots = sum+n, lots+1
		}
	}
	if open > 0 && open < sum+max(0, plain) && (lots > 1 || lots == 1 && plain > 0) {
		return &LotError{SKU: l.SKU, Why: fmt.Sprintf("%d of %s came, not all that left: say which, or scan the labels. On their way were %s", l.Came, l.SKU, l.lotWords())}
	}
	for i := range l.Lots {
		t := &l.Lots[i]
		if n := min(open, t.Missing()); n > 0 && t.fits(level) {
			t.Came, open = t.Came+n, open-n
		}
	}
	bad, good, lots := l.Damaged, open, 0
	for i := range l.Lots {
		if bad -= l.Lots[i].Damaged; l.Lots[i].Came > l.Lots[i].Damaged {
			good, lots = good+l.Lots[i].Came-l.Lots[i].Damaged, lots+1
		}
	}
	if bad > 0 && bad < good && (lots > 1 || lots == 1 && open > 0) {
		return &LotError{SKU: l.SKU, Why: fmt.Sprintf("%d of %s are damaged: say which lots they are of, or scan the labels. On their way were %s", l.Damaged, l.SKU, l.lotWords())}
	}
	for i := range l.Lots {
		t := &l.Lots[i]
		n := min(bad, t.Came-t.Damaged)
		t.Damaged, bad = t.Damaged+n, bad-n
	}
	return nil
}

// fits says whether the lot can be taken in here by its name: a serial number that is here already cannot.
func (t *TransferLot) fits(level *Level) bool {
	if level == nil {
		return true
	}
	has := level.Lot(t.Lot)
	return has == nil || has.Serial == t.Serial && (!t.Serial || len(has.At) == 0)
}

// lotWords says which lots left with the line, for people.
func (l *TransferLine) lotWords() string {
	var words []string
	for i := range l.Lots {
		t := &l.Lots[i]
		switch {
		case t.Sent == 0:
			continue
		case len(words) == lotWordsMost:
			return strings.Join(words, ", ") + ", and more"
		case t.Serial:
			words = append(words, string(t.Lot))
		default:
			words = append(words, fmt.Sprintf("%s (%d)", t.Lot, t.Sent))
		}
	}
	return strings.Join(words, ", ")
}

// arrive says of which lots the units of a line are that come in.
func (m *moves) arrive(l *TransferLine, other SiteID, bin Bin) {
	way := LotPlace{Transit, string(other)}
	for i := range l.Lots {
		t := &l.Lots[i]
		for _, part := range [...]struct {
			to  AccountKind
			qty Qty
		}{{Sellable, t.Came - t.Damaged}, {Blocked, t.Damaged}} {
			if part.qty > 0 {
				m.lots = append(m.lots, LotMove{SKU: l.SKU, Lot: t.Lot, Qty: part.qty, From: way, To: LotPlace{part.to, string(bin)}, Expiry: t.Expiry, Serial: t.Serial})
			}
		}
	}
}

// amissLots books off what of a line is missing, lot by lot, and what came beyond what had left: a lot that came in the place of another one is both.
// What left, or came, without a name may have been of any lot, and makes none missing.
func (m *moves) amissLots(l *TransferLine, to SiteID) {
	sent, came := l.unnamed()
	for i := range l.Lots {
		t := &l.Lots[i]
		missing := t.Missing()
		if missing > 0 {
			n := min(missing, max(0, came))
			missing, came = missing-n, came-n
		} else {
			n := min(-missing, max(0, sent))
			missing, sent = missing+n, sent-n
		}
		if m.amiss(l.SKU, to, missing); missing == 0 {
			continue
		}
		v := LotMove{SKU: l.SKU, Lot: t.Lot, Qty: missing, From: LotPlace{Transit, string(to)}, To: LotPlace{Loss, TransferMissing}, Serial: t.Serial}
		if missing < 0 {
			v.Qty, v.From, v.To = -missing, LotPlace{Loss, TransferSurplus}, v.From
		}
		m.lots = append(m.lots, v)
	}
	m.amiss(l.SKU, to, sent-came)
}

// tellLots writes a command's lots into a transfer: those of its lines.
func (t *Transfer) tellLots(c *HQCommand, set func(*TransferLot, Qty)) {
	for i := range c.Lots {
		n := &c.Lots[i]
		if n.Line < 1 || n.Line > len(c.Lines) {
			continue
		}
		if l := t.line(c.Lines[n.Line-1].SKU); l != nil {
			set(l.lotOf(n.Lot, n.Expiry, n.Serial), n.Qty)
		}
	}
}

// wishLots has a command's lots leave before others, as far as they lie here.
func (m *moves) wishLots(c *HQCommand) {
	m.wishes = true
	for _, n := range c.Lots {
		if n.Line >= 1 && n.Line <= len(c.Lines) {
			m.want = append(m.want, lotWant{LineLot: n, sku: c.Lines[n.Line-1].SKU})
		}
	}
}

// A SKULot is units of one lot of a SKU.
type SKULot struct {
	SKU SKU
	LotQty
}
