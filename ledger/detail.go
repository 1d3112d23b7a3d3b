package ledger

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// A Detail is what an item says of itself beyond name, price and barcodes. It is never changed once it
// is stored: an item gets another one.
type Detail struct {
	Unit           string // what one base unit is, such as each or mm; "" says nothing
	Packs          []Pack
	Kit            []Component // sold as one, stocked as these; none: it is stocked itself
	VariantOf      SKU         // the article that it is a variant of; "" of none
	Attributes     []Attribute
	Substitutes    []SKU // what may be offered in its place, the best first
	WarrantyMonths int   // from its sale; 0: none
	LeastDays      int   // that goods kept by lot have to be good for when they come in; 0: any number
	ShelfDays      int   // days from its making to the end of its use; 0: it keeps
	Supplier       string
	LeadDays       int // from ordering it to its coming in
	Tax            TaxRate
	Prices         []pricing.Row
	DropShip       bool   // its supplier sends it straight to the customer: it is never stocked
	Homes          []Home // where it lies at sites, by site, each once
	Cost           Price  // what the company pays for it, without tax; the zero Price says nothing
}

// A Home is the bin of a site in which an item is to lie: it is put away there and picked from there first. It holds no stock to it.
type Home struct {
	Site SiteID
	Bin  Bin
}

// HomesMax bounds the sites at which one item has a home.
const HomesMax = 500

// HomeAt is the item's bin at a site; "" where it has none there.
func (v *Item) HomeAt(site SiteID) Bin {
	if v.Detail == nil {
		return ""
	}
	if at, ok := slices.BinarySearchFunc(v.Detail.Homes, site, func(h Home, s SiteID) int { return strings.Compare(string(h.Site), string(s)) }); ok {
		return v.Detail.Homes[at].Bin
	}
	return ""
}

// checkHomes refuses bins that are none, and sites that stand there twice or out of their order.
func (d *Detail) checkHomes() error {
	if len(d.Homes) > HomesMax {
		return &FormError{Field: "home_bins", Why: fmt.Sprintf("has %d sites; at most %d", len(d.Homes), HomesMax)}
	}
	if len(d.Homes) > 0 && (len(d.Kit) > 0 || d.DropShip) {
		return &FormError{Field: "home_bins", Why: "are of what is stocked: a kit lies in no bin, nor does what its supplier sends"}
	}
	for i, h := range d.Homes {
		if _, err := ParseSite(string(h.Site)); err != nil {
			return &FormError{Field: "home_bins", Why: fmt.Sprintf("names %q, which is no name of a site", h.Site)}
		}
		if _, err := ParseBin(string(h.Bin)); err != nil || h.Bin == "" {
			return &FormError{Field: "home_bins." + string(h.Site), Why: fmt.Sprintf("is %q, which is no bin: 1 to %d letters, digits, dots, hyphens and underscores, such as A-01", h.Bin, binMax)}
		}
		if i > 0 && d.Homes[i-1].Site >= h.Site {
			return &FormError{Field: "home_bins", Why: fmt.Sprintf("names %s twice: a site has one", h.Site)}
		}
	}
	return nil
}

// A Component is one article of a kit. The zero Component is none.
type Component struct {
	SKU SKU
	Qty Qty // units in one kit
}

// An Attribute is what tells variants apart: colour, red.
type Attribute struct{ Name, Value string }

// A TaxRate is in millionths, 200000 is 20 %. Known tells a rate of nothing from one that nobody has said.
type TaxRate struct {
	Known bool
	PPM   int64
}

// Bounds of a detail.
const (
	PacksMax       = 16
	ComponentsMax  = 50
	AttributesMax  = 32
	SubstitutesMax = 32
	PriceRowsMax   = 100
	PackNameMax    = 32     // bytes
	DetailTextMax  = 64     // bytes of a unit, a supplier, a group, an attribute
	WarrantyMax    = 1200   // months
	DetailDaysMax  = 36_500 // of shelf life and lead time
	TaxPPMMax      = 10_000_000
)

// Codes gives all barcodes of the item: its own, then those of its packs.
func (v *Item) Codes() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, code := range v.Barcodes {
			if !yield(code) {
				return
			}
		}
		if v.Detail == nil {
			return
		}
		for i := range v.Detail.Packs {
			for _, code := range v.Detail.Packs[i].Barcodes {
				if !yield(code) {
					return
				}
			}
		}
	}
}

// Kit gives the components of the item where it is a kit, nil where it is stocked itself.
func (v *Item) Kit() []Component {
	if v.Detail == nil {
		return nil
	}
	return v.Detail.Kit
}

