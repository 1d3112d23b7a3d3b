package ledger

import (
	"fmt"
	"time"
)

// A Drawer is one session of a till's cash drawer: from the float to the count. Amounts are in minor units.
//
//	expected = float + in - out + sales - back        what lies in it by the book, never below 0
type Drawer struct {
	Till         TillID
	Epoch        Epoch  // in which it was opened
	Session      uint64 // of the till, from 1, without gaps in one epoch's book
	Step         int64  // what the smallest coin is worth
	Opened       time.Time
	Float        int64
	In           int64 // paid in, for a reason
	Out          int64 // paid out, for a reason
	Sales        int64 // cash taken for orders
	Refunded     int64 // cash given back for orders
	Cards        int64 // taken by card at this till meanwhile; it lies in no drawer
	CardRefunded int64
	Receipts     uint64 // how many receipts were given
	Closed       bool
	Counted      int64 // closed: what was counted
}

// Expected is what lies in the drawer by the book.
func (d *Drawer) Expected() int64 { return d.Float + d.In - d.Out + d.Sales - d.Refunded }

// Difference is what a count found beyond what was expected; below 0, what was missing.
func (d *Drawer) Difference() int64 { return d.Counted - d.Expected() }

// check refuses a session that no book has written.
func (d *Drawer) check() error {
	if _, err := ParseTill(string(d.Till)); err != nil {
		return err
	}
	if least := min(d.Step, d.Float, d.In, d.Out, d.Sales, d.Refunded, d.Cards, d.CardRefunded, d.Counted, d.Expected()); least < 0 || d.Session == 0 || d.Expected() > moneySumMax {
		return fmt.Errorf("session %d of drawer %s does not add up", d.Session, d.Till)
	}
	return nil
}

// A DrawerAct is what an entry did with a drawer. Acts are on disk: only ever appended to.
type DrawerAct uint8

// The acts.
const (
	DrawerOpen  DrawerAct = 1 // a session begins with a float out of the safe
	DrawerIn    DrawerAct = 2 // cash is paid in, for a reason
	DrawerOut   DrawerAct = 3 // cash is paid out, for a reason
	DrawerClose DrawerAct = 4 // what lies in it is counted and put into the safe: the session ends
)

var drawerActs = [...]string{"", "open", "pay_in", "pay_out", "close"}

func (a DrawerAct) String() string {
	if int(a) < len(drawerActs) {
		return drawerActs[a]
	}
	return "unknown"
}

// A drawerArrow says from which state of a drawer an act is possible, and what it posts.
type drawerArrow struct {
	From string
	Act  DrawerAct
	To   string
	Does string // for people
}

// drawerArrows is the whole table: what stands in no row is refused.
func drawerArrows() []drawerArrow {
	return []drawerArrow{
		{"closed", DrawerOpen, "open", "safe -> drawer: the float"},
		{"open", DrawerIn, "open", "petty -> drawer"},
		{"open", DrawerOut, "open", "drawer -> petty; no more than lies in it"},
		{"open", DrawerClose, "closed", "drawer -> safe what was counted; what differs -> difference, with a reason"},
	}
}

// possible says whether an act is, of a drawer that is open or closed.
func (a DrawerAct) possible(open bool) bool {
	state := "closed"
	if open {
		state = "open"
	}
	for _, row := range drawerArrows() {
		if row.Act == a && row.From == state {
			return true
		}
	}
	return false
}

// DrawerBody is a session of a drawer as it stands after the entry, and what the entry did with it.
type DrawerBody struct {
	Act      DrawerAct
	Drawer   Drawer
	Amount   int64  // the float, what was paid in or out, or what was counted
	Day      uint64 // that it counts in
	Reason   string // why it was paid in or out, or why a count differs
	By       string // who, where that is not the actor
	Currency string
	Money    []MoneyPosting

	Refusal Refusal // why nothing was done; "" where it was
	Have    int64   // refused: what lies in the drawer by the book
}

func (*DrawerBody) kindly(k Kind) bool { return k == KindDrawer }

// A DrawerError says no to an act on a drawer. Nothing was changed.
type DrawerError struct {
	Why      Refusal
	Act      DrawerAct
	Till     TillID
	Want     int64 // what was named
	Have     int64 // what lies in the drawer by the book
	Currency string
}

func (e *DrawerError) Error() string {
	return fmt.Sprintf("drawer %s: %s is refused: %s, %d named, %d there", e.Till, e.Act, e.Why, e.Want, e.Have)
}

// err gives the refusal that the body records, or nil.
func (b *DrawerBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &DrawerError{Why: b.Refusal, Act: b.Act, Till: b.Drawer.Till, Want: b.Amount, Have: b.Have, Currency: b.Currency}
}

// KeyOfDrawer is the digest under which a book remembers for ever which entry opened a session, and which closed it.
func KeyOfDrawer(till TillID, epoch Epoch, session uint64, closed bool) Digest {
	word := "opened"
	if closed {
		word = "closed"
	}
	return DigestOf([]byte("drawer"), []byte(till), seqKey(Seq(epoch)), seqKey(Seq(session)), []byte(word))
}

// act does the body's act on the session as it was before, nil where there was none open.
func (b *DrawerBody) act(was *Drawer) Drawer {
	d := b.Drawer
	if was != nil {
		d = *was
	}
	switch b.Act {
	case DrawerOpen:
		d.Float = b.Amount
	case DrawerIn:
		d.In += b.Amount
	case DrawerOut:
		d.Out += b.Amount
	case DrawerClose:
		d.Counted, d.Closed = b.Amount, true
	}
	return d
}

// money is what the entry has to post, with cash of the drawer on the account that is given: its own, but for facts told late.
// expected is what lay in the drawer before a count.
func (b *DrawerBody) money(cash MoneyKind, till TillID, expected int64) (list purse) {
	switch b.Act {
	case DrawerOpen:
		list.add(MoneySafe, "", -b.Amount)
		list.add(cash, till, b.Amount)
	case DrawerIn:
		list.add(MoneyPetty, "", -b.Amount)
		list.add(cash, till, b.Amount)
	case DrawerOut:
		list.add(cash, till, -b.Amount)
		list.add(MoneyPetty, "", b.Amount)
	case DrawerClose:
		list.add(cash, till, -expected)
		list.add(MoneySafe, "", b.Amount)
		list.add(MoneyDifference, "", expected-b.Amount)
	}
	return list
}
