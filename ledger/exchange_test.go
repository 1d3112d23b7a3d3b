package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// exchanges is a counter that sells taps at 100 and bolts at 30, both without a price in the book, and takes them back for each other.
type exchanges struct {
	*stage
	r      *rand.Rand
	orders []ledger.OrderID
	sold   map[ledger.OrderID]ledger.Qty
	n      int
}

func newExchanges(t testing.TB, seed uint64) *exchanges {
	v := &exchanges{stage: newStage(t, "leeds", true), r: rand.New(rand.NewPCG(seed, 9)), sold: map[ledger.OrderID]ledger.Qty{}}
	v.keys = int(seed+1) << 40 // two counters of one seed are two lives of one
	v.do(&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 60}, {SKU: "BOLT", Qty: 60}}})
	v.do(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 500, Currency: "GBP", Step: 5})
	return v
}

// sale is an order of one line that is taken along, and what it costs.
func (v *exchanges) sale() (ledger.Place, int64) {
	v.n++
	sku, price := ledger.SKU("TAP"), int64(100)
	if v.r.IntN(2) == 0 {
		sku, price = "BOLT", 33
	}
	q := ledger.Qty(1 + v.r.IntN(4))
	return ledger.Place{Order: ledger.Order{ID: oid(fmt.Sprint("x", v.n)), Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: sku, Qty: q}}}}, int64(q) * price
}

func (v *exchanges) sells() {
	p, total := v.sale()
	if v.do(&p).Err != nil {
		return
	}
	v.orders, v.sold[p.Order.ID] = append(v.orders, p.Order.ID), p.Order.Lines[0].Qty
	v.do(&ledger.Pay{Order: p.Order.ID, Till: "T1", Total: total, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: min(total, 40), Ref: "R-1"}, {Kind: ledger.TenderCash}}})
}

// tenders is the difference, by card or in cash; now and then somebody says it wrongly.
func (v *exchanges) tenders(due int64) []ledger.TenderWish {
	if due += int64(v.r.IntN(8) / 7); due < 1 {
		return nil
	}
	return []ledger.TenderWish{{Kind: ledger.TenderCash, Amount: due}}
}

// held is what lies in the drawer or is due from cards.
func (v *exchanges) held() int64 {
	return v.core.State.Money(ledger.MoneyDrawer) + v.core.State.Money(ledger.MoneyCard)
}

func (v *exchanges) exchanges() ledger.Outcome {
	of := v.orders[v.r.IntN(len(v.orders))]
	p, total := v.sale()
	q, credit := ledger.Qty(1+v.r.IntN(3)), int64(1+v.r.IntN(300))
	r := &ledger.Exchange{Till: "T1", Reason: "too small", Total: total, Credit: credit, Sale: p, Tenders: v.tenders(total - credit),
		Back: ledger.TakeBack{ID: ledger.ReturnID(fmt.Sprintf("01900000-0000-7000-9000-%012x", v.n)), Order: of, Lines: []ledger.BackLine{{Line: 1, Qty: q, Do: ledger.Restock}}}}
	if doc := ledger.PaymentsOf(v.core, of); credit > total && doc != nil {
		rest := credit - total
		for i := range doc.Tenders { // the last ones, for the first ones cross
			i = len(doc.Tenders) - 1 - i
			left := min(rest, doc.Tenders[i].Amount-doc.Tenders[i].Refunded)
			if left < 1 {
				continue
			}
			m := ledger.TenderMove{Tender: i + 1, Amount: left}
			if doc.Tenders[i].Kind == ledger.TenderCard {
				m.Ref = "R-2"
			}
			r.Refunds, rest = append(r.Refunds, m), rest-left
		}
	}
	before, money := v.core.State.Digest(), ledger.MarshalTakings(ledger.TakingsOf(v.core.State))
	seq, held := v.core.State.Seq, v.held()
	out := v.do(r)
	if out.Err == nil {
		if x := out.Entry.Body.(*ledger.TenderBody).Exchange; len(r.Tenders) == 0 && held-v.held() != x.Coins || (x.Coins > 0) != (x.Receipt.Number > 0) {
			v.t.Errorf("%d left the shop, and the customer was told of %d, receipt %s", held-v.held(), x.Coins, x.Receipt)
		}
		if x := out.Entry.Body.(*ledger.TenderBody).Exchange; x.Moved+x.Back > x.Credit {
			v.t.Errorf("%d crossed and %d were given back for goods that were worth %d", x.Moved, x.Back, x.Credit)
		}
		v.orders, v.sold[p.Order.ID] = append(v.orders, p.Order.ID), p.Order.Lines[0].Qty
		return out
	}
	if _, taken := v.core.State.Order(p.Order.ID); taken || v.core.State.Digest() != before || v.core.State.Seq > seq+1 {
		v.t.Errorf("%v: goods have moved, in %d entries", out.Err, v.core.State.Seq-seq)
	}
	if after := ledger.MarshalTakings(ledger.TakingsOf(v.core.State)); string(after) != string(money) {
		v.t.Errorf("%v: money has moved", out.Err)
	}
	return out
}

