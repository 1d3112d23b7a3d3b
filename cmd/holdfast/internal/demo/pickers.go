package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A picker goes round a site with what is reserved there. Most is found, and nothing is told of it; some is not there, and
// some is not served. What was not found is counted: half of the times it turns up.
type picker struct {
	site  string
	list  *client.Client // what there is to pick; asked once
	cl    *client.Client
	rng   *rand.Rand
	paper *paper
	pause time.Duration
	told  int
}

// pickers makes the pickers of the company, one at each site.
func (s *show) pickers() (out []*picker) {
	for i, spec := range s.company.sites {
		out = append(out, &picker{site: spec.name, list: s.company.nodeClient(i, 1), cl: s.company.nodeClient(i, 600), paper: s.paper,
			rng: rand.New(rand.NewPCG(s.cfg.Seed, uint64(i+1)<<48)), pause: 400 * time.Millisecond})
	}
	return out
}

// work goes on until ctx ends; drain bounds how long what is unanswered is repeated after that.
func (p *picker) work(ctx, drain context.Context) {
	for world.Rest(ctx, time.Duration(p.rng.ExpFloat64()*float64(p.pause))) == nil {
		var page contract.FulfilmentList
		if _, err := p.list.Do(ctx, http.MethodGet, "/v1/fulfilments?limit=50", "", nil, &page); err != nil || len(page.Fulfilments) == 0 {
			continue
		}
		f := page.Fulfilments[p.rng.IntN(len(page.Fulfilments))]
		switch n := p.rng.IntN(100); {
		case n < 60: // found
		case n < 85:
			p.short(drain, &f)
		default:
			p.reject(drain, &f)
		}
	}
}

// short tells that a unit was not found, and has it counted.
func (p *picker) short(ctx context.Context, f *contract.SiteFulfilment) {
	l := f.Lines[p.rng.IntN(len(f.Lines))]
	p.told++
	key := fmt.Sprintf("pick-%s-%d", p.site, p.told)
	req := contract.PickRequest{Lines: []contract.PickedLine{{Line: l.Line, Qty: l.Qty - 1, Short: 1}}}
	if !p.tell(ctx, key, "/v1/fulfilments/"+f.ID+"/pick", req) {
		return
	}
	p.paper.receive(p.site, string(l.SKU), -1) // it is gone from the shelf
	p.paper.fell(true)
	if p.rng.IntN(2) == 0 {
		return
	}
	count := contract.AdjustmentRequest{Reason: "count", Approver: "demo", Lines: []contract.AdjustmentLine{{SKU: string(l.SKU), Qty: 1}}}
	if p.tell(ctx, "count-"+key, "/v1/adjustments", count) {
		p.paper.receive(p.site, string(l.SKU), 1)
	}
}

func (p *picker) reject(ctx context.Context, f *contract.SiteFulfilment) {
	p.told++
	if p.tell(ctx, fmt.Sprintf("reject-%s-%d", p.site, p.told), "/v1/fulfilments/"+f.ID+"/reject", contract.RejectRequest{Reason: "damaged"}) {
		p.paper.fell(false)
	}
}

// tell says whether it was written down. An order may have been cancelled, or picked, meanwhile.
func (p *picker) tell(ctx context.Context, key, path string, req any) bool {
	_, err := p.cl.Do(ctx, http.MethodPost, path, key, req, nil)
	no, isNo := errors.AsType[*client.Refusal](err)
	switch {
	case err == nil:
		return true
	case isNo && (no.Status == http.StatusConflict || no.Status == http.StatusNotFound):
	case isNo && no.Status < 500:
		p.paper.fault("%s %s: refused with %v", p.site, key, no)
	default:
		p.paper.fault("%s %s: no answer: %v", p.site, key, err) // nobody knows what lies on the shelf
	}
	return false
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
