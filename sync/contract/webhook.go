package contract

import "github.com/holdfast-stock/holdfast/ledger"

// EventMessage is what a webhook is sent: an event. The same event has the same webhook-id and the same body for ever, however often it is sent.
type EventMessage struct {
	Type      string    `json:"type" jsonschema:"order.confirmed, order.delayed, order.ready, order.dispatched, order.delivered, order.handed_over, order.refunded, order.cancelled, order.declined, stock.low, exception.raised, or webhook.test. The set may grow"`
	Timestamp string    `json:"timestamp" jsonschema:"when it happened, by the clock of the book that wrote it down"`
	Data      EventData `json:"data"`
}

// EventData says what an event is about. What it does not speak of is left out.
type EventData struct {
	Site      ledger.SiteID   `json:"site,omitempty"`
	Order     ledger.OrderID  `json:"order,omitempty"`
	Number    string          `json:"number,omitempty" jsonschema:"the order's, for people; left out where head office does not know it"`
	External  string          `json:"external_id,omitempty"`
	Channel   string          `json:"channel,omitempty"`
	Customer  string          `json:"customer,omitempty" jsonschema:"the id that the order has of its customer; no name and no address"`
	Lines     []EventLine     `json:"lines,omitempty"`
	LinesMore int             `json:"lines_more,omitempty" jsonschema:"lines that are not named here; the order has them"`
	Shipment  *EventShipment  `json:"shipment,omitempty"`
	Promised  string          `json:"promised_by,omitempty" jsonschema:"of order.delayed: the day by which all of it is promised now; left out where no date is known"`
	Amount    *Money          `json:"amount,omitempty" jsonschema:"of order.refunded: what was given back"`
	SKU       ledger.SKU      `json:"sku,omitempty"`
	Qty       *ledger.Qty     `json:"qty,omitempty" jsonschema:"of stock.low: what can be promised at the site"`
	Level     *ledger.Qty     `json:"level,omitempty" jsonschema:"of stock.low: what the rule low_stock says, or one more than the reorder point"`
	Exception *EventException `json:"exception,omitempty"`
}

// EventLine is what an event says of one line of an order.
type EventLine struct {
	Line    int        `json:"line"`
	SKU     ledger.SKU `json:"sku"`
	Qty     ledger.Qty `json:"qty" jsonschema:"units that the event is about: ordered, ready, gone, or waiting longer"`
	Waiting ledger.Qty `json:"waiting,omitempty" jsonschema:"of order.confirmed: of these, what waits for goods"`
}

// EventShipment is what a carrier took.
type EventShipment struct {
	Carrier  string `json:"carrier,omitempty"`
	Service  string `json:"service,omitempty"`
	Tracking string `json:"tracking,omitempty"`
}

// EventException is something that somebody must look at.
type EventException struct {
	ID   uint64 `json:"id"`
	What string `json:"what" jsonschema:"a fixed word"`
	Why  string `json:"why"`
}

// WebhookRequest has somebody told of events.
type WebhookRequest struct {
	To     string   `json:"to" jsonschema:"an https URL, an http URL of this machine, mailto: and one mailbox, or customer: for the customer of each order, at the mailbox that the account has when it is sent"`
	Events []string `json:"events,omitempty" jsonschema:"the kinds that are told; left out: all"`
	Secret string   `json:"secret,omitempty" jsonschema:"whsec_ and 24 to 64 bytes in base64; left out: one is made. None for mail"`
	Note   string   `json:"note,omitempty" jsonschema:"for people"`
	Reason string   `json:"reason,omitempty" jsonschema:"why; it is kept"`
	By     string   `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
}

// Webhook is somebody who is told of events.
type Webhook struct {
	ID      string   `json:"id"`
	To      string   `json:"to" jsonschema:"of an address only the scheme and the host are shown"`
	Events  []string `json:"events" jsonschema:"the kinds that are told; none: all"`
	Note    string   `json:"note,omitempty"`
	Secret  string   `json:"secret,omitempty" jsonschema:"shown in the answer that made it, and never again"`
	By      string   `json:"by"`
	At      string   `json:"at"`
	Told    uint64   `json:"told" jsonschema:"events that it has taken"`
	Failed  uint64   `json:"failed" jsonschema:"tries that it has not"`
	Owed    int      `json:"owed" jsonschema:"events that are tried again"`
	Behind  uint64   `json:"behind" jsonschema:"events that it was not told yet, at most: those that it does not want may be among them"`
	Dead    int      `json:"dead" jsonschema:"dead letters: telling them was given up; GET /v1/dead-letters lists them"`
	Lost    uint64   `json:"lost,omitempty" jsonschema:"dead letters that were forgotten because there were too many"`
	Failing string   `json:"failing_since,omitempty" jsonschema:"since when nothing got through; left out while all is well"`
	Why     string   `json:"why,omitempty" jsonschema:"what its last failure was"`
	NextTry string   `json:"next_try,omitempty" jsonschema:"when something is tried again next"`
}

// WebhookList is who is told of events.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
}

// WebhookTest is what a receiver said to a test.
type WebhookTest struct {
	ID     string `json:"id" jsonschema:"the webhook-id that it was sent under"`
	OK     bool   `json:"ok"`
	Status int    `json:"http_status,omitempty" jsonschema:"what it answered; left out where it did not, or is told by mail"`
	TookMS int64  `json:"took_ms"`
	Why    string `json:"why,omitempty" jsonschema:"it is not ok"`
}

// DeadLetterRequest sees to dead letters.
type DeadLetterRequest struct {
	Events []string `json:"events,omitempty" jsonschema:"these, by their ids, at most 5000; left out: all"`
	Reason string   `json:"reason,omitempty" jsonschema:"why; it is kept"`
	By     string   `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
}

// DeadLettersSeen says what was done with dead letters.
type DeadLettersSeen struct {
	Webhook string `json:"webhook"`
	Letters int    `json:"letters" jsonschema:"how many are sent again, or were forgotten. Of those to be sent again there may be more than there is room for: ask again once these are gone"`
}

// DeadLetter is an event that somebody could not be told.
type DeadLetter struct {
	ID      string       `json:"id" jsonschema:"its webhook-id"`
	Webhook string       `json:"webhook"`
	Tries   int          `json:"tries"`
	Why     string       `json:"why"`
	At      string       `json:"at" jsonschema:"when telling it was given up"`
	Event   EventMessage `json:"event"`
}

// DeadLetterList is one page of dead letters, the oldest first.
type DeadLetterList struct {
	DeadLetters []DeadLetter `json:"dead_letters"`
	NextCursor  string       `json:"next_cursor,omitempty"`
}
