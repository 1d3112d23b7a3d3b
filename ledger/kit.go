package ledger

import (
	"fmt"
	"math"
)

// A Kit is a line of an order that is sold as one and stocked as components, as it was made up when the
// order was put to its book. What a kit is made of later changes nothing here. It is never changed.
//
// The first component stands in the kit's own line and the others behind all lines that were asked for, so
// the lines that a customer knows keep their numbers. Everything that counts, reserves, picks or moves
// units sees components only: a component that is sold beside its kit is one more line of that SKU, and one claim.
type Kit struct {
	Line       int // from 1
	SKU        SKU
	Qty        Qty   // kits
	Price      Price // of one kit
	Pack       *Packed
	Components []KitComponent
	Charge     *Charge // of all the kits; nil: nobody has said a price
}

// A KitComponent is the line, from 1, that has a component of a kit, and how many units one kit has of it.
type KitComponent struct {
	Line int
	Qty  Qty
}

// Explode puts in the place of each line whose SKU is a kit the lines of its components. componentsOf gives the
// components of a kit, nil of what is stocked itself. The order must have been given its lines just now.
func (o *Order) Explode(componentsOf func(SKU) []Component) error {
	for i := range len(o.Lines) {
		l := o.Lines[i]
		components := componentsOf(l.SKU)
		if len(components) == 0 {
			continue
		}
		kit := Kit{Line: i + 1, SKU: l.SKU, Qty: l.Qty, Price: l.Price, Pack: l.Pack, Charge: l.Charge, Components: make([]KitComponent, len(components))}
		for j, component := range components {
			if componentsOf(component.SKU) != nil {
				return &FormError{Field: "sku", Line: i + 1, Why: fmt.Sprintf("is the kit %s, which has the kit %s in it; give each component of that one as a component of %s", l.SKU, component.SKU, l.SKU)}
			}
			q, ok := mulQty(l.Qty, component.Qty)
			if !ok {
				return &FormError{Field: "qty", Line: i + 1, Why: fmt.Sprintf("makes more units of %s than a book counts, which is %d: order fewer", component.SKU, QtyMax)}
			}
			at := i
			if j > 0 {
				if len(o.Lines) == LinesMax {
					return &FormError{Field: "lines", Why: fmt.Sprintf("are more than %d with the components of the kits; order in several", LinesMax)}
				}
				at, o.Lines = len(o.Lines), append(o.Lines, Line{})
			}
			o.Lines[at] = Line{SKU: component.SKU, Qty: q}
			kit.Components[j] = KitComponent{Line: at + 1, Qty: component.Qty}
		}
		o.Kits = append(o.Kits, kit)
	}
	return nil
}

// KitOf gives the kit that line, from 1, has a component of, and the place of the component in it; nil where it has none.
func (o *Order) KitOf(line int) (k *Kit, component int) { return kitOf(o.Kits, line) }

func kitOf(kits []Kit, line int) (k *Kit, component int) {
	for i := range kits {
		for j := range kits[i].Components {
			if kits[i].Components[j].Line == line {
				return &kits[i], j
			}
		}
	}
	return nil, 0
}

// Whole is how many kits there are all components of, where units says how many there are of the component in a line.
func (k *Kit) Whole(units func(line int) Qty) Qty {
	least := QtyMax
	for _, p := range k.Components {
		least = min(least, units(p.Line)/p.Qty)
	}
	return least
}

// Touched is how many kits lack something, where units says how many units of the component in a line do.
func (k *Kit) Touched(units func(line int) Qty) Qty {
	most := Qty(0)
	for _, p := range k.Components {
		q := units(p.Line)
		n := q / p.Qty
		if q%p.Qty > 0 {
			n++
		}
		most = max(most, n)
	}
	return most
}

// Makes is how many kits of these components can be made where have says how many units there are of each.
func Makes(components []Component, have func(SKU) Qty) Qty {
	least := QtyMax
	for _, p := range components {
		least = min(least, max(0, have(p.SKU))/p.Qty)
	}
	return least
}

func (w *rowWriter) kits(kits []Kit) {
	w.list(len(kits), func(i int) {
		k := &kits[i]
		w.row(func() {
			w.uint(uint64(k.Line))
			w.name(string(k.SKU))
			w.int(int64(k.Qty))
			w.row(func() {
				w.int(k.Price.Amount)
				w.word(k.Price.Currency)
				w.word(k.Price.Tax)
				w.int(k.Price.Per)
			})
			w.list(len(k.Components), func(i int) {
				w.row(func() {
					w.uint(uint64(k.Components[i].Line))
					w.int(int64(k.Components[i].Qty))
				})
			})
			w.packed(k.Pack)
			w.charge(k.Charge)
		})
	})
}

// kits reads the kits of an order of so many lines.
func (r *rowReader) kits(lines int) (out []Kit) {
	r.list(LinesMax, func(n int) {
		for range n {
			var k Kit
			r.row(0, func() {
				k.Line, k.SKU, k.Qty = int(r.upTo(math.MaxInt32)), SKU(r.word()), Qty(r.int())
				r.row(0, func() {
					k.Price = Price{Money: Money{Amount: r.int(), Currency: r.word()}, Tax: r.word(), Per: r.int()}
				})
				r.list(ComponentsMax, func(n int) {
					for range n {
						r.row(0, func() {
							p := KitComponent{Line: int(r.upTo(math.MaxInt32)), Qty: Qty(r.int())}
							if r.err == nil && (p.Line < 1 || p.Line > lines || p.Qty < 1) {
								r.refuse("a kit with a component in line %d of %d, %d units", p.Line, lines, p.Qty)
							}
							k.Components = append(k.Components, p)
						})
					}
				})
				k.Pack = r.packed()
				k.Charge = r.charge()
			})
			if r.err == nil && (len(k.Components) == 0 || k.Components[0].Line != k.Line) {
				r.refuse("a kit in line %d without its first component", k.Line)
			}
			out = append(out, k)
		}
	})
	return out
}
