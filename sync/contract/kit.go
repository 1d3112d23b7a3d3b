package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ComponentLine is the line that has a component of a kit, as it stands.
type ComponentLine struct {
	Line        int           `json:"line" jsonschema:"what a pick and a rejection name; the first component's is the kit's own"`
	SKU         ledger.SKU    `json:"sku"`
	Qty         ledger.Qty    `json:"qty"`
	Status      ledger.Status `json:"status"`
	Reserved    []Reserved    `json:"reserved"`
	Backordered ledger.Qty    `json:"backordered"`
	Taken       ledger.Qty    `json:"taken"`
	ToConfirm   ledger.Qty    `json:"to_be_confirmed,omitempty"`
	Declined    ledger.Qty    `json:"declined,omitempty"`
	Returned    ledger.Qty    `json:"returned,omitempty" jsonschema:"of what is taken: came back"`
	Promised    []Promised    `json:"promised,omitempty"`
}

// OfKit names the kit that a line has a component of.
type OfKit struct {
	Line int        `json:"line" jsonschema:"the kit's line, from 1"`
	SKU  ledger.SKU `json:"sku"`
	Qty  ledger.Qty `json:"qty" jsonschema:"kits"`
}

// KitOfLine names the kit that a line of an order, from 1, has a component of; nil where it has none.
func KitOfLine(o *ledger.Order, line int) *OfKit {
	if k, _ := o.KitOf(line); k != nil {
		return &OfKit{Line: k.Line, SKU: k.SKU, Qty: k.Qty}
	}
	return nil
}

// Explode puts the components of kits in the place of their lines, where an order comes in. What a kit is made of
// at this moment is kept with the order. componentsOf gives the components of a kit, nil of what is stocked itself.
func Explode(o *ledger.Order, componentsOf func(ledger.SKU) []ledger.Component) error {
	err := o.Explode(componentsOf)
	if err != nil || len(o.Kits) == 0 {
		return err
	}
	k := &o.Kits[0]
	switch {
	case o.Shortage == ledger.Partial, o.Shortage == ledger.Confirm:
		return NotSupported("shortage", fmt.Sprintf("Line %d is the kit %s, and of a kit nobody wants some of the components. Use shortage refuse, or backorder to let it wait for what is short.", k.Line, k.SKU))
	case o.Fulfil == ledger.Take && o.Shortage == ledger.Backorder:
		return NotSupported("shortage", fmt.Sprintf("Line %d is the kit %s, which is handed over as a whole. Use shortage refuse, or fulfil collect to let it wait for what is short.", k.Line, k.SKU))
	}
	return nil
}

// KitFault refuses an item that is a kit of what is no item, or a kit itself; nil where it is sound. item's own
// form must have been checked.
func KitFault(item *ledger.Item, find func(ledger.SKU) (*ledger.Item, bool)) *Problem {
	for i, component := range item.Kit() {
		field := fmt.Sprintf("kit[%d].sku", i)
		switch it, ok := find(component.SKU); {
		case !ok:
			p := New(CodeUnknownSKU, fmt.Sprintf("%s is to be a kit with %s in it, and there is no item %s.", item.SKU, component.SKU, component.SKU))
			p.Field, p.Hint = field, "Check the SKU, or add the components of a kit before the kit."
			return p
		case len(it.Kit()) > 0:
			p := New(CodeIsKit, fmt.Sprintf("%s is to be a kit with %s in it, which is a kit itself.", item.SKU, component.SKU))
			p.Field = field
			return p
		}
	}
	return nil
}

// Stocked refuses a line, from 1, of a kit where what lies in bins is meant.
func (c Catalogue) Stocked(sku ledger.SKU, line int) error {
	item, ok := c.Item(sku)
	if !ok || len(item.Kit()) == 0 {
		return nil
	}
	p := New(CodeIsKit, fmt.Sprintf("Line %d: %s is a kit. It lies in no bin, its components do: %s.", line, sku, componentWords(item.Kit())))
	p.Field, p.Line = fmt.Sprintf("lines[%d].sku", line-1), line
	return p
}

func componentWords(components []ledger.Component) string {
	words := make([]string, 0, 5)
	for _, p := range components[:min(len(components), 4)] {
		words = append(words, fmt.Sprintf("%d %s", p.Qty, p.SKU))
	}
	if more := len(components) - 4; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return strings.Join(words, ", ")
}

// withKits shows the components of each kit as one line, in the kit's place. lines are those of o, each in its own.
func withKits(o *ledger.Order, lines []OrderLine) []OrderLine {
	out := make([]OrderLine, 0, len(lines))
	for i := range lines {
		switch k, component := o.KitOf(i + 1); {
		case k == nil:
			out = append(out, lines[i])
		case component == 0:
			out = append(out, kitLine(o, k, lines))
		}
	}
	return out
}

