package ledger

import (
	"fmt"
	"time"
)

// Kind numbers what an entry says. Kinds are on disk: only ever appended to. What an unknown
// kind does is said in protocol.md, section 4.
type Kind uint16

// The kinds of entry.
const (
	KindOpened       Kind = 1  // a site's life begins under an epoch
	KindBoot         Kind = 2  // a book was opened; a random boot id makes copies diverge
	KindReceipt      Kind = 3  // goods-in
	KindPlaced       Kind = 4  // an order accepted from what is here (or backordered)
	KindRefused      Kind = 5  // an order refused, remembered under its key
	KindAsked        Kind = 6  // an order's local part is reserved while head office is asked
	KindAskAccepted  Kind = 7  // head office's hold is taken up: the order is accepted
	KindAskAbandoned Kind = 8  // no (or no timely) yes: decided from what is here
	KindCanceled     Kind = 9  // an order cancelled by its owner
	KindObeyed       Kind = 10 // a command of head office carried out, refused or repeated
	KindFilled       Kind = 11 // a waiting order's lines reserved from goods that came in
	KindAdopted      Kind = 12 // the site adopts an incarnation of head office
	KindAttested     Kind = 13 // the book holds all that can be known: a rebuild has ended, or a new life of head office is answered
	KindLate         Kind = 14 // a fact first written elsewhere: in a closed epoch, or in a client's journal
	KindAdjusted     Kind = 15 // units found, lost, damaged or counted, by a named person
	KindDisplaced    Kind = 16 // an order of ours lost its units to the entry that follows; its lines wait
	KindWords        Kind = 17 // from here on the journal uses words that builds before them do not know
	KindPicked       Kind = 18 // a site picked its part of an order, and found less than the book says
	KindRejected     Kind = 19 // a site will not serve its part of an order, or some of it
	KindCounted      Kind = 20 // bins were counted at a position of the journal, by a named person; what differs is adjusted
	KindPrepared     Kind = 21 // a site's part of an order is packed, or ready to be collected: nothing has left
	KindHandedOver   Kind = 22 // some of a part has left, with a carrier or its customer: what was reserved for it ends
	KindFollowed     Kind = 23 // what became of what a carrier took: delivered, not delivered, come back
	KindPutBack      Kind = 24 // what was in hand of a part lies in a bin again
	KindReturned     Kind = 25 // goods came back from a customer; they are blocked until somebody has looked
	KindInspected    Kind = 26 // somebody has, and says what is done with them

	// Transfers.
	KindTransferAsked      Kind = 27 // a site wants goods of another one
	KindTransferReserved   Kind = 28 // goods are set aside for a transfer at its sender
	KindTransferDispatched Kind = 29 // they have left, or will not
	KindTransferReceived   Kind = 30 // what came of a transfer was taken in, or what came back

	KindMoney       Kind = 31 // as KindWords, of WordsMoney: a head office that does not know them waits here
	KindBlockedSeen Kind = 32 // somebody has looked at blocked goods that are no return's, and says what is done with them
)

// Money. No unit of stock moves by any of these.
const (
	KindDrawer   Kind = 33 // a session of a till's cash drawer began or ended, or cash was paid in or out
	KindTendered Kind = 34 // an order was paid for, or money given back
	KindDayEnded Kind = 35 // a trading day of the site ended, with its figures
	KindAsset    Kind = 36 // something of head office's was charged, released, paid for or loaded: credit, a card, a promotion
)

// Documents. Nothing moves by them either.
const (
	KindPurchase Kind = 37 // what a person does with a purchase order
	KindDraft    Kind = 38 // an order that nobody has placed yet was parked or offered, or put away
)

// KindMoved says that units were put from bins into others of the site.
const KindMoved Kind = 39

// KindLot is what was done with a lot as a whole: it is over, held as by a recall, or held no more.
const KindLot Kind = 40

// KindReview is an order that waits for somebody's word, for the checks that it tripped, or was ruled out.
const KindReview Kind = 41

// KindManifest is what is done with a carrier's manifest: it is closed, or a shipment struck off it. Nothing moves by it.
const KindManifest Kind = 42

// KindDropShip is a supplier's word on lines of an order that it sends straight to the customer. Nothing of stock moves by it.
const KindDropShip Kind = 43

// KindLast is the newest kind that this build knows.
const KindLast = KindDropShip

