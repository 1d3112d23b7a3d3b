package ledger

import (
	"math"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

const detailVersion = 1

// AppendDetail appends a detail's bytes, a row of msgpack; fields are only ever appended.
func AppendDetail(b []byte, d *Detail) []byte {
	w := rowWriter{buf: b}
	w.row(func() {
		w.uint(detailVersion)
		w.str(d.Unit)
		w.list(len(d.Packs), func(i int) {
			p := &d.Packs[i]
			w.row(func() {
				w.str(p.Name)
				w.int(int64(p.Units))
				w.list(len(p.Barcodes), func(i int) { w.str(p.Barcodes[i]) })
			})
		})
		w.list(len(d.Kit), func(i int) {
			w.row(func() {
				w.str(string(d.Kit[i].SKU))
				w.int(int64(d.Kit[i].Qty))
			})
		})
		w.str(string(d.VariantOf))
		w.list(len(d.Attributes), func(i int) {
			w.row(func() {
				w.str(d.Attributes[i].Name)
				w.str(d.Attributes[i].Value)
			})
		})
		w.list(len(d.Substitutes), func(i int) { w.str(string(d.Substitutes[i])) })
		w.uint(uint64(d.ShelfDays))
		w.str(d.Supplier)
		w.uint(uint64(d.LeadDays))
		w.bool(d.Tax.Known)
		w.int(d.Tax.PPM)
		w.list(len(d.Prices), func(i int) { w.priceRow(&d.Prices[i]) })
		w.row(func() {
			w.int(d.Cost.Amount)
			w.str(d.Cost.Currency)
			w.int(d.Cost.Per)
		})
		w.uint(uint64(d.WarrantyMonths))
		w.uint(uint64(d.LeastDays))
		w.bool(d.DropShip)
		w.list(len(d.Homes), func(i int) {
			w.row(func() {
				w.str(string(d.Homes[i].Site))
				w.str(string(d.Homes[i].Bin))
			})
		})
	})
	return w.buf
}

func (w *rowWriter) priceRow(r *pricing.Row) {
	w.row(func() {
		w.str(r.Group)
		w.int(r.MinQty)
		w.str(r.From)
		w.str(r.Until)
		w.int(r.Amount)
		w.str(r.Currency)
		w.int(r.Per)
		w.str(r.Tax)
	})
}

// ReadDetail reads what AppendDetail wrote.
func ReadDetail(b []byte) (*Detail, error) {
	r := newRowReader(b, scanElementsMax, nil)
	d := &Detail{}
	r.detail(d)
	if err := r.done("detail"); err != nil {
		return nil, err
	}
	return d, nil
}

// detail reads into the empty d.
func (r *rowReader) detail(d *Detail) {
	r.row(1, func() {
		if r.uint() == 0 && r.err == nil {
			r.refuse("detail version 0")
		}
		d.Unit = r.str()
		r.list(PacksMax, func(n int) {
			d.Packs = slices.Grow(d.Packs, n)
			for range n {
				d.Packs = append(d.Packs, r.pack())
			}
		})
		r.list(ComponentsMax, func(n int) {
			d.Kit = slices.Grow(d.Kit, n)
			for range n {
				r.row(0, func() { d.Kit = append(d.Kit, Component{SKU: SKU(r.str()), Qty: Qty(r.int())}) })
			}
		})
		d.VariantOf = SKU(r.str())
		r.list(AttributesMax, func(n int) {
			d.Attributes = slices.Grow(d.Attributes, n)
			for range n {
				r.row(0, func() { d.Attributes = append(d.Attributes, Attribute{Name: r.str(), Value: r.str()}) })
			}
		})
		r.list(SubstitutesMax, func(n int) {
			d.Substitutes = slices.Grow(d.Substitutes, n)
			for range n {
				d.Substitutes = append(d.Substitutes, SKU(r.str()))
			}
		})
		d.ShelfDays, d.Supplier, d.LeadDays = int(r.upTo(math.MaxInt32)), r.str(), int(r.upTo(math.MaxInt32))
		d.Tax = TaxRate{Known: r.bool(), PPM: r.int()}
		r.list(PriceRowsMax, func(n int) {
			d.Prices = slices.Grow(d.Prices, n)
			for range n {
				r.row(0, func() {
					d.Prices = append(d.Prices, pricing.Row{Group: r.str(), MinQty: r.int(), From: r.str(), Until: r.str(),
						Amount: r.int(), Currency: r.str(), Per: r.int(), Tax: r.str()})
				})
			}
		})
		r.row(0, func() { d.Cost = Price{Money: Money{Amount: r.int(), Currency: r.str()}, Per: r.int()} })
		d.WarrantyMonths, d.LeastDays = int(r.upTo(math.MaxInt32)), int(r.upTo(math.MaxInt32))
		d.DropShip = r.bool()
		r.list(HomesMax, func(n int) {
			d.Homes = slices.Grow(d.Homes, n)
			for range n {
				r.row(0, func() { d.Homes = append(d.Homes, Home{Site: SiteID(r.str()), Bin: Bin(r.str())}) })
			}
		})
	})
}

func (r *rowReader) pack() (p Pack) {
	r.row(0, func() {
		p.Name, p.Units = r.str(), Qty(r.int())
		p.Barcodes = r.strs(BarcodesMax)
	})
	return p
}
