package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A TenderKind says what an order is paid with. Kinds are on disk: only ever appended to.
type TenderKind uint8

// The tenders.
const (
	TenderCash        TenderKind = 1
	TenderCard        TenderKind = 2 // by the reference of the terminal's slip; no data of the card, ever
	TenderAccount     TenderKind = 3 // on account: Ref is the customer
	TenderGiftCard    TenderKind = 4 // Ref is the gift card's number
	TenderStoreCredit TenderKind = 5 // the same, of a card that bears store credit

	// In the figures of a day only: what other sites' books handed over, or were handed, and what was paid at the company's risk.
	TenderSites  TenderKind = 6
	TenderAtRisk TenderKind = 7
)

// tenderKinds says of each tender its name, the account of money that it brings to, and, where it uses an asset of head office's, of which kind that is.
var tenderKinds = [...]struct {
	name  string
	money MoneyKind
	asset AssetKind
}{
	{name: "none"},
	TenderCash:        {"cash", MoneyDrawer, ""},
	TenderCard:        {"card", MoneyCard, ""},
	TenderAccount:     {"account", MoneyAccounts, AssetCredit},
	TenderGiftCard:    {"gift_card", MoneyGiftCards, AssetCard},
	TenderStoreCredit: {"store_credit", MoneyGiftCards, AssetCard},
	TenderSites:       {"other_sites", MoneySites, ""},
	TenderAtRisk:      {"risk", MoneyRisk, ""},
}

func (k TenderKind) known() bool { return k > 0 && int(k) < len(tenderKinds) }

// pays says whether something can be paid with it.
func (k TenderKind) pays() bool { return k.known() && k < TenderSites }

// usesAsset says whether the tender uses an asset instead of money that comes in.
func (k TenderKind) usesAsset() bool { return k.known() && tenderKinds[k].asset != "" }

func (k TenderKind) String() string {
	if int(k) < len(tenderKinds) {
		return tenderKinds[k].name
	}
	return fmt.Sprintf("tender_%d", uint8(k))
}

// ParseTender reads what String writes.
func ParseTender(word string) (TenderKind, bool) {
	for k := TenderCash; k.pays(); k++ {
		if tenderKinds[k].name == word {
			return k, true
		}
	}
	return 0, false
}

const (
	// TendersMax bounds what one order is paid with, RepaymentsMax how often some of it is given back, and PaidVersionsMax how
	// often money moves for it.
	TendersMax      = 100
	RepaymentsMax   = 200
	PaidVersionsMax = 1000
	// livesMax is how much more of each there can be where several lives of a book have each taken some, which is told late.
	livesMax = 8
	// TenderRefMax bounds a reference, in bytes.
	TenderRefMax = 64
)

// A Receipt numbers what one entry took or gave back, for its customer. Numbers of one till and epoch are a series: from 1,
// without gaps. A new epoch begins a new series, so that a book that went back in time gives no number twice once that is known; before, it may (Mark).
type Receipt struct {
	Till   TillID
	Epoch  Epoch
	Number uint64 // from 1; 0: none
}

func (r Receipt) String() string { return fmt.Sprintf("%s-%d-%06d", r.Till, r.Epoch, r.Number) }

// A Tender is one part of what an order was paid with. Amounts are in minor units.
type Tender struct {
	Kind     TenderKind
	Amount   int64   // that it pays of the order
	Step     int64   // cash: what the smallest coin is worth; 0 or 1: nothing is rounded
	Given    int64   // cash: what the customer handed over
	Ref      string  // card: the reference of the terminal; account: the customer; gift card, store credit: its number
	Receipt  Receipt // that names it
	Refunded int64   // of Amount; 0 <= Refunded <= Amount

	Claim   ClaimID // by which another site's book was asked for it; "" where it was taken here
	From    SiteID  // whose book handed it over; "" where it was taken here
	Risk    AssetID // paid out before the answer, at the company's risk: what bounds that; "" else
	Settled int64   // of what was paid at risk, what the owner's book has made good

	Mark Mark // of the request that took it
}

