package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type binCmd struct {
	Move    binMoveCmd    `cmd:"" help:"Move units from one bin of a site into another: put away, or laid elsewhere."`
	PutAway binPutAwayCmd `cmd:"" help:"List what lies in the goods-in bins, and where it is to be put."`
}

type binMoveCmd struct {
	access
	keyed
	Lines   []string `arg:"" name:"sku=qty" help:"What is moved, for example TAP-22=3, or TAP-22=3@LOT7 where several lots lie there; all of it or nothing."`
	From    string   `help:"The bin that it lies in." required:"" placeholder:"BIN"`
	Bin     string   `name:"into" help:"The bin that it is put into." required:"" placeholder:"BIN"`
	Scanned string   `help:"The label of that bin, as it was scanned: it must be that bin." placeholder:"TEXT"`
	Scan    []string `help:"What was scanned of an article, for example TAP-22=5012345678900: it must be that article; may be given several times." placeholder:"SKU=BARCODE"`
	Blocked bool     `help:"Of what lies blocked there and is no return's; it stays blocked."`
	Reason  string   `help:"Why." placeholder:"TEXT"`
	By      string   `help:"Who moved it; default the user that runs this." placeholder:"NAME"`
	JSON    bool     `name:"json" help:"Print one JSON object as the last line."`
}

// lines reads what is moved, each with what was scanned of it.
func (c *binMoveCmd) lines() ([]contract.BinMoveLine, error) {
	scans := map[string]string{}
	for _, word := range c.Scan {
		sku, code, ok := strings.Cut(word, "=")
		if !ok || sku == "" || code == "" {
			return nil, fmt.Errorf("%w: %q is not such as TAP-22=5012345678900", errUsage, word)
		}
		scans[sku] = code
	}
	var out []contract.BinMoveLine
	for _, word := range c.Lines {
		sku, count, ok := strings.Cut(word, "=")
		count, of, named := strings.Cut(count, "@")
		n, err := strconv.ParseInt(count, 10, 64)
		if !ok || sku == "" || err != nil {
			return nil, fmt.Errorf("%w: %q is not such as TAP-22=3, or TAP-22=3@LOT7", errUsage, word)
		}
		var lots []contract.LotQty
		if named {
			if lots, err = lotWords(of, ledger.Qty(n)); err != nil {
				return nil, err
			}
		}
		out = append(out, eachLot(lots, ledger.Qty(n), func(lot string, q ledger.Qty) contract.BinMoveLine {
			return contract.BinMoveLine{SKU: sku, Barcode: scans[sku], Qty: q, From: c.From, To: c.Bin, Scanned: c.Scanned, Blocked: c.Blocked, Lot: lot}
		})...)
		delete(scans, sku)
	}
	for sku := range scans {
		return nil, fmt.Errorf("%w: %s was scanned, and is none of what is moved", errUsage, sku)
	}
	return out, nil
}

// Run moves units between bins.
func (c *binMoveCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	in := contract.BinMoveRequest{Reason: c.Reason, By: signer(c.By), Lines: lines}
	var out contract.BinMoveAnswer
	if err := c.call(h, http.MethodPost, "/v1/moves", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("move: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for _, l := range out.Lines {
		fmt.Fprintf(h.stdout, "%d of %s: %s -> %s\n", l.Qty, l.SKU, l.From, l.To)
	}
	return nil
}

type binPutAwayCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// putAwayPage is how many rows are fetched at a time.
const putAwayPage = 500

// Run lists what is to be put away, page by page.
func (c *binPutAwayCmd) Run(h *house) error {
	l := lister[contract.PutAwayList, contract.PutAwayRow]{
		path: "/v1/put-away", limit: putAwayPage,
		rows:    func(p *contract.PutAwayList) *[]contract.PutAwayRow { return &p.PutAway },
		next:    func(p *contract.PutAwayList) string { return p.NextCursor },
		columns: "BIN\tSKU\tQTY\tPUT INTO\tNAME",
		row: func(w io.Writer, r *contract.PutAwayRow) {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", r.Bin, r.SKU, r.Qty, r.To, r.Name)
		},
	}
	return l.run(h, &c.access, "what is to be put away", c.JSON)
}
