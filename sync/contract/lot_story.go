package contract

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what an answer about a lot holds; what is beyond is counted. The export has all.
const (
	lotOrdersMax = 5000
	lotEventsMax = 1000
)

// LotOrder is what an order took of a lot.
type LotOrder struct {
	Site     ledger.SiteID  `json:"site" jsonschema:"that handed it over"`
	Order    ledger.OrderID `json:"order"`
	Qty      ledger.Qty     `json:"qty" jsonschema:"handed over, or with its carrier"`
	Returned ledger.Qty     `json:"returned,omitempty" jsonschema:"of these, what came back"`
	At       time.Time      `json:"at" jsonschema:"when the first of it left"`
}

// LotEvent is what one entry says of a lot.
type LotEvent struct {
	Site  ledger.SiteID  `json:"site"`
	Epoch uint64         `json:"epoch"`
	Seq   uint64         `json:"seq"`
	At    time.Time      `json:"at"`
	Kind  string         `json:"kind" jsonschema:"of the entry"`
	Ref   string         `json:"ref,omitempty" jsonschema:"order, delivery, transfer or reason"`
	Order ledger.OrderID `json:"order,omitempty"`
	Qty   ledger.Qty     `json:"qty,omitempty"`
	From  string         `json:"from,omitempty" jsonschema:"the account that units left"`
	To    string         `json:"to,omitempty" jsonschema:"the account that they came to"`
	Why   string         `json:"why,omitempty"`
}

// A LotStory is what is known of a lot: where it came from, where it is, who took it.
type LotStory struct {
	SKU    ledger.SKU   `json:"sku"`
	Lot    ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Serial bool         `json:"serial,omitempty"`
	Expiry string       `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold"`
	Held   string       `json:"held,omitempty" jsonschema:"why nothing of it may be sold"`

	HeldAt   []ledger.SiteID `json:"held_at,omitempty" jsonschema:"the sites that hold it"`
	Came     ledger.Qty      `json:"came" jsonschema:"came in from suppliers, in all"`
	OnHand   ledger.Qty      `json:"on_hand"`
	Sites    []LotSite       `json:"sites" jsonschema:"where it is"`
	OnWay    []LotTransit    `json:"in_transit,omitempty" jsonschema:"what left one site and has not come to another, as they have told"`
	Orders   []LotOrder      `json:"orders" jsonschema:"that took it, at most 5000"`
	Events   []LotEvent      `json:"events" jsonschema:"from the first, at most 1000"`
	Beyond   int             `json:"beyond,omitempty" jsonschema:"orders and events that are not shown"`
	Warranty *Warranty       `json:"warranty,omitempty" jsonschema:"of a serial number that was sold"`
}

// LotTransit is units of a lot that are on their way between two sites.
type LotTransit struct {
	Transfer ledger.TransferID `json:"transfer"`
	From     ledger.SiteID     `json:"from"`
	To       ledger.SiteID     `json:"to"`
	Qty      ledger.Qty        `json:"qty"`
}

// LotSite is where units of a lot are at one site.
type LotSite struct {
	Site ledger.SiteID `json:"site"`
	Qty  ledger.Qty    `json:"qty"`
	At   []LotAt       `json:"at"`
}

// Warranty is until when the unit of a serial number is under warranty.
type Warranty struct {
	Order ledger.OrderID `json:"order"`
	Sold  time.Time      `json:"sold"`
	Until string         `json:"until,omitempty" jsonschema:"a day; absent where the item has no warranty"`
}

// A LotTale gathers a story from rows, site by site, each site's in their order.
type LotTale struct {
	story  LotStory
	held   map[ledger.SiteID]string // why, where it is
	places map[ledger.SiteID]map[ledger.LotPlace]ledger.Qty
	orders map[lotOrderKey]int // where one stands in story.Orders
	ways   map[LotTransit]ledger.Qty
}

type lotOrderKey struct {
	site  ledger.SiteID
	order ledger.OrderID
}

// NewLotTale begins the story of a lot.
func NewLotTale(sku ledger.SKU, lot ledger.LotID) *LotTale {
	return &LotTale{story: LotStory{SKU: sku, Lot: lot, Sites: []LotSite{}, Orders: []LotOrder{}, Events: []LotEvent{}},
		held: map[ledger.SiteID]string{}, places: map[ledger.SiteID]map[ledger.LotPlace]ledger.Qty{}, orders: map[lotOrderKey]int{}, ways: map[LotTransit]ledger.Qty{}}
}

// Row adds what an entry of a site says.
func (t *LotTale) Row(site ledger.SiteID, r *ledger.LotRow) {
	if r.Act == ledger.LotHeld {
		t.held[site] = r.Reason
	} else if r.Act == ledger.LotReleased {
		delete(t.held, site)
	}
	if len(r.Moves) == 0 {
		t.event(site, r, nil)
	}
	for i := range r.Moves {
		v := &r.Moves[i]
		t.move(site, v)
		t.took(site, r, v)
		t.went(site, r, v)
		t.event(site, r, v)
	}
}

func (t *LotTale) event(site ledger.SiteID, r *ledger.LotRow, v *ledger.LotMove) {
	if len(t.story.Events) == lotEventsMax {
		t.story.Beyond++
		return
	}
	e := LotEvent{Site: site, Epoch: uint64(r.Epoch), Seq: uint64(r.Seq), At: r.At, Kind: r.Kind.String(), Ref: r.Ref, Order: r.Order, Why: r.Reason}
	if v != nil {
		e.Qty, e.From, e.To = v.Qty, v.From.String(), v.To.String()
	}
	t.story.Events = append(t.story.Events, e)
}

