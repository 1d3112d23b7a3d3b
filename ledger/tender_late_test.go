package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A rebuild brings money that head office never saw: it is booked once, in whatever order it is told, and no more can be given back than was taken.
func TestMoneyOfAnotherLifeIsBookedOnce(t *testing.T) {
	for name, c := range map[string]struct{ shared, first, second, want string }{
		"a payment whose drawer is open here too": {`
			drawer T1 open 1000`, `
			pay o T1 500 cash=          => T1-1-000001`, ``, `
			money                       => drawer=1500 safe=-1000 orders=-500
			paid o                      => paid of 500: cash 500 back 0
			refund o T1 1=501           => over_refunded want=501 have=500
			refund o T1 1=              => T1-2-000001
			money                       => drawer=1000 safe=-1000`},
		"a payment whose drawer was counted here": {`
			drawer T1 open 1000`, `
			pay o T1 500 cash=          => T1-1-000001`, `
			drawer T1 close 1500 found  => session 1, 1000 in it`, `
			money                       => safe=500 orders=-500`},
		"a whole session that this life never saw": {``, `
			drawer T1 open 1000
			pay o T1 500 cash=          => T1-1-000001
			drawer T1 pay_out 100 bank  => session 1, 1400 in it
			refund o T1 1=200           => T1-1-000002
			drawer T1 close 1190 a note => session 1, 1200 in it`, ``, `
			money                       => safe=190 orders=-300 petty=100 difference=10
			paid o                      => deposit of 500: cash 500 back 200
			drawer T1 open 10           => session 2, 10 in it`},
		"a session beside another one of this life": {``, `
			drawer T1 open 1000
			pay o T1 500 cash=          => T1-1-000001
			drawer T1 pay_in 50 change
			drawer T1 close 1550`, `
			drawer T1 open 200          => session 1, 200 in it
			pay p T1 100 cash=          => T1-2-000001`, `
			money                       => drawer=300 safe=350 orders=-600 petty=-50`},
		"given back in both lives": {`
			drawer T1 open 1000
			pay o T1 500 card=`, `
			refund o T1 1c=400          => T1-1-000002`, `
			refund o T1 1c=300          => T1-2-000001`, `
			paid o                      => unpaid of 500: card 500 back 500
			money                       => drawer=1000 safe=-1000 card=-200 difference=200
			refund o T1 1c=1            => over_refunded want=1 have=0`},
		"given back here, of what only the other life took": {`
			drawer T1 open 1000`, `
			pay o T1 500 cash=200 card=`, `
			refund o T1 1=1             => nothing was paid for such an order here`, `
			paid o                      => paid of 500: cash 200 back 0 card 300 back 0`},
		"a day that has ended": {`
			drawer T1 open 1000
			drawer T1 close 1000
			day                         => day 1`, `
			drawer T1 open 100
			pay o T1 500 card=
			drawer T1 close 100
			day                         => day 2`, ``, `
			day                         => day 2
			money                       => card=500 orders=-500`},
	} {
		for _, order := range []string{"as written", "backwards", "shuffled"} {
			t.Run(name+", "+order, func(t *testing.T) {
				there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
				there.shares(here, c.shared)
				cut := len(there.entries)
				there.play(c.first)
				here.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
				here.play(c.second)
				facts := slices.Clone(there.entries[cut:])
				switch order {
				case "backwards":
					slices.Reverse(facts)
				case "shuffled":
					rand.New(rand.NewPCG(1, 2)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
				}
				here.bring(t, facts)
				here.bring(t, facts)
				if order == "as written" {
					here.play(c.want)
				} else {
					here.alike(t, there, c.want)
				}
			})
		}
	}
}

// shares plays what two lives of a site both know: it was asked for once.
func (s *stage) shares(other *stage, story string) {
	s.t.Helper()
	own := other.keys
	other.keys = s.keys
	s.play(story)
	other.play(story)
	other.keys = own
}

// alike checks what holds in whatever order facts are told: nothing is lost of what orders paid, and all accounts are 0 together, which the
// auditor of the stage sees to.
func (s *stage) alike(t *testing.T, there *stage, want string) {
	t.Helper()
	for _, name := range []string{"o", "p"} {
		if told, have := there.paid(oid(name)), s.paid(oid(name)); told != "nothing" && have == "nothing" {
			t.Errorf("order %s: got nothing, want %s", name, told)
		}
	}
	for line := range splitLines(want) {
		if len(line) > 5 && line[:5] == "paid " {
			s.play(line)
		}
	}
}

func splitLines(story string) func(func(string) bool) {
	return func(yield func(string) bool) {
		from := 0
		for i := 0; i <= len(story); i++ {
			if i == len(story) || story[i] == '\n' {
				line := story[from:i]
				for len(line) > 0 && (line[0] == '\t' || line[0] == ' ') {
					line = line[1:]
				}
				if from = i + 1; !yield(line) {
					return
				}
			}
		}
	}
}

// A key that was answered in a life that is over finds what was done, and does it once.
func TestARepeatFindsMoneyThatWasToldLate(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	for _, s := range []*stage{there, here} {
		s.play(`drawer T1 open 1000`)
	}
	pays := func() *ledger.Pay {
		return &ledger.Pay{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("k")), Request: ledger.DigestOf([]byte("r"))}, Order: oid("o"), Till: "T1", Total: 500,
			Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}}
	}
	if out := there.do(pays()); out.Err != nil {
		t.Fatal(out.Err)
	}
	here.rebuild()
	if out := here.do(pays()); fmt.Sprint(out.Err) != "book is being rebuilt" {
		t.Fatalf("got %v, want no money taken while facts are told", out.Err)
	}
	here.bring(t, there.entries[3:])
	here.do(&ledger.Attest{})
	if out := here.do(pays()); !out.Replayed || out.Err != nil {
		t.Fatalf("got %+v, want the first answer", out)
	}
	here.play(`money => drawer=1500 safe=-1000 orders=-500`)
}

