package demo

import (
	"context"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// openMost bounds the transfers of one mover that are under way.
const openMost = 4

// A mover has goods brought to a shop: from the warehouse, which asks head office for them, or from the other shop's own shelf.
// Some of what was set aside is left behind, some is missing when the lorry comes, some damaged.
type mover struct {
	hand         // at the shop
	from []*hand // at the sites that send
	pick func() string
	open []*transferTold
	made int
}

// movers makes one for each shop.
func (s *show) movers() (out []*mover) {
	for i, spec := range s.company.sites {
		if spec.warehouse {
			continue
		}
		m := &mover{hand: s.hand(i, "mover", "sam", 1<<20, movesEach)}
		m.pick = func() string { return s.stock.Pick(m.rng).SKU }
		for k := range s.company.sites {
			if k != i {
				h := s.hand(k, "lorry-to-"+spec.name, "sam", 2<<20+uint64(i), 0)
				m.from = append(m.from, &h)
			}
		}
		out = append(out, m)
	}
	return out
}

// work goes on until ctx ends, and then until what is on the road has come; drain bounds that.
func (m *mover) work(ctx, drain context.Context) {
	for m.rest(ctx) {
		m.goOn(drain)
		if len(m.open) < openMost {
			m.begin(drain, m.from[m.rng.IntN(len(m.from))])
		}
	}
	for m.rest(drain) && len(m.open) > 0 {
		m.goOn(drain)
		m.open = onTheRoad(m.open) // what nobody has sent yet stays where it is
	}
}

func onTheRoad(list []*transferTold) (out []*transferTold) {
	for _, t := range list {
		if t.sent != nil {
			out = append(out, t)
		}
	}
	return out
}

func (m *mover) begin(ctx context.Context, h *hand) {
	m.made++
	req := contract.TransferRequest{ID: fmt.Sprintf("T-%s-%d", m.site, m.made), From: h.site, To: m.site}
	for range 1 + m.rng.IntN(3) {
		req.Lines = append(req.Lines, contract.TransferWish{SKU: m.pick(), Qty: ledger.Qty(1 + m.rng.IntN(4))})
	}
	if h.tell(ctx, "/v1/transfers", req, nil) {
		m.open = append(m.open, &transferTold{id: req.ID, from: h.site, to: m.site})
	}
}

// goOn brings each transfer a step further, where there is one.
func (m *mover) goOn(ctx context.Context) {
	list := m.open
	m.open = nil
	for _, t := range list {
		if m.step(ctx, t) {
			m.open = append(m.open, t)
		}
	}
}

// step says whether something is still to be done.
func (m *mover) step(ctx context.Context, t *transferTold) bool {
	if t.sent != nil {
		return !m.receive(ctx, t)
	}
	var h *hand
	for _, at := range m.from {
		if at.site == t.from {
			h = at
		}
	}
	var now contract.Transfer
	if !h.look(ctx, "/v1/transfers/"+t.id, &now) || now.Status == ledger.TransferAsked.String() {
		return true
	}
	if now.Status != ledger.TransferReserved.String() {
		return false
	}
	return m.send(ctx, h, t, &now)
}

// send has what is set aside leave, now and then less.
func (m *mover) send(ctx context.Context, h *hand, t *transferTold, now *contract.Transfer) bool {
	var req contract.DispatchRequest
	for i, l := range now.Lines {
		q := l.Qty
		if i == 0 && q > 1 && m.in100(15) {
			q--
		}
		req.Lines = append(req.Lines, contract.DispatchLine{TransferWish: contract.TransferWish{SKU: string(l.SKU), Qty: q}})
	}
	var gone contract.Transfer
	if !h.tell(ctx, "/v1/transfers/"+t.id+"/dispatch", req, &gone) {
		return false
	}
	sent := map[string]int64{}
	for _, l := range gone.Lines {
		sent[string(l.SKU)] += int64(l.Dispatched)
		m.paper.receive(t.from, string(l.SKU), -int64(l.Dispatched))
	}
	t.sent = sent
	m.paper.sent(t)
	return true
}

// receive takes in what has come; the delivery note says what left.
func (m *mover) receive(ctx context.Context, t *transferTold) bool {
	req := contract.ReceiveRequest{From: t.from, Lines: []contract.TransferCame{}}
	fit := map[string]int64{}
	for _, sku := range sorted(t.sent) {
		came, damaged := t.sent[sku], int64(0)
		if came > 0 && m.in100(15) {
			came--
		}
		if came > 0 && m.in100(10) {
			damaged = 1
		}
		q := ledger.Qty(came)
		req.Lines = append(req.Lines, contract.TransferCame{SKU: sku, Received: &q, Damaged: ledger.Qty(damaged), Sent: ledger.Qty(t.sent[sku])})
		fit[sku] = came - damaged
	}
	var got contract.Transfer
	if !m.tell(ctx, "/v1/transfers/"+t.id+"/receive", req, &got) {
		m.paper.fault("%s: transfer %s came, and is not taken in", m.site, t.id)
		return true
	}
	came := map[string]int64{}
	for _, l := range got.Lines {
		came[string(l.SKU)] += int64(l.Received)
		m.paper.receive(m.site, string(l.SKU), fit[string(l.SKU)])
	}
	m.paper.arrived(t, came)
	return true
}
