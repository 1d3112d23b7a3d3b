package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type tenderCmd struct {
	Pay  tenderPayCmd  `cmd:"" help:"Take what an order is paid with, at a till whose drawer is open."`
	Show tenderShowCmd `cmd:"" help:"Show what a site has taken for an order and given back."`

	Receive tenderReceiveCmd `cmd:"" help:"Take money on a customer's account, or for a gift card or store credit that is sold or loaded."`
}

const pathPayments = "/v1/payments"

type tenderPayCmd struct {
	access
	keyed
	Order    string   `arg:"" help:"The order."`
	Tenders  []string `arg:"" name:"tender" help:"cash, cash=AMOUNT, cash=AMOUNT/GIVEN or cash=/GIVEN; card=AMOUNT:REFERENCE or card=:REFERENCE with the reference on the terminal's slip, never the card's number; account, account=AMOUNT or account=AMOUNT:CUSTOMER; gift_card=AMOUNT:NUMBER or store_credit=AMOUNT:NUMBER. Amounts are minor units; one tender may leave its amount out and pays the rest."`
	Till     string   `help:"Whose drawer is open." required:"" placeholder:"NAME"`
	Total    int64    `help:"What the order costs in all, in minor units; left out: as it was told before." placeholder:"N"`
	Currency string   `help:"The site's; another one is refused." placeholder:"CODE"`
	Deposit  bool     `help:"Some may stay due."`
	By       string   `help:"Who takes it; default the user that runs this." placeholder:"NAME"`
	JSON     bool     `name:"json" help:"Print one JSON object as the last line."`
}

// tenderWord reads a word such as cash=1235/2000 or card=765:TERM-1.
func tenderWord(word string) (w contract.TenderWish, err error) {
	kind, rest, _ := strings.Cut(word, "=")
	w.Tender = kind
	amount, given := rest, ""
	if kind != "cash" {
		amount, w.Ref, _ = strings.Cut(rest, ":")
	} else {
		amount, given, _ = strings.Cut(rest, "/")
	}
	for _, n := range []struct {
		text string
		to   *int64
	}{{amount, &w.Amount}, {given, &w.Given}} {
		if n.text == "" {
			continue
		}
		if *n.to, err = strconv.ParseInt(n.text, 10, 64); err != nil {
			return w, fmt.Errorf("%w: %q is no tender such as cash=1235/2000 or card=765:TERM-1", errUsage, word)
		}
	}
	return w, nil
}

// Run takes what an order is paid with.
func (c *tenderPayCmd) Run(h *house) error {
	in := contract.PaymentRequest{Order: c.Order, Till: c.Till, Total: c.Total, Currency: c.Currency, Deposit: c.Deposit, By: signer(c.By)}
	for _, word := range c.Tenders {
		w, err := tenderWord(word)
		if err != nil {
			return err
		}
		in.Tenders = append(in.Tenders, w)
	}
	var out contract.Payments
	if err := c.call(h, http.MethodPost, pathPayments, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("pay: %w", err)
	}
	return tellPayments(h, &out, c.JSON)
}

