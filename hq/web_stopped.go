package hq

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Whoever stops a site, or has it serve less, is told what of orders lies there already.

// SiteLeft is what a site still has of open orders that by its terms it would not be given any more.
type SiteLeft struct {
	Site   ledger.SiteID    `json:"site"`
	Orders int              `json:"orders" jsonschema:"open orders with legs there"`
	More   bool             `json:"more,omitempty" jsonschema:"not all were looked at: there may be more"`
	First  []ledger.OrderID `json:"first" jsonschema:"the first 20 of them"`
	Words  string           `json:"words" jsonschema:"that, for people, and what can be done"`
}

// Bounds of a look at what terms leave.
const (
	leftNamed  = 20      // orders that an answer names of one site
	leftLooked = 200_000 // orders looked at for one request
)

// leavesAt counts what the terms of c, of each site the last, would leave where they are put; and has c say it, so that every server
// raises the same. It looks at siteOrdersOpen orders of a site at most, some in one view.
func (s *Server) leavesAt(c *machine.SetSourcing) (out []SiteLeft) {
	budget := leftLooked
	for i := range c.Terms {
		t := c.Terms[i].Plain()
		if later := slices.ContainsFunc(c.Terms[i+1:], func(o machine.Terms) bool { return o.Site == t.Site }); later {
			continue
		}
		if left := s.leftBy(t, &budget); left.Orders > 0 {
			out = append(out, left)
		}
	}
	slices.SortFunc(out, func(a, b SiteLeft) int { return cmp.Compare(a.Site, b.Site) })
	if s.knows(machine.AgreeCommands) {
		for _, l := range out {
			c.Left = append(c.Left, machine.LegsLeft{Site: l.Site, Orders: l.Orders})
		}
	}
	return out
}

// leftBy counts what terms would leave at their site, as far as the budget, in orders looked at, goes.
func (s *Server) leftBy(t *machine.Terms, budget *int) SiteLeft {
	out := SiteLeft{Site: t.Site, First: []ledger.OrderID{}}
	known := looked(s, func(m *machine.Machine) bool { _, ok := m.Site(t.Site); return ok })
	want := wantedOrders{open: true}
	after := ledger.OrderID("")
	for n := 0; known; n += siteOrdersPage {
		if out.More = n >= siteOrdersOpen || *budget <= 0; out.More {
			break
		}
		*budget -= siteOrdersPage
		s.View(func(m *machine.Machine) {
			var rows []machine.SiteOrder
			rows, after = m.OrdersOf(t.Site, after, siteOrdersPage, want.keep)
			for _, row := range rows {
				if row.Order == nil || !t.Bars(row.Order) {
					continue
				}
				if out.Orders++; len(out.First) < leftNamed {
					out.First = append(out.First, row.ID)
				}
			}
		})
		if after == "" {
			break
		}
	}
	if out.Orders > 0 {
		n := fmt.Sprintf("%d open orders with legs", out.Orders)
		if out.Orders == 1 {
			n = "1 open order with legs"
		}
		if out.More {
			n += ", or more,"
		}
		out.Words = fmt.Sprintf("%s at %s stay there until they are moved, which head office tries soon, or have left: holdfast order list --site %s --open", n, t.Site, t.Site)
	}
	return out
}

// planAgain has orders planned again soon, where this server leads.
func (s *Server) planAgain() {
	if off, err := s.leader(); err == nil {
		off.PlanAgain()
	}
}
