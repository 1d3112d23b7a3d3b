package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// ItemDetail is what an item says of itself beyond name, price and barcodes.
type ItemDetail struct {
	Unit           string            `json:"unit,omitempty" jsonschema:"what one base unit is, such as each or mm; at most 64 bytes"`
	Packs          []Pack            `json:"packs,omitempty" jsonschema:"at most 16"`
	Kit            []KitComponent    `json:"kit,omitempty" jsonschema:"sold as one, stocked as these components; at most 50. A kit lies in no bin"`
	VariantOf      string            `json:"variant_of,omitempty" jsonschema:"the SKU of the article that it is a variant of"`
	Attributes     map[string]string `json:"attributes,omitempty" jsonschema:"what tells variants apart, such as colour and size; at most 32 of 1 to 64 bytes each"`
	Substitutes    []string          `json:"substitutes,omitempty" jsonschema:"SKUs that may be offered instead, the best first; at most 32"`
	WarrantyMonths int               `json:"warranty_months,omitempty" jsonschema:"from its sale; 0: none. Of an item that is kept by serial number it is shown with each unit"`
	LeastDays      int               `json:"least_days,omitempty" jsonschema:"that goods kept by lot have to be good for when they come in; 0: any number"`
	ShelfLifeDays  int               `json:"shelf_life_days,omitempty" jsonschema:"days from its making to the end of its use; 0: it keeps"`
	Supplier       string            `json:"supplier,omitempty" jsonschema:"at most 64 bytes"`
	LeadTimeDays   int               `json:"lead_time_days,omitempty" jsonschema:"days from ordering it to its coming in"`
	DropShip       bool              `json:"drop_ship,omitempty" jsonschema:"its supplier sends it straight to the customer, from the next order on that is to be delivered: it is never stocked, and no stock is promised for it"`
	HomeBins       map[string]string `json:"home_bins,omitempty" jsonschema:"by site, the bin in which it is to lie there, such as {\"leeds\":\"A-01\"}: it is put away there, and picked from there first; at most 500 sites. It holds no stock to it"`
	TaxRatePPM     *int64            `json:"tax_rate_ppm,omitempty" jsonschema:"millionths: 200000 is 20 %, 0 is no tax; left out where nobody has said"`
	Prices         []PriceRow        `json:"prices,omitempty" jsonschema:"by customer group, day and quantity; at most 100. price is what holds where none of these does"`
	Cost           *Price            `json:"cost,omitempty" jsonschema:"what the company pays for it, without tax: what a check of below_cost looks at"`
}

// Pack is a size that an item is bought, stored or sold in.
type Pack struct {
	Name     string     `json:"name" jsonschema:"one word, such as CASE; at most 32 bytes"`
	Units    ledger.Qty `json:"units" jsonschema:"base units in one, exactly; 2 or more"`
	Barcodes []string   `json:"barcodes,omitempty" jsonschema:"its own, as an item's"`
}

// KitComponent is one article of a kit.
type KitComponent struct {
	SKU ledger.SKU `json:"sku"`
	Qty ledger.Qty `json:"qty" jsonschema:"units in one kit"`
}

// PriceRow is one price of a list.
type PriceRow struct {
	Group  string     `json:"group,omitempty" jsonschema:"customers that it is for; left out: everybody"`
	MinQty ledger.Qty `json:"min_qty,omitempty" jsonschema:"units from which on it holds; left out: from the first"`
	From   string     `json:"from,omitempty" jsonschema:"a day; left out: always"`
	Until  string     `json:"until,omitempty" jsonschema:"the last day; left out: on and on"`
	Price  *Price     `json:"price"`
}

