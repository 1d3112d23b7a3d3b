package contract

import "github.com/holdfast-stock/holdfast/ledger"

// Figures are the balances of one SKU, at one site or of all sites together.
type Figures struct {
	OnHand    ledger.Qty `json:"on_hand" jsonschema:"physically there, in any condition"`
	Blocked   ledger.Qty `json:"blocked" jsonschema:"on hand but not to be sold"`
	Picked    ledger.Qty `json:"picked" jsonschema:"out of the bin for an order, not yet gone"`
	Reserved  ledger.Qty `json:"reserved" jsonschema:"promised to order lines"`
	Allotted  ledger.Qty `json:"allotted" jsonschema:"others may promise it without asking"`
	Available ledger.Qty `json:"available" jsonschema:"this site may promise it, asking nobody"`
	Shortfall ledger.Qty `json:"shortfall" jsonschema:"claimed but shown not to be there"`
}

// FiguresOf gives a level's figures.
func FiguresOf(l *ledger.Level) Figures {
	return Figures{OnHand: l.OnHand(), Blocked: l.Blocked, Picked: l.Picked, Reserved: l.Reserved,
		Allotted: l.AllottedSum(), Available: l.Available, Shortfall: l.Shortfall}
}

// Sure can be promised by the book that answers, now.
type Sure struct {
	Qty ledger.Qty `json:"qty"`
}

// Likely is another site's figure with its age.
type Likely struct {
	Qty   ledger.Qty `json:"qty"`
	AgeMS int64      `json:"age_ms" jsonschema:"how old the oldest figure in it is"`
}

// Promisable says how certain a promise would be, never a bare stale number. Ask and Likely
// are left out where nobody could be asked.
type Promisable struct {
	Sure   Sure    `json:"sure" jsonschema:"held here, now"`
	Ask    *Sure   `json:"ask,omitempty" jsonschema:"held at head office or a site that answers now"`
	Likely *Likely `json:"likely,omitempty" jsonschema:"another site's figure, with its age"`
}

// Allotment is what one holder may promise of a site's units.
type Allotment struct {
	Holder ledger.Holder `json:"holder"`
	Qty    ledger.Qty    `json:"qty"`
}

// Held is what a site may promise of another's units without asking.
type Held struct {
	Site ledger.SiteID `json:"site" jsonschema:"the site whose units they are"`
	Qty  ledger.Qty    `json:"qty"`
}

// NodeStock is one SKU at one site, as the site says it.
type NodeStock struct {
	Site ledger.SiteID `json:"site"`
	SKU  ledger.SKU    `json:"sku"`
	Figures
	Allotments []Allotment `json:"allotments"`
	Held       []Held      `json:"held,omitempty" jsonschema:"what this site may promise of other sites' stock; it is in promisable.sure as well"`
	Promisable Promisable  `json:"promisable"`
	Kit        *KitStock   `json:"kit,omitempty" jsonschema:"of a kit, which lies in no bin: how many can be made"`
	Seq        uint64      `json:"seq" jsonschema:"the journal's place that these figures show"`
}

// KitStock says how many of a kit can be made of its components.
type KitStock struct {
	Makes      ledger.Qty          `json:"makes" jsonschema:"what promisable.sure has: of the scarcest component"`
	Components []KitStockComponent `json:"components"`
}

// KitStockComponent is what there is of one component.
type KitStockComponent struct {
	SKU        ledger.SKU `json:"sku"`
	Qty        ledger.Qty `json:"qty" jsonschema:"units in one kit"`
	Promisable ledger.Qty `json:"promisable" jsonschema:"units that can be promised for sure"`
}

// PromisableOf is how certain a promise of a kit would be, where component says that of each component: no more than the
// scarcest component allows.
func PromisableOf(components []ledger.Component, component func(ledger.SKU) Promisable) (Promisable, *KitStock) {
	kit := &KitStock{Components: make([]KitStockComponent, len(components))}
	var sure, asked, all ledger.Qty = ledger.QtyMax, ledger.QtyMax, ledger.QtyMax
	var age int64
	known := true
	for i, p := range components {
		of := component(p.SKU)
		kit.Components[i] = KitStockComponent{SKU: p.SKU, Qty: p.Qty, Promisable: of.Sure.Qty}
		sum := max(0, of.Sure.Qty)
		sure = min(sure, sum/p.Qty)
		if of.Ask == nil || of.Likely == nil {
			known = false
			continue
		}
		sum += max(0, of.Ask.Qty)
		asked = min(asked, sum/p.Qty)
		sum += max(0, of.Likely.Qty)
		all, age = min(all, sum/p.Qty), max(age, of.Likely.AgeMS)
	}
	kit.Makes = sure
	out := Promisable{Sure: Sure{Qty: sure}}
	if known {
		out.Ask, out.Likely = &Sure{Qty: asked - sure}, &Likely{Qty: all - asked, AgeMS: age}
	}
	return out, kit
}

// Allotments lists a level's holders that have something.
func Allotments(l *ledger.Level) []Allotment {
	out := []Allotment{}
	for _, h := range l.Allotted {
		if h.Qty != 0 {
			out = append(out, Allotment{Holder: h.Holder, Qty: h.Qty})
		}
	}
	return out
}

// HQStock is one SKU in the whole company, as head office knows it.
type HQStock struct {
	SKU ledger.SKU `json:"sku"`
	Figures
	InTransit  ledger.Qty  `json:"in_transit" jsonschema:"dispatched by one site and not received by another, so far as their journals are here: on hand nowhere, and promised to nobody"`
	Promisable Promisable  `json:"promisable"`
	Kit        *KitStock   `json:"kit,omitempty" jsonschema:"of a kit, which lies in no bin: how many can be made. Sites says where some of it lies from before it was one"`
	Sites      []SiteStock `json:"sites"`
	DueIn      *DueIn      `json:"due_in,omitempty" jsonschema:"what suppliers are to bring; absent where nothing is expected"`
}

// DueIn is what is still to come of a SKU.
type DueIn struct {
	Qty        ledger.Qty `json:"qty"`
	Promised   ledger.Qty `json:"promised" jsonschema:"of it, what orders are promised"`
	Deliveries []Due      `json:"deliveries" jsonschema:"the earliest first, at most 100"`
}

// Due is what one delivery still brings of a SKU.
type Due struct {
	Reference string        `json:"reference"`
	Supplier  string        `json:"supplier"`
	Site      ledger.SiteID `json:"site" jsonschema:"where it comes in"`
	Due       string        `json:"due"`
	By        string        `json:"by,omitempty" jsonschema:"the day by which it is promised now; absent where it is overdue"`
	Qty       ledger.Qty    `json:"qty"`
	Promised  ledger.Qty    `json:"promised"`
}

// SiteStock is one SKU at one site, as head office knows it.
type SiteStock struct {
	Site ledger.SiteID `json:"site"`
	Figures
	AllottedHQ    ledger.Qty `json:"allotted_hq"`
	AllottedOther ledger.Qty `json:"allotted_other"`
	AgeMS         int64      `json:"age_ms" jsonschema:"since the site's last contact"`
	Lost          bool       `json:"lost,omitempty" jsonschema:"declared lost: the figures are its journal's last, and nothing of it is promised"`
}
