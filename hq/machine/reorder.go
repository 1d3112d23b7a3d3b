package machine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// reorderWalk bounds the articles that one page of reorders looks at.
const reorderWalk = 5_000

// A Reorder is an article of which a site has come down to its reorder point (RuleReorderAt): so many units bring it up to the level
// that is wished (RuleReorderTo). It is only said: nothing is ordered by itself.
type Reorder struct {
	Site  ledger.SiteID
	SKU   ledger.SKU
	Free  ledger.Qty // lies there, fit to be sold and promised to nobody
	Due   ledger.Qty // due in from suppliers there and promised to nobody, and what of it stands in drafts
	OnWay ledger.Qty // on its way there from other sites, or asked for
	At    ledger.Qty // the reorder point
	To    ledger.Qty // the level; at least one more than At
	Moves []ReorderMove
	Buy   ledger.Qty // what no other site has to spare
}

// A ReorderMove is what another site has to spare.
type ReorderMove struct {
	From ledger.SiteID
	Qty  ledger.Qty
}

// Has is what a site has or will have to promise.
func (r *Reorder) Has() ledger.Qty { return r.Free + r.Due + r.OnWay }

// Want is what brings it up to its level.
func (r *Reorder) Want() ledger.Qty { return r.To - r.Has() }

// comingTo is what of an article is to come to a site.
type comingTo struct {
	site ledger.SiteID
	sku  ledger.SKU
}

// reorders is what a page of reorders looks up.
type reorders struct {
	m      *Machine
	sites  []*Site
	drafts map[comingTo]ledger.Qty // ordered, and not sent yet
	onWay  map[comingTo]ledger.Qty
}

func (m *Machine) reorders() *reorders {
	r := &reorders{m: m, sites: m.Sites(), drafts: map[comingTo]ledger.Qty{}, onWay: map[comingTo]ledger.Qty{}}
	for _, ref := range m.derived.due.drafts {
		d, _ := m.deliveries.Get(deliveryKey(ref))
		for i := range d.Lines {
			r.drafts[comingTo{d.Site, d.Lines[i].SKU}] += d.Lines[i].Left()
		}
	}
	for _, id := range m.derived.transfers.ids {
		t, _ := m.transfers.Get(transferKey(id))
		for i := range t.Lines {
			l := &t.Lines[i]
			switch t.State {
			case ledger.TransferAsked, ledger.TransferApproved, ledger.TransferReserved:
				r.onWay[comingTo{t.To, l.SKU}] += l.Qty
			case ledger.TransferDispatched:
				r.onWay[comingTo{t.To, l.SKU}] += l.Sent
			}
		}
	}
	return r
}

// spare is what a site could send of an article without coming below what it is to keep itself.
type spare struct {
	site *Site
	qty  ledger.Qty
}

// of lists the sites that are to have more of an article, by site. What one is to get from another no second one is.
func (r *reorders) of(sku ledger.SKU) (out []Reorder) {
	m := r.m
	if it, known := m.Item(sku); !known || len(it.Kit()) > 0 {
		return nil
	}
	low := false
	for _, s := range r.sites {
		low = low || m.RuleFor(RuleReorderAt, s.ID, sku) > 0
	}
	if !low {
		return nil
	}
	free, sends := map[ledger.SiteID]ledger.Qty{}, map[ledger.SiteID]ledger.Qty{}
	for _, st := range m.StockOf(sku) {
		l := &st.Stock.Level
		free[st.Site.ID] = l.Sellable + l.Picked - l.Reserved - st.Stock.Drawn - st.Stock.Holds
		if sends[st.Site.ID] = st.Stock.Promisable(); st.Site.Counter {
			sends[st.Site.ID] = l.Available
		}
	}
	due := map[ledger.SiteID]ledger.Qty{}
	for _, l := range m.dueLines(sku, nil, m.counters.Today) {
		due[l.site] += l.free
	}
	var spares []spare
	for _, s := range r.sites {
		at := m.RuleFor(RuleReorderAt, s.ID, sku)
		to := max(m.RuleFor(RuleReorderTo, s.ID, sku), at+1)
		row := Reorder{Site: s.ID, SKU: sku, Free: free[s.ID], Due: due[s.ID] + r.drafts[comingTo{s.ID, sku}], OnWay: r.onWay[comingTo{s.ID, sku}], At: at, To: to}
		if at > 0 && row.Has() <= at && !s.Lost.Done() {
			out = append(out, row)
			continue
		}
		keeps := max(m.RuleFor(RuleNeverBelow, s.ID, sku), m.RuleFor(RuleKeepBack, s.ID, sku), m.RuleFor(RuleReorderTo, s.ID, sku), at)
		if n := min(free[s.ID]-keeps, sends[s.ID]); n > 0 && m.Closed(s) == "" {
			spares = append(spares, spare{s, n})
		}
	}
	for i := range out {
		out[i].share(spares)
	}
	return out
}

// share takes what is wanted of what others have to spare: of one that has it all before several, then of who has most.
func (r *Reorder) share(spares []spare) {
	want := r.Want()
	for want > 0 {
		slices.SortStableFunc(spares, func(a, b spare) int {
			return cmp.Or(-cmp.Compare(min(a.qty, want), min(b.qty, want)), cmp.Compare(a.site.Rank, b.site.Rank), strings.Compare(string(a.site.ID), string(b.site.ID)))
		})
		if len(spares) == 0 || spares[0].qty == 0 {
			break
		}
		n := min(spares[0].qty, want)
		spares[0].qty, want = spares[0].qty-n, want-n
		r.Moves = append(r.Moves, ReorderMove{spares[0].site.ID, n})
	}
	r.Buy = want
}

// ReordersOf lists the sites that are to have more of an article, by site, with what others have to spare, and what is to be bought.
func (m *Machine) ReordersOf(sku ledger.SKU) []Reorder { return m.reorders().of(sku) }

// Reorders lists what sites are to have more of, by SKU and site, of the SKUs after the one given: those that keep lets through, whole
// SKUs until there are limit or so many were looked at. next is where to go on; "" at the end.
func (m *Machine) Reorders(after ledger.SKU, limit int, keep func(*Reorder) bool) (out []Reorder, next ledger.SKU) {
	r := m.reorders()
	looked := 0
	for _, sku := range m.reordered(after) {
		if looked == reorderWalk || len(out) >= limit {
			return out, after
		}
		for _, row := range r.of(sku) {
			if keep(&row) {
				out = append(out, row)
			}
		}
		after, looked = sku, looked+1
	}
	return out, ""
}

// reordered lists the SKUs after one that a rule of reorder points may speak of, ascending, one more than a page looks at at most.
func (m *Machine) reordered(after ledger.SKU) (out []ledger.SKU) {
	prefix, wide := RuleReorderAt.String()+"\x00", false
	i, _ := slices.BinarySearch(m.derived.rules, ruleKey(prefix))
	for ; i < len(m.derived.rules) && strings.HasPrefix(string(m.derived.rules[i]), prefix); i++ {
		rule, _ := m.rules.Get(m.derived.rules[i])
		if wide = wide || rule.SKU == ""; rule.SKU > after {
			out = append(out, rule.SKU)
		}
	}
	if wide {
		for sku := range m.items.rows.AtFrom("", after) {
			if out = append(out, sku); len(out) > RulesMax+reorderWalk {
				break
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), reorderWalk+1)]
}