// PackNamed finds a pack by its name, in either case.
func (v *Item) PackNamed(name string) (*Pack, bool) {
	if v.Detail == nil {
		return nil, false
	}
	for i := range v.Detail.Packs {
		if strings.EqualFold(v.Detail.Packs[i].Name, name) {
			return &v.Detail.Packs[i], true
		}
	}
	return nil, false
}

// Same says whether two items say the same, whatever their versions.
func (v *Item) Same(o *Item) bool {
	a, b := *v, *o
	a.Version, b.Version = 0, 0
	return string(MarshalItem(&a)) == string(MarshalItem(&b))
}

// check refuses a detail of sku that no book would store.
func (d *Detail) check(sku SKU) error {
	for _, t := range []struct{ field, text string }{{"unit", d.Unit}, {"supplier", d.Supplier}} {
		if len(t.text) > DetailTextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", DetailTextMax)}
		}
	}
	if d.LeastDays < 0 || d.LeastDays > DetailDaysMax {
		return &FormError{Field: "least_days", Why: fmt.Sprintf("is not 0 to %d", DetailDaysMax)}
	}
	if d.WarrantyMonths < 0 || d.WarrantyMonths > WarrantyMax {
		return &FormError{Field: "warranty_months", Why: fmt.Sprintf("is not 0 to %d", WarrantyMax)}
	}
	if d.ShelfDays < 0 || d.ShelfDays > DetailDaysMax {
		return &FormError{Field: "shelf_life_days", Why: fmt.Sprintf("is not 0 to %d", DetailDaysMax)}
	}
	if d.LeadDays < 0 || d.LeadDays > DetailDaysMax {
		return &FormError{Field: "lead_time_days", Why: fmt.Sprintf("is not 0 to %d", DetailDaysMax)}
	}
	if d.DropShip && (d.Supplier == "" || len(d.Kit) > 0) {
		return &FormError{Field: "drop_ship", Why: "needs a supplier that sends it, and is no kit"}
	}
	if d.Tax.PPM < 0 || d.Tax.PPM > TaxPPMMax || !d.Tax.Known && d.Tax.PPM != 0 {
		return &FormError{Field: "tax_rate_ppm", Why: fmt.Sprintf("is not 0 to %d; 200000 is 20 %%", TaxPPMMax)}
	}
	if d.VariantOf != "" {
		if _, err := ParseSKU(string(d.VariantOf)); err != nil || d.VariantOf == sku {
			return &FormError{Field: "variant_of", Why: "is not the SKU of another item"}
		}
	}
	for _, err := range []error{d.checkPacks(), d.checkKit(sku), d.checkAttributes(), d.checkSubstitutes(sku), d.checkPrices(), d.checkCost(), d.checkHomes()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Detail) checkPacks() error {
	if len(d.Packs) > PacksMax {
		return &FormError{Field: "packs", Why: fmt.Sprintf("has %d; at most %d", len(d.Packs), PacksMax)}
	}
	for i := range d.Packs {
		p := &d.Packs[i]
		if p.Name == "" || len(p.Name) > PackNameMax || strings.ContainsAny(p.Name, " \t\r\n") {
			return &FormError{Field: fmt.Sprintf("packs[%d].name", i), Why: fmt.Sprintf("is not one word of 1 to %d bytes, such as CASE", PackNameMax)}
		}
		if p.Units < 1 || p.Units > QtyMax {
			return &FormError{Field: fmt.Sprintf("packs[%d].units", i), Why: fmt.Sprintf("is %d; a pack has 1 to %d whole units", p.Units, QtyMax)}
		}
		if at := slices.IndexFunc(d.Packs[:i], func(o Pack) bool { return strings.EqualFold(o.Name, p.Name) }); at >= 0 {
			return &FormError{Field: fmt.Sprintf("packs[%d].name", i), Why: fmt.Sprintf("is %s, which packs[%d] is called already", p.Name, at)}
		}
		if err := checkCodes(fmt.Sprintf("packs[%d].barcodes", i), p.Barcodes); err != nil {
			return err
		}
	}
	return nil
}

func (d *Detail) checkKit(sku SKU) error {
	if len(d.Kit) > ComponentsMax {
		return &FormError{Field: "kit", Why: fmt.Sprintf("has %d components; at most %d", len(d.Kit), ComponentsMax)}
	}
	for i, p := range d.Kit {
		field := fmt.Sprintf("kit[%d]", i)
		if _, err := ParseSKU(string(p.SKU)); err != nil {
			return &FormError{Field: field + ".sku", Why: "is not a SKU"}
		}
		if p.SKU == sku {
			return &FormError{Field: field + ".sku", Why: "is the kit itself"}
		}
		if p.Qty < 1 || p.Qty > QtyMax {
			return &FormError{Field: field + ".qty", Why: fmt.Sprintf("is %d; a kit has 1 to %d whole units of a component", p.Qty, QtyMax)}
		}
		if slices.ContainsFunc(d.Kit[:i], func(o Component) bool { return o.SKU == p.SKU }) {
			return &FormError{Field: field + ".sku", Why: fmt.Sprintf("is %s again; give it once, with all that a kit has of it", p.SKU)}
		}
	}
	return nil
}

