package hq

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *Server) getStock(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	name, err := variable(r, "sku")
	if err != nil {
		return err
	}
	sku, err := ledger.ParseSKU(name)
	if err != nil {
		return err
	}
	var rows []machine.SiteStock
	var components []ledger.Component
	componentRows := map[ledger.SKU][]machine.SiteStock{}
	known := false
	closed := map[ledger.SiteID]bool{} // nothing is promised from these now
	var due *contract.DueIn
	var onWay ledger.Qty
	s.View(func(m *machine.Machine) {
		_, known = m.Item(sku)
		rows, due, onWay, components = m.StockOf(sku), dueIn(m, sku), m.InTransit(sku), m.ComponentsOf(sku)
		all := rows
		for _, p := range components {
			componentRows[p.SKU] = m.StockOf(p.SKU)
			all = append(all, componentRows[p.SKU]...)
		}
		for _, row := range all {
			closed[row.Site.ID] = m.Closed(row.Site) != ""
		}
	})
	if !known && len(rows) == 0 {
		return contract.NotFound(fmt.Sprintf("There is no item %s.", sku))
	}
	out := s.stock(sku, rows, closed)
	out.DueIn, out.InTransit = due, onWay
	if len(components) > 0 {
		out.Promisable, out.Kit = contract.PromisableOf(components, func(sku ledger.SKU) contract.Promisable { return s.stock(sku, componentRows[sku], closed).Promisable })
	}
	return writeJSON(w, http.StatusOK, out)
}

// stock adds up what the sites have. What HQ holds is sure; what a site that answers now has
// available may be asked for; the rest is likely, as old as the site's last word,
// but for a lost one's.
func (s *Server) stock(sku ledger.SKU, rows []machine.SiteStock, closed map[ledger.SiteID]bool) contract.HQStock {
	out := contract.HQStock{SKU: sku, Sites: []contract.SiteStock{}}
	var ask contract.Sure
	var likely contract.Likely
	off, _ := s.leader() // nil on a follower: then nobody is known to be there
	for _, row := range rows {
		f := contract.FiguresOf(&row.Level)
		hq := row.Level.AllottedTo(ledger.HolderHQ)
		c := s.contact(off, row.Site)
		age := c.Age.Milliseconds()
		out.Sites = append(out.Sites, contract.SiteStock{Site: row.Site.ID, Figures: f,
			AllottedHQ: hq, AllottedOther: f.Allotted - hq, AgeMS: age, Lost: row.Site.Lost.Done()})
		out.OnHand += f.OnHand
		out.Blocked += f.Blocked
		out.Picked += f.Picked
		out.Reserved += f.Reserved
		out.Allotted += f.Allotted
		out.Available += f.Available
		out.Shortfall += f.Shortfall
		if !closed[row.Site.ID] {
			out.Promisable.Sure.Qty += row.Promisable()
		}
		switch {
		case f.Available == 0, row.Site.Lost.Done(): // what lies in a site that is given up is not to be counted on, nor is it at sites
		case c.Online && row.Site.Counter && !closed[row.Site.ID]: // a site without one has allotted what it could
			ask.Qty += f.Available
		default:
			likely.Qty += f.Available
			likely.AgeMS = max(likely.AgeMS, age)
		}
	}
	out.Promisable.Ask, out.Promisable.Likely = &ask, &likely
	return out
}

// contact says when a site was last heard of. Only the leader hears of sites; from anywhere else,
// and before a new leader's first word, it is what the state says.
func (s *Server) contact(off *office.Office, site *machine.Site) office.Contact {
	now := s.env.Clock.Wall()
	last := site.SeenAt
	if last.IsZero() {
		last = site.AddedAt
	}
	age := max(now.Sub(last), 0)
	if off != nil {
		if c := off.Contact(site.ID, now); c.Known {
			c.Age = min(c.Age, age) // one whose every hello was turned away since this leader began has no moment there
			return c
		}
	}
	return office.Contact{Age: age}
}