// ledger checks the detail and gives it to the ledger; nil where it says nothing.
func (r *ItemDetail) ledger() (*ledger.Detail, error) {
	d := &ledger.Detail{Unit: r.Unit, VariantOf: ledger.SKU(r.VariantOf), ShelfDays: r.ShelfLifeDays, WarrantyMonths: r.WarrantyMonths, LeastDays: r.LeastDays, Supplier: r.Supplier, LeadDays: r.LeadTimeDays, DropShip: r.DropShip}
	for _, t := range []struct{ field, text string }{{"unit", r.Unit}, {"supplier", r.Supplier}} {
		if err := CheckText(t.field, t.text, ledger.DetailTextMax); err != nil {
			return nil, err
		}
	}
	for i := range r.Packs {
		p := &r.Packs[i]
		field := fmt.Sprintf("packs[%d]", i)
		if err := CheckText(field+".name", p.Name, ledger.PackNameMax); err != nil {
			return nil, err
		}
		if len(p.Barcodes) > barcodesMax {
			return nil, &ledger.FormError{Field: field + ".barcodes", Why: fmt.Sprintf("has more than %d codes", barcodesMax)}
		}
		codes, err := itemCodes(field+".barcodes", p.Barcodes)
		if err != nil {
			return nil, err
		}
		if p.Units == 1 { // a book that has one keeps it
			return nil, &ledger.FormError{Field: field + ".units", Why: "is 1, which is the unit itself: leave this pack out, or say how many units are in it"}
		}
		d.Packs = append(d.Packs, ledger.Pack{Name: p.Name, Units: p.Units, Barcodes: codes})
	}
	for _, p := range r.Kit {
		d.Kit = append(d.Kit, ledger.Component{SKU: p.SKU, Qty: p.Qty})
	}
	for site, bin := range r.HomeBins {
		d.Homes = append(d.Homes, ledger.Home{Site: ledger.SiteID(site), Bin: ledger.Bin(bin)})
	}
	slices.SortFunc(d.Homes, func(a, b ledger.Home) int { return strings.Compare(string(a.Site), string(b.Site)) })
	for name, value := range r.Attributes {
		if name == "" {
			return nil, &ledger.FormError{Field: "attributes", Why: "has one without a name: say what it tells apart, such as colour"}
		}
		if value == "" {
			return nil, &ledger.FormError{Field: "attributes." + clip(name), Why: "is empty: say what it is, or leave it out"}
		}
		if err := CheckText("attributes."+clip(name), name+value, 2*ledger.DetailTextMax); err != nil {
			return nil, err
		}
		d.Attributes = append(d.Attributes, ledger.Attribute{Name: name, Value: value})
	}
	slices.SortFunc(d.Attributes, func(a, b ledger.Attribute) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range r.Substitutes {
		d.Substitutes = append(d.Substitutes, ledger.SKU(s))
	}
	if r.TaxRatePPM != nil {
		d.Tax = ledger.TaxRate{Known: true, PPM: *r.TaxRatePPM}
	}
	for i := range r.Prices {
		row, err := r.Prices[i].row(fmt.Sprintf("prices[%d]", i))
		if err != nil {
			return nil, err
		}
		d.Prices = append(d.Prices, row)
	}
	cost, err := r.Cost.Ledger("cost")
	if err != nil {
		return nil, err
	}
	if d.Cost = cost; d.Empty() {
		return nil, nil
	}
	return d, nil
}

func (r *PriceRow) row(field string) (out pricing.Row, err error) {
	if r.Price == nil {
		return out, &ledger.FormError{Field: field + ".price", Why: "is missing: say what it costs, or leave the row out"}
	}
	price, err := r.Price.Ledger(field + ".price")
	if err != nil {
		return out, err
	}
	for _, day := range []struct{ field, text string }{{".from", r.From}, {".until", r.Until}} {
		if _, err := time.Parse(time.DateOnly, day.text); day.text != "" && err != nil {
			return out, &ledger.FormError{Field: field + day.field, Why: "is not a day such as 2026-11-30"}
		}
	}
	if err := CheckText(field+".group", r.Group, ledger.DetailTextMax); err != nil {
		return out, err
	}
	return pricing.Row{Group: r.Group, MinQty: int64(r.MinQty), From: r.From, Until: r.Until,
		Amount: price.Amount, Currency: price.Currency, Per: price.Per, Tax: price.Tax}, nil
}

// twiceIn refuses an item that has one barcode on two of its sizes: a scan could not tell which.
func twiceIn(item *ledger.Item) error {
	if item.Detail == nil || len(item.Detail.Packs) == 0 {
		return nil
	}
	on := map[string]string{}
	for _, code := range item.Barcodes {
		on[gs1.Key(code)] = "the item itself"
	}
	for i := range item.Detail.Packs {
		p := &item.Detail.Packs[i]
		for j, code := range p.Barcodes {
			if other, twice := on[gs1.Key(code)]; twice {
				return &ledger.FormError{Field: fmt.Sprintf("packs[%d].barcodes[%d]", i, j),
					Why: fmt.Sprintf("is %s, which is on %s already: a scan could not tell which of the two it is", shown(code), other)}
			}
			on[gs1.Key(code)] = p.Name
		}
	}
	return nil
}

func renderDetail(d *ledger.Detail) ItemDetail {
	out := ItemDetail{Unit: d.Unit, VariantOf: string(d.VariantOf), ShelfLifeDays: d.ShelfDays, WarrantyMonths: d.WarrantyMonths, LeastDays: d.LeastDays, Supplier: d.Supplier, LeadTimeDays: d.LeadDays, DropShip: d.DropShip, Cost: RenderPrice(d.Cost)}
	for i := range d.Packs {
		p := &d.Packs[i]
		out.Packs = append(out.Packs, Pack{Name: p.Name, Units: p.Units, Barcodes: p.Barcodes})
	}
	for _, p := range d.Kit {
		out.Kit = append(out.Kit, KitComponent{SKU: p.SKU, Qty: p.Qty})
	}
	if len(d.Attributes) > 0 {
		out.Attributes = map[string]string{}
	}
	if len(d.Homes) > 0 {
		out.HomeBins = map[string]string{}
	}
	for _, h := range d.Homes {
		out.HomeBins[string(h.Site)] = string(h.Bin)
	}
	for _, a := range d.Attributes {
		out.Attributes[a.Name] = a.Value
	}
	for _, s := range d.Substitutes {
		out.Substitutes = append(out.Substitutes, string(s))
	}
	if d.Tax.Known {
		out.TaxRatePPM = &d.Tax.PPM
	}
	for i := range d.Prices {
		r := &d.Prices[i]
		out.Prices = append(out.Prices, PriceRow{Group: r.Group, MinQty: ledger.Qty(r.MinQty), From: r.From, Until: r.Until, Price: rowPrice(r)})
	}
	return out
}

func rowPrice(r *pricing.Row) *Price {
	return &Price{Amount: r.Amount, Currency: r.Currency, Per: r.Per, Tax: r.Tax}
}