type tenderReceiveCmd struct {
	access
	keyed
	Asset   string   `arg:"" name:"asset" help:"credit:CUSTOMER, an account, or card:NUMBER, a gift card or store credit."`
	Amount  int64    `arg:"" help:"Minor units: so much less is owed on the account, or so much more is on the card."`
	Tenders []string `arg:"" name:"tender" help:"cash, cash=AMOUNT/GIVEN, card=AMOUNT:REFERENCE or card=:REFERENCE, as of tender pay."`
	Till    string   `help:"Whose drawer is open." required:"" placeholder:"NAME"`
	By      string   `help:"Who takes it; default the user that runs this." placeholder:"NAME"`
	JSON    bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run takes money on an account, or for a card.
func (c *tenderReceiveCmd) Run(h *house) error {
	in := contract.PaymentRequest{For: c.Asset, Till: c.Till, Total: c.Amount, By: signer(c.By)}
	for _, word := range c.Tenders {
		w, err := tenderWord(word)
		if err != nil {
			return err
		}
		in.Tenders = append(in.Tenders, w)
	}
	var out contract.Payments
	if err := c.call(h, http.MethodPost, pathPayments, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("receive on %s: %w", c.Asset, err)
	}
	return tellPayments(h, &out, c.JSON)
}

type tenderShowCmd struct {
	access
	Order string `arg:"" help:"The order."`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows what was taken for an order.
func (c *tenderShowCmd) Run(h *house) error {
	var out contract.Payments
	if err := c.call(h, http.MethodGet, pathPayments+"/"+url.PathEscape(c.Order), "", nil, &out); err != nil {
		return fmt.Errorf("show payments: %w", err)
	}
	return tellPayments(h, &out, c.JSON)
}

type refundCmd struct {
	access
	keyed
	Order  string   `arg:"" help:"The order."`
	Parts  []string `arg:"" name:"tender" help:"NUMBER, NUMBER=AMOUNT or NUMBER=AMOUNT:REFERENCE, as holdfast tender show lists tenders; without an amount all that is left of it. A card needs the reference on the terminal's slip."`
	Till   string   `help:"Whose drawer is open." required:"" placeholder:"NAME"`
	Reason string   `help:"Why." required:"" placeholder:"TEXT"`
	By     string   `help:"Who gives it back; default the user that runs this." placeholder:"NAME"`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
}

// refundWord reads a word such as 1=500 or 2=:TERM-2.
func refundWord(word string) (p contract.RefundPart, err error) {
	number, rest, _ := strings.Cut(word, "=")
	amount, ref, _ := strings.Cut(rest, ":")
	if p.Number, err = strconv.Atoi(number); err == nil && amount != "" {
		p.Amount, err = strconv.ParseInt(amount, 10, 64)
	}
	if err != nil {
		return p, fmt.Errorf("%w: %q is no tender such as 1=500 or 2=:TERM-2", errUsage, word)
	}
	p.Ref = ref
	return p, nil
}

// Run gives back what was paid.
func (c *refundCmd) Run(h *house) error {
	in := contract.RefundRequest{Order: c.Order, Till: c.Till, Reason: c.Reason, By: signer(c.By)}
	for _, word := range c.Parts {
		p, err := refundWord(word)
		if err != nil {
			return err
		}
		in.Tenders = append(in.Tenders, p)
	}
	var out contract.Payments
	if err := c.call(h, http.MethodPost, "/v1/refunds", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("refund: %w", err)
	}
	return tellPayments(h, &out, c.JSON)
}

type claimCmd struct {
	access
	keyed
	Order  string `arg:"" help:"The order, of another site."`
	Amount int64  `arg:"" help:"Minor units to be given back here."`
	Till   string `help:"Whose drawer is open." required:"" placeholder:"NAME"`
	Reason string `help:"Why." required:"" placeholder:"TEXT"`
	By     string `help:"Who asks; with --at-risk the supervisor who pays; default the user that runs this." placeholder:"NAME"`
	AtRisk bool   `help:"Pay it in cash now, without waiting for the answer, at the company's risk: as far as risk:SITE is allotted to this site. Takes a supervisor."`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run asks the book that owns an order.
func (c *claimCmd) Run(h *house) error {
	in := contract.RefundClaimRequest{Order: c.Order, Till: c.Till, Amount: c.Amount, Reason: c.Reason, By: signer(c.By)}
	path := "/v1/refund-claims"
	if c.AtRisk {
		path += "/at-risk"
	}
	var out contract.Payments
	if err := c.call(h, http.MethodPost, path, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("claim a refund: %w", err)
	}
	return tellPayments(h, &out, c.JSON)
}

// tellPayments prints what an order was paid with.
func tellPayments(h *house, p *contract.Payments, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(p)
	}
	money := func(n int64) string { return pricing.Figure(n, p.Currency) }
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TENDER\tKIND\tAMOUNT\tTAKEN\tREFUNDED\tLEFT\tRECEIPT\tREFERENCE")
	for _, t := range p.Tenders {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Number, t.Tender, money(t.Amount), money(t.Taken), money(t.Refunded), money(t.Left), t.Receipt, t.Ref)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, claim := range p.Claims {
		words := map[string]string{"asked": "waits for the book that owns the order", "refused": "nothing can be given back here"}[claim.Status]
		if words == "" {
			words = pricing.Text(claim.Granted, p.Currency) + " granted by " + string(claim.Owner)
		}
		fmt.Fprintf(h.stdout, "claim of %s: %s: %s\n", pricing.Text(claim.Amount, p.Currency), claim.Status, words)
	}
	for _, line := range []struct {
		amount int64
		words  string
	}{{p.Change, "change"}, {p.PaidBack, "to the customer in cash"}} {
		if line.amount > 0 {
			fmt.Fprintf(h.stdout, "%s: %s\n", line.words, pricing.Text(line.amount, p.Currency))
		}
	}
	if p.Receipt != "" {
		fmt.Fprintf(h.stdout, "receipt %s\n", p.Receipt)
	}
	if p.For != "" {
		_, err := fmt.Fprintf(h.stdout, "%s: %s received for %s\n", p.Order, pricing.Text(p.Paid, p.Currency), p.For)
		return err
	}
	if p.Total == 0 && len(p.Claims) > 0 { // what it costs is known where it was paid
		_, err := fmt.Fprintf(h.stdout, "order %s was paid elsewhere: %s of it may be given back here\n", p.Order, pricing.Text(p.Paid, p.Currency))
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "order %s is %s: %s of %s, %s due\n", p.Order, p.Status, money(p.Paid), pricing.Text(p.Total, p.Currency), money(p.Due))
	return err
}
