package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// lies says what lies where of TAP: sellable, and blocked behind a plus.
func (s *stage) lies() string {
	l, _ := s.core.State.Level("TAP")
	out := ""
	for _, b := range l.Bins {
		out += fmt.Sprintf("%s=%d", b.Bin, b.Sellable)
		if b.Blocked > 0 {
			out += fmt.Sprintf("+%d", b.Blocked)
		}
		out += " "
	}
	return out
}

func move(q ledger.Qty, from, to ledger.Bin) ledger.BinMove {
	return ledger.BinMove{SKU: "TAP", Qty: q, From: from, To: to}
}

func blockedMove(q ledger.Qty, from, to ledger.Bin) ledger.BinMove {
	m := move(q, from, to)
	m.Blocked = true
	return m
}

// Where units lie is no promise: what is reserved moves as what is free, and no figure of the SKU changes.
func TestAMoveChangesOnlyWhereUnitsLie(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 5, Bin: "DOCK"}}})
	s.do(&ledger.ReceiveTransfer{ID: "T-1", From: "york", Lines: []ledger.ReceivedLine{{SKU: "TAP", Bin: "DOCK", Came: 3, Damaged: 3}}})
	s.do(&ledger.TakeBack{ID: ledger.ReturnID(oid("r")), Lines: []ledger.BackLine{{SKU: "TAP", Bin: "DOCK", Qty: 1}}})
	s.play(`deliver o TAP 4 => allocated`)
	figures := s.levels("TAP")
	for _, c := range []struct {
		name  string
		lines []ledger.BinMove
		want  string
		lies  string
	}{
		{"more than is free", []ledger.BinMove{move(5, "DOCK", "A-1")}, "bins_moved", "A-1=5 DOCK=0+4 "},
		{"one after the other", []ledger.BinMove{move(3, "A-1", "B-1"), move(2, "B-1", "C-1")}, "bins_moved", "A-1=2 B-1=1 C-1=2 DOCK=0+4 "},
		{"all or nothing", []ledger.BinMove{move(1, "A-1", "B-1"), move(2, "A-1", "B-1")}, "line 2: 2 of TAP are to leave bin A-1, 1 lie there", "A-1=2 B-1=1 C-1=2 DOCK=0+4 "},
		{"blocked goods", []ledger.BinMove{blockedMove(2, "DOCK", "CAGE")}, "bins_moved", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"what is a return's stays", []ledger.BinMove{blockedMove(2, "DOCK", "CAGE")}, "line 1: 2 of TAP are to leave bin DOCK, 1 lie there", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"out of a bin that holds none", []ledger.BinMove{move(1, "Z", "A-1")}, "line 1: 1 of TAP are to leave bin Z, 0 lie there", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"nowhere", []ledger.BinMove{move(1, "A-1", "A-1")}, "line 1: to is A-1, where they lie already", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"no bin", []ledger.BinMove{move(1, "", "A-1")}, "line 1: from is empty: say which bin", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"no name", []ledger.BinMove{move(1, "A-1", "a b")}, `line 1: to is "a b", which is no bin's name`, "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"no units", []ledger.BinMove{move(0, "A-1", "B-1")}, "line 1: qty is 0; it must be at least 1", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
		{"no lines", nil, "lines has 0 lines; a move has 1 to 1000", "A-1=2 B-1=1 C-1=2 CAGE=0+2 DOCK=0+2 "},
	} {
		check(t, c.name, verdict(s.do(&ledger.MoveBins{Reason: "tidy", Lines: c.lines})), c.want)
		check(t, c.name+": lies", s.lies(), c.lies)
		check(t, c.name+": figures", s.levels("TAP"), figures)
	}
}

// One SKU lies in so many bins and no more, and whoever moves it is told so.
func TestAMoveIntoABinTooManyIsRefused(t *testing.T) {
	s := newStage(t, "leeds", true)
	lines := make([]ledger.ReceiptLine, 0, ledger.LinesMax)
	for i := range ledger.BinsMax {
		if lines = append(lines, ledger.ReceiptLine{SKU: "TAP", Qty: 2, Bin: ledger.Bin("B" + strconv.Itoa(i))}); len(lines) == ledger.LinesMax {
			s.do(&ledger.Receive{Lines: lines})
			lines = lines[:0]
		}
	}
	check(t, "one more", verdict(s.do(&ledger.MoveBins{Lines: []ledger.BinMove{move(1, "B0", "NEW")}})),
		"line 1: to would be one more than the 10000 bins that one SKU can lie in: put it where it lies already")
	check(t, "where it lies", verdict(s.do(&ledger.MoveBins{Lines: []ledger.BinMove{move(1, "B0", "B1")}})), "bins_moved")
}

