package ledger_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A cashPaper is what a careful cashier would note: what lies in each drawer, and what each order was paid with.
type cashPaper struct {
	step    int64
	drawers map[ledger.TillID]int64
	total   map[ledger.OrderID]int64
	paid    map[ledger.OrderID][]paperTender
	card    int64
	usable  map[ledger.AssetID]int64          // of the card and the account
	bought  map[ledger.OrderID]ledger.AssetID // what was paid for, where that is no order
}

type paperTender struct {
	kind         ledger.TenderKind
	amount, back int64
}

func (t *paperTender) cash() bool { return t.kind == ledger.TenderCash }

// paperAssets are the card and the account that tenders use.
var paperAssets = map[ledger.TenderKind]ledger.AssetID{ledger.TenderAccount: "credit:ACME", ledger.TenderGiftCard: "card:8", ledger.TenderStoreCredit: "card:8"}

func (p *cashPaper) coins(amount int64) int64 { return (amount + p.step/2) / p.step * p.step }

func (p *cashPaper) of(id ledger.OrderID) (sum int64) {
	for _, t := range p.paid[id] {
		sum += t.amount - t.back
	}
	return sum
}

func (p *cashPaper) refunded(id ledger.OrderID) bool {
	return slices.ContainsFunc(p.paid[id], func(t paperTender) bool { return t.back > 0 })
}

// Any sequence of floats, payments, refunds and counts at two tills, each repeated as it comes, leaves the book and the paper agreeing.
// The auditor of the stage checks every entry: what it posts, what it goes on with, and that all accounts together are 0.
func TestAnySequenceAtTheTillsLeavesBookAndPaperAgreeing(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := newStage(t, "leeds", true)
		p := &cashPaper{step: 5, drawers: map[ledger.TillID]int64{}, total: map[ledger.OrderID]int64{}, paid: map[ledger.OrderID][]paperTender{},
			usable: map[ledger.AssetID]int64{}, bought: map[ledger.OrderID]ledger.AssetID{}}
		var last ledger.Request
		var first ledger.Outcome
		for i := range 80 {
			if last != nil && r.IntN(4) == 0 {
				if out := s.do(last); !out.Replayed || out.Entry.Seq != first.Entry.Seq {
					t.Fatalf("seed %d, act %d: a repeat got %+v, want entry %d again", seed, i, out, first.Entry.Seq)
				}
				continue
			}
			req, want := p.draw(r, ledger.Meta{Key: ledger.DigestOf([]byte(fmt.Sprint(i))), Request: ledger.DigestOf([]byte("r"))})
			out := s.do(req)
			if (out.Err == nil) != want {
				t.Fatalf("seed %d, act %d: %+v: got %v, want it taken: %t", seed, i, req, out.Err, want)
			}
			if last = nil; out.Entry != nil {
				last, first = req, out
			}
			p.agrees(t, s, fmt.Sprintf("seed %d, act %d", seed, i))
		}
	}
}

// draw draws an act, notes it, and says whether it is to be taken.
func (p *cashPaper) draw(r *rand.Rand, m ledger.Meta) (ledger.Request, bool) {
	till := ledger.TillID(fmt.Sprint("T", 1+r.IntN(2)))
	in, open := p.drawers[till]
	switch k := r.IntN(10); {
	case k == 0:
		amount := int64(r.IntN(20)) * p.step
		if !open {
			p.drawers[till] = amount
		}
		return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerOpen, Till: till, Amount: amount, Currency: "GBP", Step: p.step}, !open
	case k == 1:
		amount := 1 + int64(r.IntN(100))
		if open {
			p.drawers[till] += amount
		}
		return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerIn, Till: till, Amount: amount, Reason: "change"}, open
	case k == 2:
		amount := 1 + int64(r.IntN(300))
		if open && amount <= in {
			p.drawers[till] -= amount
		}
		return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerOut, Till: till, Amount: amount, Reason: "bank"}, open && amount <= in
	case k == 3 && r.IntN(3) == 0:
		counted, reason := max(0, in+int64(r.IntN(3))-1), ""
		if r.IntN(2) == 0 {
			reason = "a wrong note"
		}
		ok := open && (counted == in || reason != "")
		if ok {
			delete(p.drawers, till)
		}
		return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerClose, Till: till, Amount: counted, Reason: reason}, ok
	case k == 4 && r.IntN(2) == 0:
		return p.receives(r, m, till)
	case k == 4:
		return &ledger.EndDay{Meta: m}, len(p.drawers) == 0
	case k < 8:
		return p.pays(r, m, till)
	default:
		return p.givesBack(r, m, till)
	}
}

