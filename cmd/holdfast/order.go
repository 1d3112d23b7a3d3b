package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderCmd struct {
	List    orderListCmd    `cmd:"" help:"List orders: of a node its own, of head office those that it owns or has a part in, or all of one site."`
	Show    orderShowCmd    `cmd:"" help:"Show one order, line by line."`
	Explain orderExplainCmd `cmd:"" help:"Say what happened to an order, and why it is served from where it is."`
	Amend   orderAmendCmd   `cmd:"" help:"Change what an order of head office's is for."`
	Place   orderPlaceCmd   `cmd:"" help:"Place a draft: a parked sale or a quote becomes an order."`
	Decide  orderDecideCmd  `cmd:"" help:"Say what becomes of an order that waits for somebody's word, for the checks that it tripped."`
	Cancel  orderCancelCmd  `cmd:"" help:"Cancel an order: what is not handed over of it is free again. A draft is put away."`
}

type orderListCmd struct {
	access
	Site    string `help:"At head office: all orders of this site's book, and those that it is to serve; also of a site that is lost." placeholder:"NAME"`
	Status  string `help:"Only orders in this state, for example allocated or backordered." placeholder:"WORD"`
	Waiting bool   `help:"Only orders that wait for somebody's word: the same as --status waiting."`
	Open    bool   `help:"Only orders that are neither completed nor cancelled."`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// ordersPage is how many orders are fetched at a time.
const ordersPage = 500

// Run lists the orders, page by page.
func (c *orderListCmd) Run(h *house) error {
	if c.Site != "" {
		if _, err := ledger.ParseSite(c.Site); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if c.Waiting {
		c.Status = string(ledger.StatusWaiting)
	}
	l := lister[contract.OrderList, contract.Order]{
		path: "/v1/orders", query: url.Values{"site": {c.Site}, "status": {c.Status}}, limit: ordersPage,
		rows: func(p *contract.OrderList) *[]contract.Order { return &p.Orders },
		next: func(p *contract.OrderList) string { return p.NextCursor },
		keep: func(o *contract.Order) bool {
			return !c.Open || o.Status != ledger.StatusCompleted && o.Status != ledger.StatusCanceled
		},
		columns: "ID\tNUMBER\tOWNER\tSTATE\tTAKEN\tGOODS\tEXTERNAL ID\tCUSTOMER\tTOTAL",
		row: func(w io.Writer, o *contract.Order) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.Number, o.Owner, o.Status, o.TakenAt, goodsOf(o), o.ExternalID, o.Customer, totalOf(o))
		},
	}
	return l.run(h, &c.access, "orders", c.JSON)
}

// totalOf is what an order comes to, for people.
func totalOf(o *contract.Order) string {
	if o.Totals == nil {
		return "-"
	}
	return pricing.Text(o.Totals.Total, o.Totals.Currency)
}

// linesShown bounds what the list shows of one order.
const linesShown = 5

// goodsOf says what is ordered, and which site serves it.
func goodsOf(o *contract.Order) string {
	var parts []string
	for i := range o.Lines {
		l := &o.Lines[i]
		if i == linesShown {
			parts = append(parts, fmt.Sprintf("and %d lines more", len(o.Lines)-i))
			break
		}
		var from []string
		for _, r := range l.Reserved {
			from = append(from, fmt.Sprintf("%d %s", r.Qty, r.Site))
		}
		if l.Backordered > 0 {
			from = append(from, fmt.Sprintf("%d waiting", l.Backordered))
		}
		text := fmt.Sprintf("%d %s", l.Qty, l.SKU)
		if len(from) > 0 {
			text += " (" + strings.Join(from, ", ") + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

type orderCancelCmd struct {
	access
	ID   string `arg:"" name:"id" help:"The order's id, its number, or its number in another system (external id)."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*orderCancelCmd) Help() string {
	return "At a node or at head office. A book that does not own the order passes the cancel on to the one that does; where that one does not answer, " +
		"nothing is changed and the command says so. An order of a lost site's own book can be cancelled by nobody before the site is back: tell the customer, " +
		"and take an order anew at head office if it is to be served from elsewhere."
}

// Run cancels. Run again it says that the order is cancelled, by the answer of the first time.
func (c *orderCancelCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, "")
	if err != nil {
		return fmt.Errorf("cancel order %s: %w", c.ID, err)
	}
	var o contract.Order
	if err := c.call(h, http.MethodPost, "/v1/orders/"+string(id)+"/cancel", "order-cancel-"+string(id), nil, &o); err != nil {
		return fmt.Errorf("cancel order %s: %w", id, orderFault(err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(o)
	}
	_, err = fmt.Fprintf(h.stdout, "order %s (%s of %s) is %s\n", o.Number, o.ID, o.Owner, o.Status)
	return err
}
