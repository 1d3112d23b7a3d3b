package demo

import (
	"context"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// carrier is who takes parcels.
const carrier = "own-lorry"

// A driver comes by every so often and is given the carrier's manifest: all that has left with it since the last one.
type driver struct {
	hand
	last uint64
}

func (s *show) carriers() (out []*driver) {
	for i := range s.company.sites {
		out = append(out, &driver{hand: s.hand(i, "driver", "pia", 9<<20, lorriesEach)})
	}
	return out
}

func (d *driver) work(ctx, drain context.Context) {
	for d.rest(ctx) {
		d.close(drain)
	}
}

// close takes the manifest. While nothing has left since, the last one is given again, which is no other one.
func (d *driver) close(ctx context.Context) {
	for more := true; more; {
		var m contract.Manifest
		if !d.tell(ctx, "/v1/carriers/"+carrier+"/manifest/close", contract.ManifestRequest{}, &m) || m.Number == d.last {
			return // nothing has left yet, or nothing since
		}
		d.last, more = m.Number, m.More
		d.paper.manifest(d.site, &m)
	}
}

// left notes what left with a carrier.
func (p *paper) left(site, tracking string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.shipments == nil {
		p.goods.shipments = map[string]map[string]bool{}
	}
	if p.goods.shipments[site] == nil {
		p.goods.shipments[site] = map[string]bool{}
	}
	p.goods.shipments[site][tracking] = true
}

// manifest notes one that was closed.
func (p *paper) manifest(site string, m *contract.Manifest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.manifests == nil {
		p.goods.manifests = map[string][]contract.Manifest{}
	}
	p.goods.manifests[site] = append(p.goods.manifests[site], *m)
}

// struckOff notes what the carrier has not taken after all.
func (p *paper) struckOff(site string, shipment uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.struck == nil {
		p.goods.struck = map[string]map[uint64]bool{}
	}
	if p.goods.struck[site] == nil {
		p.goods.struck[site] = map[uint64]bool{}
	}
	p.goods.struck[site][shipment] = true
}

// carriedFound is what a site's journal says of its carrier: what left, by its number, how often each stands on a closed manifest, and how often
// it was struck off.
type carriedFound struct {
	shipments map[uint64]string // tracking
	on        map[uint64]int
	off       map[uint64]int
}

func (g *goodsFound) carriedAt(site string) *carriedFound {
	f := g.carried[site]
	if f == nil {
		f = &carriedFound{shipments: map[uint64]string{}, on: map[uint64]int{}, off: map[uint64]int{}}
		g.carried[site] = f
	}
	return f
}

func (g *goodsFound) carries(site string, b *ledger.WorkBody) {
	if b.Refusal == "" && b.Shipped > 0 {
		g.carriedAt(site).shipments[b.Shipped] = b.Ship.Tracking
	}
}

func (g *goodsFound) manifest(site string, b *ledger.ManifestBody) {
	if b.Still {
		return
	}
	if b.Act == ledger.ManifestStrike {
		g.carriedAt(site).off[b.Shipment]++
		return
	}
	for n := b.From; n <= b.To; n++ {
		if b.Has(n) {
			g.carriedAt(site).on[n]++
		}
	}
}

// manifests says whether all that left with a carrier is known to whoever sent it, and stands on one manifest, as the driver has it: but for what
// was struck off, which stands on none.
func (v *verdict) manifests(p *paper, g *goodsFound) {
	for _, site := range sorted(g.carried) {
		f, given := g.carried[site], map[uint64]string{}
		for _, m := range p.goods.manifests[site] {
			for i := range m.Parcels {
				if !m.Parcels[i].Struck {
					given[m.Parcels[i].Shipment] = m.Parcels[i].Tracking
				}
			}
		}
		for n, tracking := range f.shipments {
			if !p.goods.shipments[site][tracking] {
				v.goodsUntold++
				v.say("%s: shipment %d, %s, left, and nobody was told of it", site, n, tracking)
			}
			struck := p.goods.struck[site][n]
			switch {
			case struck && (f.off[n] != 1 || f.on[n] != 0 || given[n] != ""):
				v.goodsUntold++
				v.say("%s: shipment %d, %s, was struck off: by the journal %d times, it stands on %d manifests, and the driver has %q", site, n, tracking, f.off[n], f.on[n], given[n])
			case !struck && (f.off[n] != 0 || f.on[n] != 1 || given[n] != tracking):
				v.goodsUntold++
				v.say("%s: shipment %d, %s, stands on %d manifests, is struck off %d times, and the driver has %q", site, n, tracking, f.on[n], f.off[n], given[n])
			}
		}
		if left, told := len(f.shipments), len(p.goods.shipments[site]); left != told {
			v.goodsUntold++
			v.say("%s: %d shipments left by its journal, %d by what was told", site, left, told)
		}
	}
}
