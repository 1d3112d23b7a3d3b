package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

type reorderCmd struct {
	List reorderListCmd `cmd:"" help:"List what has come down to its reorder point (holdfast policy set --reorder-at, --reorder-to), and where more is to come from."`
	Take reorderTakeCmd `cmd:"" help:"Make a suggestion a transfer, or a draft of a purchase order."`
}

type reorderListCmd struct {
	access
	Site     string `help:"Only what this site is to have." placeholder:"NAME"`
	Supplier string `help:"Only items of this supplier." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// reorderPage is how many rows are fetched at a time.
const reorderPage = 500

func (c *reorderListCmd) Run(h *house) error {
	l := lister[hq.ReorderList, hq.ReorderRow]{
		path: "/v1/reorder", query: url.Values{"site": {c.Site}, "supplier": {c.Supplier}}, limit: reorderPage,
		rows:    func(p *hq.ReorderList) *[]hq.ReorderRow { return &p.Reorders },
		next:    func(p *hq.ReorderList) string { return p.NextCursor },
		columns: "SKU\tSITE\tFREE\tDUE\tON ITS WAY\tREORDER AT\tTO\tSUGGESTED",
		row: func(w io.Writer, r *hq.ReorderRow) {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", r.SKU, r.Site, r.Free, r.Due, r.OnWay, r.At, r.To, suggestedWords(r))
		},
	}
	return l.run(h, &c.access, "reorders", c.JSON)
}

// suggestedWords says where more is to come from.
func suggestedWords(r *hq.ReorderRow) string {
	var parts []string
	for _, m := range r.Transfers {
		parts = append(parts, fmt.Sprintf("%d from %s", m.Qty, m.From))
	}
	if r.Buy > 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("buy %d %s", r.Buy, ofSupplier(r.Supplier))))
	}
	return strings.Join(parts, "; ")
}

func ofSupplier(name string) string {
	if name == "" {
		return ""
	}
	return "of " + name
}

type reorderTakeCmd struct {
	access
	keyed
	Site     string `arg:"" help:"The site that is to have more."`
	SKU      string `arg:"" name:"sku" help:"The article."`
	From     string `help:"The site that sends. Left out: it is bought." placeholder:"NAME"`
	Qty      int64  `help:"How many; default as suggested." placeholder:"N"`
	Supplier string `help:"Who brings what is bought; default the item's." placeholder:"NAME"`
	Due      string `help:"The day of what is bought; default by the item's lead time." placeholder:"2026-12-10"`
	By       string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

func (c *reorderTakeCmd) Run(h *house) error {
	in := hq.ReorderTake{Site: c.Site, SKU: c.SKU, From: c.From, Qty: ledger.Qty(c.Qty), Supplier: c.Supplier, Due: c.Due, By: signer(c.By)}
	var out hq.ReorderTaken
	if err := c.call(h, http.MethodPost, "/v1/reorder", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("take suggestion: %w", err)
	}
	switch {
	case c.JSON:
		return json.NewEncoder(h.stdout).Encode(out)
	case out.Transfer != nil:
		return tellTransfer(h, out.Transfer, false)
	case out.Purchase != nil:
		return tellPurchaseLines(h.stdout, out.Purchase)
	default:
		return fmt.Errorf("take suggestion: neither a transfer nor a purchase order was answered")
	}
}