func keptPlace(k ledger.AccountKind) bool {
	return k == ledger.Sellable || k == ledger.Blocked || k == ledger.Picked
}

func (t *LotTale) move(site ledger.SiteID, v *ledger.LotMove) {
	at := t.places[site]
	if at == nil {
		at = map[ledger.LotPlace]ledger.Qty{}
		t.places[site] = at
	}
	if keptPlace(v.From.Kind) {
		at[v.From] -= v.Qty
	}
	if keptPlace(v.To.Kind) {
		at[v.To] += v.Qty
	}
	if v.From.Kind == ledger.Supplier {
		t.story.Came += v.Qty
	}
	if v.Expiry != 0 {
		t.story.Expiry = v.Expiry.String()
	}
	t.story.Serial = t.story.Serial || v.Serial
}

// went counts what is on its way between two sites, by transfer. What goes with an order's carrier is the order's.
func (t *LotTale) went(site ledger.SiteID, r *ledger.LotRow, v *ledger.LotMove) {
	way := LotTransit{Transfer: ledger.TransferID(r.Ref)}
	if id, _, ok := (&ledger.HQCommand{ID: r.Ref, Kind: ledger.CommandTransfer}).Transfer(); ok {
		way.Transfer = id
	}
	for _, end := range [...]struct {
		at  ledger.LotPlace
		qty ledger.Qty
	}{{v.To, v.Qty}, {v.From, -v.Qty}} {
		if end.at.Kind != ledger.Transit || r.Order != "" {
			continue
		}
		// What its sender takes back, or misses, it takes from the way that it has sent it; what comes in elsewhere came from its sender.
		if way.From, way.To = site, ledger.SiteID(end.at.Ref); r.Kind == ledger.KindTransferReceived || r.Kind == ledger.KindLate && end.qty < 0 {
			if back := way; t.ways[back] < v.Qty {
				way.From, way.To = way.To, way.From
			}
		}
		t.ways[way] += end.qty
	}
}

// took counts what an order has of the lot. What a carrier has is the order's.
func (t *LotTale) took(site ledger.SiteID, r *ledger.LotRow, v *ledger.LotMove) {
	gone := func(p ledger.LotPlace) bool {
		return p.Kind == ledger.Customer || p.Kind == ledger.Transit && p.Ref == string(r.Order)
	}
	if r.Order == "" || gone(v.From) == gone(v.To) {
		return
	}
	key := lotOrderKey{site, r.Order}
	i, known := t.orders[key]
	if !known {
		if len(t.story.Orders) == lotOrdersMax {
			t.story.Beyond++
			return
		}
		i = len(t.story.Orders)
		t.orders[key] = i
		t.story.Orders = append(t.story.Orders, LotOrder{Site: site, Order: r.Order, At: r.At})
	}
	if o := &t.story.Orders[i]; gone(v.To) {
		o.Qty += v.Qty
	} else {
		o.Returned += v.Qty
	}
}

// Story gives what was gathered; ok is false where nothing is known of the lot. The item says how long a warranty lasts; nil: no such item.
func (t *LotTale) Story(item *ledger.Item) (s LotStory, ok bool) {
	s = t.story
	for _, site := range slices.Sorted(maps.Keys(t.held)) {
		s.Held = cmp.Or(s.Held, t.held[site])
		s.HeldAt = append(s.HeldAt, site)
	}
	for _, site := range slices.Sorted(maps.Keys(t.places)) {
		row := ledger.Lot{Lot: s.Lot}
		for p, q := range t.places[site] {
			if q > 0 {
				row.At = append(row.At, ledger.LotAt{LotPlace: p, Qty: q})
			}
		}
		slices.SortFunc(row.At, func(a, b ledger.LotAt) int {
			if a.Kind != b.Kind {
				return int(a.Kind) - int(b.Kind)
			}
			return compareText(a.Ref, b.Ref)
		})
		if q := row.Here(); q > 0 {
			s.OnHand += q
			s.Sites = append(s.Sites, LotSite{Site: site, Qty: q, At: RenderLot(s.SKU, &row).At})
		}
	}
	for way, q := range t.ways {
		if way.Qty = q; q > 0 {
			s.OnWay = append(s.OnWay, way)
		}
	}
	slices.SortFunc(s.OnWay, func(a, b LotTransit) int {
		return cmp.Or(cmp.Compare(a.Transfer, b.Transfer), cmp.Compare(a.From, b.From))
	})
	if s.Serial {
		s.Warranty = warrantyOf(&s, item)
	}
	return s, len(s.Events) > 0
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// warrantyOf is of the last sale that did not come back, to whichever site.
func warrantyOf(s *LotStory, item *ledger.Item) *Warranty {
	out, with := map[ledger.OrderID]ledger.Qty{}, map[ledger.OrderID]*LotOrder{}
	for i := range s.Orders {
		o := &s.Orders[i]
		if out[o.Order] += o.Qty - o.Returned; o.Qty > 0 {
			with[o.Order] = o
		}
	}
	var last *LotOrder
	for _, o := range with {
		if out[o.Order] > 0 && (last == nil || o.At.After(last.At) || o.At.Equal(last.At) && o.Order > last.Order) {
			last = o
		}
	}
	if last == nil {
		return nil
	}
	w := &Warranty{Order: last.Order, Sold: last.At}
	if item != nil && item.Detail != nil && item.Detail.WarrantyMonths > 0 {
		w.Until = last.At.AddDate(0, item.Detail.WarrantyMonths, 0).Format(time.DateOnly)
	}
	return w
}
