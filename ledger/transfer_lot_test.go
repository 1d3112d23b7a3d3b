package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// carries hands what head office would tell on: what left to york, or what came to leeds.
func (w *way) carries(id string, act ledger.TransferAct) {
	w.t.Helper()
	from, to, other := w.stage, w.york, ledger.SiteID("leeds")
	if act == ledger.TransferSettle {
		from, to, other = w.york, w.stage, "york"
	}
	t := from.transfer(id)
	c := ledger.HQCommand{Kind: ledger.CommandTransfer, ID: ledger.TransferCommandID(ledger.TransferID(id), act), Site: other}
	for i := range t.Lines {
		l := &t.Lines[i]
		q := l.Sent
		if act == ledger.TransferSettle {
			q = l.Came
		}
		if q == 0 {
			continue
		}
		c.Lines = append(c.Lines, ledger.CommandLine{Line: i + 1, SKU: l.SKU, Qty: q})
		for _, n := range l.Lots {
			if q = n.Sent; act == ledger.TransferSettle {
				q = n.Came
			}
			if q > 0 {
				c.Lots = append(c.Lots, ledger.LineLot{Line: len(c.Lines), LotQty: ledger.LotQty{Lot: n.Lot, Qty: q, Expiry: n.Expiry, Serial: n.Serial}})
			}
		}
	}
	if no := refusedAs(w.t, to.commanded(c)); no != "" {
		w.t.Fatalf("%s of %s: got refused: %s", act, id, no)
	}
}

// commanded gives a site the next command of its stream.
func (s *stage) commanded(c ledger.HQCommand) ledger.Outcome {
	s.t.Helper()
	s.cmd++
	c.H, c.Number = s.h, s.cmd
	c.Hash = ledger.ChainCommand(s.hash, &c)
	s.hash = c.Hash
	read, err := ledger.UnmarshalCommand(ledger.MarshalCommand(&c)) // as it comes over the line
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(&ledger.Obey{Command: *read})
}

// transfer is the last that the stage's journal says of a transfer.
func (s *stage) transfer(id string) (t *ledger.Transfer) {
	s.t.Helper()
	for _, e := range s.entries {
		switch b := e.Body.(type) {
		case *ledger.TransferBody:
			if b.Transfer.ID == ledger.TransferID(id) && b.Refusal == "" {
				t = &b.Transfer
			}
		case *ledger.LateBody:
			if b.Transfer != nil && b.Transfer.ID == ledger.TransferID(id) && b.Refusal == "" {
				t = b.Transfer
			}
		case *ledger.ObeyedBody:
			if b.Transfer != nil && b.Transfer.ID == ledger.TransferID(id) && !b.Repeat {
				t = b.Transfer
			}
		}
	}
	if t == nil {
		s.t.Fatalf("transfer %s: got none", id)
	}
	return t
}

// wayLots says of the lots of a transfer what left, came and is damaged.
func wayLots(t *ledger.Transfer) string {
	var words []string
	for i := range t.Lines {
		for _, n := range t.Lines[i].Lots {
			words = append(words, fmt.Sprintf("%s=%d/%d/%d", n.Lot, n.Sent, n.Came, n.Damaged))
		}
	}
	return strings.Join(words, " ")
}

// onWay is what of a lot has left one book and not come to the other.
func (w *way) onWay(lot ledger.LotID) (sum ledger.Qty) {
	for _, s := range [...]*stage{w.stage, w.york} {
		for _, e := range s.entries {
			for _, v := range e.Lots {
				if v.Lot == lot && v.To.Kind == ledger.Transit {
					sum += v.Qty
				}
				if v.Lot == lot && v.From.Kind == ledger.Transit {
					sum -= v.Qty
				}
			}
		}
	}
	return sum
}

// Which lots leave is named at the dispatch, first expired first, and known at the other end with their last days.
func TestATransferCarriesItsLotsAndTheirLastDays(t *testing.T) {
	w := newWay(t)
	w.play(`
		receive TAP 3 KEEPS:3 bin=A
		receive TAP 3 SOON:3:2026-09-01 bin=B
		receive DRILL 2 #SN1 #SN2`)
	w.did(makes("T-1", wants("TAP", 4), wants("DRILL", 1)))
	w.did(&ledger.DispatchTransfer{ID: "T-1", Lots: []ledger.SKULot{{SKU: "DRILL", LotQty: ledger.LotQty{Lot: "SN2", Qty: 1, Serial: true}}}})
	check(t, "left", wayLots(w.transfer("T-1")), "SOON=3/0/0 KEEPS=1/0/0 SN2=1/0/0")
	w.carries("T-1", ledger.TransferExpect)
	w.york.did(came("T-1", "", ledger.ReceivedLine{SKU: "TAP", Came: 4}, ledger.ReceivedLine{SKU: "DRILL", Came: 1}))
	w.york.play(`
		lots TAP   => SOON=3@MAIN KEEPS=1@MAIN
		lots DRILL => SN2=1@MAIN
		today 2026-09-02
		touch
		lots TAP   => SOON=3@MAIN! KEEPS=1@MAIN`)
	w.carries("T-1", ledger.TransferSettle)
	if got := w.onWay("SOON") + w.onWay("KEEPS") + w.onWay("SN2"); got != 0 {
		t.Errorf("got %d units on their way, want none", got)
	}
	for _, s := range [...]*stage{w.stage, w.york} {
		s.whole("TAP")
		s.whole("DRILL")
	}
}