var kindNames = map[Kind]string{
	KindOpened: "opened", KindBoot: "boot", KindReceipt: "receipt", KindPlaced: "order_placed",
	KindRefused: "order_refused", KindAsked: "order_asked", KindAskAccepted: "ask_accepted",
	KindAskAbandoned: "ask_abandoned", KindCanceled: "order_cancelled", KindObeyed: "command_obeyed",
	KindFilled: "backorder_filled", KindAdopted: "hq_adopted", KindAttested: "attested",
	KindLate: "recorded_late", KindAdjusted: "adjusted", KindDisplaced: "order_displaced",
	KindWords: "words_widened", KindPicked: "leg_picked", KindRejected: "leg_rejected",
	KindCounted: "counted", KindTransferAsked: "transfer_asked", KindTransferReserved: "transfer_reserved",
	KindTransferDispatched: "transfer_dispatched", KindTransferReceived: "transfer_received",
	KindPrepared: "leg_prepared", KindHandedOver: "leg_handed_over", KindFollowed: "leg_followed", KindPutBack: "leg_put_back",
	KindDrawer: "drawer", KindTendered: "tendered", KindDayEnded: "day_ended",
	KindReturned: "returned", KindInspected: "return_inspected", KindMoney: "money_widened", KindBlockedSeen: "blocked_inspected",
	KindAsset: "asset_moved", KindPurchase: "purchase_written", KindDraft: "order_drafted",
	KindMoved: "bins_moved", KindManifest: "manifest_written",
	KindLot:    "lot_held",
	KindReview: "order_reviewed", KindDropShip: "drop_ship_told",
}

func (k Kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return fmt.Sprintf("kind_%d", uint16(k))
}

// An Entry is one fact of a site's journal. Its postings sum to zero per SKU and book.
type Entry struct {
	Kind     Kind
	Seq      Seq
	Epoch    Epoch
	At       time.Time // UTC, the site's clock, whole milliseconds; never used for ranking
	Actor    string    // who, as the door named them
	Device   string    // which till, handheld or program; "" where none was named
	Approver string    // the second person who approved it; "" where nobody had to
	Ref      string    // order, delivery or command id, for people and reports
	Key      Digest    // idempotency key (scope and key digested); zero where none
	Request  Digest    // method, path and body under that key
	Postings []Posting
	Body     Body
	Lots     []LotMove // of which lots the units were that the postings move; none of goods that are not kept by lot
}

// Balanced says whether the postings sum to zero in each book of each SKU and whether the
// whose book's counter-account follows the where book.
func (e *Entry) Balanced() error {
	if e.balancedInRuns() {
		return nil
	}
	sums := make(map[SKU]*balance, len(e.Postings)/4)
	for i := range e.Postings {
		p := &e.Postings[i]
		b, ok := sums[p.SKU]
		if !ok {
			b = &balance{}
			sums[p.SKU] = b
		}
		b.add(p)
	}
	for i := range e.Postings { // in their order: the error names the first SKU at fault
		if b := sums[e.Postings[i].SKU]; !b.even() {
			return b.fault(e, e.Postings[i].SKU)
		}
	}
	return nil
}

// balancedInRuns says whether postings of one SKU that lie beside one another are in balance, each
// run by itself: then all of the SKU's are. It needs no memory, and a writer lays them so.
func (e *Entry) balancedInRuns() bool {
	for i := 0; i < len(e.Postings); {
		var b balance
		for sku := e.Postings[i].SKU; i < len(e.Postings) && e.Postings[i].SKU == sku; i++ {
			b.add(&e.Postings[i])
		}
		if !b.even() {
			return false
		}
	}
	return true
}

// balance is the sums of one SKU's postings.
type balance struct {
	where, whose Qty
	shelf, stock Qty // sellable and picked, and the counter-account that follows them
}

func (b *balance) add(p *Posting) {
	if p.Account.Kind.Where() {
		b.where += p.Qty
	} else {
		b.whose += p.Qty
	}
	switch p.Account.Kind {
	case Sellable, Picked:
		b.shelf += p.Qty
	case Stock:
		b.stock += p.Qty
	}
}

func (b *balance) even() bool { return b.where == 0 && b.whose == 0 && b.shelf == -b.stock }

func (b *balance) fault(e *Entry, sku SKU) error {
	return fmt.Errorf("entry %d %s: %s is out of balance: where %d, whose %d, shelf %d against stock %d",
		e.Seq, e.Kind, sku, b.where, b.whose, b.shelf, b.stock)
}
