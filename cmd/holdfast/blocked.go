package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type blockedCmd struct {
	List    blockedListCmd    `cmd:"" help:"List what lies blocked at a site, by SKU and bin."`
	Inspect blockedInspectCmd `cmd:"" help:"Say what is done with blocked goods that are no return's: restock, block or scrap."`
}

const pathBlocked = "/v1/blocked"

type blockedListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// blockedPage is how many SKUs are fetched at a time.
const blockedPage = 500

// Run lists what lies blocked, page by page.
func (c *blockedListCmd) Run(h *house) error {
	l := lister[contract.BlockedList, contract.BlockedStock]{
		path: pathBlocked, limit: blockedPage,
		rows:    func(p *contract.BlockedList) *[]contract.BlockedStock { return &p.Blocked },
		next:    func(p *contract.BlockedList) string { return p.NextCursor },
		columns: "SKU\tBIN\tBLOCKED\tOF RETURNS",
		row: func(w io.Writer, b *contract.BlockedStock) {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", b.SKU, b.Bin, b.Qty, b.Returned)
		},
	}
	return l.run(h, &c.access, "blocked", c.JSON)
}

type blockedInspectCmd struct {
	access
	keyed
	Lines  []string `arg:"" name:"line" help:"SKU=QTY:DISPOSITION, for example TAP-22=2:restock, or TAP-22=2@LOT7:restock where several lots lie there."`
	Bin    string   `help:"Where they lie; default MAIN." placeholder:"BIN"`
	ToBin  string   `help:"Where what is restocked is put; default where it lies." placeholder:"BIN"`
	Reason string   `required:"" help:"Why." placeholder:"TEXT"`
	By     string   `help:"Who looked; default the user that runs this." placeholder:"NAME"`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run says what is done with blocked goods.
func (c *blockedInspectCmd) Run(h *house) error {
	in := contract.BlockedRequest{Reason: c.Reason, By: signer(c.By)}
	for _, word := range c.Lines {
		what, q, do, lots, err := returnWord(word)
		if err == nil && do == "" {
			err = fmt.Errorf("%w: %q is no line such as TAP-22=2:restock", errUsage, word)
		}
		if err != nil {
			return err
		}
		in.Lines = append(in.Lines, eachLot(lots, q, func(lot string, q ledger.Qty) contract.BlockedLine {
			l := contract.BlockedLine{SKU: what, Qty: q, Disposition: do, Bin: c.Bin, Lot: lot}
			if do == "restock" {
				l.ToBin = c.ToBin
			}
			return l
		})...)
	}
	var out contract.BlockedAnswer
	if err := c.call(h, http.MethodPost, pathBlocked+"/inspect", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("inspect blocked goods: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for _, l := range out.Lines {
		fmt.Fprintf(h.stdout, "%d of %s in %s: %s\n", l.Qty, l.SKU, l.Bin, l.Disposition)
	}
	return nil
}