// did is do of what must not be refused.
func (s *stage) did(req ledger.Request) *ledger.Entry {
	s.t.Helper()
	out := s.do(req)
	if out.Err != nil {
		s.t.Fatalf("%T: %v", req, out.Err)
	}
	return out.Entry
}

// A lot that is recalled while it is on its way, or goes over, comes in blocked: nobody is promised a unit of it.
func TestARecalledLotOnItsWayArrivesBlocked(t *testing.T) {
	w := newWay(t)
	w.play(`receive TAP 5 BAD:2 OVER:1:2026-02-01 OK:2:2026-12-01`)
	w.york.play(`hold TAP BAD`)
	w.york.play(`deliver w1 TAP 5 backorder => backordered`)
	w.did(makes("T-1", wants("TAP", 5)))
	w.did(&ledger.DispatchTransfer{ID: "T-1"})
	w.carries("T-1", ledger.TransferExpect)
	w.york.play(`today 2026-02-02`)
	w.york.did(came("T-1", "", ledger.ReceivedLine{SKU: "TAP", Came: 5, Bin: "X"}))
	w.york.play(`
		lots TAP   => OVER=1@X! OK=2@X BAD=2@X!
		claims TAP => shelf=2 available=0 reserved=2 shortfall=0`)
	w.york.whole("TAP")
}

// What did not come, is damaged or came beyond what left is so by lot; who could mean one of several has to say which.
func TestWhatIsAmissOfATransferIsSoByLot(t *testing.T) {
	for name, c := range map[string]struct {
		came  ledger.ReceivedLine
		says  string // of the refusal; "" for none
		lots  string // at the sender, settled
		lies  string // at york
		gone  ledger.Qty
		extra ledger.Qty
	}{
		"one is missing, nobody says of which": {came: ledger.ReceivedLine{Came: 4}, says: "line 1: 4 of TAP came, not all that left: say which, or scan the labels. On their way were A (3), B (2)"},
		"one is missing, by label":             {came: ledger.ReceivedLine{Came: 4, Lots: lotsCame("A:3")}, lots: "A=3/3/0 B=2/1/0", lies: "A=3@MAIN B=1@MAIN", gone: 1},
		"which is damaged":                     {came: ledger.ReceivedLine{Came: 5, Damaged: 1}, says: "line 1: 1 of TAP are damaged: say which lots they are of, or scan the labels. On their way were A (3), B (2)"},
		"one of B is damaged":                  {came: ledger.ReceivedLine{Came: 5, Damaged: 1, Lots: lotsCame("B:2:1")}, lots: "A=3/3/0 B=2/2/0", lies: "A=3@MAIN B=1@MAIN B=1@MAIN!"},
		"all are damaged":                      {came: ledger.ReceivedLine{Came: 5, Damaged: 5}, lots: "A=3/3/0 B=2/2/0", lies: "A=3@MAIN! B=2@MAIN!"},
		"a lot in another's place":             {came: ledger.ReceivedLine{Came: 5, Lots: lotsCame("A:3", "C:2")}, lots: "A=3/3/0 B=2/0/0 C=0/2/0", lies: "A=3@MAIN C=2@MAIN", gone: 2, extra: 2},
		"one too many":                         {came: ledger.ReceivedLine{Came: 6, Lots: lotsCame("A:4", "B:2")}, lots: "A=3/4/0 B=2/2/0", lies: "A=4@MAIN B=2@MAIN", extra: 1},
		"nothing came":                         {came: ledger.ReceivedLine{Came: 0}, lots: "A=3/0/0 B=2/0/0", gone: 5},
		"more is named than came":              {came: ledger.ReceivedLine{Came: 2, Lots: lotsCame("A:3")}, says: "line 1: 2 of TAP came, 0 of them damaged, and the lots that are named come to more: say the lot of each"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWay(t)
			w.play(`receive TAP 5 A:3 B:2`)
			w.did(makes("T-1", wants("TAP", 5)))
			w.did(&ledger.DispatchTransfer{ID: "T-1"})
			w.carries("T-1", ledger.TransferExpect)
			c.came.SKU = "TAP"
			out := w.york.do(came("T-1", "", c.came))
			if c.says != "" {
				check(t, "refused", fmt.Sprint(out.Err), c.says)
				return
			}
			if out.Err != nil {
				t.Fatal(out.Err)
			}
			w.york.play("lots TAP => " + c.lies)
			w.carries("T-1", ledger.TransferSettle)
			check(t, "settled", wayLots(w.transfer("T-1")), c.lots)
			check(t, "missing, surplus", fmt.Sprint(w.lost(ledger.TransferMissing, "TAP"), w.lost(ledger.TransferSurplus, "TAP")), fmt.Sprint(c.gone, -c.extra))
			for _, lot := range [...]ledger.LotID{"A", "B", "C"} {
				if n := w.onWay(lot); n != 0 {
					t.Errorf("lot %s: got %d on their way, want none", lot, n)
				}
			}
			w.york.whole("TAP")
		})
	}
}

