package ledger

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// DayTender is what was taken and given back by one kind of tender, in minor units of what orders cost.
type DayTender struct {
	Kind     TenderKind
	Taken    int64
	Refunded int64
	Payments uint64
	Refunds  uint64
}

// A Day is the figures of one trading day, which is what happened between two ends of a day. Sums are the postings of its entries
// account by account, drawers as one: they add up to 0, and each figure beside them is a part of one of them.
type Day struct {
	Number  uint64 // of the site, from 1, without gaps
	Tenders []DayTender
	Sums    []MoneyPosting // by account; none of 0
	Float   int64          // put into drawers from the safe
	Counted int64          // put back
	In, Out int64          // paid into drawers and out of them, for a reason

	Accounts int64 // received on accounts, less what was given back
	Sold     int64 // of gift cards and store credit sold or loaded, less what was given back
}

// Clone copies d so deep that neither changes with the other.
func (d *Day) Clone() Day {
	c := *d
	c.Tenders, c.Sums = slices.Clone(d.Tenders), slices.Clone(d.Sums)
	return c
}

// Same says whether two days have the same figures.
func (d *Day) Same(b *Day) bool {
	return d.Number == b.Number && d.Float == b.Float && d.Counted == b.Counted && d.In == b.In && d.Out == b.Out && d.Accounts == b.Accounts && d.Sold == b.Sold &&
		slices.Equal(d.Tenders, b.Tenders) && slices.Equal(d.Sums, b.Sums)
}

// Sum is what the day's entries have posted to an account.
func (d *Day) Sum(k MoneyKind) int64 {
	for _, s := range d.Sums {
		if s.Kind == k {
			return s.Amount
		}
	}
	return 0
}

// Tender gives the figures of one kind of tender.
func (d *Day) Tender(k TenderKind) DayTender {
	for _, t := range d.Tenders {
		if t.Kind == k {
			return t
		}
	}
	return DayTender{Kind: k}
}

// Add counts an entry of money in. Whoever adds a day's entries up in their order comes to the same figures.
func (d *Day) Add(e *Entry) {
	t, w := e.money()
	switch {
	case t != nil && t.Refusal == "":
		d.tendered(t)
		d.post(t.Money)
	case w != nil && w.Refusal == "":
		switch w.Act {
		case DrawerOpen:
			d.Float += w.Amount
		case DrawerClose:
			d.Counted += w.Amount
		case DrawerIn:
			d.In += w.Amount
		case DrawerOut:
			d.Out += w.Amount
		}
		d.post(w.Money)
	}
}

// check refuses figures that do not add up.
func (d *Day) check() error {
	if err := balanced(d.Sums); err != nil && len(d.Sums) > 0 {
		if !slices.ContainsFunc(d.Sums, func(p MoneyPosting) bool { return p.Kind == MoneyDrawer }) {
			return err
		}
		return fmt.Errorf("day %d ended with money in drawers", d.Number)
	}
	for _, t := range d.Tenders {
		if !t.Kind.known() || min(t.Taken, t.Refunded) < 0 || max(t.Taken, t.Refunded) > moneySumMax {
			return fmt.Errorf("day %d: %d taken and %d given back by %s", d.Number, t.Taken, t.Refunded, t.Kind)
		}
	}
	return nil
}

func (d *Day) tendered(b *TenderBody) {
	for _, m := range b.Moves {
		if m.Settle {
			d.tender(TenderAtRisk).Refunded += m.Amount
			d.tender(TenderAtRisk).Refunds++
			d.tender(TenderSites).Taken += m.Amount
			d.tender(TenderSites).Payments++
			continue
		}
		t := d.tender(b.Payments.dayKind(&m))
		if m.Refund {
			t.Refunded, t.Refunds = t.Refunded+m.Amount, t.Refunds+1
			d.bought(b.Payments.For, -m.Amount)
		} else {
			t.Taken, t.Payments = t.Taken+m.Amount, t.Payments+1
			d.bought(b.Payments.For, m.Amount)
		}
	}
}

// dayKind is as which kind of tender a day counts a move.
func (p *Payments) dayKind(m *TenderMove) TenderKind {
	switch t := &p.Tenders[m.Tender-1]; {
	case m.Across:
		return TenderSites
	case t.Risk != "" && !m.Refund:
		return TenderAtRisk
	default:
		return t.Kind
	}
}

// tender gives the row of a kind of tender, which may be changed until the next is asked for.
func (d *Day) tender(kind TenderKind) *DayTender {
	i, ok := slices.BinarySearchFunc(d.Tenders, kind, func(t DayTender, k TenderKind) int { return int(t.Kind) - int(k) })
	if !ok {
		d.Tenders = slices.Insert(d.Tenders, i, DayTender{Kind: kind})
	}
	return &d.Tenders[i]
}

// bought counts what was taken for an account or a card.
func (d *Day) bought(a AssetID, amount int64) {
	switch a.Kind() {
	case AssetCredit:
		d.Accounts += amount
	case AssetCard:
		d.Sold += amount
	}
}

func (d *Day) post(list []MoneyPosting) {
	for _, p := range list {
		i, ok := slices.BinarySearchFunc(d.Sums, p.Kind, func(s MoneyPosting, k MoneyKind) int { return int(s.Kind) - int(k) })
		if !ok {
			d.Sums = slices.Insert(d.Sums, i, MoneyPosting{Kind: p.Kind})
		}
		if d.Sums[i].Amount += p.Amount; d.Sums[i].Amount == 0 {
			d.Sums = slices.Delete(d.Sums, i, i+1)
		}
	}
}

