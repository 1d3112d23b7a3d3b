package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what is kept of transfers.
const (
	TransfersClosedMax = 10_000  // that have come to their end, the latest
	TransfersOpenMax   = 100_000 // of which something is to come; beyond them head office makes none. What sites have made is followed all the same
)

// ErrTransferUnknown says that head office has not heard of the transfer.
var ErrTransferUnknown = errors.New("no such transfer")

// A Transfer is goods on their way between two sites, as their journals tell it and as somebody here has judged it.
type Transfer struct {
	ledger.Transfer
	Asker  ledger.SiteID // whose book asked for it; "" where nobody's did
	Set    Signed        // who made it here, or judged it
	Told   time.Time     // when the last entry about it was folded
	Amiss  uint64        // the exception about what differed; 0 for none
	Closed uint64        // the command that brought it to its end; 0 while something is to come
}

// over says whether nothing is to come of a transfer any more.
func (t *Transfer) over() bool {
	switch t.State {
	case ledger.TransferSettled, ledger.TransferReturned, ledger.TransferCanceled, ledger.TransferRefused:
		return true
	default:
		return false
	}
}

// MakeTransfer has goods sent from one site to another: it asks and approves in one.
type MakeTransfer struct {
	Transfer ledger.Transfer // State plays no part, and of its lines SKU and Qty do
	Key      ledger.Digest
	Request  ledger.Digest
	By       string
	At       time.Time
}

// JudgeTransfer says yes or no to what a site has asked for.
type JudgeTransfer struct {
	Transfer ledger.TransferID
	Refuse   bool
	Key      ledger.Digest
	Request  ledger.Digest
	By       string
	Reason   string
	At       time.Time
}

// TransferCommands is what Build.Commands has to be of every server before a MakeTransfer or a JudgeTransfer is given.
const TransferCommands = int(kindJudgeTransfer)

func (*MakeTransfer) kind() kind  { return kindTransfer }
func (*JudgeTransfer) kind() kind { return kindJudgeTransfer }

type transferKey string // id

func (m *Machine) editTransfer(id ledger.TransferID) (*Transfer, bool) {
	return edit(m.transfers.table, transferKey(id), func(t *Transfer) *Transfer {
		c := *t
		c.Transfer = *t.Transfer.Clone()
		return &c
	})
}

// answerOfTransfer marks an answer that is about a transfer: its order's id is none that an order can have.
const answerOfTransfer = "transfer/"

// TransferID is the transfer that the answer is about; ok is false where it is about none.
func (a *Answer) TransferID() (id ledger.TransferID, ok bool) {
	name, ok := strings.CutPrefix(string(a.Order.ID), answerOfTransfer)
	return ledger.TransferID(name), ok
}

// TransferState is how the transfer stood when it was answered about.
func (a *Answer) TransferState() ledger.TransferState { return ledger.TransferState(a.Order.Priority) }

// transferErr gives the refusal that an answer about a transfer records, or nil.
func (a *Answer) transferErr(id ledger.TransferID) error {
	if a.Refusal == "" {
		return nil
	}
	return &ledger.TransferError{Transfer: ledger.Transfer{ID: id, State: a.TransferState()}, Act: ledger.TransferApprove, Shorts: a.Shorts}
}

// rememberTransfer keeps what a client is told of a transfer under its key, for ever.
func (m *Machine) rememberTransfer(key, request ledger.Digest, t *ledger.Transfer, refusal ledger.Refusal, shorts []ledger.Short) *Answer {
	a := &Answer{Request: request, Refusal: refusal, Shorts: shorts,
		Order: &ledger.Order{ID: ledger.OrderID(answerOfTransfer + string(t.ID)), Priority: int(t.State)}}
	m.remember(key, a)
	return a
}

