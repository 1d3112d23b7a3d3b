package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type purchaseCmd struct {
	Put    purchasePutCmd    `cmd:"" help:"Write a purchase order down, or change it, at head office or at a site's node. With --sent its supplier has it, and its goods are due in."`
	List   purchaseListCmd   `cmd:"" help:"List purchase orders: all of them at head office, with --to NODE those that the site has written, also while its line is down."`
	Show   purchaseShowCmd   `cmd:"" help:"Show one, and at head office what has come of it."`
	Send   purchaseSendCmd   `cmd:"" help:"Say that its supplier has it: its goods are due in, and may be promised."`
	Close  purchaseCloseCmd  `cmd:"" help:"Say that what is due of it will not come."`
	Cancel purchaseCancelCmd `cmd:"" help:"Call it off, before anything of it has come."`
}

const pathPurchases = "/v1/purchases"

func purchasePath(ref string) string { return pathPurchases + "/" + url.PathEscape(ref) }

type purchasePutCmd struct {
	access
	Reference string   `arg:"" help:"The order's name, for example PO 812: it stands on the supplier's delivery note, and goods received under it count against it."`
	Lines     []string `arg:"" name:"sku=qty" help:"What is ordered in all: TAP-22=40, or 4 packs TAP-22=4/CASE; with what one of these costs in minor units TAP-22=4/CASE@1250."`
	Supplier  string   `help:"Who brings it; how late it is as a rule is learnt by this name." required:"" placeholder:"NAME"`
	Site      string   `help:"Where it comes in." required:"" placeholder:"NAME"`
	Due       string   `help:"The day, UTC." required:"" placeholder:"2026-12-10"`
	Currency  string   `help:"Of what is behind the @, for example GBP." placeholder:"CODE"`
	Sent      bool     `help:"Its supplier has it. Otherwise it is a draft, and nothing of it is due in."`
	Note      string   `help:"For people." placeholder:"TEXT"`
	Reason    string   `help:"Why it is changed; it is kept." placeholder:"TEXT"`
	By        string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Seen      *uint64  `help:"The order's version as you saw it in the list, 0 where there was none: if somebody has changed it since, nothing is changed. Default: the one that is there now." placeholder:"N"`
	JSON      bool     `name:"json" help:"Print one JSON object as the last line."`
}

// purchaseWishes reads words such as TAP-22=4/CASE@1250.
func purchaseWishes(words []string, currency string) (out []contract.PurchaseWish, err error) {
	for _, word := range words {
		sku, rest, ok := strings.Cut(word, "=")
		rest, cost, priced := strings.Cut(rest, "@")
		qty, pack, _ := strings.Cut(rest, "/")
		n, bad := strconv.ParseInt(qty, 10, 64)
		w := contract.PurchaseWish{SKU: sku, Qty: ledger.Qty(n), Pack: pack}
		if priced {
			amount, no := strconv.ParseInt(cost, 10, 64)
			bad = errors.Join(bad, no)
			w.Cost = &contract.Price{Amount: amount, Currency: currency}
		}
		if priced && currency == "" {
			return nil, fmt.Errorf("%w: say --currency: %s of what, in %q?", errUsage, cost, word)
		}
		if _, none := ledger.ParseSKU(sku); !ok || bad != nil || none != nil {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=40, TAP-22=4/CASE or TAP-22=4/CASE@1250", errUsage, word)
		}
		out = append(out, w)
	}
	return out, nil
}

// purchaseSeen is the version of an order that a change of it names: as said, else the one that is there now, 0 for none.
func (a *access) purchaseSeen(h *house, ref string, said *uint64) (*uint64, error) {
	if said != nil {
		return said, nil
	}
	var now contract.Purchase
	err := a.call(h, http.MethodGet, purchasePath(ref), "", nil, &now)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusNotFound {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at purchase order %s: %w", ref, err)
	}
	return &now.Version, nil
}

// Run puts the order. Run again it changes nothing.
func (c *purchasePutCmd) Run(h *house) error {
	lines, err := purchaseWishes(c.Lines, c.Currency)
	if err != nil {
		return err
	}
	seen, err := c.purchaseSeen(h, c.Reference, c.Seen)
	if err != nil {
		return err
	}
	in := contract.PurchaseRequest{Supplier: c.Supplier, Site: c.Site, Due: c.Due, Lines: lines, Note: c.Note, Reason: c.Reason, By: signer(c.By), Version: seen}
	if c.Sent {
		in.Status = ledger.PurchaseSent.String()
	}
	var out hq.PurchaseChanged
	if err := c.call(h, http.MethodPut, purchasePath(c.Reference), "", in, &out); err != nil {
		return fmt.Errorf("put purchase order %s: %w", c.Reference, err)
	}
	return tellPurchase(h, c.JSON, &out)
}

