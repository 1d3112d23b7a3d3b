package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Articles whose units are told apart: by lot, or each by its serial number.
const (
	lotGoods    = 3
	serialGoods = 2
	keptPrefix  = "KEPT-"
	keptShelf   = "CAGE"
	keptPence   = 1250
	lotUnits    = 12
)

func kept(sku ledger.SKU) bool { return strings.HasPrefix(string(sku), keptPrefix) }

func keptSKU(i int) string { return fmt.Sprintf("%s%d", keptPrefix, i+1) }

func keptItems() (out []itemPut) {
	for i := range lotGoods + serialGoods {
		it := itemPut{SKU: keptSKU(i), Name: fmt.Sprintf("Paint %d", i+1), Pence: keptPence, Tracking: ledger.TrackLot}
		if i >= lotGoods {
			it.Name, it.Tracking = fmt.Sprintf("Drill %d", i+1), ledger.TrackSerial
		}
		out = append(out, it)
	}
	return out
}

type lotOf struct {
	sku string
	lot ledger.LotID
}

// lotTold is a lot, or the unit of a serial number, as whoever keeps it was told, and what head office said of it when all was quiet.
type lotTold struct {
	came       int64
	held       bool                     // it is recalled
	took, back map[ledger.OrderID]int64 // over the counter, where it was named; and what came back of it
	story      *contract.LotStory
}

// A keeper looks after what is kept by lot and by serial number at a shop: takes it in, puts it away, sells it by its label, sends some
// whose lots the book chooses, brings some to the other shop, takes it back, and recalls a lot now and then. What is not here, or is recalled, is not sold by its label.
type keeper struct {
	hand
	stan  hand // who takes in and recalls
	mover *lotMover
	mine  []lotOf
	lots  map[lotOf]*lotTold
	sales []keptSale
	made  int

	putsAway bool
}

type keptSale struct {
	of    lotOf
	order ledger.OrderID
	back  bool
}

func (s *show) keepers() (out []*keeper) {
	for i, spec := range s.company.sites {
		if spec.warehouse {
			continue
		}
		k := &keeper{hand: s.hand(i, "lots", "ann", 10<<20, keptEach), stan: s.hand(i, "lots-in", "stan", 11<<20, 0), lots: map[lotOf]*lotTold{}, putsAway: s.company.goodsIn != ""}
		for j := range s.company.sites {
			if j != i && !s.company.sites[j].warehouse {
				k.mover = s.lotMover(i, j)
			}
		}
		out = append(out, k)
	}
	return out
}

func (k *keeper) work(ctx, drain context.Context) {
	for k.rest(ctx) {
		switch n := k.rng.IntN(100); {
		case n < 20 || len(k.mine) == 0:
			k.receive(drain)
		case n < 60:
			k.sell(drain)
		case n < 69:
			k.send(drain)
		case n < 75:
			k.move(drain)
		case n < 85:
			k.sellNone(drain)
		case n < 95:
			k.takeBack(drain)
		default:
			k.recall(drain)
		}
	}
}

// receive takes a lot in, or as many serial numbers, and puts it away.
func (k *keeper) receive(ctx context.Context) {
	k.made++
	i := k.rng.IntN(lotGoods + serialGoods)
	line := contract.ReceiptLine{SKU: keptSKU(i), Qty: lotUnits, Expiry: time.Now().UTC().AddDate(0, 1+k.rng.IntN(24), 0).Format(time.DateOnly)}
	var names []lotOf
	if i < lotGoods {
		line.Lot = fmt.Sprintf("L-%s-%d", k.site, k.made)
		names = append(names, lotOf{line.SKU, ledger.LotID(line.Lot)})
	} else {
		line.Expiry = ""
		for n := range lotUnits {
			serial := fmt.Sprintf("S-%s-%d-%d", k.site, k.made, n)
			line.Serials = append(line.Serials, serial)
			names = append(names, lotOf{line.SKU, ledger.LotID(serial)})
		}
	}
	if err := k.paper.takeIn(ctx, k.stan.cl, k.site, fmt.Sprintf("lots-%d", k.made), []contract.ReceiptLine{line}); err != nil {
		k.paper.fault("%s: %v", k.site, err)
		return
	}
	for _, of := range names {
		t := &lotTold{came: int64(line.Qty) / int64(len(names)), took: map[ledger.OrderID]int64{}, back: map[ledger.OrderID]int64{}}
		k.lots[of], k.mine = t, append(k.mine, of)
		k.paper.lot(of, t)
		if k.putsAway {
			k.stan.tell(ctx, "/v1/moves", toShelf(of.sku, of.lot, ledger.Qty(t.came)), nil) // or somebody has picked of it already
		}
	}
}