// makeTransfer approves a transfer of head office's own.
func (m *Machine) makeTransfer(c *MakeTransfer) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var res Result
	res.Err = m.atomically(func() error {
		t := c.Transfer.Clone()
		if err := t.Check(); err != nil {
			return err
		}
		for i := range t.Lines {
			l := &t.Lines[i]
			if err := ledger.CheckQty(l.Qty); err != nil {
				return err
			}
			*l = ledger.TransferLine{SKU: l.SKU, Qty: l.Qty}
		}
		for _, site := range []ledger.SiteID{t.From, t.To} {
			if _, ok := m.sites.get(site); !ok {
				return &SiteUnknownError{Site: site}
			}
		}
		if x := &m.derived.transfers; len(x.ids)-len(x.closed) >= TransfersOpenMax {
			return &ledger.FormError{Field: "id", Why: fmt.Sprintf("would be more than %d open transfers: receive, cancel or return those that are over", TransfersOpenMax)}
		}
		t.State = 0
		if old, known := m.transfers.get(transferKey(t.ID)); known {
			res.Answer = m.rememberTransfer(c.Key, c.Request, &old.Transfer, ledger.RefusedTransfer, nil)
			return nil
		}
		rec := &Transfer{Transfer: *t, Set: m.signed(c.By, t.Note, c.At)}
		shorts, err := m.approveTransfer(rec)
		if err != nil {
			return err
		}
		if len(shorts) > 0 {
			res.Answer = m.rememberTransfer(c.Key, c.Request, t, ledger.RefusedShort, shorts)
			return nil
		}
		m.transfers.put(transferKey(t.ID), rec)
		res.Answer = m.rememberTransfer(c.Key, c.Request, &rec.Transfer, "", nil)
		return nil
	})
	return res
}

// judgeTransfer says yes or no to a transfer that a site has asked for.
func (m *Machine) judgeTransfer(c *JudgeTransfer) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var res Result
	res.Err = m.atomically(func() error {
		if err := signed(c.By, "it is judged"); err != nil {
			return err
		}
		rec, known := m.editTransfer(c.Transfer)
		if !known {
			return ErrTransferUnknown
		}
		var shorts []ledger.Short
		act := ledger.TransferApprove
		if c.Refuse {
			act = ledger.TransferRefuse
		}
		to, fits := rec.State.After(ledger.AtHQ, act)
		switch {
		case !fits || c.Refuse && rec.State != ledger.TransferAsked:
			res.Answer = m.rememberTransfer(c.Key, c.Request, &rec.Transfer, ledger.RefusedTransfer, nil)
			return nil
		case c.Refuse:
			rec.State = to
			m.refuseTransfer(rec)
		default:
			var err error
			if shorts, err = m.approveTransfer(rec); err != nil {
				return err
			}
		}
		if len(shorts) > 0 {
			res.Answer = m.rememberTransfer(c.Key, c.Request, &rec.Transfer, ledger.RefusedShort, shorts)
			return nil
		}
		rec.Set = m.signed(c.By, c.Reason, c.At)
		res.Answer = m.rememberTransfer(c.Key, c.Request, &rec.Transfer, "", nil)
		return nil
	})
	return res
}

// approveTransfer has the sender set units aside: of what is held here at a warehouse, all of it or nothing, counted
// down before the sender's book moves it; at a counter of what its own book has available.
func (m *Machine) approveTransfer(t *Transfer) (shorts []ledger.Short, err error) {
	from, ok := m.sites.get(t.From)
	if !ok {
		return nil, &SiteUnknownError{Site: t.From}
	}
	if why := m.Closed(from); why != "" {
		return nil, &ledger.FormError{Field: "from", Why: fmt.Sprintf("is %s, and nothing of it can be promised now (%s): send from another site, or once it is back", t.From, why)}
	}
	if dest, ok := m.sites.get(t.To); ok && dest.Lost.Done() {
		return nil, &ledger.FormError{Field: "to", Why: fmt.Sprintf("is %s, which was declared lost (%s): send to another site", t.To, dest.Lost.Reason)}
	}
	to, fits := t.State.After(ledger.AtHQ, ledger.TransferApprove)
	if !fits {
		return nil, &ledger.TransferError{Transfer: t.Transfer, Act: ledger.TransferApprove}
	}
	act := ledger.TransferReserve
	lines := t.commandLines(func(l *ledger.TransferLine) ledger.Qty { return l.Qty })
	if !from.Counter {
		act = ledger.TransferOut
		for _, l := range lines {
			have := ledger.Qty(0)
			if stock, ok := m.stock.get(keyOfStock(t.From, l.SKU)); ok {
				have = stock.Promisable()
			}
			if have < l.Qty {
				shorts = append(shorts, ledger.Short{Line: l.Line, SKU: l.SKU, Want: l.Qty, Have: have})
			}
		}
		if len(shorts) > 0 {
			return shorts, nil
		}
		for _, l := range lines {
			m.editStock(t.From, l.SKU).Held -= l.Qty
		}
	}
	t.State = to
	m.tellTransfer(t.From, t.To, &t.Transfer, act, lines)
	return nil, nil
}