// A Mark tells requests that moved money apart, where receipts do not: a copy of a book that went back and does not know it gives the receipts of its epoch
// again, and a request that two lives have answered has a receipt of each. It follows from the request's key. 0: there was none, or a build of before wrote
// it; then the receipt has to tell.
type Mark uint32

// markOf is the mark of what is answered under a key.
func markOf(key Digest) Mark {
	if key == (Digest{}) {
		return 0
	}
	return max(1, Mark(binary.BigEndian.Uint32(key[:])))
}

// Asset is what the tender uses; "" where money comes in.
func (t *Tender) Asset() AssetID {
	if !t.Kind.usesAsset() {
		return ""
	}
	return AssetOf(tenderKinds[t.Kind].asset, t.Ref)
}

// Taken is what the tender brought: of cash, the amount as its coins can pay it.
func (t *Tender) Taken() int64 { return t.moved(t.Amount) }

// PaidBack is what was given back of what the tender brought. In cash it follows what is refunded in all, so that many
// small refunds never give back more than was taken.
func (t *Tender) PaidBack() int64 { return t.moved(t.Refunded) }

// Change is what the customer got back when paying.
func (t *Tender) Change() int64 {
	if t.Kind != TenderCash {
		return 0
	}
	return t.Given - t.Taken()
}

func (t *Tender) moved(amount int64) int64 {
	if t.Kind == TenderCash {
		return RoundCash(amount, t.Step)
	}
	return amount
}

// Payments is all that this book has taken for one order and given back, as it stands. The right to give money back belongs to
// the book that took it, so no other book's word is needed for it, and none is enough.
type Payments struct {
	Order      OrderID
	Version    uint64 // how many entries have written it: the last of them is found by it
	Total      int64  // what the order costs, as it was told last
	Tenders    []Tender
	Repayments []Repayment // what was given back of them: the sums are their Refunded
	For        AssetID     // an account that is paid, or a card that is sold or loaded: Order is then the payment's own id; "": an order is paid
}

// Clone copies p so deep that neither changes with the other.
func (p *Payments) Clone() *Payments {
	c := *p
	c.Tenders, c.Repayments = slices.Clone(p.Tenders), slices.Clone(p.Repayments)
	return &c
}

// Paid is what was taken for the order and not given back.
func (p *Payments) Paid() (sum int64) {
	for i := range p.Tenders {
		sum += p.Tenders[i].Amount - p.Tenders[i].Refunded
	}
	return sum
}

// paidBack is what was given back in hand.
func (p *Payments) paidBack() (sum int64) {
	for i := range p.Tenders {
		sum += p.Tenders[i].PaidBack()
	}
	return sum
}

// Due is what is still to be paid; below 0, what was paid beyond the total.
func (p *Payments) Due() int64 { return p.Total - p.Paid() }

// Status says how the order stands: unpaid, deposit (some is due), paid, or overpaid.
func (p *Payments) Status() string {
	switch paid := p.Paid(); {
	case paid > p.Total:
		return "overpaid"
	case paid == p.Total:
		return "paid"
	case paid > 0:
		return "deposit"
	default:
		return "unpaid"
	}
}