// In any sequence of sales, refunds and exchanges, each of them repeated: no order comes back beyond what was sold by it, no more is given back than was
// taken, nothing stays between two orders, and an exchange that is refused changes nothing. The stage's auditor works every entry out anew.
func TestAnExchangeIsAllOfItOrNothing(t *testing.T) {
	took, refused, crossed := 0, 0, int64(0)
	for seed := range uint64(20) {
		v := newExchanges(t, seed)
		v.sells()
		for range 30 {
			switch k := v.r.IntN(6); {
			case k == 0:
				v.sells()
			case k == 1:
				of := v.orders[v.r.IntN(len(v.orders))]
				v.do(&ledger.Refund{Order: of, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: int64(1 + v.r.IntN(30)), Ref: "R-3"}}})
			default:
				out := v.exchanges()
				if out.Err != nil {
					refused++
					continue
				}
				took++
				crossed += out.Entry.Body.(*ledger.TenderBody).Exchange.Moved
			}
			s := v.core.State
			if n := s.Money(ledger.MoneySites); n != 0 {
				t.Fatalf("seed %d: %d are between orders", seed, n)
			}
			if s.Money(ledger.MoneyOrders) > 0 || s.Money(ledger.MoneyCard) < 0 {
				t.Fatalf("seed %d: more was given back than was taken", seed)
			}
			for id, q := range v.sold {
				if o, ok := s.Order(id); ok && o.Lines[0].Returned > q {
					t.Fatalf("seed %d: %d of %d came back", seed, o.Lines[0].Returned, q)
				}
			}
		}
	}
	if took < 50 || refused < 50 || crossed == 0 {
		t.Errorf("%d exchanges of %d in all and %d refused: little was tried", took, crossed, refused)
	}
}

// What crosses is of what came back and of no more: where some of a cash tender went back before, its coins bring less of the sale than they are of the
// order, and no other tender stands in for the difference.
func TestNoMoreCrossesThanCameBackIsWorth(t *testing.T) {
	v := newExchanges(t, 1)
	sale := func(name string, q ledger.Qty) ledger.Place {
		return ledger.Place{Order: ledger.Order{ID: oid(name), Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: q}}}}
	}
	first := sale("first", 3)
	v.do(&first)
	v.do(&ledger.Pay{Order: oid("first"), Till: "T1", Total: 800, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash, Amount: 500}, {Kind: ledger.TenderCard, Amount: 300, Ref: "R-1"}}})
	v.do(&ledger.Refund{Order: oid("first"), Till: "T1", Reason: "late", Moves: []ledger.TenderMove{{Tender: 1, Amount: 4}}}) // 5 in hand
	r := &ledger.Exchange{Till: "T1", Reason: "too small", Total: 278, Credit: 278, Sale: sale("second", 1), Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: 3, Ref: "R-2"}},
		Back: ledger.TakeBack{ID: "01900000-0000-7000-9000-00000000beef", Order: oid("first"), Lines: []ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Restock}}}}
	out := v.do(r)
	if out.Err != nil {
		t.Fatalf("got %v, want the sale paid with 275 that crossed and 3 by card", out.Err)
	}
	b := out.Entry.Body.(*ledger.TenderBody)
	if b.Exchange.Moved != 278 || b.Payments.Due() != 0 || ledger.PaymentsOf(v.core, oid("first")).Paid() != 800-4-278 {
		t.Errorf("got %d crossed, %d due of the sale, %d paid of the order; want 278, 0 and %d", b.Exchange.Moved, b.Payments.Due(), ledger.PaymentsOf(v.core, oid("first")).Paid(), 800-4-278)
	}
}

// stands says what a counter has, where its money is and how each of its orders stands.
func (v *exchanges) stands() (out []string) {
	s := v.core.State
	for _, sku := range s.SKUs() {
		l, _ := s.Level(sku)
		out = append(out, fmt.Sprintf("%s hand=%d blocked=%d available=%d", sku, l.OnHand(), l.Blocked, l.Available))
	}
	for k := ledger.MoneyDrawer; k <= ledger.MoneyRisk; k++ {
		out = append(out, fmt.Sprintf("%s %d", k, s.Money(k)))
	}
	for _, id := range v.orders {
		line := "order " + string(id)
		if o, ok := s.Order(id); ok {
			line += fmt.Sprintf(" taken=%d back=%d", o.Lines[0].Taken, o.Lines[0].Returned)
		}
		if p := ledger.PaymentsOf(v.core, id); p != nil {
			line += fmt.Sprintf(" paid=%d in %d tenders, %d times given back", p.Paid(), len(p.Tenders), len(p.Repayments))
		}
		out = append(out, line)
	}
	return out
}

// An exchange is four entries of one commit. A life that is lost may have made some: told late, entry by entry and then again in whatever order, goods
// and money stand as that life left them.
func TestAnExchangeOfALostLifeIsToldWhole(t *testing.T) {
	made := 0
	for seed := range uint64(12) {
		here, there := newExchanges(t, seed), newExchanges(t, seed)
		for range 3 {
			here.sells()
			there.sells()
		}
		known := len(there.entries)
		for range 8 {
			if there.exchanges().Err == nil {
				made++
			}
		}
		here.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true, Rebuilt: true}})
		here.do(&ledger.Reboot{Boot: [16]byte{99}})
		facts := slices.Clone(there.entries[known:])
		slices.SortStableFunc(facts, func(a, b *ledger.Entry) int { return ledger.LateRank(a) - ledger.LateRank(b) })
		for range 2 {
			for _, e := range facts {
				if out := here.late(e); out.Err != nil {
					t.Fatalf("seed %d: %s of entry %d: %v", seed, e.Kind, e.Seq, out.Err)
				}
			}
			there.r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		}
		here.do(&ledger.Attest{})
		here.orders = there.orders
		if got, want := here.stands(), there.stands(); !slices.Equal(got, want) {
			t.Errorf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if made < 20 {
		t.Errorf("%d exchanges: little was tried", made)
	}
}
