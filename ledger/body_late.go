package ledger

// AttestedBody says that the book holds all that can be known: after a rebuild, or after a new
// life of head office. Only then does head office count again what it holds here.
type AttestedBody struct {
	H       Incarnation
	Digest  Digest // of the balances before it: State.Digest; head office compares its mirror
	Rebuilt bool   // it ends a rebuild (OpenedBody.Rebuilt)
	Moved   []SKU  // to be counted: moved since the last shared entry; at most MovedMax
}

// MovedMax bounds the SKUs that an attest names.
const MovedMax = 10_000

// Origin is where a late fact was first written: an entry of a closed epoch, or a client's
// journal, where Epoch is 0 and Seq and Hash are what that journal says of itself.
type Origin struct {
	Site  SiteID
	Epoch Epoch
	Seq   Seq
	Hash  Hash
}

// LateBody records a fact after a rebuild: its goods moved, whatever the book says of it.
type LateBody struct {
	Origin    Origin
	Was       Kind          // of the entry that first recorded it
	Order     *Order        // as it stands after the entry; nil where it is about none
	Receipt   ReceiptBody   // of a receipt
	Refusal   Refusal       // the answer was no, or the fact did not fit an order of the book
	Missing   []Short       // what could not be claimed again: backordered, or taken from other claims
	Displaced []Displaced   // promises whose units it took
	Draws     []Draw        // of Order's legs, those drawn from what this site holds of others
	Reason    string        // of an adjustment
	Lines     []AdjustLine  // of an adjustment, as they were first written
	Approver  string        // of an adjustment, or of goods in the hand
	Count     *CountBody    // of an adjustment that a count came to
	Transfer  *Transfer     // as it stands after the entry; nil where it is about none. With Refusal: as it was told
	Work      *WorkBody     // what has left of a part of an order, or what became of it; with an order: what was in hand of it
	Return    *Return       // as it stands after the entry, of goods that came back or were inspected
	Acts      []ReturnAct   // what was done with them
	Seen      []BlockedLine // what was done with blocked goods that are no return's, as it was first written
	Tender    *TenderBody   // what an order was paid with, or what was given back; its payments as they stand after the entry
	Drawer    *DrawerBody   // what was done with a drawer; its session as it stands after the entry
	Asset     *AssetBody    // what was done with an asset of head office's
	Purchase  *PurchaseBody // what was done with a purchase order; with Refusal: this life has changed it since
	Moved     []BinMove     // what was put from bins into others, as it was first written

	Promotions []AssetMove // uses that its order was given with, or that are free again
	Lot        *LotBody    // that was held, or let go
	Drop       *DropBody   // what a supplier has said of Order, under a note that this life had not booked; its own Order is nil
}

// Displaced is a promise that lost its units to goods in the hand or to a loss. Owner is the
// book that owns the order, and with it the duty to serve it from elsewhere.
type Displaced struct {
	Order OrderID
	Owner SiteID
	Line  int // from 1
	SKU   SKU
	Qty   Qty
}

// displacedMax bounds the promises that one entry displaces; what it takes beyond is shortfall.
const displacedMax = LinesMax

// Draw is a part of an order's line that this site promised from what Site has allotted to it.
type Draw struct {
	Line int // from 1
	Site SiteID
	SKU  SKU
	Qty  Qty
}

// AdjustedBody is units found, lost, damaged or counted, by a named person (protocol.md section 7).
type AdjustedBody struct {
	Reason    string
	Approver  string
	Lines     []AdjustLine // of a count: the lines that differ, in the order of its own
	Displaced []Displaced
	Count     *CountBody // of a count; nil of any other adjustment
}

// AdjustLine is one SKU in one bin. Qty is signed: below zero units are gone.
type AdjustLine struct {
	SKU   SKU
	Bin   Bin // where units were found or lost; none: the usual bin, or whichever holds some
	Qty   Qty
	Short Qty     // of what is gone, what is shortfall now
	Pack  *Packed // what Qty was told in; nil: in units

	// Blocked: the units stay in their bin, blocked, until somebody has looked at them; below zero they were fit to be sold before.
	Blocked bool
}

// KeyOfOrigin is the digest under which a site remembers a late fact that answers no key.
func KeyOfOrigin(o Origin) Digest {
	return DigestOf([]byte("late"), []byte(o.Site), seqKey(Seq(o.Epoch)), seqKey(o.Seq), o.Hash[:])
}
