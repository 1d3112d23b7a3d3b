package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type itemCmd struct {
	List  itemListCmd  `cmd:"" help:"Find items by any part of a SKU, name, barcode, category, supplier or attribute, or by a scan."`
	Price itemPriceCmd `cmd:"" help:"What an item costs a customer of a group, for a quantity and a day."`
}

type itemListCmd struct {
	access
	Q       string `arg:"" optional:"" name:"text" help:"What an item is looked for by; left out: all items."`
	Barcode string `help:"Any scan of the article or of a pack of it." placeholder:"CODE"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// itemsPage is how many items are fetched at a time.
const itemsPage = 500

// Run lists items, page by page.
func (c *itemListCmd) Run(h *house) error {
	l := lister[contract.ItemList, contract.Item]{
		path: "/v1/items", query: url.Values{"q": {c.Q}, "barcode": {c.Barcode}}, limit: itemsPage,
		rows: func(p *contract.ItemList) *[]contract.Item { return &p.Items }, next: func(p *contract.ItemList) string { return p.NextCursor },
		columns: "SKU\tNAME\tBARCODES\tPRICE\tPACKS\tKIT OF\tSUPPLIER",
		row: func(w io.Writer, i *contract.Item) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", i.SKU, i.Name, strings.Join(i.Barcodes, " "), priceWords(i.Price), packsOf(i), componentsOf(i), i.Supplier)
		},
	}
	return l.run(h, &c.access, "items", c.JSON)
}

func priceWords(p *contract.Price) string {
	if p == nil {
		return ""
	}
	words := fmt.Sprintf("%d %s", p.Amount, p.Currency)
	if p.Per > 1 {
		words += fmt.Sprintf(" for %d", p.Per)
	}
	return words
}

func packsOf(i *contract.Item) string {
	var words []string
	for _, p := range i.Packs {
		words = append(words, fmt.Sprintf("%s of %d", p.Name, p.Units))
	}
	return strings.Join(words, ", ")
}

func componentsOf(i *contract.Item) string {
	var words []string
	for _, p := range i.Kit {
		words = append(words, fmt.Sprintf("%d %s", p.Qty, p.SKU))
	}
	return strings.Join(words, ", ")
}

type itemPriceCmd struct {
	access
	SKU   string `arg:"" name:"sku" help:"The item."`
	Qty   int64  `help:"Units." default:"1"`
	Group string `help:"The customer's group." placeholder:"NAME"`
	At    string `help:"The day, or a moment; left out: now." placeholder:"DAY"`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run asks for the price and prints it in minor units.
func (c *itemPriceCmd) Run(h *house) error {
	q := url.Values{"qty": {strconv.FormatInt(c.Qty, 10)}}
	for name, v := range map[string]string{"group": c.Group, "at": c.At} {
		if v != "" {
			q.Set(name, v)
		}
	}
	var out contract.PriceAnswer
	if err := c.call(h, http.MethodGet, "/v1/items/"+url.PathEscape(c.SKU)+"/price?"+q.Encode(), "", nil, &out); err != nil {
		return fmt.Errorf("ask for the price of %s: %w", c.SKU, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	_, err := fmt.Fprintf(h.stdout, "%d of %s on %s: %d %s, at %s\n", out.Qty, out.SKU, out.At, out.Total.Amount, out.Total.Currency, priceWords(&out.Price))
	return err
}