// A retry that this life refused does not hide what the other life did under the same key: the cash is in the drawer.
func TestMoneyToldLateIsBookedWhereItsRepeatWasRefused(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	in := func() *ledger.ActOnDrawer {
		return &ledger.ActOnDrawer{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("k")), Request: ledger.DigestOf([]byte("r"))}, Act: ledger.DrawerIn, Till: "T1",
			Amount: 50, Reason: "change"}
	}
	there.play(`drawer T1 open 1000`)
	if out := there.do(in()); out.Err != nil {
		t.Fatal(out.Err)
	}
	if out := here.do(in()); out.Err == nil || out.Entry == nil {
		t.Fatalf("got %+v, want it refused in writing: the drawer is closed", out)
	}
	here.rebuild()
	here.bring(t, there.entries[2:])
	here.do(&ledger.Attest{})
	here.play(`money => drawer=1050 safe=-1000 petty=-50`)
}

// A copy of a book that went back, and did not know it, gives the receipts of its epoch a second time, for other money. Two requests are two payments, whatever receipts
// say; and one request is one payment, under whichever receipts two lives have answered it.
func TestTwoRequestsUnderOneReceiptAreTwoPayments(t *testing.T) {
	const shared = `
		drawer T1 open 1000
		pay o T1 2000 deposit cash=100      => T1-1-000001`
	for name, c := range map[string]struct{ there, here, want string }{
		"a part was paid in each": {
			`pay o T1 2000 deposit cash=500     => T1-1-000002`,
			`pay o T1 2000 deposit cash=500     => T1-1-000002`, `
			paid o                             => deposit of 2000: cash 100 back 0 cash 500 back 0 cash 500 back 0
			money                              => drawer=2100 safe=-1000 orders=-1100`},
		"and more was paid behind that": {`
			pay o T1 2000 deposit cash=500     => T1-1-000002
			pay o T1 2000 deposit cash=500     => T1-1-000003`,
			`pay o T1 2000 deposit cash=500     => T1-1-000002`, `
			paid o                             => deposit of 2000: cash 100 back 0 cash 500 back 0 cash 500 back 0 cash 500 back 0
			money                              => drawer=2600 safe=-1000 orders=-1600`},
		"some was given back in each": {
			`refund o T1 1=40                   => T1-1-000002`,
			`refund o T1 1=40                   => T1-1-000002`, `
			paid o                             => deposit of 2000: cash 100 back 80
			money                              => drawer=1020 safe=-1000 orders=-20`},
	} {
		for _, backwards := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, backwards %t", name, backwards), func(t *testing.T) {
				there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
				there.shares(here, shared)
				cut := len(there.entries)
				there.play(c.there)
				here.play(c.here)
				here.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
				facts := slices.Clone(there.entries[cut:])
				if backwards {
					slices.Reverse(facts)
				}
				here.bring(t, facts)
				here.bring(t, facts)
				here.play(c.want)
			})
		}
	}
}

// A request that each of two lives has answered, under a receipt of its own, is one payment. So it stays where the other life gave some of it back.
func TestARequestThatTwoLivesHaveAnsweredIsOnePayment(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	pays := func() *ledger.Pay {
		return &ledger.Pay{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("k")), Request: ledger.DigestOf([]byte("r"))}, Order: oid("o"), Till: "T1", Total: 500,
			Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}}
	}
	there.play(`
		drawer T1 open 1000
		pay p T1 70 cash=           => T1-1-000001`)
	here.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
	here.play(`drawer T1 open 1000`)
	for s, want := range map[*stage]string{there: "T1-1-000002", here: "T1-2-000001"} {
		if out := s.do(pays()); out.Err != nil || out.Entry.Body.(*ledger.TenderBody).Receipt.String() != want {
			t.Fatalf("got %+v, want receipt %s", out, want)
		}
	}
	there.play(`refund o T1 1=200       => T1-1-000003`)
	here.rebuild()
	here.bring(t, there.entries[3:])
	here.play(`
		paid o                      => deposit of 500: cash 500 back 200
		paid p                      => paid of 70: cash 70 back 0`)
}
