package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A picker goes round a site with what is reserved there. Most is found, packed and sent; some is not there, and some is not served.
// What was not found is counted: half of the times it turns up. Customers come for what is laid by for them.
type picker struct {
	hand
}

// pickers makes the pickers of the company, one at each site.
func (s *show) pickers() (out []*picker) {
	for i := range s.company.sites {
		out = append(out, &picker{hand: s.hand(i, "picker", "pia", 1<<16, picksEach)})
	}
	return out
}

// work goes on until ctx ends; drain bounds how long what is unanswered is repeated after that.
func (p *picker) work(ctx, drain context.Context) {
	for p.rest(ctx) {
		if p.in100(40) {
			p.collects(drain)
			continue
		}
		var page contract.FulfilmentList
		if !p.look(ctx, "/v1/fulfilments?limit=50", &page) || len(page.Fulfilments) == 0 {
			continue
		}
		f := &page.Fulfilments[p.rng.IntN(len(page.Fulfilments))]
		switch n := p.rng.IntN(100); {
		case n < 75 || f.Status != contract.FulfilmentReserved:
			p.serve(drain, f)
		case n < 92:
			p.short(drain, f)
		default:
			p.reject(drain, f)
		}
	}
}

// serve picks, packs and sends a part, as far as that goes.
func (p *picker) serve(ctx context.Context, f *contract.SiteFulfilment) {
	path := "/v1/fulfilments/" + f.ID
	if inHand(f, func(l *contract.FulfilmentLine) ledger.Qty { return l.PutBack }) > 0 {
		if p.tell(ctx, path+"/put-back", contract.PutBackRequest{}, nil) {
			p.paper.did("put_back")
		}
		return
	}
	switch f.Status {
	case contract.FulfilmentReserved, contract.FulfilmentPicking:
		if !p.pick(ctx, f) || !p.tell(ctx, path+"/pack", contract.PackRequest{}, nil) {
			return
		}
		fallthrough
	case contract.FulfilmentPacked:
		tracking := fmt.Sprintf("LORRY-%s-%d", p.site, p.told)
		if p.tell(ctx, path+"/dispatch", contract.DispatchPartRequest{Carrier: carrier, Service: "next day", Tracking: tracking}, nil) {
			p.paper.left(p.site, tracking)
			p.paper.did("dispatched")
			if p.in100(8) {
				p.strike(ctx, path, tracking)
			}
		}
	case contract.FulfilmentPicked:
		p.tell(ctx, path+"/pack", contract.PackRequest{}, nil)
	case contract.FulfilmentDispatched:
		if p.in100(20) {
			p.tell(ctx, path+"/undelivered", contract.UndeliveredRequest{Reason: "nobody in"}, nil)
		} else if p.tell(ctx, path+"/deliver", contract.DeliverRequest{}, nil) {
			p.paper.did("delivered")
		}
	case contract.FulfilmentUndelivered:
		p.comesBack(ctx, path)
	}
}

// comesBack takes in what nobody could be given.
func (p *picker) comesBack(ctx context.Context, path string) {
	var came contract.FulfilmentAnswer
	var back contract.Return
	if p.tell(ctx, path+"/come-back", contract.CameBackRequest{}, &came) && p.look(ctx, "/v1/returns/"+string(came.Return), &back) {
		p.paper.returned(p.site, &back)
		p.paper.did("came_back")
	}
}

// strike has a shipment that the carrier has left on the ramp struck off its manifest, and takes it in again; where the manifest was closed meanwhile, the
// driver has signed for it.
func (p *picker) strike(ctx context.Context, path, tracking string) {
	var open contract.Manifest
	if !p.look(ctx, "/v1/carriers/"+carrier+"/manifest", &open) {
		return
	}
	i := slices.IndexFunc(open.Parcels, func(l contract.ManifestParcel) bool { return l.Tracking == tracking })
	if i < 0 {
		return
	}
	n := open.Parcels[i].Shipment
	if p.refusal(ctx, "/v1/carriers/"+carrier+"/manifest/strike", contract.StrikeRequest{Shipment: n, Reason: "left on the ramp"}, nil) != "" {
		return
	}
	p.paper.struckOff(p.site, n)
	p.paper.did("shipments_struck")
	if p.tell(ctx, path+"/undelivered", contract.UndeliveredRequest{Reason: "left on the ramp"}, nil) {
		p.comesBack(ctx, path)
	}
}

// inHand sums one figure over the lines of a part.
func inHand(f *contract.SiteFulfilment, of func(*contract.FulfilmentLine) ledger.Qty) (sum ledger.Qty) {
	for i := range f.Lines {
		sum += of(&f.Lines[i])
	}
	return sum
}