// check refuses what no book has written: above all, more given back than was taken.
func (p *Payments) check() error {
	if p.Version == 0 || p.Version > livesMax*PaidVersionsMax || p.Total < 0 || p.Total > AmountMax {
		return fmt.Errorf("payments of order %s: version %d, total %d", p.Order, p.Version, p.Total)
	}
	if p.For != "" {
		if _, err := ParseAsset(string(p.For)); err != nil || !p.For.forMoney() {
			return fmt.Errorf("payments %s are for %q", p.Order, p.For)
		}
	}
	if n, m := len(p.Tenders), len(p.Repayments); n == 0 || n > livesMax*TendersMax || m > livesMax*RepaymentsMax {
		return fmt.Errorf("payments of order %s have %d tenders, of which was given back %d times", p.Order, n, m)
	}
	back := make([]int64, len(p.Tenders))
	for i := range p.Repayments {
		b := &p.Repayments[i]
		if b.Tender < 1 || b.Tender > len(back) || min(b.Amount, b.Over) < 0 || max(b.Amount, b.Over) > AmountMax || (b.Receipt.Number == 0) != (b.To != "") || len(b.Receipt.Till) > TillIDMax || (b.To == "") != (b.Claim == "") {
			return fmt.Errorf("order %s: %d was given back of tender %d", p.Order, b.Amount, b.Tender)
		}
		back[b.Tender-1] += b.Amount
	}
	for i := range p.Tenders {
		t := &p.Tenders[i]
		switch {
		case t.Refunded != back[i]:
			return fmt.Errorf("order %s tender %d: %d given back, and %d in receipts", p.Order, i+1, t.Refunded, back[i])
		case !t.Kind.pays() || t.Kind.usesAsset() && p.For != "":
			return fmt.Errorf("order %s tender %d is of kind %d", p.Order, i+1, t.Kind)
		case t.Amount < 1 || t.Amount > AmountMax || t.Step < 0 || t.Step > AmountMax:
			return fmt.Errorf("order %s tender %d is of %d in steps of %d", p.Order, i+1, t.Amount, t.Step)
		case t.Refunded < 0 || t.Refunded > t.Amount:
			return fmt.Errorf("order %s tender %d: %d given back of %d", p.Order, i+1, t.Refunded, t.Amount)
		case t.Kind == TenderCash && (t.Given < t.Taken() || t.Given > 2*AmountMax || t.Ref != ""):
			return fmt.Errorf("order %s tender %d: %d handed over for %d", p.Order, i+1, t.Given, t.Taken())
		case t.Kind != TenderCash && (t.Given != 0 || t.Step != 0 || len(t.Ref) > TenderRefMax):
			return fmt.Errorf("order %s tender %d is of cash and is not", p.Order, i+1)
		case (t.Receipt.Number == 0 || t.Receipt.Till == "") != (t.From != "") || len(t.Receipt.Till) > TillIDMax:
			return fmt.Errorf("order %s tender %d has no receipt", p.Order, i+1)
		}
		if why := t.claimFault(); why != "" {
			return fmt.Errorf("order %s tender %d %s: claim %q, from %q, at risk of %q, %d of %d made good", p.Order, i+1, why, t.Claim, t.From, t.Risk, t.Settled, t.Amount)
		}
		if a := t.Asset(); a != "" {
			if _, err := ParseAsset(string(a)); err != nil {
				return fmt.Errorf("order %s tender %d: %w", p.Order, i+1, err)
			}
		}
	}
	return nil
}

// claimFault says what no book has written of a tender that came of a claim: handed over by another site's book, or paid at the company's risk, which that book
// makes good later. It is "" of any other, and of one that is as it should be.
func (t *Tender) claimFault() string {
	handedOver, atRisk := t.From != "", t.Risk != ""
	switch {
	case handedOver && atRisk:
		return "was handed over and paid at risk"
	case t.Claim != "" && !handedOver && !atRisk:
		return "has a claim, and was paid here"
	case t.Claim == "" && (handedOver || atRisk):
		return "has no claim"
	case atRisk && t.Kind != TenderCash:
		return "was paid at risk, and not in cash"
	case !atRisk && t.Settled != 0:
		return "is made good, and was at nobody's risk"
	case t.Settled < 0 || t.Settled > t.Amount:
		return "is made good beyond what it is of"
	default:
		return ""
	}
}

// KeyOfPayments is the digest under which a book remembers for ever which entry wrote a version, from 1, of the payments of an order.
// An entry answers it beside its own key, so an auditor finds any version that was written twice.
func KeyOfPayments(id OrderID, version uint64) Digest {
	return DigestOf([]byte("payments"), []byte(id), seqKey(Seq(version)))
}

// A TenderAct is what an entry did with the payments of an order. Acts are on disk: only ever appended to.
type TenderAct uint8

// The acts.
const (
	TenderPay    TenderAct = 1
	TenderRefund TenderAct = 2

	TenderClaim    TenderAct = 3 // another site's book is asked for the right to give some back here
	TenderHandOver TenderAct = 4 // that book gives it up: an answer to a command
	TenderTakeOver TenderAct = 5 // this one has it: likewise
	TenderRisk     TenderAct = 6 // a claim that a supervisor has paid at the company's risk
	TenderExchange TenderAct = 7 // some crosses from an order whose goods come back to one that is sold, with the difference paid or given back
)

