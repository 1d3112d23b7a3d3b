package ledger_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// least is a day as a request has it.
func least(t *testing.T, day string) ledger.Lasting {
	t.Helper()
	x, err := ledger.ParseExpiry(day)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Lasting{All: x}
}

// A shop that sells the milk again wants it good until March: what is over sooner is passed over for it, and leaves first for everybody else.
func TestLotsThatAreOverTooSoonArePassedOverForWhoWantsThemLonger(t *testing.T) {
	const stock = `
		receive MILK 3 SOON:3:2026-02-01 bin=A
		receive MILK 3 LATE:3:2026-06-01 bin=A
		receive MILK 2 KEEPS:2 bin=B`
	for name, c := range map[string]struct {
		lots string
		qty  ledger.Qty
		want string // of the refusal
		left string // of lots
	}{
		"first expired first of what lasts": {"", 4, "", "SOON=3@A KEEPS=1@B"},
		"too few last":                      {"", 6, "6 of MILK are wanted that are good until 2026-03-01 at least, and 5 here are; these are over sooner: SOON (3, until 2026-02-01). Take fewer, have the rest served from elsewhere, or ask whether others will do", "SOON=3@A LATE=3@A KEEPS=2@B"},
		"one that is named":                 {"KEEPS", 1, "", "SOON=3@A LATE=3@A KEEPS=1@B"},
		"one that is named, and too soon":   {"SOON", 1, "line 1: lot SOON of MILK is good until 2026-02-01, and it is wanted until 2026-03-01 at least: put it back, and take another", "SOON=3@A LATE=3@A KEEPS=2@B"},
	} {
		for act, do := range map[string]func(*stage, []ledger.LineLot) error{
			"taken": func(s *stage, lots []ledger.LineLot) error {
				return s.do(&ledger.Place{Order: order([]string{"take", "o1", "MILK"}, c.qty), Lots: lots, Least: least(t, "2026-03-01")}).Err
			},
			"picked": func(s *stage, lots []ledger.LineLot) error {
				if out := s.do(&ledger.Place{Order: order([]string{"deliver", "o1", "MILK"}, c.qty)}); out.Err != nil {
					t.Fatal(out.Err)
				}
				return s.do(&ledger.PickLeg{Order: oid("o1"), Lines: []ledger.LegLine{{Line: 1, Qty: c.qty}}, Lots: lots, Least: least(t, "2026-03-01")}).Err
			},
			"sent": func(s *stage, lots []ledger.LineLot) error {
				tr := ledger.Transfer{ID: "t1", From: "leeds", To: "york", Lines: []ledger.TransferLine{{SKU: "MILK", Qty: c.qty}}}
				if out := s.do(&ledger.MakeTransfer{Transfer: tr}); out.Err != nil {
					t.Fatal(out.Err)
				}
				var of []ledger.SKULot
				for _, n := range lots {
					of = append(of, ledger.SKULot{SKU: "MILK", LotQty: n.LotQty})
				}
				return s.do(&ledger.DispatchTransfer{ID: "t1", Lots: of, Least: least(t, "2026-03-01")}).Err
			},
		} {
			t.Run(name+", "+act, func(t *testing.T) {
				s := newStage(t, "leeds", true)
				s.play(stock)
				var lots []ledger.LineLot
				if c.lots != "" {
					lots = []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: ledger.LotID(c.lots), Qty: 1}}}
				}
				got, err := "", do(s, lots)
				if err != nil {
					got = err.Error()
				}
				if no, ok := errors.AsType[*ledger.LotError](err); ok && act == "sent" { // it has no line
					got = no.Why
				}
				want := c.want
				if act == "sent" && len(want) > 8 && want[:8] == "line 1: " {
					want = want[8:]
				}
				if got != want {
					t.Fatalf("got %q, want %q", got, want)
				}
				l, _ := s.core.State.Level("MILK")
				shelf := ""
				for _, at := range l.Spots() {
					shelf += string(at.Lot) + "=" + string(rune('0'+at.Qty)) + "@" + string(at.Bin) + " "
				}
				if shelf != c.left+" " {
					t.Errorf("got %s on the shelf, want %s", shelf, c.left)
				}
				s.auditsLots("MILK")
			})
		}
	}
}

// What nobody found was of whatever lay there: a pick that is short says nothing of days.
func TestAShortPickOfLotsThatLastTakesTheRestOffTheBook(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive MILK 3 SOON:3:2026-02-01 bin=A
		receive MILK 1 LATE:1:2026-06-01 bin=A
		deliver o1 MILK 2 => allocated`)
	out := s.do(&ledger.PickLeg{Order: oid("o1"), Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}, Least: least(t, "2026-03-01")})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if l, _ := s.core.State.Level("MILK"); l.Sellable != 2 || l.Lot("LATE").Here() != 1 {
		t.Errorf("got %d on the shelf, %+v; want two of SOON there and LATE in hand", l.Sellable, l.Lots)
	}
	s.auditsLots("MILK")
}

// Units of no lot are not known to last; goods that are not kept by lot at all are never asked.
func TestUnitsOfNoLotAreNotKnownToLast(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive MILK 3 LATE:3:2026-06-01
		count   MILK 5 LATE:3
		receive TAP 2`)
	take := func(name string, sku ledger.SKU, q ledger.Qty) error {
		return s.do(&ledger.Place{Order: order([]string{"take", name, string(sku)}, q), Least: least(t, "2026-03-01")}).Err
	}
	if err := take("o1", "MILK", 4); err == nil || err.Error() != "4 of MILK are wanted that are good until 2026-03-01 at least, and 3 here are; the others are of no lot that the book knows. Take fewer, have the rest served from elsewhere, or ask whether others will do" {
		t.Errorf("got %v", err)
	}
	if err := take("o2", "TAP", 2); err != nil {
		t.Errorf("got %v", err)
	}
	s.auditsLots("MILK")
}

// An ask that head office has answered has to end: there it is a wish.
func TestAnOrderThatHeadOfficeIsAskedAboutTakesWhatLastsFirst(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 SOON:2:2026-02-01
		receive TAP-22 3 LATE:3:2026-06-01
		obey    borrow b1 TAP-22 2  => done`)
	out := s.do(&ledger.Place{AskHQ: true, Order: order([]string{"take", "o1", "TAP-22", "any"}, 4), Least: least(t, "2026-03-01")})
	if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		t.Fatalf("got %s, want it asked about", verdict(out))
	}
	ask := out.Entry.Body.(*ledger.OrderBody).Ask
	if out := s.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: ask, Legs: []ledger.AskLeg{{Line: 1, Site: "leeds", Qty: 1}}, Least: least(t, "2026-03-01")}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`lots TAP-22 => SOON=1@MAIN`)
	s.whole("TAP-22")
}