// sell sells a unit over the counter, of the lot that its label says.
func (k *keeper) sell(ctx context.Context) {
	of := k.mine[k.rng.IntN(len(k.mine))]
	t := k.lots[of]
	no := contract.CodeLotWrong // all of it is sold, or it is recalled
	order := k.order(ctx, ledger.Take, contract.LineRequest{SKU: of.sku, Qty: 1, Lots: []contract.NamedLot{{LotQty: contract.LotQty{Lot: of.lot, Qty: 1}}}}, no)
	if order == "" {
		return
	}
	if t.held {
		k.paper.fault("%s: %s of %s was sold, and is recalled", k.site, of.lot, of.sku)
	}
	k.paper.mu.Lock()
	t.took[order]++
	k.paper.mu.Unlock()
	k.sales = append(k.sales, keptSale{of: of, order: order})
	k.paper.did("sold_by_lot")
}

// order places one of a single line, and gives its id; "" where it was refused.
func (k *keeper) order(ctx context.Context, how ledger.Fulfil, line contract.LineRequest, wanted ...contract.Code) ledger.OrderID {
	req := contract.OrderRequest{Channel: "till", Fulfil: how, From: contract.FromHere, Shortage: ledger.Refuse, Lines: []contract.LineRequest{line}}
	if how == ledger.Deliver {
		req.Channel = "phone"
	}
	var o contract.Order
	if k.refusal(ctx, "/v1/orders", req, &o, wanted...) != "" {
		return ""
	}
	k.paper.add(&told{book: k.site, key: fmt.Sprintf("%s-%s-%d", k.name, k.site, k.told), request: req, answer: &o, at: time.Now()})
	k.paper.mu.Lock()
	defer k.paper.mu.Unlock()
	if k.paper.goods.lotOrders == nil {
		k.paper.goods.lotOrders = map[ledger.OrderID]bool{}
	}
	k.paper.goods.lotOrders[o.ID] = true
	return o.ID
}

// send has some of an article picked, of the lots that leave first.
func (k *keeper) send(ctx context.Context) {
	if k.order(ctx, ledger.Deliver, contract.LineRequest{SKU: keptSKU(k.rng.IntN(lotGoods)), Qty: ledger.Qty(1 + k.rng.IntN(3))}) != "" {
		k.paper.did("sent_by_lot")
	}
}

// sellNone sells a lot that was never here: nobody can.
func (k *keeper) sellNone(ctx context.Context) {
	line := contract.LineRequest{SKU: keptSKU(k.rng.IntN(lotGoods + serialGoods)), Qty: 1, Lots: []contract.NamedLot{{LotQty: contract.LotQty{Lot: "NEVER-HERE", Qty: 1}}}}
	if k.order(ctx, ledger.Take, line, contract.CodeLotWrong) != "" {
		k.paper.fault("%s: a lot of %s was sold that was never here", k.site, line.SKU)
		return
	}
	k.paper.did("lots_refused")
}