var tenderActs = [...]string{"", "pay", "refund", "claim", "hand_over", "take_over", "risk", "exchange"}

func (a TenderAct) String() string {
	if int(a) < len(tenderActs) {
		return tenderActs[a]
	}
	return "unknown"
}

// A TenderMove is what an entry took by one tender, or gave back of one.
type TenderMove struct {
	Tender int    // its place in the payments, from 1
	Refund bool   // it was given back
	Amount int64  // of the order
	Ref    string // given back to a card: the reference of the terminal
	Over   int64  // as of a Repayment
	Across bool   // from one site's book to another's: handed over, or taken over
	Settle bool   // of a tender paid at risk: the owner's book has made it good

	AssetOver Qty // of what it moves of an asset: AssetMove.Over
}

// A Repayment is what was given back of a tender, once.
type Repayment struct {
	Tender  int     // its place in the payments, from 1
	Amount  int64   // of the order
	Over    int64   // told late: what was given back beyond what the tender had left, for two lives of the book have each done it
	Receipt Receipt // that names it
	To      SiteID  // it was handed over to that site's book; "": it was paid out
	Claim   ClaimID // by which that book asked for it
	Mark    Mark    // of the request that gave it back
}

// TenderBody is the payments of an order as they stand after the entry, and what it did with them.
type TenderBody struct {
	Act      TenderAct
	Payments Payments
	Till     TillID  // whose drawer was open
	Session  uint64  // its session
	Opened   Epoch   // in which that was opened
	Day      uint64  // that it counts in
	Receipt  Receipt // what the customer got
	Moves    []TenderMove
	Deposit  bool   // pay: that some is still due is meant
	Reason   string // refund: why
	By       string // who, where that is not the actor
	Currency string
	Money    []MoneyPosting
	Of       PaidOrder   // refund: whose order it is
	Exchange *Exchanged  // exchange: what it came to, in the entry that pays for the sale
	Claim    *MoneyClaim // claim, take over, risk: as it stands after the entry

	Refusal Refusal // why nothing was done; "" where it was
	Tender  int     // refused: which one it is refused for, from 1
	Want    int64   // refused: what was named
	Have    int64   // refused: what there is of it
	Short   AssetID // refused: the asset of which there is not enough
}

// PaidOrder is as much of an order that money is given back for as its customer is told by; the zero PaidOrder is of an order that the book does not know.
type PaidOrder struct {
	Number   string
	External string
	Channel  Channel
	Customer string
}

func (o *Order) paid() PaidOrder {
	return PaidOrder{Number: o.Number(), External: o.External, Channel: o.Channel, Customer: o.Customer}
}

func (*TenderBody) kindly(k Kind) bool { return k == KindTendered }

// The refusals that an entry about money can record.
const (
	RefusedNoDrawer    Refusal = "drawer_closed"  // no session of the till's drawer is open
	RefusedDrawerOpen  Refusal = "drawer_open"    // one is
	RefusedDrawerShort Refusal = "drawer_short"   // less cash lies in it
	RefusedDiffers     Refusal = "drawer_differs" // a count differs, and nobody says why
	RefusedOverpaid    Refusal = "overpaid"       // more than is due
	RefusedPartPaid    Refusal = "part_paid"      // less than is due, and it is no deposit
	RefusedGiven       Refusal = "given_short"    // cash: less was handed over than is to be paid
	RefusedOverRefund  Refusal = "over_refunded"  // more than was taken and not given back
)

// A TenderError says no to what was to be paid or given back. Nothing was changed.
type TenderError struct {
	Why      Refusal
	Act      TenderAct
	Order    OrderID
	Till     TillID
	Kind     TenderKind // of the tender that it is refused for; 0 where it is for none
	Tender   int        // from 1; 0 where it is for none
	Want     int64
	Have     int64
	Currency string
	Asset    AssetID // of which there is not enough
}

func (e *TenderError) Error() string {
	return fmt.Sprintf("%s order %s at till %s: %s, %d wanted, %d there", e.Act, e.Order, e.Till, e.Why, e.Want, e.Have)
}