// DayBody ends a trading day. Day is what its entries add up to.
type DayBody struct {
	Day      Day
	Currency string
	Refusal  Refusal // why it was not ended; "" where it was
	Open     TillID  // refused: a till whose drawer is open
}

func (*DayBody) kindly(k Kind) bool { return k == KindDayEnded }

// err gives the refusal that the body records, or nil.
func (b *DayBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &DrawerError{Why: b.Refusal, Act: DrawerClose, Till: b.Open, Currency: b.Currency}
}

// KeyOfDay is the digest under which a book remembers for ever which entry ended a day.
func KeyOfDay(number uint64) Digest { return DigestOf([]byte("day"), seqKey(Seq(number))) }

// money gives what an entry says of money; neither where it says nothing of it.
func (e *Entry) money() (*TenderBody, *DrawerBody) {
	switch b := e.Body.(type) {
	case *TenderBody:
		return b, nil
	case *DrawerBody:
		return nil, b
	case *LateBody:
		return b.Tender, b.Drawer
	case *ObeyedBody:
		return b.Tender, nil
	default:
		return nil, nil
	}
}

// takings is the money of a site as its journal tells it. It is small, and stored as one value.
type takings struct {
	written  uint64 // entries that have changed it
	currency string // of all of it; "" before the first
	accounts map[MoneyKind]int64
	drawers  map[TillID]*Drawer // those with an open session; replaced, never changed
	sessions map[TillID]uint64  // the last session of each till
	series   map[TillID]uint64  // the last receipt of each till in this epoch
	day      Day                // that has not ended
	claims   []MoneyClaim       // for money that other sites' books took, the oldest first
}

func newTakings() *takings {
	return &takings{accounts: map[MoneyKind]int64{}, drawers: map[TillID]*Drawer{}, sessions: map[TillID]uint64{}, series: map[TillID]uint64{}, day: Day{Number: 1}}
}

func (t *takings) clone() *takings {
	c := *t
	c.accounts, c.drawers, c.sessions, c.series = maps.Clone(t.accounts), maps.Clone(t.drawers), maps.Clone(t.sessions), maps.Clone(t.series)
	c.day, c.claims = t.day.Clone(), slices.Clone(t.claims)
	return &c
}

// next is the receipt that a till gives next.
func (s *State) nextReceipt(till TillID) Receipt {
	return Receipt{Till: till, Epoch: s.Epoch, Number: s.takings.series[till] + 1}
}

// Drawers lists the sessions that are open, by till.
func (s *State) Drawers() (out []Drawer) {
	for _, till := range sortedKeys(s.takings.drawers) {
		out = append(out, *s.takings.drawers[till])
	}
	return out
}

// Money gives the balance of an account of money, drawers as one.
func (s *State) Money(k MoneyKind) int64 { return s.takings.balance(k) }

func (t *takings) balance(k MoneyKind) (sum int64) {
	if k != MoneyDrawer {
		return t.accounts[k]
	}
	for _, d := range t.drawers {
		sum += d.Expected()
	}
	return sum
}

// Day gives the figures of the day that has not ended.
func (s *State) Day() Day { return s.takings.day.Clone() }

// Currency is what the site's tills take; "" before the first drawer was opened.
func (s *State) Currency() string { return s.takings.currency }

// post brings postings to their accounts; those on a drawer must be what its session says, which the caller checks.
func (t *takings) post(list []MoneyPosting) error {
	if err := balanced(list); err != nil {
		return err
	}
	for _, p := range list {
		if p.Kind == MoneyDrawer {
			continue
		}
		sum := t.accounts[p.Kind] + p.Amount
		if sum > moneySumMax || sum < -moneySumMax || p.Kind == MoneyOrders && sum > 0 {
			return fmt.Errorf("%s would be %d", p.Kind, sum)
		}
		if t.accounts[p.Kind] = sum; sum == 0 {
			delete(t.accounts, p.Kind)
		}
	}
	return nil
}

// check says whether all the money is somewhere: every account together is 0, and so are a day's sums.
func (t *takings) check() error {
	sum := t.balance(MoneyDrawer)
	for _, amount := range t.accounts {
		sum += amount
	}
	day, orders := int64(0), t.day.Accounts+t.day.Sold
	for _, p := range t.day.Sums {
		day += p.Amount
	}
	for _, k := range t.day.Tenders {
		orders -= k.Taken - k.Refunded
	}
	switch {
	case sum != 0:
		return fmt.Errorf("accounts of money add up to %d", sum)
	case day != 0:
		return fmt.Errorf("day %d adds up to %d", t.day.Number, day)
	case orders != t.day.Sum(MoneyOrders):
		return fmt.Errorf("day %d: tenders have brought for orders %d, and these were paid %d", t.day.Number, -orders, -t.day.Sum(MoneyOrders))
	default:
		return nil
	}
}

// sameTakings says whether what a checkpoint has saved is what the journal adds up to. A build before MoneyClaim.ByHand has saved none of it.
func sameTakings(saved, found *takings) bool {
	if bytes.Equal(marshalTakings(saved), marshalTakings(found)) {
		return true
	}
	before := found.clone()
	for i := range before.claims {
		if i < len(saved.claims) && !saved.claims[i].ByHand {
			before.claims[i].ByHand = false
		}
	}
	return bytes.Equal(marshalTakings(saved), marshalTakings(before))
}