// commandLines gives a command's lines for what of a transfer f picks; none of nothing.
func (t *Transfer) commandLines(f func(*ledger.TransferLine) ledger.Qty) (out []ledger.CommandLine) {
	for i := range t.Lines {
		if q := f(&t.Lines[i]); q > 0 {
			out = append(out, ledger.CommandLine{Line: i + 1, SKU: t.Lines[i].SKU, Qty: q})
		}
	}
	return out
}

// tellTransfer gives one of the two sites a command about a transfer. Its id follows from the transfer and the act, so
// it is the same in whatever life, and carried out once.
func (m *Machine) tellTransfer(to, other ledger.SiteID, t *ledger.Transfer, act ledger.TransferAct, lines []ledger.CommandLine) {
	if _, known := m.sites.get(to); known {
		m.issue(to, ledger.HQCommand{ID: ledger.TransferCommandID(t.ID, act), Kind: ledger.CommandTransfer, Site: other, Lines: lines, Reason: t.Note})
	}
}

// tellWay is tellTransfer of what left, or came, with the lots that it was of.
func (m *Machine) tellWay(t *Transfer, to, other ledger.SiteID, act ledger.TransferAct, of func(*ledger.TransferLine) ledger.Qty, lot func(*ledger.TransferLot) ledger.Qty) {
	if _, known := m.sites.get(to); !known {
		return
	}
	c := ledger.HQCommand{ID: ledger.TransferCommandID(t.ID, act), Kind: ledger.CommandTransfer, Site: other, Lines: t.commandLines(of), Reason: t.Note}
	for n := range c.Lines {
		l := &t.Lines[c.Lines[n].Line-1]
		for i := range l.Lots {
			if v := &l.Lots[i]; lot(v) > 0 {
				c.Lots = append(c.Lots, ledger.LineLot{Line: n + 1, LotQty: ledger.LotQty{Lot: v.Lot, Qty: lot(v), Expiry: v.Expiry, Serial: v.Serial}})
			}
		}
	}
	if c.Apart = m.apart(); act == ledger.TransferExpect || c.Apart {
		c.Cartons = t.Cartons
	}
	if act == ledger.TransferSettle {
		c.Cartons = cameCartons(c.Cartons)
	}
	m.issue(to, c)
}

// cameCartons are the numbers of those that came: their sender knows what lies in each.
func cameCartons(list []ledger.WayCarton) (out []ledger.WayCarton) {
	for i := range list {
		if list[i].Came {
			out = append(out, ledger.WayCarton{SSCC: list[i].SSCC, Came: true})
		}
	}
	return out
}

// refuseTransfer tells whoever asked that nothing will come of it.
func (m *Machine) refuseTransfer(t *Transfer) {
	m.closeTransfer(t)
	other := t.From
	if t.Asker == t.From {
		other = t.To
	}
	if t.Asker != "" {
		m.tellTransfer(t.Asker, other, &t.Transfer, ledger.TransferRefuse, nil)
	}
}

