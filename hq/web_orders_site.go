package hq

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Bounds of a look at a site's orders. One that the site serves by itself is read from its journal.
const (
	siteOrdersPage = 2_000  // looked at for one page; a page may so be short, and still not the last
	siteOrdersOpen = 20_000 // looked at to count those of a lost site
)

// wantedOrders says which orders a list is to have.
type wantedOrders struct {
	status ledger.Status // "": any
	since  time.Time
	open   bool // neither completed nor cancelled
}

func (w *wantedOrders) keep(status ledger.Status, takenAt time.Time) bool {
	return (w.status == "" || status == w.status) && !takenAt.Before(w.since) && (!w.open || isOpen(status))
}

func isOpen(status ledger.Status) bool {
	return status != ledger.StatusCompleted && status != ledger.StatusCanceled
}

// siteOrders gives a page of a site's orders: those that its book owns, and those that promise units of it.
func (s *Server) siteOrders(ctx context.Context, site ledger.SiteID, page contract.Page, want *wantedOrders) (out []contract.Order, next ledger.OrderID, err error) {
	var rows []machine.SiteOrder
	known := false
	s.View(func(m *machine.Machine) {
		_, known = m.Site(site)
		rows, next = m.OrdersOf(site, ledger.OrderID(page.After), siteOrdersPage, want.keep)
	})
	if !known {
		return nil, "", &machine.SiteUnknownError{Site: site}
	}
	out = []contract.Order{}
	for i, row := range rows {
		if len(out) == page.Limit {
			next = rows[i-1].ID
			break
		}
		if row.Order != nil {
			out = append(out, renderKnown(row.Order, looked(s, func(m *machine.Machine) uint64 { return m.VersionOf(row.ID) })))
			continue
		}
		o, err := s.ownersOrder(ctx, site, row.Seq, row.ID)
		if err != nil {
			return nil, "", err
		}
		if want.keep(o.Status, o.TakenAt) {
			out = append(out, contract.RenderOrder(o, contract.Seen{Seq: uint64(row.Seq), Ack: contract.Shared}))
		}
	}
	s.View(func(m *machine.Machine) {
		for i := range out {
			promises(m, &out[i])
		}
	})
	return out, next, nil
}

// leftOrders remembers how many open orders lost sites have. It is counted anew when the site's
// journal or commands have gone on, which of a lost site is seldom.
type leftOrders struct {
	mu   sync.Mutex
	rows map[ledger.SiteID]left
}

type left struct {
	stored ledger.Position
	issue  ledger.Cursor
	open   int
	all    bool // all were looked at; else there may be more
}

// leftAt counts the open orders of a lost site. Nobody takes them back: the customers were promised, and somebody
// has to decide what becomes of each.
func (s *Server) leftAt(site *machine.Site) (open int, all bool) {
	s.left.mu.Lock()
	defer s.left.mu.Unlock()
	if l, ok := s.left.rows[site.ID]; ok && l.stored == site.Stored && l.issue == site.Issue {
		return l.open, l.all
	}
	want := wantedOrders{open: true}
	var rows []machine.SiteOrder
	l, next, ready := left{stored: site.Stored, issue: site.Issue}, ledger.OrderID(""), true
	s.View(func(m *machine.Machine) { rows, next = m.OrdersOf(site.ID, "", siteOrdersOpen, want.keep) })
	for _, row := range rows {
		if row.Order != nil {
			l.open++
			continue
		}
		o, err := s.orderAt(site.ID, row.Seq, row.ID)
		if err != nil || o == nil {
			ready = false // this server's copy of the journal has a gap, which is being closed
			continue
		}
		if isOpen(o.Status) {
			l.open++
		}
	}
	if l.all = next == "" && ready; ready {
		if s.left.rows == nil {
			s.left.rows = map[ledger.SiteID]left{}
		}
		s.left.rows[site.ID] = l
	}
	return l.open, l.all
}

// leftWords says what is to be looked at of a lost site's orders, for people; "" where nothing.
func leftWords(site ledger.SiteID, open int, all bool) string {
	how := fmt.Sprintf("holdfast order list --site %s --open", site)
	switch {
	case !all:
		return fmt.Sprintf("%d or more orders are open there and stay so: %s", open, how)
	case open == 1:
		return "1 order is open there and stays so: " + how
	case open > 1:
		return fmt.Sprintf("%d orders are open there and stay so: %s", open, how)
	default:
		return ""
	}
}
