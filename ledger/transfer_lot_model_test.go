package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Any sequence of transfers between two books, with repeats, cancels, short and named dispatches, what is missing, damaged, too many or of another lot, what comes back, and
// recalls on the way: each unit of each lot is on a shelf, with a document that is under way, or booked as gone; no held one may be sold; and once all is
// told nothing is on its way.
func TestEachLotOfATransferIsSomebodysAtEveryMoment(t *testing.T) {
	seeds := uint64(4)
	if os.Getenv("HOLDFAST_LONG") != "" {
		seeds = 400
	}
	for seed := range seeds {
		m := &lotWays{way: newWay(t), r: rand.New(rand.NewPCG(seed, 1)), open: map[string]*lotWay{}}
		m.play(`receive TAP 60 A:20:2026-09-01 B:20:2026-12-01 C:20`)
		for range 60 {
			m.step()
			m.holds(seed)
		}
		for id, p := range m.open {
			m.ends(id, p)
		}
		m.holds(seed)
		for _, lot := range lotsOnWays {
			if n := m.onWay(lot); n != 0 {
				t.Fatalf("seed %d: got %d of lot %s on their way in the end, want none", seed, n, lot)
			}
		}
	}
}

var lotsOnWays = []ledger.LotID{"A", "B", "C", "D"} // nobody has ever sent D

type lotWays struct {
	*way
	r    *rand.Rand
	open map[string]*lotWay
	held []ledger.LotID // at york
	nth  int
}

// A lotWay is how far a transfer is.
type lotWay struct{ gone, heard, came, back, settled bool }

func (m *lotWays) step() {
	id := fmt.Sprint("T-", m.nth)
	if m.r.IntN(3) == 0 || m.open[id] == nil {
		m.nth++
		id = fmt.Sprint("T-", m.nth)
		if out := m.do(makes(id, wants("TAP", ledger.Qty(1+m.r.IntN(9))))); out.Err == nil {
			m.open[id] = &lotWay{}
		}
		return
	}
	id = fmt.Sprint("T-", 1+m.r.IntN(m.nth))
	p := m.open[id]
	if p == nil {
		return
	}
	switch m.r.IntN(6) {
	case 0:
		if m.r.IntN(8) == 0 && m.do(&ledger.DispatchTransfer{ID: ledger.TransferID(id), Cancel: true}).Err == nil {
			delete(m.open, id)
		}
	case 1:
		m.leaves(id, p)
	case 2:
		if p.gone && !p.heard && !p.came && !p.back {
			m.carries(id, ledger.TransferExpect)
			p.heard = true
		}
	case 3:
		m.arrives(id, p)
	case 4:
		if p.came && !p.settled {
			m.carries(id, ledger.TransferSettle)
			p.settled = true
		}
	default:
		if lot := lotsOnWays[m.r.IntN(len(lotsOnWays))]; m.r.IntN(10) == 0 && !slices.Contains(m.held, lot) {
			m.york.play("hold TAP " + string(lot))
			m.held = append(m.held, lot)
		}
	}
}

// leaves sends some of what is set aside, now and then of a lot that somebody names.
func (m *lotWays) leaves(id string, p *lotWay) {
	if p.gone {
		return
	}
	q := 1 + m.r.IntN(int(m.transfer(id).Lines[0].Qty))
	r := &ledger.DispatchTransfer{ID: ledger.TransferID(id), Lines: []ledger.TransferLine{{SKU: "TAP", Sent: ledger.Qty(q)}}}
	if m.r.IntN(2) == 0 {
		r.Lots = []ledger.SKULot{{SKU: "TAP", LotQty: ledger.LotQty{Lot: lotsOnWays[m.r.IntN(3)], Qty: ledger.Qty(1 + m.r.IntN(q))}}}
	}
	p.gone = m.do(r).Err == nil // refused where that lot is not here
}

// arrives takes in at york, or back at leeds, some of each lot that left, of another one, and some of it damaged.
func (m *lotWays) arrives(id string, p *lotWay) {
	if !p.gone || p.came || p.back {
		return
	}
	line := ledger.ReceivedLine{SKU: "TAP"}
	for _, n := range m.transfer(id).Lines[0].Lots {
		q := ledger.Qty(m.r.IntN(int(n.Sent) + 2))
		if m.r.IntN(2) == 0 {
			q = n.Sent
		}
		if q == 0 {
			continue
		}
		lot, bad := n.Lot, ledger.Qty(m.r.IntN(int(q)+1))
		if m.r.IntN(6) == 0 {
			lot = "D"
		}
		line.Came, line.Damaged = line.Came+q, line.Damaged+bad
		line.Lots = append(line.Lots, ledger.CameLot{LotQty: ledger.LotQty{Lot: lot, Qty: q}, Damaged: bad})
	}
	if m.r.IntN(5) == 0 {
		m.did(came(id, "", line))
		p.back = true
		return
	}
	m.york.did(came(id, "leeds", line))
	p.came = true
}

// ends has all be told that is to come of a transfer.
func (m *lotWays) ends(id string, p *lotWay) {
	if !p.gone {
		m.did(&ledger.DispatchTransfer{ID: ledger.TransferID(id), Cancel: true})
		return
	}
	for !p.came && !p.back {
		m.arrives(id, p)
	}
	if p.came && !p.settled {
		m.carries(id, ledger.TransferSettle)
		p.settled = true
	}
}

// holds looks at both books.
func (m *lotWays) holds(seed uint64) {
	m.t.Helper()
	m.whole("TAP")
	m.york.whole("TAP")
	york, _ := m.york.core.State.Level("TAP")
	for _, lot := range lotsOnWays {
		sum, gone := m.onWay(lot), ledger.Qty(0)
		for _, s := range [...]*stage{m.stage, m.york} {
			l, _ := s.core.State.Level("TAP")
			if t := l.Lot(lot); t != nil {
				sum += t.Here()
			}
			for _, e := range s.entries {
				for _, v := range e.Lots {
					if v.Lot == lot && v.To.Kind == ledger.Loss {
						gone += v.Qty
					}
					if v.Lot == lot && v.From.Kind == ledger.Loss {
						gone -= v.Qty
					}
				}
			}
		}
		came := ledger.Qty(20)
		if lot == "D" {
			came = 0
		}
		if sum+gone != came {
			m.t.Fatalf("seed %d: got %d of lot %s here or on their way and %d gone, want the %d that came", seed, sum, lot, gone, came)
		}
		if under := m.underWay(lot); m.onWay(lot) != under {
			m.t.Fatalf("seed %d: got %d of lot %s on their way by the entries, want the %d of the documents", seed, m.onWay(lot), lot, under)
		}
		if t := york.Lot(lot); t != nil && t.Held != "" {
			for _, at := range t.At {
				if at.Kind == ledger.Sellable {
					m.t.Fatalf("seed %d: got %d of lot %s to be sold, which is held", seed, at.Qty, lot)
				}
			}
		}
	}
}

// underWay is what of a lot has left by the documents and is neither in, nor booked as missing.
func (m *lotWays) underWay(lot ledger.LotID) (sum ledger.Qty) {
	for id, p := range m.open {
		if !p.gone || p.back || p.settled {
			continue
		}
		docs := []*ledger.Transfer{m.transfer(id)}
		if p.came {
			docs = append(docs, m.york.transfer(id))
		}
		for i, d := range docs {
			for _, n := range d.Lines[0].Lots {
				if n.Lot == lot && i == 0 {
					sum += n.Sent
				} else if n.Lot == lot {
					sum -= n.Came
				}
			}
		}
	}
	return sum
}
