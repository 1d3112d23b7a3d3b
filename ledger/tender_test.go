package ledger_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// tendering plays the acts of a till: drawer TILL open|pay_in|pay_out|close N [REASON], pay ORDER TILL TOTAL [deposit] cash=N[/GIVEN] card=N (N of 0
// or none: the rest), refund ORDER TILL TENDER=N..., day, money (every account), paid ORDER (its tenders).
func (s *stage) tendering(w []string) string {
	s.t.Helper()
	num := func(word string) int64 {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil && word != "" {
			s.t.Fatalf("%v: %v", w, err)
		}
		return n
	}
	switch w[0] {
	case "drawer":
		acts := map[string]ledger.DrawerAct{"open": ledger.DrawerOpen, "pay_in": ledger.DrawerIn, "pay_out": ledger.DrawerOut, "close": ledger.DrawerClose}
		r := &ledger.ActOnDrawer{Act: acts[w[2]], Till: ledger.TillID(w[1]), Amount: num(w[3]), Reason: strings.Join(w[4:], " ")}
		if r.Act == ledger.DrawerOpen {
			r.Currency, r.Step, r.Reason = "GBP", 5, ""
		}
		return s.moneyVerdict(r)
	case "pay":
		r := &ledger.Pay{Order: oid(w[1]), Till: ledger.TillID(w[2]), Total: num(w[3])}
		for _, word := range w[4:] {
			kind, amount, _ := strings.Cut(word, "=")
			amount, given, _ := strings.Cut(amount, "/")
			switch kind {
			case "deposit":
				r.Deposit = true
			case "cash":
				r.Tenders = append(r.Tenders, ledger.TenderWish{Kind: ledger.TenderCash, Amount: num(amount), Given: num(given)})
			default:
				r.Tenders = append(r.Tenders, ledger.TenderWish{Kind: ledger.TenderCard, Amount: num(amount), Ref: "TERM-1"})
			}
		}
		return s.moneyVerdict(r)
	case "refund":
		r := &ledger.Refund{Order: oid(w[1]), Till: ledger.TillID(w[2]), Reason: "broken"}
		for _, word := range w[3:] {
			tender, amount, _ := strings.Cut(word, "=")
			m := ledger.TenderMove{Tender: int(num(strings.TrimSuffix(tender, "c"))), Amount: num(amount)}
			if strings.HasSuffix(tender, "c") {
				m.Ref = "TERM-2"
			}
			r.Moves = append(r.Moves, m)
		}
		return s.moneyVerdict(r)
	case "day":
		return s.moneyVerdict(&ledger.EndDay{})
	case "money":
		said := []string{}
		for k := ledger.MoneyDrawer; k <= ledger.MoneyGiftCards; k++ {
			if n := s.core.State.Money(k); n != 0 {
				said = append(said, fmt.Sprintf("%s=%d", k, n))
			}
		}
		return strings.Join(said, " ")
	default:
		return s.paid(oid(w[1]))
	}
}

// paid says how the payments of an order stand by the last entry that holds them.
func (s *stage) paid(id ledger.OrderID) string {
	p := ledger.PaymentsOf(s.core, id)
	if p == nil {
		return "nothing"
	}
	said := fmt.Sprintf("%s of %d:", p.Status(), p.Total)
	for i := range p.Tenders {
		said += fmt.Sprintf(" %s %d back %d", p.Tenders[i].Kind, p.Tenders[i].Amount, p.Tenders[i].Refunded)
	}
	return said
}

