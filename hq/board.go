package hq

import (
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// How much the board shows.
const (
	boardOrders     = 20
	boardLines      = 5
	boardExceptions = 5
)

// A Board is what the page shows: the servers, the sites, the latest orders across sites.
type Board struct {
	Status     Status           `json:"status"`
	Servers    []ServerRow      `json:"servers"`
	Sites      []SiteRow        `json:"sites"`
	Orders     []BoardOrder     `json:"orders" jsonschema:"the latest with a leg that head office has placed, newest first"`
	Exceptions []BoardException `json:"exceptions" jsonschema:"the latest, newest first"`
}

// A BoardOrder is one order with how it was sourced.
type BoardOrder struct {
	ID      ledger.OrderID             `json:"id"`
	Number  string                     `json:"number"`
	Owner   ledger.SiteID              `json:"owner"`
	Status  ledger.Status              `json:"status"`
	TakenAt string                     `json:"taken_at"`
	Lines   int                        `json:"lines"`
	Legs    []BoardLeg                 `json:"legs" jsonschema:"the first few"`
	Explain []contract.LineExplanation `json:"explain" jsonschema:"of the first few lines"`
}

// A BoardLeg is what one site serves of a line.
type BoardLeg struct {
	Line  int           `json:"line"`
	SKU   ledger.SKU    `json:"sku"`
	Site  ledger.SiteID `json:"site"`
	Qty   ledger.Qty    `json:"qty"`
	State string        `json:"state"`
}

// A BoardException is something that somebody must look at.
type BoardException struct {
	ID   uint64        `json:"id"`
	What string        `json:"what"`
	Site ledger.SiteID `json:"site,omitempty"`
	SKU  ledger.SKU    `json:"sku,omitempty"`
	Why  string        `json:"why"`
	At   string        `json:"at"`
}

func (s *Server) board() (Board, error) {
	servers, err := s.servers()
	if err != nil {
		return Board{}, err
	}
	b := Board{Status: s.status(), Servers: servers.Servers, Sites: s.sites(), Orders: []BoardOrder{}, Exceptions: []BoardException{}}
	s.View(func(m *machine.Machine) {
		for _, o := range m.Latest(boardOrders, func(o *machine.Order) bool { return len(o.Legs) > 0 }) {
			e, _ := m.Explained(o.ID)
			b.Orders = append(b.Orders, boardOrder(o, e))
		}
		for _, e := range m.Exceptions(boardExceptions) {
			b.Exceptions = append(b.Exceptions, BoardException{ID: e.ID, What: e.What, Site: e.Site, SKU: e.SKU, Why: e.Why, At: contract.Moment(e.At)})
		}
	})
	return b, nil
}

func boardOrder(o *machine.Order, e *machine.Explained) BoardOrder {
	out := BoardOrder{ID: o.ID, Number: o.Number(), Owner: o.Owner, Status: o.Status, TakenAt: contract.Moment(o.TakenAt),
		Lines: len(o.Lines), Legs: []BoardLeg{}, Explain: []contract.LineExplanation{}}
	for _, l := range o.Legs[:min(len(o.Legs), boardLines)] {
		out.Legs = append(out.Legs, BoardLeg{Line: l.Line, SKU: l.SKU, Site: l.Site, Qty: l.Qty, State: l.State.String()})
	}
	if e != nil {
		if why, err := e.Explain.Open(); err == nil { // a page shows what it can
			why.Lines = why.Lines[:min(len(why.Lines), boardLines)]
			out.Explain = planned(&why)
		}
	}
	return out
}
