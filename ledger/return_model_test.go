package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A backPaper is what a shopkeeper would note of one article: what each sale handed over and got back, and where the units of
// each return are.
type backPaper struct {
	free, blocked ledger.Qty
	sold, back    map[string]ledger.Qty
	rets          map[string]*backPaperReturn
}

type backPaperReturn struct {
	received, looked ledger.Qty // blocked, before and after somebody has looked
	refused          ledger.Qty // of what is blocked may still be handed back
	pending          ledger.Qty // waits for another book
}

// Any sequence of sales, returns with and without a receipt, here and elsewhere, answers and inspections, repeated as it comes, leaves the
// book and the paper agreeing; the auditor of the stage checks every entry.
func TestAnySequenceOfReturnsLeavesBookAndPaperAgreeing(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 27))
		s := newStage(t, "leeds", true)
		p := &backPaper{sold: map[string]ledger.Qty{}, back: map[string]ledger.Qty{}, rets: map[string]*backPaperReturn{}}
		var sales, rets []string
		for i := range 60 {
			act(t, s, p, r, i, &sales, &rets)
			l, _ := s.core.State.Level("TAP")
			if l.Available != p.free || l.Blocked != p.blocked || l.OnHand() != p.free+p.blocked {
				t.Fatalf("seed %d, act %d: got %d free and %d blocked of %d, want %d and %d", seed, i, l.Available, l.Blocked, l.OnHand(), p.free, p.blocked)
			}
			for _, o := range sales {
				if have, _ := s.core.State.Order(oid(o)); have.Lines[0].Returned != p.back[o] || p.back[o] > p.sold[o] {
					t.Fatalf("seed %d, act %d: %s counts %d of %d as returned, want %d", seed, i, o, have.Lines[0].Returned, p.sold[o], p.back[o])
				}
			}
		}
	}
}

func act(t *testing.T, s *stage, p *backPaper, r *rand.Rand, i int, sales, rets *[]string) {
	t.Helper()
	name, q := fmt.Sprint("n", i), ledger.Qty(1+r.IntN(3))
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	add := func(ret backPaperReturn) {
		p.rets[name] = &ret
		p.blocked += ret.received + ret.pending
		*rets = append(*rets, name)
	}
	switch k := r.IntN(7); {
	case k == 0 || len(*sales) == 0:
		s.play(fmt.Sprintf("hand %s TAP %d => completed", name, q))
		p.sold[name] = q
		p.free = max(0, p.free-q) // what was not on the shelf is found
		*sales = append(*sales, name)
	case k == 1:
		if o := pick(*sales); s.act([]string{"back", name, o, fmt.Sprint(q)}) == "received" {
			p.back[o] += q
			add(backPaperReturn{received: q})
		} else if p.back[o]+q <= p.sold[o] {
			t.Fatalf("%d of %s, sold %d and back %d, do not come back", q, o, p.sold[o], p.back[o])
		}
	case k == 2:
		s.play(fmt.Sprintf("bring %s TAP %d => received", name, q))
		add(backPaperReturn{received: q})
	case k == 3:
		s.play(fmt.Sprintf("away %s york-%s TAP %d => pending", name, name, q))
		add(backPaperReturn{pending: q})
	case k == 4:
		o := pick(*sales)
		s.act([]string{"claim", name, o, "TAP", fmt.Sprint(q)})
		p.back[o] += min(q, p.sold[o]-p.back[o])
	case k == 5 && len(*rets) > 0:
		n := pick(*rets)
		ret := p.rets[n]
		granted := min(ret.pending, ledger.Qty(r.IntN(3)))
		if said := s.act([]string{"answer", n, "york-" + n, "TAP", fmt.Sprint(granted)}); ret.pending > 0 {
			if said[:4] != "done" {
				t.Fatalf("answer: got %s", said)
			}
			ret.received, ret.refused, ret.pending = ret.pending, ret.pending-granted, 0
		}
	case len(*rets) > 0:
		inspects(s, p, r, pick(*rets), q)
	}
}

func inspects(s *stage, p *backPaper, r *rand.Rand, name string, q ledger.Qty) {
	s.t.Helper()
	ret, do := p.rets[name], []string{"restock", "block", "scrap", "hand_back"}[r.IntN(4)]
	most := ret.received + ret.looked
	switch do {
	case "block":
		most = ret.received
	case "hand_back":
		most = min(most, ret.refused)
	}
	got := s.act([]string{"inspect", name, do, fmt.Sprint(q)})
	if done := got == "received" || got == "inspected" || got == "closed"; done != (q <= most && ret.pending == 0) {
		s.t.Fatalf("%s of %d of %+v: got %s", do, q, *ret, got)
	} else if !done {
		return
	}
	n := min(q, ret.received)
	ret.received -= n
	if do == "block" {
		ret.looked += n
		return
	}
	ret.looked -= q - n
	p.blocked -= q
	switch do {
	case "restock":
		p.free += q
	case "hand_back":
		ret.refused -= q
	}
}