func (s *stage) moneyVerdict(req ledger.Request) string {
	out := s.do(req)
	if no, ok := errors.AsType[*ledger.TenderError](out.Err); ok {
		return fmt.Sprintf("%s want=%d have=%d", no.Why, no.Want, no.Have)
	}
	if no, ok := errors.AsType[*ledger.DrawerError](out.Err); ok {
		return fmt.Sprintf("%s have=%d", no.Why, no.Have)
	}
	if out.Err != nil {
		return out.Err.Error()
	}
	switch b := out.Entry.Body.(type) {
	case *ledger.TenderBody:
		return b.Receipt.String()
	case *ledger.DrawerBody:
		return fmt.Sprintf("session %d, %d in it", b.Drawer.Session, b.Drawer.Expected())
	default:
		return fmt.Sprintf("day %d", b.(*ledger.DayBody).Day.Number)
	}
}

func TestCashIsRoundedToTheSmallestCoinHalfUp(t *testing.T) {
	for _, c := range []struct{ amount, step, want int64 }{
		{1237, 5, 1235}, {1238, 5, 1240}, {1, 5, 0}, {3, 5, 5}, {1235, 5, 1235}, {15, 10, 20}, {14, 10, 10}, {1237, 1, 1237}, {1237, 0, 1237}, {50, 100, 100}, {49, 100, 0},
	} {
		if got := ledger.RoundCash(c.amount, c.step); got != c.want {
			t.Errorf("%d in coins of %d: got %d, want %d", c.amount, c.step, got, c.want)
		}
	}
	for step := int64(0); step < 40; step++ {
		for amount, last := int64(0), int64(0); amount < 200; amount++ {
			if got := ledger.RoundCash(amount, step); got < last {
				t.Fatalf("%d in coins of %d: got %d, less than the %d of less", amount, step, got, last)
			} else {
				last = got
			}
		}
	}
}

func TestADayAtATillAddsUp(t *testing.T) {
	newStage(t, "leeds", true).play(`
		drawer T1 open 10000                      => session 1, 10000 in it
		pay o1 T1 1237 cash=/2000                 => T1-1-000001
		money                                     => drawer=11235 safe=-10000 orders=-1237 rounding=2
		pay o2 T1 5000 card=3000 cash=            => T1-1-000002
		paid o2                                   => paid of 5000: card 3000 back 0 cash 2000 back 0
		pay o3 T1 9900 deposit card=900           => T1-1-000003
		paid o3                                   => deposit of 9900: card 900 back 0
		pay o3 T1 0 card=                         => T1-1-000004
		paid o3                                   => paid of 9900: card 900 back 0 card 9000 back 0
		refund o2 T1 2=500 1c=3000                => T1-1-000005
		paid o2                                   => deposit of 5000: card 3000 back 3000 cash 2000 back 500
		drawer T1 pay_out 250 window cleaner      => session 1, 12485 in it
		drawer T1 pay_in 1000 change from the bank => session 1, 13485 in it
		day                                       => drawer_open have=0
		drawer T1 close 13400                     => drawer_differs have=13485
		drawer T1 close 13400 a wrong note        => session 1, 13485 in it
		money                                     => safe=3400 card=9900 orders=-12637 rounding=2 petty=-750 difference=85
		day                                       => day 1
		drawer T1 open 5000                       => session 2, 5000 in it
		pay o4 T1 100 cash=                       => T1-1-000006`)
}

