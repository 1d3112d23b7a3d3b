package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type itemCmd struct {
	List  itemListCmd  `cmd:"" help:"Find items by any part of a SKU, name, barcode, category, supplier or attribute, or by a scan."`
	Home  itemHomeCmd  `cmd:"" help:"Say in which bin an item is to lie at a site: it is put away there, and picked from there first."`
	Price itemPriceCmd `cmd:"" help:"What an item costs a customer of a group, for a quantity and a day."`
}

type itemHomeCmd struct {
	access
	SKU  string `arg:"" name:"sku" help:"The item."`
	Site string `arg:"" help:"The site."`
	Bin  string `arg:"" optional:"" help:"The bin there, such as A-01; left out: none any more."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run gives an item a home bin, at head office or at a node that stands alone. What else the item says stays.
func (c *itemHomeCmd) Run(h *house) error {
	var it contract.Item
	path := "/v1/items/" + url.PathEscape(c.SKU)
	if err := c.call(h, http.MethodGet, path, "", nil, &it); err != nil {
		return fmt.Errorf("look at item %s: %w", c.SKU, err)
	}
	put := contract.ItemRequest{Name: it.Name, Barcodes: it.Barcodes, Price: it.Price, Tracking: it.Tracking, Category: it.Category, ItemDetail: it.ItemDetail}
	homes := map[string]string{}
	maps.Copy(homes, put.HomeBins)
	if homes[c.Site] = c.Bin; c.Bin == "" {
		delete(homes, c.Site)
	}
	put.HomeBins = homes
	if err := c.call(h, http.MethodPut, path, "", put, &it); err != nil {
		return fmt.Errorf("set home bin of %s: %w", c.SKU, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(it)
	}
	if c.Bin == "" {
		fmt.Fprintf(h.stdout, "%s has no home bin at %s\n", c.SKU, c.Site)
	} else {
		fmt.Fprintf(h.stdout, "%s lies in %s at %s\n", c.SKU, c.Bin, c.Site)
	}
	return nil
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