// closeTransfer notes whether a transfer is over, and forgets the ones that were over first.
func (m *Machine) closeTransfer(t *Transfer) {
	if !t.over() {
		t.Closed = 0
		return
	}
	if t.Closed != 0 {
		return
	}
	t.Closed = m.counters.Applied
	closed := m.derived.transfers.closed
	for i := 0; i < len(closed)-TransfersClosedMax+1; i++ {
		m.transfers.del(transferKey(closed[i].id))
	}
}

// checkTransfers looks at what is kept of transfers.
func (m *Machine) checkTransfers() error {
	for _, t := range m.transfers.Sorted() {
		if err := t.Transfer.Check(); err != nil {
			return fmt.Errorf("transfer %s: %w", t.ID, err)
		}
		if t.over() != (t.Closed != 0) {
			return fmt.Errorf("transfer %s is %s, and closed by command %d", t.ID, t.State, t.Closed)
		}
	}
	return nil
}

// transferIndex is what is derived of transfers.
type transferIndex struct {
	ids    []ledger.TransferID       // ascending
	onWay  map[ledger.SKU]ledger.Qty // dispatched and not received, so far as is known here
	closed []closedTransfer          // by the command that closed them
}

type closedTransfer struct {
	by uint64
	id ledger.TransferID
}

func (c closedTransfer) compare(o closedTransfer) int {
	switch {
	case c.by != o.by && c.by < o.by:
		return -1
	case c.by != o.by:
		return 1
	default:
		return strings.Compare(string(c.id), string(o.id))
	}
}

func (x *transferIndex) land(k transferKey, old *Transfer, had bool, t *Transfer, has bool) {
	if had {
		x.count(old, -1)
		if old.Closed != 0 {
			if i, ok := slices.BinarySearchFunc(x.closed, closedTransfer{old.Closed, old.ID}, closedTransfer.compare); ok {
				x.closed = slices.Delete(x.closed, i, i+1)
			}
		}
	}
	if !has {
		x.ids = remove(x.ids, ledger.TransferID(k))
		return
	}
	x.ids = insert(x.ids, ledger.TransferID(k))
	x.count(t, 1)
	if t.Closed != 0 {
		if i, ok := slices.BinarySearchFunc(x.closed, closedTransfer{t.Closed, t.ID}, closedTransfer.compare); !ok {
			x.closed = slices.Insert(x.closed, i, closedTransfer{t.Closed, t.ID})
		}
	}
}

// count counts what of a transfer is on its way.
func (x *transferIndex) count(t *Transfer, sign ledger.Qty) {
	if t.State != ledger.TransferDispatched {
		return
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		if x.onWay[l.SKU] += sign * l.Sent; x.onWay[l.SKU] == 0 {
			delete(x.onWay, l.SKU)
		}
	}
}

// InTransit is how much of a SKU has left one site and not arrived at another one, so far as their journals are here.
func (m *Machine) InTransit(sku ledger.SKU) ledger.Qty { return m.derived.transfers.onWay[sku] }

// Transfer gives one transfer. It must not be changed.
func (m *Machine) Transfer(id ledger.TransferID) (*Transfer, bool) {
	return m.transfers.Get(transferKey(id))
}

// Names says whether a transfer has a line of a SKU.
func (t *Transfer) Names(sku ledger.SKU) bool {
	return slices.ContainsFunc(t.Lines, func(l ledger.TransferLine) bool { return l.SKU == sku })
}

// Transfers lists transfers by id behind after: of those that keep wants at most limit, or fewer where they come to
// more than so many lines. next is where the next page begins, "" at the end.
func (m *Machine) Transfers(after ledger.TransferID, limit, lines int, keep func(*Transfer) bool) (out []*Transfer, next ledger.TransferID) {
	ids := m.derived.transfers.ids
	i, found := slices.BinarySearch(ids, after)
	if found {
		i++
	}
	for ; i < len(ids); i++ {
		t, _ := m.transfers.Get(transferKey(ids[i]))
		if !keep(t) {
			continue
		}
		if lines -= len(t.Lines); len(out) == limit || lines < 0 && len(out) > 0 {
			return out, out[len(out)-1].ID
		}
		out = append(out, t)
	}
	return out, ""
}
