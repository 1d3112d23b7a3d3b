package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type drawerCmd struct {
	Open   drawerOpenCmd  `cmd:"" help:"Open a till's cash drawer with its float. Money is taken only at a till whose drawer is open."`
	PayIn  drawerInCmd    `cmd:"" name:"pay-in" help:"Pay cash into a drawer, for a reason."`
	PayOut drawerOutCmd   `cmd:"" name:"pay-out" help:"Pay cash out of a drawer, for a reason; no more than lies in it."`
	Close  drawerCloseCmd `cmd:"" help:"Count a drawer and close it. A count that differs needs a reason."`
	List   drawerListCmd  `cmd:"" help:"List the drawers that are open, and where the site's money is."`
}

const pathDrawers = "/v1/drawers"

func drawerPath(till, act string) string { return pathDrawers + "/" + url.PathEscape(till) + "/" + act }

type drawerOpenCmd struct {
	access
	keyed
	Till         string `arg:"" help:"The till."`
	Float        int64  `help:"Minor units that are put into it." required:"" placeholder:"N"`
	Currency     string `help:"Needed when the first drawer of a site is opened, for example GBP; the same ever after." placeholder:"CODE"`
	SmallestCoin int64  `help:"Minor units that cash is rounded to, half of one up; left out: nothing is rounded." placeholder:"N"`
	By           string `help:"Who opens it; default the user that runs this." placeholder:"NAME"`
	JSON         bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run opens a drawer.
func (c *drawerOpenCmd) Run(h *house) error {
	in := contract.DrawerOpenRequest{Float: c.Float, Currency: c.Currency, SmallestCoin: c.SmallestCoin, By: signer(c.By)}
	return actOnDrawer(h, &c.access, &c.keyed, drawerPath(c.Till, "open"), in, c.JSON)
}

// drawerCash is what paying in and paying out have in common.
type drawerCash struct {
	access
	keyed
	Till   string `arg:"" help:"The till."`
	Amount int64  `arg:"" help:"Minor units."`
	Reason string `help:"What it is for." required:"" placeholder:"TEXT"`
	By     string `help:"Who; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

func (c *drawerCash) pay(h *house, act string) error {
	in := contract.DrawerCashRequest{Amount: c.Amount, Reason: c.Reason, By: signer(c.By)}
	return actOnDrawer(h, &c.access, &c.keyed, drawerPath(c.Till, act), in, c.JSON)
}

type drawerInCmd struct{ drawerCash }

// Run pays cash in.
func (c *drawerInCmd) Run(h *house) error { return c.pay(h, "pay-in") }

type drawerOutCmd struct{ drawerCash }

// Run pays cash out.
func (c *drawerOutCmd) Run(h *house) error { return c.pay(h, "pay-out") }

type drawerCloseCmd struct {
	access
	keyed
	Till    string `arg:"" help:"The till."`
	Counted int64  `help:"Minor units that lay in the drawer." required:"" placeholder:"N"`
	Reason  string `help:"Why it differs from what was expected." placeholder:"TEXT"`
	By      string `help:"Who counted; default the user that runs this." placeholder:"NAME"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run closes a drawer.
func (c *drawerCloseCmd) Run(h *house) error {
	in := contract.DrawerCloseRequest{Counted: c.Counted, Reason: c.Reason, By: signer(c.By)}
	return actOnDrawer(h, &c.access, &c.keyed, drawerPath(c.Till, "close"), in, c.JSON)
}

// actOnDrawer sends an act, and prints the session after it.
func actOnDrawer(h *house, a *access, k *keyed, path string, in any, asJSON bool) error {
	var out contract.Drawer
	if err := a.call(h, http.MethodPost, path, k.key(), in, &out); err != nil {
		k.unsure(h, err)
		return fmt.Errorf("drawer: %w", err)
	}
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	if _, err := fmt.Fprintf(h.stdout, "drawer %s, session %d, is %s: %s expected\n", out.Till, out.Session, out.Status, pricing.Text(out.Expected, out.Currency)); err != nil {
		return err
	}
	if out.Counted == nil {
		return nil
	}
	_, err := fmt.Fprintf(h.stdout, "counted %s, difference %s; %d receipts, cards %s\n", pricing.Text(*out.Counted, out.Currency), pricing.Text(*out.Difference, out.Currency),
		out.Receipts, pricing.Text(out.Cards-out.CardRefunds, out.Currency))
	return err
}

type drawerListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the drawers that are open.
func (c *drawerListCmd) Run(h *house) error {
	var out contract.DrawerList
	if err := c.call(h, http.MethodGet, pathDrawers, "", nil, &out); err != nil {
		return fmt.Errorf("list drawers: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TILL\tSESSION\tFLOAT\tIN\tOUT\tSALES\tREFUNDS\tEXPECTED\tCARDS")
	for _, d := range out.Drawers {
		fmt.Fprintf(w, "%s\t%d", d.Till, d.Session)
		for _, n := range []int64{d.Float, d.PaidIn, d.PaidOut, d.Sales, d.Refunds, d.Expected, d.Cards - d.CardRefunds} {
			fmt.Fprintf(w, "\t%s", pricing.Figure(n, d.Currency))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return tellBalances(h.stdout, out.Balances, out.Currency)
}

// tellBalances prints accounts of money.
func tellBalances(to io.Writer, list []contract.Balance, currency string) error {
	for _, b := range list {
		name := b.Account
		if b.Till != "" {
			name += " " + string(b.Till)
		}
		if _, err := fmt.Fprintf(to, "%s: %s\n", name, pricing.Text(b.Amount, currency)); err != nil {
			return err
		}
	}
	return nil
}

type dayCmd struct {
	End  dayEndCmd  `cmd:"" help:"End the trading day of a site, once all its drawers are closed."`
	Show dayShowCmd `cmd:"" help:"Show the figures of a trading day of a site."`
	List dayListCmd `cmd:"" help:"List the trading days of sites, as head office adds them up."`
}

type dayEndCmd struct {
	access
	keyed
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run ends the day.
func (c *dayEndCmd) Run(h *house) error {
	var out contract.Day
	if err := c.call(h, http.MethodPost, "/v1/days/end", c.key(), struct{}{}, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("end day: %w", err)
	}
	return tellDay(h, &out, c.JSON)
}

type dayShowCmd struct {
	access
	Day  string `arg:"" optional:"" default:"now" help:"Its number; left out: the one that has not ended."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows a day.
func (c *dayShowCmd) Run(h *house) error {
	var out contract.Day
	if err := c.call(h, http.MethodGet, "/v1/days/"+url.PathEscape(c.Day), "", nil, &out); err != nil {
		return fmt.Errorf("show day: %w", err)
	}
	return tellDay(h, &out, c.JSON)
}

func tellDay(h *house, d *contract.Day, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(d)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TENDER\tTAKEN\tREFUNDED\tPAYMENTS\tREFUNDS")
	for _, t := range d.Tenders {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", t.Tender, pricing.Figure(t.Taken, d.Currency), pricing.Figure(t.Refunded, d.Currency), t.Payments, t.Refunds)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range []struct {
		amount int64
		words  string
	}{{d.Accounts, "of it on accounts"}, {d.Sold, "of it for gift cards and store credit"}} {
		if line.amount != 0 {
			fmt.Fprintf(h.stdout, "%s: %s\n", line.words, pricing.Text(line.amount, d.Currency))
		}
	}
	if err := tellBalances(h.stdout, d.Sums, d.Currency); err != nil {
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "day %d of %s is %s, %s\n", d.Day, d.Site, d.Status, d.Date)
	return err
}

type dayListCmd struct {
	access
	Site string `help:"Only of this site." placeholder:"NAME"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// daysPage is how many days are fetched at a time.
const daysPage = 500

// Run lists days, page by page.
func (c *dayListCmd) Run(h *house) error {
	l := lister[contract.DayList, contract.Day]{
		path: "/v1/days", query: url.Values{"site": {c.Site}}, limit: daysPage,
		rows:    func(p *contract.DayList) *[]contract.Day { return &p.Days },
		next:    func(p *contract.DayList) string { return p.NextCursor },
		columns: "SITE\tDAY\tDATE\tSTATUS\tTENDER\tTAKEN\tREFUNDED\tDIFFERENCE",
		row: func(w io.Writer, d *contract.Day) {
			difference := int64(0)
			for _, s := range d.Sums {
				if s.Account == "difference" {
					difference = s.Amount
				}
			}
			for _, t := range d.Tenders {
				fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Site, d.Day, d.Date, d.Status, t.Tender, pricing.Text(t.Taken, d.Currency),
					pricing.Figure(t.Refunded, d.Currency), pricing.Figure(difference, d.Currency))
			}
			if len(d.Tenders) == 0 {
				fmt.Fprintf(w, "%s\t%d\t%s\t%s\tnone\t\t\t%s\n", d.Site, d.Day, d.Date, d.Status, pricing.Figure(difference, d.Currency))
			}
		},
	}
	return l.run(h, &c.access, "days", c.JSON)
}
