package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type returnCmd struct {
	Take    returnTakeCmd    `cmd:"" help:"Take goods back. They stay blocked until somebody has looked. No money is paid by it."`
	Inspect returnInspectCmd `cmd:"" help:"Say what is done with returned goods: restock, block, scrap, or hand_back."`
	List    returnListCmd    `cmd:"" help:"List returns with which something is still to be done."`
	Show    returnShowCmd    `cmd:"" help:"Show one return as it stands."`
}

const pathReturns = "/v1/returns"

type returnTakeCmd struct {
	access
	keyed
	Lines   []string `arg:"" name:"line" help:"What comes back: with --order LINE=QTY, for example 1=2, or LINE/SKU=QTY where the order is another site's; without it SKU=QTY. Which lot or serial numbers they are may follow, and a disposition: 1=2@LOT7:restock. Of a kit that was sold as one each component has a line of its own, whose lot or serial number is said there: 3=2@SN1,SN2 4=1@LOT7."`
	Order   string   `help:"The order that they were sold by." placeholder:"ID"`
	Receipt string   `help:"What stands on the receipt." placeholder:"TEXT"`
	Reason  string   `help:"Why they come back." placeholder:"TEXT"`
	By      string   `help:"Who takes them back; default the user that runs this." placeholder:"NAME"`
	JSON    bool     `name:"json" help:"Print one JSON object as the last line."`
}

// returnWord reads a word such as 1/TAP-22=2@LOT7:restock: what, how many, of which lot, and what is done with them.
func returnWord(word string) (what string, q ledger.Qty, do string, of []contract.LotQty, err error) {
	what, rest, ok := strings.Cut(word, "=")
	count, do, _ := strings.Cut(rest, ":")
	count, lots, named := strings.Cut(count, "@")
	n, bad := strconv.ParseInt(count, 10, 64)
	if !ok || bad != nil || what == "" {
		return "", 0, "", nil, fmt.Errorf("%w: %q is no line such as 1=2, 1=2@LOT7 or TAP-22=2:restock", errUsage, word)
	}
	if named {
		of, err = lotWords(lots, ledger.Qty(n))
	}
	return what, ledger.Qty(n), do, of, err
}

func (c *returnTakeCmd) request() (contract.ReturnRequest, error) {
	in := contract.ReturnRequest{Order: c.Order, Receipt: c.Receipt, Reason: c.Reason, By: signer(c.By)}
	for _, word := range c.Lines {
		what, q, do, lots, err := returnWord(word)
		if err != nil {
			return in, err
		}
		l := contract.BackLine{SKU: what, Qty: q, Disposition: do, Lots: lotsBack(lots)}
		if c.Order != "" {
			number, sku, _ := strings.Cut(what, "/")
			if l.Line, err = strconv.Atoi(number); err != nil {
				return in, fmt.Errorf("%w: %q does not begin with a line of the order, such as 1=2", errUsage, word)
			}
			l.SKU = sku
		}
		in.Lines = append(in.Lines, l)
	}
	return in, nil
}

// Run takes goods back.
func (c *returnTakeCmd) Run(h *house) error {
	in, err := c.request()
	if err != nil {
		return err
	}
	var out contract.Return
	if err := c.call(h, http.MethodPost, pathReturns, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("take back: %w", err)
	}
	return tellReturn(h, &out, c.JSON)
}

type returnInspectCmd struct {
	access
	keyed
	ID     string   `arg:"" help:"The return."`
	Lines  []string `arg:"" name:"line" help:"LINE=QTY:DISPOSITION, for example 1=2:restock, or 1=2@LOT7:restock where the return has several lots."`
	Reason string   `help:"Why." placeholder:"TEXT"`
	By     string   `help:"Who looked; default the user that runs this." placeholder:"NAME"`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
}

// lotsBack are lots as a line that comes back names them.
func lotsBack(lots []contract.LotQty) (out []contract.NamedLot) {
	for _, l := range lots {
		out = append(out, contract.NamedLot{LotQty: l})
	}
	return out
}

// eachLot makes a line for each lot that is named, or one of none.
func eachLot[L any](lots []contract.LotQty, q ledger.Qty, line func(lot string, q ledger.Qty) L) (out []L) {
	for _, l := range lots {
		out = append(out, line(string(l.Lot), l.Qty))
	}
	if len(lots) == 0 {
		out = append(out, line("", q))
	}
	return out
}

// Run says what is done with returned goods.
func (c *returnInspectCmd) Run(h *house) error {
	in := contract.InspectRequest{Reason: c.Reason, By: signer(c.By)}
	for _, word := range c.Lines {
		what, q, do, lots, err := returnWord(word)
		line, bad := strconv.Atoi(what)
		if err == nil && (bad != nil || do == "") {
			err = fmt.Errorf("%w: %q is no line such as 1=2:restock", errUsage, word)
		}
		if err != nil {
			return err
		}
		in.Lines = append(in.Lines, eachLot(lots, q, func(lot string, q ledger.Qty) contract.InspectLine {
			return contract.InspectLine{Line: line, Qty: q, Disposition: do, Lot: lot}
		})...)
	}
	var out contract.Return
	if err := c.call(h, http.MethodPost, pathReturns+"/"+url.PathEscape(c.ID)+"/inspect", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("inspect return: %w", err)
	}
	return tellReturn(h, &out, c.JSON)
}

type returnShowCmd struct {
	access
	ID   string `arg:"" help:"The return."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows one return.
func (c *returnShowCmd) Run(h *house) error {
	var out contract.Return
	if err := c.call(h, http.MethodGet, pathReturns+"/"+url.PathEscape(c.ID), "", nil, &out); err != nil {
		return fmt.Errorf("show return: %w", err)
	}
	return tellReturn(h, &out, c.JSON)
}

type returnListCmd struct {
	access
	Status string `help:"Only those that are pending, received or inspected." placeholder:"WORD"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// returnsPage is how many returns are fetched at a time.
const returnsPage = 500

// Run lists returns, page by page.
func (c *returnListCmd) Run(h *house) error {
	l := lister[contract.ReturnList, contract.Return]{
		path: pathReturns, query: url.Values{"status": {c.Status}}, limit: returnsPage,
		rows:    func(p *contract.ReturnList) *[]contract.Return { return &p.Returns },
		next:    func(p *contract.ReturnList) string { return p.NextCursor },
		columns: "RETURN\tSTATUS\tCLAIM\tORDER\tTO LOOK AT\tBLOCKED",
		row: func(w io.Writer, r *contract.Return) {
			var received, blocked ledger.Qty
			for _, l := range r.Lines {
				received, blocked = received+l.Received, blocked+l.Blocked
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\n", r.ID, r.Status, r.Claim, r.Order, received, blocked)
		},
	}
	return l.run(h, &c.access, "returns", c.JSON)
}

// tellReturn prints a return, and what it does not do.
func tellReturn(h *house, r *contract.Return, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(r)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tSKU\tQTY\tTO LOOK AT\tBLOCKED\tRESTOCKED\tSCRAPPED\tHANDED BACK\tREFUSED")
	for _, l := range r.Lines {
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", l.Line, l.SKU, l.Qty, l.Received, l.Blocked, l.Restocked, l.Scrapped, l.HandedBack, l.Refused)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Claim == ledger.ClaimPending {
		fmt.Fprintln(h.stdout, "the book that sold these goods has not answered yet: keep them aside")
	}
	_, err := fmt.Fprintf(h.stdout, "return %s is %s (claim %s); no money was paid by it\n", r.ID, r.Status, r.Claim)
	return err
}