func (p *cashPaper) pays(r *rand.Rand, m ledger.Meta, till ledger.TillID) (ledger.Request, bool) {
	id := oid(fmt.Sprint("o", r.IntN(6)))
	req := &ledger.Pay{Meta: m, Order: id, Till: till, Deposit: r.IntN(2) == 0}
	if p.total[id] == 0 || p.refunded(id) || r.IntN(10) == 0 { // after a refund the book does not know what is to be paid
		req.Total = 1 + int64(r.IntN(1000))
	}
	total := req.Total
	if total == 0 {
		total = p.total[id]
	}
	due, sum := total-p.of(id), int64(0)
	var taken []paperTender
	enough, used := true, map[ledger.AssetID]int64{}
	for range 1 + r.IntN(2) {
		t := paperTender{kind: ledger.TenderKind(1 + r.IntN(5)), amount: 1 + int64(r.IntN(600))}
		if r.IntN(2) == 0 {
			t.amount = max(1, due-sum)
		}
		w := ledger.TenderWish{Kind: t.kind, Amount: t.amount, Ref: "TERM-1"}
		if a := paperAssets[t.kind]; a != "" {
			w.Ref = a.Name()
			used[a] += t.amount
			enough = enough && used[a] <= p.usable[a]
		} else if t.cash() {
			w.Ref, w.Given = "", t.amount+2*p.step
		}
		req.Tenders, taken, sum = append(req.Tenders, w), append(taken, t), sum+t.amount
	}
	_, open := p.drawers[till]
	ok := open && sum <= due && (sum == due || req.Deposit) && enough
	if ok {
		p.total[id], p.paid[id] = total, append(p.paid[id], taken...)
		p.notes(till, taken)
	}
	return req, ok
}

// notes takes down what tenders have brought.
func (p *cashPaper) notes(till ledger.TillID, taken []paperTender) {
	for _, t := range taken {
		switch {
		case t.cash():
			p.drawers[till] += p.coins(t.amount)
		case t.kind == ledger.TenderCard:
			p.card += t.amount
		default:
			p.usable[paperAssets[t.kind]] -= t.amount
		}
	}
}

// receives takes money on the account, or for the card.
func (p *cashPaper) receives(r *rand.Rand, m ledger.Meta, till ledger.TillID) (ledger.Request, bool) {
	a := []ledger.AssetID{"credit:ACME", "card:8"}[r.IntN(2)]
	id := oid(fmt.Sprint("r", len(p.bought), till))
	t := paperTender{kind: ledger.TenderKind(1 + r.IntN(2)), amount: 1 + int64(r.IntN(900))}
	w := ledger.TenderWish{Kind: t.kind}
	if !t.cash() {
		w.Ref = "TERM-1"
	}
	_, open := p.drawers[till]
	if open {
		p.total[id], p.paid[id], p.bought[id] = t.amount, []paperTender{t}, a
		p.usable[a] += t.amount
		p.notes(till, []paperTender{t})
	}
	return &ledger.Pay{Meta: m, Order: id, Till: till, Total: t.amount, For: a, Tenders: []ledger.TenderWish{w}}, open
}

func (p *cashPaper) givesBack(r *rand.Rand, m ledger.Meta, till ledger.TillID) (ledger.Request, bool) {
	id := oid(fmt.Sprint("o", r.IntN(6)))
	if len(p.bought) > 0 && r.IntN(3) == 0 {
		ids := slices.Sorted(maps.Keys(p.bought))
		id = ids[r.IntN(len(ids))]
	}
	req := &ledger.Refund{Meta: m, Order: id, Till: till, Reason: "broken"}
	n := len(p.paid[id])
	if n == 0 {
		req.Moves = []ledger.TenderMove{{Tender: 1, Amount: 1}}
		return req, false
	}
	in, open := p.drawers[till]
	ok, cash, taken := open, int64(0), map[ledger.AssetID]int64{}
	for i, t := range p.paid[id] {
		if n > 1 && i > 0 && r.IntN(2) == 0 {
			continue
		}
		move := ledger.TenderMove{Tender: i + 1, Amount: 1 + int64(r.IntN(int(t.amount)))}
		if t.kind == ledger.TenderCard {
			move.Ref = "TERM-2"
		}
		if a := p.bought[id]; a != "" { // what was paid for goes back
			taken[a] += move.Amount
			ok = ok && taken[a] <= p.usable[a]
		}
		ok = ok && move.Amount <= t.amount-t.back
		if t.cash() {
			cash += p.coins(t.back+move.Amount) - p.coins(t.back)
		}
		req.Moves = append(req.Moves, move)
	}
	if ok = ok && cash <= in; ok {
		for _, move := range req.Moves {
			t := &p.paid[id][move.Tender-1]
			switch t.back += move.Amount; {
			case t.kind == ledger.TenderCard:
				p.card -= move.Amount
			case !t.cash():
				p.usable[paperAssets[t.kind]] += move.Amount
			}
			if a := p.bought[id]; a != "" {
				p.usable[a] -= move.Amount
			}
		}
		p.drawers[till] -= cash
	}
	return req, ok
}