// takeBack takes a unit back that was sold by its label, once; what came back of another lot is none of that order's.
func (k *keeper) takeBack(ctx context.Context) {
	if len(k.sales) == 0 {
		return
	}
	sale := &k.sales[k.rng.IntN(len(k.sales))]
	line := contract.BackLine{Line: 1, SKU: sale.of.sku, Qty: 1, Disposition: string(ledger.Restock), Bin: keptShelf, Lots: []contract.NamedLot{{LotQty: contract.LotQty{Lot: sale.of.lot, Qty: 1}}}}
	if k.lots[sale.of].held { // it is recalled: it stays blocked until somebody has looked
		line.Disposition = ""
	}
	var got contract.Return
	if code := k.refusal(ctx, "/v1/returns", contract.ReturnRequest{Order: string(sale.order), Reason: "another colour", Lines: []contract.BackLine{line}}, &got, contract.CodeLotWrong); code != "" {
		if !sale.back {
			k.paper.fault("%s: %s of %s does not come back of order %s: %s", k.site, sale.of.lot, sale.of.sku, sale.order, code)
		}
		return
	}
	if sale.back {
		k.paper.fault("%s: %s of %s came back twice of order %s", k.site, sale.of.lot, sale.of.sku, sale.order)
	}
	sale.back = true
	k.paper.returned(k.site, &got)
	k.paper.mu.Lock()
	k.lots[sale.of].back[sale.order]++
	k.paper.mu.Unlock()
	k.paper.did("returned_by_lot")
}

// recall holds a lot: what is here of it is blocked.
func (k *keeper) recall(ctx context.Context) {
	of := k.mine[k.rng.IntN(len(k.mine))]
	if !k.stan.tell(ctx, "/v1/recalls", contract.RecallRequest{SKU: of.sku, Lot: string(of.lot), Reason: "the lid leaks"}, nil) {
		return
	}
	k.paper.mu.Lock()
	defer k.paper.mu.Unlock()
	k.lots[of].held = true
}

// lot notes one that came in.
func (p *paper) lot(of lotOf, t *lotTold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.lots == nil {
		p.goods.lots = map[lotOf]*lotTold{}
	}
	p.goods.lots[of] = t
}

// lotsAgain asks, when all is quiet, what head office knows of each lot.
func (s *show) lotsAgain(ctx context.Context) {
	hq := s.company.hqClient(50)
	for of, t := range s.paper.goods.lots {
		var story contract.LotStory
		if _, err := hq.Do(ctx, http.MethodGet, "/v1/lots/"+url.PathEscape(of.sku)+"/"+url.PathEscape(string(of.lot)), "", nil, &story); err != nil {
			s.paper.fault("head office: lot %s of %s cannot be looked up: %v", of.lot, of.sku, err)
			continue
		}
		t.story = &story
	}
	if n := len(s.paper.goods.lots); n > 0 {
		s.say("%d lots and serial numbers were asked who has them", n)
	}
}

// lots says whether head office finds each order that took of a lot, and whether all that came of it lies somewhere, or is with one of them.
func (v *verdict) lots(p *paper) {
	for of, t := range p.goods.lots {
		if t.story == nil {
			v.goodsUntold++
			v.say("lot %s of %s is not known at head office", of.lot, of.sku)
			continue
		}
		with, found := int64(0), map[ledger.OrderID]*contract.LotOrder{}
		for i := range t.story.Orders {
			o := &t.story.Orders[i]
			with, found[o.Order] = with+int64(o.Qty-o.Returned), o
			if !p.goods.lotOrders[o.Order] {
				v.goodsUntold++
				v.say("lot %s of %s: order %s took of it by head office's book, and nobody was told of it", of.lot, of.sku, o.Order)
			}
		}
		for id, q := range t.took {
			if o := found[id]; o == nil || int64(o.Qty) != q || int64(o.Returned) != t.back[id] {
				v.goodsUntold++
				v.say("lot %s of %s: order %s took %d and gave %d back, head office has %+v", of.lot, of.sku, id, q, t.back[id], o)
			}
		}
		if came := int64(t.story.Came); came != t.came || int64(t.story.OnHand)+with != came || t.held != (t.story.Held != "") {
			v.goodsUntold++
			v.say("lot %s of %s: %d came in, recalled %t; head office has %d, %d on hand and %d with orders, held %q", of.lot, of.sku, t.came, t.held, came, t.story.OnHand, with, t.story.Held)
		}
	}
}