func TestNoMoneyMovesThatShouldNot(t *testing.T) {
	for name, story := range map[string]string{
		"no drawer is open": `
			pay o T1 100 cash=             => drawer_closed want=0 have=0
			drawer T1 pay_out 5 stamps     => drawer_closed have=0
			drawer T1 close 0              => drawer_closed have=0`,
		"a drawer is open already": `
			drawer T1 open 100             => session 1, 100 in it
			drawer T1 open 100             => drawer_open have=100`,
		"more than is due": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 1000 card=1001        => overpaid want=1001 have=1000
			pay o T1 1000 card=600         => part_paid want=600 have=1000
			pay o T1 1000 deposit card=600 => T1-1-000001
			pay o T1 0 cash=401            => overpaid want=401 have=400
			pay o T1 0 card=400 cash=      => overpaid want=400 have=400`,
		"less cash than is to be paid": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 1000 cash=/995        => given_short want=1000 have=995
			pay o T1 1002 cash=/1000       => T1-1-000001`,
		"more back than was paid": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 1000 card=400 cash=   => T1-1-000001
			refund o T1 2=601              => over_refunded want=601 have=600
			refund o T1 2=600              => T1-1-000002
			refund o T1 2=                 => over_refunded want=0 have=0
			refund o T1 1c=400 2=1         => over_refunded want=1 have=0
			paid o                         => deposit of 1000: card 400 back 0 cash 600 back 600`,
		"more cash back than lies in the drawer": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 1000 cash=            => T1-1-000001
			drawer T1 pay_out 900 bank     => session 1, 200 in it
			refund o T1 1=                 => drawer_short want=1000 have=200
			drawer T1 pay_out 201 bank     => drawer_short have=200`,
		"nothing was paid here": `
			drawer T1 open 100             => session 1, 100 in it
			refund o T1 1=5                => nothing was paid for such an order here`,
		"nobody says what it costs": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 0 cash=5              => total is missing: this book does not know what the order costs`,
		"many small refunds in cash give back no more than was taken": `
			drawer T1 open 100             => session 1, 100 in it
			pay o T1 102 cash=             => T1-1-000001
			money                          => drawer=200 safe=-100 orders=-102 rounding=2
			refund o T1 1=34               => T1-1-000002
			refund o T1 1=34               => T1-1-000003
			refund o T1 1=34               => T1-1-000004
			money                          => drawer=100 safe=-100`,
		"another currency": `
			drawer T1 open 100             => session 1, 100 in it`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

// A receipt's number is the next of its till in this epoch; a new epoch begins a new series.
func TestReceiptsHaveNoGaps(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		drawer T1 open 100      => session 1, 100 in it
		drawer T2 open 100      => session 1, 100 in it
		pay a T1 10 cash=       => T1-1-000001
		pay b T2 10 cash=       => T2-1-000001
		pay c T1 10 cash=11     => overpaid want=11 have=10
		pay c T1 10 cash=       => T1-1-000002
		refund a T1 1=          => T1-1-000003`)
	s.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
	s.play(`
		pay d T1 10 cash=       => T1-2-000001
		pay e T2 10 cash=       => T2-2-000001
		refund b T2 1=          => T2-2-000002`)
}

// A book that is put back to an older copy begins a new series with its new epoch, so no number is on two receipts, whatever it gave after the copy; and
// what it gave then is told late under the number that its customer has.
func TestNoReceiptHasANumberTwiceAfterARestore(t *testing.T) {
	seen := map[string]int{}
	note := func(s *stage, from int) {
		for _, e := range s.entries[from:] {
			if b, ok := e.Body.(*ledger.TenderBody); ok && b.Refusal == "" {
				seen[b.Receipt.String()]++
			}
		}
	}
	const before = `
		drawer T1 open 100      => session 1, 100 in it
		pay a T1 10 cash=       => T1-1-000001`
	lost, s := newStage(t, "leeds", true), newStage(t, "leeds", true) // and its copy
	lost.shares(s, before)
	at := len(lost.entries)
	lost.play(`
		pay b T1 20 cash=       => T1-1-000002
		refund a T1 1=          => T1-1-000003`)
	note(lost, 0)
	copied := len(s.entries)
	s.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
	s.play(`
		pay c T1 30 cash=       => T1-2-000001
		refund c T1 1=          => T1-2-000002`)
	for _, e := range lost.entries[at:] {
		if out := s.do(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{byte(e.Seq)}}, Entry: e}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	s.play(`
		pay d T1 40 cash=       => T1-2-000003
		paid b                  => paid of 20: cash 20 back 0
		paid a                  => unpaid of 10: cash 10 back 10`)
	note(s, copied)
	if len(seen) != 6 {
		t.Errorf("got %v, want six receipts of six numbers", seen)
	}
	for number, n := range seen {
		if n != 1 {
			t.Errorf("receipt %s was given %d times", number, n)
		}
	}
	if got := ledger.PaymentsOf(s.core, oid("b")).Tenders[0].Receipt.String(); got != "T1-1-000002" {
		t.Errorf("got receipt %s, want the number that the customer has", got)
	}
}

