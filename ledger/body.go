package ledger

// Body is what a kind of entry says beyond its postings.
type Body interface{ kindly(Kind) bool }

// OpenedBody begins a site's life, or goes on with it under a new epoch.
type OpenedBody struct {
	Counter    bool // the site sells over a counter: it keeps its stock to itself
	Standalone bool // there is no head office
	Boot       [16]byte
	Rebuilt    bool // the book was made anew; until it has attested it promises nothing
}

// BootBody makes a copied book diverge from its original at its first start.
type BootBody struct{ Boot [16]byte }

// ReceiptBody names a delivery.
type ReceiptBody struct {
	ID        string
	Reference string
	Packs     []PackedLine // the lines that were told in packs
	Delivered *Delivered   // of which note and purchase order they are; nil where nobody has said
}

// A PackedLine is a line, from 1, that was told in packs.
type PackedLine struct {
	Line int
	SKU  SKU
	Packed
}

// A Short is a line that could not be promised in full.
type Short struct {
	Line int // from 1
	SKU  SKU
	Want Qty
	Have Qty
	Due  Qty // of what lacks, what is due in here by the day that it is needed, and promised to nobody
}

// AskID names one question to head office: the position of the entry that opened it.
type AskID struct {
	Site  SiteID
	Epoch Epoch
	Seq   Seq
}

// OrderBody is an order as it stands after the entry. Ask is set by asked, accepted and
// abandoned. Dropped marks an ask whose client never had an answer: the key stays free.
type OrderBody struct {
	Order      Order
	Ask        AskID
	AskKey     Digest  // asked: the key that accepted or abandoned will answer
	AskRequest Digest  // asked: the request under that key
	Shorts     []Short // what was short, whatever was decided
	Refusal    Refusal // why the answer is no; empty where it is yes
	Dropped    bool
	Draws      []Draw      // of Lines' legs, those drawn from what this site holds of others
	InHand     bool        // placed: the customer holds the goods, whatever the book says
	Approver   string      // who let goods in the hand go beyond what was available
	Displaced  []Displaced // promises whose units this took
	Promotions []AssetMove // placed, asked: uses that are given with it; abandoned, cancelled: that are free again. Refused: of which there was none
}

// bodyOf begins the body of the next entry about an order, with a copy of the order to change.
func bodyOf(o *Order) *OrderBody {
	b := &OrderBody{Order: *o}
	b.Order.ownLines()
	return b
}

// Refusal is a business refusal in the words of the contract. It is remembered under its key.
type Refusal string

// The refusals that an entry can record.
const (
	RefusedShort  Refusal = "stock_short"
	RefusedState  Refusal = "order_state"  // cancelled or handed over already
	RefusedExists Refusal = "order_exists" // the id belongs to another order

	RefusedDraftPlaced Refusal = "draft_placed"  // it is no draft any more
	RefusedDraftOver   Refusal = "quote_expired" // its day is past

	RefusedCheck Refusal = "check_refused"     // it trips a check
	RefusedRuled Refusal = "order_not_waiting" // for nobody's word
)

// Err gives the refusal that the body records, or nil.
func (b *OrderBody) Err() error {
	switch b.Refusal {
	case "":
		return nil
	case RefusedShort:
		return &ShortError{Order: b.Order.ID, Lines: b.Shorts, Offline: b.Order.Offline, Kits: b.Order.Kits, Past: b.Order.pastNeed()}
	case RefusedExists:
		return ErrOrderExists
	case RefusedAssetShort:
		e := &AssetError{Act: AssetCharge, Ref: string(b.Order.ID), Refusal: RefusedAssetShort}
		for _, v := range b.Promotions {
			e.Asset, e.Want = v.Asset, v.Amount
		}
		return e
	case RefusedCheck:
		return &CheckError{Order: b.Order}
	case RefusedRuled:
		return &RulingError{Order: b.Order.ID, Number: b.Order.Number(), Status: b.Order.Status, Review: b.Order.Review}
	case RefusedDraftPlaced, RefusedDraftOver:
		e := &DraftError{Order: b.Order.ID, Number: b.Order.Number(), Status: b.Order.Status}
		if b.Order.Draft != nil {
			e.Until = b.Order.Draft.Until
		}
		return e
	default:
		if err := b.Order.Canceling(); err != nil {
			return err
		}
		return &StateError{Order: b.Order.ID, Status: b.Order.Status, Why: "does not allow it"}
	}
}

// ObeyedBody embeds the whole command of head office and what came of it.
type ObeyedBody struct {
	Command HQCommand
	Done    []CommandLine // what was moved; may be less than asked only for borrow and cancel
	Refused string        // why nothing was done; "" when it was
	Repeat  bool          // the same id had taken effect before: only the cursor moved
	Order   *Order        // the order after it, where this site owns it; as it stands, where nothing was done

	Transfer  *Transfer   // the transfer after it, of a command about one
	Displaced []Displaced // promises whose units went with it

	Promotions []AssetMove // decline: uses of Order's that are free again
	Tender     *TenderBody // refund: what was handed over, or taken over

	Purchase *PurchaseBody // purchase: the order after it, where it is another one by it
	Counted  bool          // take back, at the book that owns the order: it is what this return came to. Asked again under another id, it is answered alike
}

