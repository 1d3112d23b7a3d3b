package demo

import (
	"context"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A lotMover brings goods that are kept by lot from a keeper's shop to the other one: a lot that is named, or what the book chooses.
type lotMover struct {
	here, there hand
	moved       int
}

func (s *show) lotMover(from, to int) *lotMover {
	return &lotMover{here: s.hand(from, "lots-out", "sam", 12<<20, 0), there: s.hand(to, "lots-from-"+s.company.sites[from].name, "sam", 13<<20+uint64(from), 0)}
}

// byLot names units of a lot in what left, and came.
func byLot(sku ledger.SKU, lot ledger.LotID) string { return string(sku) + " " + string(lot) }

// move sends some of a lot to the other shop, which takes in what its label says. Of what is sold out, or recalled, nothing leaves.
func (k *keeper) move(ctx context.Context) {
	m, of, q := k.mover, k.mine[k.rng.IntN(len(k.mine))], ledger.Qty(1)
	serial := k.lots[of].came == 1
	if !serial {
		q += ledger.Qty(k.rng.IntN(3))
	}
	m.moved++
	t := &transferTold{id: fmt.Sprintf("LT-%s-%d", k.site, m.moved), from: k.site, to: m.there.site}
	wish := contract.TransferWish{SKU: of.sku, Qty: q}
	var made, gone contract.Transfer
	if !m.here.tell(ctx, "/v1/transfers", contract.TransferRequest{ID: t.id, From: t.from, To: t.to, Lines: []contract.TransferWish{wish}}, &made) || made.Status != ledger.TransferReserved.String() {
		return
	}
	line := contract.DispatchLine{TransferWish: wish}
	if serial || k.in100(60) {
		line.Lots = []contract.LotQty{{Lot: of.lot, Qty: q}}
	}
	if m.here.refusal(ctx, "/v1/transfers/"+t.id+"/dispatch", contract.DispatchRequest{Lines: []contract.DispatchLine{line}}, &gone, contract.CodeLotWrong) != "" {
		m.here.tell(ctx, "/v1/transfers/"+t.id+"/cancel", struct{}{}, nil)
		return
	}
	m.receive(ctx, t, m.left(t, &gone))
}

// left notes which lots have left, and gives what there is to be taken in of them.
func (m *lotMover) left(t *transferTold, gone *contract.Transfer) *contract.ReceiveRequest {
	req := &contract.ReceiveRequest{From: t.from, Lines: []contract.TransferCame{}}
	t.sent, t.lots = map[string]int64{}, map[string]int64{}
	for i := range gone.Lines {
		l := &gone.Lines[i]
		came := contract.TransferCame{SKU: string(l.SKU), Received: &l.Dispatched, Sent: l.Dispatched, Bin: keptShelf}
		for _, n := range l.Lots {
			came.Lots = append(came.Lots, contract.LotCame{Lot: string(n.Lot), Received: n.Dispatched, Expiry: n.Expiry})
			t.lots[byLot(l.SKU, n.Lot)] += int64(n.Dispatched)
		}
		t.sent[string(l.SKU)] += int64(l.Dispatched)
		m.here.paper.receive(t.from, string(l.SKU), -int64(l.Dispatched))
		req.Lines = append(req.Lines, came)
	}
	m.here.paper.sent(t)
	m.here.paper.did("lots_sent_to_a_site")
	return req
}

// receive takes in what has come.
func (m *lotMover) receive(ctx context.Context, t *transferTold, req *contract.ReceiveRequest) {
	var got contract.Transfer
	if !m.there.tell(ctx, "/v1/transfers/"+t.id+"/receive", req, &got) {
		m.there.paper.fault("%s: transfer %s came, and is not taken in", t.to, t.id)
		return
	}
	came, lots := map[string]int64{}, map[string]int64{}
	for i := range got.Lines {
		l := &got.Lines[i]
		came[string(l.SKU)] += int64(l.Received)
		for _, n := range l.Lots {
			lots[byLot(l.SKU, n.Lot)] += int64(n.Received)
		}
		m.there.paper.receive(t.to, string(l.SKU), int64(l.Received))
	}
	m.there.paper.arrivedByLot(t, came, lots)
	m.there.paper.did("lots_received_from_a_site")
}

// arrivedByLot notes which lots of a transfer came.
func (p *paper) arrivedByLot(t *transferTold, came, lots map[string]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.came, t.lotsCame = came, lots
}