// What moved behind the position of a count is no difference of it.
func TestAMoveIsNoDifferenceOfACount(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 5, Bin: "A"}}})
	at := s.core.State.Head()
	s.do(&ledger.MoveBins{Lines: []ledger.BinMove{move(2, "A", "B")}})
	out := s.do(&ledger.Count{Epoch: at.Epoch, At: at.Seq, Reason: "counted", NewBins: true, Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "A", Counted: 5}, {SKU: "TAP", Bin: "B", Counted: 0}}})
	check(t, "count", verdict(out), "counted")
	check(t, "lies", s.lies(), "A=3 B=2 ")
}

// Told late, units are moved again as far as they lie there in this life, once.
func TestAMoveOfAnotherLifeIsFollowedAsFarAsItCanBe(t *testing.T) {
	there := newStage(t, "leeds", true)
	there.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 5, Bin: "DOCK"}}})
	there.do(&ledger.MoveBins{By: "dora", Reason: "put away", Lines: []ledger.BinMove{move(4, "DOCK", "A-1")}})
	told := there.entries[len(there.entries)-1:]
	for name, c := range map[string]struct {
		has  ledger.Qty
		want string
	}{"all lies there": {5, "A-1=4 DOCK=1 "}, "less does": {3, "A-1=3 "}, "nothing does": {0, ""}} {
		s := newStage(t, "leeds", true)
		if c.has > 0 {
			s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: c.has, Bin: "DOCK"}}})
		}
		s.rebuild()
		s.bring(t, told)
		s.bring(t, told)
		check(t, name, s.lies(), c.want)
		last := s.entries[len(s.entries)-1].Body.(*ledger.LateBody)
		if len(last.Moved) != 1 || last.Moved[0].Qty != 4 || last.Reason != "put away" || last.Approver != "dora" {
			t.Errorf("%s: got %+v, want what was first written", name, last)
		}
	}
}

// Any sequence of receipts, moves, sales and repeats leaves bins as a small model has them.
func TestBinsAreAsAModelHasThem(t *testing.T) {
	seeds := uint64(2)
	if os.Getenv("HOLDFAST_LONG") == "1" {
		seeds = 300
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 39))
		s := newStage(t, "leeds", true)
		bins := map[ledger.Bin]ledger.Qty{}
		names := []ledger.Bin{"A", "B", "C", "DOCK"}
		var last *ledger.MoveBins
		for range 200 {
			from, to, q := names[r.IntN(4)], names[r.IntN(4)], ledger.Qty(1+r.IntN(6))
			switch r.IntN(4) {
			case 0:
				s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: q, Bin: from}}})
				bins[from] += q
			case 1:
				last = &ledger.MoveBins{Meta: ledger.Meta{Key: ledger.DigestOf([]byte{byte(r.IntN(256)), byte(len(s.entries)), byte(len(s.entries) >> 8)})}, Lines: []ledger.BinMove{move(q, from, to)}}
				out := s.do(last)
				if ok := from != to && bins[from] >= q; ok != (out.Err == nil) {
					t.Fatalf("seed %d: move %d of %v from %s to %s: got %v", seed, q, bins, from, to, out.Err)
				} else if ok {
					bins[from] -= q
					bins[to] += q
				}
				if _, no := errors.AsType[*ledger.FormError](out.Err); no {
					last = nil
				}
			case 2:
				if last != nil {
					if out := s.do(last); !out.Replayed {
						t.Fatalf("seed %d: got %+v, want the first answer", seed, out)
					}
				}
			case 3:
				if sum := bins["A"] + bins["B"] + bins["C"] + bins["DOCK"]; sum < q {
					continue
				}
				s.do(&ledger.Place{Order: order([]string{"take", fmt.Sprint("o", len(s.entries)), "TAP"}, q)})
				for _, b := range names { // by name, as the book takes it
					n := min(q, bins[b])
					bins[b] -= n
					q -= n
				}
			}
			want := ""
			for _, b := range slices.Sorted(maps.Keys(bins)) {
				if bins[b] > 0 {
					want += fmt.Sprintf("%s=%d ", b, bins[b])
				}
			}
			check(t, fmt.Sprintf("seed %d", seed), s.lies(), want)
		}
	}
}