func TestARepeatOfMoneyGetsTheFirstAnswer(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`drawer T1 open 0 => session 1, 0 in it`)
	keyed := func(key string) ledger.Meta {
		return ledger.Meta{Key: ledger.DigestOf([]byte(key)), Request: ledger.DigestOf([]byte(key), []byte("body"))}
	}
	for name, req := range map[string]func() ledger.Request{
		"pay": func() ledger.Request {
			return &ledger.Pay{Meta: keyed("pay"), Order: oid("o"), Till: "T1", Total: 500, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}}
		},
		"no": func() ledger.Request {
			return &ledger.Pay{Meta: keyed("no"), Order: oid("p"), Till: "T9", Total: 500, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}}
		},
		"out": func() ledger.Request {
			return &ledger.ActOnDrawer{Meta: keyed("out"), Till: "T2", Act: ledger.DrawerOut, Amount: 5, Reason: "stamps"}
		},
	} {
		first := s.do(req())
		again := s.do(req())
		if !again.Replayed || again.Entry.Seq != first.Entry.Seq || fmt.Sprint(again.Err) != fmt.Sprint(first.Err) {
			t.Errorf("%s: got %+v, want entry %d again", name, again, first.Entry.Seq)
		}
	}
	s.play(`money => drawer=500 orders=-500`)
}

func TestACardsNumberIsNeverKept(t *testing.T) {
	for text, card := range map[string]bool{
		"4111 1111 1111 1111": true, "4111-1111-1111-1111 12/27": true, "ref 4111111111111111": true, "4111111111111112": false, "TERM-0815": false,
		"378282246310005": true, "6304000000000000": true, "12345": false, "4111.1111.1111.1111": true, "411111111111111145678901": false,
		"12 4111 1111 1111 1111": true, "approved 4111 1111 1111 1111 1227": true, "": false, "5019717010103742": true, "123456789012345678901234567890": false,
	} {
		err := ledger.CheckNoCard("ref", text)
		if _, is := errors.AsType[*ledger.CardError](err); is != card {
			t.Errorf("%q: got %v, want a card's number: %t", text, err, card)
		}
		if err != nil && strings.Contains(err.Error(), "4111") {
			t.Errorf("%q: the error holds it: %v", text, err)
		}
	}
	s := newStage(t, "leeds", true)
	s.play(`drawer T1 open 0 => session 1, 0 in it`)
	const number = "4111 1111 1111 1111"
	before := len(s.entries)
	for name, req := range map[string]ledger.Request{
		"a reference":       &ledger.Pay{Order: oid("o"), Till: "T1", Total: 5, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Ref: number}}},
		"who":               &ledger.Pay{Order: oid("o"), Till: "T1", Total: 5, By: number, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}},
		"a refund's reason": &ledger.Refund{Order: oid("o"), Till: "T1", Reason: number, Moves: []ledger.TenderMove{{Tender: 1}}},
		"a drawer's reason": &ledger.ActOnDrawer{Till: "T1", Act: ledger.DrawerOut, Amount: 1, Reason: number},
	} {
		if out := s.do(req); out.Entry != nil || !errors.As(out.Err, new(*ledger.CardError)) {
			t.Errorf("%s: got %+v, want it refused", name, out)
		}
	}
	if len(s.entries) != before {
		t.Errorf("got %d entries, want none written", len(s.entries)-before)
	}
}

func TestDesignHasTheTableOfDrawers(t *testing.T) {
	standsInDesign(t, "drawers", ledger.DrawerTable())
}