// agrees holds the book against the paper.
func (p *cashPaper) agrees(t *testing.T, s *stage, when string) {
	t.Helper()
	in, orders, owed := int64(0), int64(0), map[ledger.AssetKind]int64{}
	for _, n := range p.drawers {
		in += n
	}
	for id, tenders := range p.paid {
		if a := p.bought[id]; a != "" {
			owed[a.Kind()] -= p.of(id)
		} else {
			orders -= p.of(id)
		}
		for _, t := range tenders {
			if a := paperAssets[t.kind]; a != "" {
				owed[a.Kind()] += t.amount - t.back
			}
		}
		doc := ledger.PaymentsOf(s.core, id)
		if doc == nil || doc.Paid() != p.of(id) || doc.Total != p.total[id] || len(doc.Tenders) != len(p.paid[id]) {
			t.Fatalf("%s: order %s has payments %+v, want %+v of %d", when, id, doc, p.paid[id], p.total[id])
		}
	}
	st := s.core.State
	for a, want := range p.usable {
		if got := int64(st.AssetHeld(a)); got != want {
			t.Fatalf("%s: %s has %d, want %d", when, a, got, want)
		}
	}
	if accounts, cards := st.Money(ledger.MoneyAccounts), st.Money(ledger.MoneyGiftCards); accounts != owed[ledger.AssetCredit] || cards != owed[ledger.AssetCard] {
		t.Fatalf("%s: got accounts %d, gift cards %d, want %v", when, accounts, cards, owed)
	}
	if st.Money(ledger.MoneyDrawer) != in || st.Money(ledger.MoneyCard) != p.card || st.Money(ledger.MoneyOrders) != orders {
		t.Fatalf("%s: got drawers %d, card %d, orders %d, want %d, %d, %d", when, st.Money(ledger.MoneyDrawer), st.Money(ledger.MoneyCard), st.Money(ledger.MoneyOrders), in, p.card, orders)
	}
}

// atTill has something happen at a till, whatever comes of it: the auditor holds it against all that it must be.
func (w *workshop) atTill(t *rapid.T) {
	till := drawOf(t, "till", []ledger.TillID{"T1", "T2"})
	_, id := w.numbered("p")
	if w.paid == nil || rapid.Bool().Draw(t, "again") && len(w.paid) > 0 {
		w.paid = append(w.paid, id)
	}
	id = drawOf(t, "order", w.paid)
	amount := rapid.Int64Range(1, 500).Draw(t, "amount")
	var req ledger.Request
	switch rapid.IntRange(0, 7).Draw(t, "act") {
	case 0, 1:
		req = &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: till, Amount: amount, Currency: "GBP", Step: 5}
	case 2:
		req = &ledger.ActOnDrawer{Act: drawOf(t, "way", []ledger.DrawerAct{ledger.DrawerIn, ledger.DrawerOut}), Till: till, Amount: amount, Reason: "bank"}
	case 3:
		req = &ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: till, Amount: amount, Reason: "counted"}
	case 4:
		req = &ledger.EndDay{}
	case 5:
		move := ledger.TenderMove{Tender: rapid.IntRange(1, 2).Draw(t, "tender"), Amount: amount}
		if rapid.Bool().Draw(t, "card") {
			move.Ref = "TERM-2"
		}
		req = &ledger.Refund{Order: id, Till: till, Reason: "broken", Moves: []ledger.TenderMove{move}}
	default:
		tenders := []ledger.TenderWish{{Kind: ledger.TenderCash, Amount: amount}, {Kind: ledger.TenderCard, Amount: amount, Ref: "TERM-1"}}
		req = &ledger.Pay{Order: id, Till: till, Total: 5000, Deposit: true, Tenders: tenders[rapid.IntRange(0, 1).Draw(t, "from"):]}
	}
	w.do(t, req)
}

// paidFor sums up what orders have paid and not got back.
func (w *workshop) paidFor() (sum int64) {
	for _, e := range w.past.entries {
		var list []ledger.MoneyPosting
		switch b := e.Body.(type) {
		case *ledger.TenderBody:
			list = b.Money
		case *ledger.LateBody:
			if b.Tender != nil {
				list = b.Tender.Money
			}
		}
		for _, p := range list {
			if p.Kind == ledger.MoneyOrders {
				sum -= p.Amount
			}
		}
	}
	return sum
}
