package office

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	recallsMax = 64               // levels that one plan lowers
	neededFor  = 10 * time.Second // what was recalled is not passed on again so long
)

// recallable is how much of what head office has passed on in advance could be called back: what holders that
// answer still have, by their journals. A level that a person has set is left alone.
func recallable(m *machine.Machine, there presences, p *machine.Passed) ledger.Qty {
	owner, known := m.Site(p.Owner)
	if p.By != AdvanceBy || p.Off > 0 || !there[p.Holder].online || !known || !there[p.Owner].online || m.Closed(owner) != "" {
		return 0
	}
	if holder, ok := m.Site(p.Holder); !ok || m.Closed(holder) != "" || holder.Parked != "" {
		return 0
	}
	return max(p.Has, 0)
}

// A callBack is what is recalled for what a plan is short of.
type callBack struct {
	levels []*machine.PassOn
	coming bool // some is on its way already
}

// waits says whether what is called back may still serve.
func (c *callBack) waits() bool { return c.coming || len(c.levels) > 0 }

// callBackFor plans what is recalled where a plan lacks units that others were given in advance: those who are asked for
// it least give it up first. Nothing is where it would not do for an order that is served whole or not at all.
func callBackFor(m *machine.Machine, there presences, short []allocate.Need, s sourcing, now time.Time) (out callBack) {
	lacks, skus := lacking(short)
	for _, sku := range skus {
		if over := beyondCap(m, sku, lacks[sku], s, now); over > 0 {
			if lacks[sku] -= over; s.want.Whole {
				return callBack{} // it would not do
			}
		}
		for _, p := range leastAsked(m, sku, now) {
			if s.want.Only != "" && p.Owner != s.want.Only || !servesNow(m, p.Owner, sku, now) && !s.always {
				continue
			}
			have := recallable(m, there, p)
			if under := p.Has + p.Coming - p.Wish; under > 0 { // it was asked for, and has not answered yet
				n := min(under, have, lacks[sku])
				out.coming = out.coming || n > 0
				lacks[sku] -= n
				continue
			}
			give := min(have, lacks[sku])
			if give <= 0 || len(out.levels) == recallsMax {
				continue
			}
			lacks[sku] -= give
			out.levels = append(out.levels, &machine.PassOn{SKU: sku, Owner: p.Owner, Holder: p.Holder, Level: max(p.Has+p.Coming-give, 0), By: AdvanceBy, At: now})
		}
		if s.want.Whole && lacks[sku] > 0 {
			return callBack{}
		}
	}
	return out
}

// beyondCap is how much of what an order lacks a cap of its class keeps from it, wherever it would come from.
func beyondCap(m *machine.Machine, sku ledger.SKU, lacks ledger.Qty, s sourcing, now time.Time) ledger.Qty {
	if !m.Limited(sku) {
		return 0
	}
	want := ledger.Qty(0)
	for _, n := range s.want.Lines {
		if n.SKU == sku {
			want += n.Qty
		}
	}
	return min(lacks, max(want-m.Allowed(s.class(), sku, 0, now).All, 0))
}

// lacking sums up what a plan is short of, by SKU, and lists the SKUs as they come.
func lacking(short []allocate.Need) (map[ledger.SKU]ledger.Qty, []ledger.SKU) {
	lacks := map[ledger.SKU]ledger.Qty{}
	var skus []ledger.SKU
	for _, n := range short {
		if _, seen := lacks[n.SKU]; !seen {
			skus = append(skus, n.SKU)
		}
		lacks[n.SKU] += n.Qty
	}
	return lacks, skus
}

// leastAsked lists what was passed on of a SKU, the holder that is asked for it least first, then by owner and holder.
func leastAsked(m *machine.Machine, sku ledger.SKU, now time.Time) []*machine.Passed {
	all := m.PassedOf(sku)
	rate := make(map[ledger.SiteID]int64, len(all))
	for _, p := range all {
		rate[p.Holder] = m.DemandFor(p.Holder, sku, now).Orders
	}
	slices.SortStableFunc(all, func(a, b *machine.Passed) int { return cmp.Compare(rate[a.Holder], rate[b.Holder]) })
	return all
}

// recall calls back what an order needs. What comes back is left alone for a while: it must not be passed on again
// before the order has it.
func (o *Office) recall(ctx context.Context, now time.Time, levels []*machine.PassOn) error {
	for _, c := range levels {
		o.needed(c.SKU, now)
		res, err := o.propose(ctx, c)
		switch {
		case errors.Is(err, machine.ErrConflict):
		case err != nil:
			return err
		default:
			o.advancing.mu.Lock()
			o.advancing.recalled += max(-res.Passed, 0)
			o.advancing.mu.Unlock()
		}
	}
	return nil
}

// needed keeps a SKU from being passed on until neededFor is over.
func (o *Office) needed(sku ledger.SKU, now time.Time) {
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	for old, until := range a.needed {
		if !now.Before(until) {
			delete(a.needed, old)
		}
	}
	if len(a.needed) < dueMax {
		a.needed[sku] = now.Add(neededFor)
	}
}