type purchaseListCmd struct {
	access
	Site     string `help:"Only what comes in there." placeholder:"NAME"`
	Supplier string `help:"Only of this supplier." placeholder:"NAME"`
	SKU      string `name:"sku" help:"Only with this one." placeholder:"SKU"`
	Status   string `help:"Only these: draft, sent, partly_received, received, closed_short or cancelled." placeholder:"WORD"`
	All      bool   `help:"Also those that are over."`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// purchasePage is how many purchase orders are fetched at a time.
const purchasePage = 500

// Run lists the orders, page by page.
func (c *purchaseListCmd) Run(h *house) error {
	l := lister[contract.PurchaseList, contract.Purchase]{
		path: pathPurchases, query: url.Values{"site": {c.Site}, "supplier": {c.Supplier}, "sku": {c.SKU}, "status": {c.Status}, "open": {flagWord(!c.All && c.Status == "")}}, limit: purchasePage,
		rows:    func(p *contract.PurchaseList) *[]contract.Purchase { return &p.Purchases },
		next:    func(p *contract.PurchaseList) string { return p.NextCursor },
		columns: "REFERENCE\tSUPPLIER\tSITE\tDUE\tSTATE\tVERSION\tTOTAL\tGOODS",
		row: func(w io.Writer, p *contract.Purchase) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Reference, p.Supplier, p.Site, p.Due, p.Status, p.Version, moneyOrNone(p.Total), purchaseGoods(p))
		},
	}
	return l.run(h, &c.access, "purchase orders", c.JSON)
}

// moneyOrNone is an amount for people, or a dash.
func moneyOrNone(m *contract.Money) string {
	if m == nil {
		return "-"
	}
	return pricing.Text(m.Amount, m.Currency)
}

// purchaseGoods says what is ordered, as far as a line of a list goes.
func purchaseGoods(p *contract.Purchase) string {
	var parts []string
	for i := range p.Lines {
		l := &p.Lines[i]
		if i == linesShown {
			parts = append(parts, fmt.Sprintf("and %d lines more", len(p.Lines)-i))
			break
		}
		if p.Seq > 0 { // of a node, which does not know what has come
			parts = append(parts, fmt.Sprintf("%d %s", l.Qty, l.SKU))
		} else {
			parts = append(parts, fmt.Sprintf("%d %s (%d came)", l.Qty, l.SKU, l.Received))
		}
	}
	return strings.Join(parts, "; ")
}

// A purchaseAct is an act on a purchase order as it is.
type purchaseAct struct {
	access
	Reference string  `arg:"" help:"The order's name."`
	Reason    string  `help:"Why; it is kept." placeholder:"TEXT"`
	By        string  `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Seen      *uint64 `help:"As in put." placeholder:"N"`
	JSON      bool    `name:"json" help:"Print one JSON object as the last line."`
}

// post does the act. Done again it changes nothing.
func (c *purchaseAct) post(h *house, act string) error {
	seen, err := c.purchaseSeen(h, c.Reference, c.Seen)
	if err != nil {
		return err
	}
	in := contract.PurchaseActRequest{Reason: c.Reason, By: signer(c.By), Version: seen}
	var out hq.PurchaseChanged
	if err := c.call(h, http.MethodPost, purchasePath(c.Reference)+"/"+act, "", in, &out); err != nil {
		return fmt.Errorf("%s purchase order %s: %w", act, c.Reference, err)
	}
	return tellPurchase(h, c.JSON, &out)
}

type (
	purchaseSendCmd   struct{ purchaseAct }
	purchaseCloseCmd  struct{ purchaseAct }
	purchaseCancelCmd struct{ purchaseAct }
)

func (c *purchaseSendCmd) Run(h *house) error   { return c.post(h, "send") }
func (c *purchaseCloseCmd) Run(h *house) error  { return c.post(h, "close") }
func (c *purchaseCancelCmd) Run(h *house) error { return c.post(h, "cancel") }

type purchaseShowCmd struct {
	access
	Reference string `arg:"" help:"The order's name."`
	JSON      bool   `name:"json" help:"Print one JSON object as the last line."`
}

func (c *purchaseShowCmd) Run(h *house) error {
	var out contract.PurchaseChanged
	if err := c.call(h, http.MethodGet, purchasePath(c.Reference), "", nil, &out); err != nil {
		return fmt.Errorf("show purchase order %s: %w", c.Reference, err)
	}
	if c.JSON && out.Seq == 0 {
		return json.NewEncoder(h.stdout).Encode(out.Purchase)
	}
	if out.Seq == 0 { // head office says at each change what slips
		return tellPurchaseLines(h.stdout, &out.Purchase)
	}
	return tellPurchase(h, c.JSON, &out)
}

// tellPurchase prints an order that was changed.
func tellPurchase(h *house, asJSON bool, out *hq.PurchaseChanged) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	if err := tellPurchaseLines(h.stdout, &out.Purchase); err != nil {
		return err
	}
	if out.Seq > 0 && len(out.Slips.List) == 0 { // of a node, which knows its own promises alone
		return nil
	}
	return tellSlips(h.stdout, &out.Slips, "")
}

func tellPurchaseLines(to io.Writer, p *contract.Purchase) error {
	total := ""
	if p.Total != nil {
		total = ", for " + moneyOrNone(p.Total)
	}
	fmt.Fprintf(to, "purchase order %s of %s for %s, due %s, is %s%s; version %d\n", p.Reference, p.Supplier, p.Site, p.Due, strings.ReplaceAll(p.Status, "_", " "), total, p.Version)
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SKU\tORDERED\tRECEIVED\tCLOSED SHORT\tDUE\tOVER\tDAY\tCOST")
	for i := range p.Lines {
		l := &p.Lines[i]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", l.SKU, purchaseQty(l), l.Received, l.Short, l.Left, l.Over, l.Due, moneyOrNone(l.Total))
	}
	return w.Flush()
}

func purchaseQty(l *contract.PurchaseLine) string {
	if l.Pack == nil {
		return strconv.FormatInt(int64(l.Qty), 10)
	}
	return fmt.Sprintf("%d (%d %s)", l.Qty, l.Pack.Qty, l.Pack.Name)
}