// pick takes all that is still on the shelf.
func (p *picker) pick(ctx context.Context, f *contract.SiteFulfilment) bool {
	var req contract.PickRequest
	for i := range f.Lines {
		l := &f.Lines[i]
		if q := l.Qty - l.Picked - l.Packed - l.Ready; q > 0 {
			req.Lines = append(req.Lines, contract.PickedLine{Line: l.Line, Qty: q})
		}
	}
	return len(req.Lines) > 0 && p.tell(ctx, "/v1/fulfilments/"+f.ID+"/pick", req, nil)
}

// collects serves a customer who comes for what is laid by here, or was ordered elsewhere to be collected here.
func (p *picker) collects(ctx context.Context) {
	t := p.paper.laidBy(p.rng, p.site)
	if t == nil {
		return
	}
	var f contract.SiteFulfilment
	path := "/v1/fulfilments/" + contract.FulfilmentID(t.answer.ID, ledger.SiteID(p.site))
	if !p.look(ctx, path, &f) {
		return // its goods, or the word of it, have not come yet
	}
	if f.Status == contract.FulfilmentReserved || f.Status == contract.FulfilmentPicking {
		if !p.pick(ctx, &f) {
			return
		}
	} else if f.Status != contract.FulfilmentPicked && f.Status != contract.FulfilmentReady {
		return
	}
	var ready contract.FulfilmentAnswer
	if ready.Code = f.Code; f.Status != contract.FulfilmentReady && !p.tell(ctx, path+"/ready", contract.ReadyRequest{}, &ready) {
		return
	}
	if p.in100(10) && p.tell(ctx, path+"/collect", contract.CollectRequest{Code: "0" + ready.Code}, nil) {
		p.paper.fault("%s: %s was handed over for a wrong code", p.site, f.ID)
	}
	if p.tell(ctx, path+"/collect", contract.CollectRequest{Code: ready.Code}, nil) {
		p.paper.did("collected")
		if t.book != p.site {
			p.paper.did("collected_elsewhere")
		}
	}
}

// short tells that a unit was not found, and has it counted.
func (p *picker) short(ctx context.Context, f *contract.SiteFulfilment) {
	l := f.Lines[p.rng.IntN(len(f.Lines))]
	if l.Qty == 0 || kept(l.SKU) { // which lot is gone a count says, unit by unit
		return
	}
	req := contract.PickRequest{Lines: []contract.PickedLine{{Line: l.Line, Qty: l.Qty - 1, Short: 1}}}
	if !p.tell(ctx, "/v1/fulfilments/"+f.ID+"/pick", req, nil) {
		return
	}
	p.paper.receive(p.site, string(l.SKU), -1) // it is gone from the shelf
	p.paper.fell(true)
	if p.rng.IntN(2) == 0 {
		return
	}
	count := contract.AdjustmentRequest{Reason: "count", Approver: "sam", Lines: []contract.AdjustmentLine{{SKU: string(l.SKU), Qty: 1}}}
	if p.tell(ctx, "/v1/adjustments", count, nil) {
		p.paper.receive(p.site, string(l.SKU), 1)
	}
}

func (p *picker) reject(ctx context.Context, f *contract.SiteFulfilment) {
	if p.tell(ctx, "/v1/fulfilments/"+f.ID+"/reject", contract.RejectRequest{Reason: "damaged"}, nil) {
		p.paper.fell(false)
	}
}

// fell counts a leg that fell short.
func (p *paper) fell(picked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if picked {
		p.shorts++
	} else {
		p.rejects++
	}
}

// unpromised says whether the order was taken without a promise for all of it.
func (t *told) unpromised() bool {
	return t.answer != nil && t.answer.Status == ledger.StatusUnconfirmed
}

// confirm says what became of the orders that were taken without a promise: one counts as accepted once all of it is promised.
func (r *Result) confirm(p *paper, j *journals) {
	for _, t := range p.orders {
		f := j.orders[idOf(t)]
		if !t.unpromised() || f == nil || f.last == nil {
			continue
		}
		declined, open := false, false
		for i := range f.last.Lines {
			l := &f.last.Lines[i]
			declined, open = declined || l.Declined > 0, open || l.Unconfirmed > 0
		}
		switch {
		case f.canceled(t):
		case declined:
			r.Declined++
		case !open:
			r.Confirmed++
			r.Accepted++
			r.Offline++
		}
	}
}

func idOf(t *told) ledger.OrderID {
	if t.answer == nil {
		return ""
	}
	return t.answer.ID
}