// AdoptedBody is head office's incarnation from here on.
type AdoptedBody struct{ H Incarnation }

// WordsBody says which words the journal may use from here on. A word in a record of an old kind is
// no kind that a head office of an older build would wait at: it would refuse the record, while servers
// of a newer build fold it. So the journal says first that such words may follow, by a kind of its own.
type WordsBody struct{ Words Words }

// Words numbers the sets of words that a journal may use. Each has those before it.
type Words uint64

// The sets of words. 0 is what the first builds knew.
const (
	WordsConfirm Words = 1 // orders to be confirmed: their shortage, states and lines
	WordsMoney   Words = 2 // what orders come to, whose prices they have, and to which address of a customer's they go
)

// LegBody is what a site says of its part of an order, a leg. The entry's Ref names the order.
type LegBody struct {
	Owner   SiteID // the book that owns the order, and with it the duty to serve it from elsewhere
	Lines   []LegLine
	Reason  string  // rejected: why
	Refusal Refusal // why nothing was done; "" when it was
	Shorts  []Short // refused: what the leg has of the lines that want more
	Order   *Order  // the order after it, where this site owns it; as it stands, where nothing was done
	InHand  bool    // picked: what was found is in hand now. The first builds left it on the shelf
}

// inHand lists what a pick has taken off the shelf.
func (b *LegBody) inHand() (out []StageMove) {
	for i := range b.Lines {
		if l := &b.Lines[i]; b.InHand && b.Refusal == "" && l.Qty > 0 {
			out = append(out, StageMove{Line: l.Line, SKU: l.SKU, From: StageShelf, To: StagePicked, Qty: l.Qty})
		}
	}
	return out
}

// err gives the refusal that the body records, or nil. order is the entry's Ref.
func (b *LegBody) err(order OrderID) error {
	switch {
	case b.Refusal == "":
		return nil
	case len(b.Shorts) > 0:
		return &LegError{Order: order, Lines: b.Shorts}
	default:
		e := &StateError{Order: order, Why: "can be served from here only: cancel it"}
		if b.Order != nil {
			e.Status = b.Order.Status
		}
		return e
	}
}

// LegLine is one line of a leg.
type LegLine struct {
	Line  int // from 1
	SKU   SKU
	Qty   Qty // picked: what was found; rejected: what the site will not serve
	Short Qty // picked: what the book has and nobody found
	Again Qty // of Short, what the order takes from the rest of this site's stock

	Why string // of Short: the reason, mostly a code of the company's; "" where the picker gave none
}

// lost is what the order has lost by a line of an entry of kind k.
func (l *LegLine) lost(k Kind) Qty {
	if k == KindRejected {
		return l.Qty
	}
	return l.Short - l.Again
}

// Lost is what the order has lost by an entry of kind k: its owner must have it served from elsewhere.
func (b *LegBody) Lost(k Kind) (lines []CommandLine) {
	if b.Refusal != "" {
		return nil
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if q := l.lost(k); q > 0 {
			lines = append(lines, CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
		}
	}
	return lines
}

// UnknownBody keeps the bytes of a kind that a newer peer wrote.
type UnknownBody struct{ Raw []byte }

func (*OpenedBody) kindly(k Kind) bool   { return k == KindOpened }
func (*BootBody) kindly(k Kind) bool     { return k == KindBoot }
func (*ReceiptBody) kindly(k Kind) bool  { return k == KindReceipt }
func (*ObeyedBody) kindly(k Kind) bool   { return k == KindObeyed }
func (*AdoptedBody) kindly(k Kind) bool  { return k == KindAdopted }
func (*AttestedBody) kindly(k Kind) bool { return k == KindAttested }
func (*LateBody) kindly(k Kind) bool     { return k == KindLate }
func (b *AdjustedBody) kindly(k Kind) bool {
	return k == KindAdjusted && b.Count == nil || k == KindCounted && b.Count != nil
}
func (*ReturnBody) kindly(k Kind) bool {
	return k == KindReturned || k == KindInspected
}
func (*WordsBody) kindly(k Kind) bool { return k == KindWords || k == KindMoney }
func (*LegBody) kindly(k Kind) bool   { return k == KindPicked || k == KindRejected }
func (*UnknownBody) kindly(k Kind) bool {
	_, known := kindNames[k]
	return !known
}
func (*OrderBody) kindly(k Kind) bool {
	switch k {
	case KindPlaced, KindRefused, KindAsked, KindAskAccepted, KindAskAbandoned, KindCanceled, KindFilled, KindDisplaced, KindDraft, KindReview:
		return true
	default:
		return false
	}
}