// err gives the refusal that the body records, or nil.
func (b *TenderBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	e := &TenderError{Why: b.Refusal, Act: b.Act, Order: b.Payments.Order, Till: b.Till, Tender: b.Tender, Want: b.Want, Have: b.Have, Currency: b.Currency, Asset: b.Short}
	if b.Act == TenderRefund && b.Tender >= 1 && b.Tender <= len(b.Payments.Tenders) {
		e.Kind = b.Payments.Tenders[b.Tender-1].Kind
	}
	return e
}

// before is the payments as they stood before the entry; their total plays no part. each, where not nil, is told what every move brought
// (or, below zero, gave back), the last one first.
func (b *TenderBody) before(each func(m *TenderMove, t *Tender, moved int64)) (*Payments, error) {
	p := b.Payments.Clone()
	if len(b.Moves) > 0 {
		p.Version--
	}
	for i := len(b.Moves) - 1; i >= 0; i-- {
		m := &b.Moves[i]
		if m.Tender < 1 || m.Tender > len(p.Tenders) || min(m.Amount, m.Over) < 0 || m.Amount+m.Over < 1 {
			return nil, fmt.Errorf("order %s has no tender %d of which %d moved", p.Order, m.Tender, m.Amount)
		}
		t := &p.Tenders[m.Tender-1]
		moved, err := m.undo(p, t)
		if err != nil {
			return nil, err
		}
		if each != nil {
			each(m, t, moved)
		}
		if !m.Refund && !m.Settle {
			p.Tenders = p.Tenders[:len(p.Tenders)-1]
		}
	}
	return p, nil
}

// undo takes a move, the last one of the payments, back from what is given back of the tender, and says what it brought.
func (m *TenderMove) undo(p *Payments, t *Tender) (moved int64, err error) {
	switch {
	case m.Settle:
		if m.Refund || m.Across || m.Over != 0 || t.Risk == "" || t.Settled < m.Amount {
			return 0, fmt.Errorf("order %s tender %d: %d was not made good by this entry", p.Order, m.Tender, m.Amount)
		}
		t.Settled -= m.Amount
		return m.Amount, nil
	case m.Refund:
		last := len(p.Repayments) - 1
		if last < 0 || p.Repayments[last].Tender != m.Tender || p.Repayments[last].Amount != m.Amount || p.Repayments[last].Over != m.Over || m.Across != (p.Repayments[last].To != "") {
			return 0, fmt.Errorf("order %s tender %d: %d was not given back by this entry", p.Order, m.Tender, m.Amount)
		}
		moved = -t.PaidBack()
		t.Refunded -= m.Amount
		if moved += t.PaidBack(); !t.Kind.usesAsset() { // what two lives have released of one charge is released once
			moved -= m.Over
		}
		p.Repayments = p.Repayments[:last]
		return moved, nil
	case m.Tender != len(p.Tenders) || t.Amount != m.Amount || t.Refunded != 0 || t.Settled != 0 || m.Over != 0 || m.Across != (t.From != ""):
		return 0, fmt.Errorf("order %s tender %d was not taken by this entry", p.Order, m.Tender)
	default:
		return t.Taken(), nil
	}
}

// money is what the entry has to post, with cash on the account that is given.
func (b *TenderBody) money(cash MoneyKind, till TillID) (list purse, err error) {
	_, err = b.before(func(m *TenderMove, t *Tender, moved int64) {
		if m.Settle {
			list.add(MoneySites, "", moved)
			list.add(MoneyRisk, "", -moved)
			return
		}
		paid := m.Amount
		if m.Refund {
			paid = -m.Amount
		}
		at, where := tenderKinds[t.Kind].money, TillID("")
		switch {
		case m.Across:
			at = MoneySites
		case t.Risk != "" && !m.Refund:
			at = MoneyRisk
		case t.Kind == TenderCash:
			at, where = cash, till
		}
		list.add(at, where, moved)
		list.add(b.Payments.account(), "", -paid)
		if !t.Kind.usesAsset() {
			list.add(MoneyDifference, "", m.Over)
			list.add(MoneyRounding, "", paid-moved-m.Over)
		}
	})
	return list, err
}