func (d *Detail) checkAttributes() error {
	if len(d.Attributes) > AttributesMax {
		return &FormError{Field: "attributes", Why: fmt.Sprintf("has %d; at most %d", len(d.Attributes), AttributesMax)}
	}
	for i, a := range d.Attributes {
		if a.Name == "" || len(a.Name) > DetailTextMax || len(a.Value) > DetailTextMax {
			return &FormError{Field: "attributes", Why: fmt.Sprintf("has a name or a value that is not 1 to %d bytes long", DetailTextMax)}
		}
		if i > 0 && d.Attributes[i-1].Name >= a.Name {
			return &FormError{Field: "attributes", Why: fmt.Sprintf("has %s twice, or not in the order of the names", a.Name)}
		}
	}
	return nil
}

func (d *Detail) checkSubstitutes(sku SKU) error {
	if len(d.Substitutes) > SubstitutesMax {
		return &FormError{Field: "substitutes", Why: fmt.Sprintf("has %d; at most %d", len(d.Substitutes), SubstitutesMax)}
	}
	for i, s := range d.Substitutes {
		if _, err := ParseSKU(string(s)); err != nil || s == sku || slices.Contains(d.Substitutes[:i], s) {
			return &FormError{Field: fmt.Sprintf("substitutes[%d]", i), Why: "is not the SKU of another item, given once"}
		}
	}
	return nil
}

func (d *Detail) checkPrices() error {
	if len(d.Prices) > PriceRowsMax {
		return &FormError{Field: "prices", Why: fmt.Sprintf("has %d rows; at most %d", len(d.Prices), PriceRowsMax)}
	}
	for i := range d.Prices {
		r := &d.Prices[i]
		field := fmt.Sprintf("prices[%d]", i)
		switch {
		case len(r.Group) > DetailTextMax:
			return &FormError{Field: field + ".group", Why: fmt.Sprintf("is longer than %d bytes", DetailTextMax)}
		case r.MinQty < 0 || r.MinQty > int64(QtyMax):
			return &FormError{Field: field + ".min_qty", Why: fmt.Sprintf("is not 0 to %d", QtyMax)}
		case r.Amount < 0 || r.Amount > pricing.AmountMax || r.Per < 0 || r.Per > int64(QtyMax):
			return &FormError{Field: field + ".price", Why: "has an amount or a per that is below 0 or too large"}
		case len(r.Currency) != 3 || len(r.Tax) > len("included"):
			return &FormError{Field: field + ".price", Why: "has a currency or a tax that is none"}
		case len(r.From) > len("2026-11-26") || len(r.Until) > len("2026-11-26") || r.From != "" && r.Until != "" && r.Until < r.From:
			return &FormError{Field: field + ".until", Why: fmt.Sprintf("is %s, before %s, when the price begins", r.Until, r.From)}
		}
	}
	return nil
}

func (d *Detail) checkCost() error {
	if c := &d.Cost; c.Amount < 0 || c.Amount > pricing.AmountMax || c.Per < 0 || c.Per > int64(QtyMax) || len(c.Currency) != 3 && *c != (Price{}) || c.Tax != "" {
		return &FormError{Field: "cost", Why: "has an amount, a per or a currency that is none, or says something of tax: it is without"}
	}
	return nil
}

// checkCodes refuses barcodes that no book would store.
func checkCodes(field string, codes []string) error {
	if len(codes) > BarcodesMax {
		return &FormError{Field: field, Why: fmt.Sprintf("has %d; at most %d", len(codes), BarcodesMax)}
	}
	for _, code := range codes {
		if code == "" || len(code) > barcodeMax {
			return &FormError{Field: field, Why: fmt.Sprintf("has one of %d bytes; 1 to %d", len(code), barcodeMax)}
		}
	}
	return nil
}

// Empty says whether the detail says nothing.
func (d *Detail) Empty() bool {
	return d.Unit == "" && len(d.Packs) == 0 && len(d.Kit) == 0 && d.VariantOf == "" && len(d.Attributes) == 0 && len(d.Substitutes) == 0 &&
		d.WarrantyMonths == 0 && d.LeastDays == 0 && d.ShelfDays == 0 && d.Supplier == "" && d.LeadDays == 0 && !d.DropShip && len(d.Homes) == 0 && d.Tax == (TaxRate{}) && len(d.Prices) == 0 && d.Cost == (Price{})
}
