package contract

import (
	"encoding/json"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Price is money in whole minor units: amount pays for per units (1 where per is not given).
type Price struct {
	Amount   int64  `json:"amount" jsonschema:"whole minor units of the currency"`
	Currency string `json:"currency" jsonschema:"ISO 4217, for example GBP"`
	Per      int64  `json:"per,omitempty" jsonschema:"how many units the amount pays for; default 1"`
	Tax      string `json:"tax,omitempty" jsonschema:"included or excluded"`
}

// Address is as much of a delivery address as sourcing needs.
type Address struct {
	Country  string `json:"country,omitempty" jsonschema:"ISO 3166 alpha-2, for example GB"`
	Postcode string `json:"postcode,omitempty"`
	LatE6    int64  `json:"lat_e6,omitempty" jsonschema:"latitude in millionths of a degree"`
	LonE6    int64  `json:"lon_e6,omitempty" jsonschema:"longitude in millionths of a degree"`
}

// LineRequest is one wanted SKU, named by itself or by a barcode of its item.
type LineRequest struct {
	SKU       string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode   string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack      string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Qty       ledger.Qty `json:"qty" jsonschema:"a label may say it"`
	UnitPrice *Price     `json:"unit_price,omitempty" jsonschema:"left out, what the item costs the price group, for so many units, on the day the order was taken"`
	Why       string     `json:"price_reason,omitempty" jsonschema:"why the unit price is another one; goes with unit_price"`
	Approver  string     `json:"price_approver,omitempty" jsonschema:"who lets the unit price be: somebody who may decide, where it is further below the item's own than a cashier may go; goes with unit_price"`
	Discount  *Discount  `json:"discount,omitempty"`
	TaxPPM    *int64     `json:"tax_rate_ppm,omitempty" jsonschema:"millionths, 200000 is 20 %; left out, the item's"`
	Lots      []NamedLot `json:"lots,omitempty" jsonschema:"at a node, take only: which lots, or serial numbers, the customer takes; a label that has one says it, too. The rest is of the lots that leave first"`

	told  *ledger.Packed  // what Qty was told in, once it is understood
	lots  []ledger.LotQty // which are taken
	parts []partLot       // of a kit: which of its components are
}

// OrderRequest is an order as a client sends it. Only Lines is needed; what is left out takes
// the default of the book that is asked (Defaults).
type OrderRequest struct {
	ID         string          `json:"id,omitempty" jsonschema:"the client's own UUIDv7 in lower case"`
	ExternalID string          `json:"external_id,omitempty"`
	Channel    ledger.Channel  `json:"channel,omitempty"`
	Fulfil     ledger.Fulfil   `json:"fulfil,omitempty"`
	From       From            `json:"from,omitempty"`
	CollectAt  string          `json:"collect_at,omitempty" jsonschema:"the site where the customer collects"`
	ShipTo     *Address        `json:"ship_to,omitempty"`
	Lines      []LineRequest   `json:"lines" jsonschema:"1 to 5000"`
	Shortage   ledger.Shortage `json:"shortage,omitempty"`
	Complete   bool            `json:"complete,omitempty" jsonschema:"dispatch only as a whole"`
	NeedBy     string          `json:"need_by,omitempty" jsonschema:"RFC 3339 time, kept in UTC, or a day"`
	ReserveFor string          `json:"reserve_for,omitempty" jsonschema:"not supported by this version"`
	Customer   string          `json:"customer,omitempty"`
	LeastDays  *int            `json:"least_days,omitempty" jsonschema:"at a node, take only: days that goods kept by lot have to be good for: lots that are over sooner are passed over. Left out: what the customer's account says; 0: any number"`
	Class      string          `json:"class,omitempty"`
	Priority   int             `json:"priority,omitempty" jsonschema:"0 to 9; 9 is the most urgent"`
	TakenAt    string          `json:"taken_at,omitempty" jsonschema:"RFC 3339; when the customer ordered"`
	Durable    Durable         `json:"durable,omitempty"`
	InHand     bool            `json:"in_hand,omitempty" jsonschema:"at a node, take only: the customer holds the goods, whatever the book says"`
	Approver   string          `json:"approver,omitempty" jsonschema:"who let an order in hand be: somebody who may decide"`
	Draft      *Draft          `json:"draft,omitempty" jsonschema:"at a node: keep it as a draft, which reserves nothing and is placed by POST /v1/orders/{id}/place"`
	PriceGroup string          `json:"price_group,omitempty" jsonschema:"whose prices hold, as the price lists name them; left out, everybody's"`
	DeliverTo  string          `json:"deliver_to,omitempty" jsonschema:"which address of the customer's, by its id"`
	BillTo     string          `json:"bill_to,omitempty" jsonschema:"which address of the customer's the invoice goes to, by its id"`
	Override   *Override       `json:"override,omitempty" jsonschema:"who lets it through where it trips a check that allows that, and why"`
}

// From says whether sites other than the one asked may serve.
type From string

// The words of from.
const (
	FromHere From = "here"
	FromAny  From = "any"
)

// Durable is the level of acknowledgement that must be reached before the answer.
type Durable string

// The words of durable and of ack.
const (
	Accepted Durable = "accepted" // on the node's disk
	Shared   Durable = "shared"   // a quorum of head office has it
	Archived Durable = "archived" // in a copy outside the cluster
	Owner    Durable = "owner"    // the owner's entry is in at head office
)

// Reserved is what one site has promised of a line.
type Reserved struct {
	Site ledger.SiteID `json:"site"`
	Qty  ledger.Qty    `json:"qty"`
}

// OrderLine is a line as it stands. What stands under Reserved is promised, handed over or not;
// Taken says how much of it has been handed over.
type OrderLine struct {
	Line        int             `json:"line" jsonschema:"from 1"`
	SKU         ledger.SKU      `json:"sku"`
	Qty         ledger.Qty      `json:"qty"`
	Status      ledger.Status   `json:"status"`
	Reserved    []Reserved      `json:"reserved"`
	Backordered ledger.Qty      `json:"backordered" jsonschema:"promised, and waiting for goods"`
	Taken       ledger.Qty      `json:"taken" jsonschema:"of what is reserved: handed over"`
	ToConfirm   ledger.Qty      `json:"to_be_confirmed,omitempty" jsonschema:"taken without a promise: it is confirmed or declined later"`
	Declined    ledger.Qty      `json:"declined,omitempty" jsonschema:"taken without a promise, and not to be had"`
	Returned    ledger.Qty      `json:"returned,omitempty" jsonschema:"of what is taken: came back"`
	UnitPrice   *Price          `json:"unit_price,omitempty"`
	Pack        *Packed         `json:"pack,omitempty" jsonschema:"what was asked for in packs; qty is the same in units"`
	Kit         []ComponentLine `json:"kit,omitempty" jsonschema:"of a kit: its components, as they were when the order was taken. The kit's own figures are whole kits; what is to be picked and where it is reserved, the components say"`
	Promised    []Promised      `json:"promised,omitempty" jsonschema:"of what waits, what is promised of what is due in; its book says it, and the answer to a new order keeps what it said then"`
	DropShip    *DropShipOfLine `json:"drop_ship,omitempty" jsonschema:"of a line that its supplier sends straight to the customer: what of it is asked for, confirmed, sent and refused"`
	Charge      *Charge         `json:"charge,omitempty" jsonschema:"what it comes to; absent where nobody has said a price"`
}

// Promised is what of a delivery that is due in is promised to a line.
type Promised struct {
	Reference string     `json:"reference,omitempty" jsonschema:"of the delivery; absent where a site promises what it has ordered itself, by whichever order it comes"`
	Qty       ledger.Qty `json:"qty"`
	By        string     `json:"by,omitempty" jsonschema:"the day, UTC; absent where the delivery is overdue and has no date"`
}

// Fulfilment is the part of an order that one site serves.
type Fulfilment struct {
	ID     string           `json:"id" jsonschema:"order id, @, site"`
	Site   ledger.SiteID    `json:"site"`
	Status FulfilmentStatus `json:"status"`
}

// FulfilmentStatus is a fulfilment's state.
type FulfilmentStatus string

// The states that this version gives a fulfilment.
const (
	FulfilmentReserved    FulfilmentStatus = "reserved"
	FulfilmentPicking     FulfilmentStatus = "picking"
	FulfilmentPicked      FulfilmentStatus = "picked"
	FulfilmentPacked      FulfilmentStatus = "packed"
	FulfilmentReady       FulfilmentStatus = "ready"
	FulfilmentDispatched  FulfilmentStatus = "dispatched"
	FulfilmentUndelivered FulfilmentStatus = "undelivered"
	FulfilmentCanceled    FulfilmentStatus = "cancelled"
	FulfilmentDelivered   FulfilmentStatus = "delivered"
	FulfilmentCollected   FulfilmentStatus = "collected"
	FulfilmentCameBack    FulfilmentStatus = "came_back"
)

// Order is an order as its owner answers it.
type Order struct {
	ID          ledger.OrderID  `json:"id"`
	Number      string          `json:"number" jsonschema:"the owner's prefix and counter, for people"`
	Owner       ledger.SiteID   `json:"owner" jsonschema:"the book that owns the order: a site, or hq"`
	Status      ledger.Status   `json:"status"`
	Lines       []OrderLine     `json:"lines"`
	Fulfilments []Fulfilment    `json:"fulfilments"`
	Ack         Durable         `json:"ack"`
	Offline     bool            `json:"offline" jsonschema:"head office was not reached for it"`
	Seq         uint64          `json:"seq" jsonschema:"the place in the owner's journal that this answer shows"`
	ExternalID  string          `json:"external_id,omitempty"`
	Channel     ledger.Channel  `json:"channel"`
	Fulfil      ledger.Fulfil   `json:"fulfil"`
	From        From            `json:"from"`
	CollectAt   ledger.SiteID   `json:"collect_at,omitempty"`
	ShipTo      *Address        `json:"ship_to,omitempty"`
	Shortage    ledger.Shortage `json:"shortage"`
	Complete    bool            `json:"complete"`
	NeedBy      string          `json:"need_by,omitempty"`
	Customer    string          `json:"customer,omitempty"`
	Class       string          `json:"class,omitempty"`
	Priority    int             `json:"priority"`
	TakenAt     string          `json:"taken_at"`
	Late        bool            `json:"late,omitempty" jsonschema:"need_by was over when the order was taken: it is served all the same, and is late"`
	Version     uint64          `json:"version,omitempty" jsonschema:"of an order of head office's: what an amendment of it names"`
	MayGiveUp   bool            `json:"may_give_up,omitempty" jsonschema:"its class gave up when it was accepted: as long as it has no need_by, what is reserved for it may go to a more important order that would be late, within 28 days; it then waits again, and somebody is asked to tell its customer"`
	Totals      *Totals         `json:"totals,omitempty" jsonschema:"what is to be paid; of a draft, or of an order that waits for a word, what it is offered for. Absent where no line is priced"`
	PriceGroup  string          `json:"price_group,omitempty"`
	DeliverTo   string          `json:"deliver_to,omitempty"`
	BillTo      string          `json:"bill_to,omitempty"`
	Draft       *Draft          `json:"draft,omitempty" jsonschema:"of an order that was a draft first, or is one"`
	Review      *Review         `json:"review,omitempty" jsonschema:"of an order that trips a check: why it waits, and who decided"`
}

// OrderList is a page of orders.
type OrderList struct {
	Orders     []Order `json:"orders"`
	NextCursor string  `json:"next_cursor,omitempty"`
}

// BulkOrder is one order of a bulk request, with the key it would have had alone. The order
// stays as it came: its bytes are what the key is bound to.
type BulkOrder struct {
	Key   string          `json:"key,omitempty"`
	Order json.RawMessage `json:"order"`

	read *OrderRequest // Order, where Decode has read it already
}

// Request reads the order. Its bytes must not have been changed since they came.
func (b *BulkOrder) Request() (*OrderRequest, error) {
	if b.read != nil {
		return b.read, nil
	}
	req := new(OrderRequest)
	return req, Decode(b.Order, req)
}

// BulkRequest is many orders, each standing alone.
type BulkRequest struct {
	Orders []BulkOrder `json:"orders" jsonschema:"1 to 1000"`
}

// BulkMax bounds the orders of one bulk request.
const BulkMax = 1000

// BulkResult is what one order of a bulk request got: Order or Problem.
type BulkResult struct {
	Key        string   `json:"key"`
	HTTPStatus int      `json:"http_status"`
	Order      *Order   `json:"order,omitempty"`
	Problem    *Problem `json:"problem,omitempty"`
}

// BulkAnswer has a result for each order, in their order.
type BulkAnswer struct {
	Results []BulkResult `json:"results"`
}

// OrderStatuses lists the statuses of the contract, also those that this version never gives.
func OrderStatuses() []string {
	return []string{"draft", "placed", "sourcing", "allocated", "backordered", "waiting",
		"to_be_confirmed", "declined", "cancelled", "completed"}
}