// lotsCame reads LOT:CAME, or LOT:CAME:DAMAGED.
func lotsCame(words ...string) (out []ledger.CameLot) {
	for _, word := range words {
		part := strings.Split(word, ":")
		var q, bad ledger.Qty
		fmt.Sscan(part[1], &q)
		if len(part) > 2 {
			fmt.Sscan(part[2], &bad)
		}
		out = append(out, ledger.CameLot{LotQty: ledger.LotQty{Lot: ledger.LotID(part[0]), Qty: q}, Damaged: bad})
	}
	return out
}

// What comes back to its sender is of the lots that left, and what does not come back is missing by lot.
func TestATransferThatComesBackBringsItsLots(t *testing.T) {
	w := newWay(t)
	w.play(`receive TAP 5 A:3:2026-09-01 B:2`)
	w.did(makes("T-1", wants("TAP", 5)))
	w.did(&ledger.DispatchTransfer{ID: "T-1"})
	w.did(came("T-1", "", ledger.ReceivedLine{SKU: "TAP", Came: 3, Lots: lotsCame("A:1", "B:2")}))
	w.play(`lots TAP => A=1@MAIN B=2@MAIN`)
	check(t, "missing", fmt.Sprint(w.lost(ledger.TransferMissing, "TAP")), "2")
	if n := w.onWay("A") + w.onWay("B"); n != 0 {
		t.Errorf("got %d on their way, want none", n)
	}
	w.whole("TAP")
}

// What left in a life that has ended, or came, is of the lots that that life named.
func TestARebuildKeepsTheLotsOfTransfers(t *testing.T) {
	w := newWay(t)
	w.play(`receive TAP 5 A:3:2026-09-01 B:2`)
	w.did(makes("T-1", wants("TAP", 2)))
	other := newWay(t) // the life that is lost
	other.play(`receive TAP 5 A:3:2026-09-01 B:2`)
	other.did(makes("T-1", wants("TAP", 2)))
	lost := []*ledger.Entry{other.did(&ledger.DispatchTransfer{ID: "T-1", Lots: []ledger.SKULot{{SKU: "TAP", LotQty: ledger.LotQty{Lot: "B", Qty: 2}}}})}
	w.rebuild()
	w.bring(t, lost)
	w.bring(t, lost)
	w.play(`
		attest   => attested
		lots TAP => A=3@MAIN`)
	check(t, "left", wayLots(w.transfer("T-1")), "B=2/0/0")
	w.carries("T-1", ledger.TransferExpect)
	lost = []*ledger.Entry{other.york.did(came("T-1", "leeds", ledger.ReceivedLine{SKU: "TAP", Came: 2, Damaged: 1, Lots: lotsCame("B:2:1")}))}
	w.york.rebuild()
	w.york.bring(t, lost)
	w.york.play(`
		attest   => attested
		lots TAP => B=1@MAIN B=1@MAIN!`)
	w.carries("T-1", ledger.TransferSettle)
	if n := w.onWay("B"); n != 0 {
		t.Errorf("got %d on their way, want none", n)
	}
	w.york.whole("TAP")
}

// Of a transfer whose dispatch nobody has written down, what came leaves by its lots, as far as they lie here.
func TestWhatLeftUnsaidLeavesByItsLots(t *testing.T) {
	w := newWay(t)
	w.play(`receive TAP 5 A:3:2026-09-01 B:2`)
	w.york.did(came("T-9", "leeds", ledger.ReceivedLine{SKU: "TAP", Came: 3, Lots: lotsCame("B:1", "C:1")}))
	w.carries("T-9", ledger.TransferSettle)
	w.play(`lots TAP => A=1@MAIN B=1@MAIN`)
	w.york.play(`lots TAP => B=1@MAIN C=1@MAIN`)
	w.whole("TAP")
}

// Its receiver, whose book lost the dispatch, keeps by serial number what is a lot here: head office's word is followed all the same.
func TestALotThatCameAsASerialNumberStopsNobody(t *testing.T) {
	w := newWay(t)
	w.play(`receive TAP 5 A:5`)
	w.did(makes("T-1", wants("TAP", 3)))
	c := ledger.HQCommand{Kind: ledger.CommandTransfer, ID: ledger.TransferCommandID("T-1", ledger.TransferSettle), Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 3}}}
	c.Lots = []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "A", Qty: 1, Serial: true}}}
	if no := refusedAs(t, w.commanded(c)); no != "" {
		t.Fatal(no)
	}
	check(t, "what left", wayLots(w.transfer("T-1")), "A=0/1/0")
	w.play(`lots TAP => A=2@MAIN`)
	w.whole("TAP")
}