func kitLine(o *ledger.Order, k *ledger.Kit, lines []OrderLine) OrderLine {
	whole := func(units func(l *OrderLine) ledger.Qty) ledger.Qty {
		return k.Whole(func(line int) ledger.Qty { return units(&lines[line-1]) })
	}
	touched := func(units func(l *OrderLine) ledger.Qty) ledger.Qty {
		return k.Touched(func(line int) ledger.Qty { return units(&lines[line-1]) })
	}
	out := OrderLine{Line: k.Line, SKU: k.SKU, Qty: k.Qty, UnitPrice: RenderPrice(k.Price), Pack: renderPacked(k.Pack), Reserved: []Reserved{},
		Taken:       whole(func(l *OrderLine) ledger.Qty { return l.Taken }),
		Backordered: touched(func(l *OrderLine) ledger.Qty { return l.Backordered }),
		ToConfirm:   touched(func(l *OrderLine) ledger.Qty { return l.ToConfirm }),
		Declined:    touched(func(l *OrderLine) ledger.Qty { return l.Declined }),
		Returned:    whole(func(l *OrderLine) ledger.Qty { return l.Returned })}
	for _, p := range k.Components {
		l := &lines[p.Line-1]
		out.Kit = append(out.Kit, ComponentLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty, Status: l.Status, Reserved: l.Reserved, Backordered: l.Backordered,
			Taken: l.Taken, ToConfirm: l.ToConfirm, Declined: l.Declined, Returned: l.Returned})
	}
	for _, r := range lines[k.Line-1].Reserved { // only who has some of the first component can have a whole kit
		n := whole(func(l *OrderLine) ledger.Qty {
			if at := slices.IndexFunc(l.Reserved, func(o Reserved) bool { return o.Site == r.Site }); at >= 0 {
				return l.Reserved[at].Qty
			}
			return 0
		})
		if n > 0 {
			out.Reserved = append(out.Reserved, Reserved{Site: r.Site, Qty: n})
		}
	}
	out.Status = kitStatus(out.Kit)
	return out
}

// kitStatus is the state of a kit: what is open of one component is open of the whole.
func kitStatus(components []ComponentLine) ledger.Status {
	for _, s := range []ledger.Status{ledger.StatusCanceled, ledger.StatusUnconfirmed, ledger.StatusBackordered, ledger.StatusAtSupplier, ledger.StatusDeclined, ledger.StatusShort, ledger.StatusAllocated} {
		if slices.ContainsFunc(components, func(p ComponentLine) bool { return p.Status == s }) {
			return s
		}
	}
	return components[0].Status
}

// Promise shows what is promised to a line, from 1, of what is due in.
func (o *Order) Promise(line int, p Promised) {
	for i := range o.Lines {
		l := &o.Lines[i]
		for j := range l.Kit {
			if l.Kit[j].Line == line {
				l.Kit[j].Promised = append(l.Kit[j].Promised, p)
				return
			}
		}
		if l.Line == line {
			l.Promised = append(l.Promised, p)
			return
		}
	}
}

// shortsOf shows what is short of a kit's components as one line that names them.
func shortsOf(short *ledger.ShortError) (out []Short) {
	done := map[int]bool{}
	for _, l := range short.Lines {
		k, _ := short.KitOf(l.Line)
		switch {
		case k == nil:
			out = append(out, Short{Line: l.Line, SKU: l.SKU, Want: l.Want, Have: l.Have, Due: l.Due})
		case !done[k.Line]:
			done[k.Line] = true
			s := Short{Line: k.Line, SKU: k.SKU, Want: k.Qty}
			per := map[int]ledger.Qty{}
			for _, p := range k.Components {
				per[p.Line] = p.Qty
			}
			s.Have = k.Qty
			for _, component := range short.Lines {
				if q := per[component.Line]; q > 0 {
					s.Have = min(s.Have, max(0, component.Have)/q)
					s.Components = append(s.Components, ShortComponent{SKU: component.SKU, Want: component.Want, Have: component.Have})
				}
			}
			out = append(out, s)
		}
	}
	return out
}

// kitWords says of a kit which component is short of it, and how many can be made.
func kitWords(s *Short, at ledger.SiteID) string {
	left := "can be promised"
	if at != ledger.HQ {
		left = "left in " + SiteName(at)
	}
	words := make([]string, 0, 3)
	for _, p := range s.Components[:min(len(s.Components), 3)] {
		words = append(words, fmt.Sprintf("%d of %d %s %s", p.Have, p.Want, p.SKU, left))
	}
	if more := len(s.Components) - 3; more > 0 {
		words = append(words, fmt.Sprintf("%d more components are short", more))
	}
	can := "None of the kit " + string(s.SKU) + " can be made"
	if s.Have > 0 {
		can = fmt.Sprintf("Only %d of the kit %s can be made", s.Have, s.SKU)
	}
	return can + ": " + strings.Join(words, ", ") + "."
}

func (p *Packed) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"name":`...), p.Name)
	b = strconv.AppendInt(append(b, `,"units":`...), int64(p.Units), 10)
	b = strconv.AppendInt(append(b, `,"qty":`...), int64(p.Qty), 10)
	if p.Loose != 0 {
		b = strconv.AppendInt(append(b, `,"loose":`...), int64(p.Loose), 10)
	}
	return append(b, '}')
}

func (l *ComponentLine) appendJSON(b []byte) []byte {
	o := OrderLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty, Status: l.Status, Reserved: l.Reserved, Backordered: l.Backordered, Taken: l.Taken,
		ToConfirm: l.ToConfirm, Declined: l.Declined, Returned: l.Returned, Promised: l.Promised}
	return o.appendJSON(b)
}
