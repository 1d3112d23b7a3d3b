package ledger

// Meta is who asks, who approved it, and under which key. A zero Key means that the request carries none.
type Meta struct {
	Actor    string
	Device   string
	Approver string // the second person who approved this one act
	Key      Digest
	Request  Digest
}

// who is Meta without a key: of what is written beside the entry that answers one.
func (m Meta) who() Meta { return Meta{Actor: m.Actor, Device: m.Device, Approver: m.Approver} }

// A Request is one wish put to a site's state. Exactly the types of this file are requests.
type Request interface{ request() }

// OpenSite begins the site's life under an epoch, or goes on under a higher one.
type OpenSite struct {
	Epoch Epoch
	Body  OpenedBody
}

// Reboot marks that the book was opened by a new process. Asks left open are dropped.
type Reboot struct{ Boot [16]byte }

// ReceiptLine is one line of a delivery.
type ReceiptLine struct {
	SKU  SKU
	Qty  Qty
	Bin  Bin
	Pack *Packed // what Qty was told in; nil: in units
	Lots []LotQty
}

// Receive takes goods in.
// Of a purchase order that this book has written it counts what comes, and asks (*OverError) where more than Over percent too many come, unless KeepOver
// says that they are to be kept. A supplier's delivery note is booked once (*NoteError), unless More says that the goods are another part of it.
type Receive struct {
	Meta
	ID        string
	Reference string
	Lines     []ReceiptLine
	Supplier  string // "": as the purchase order says
	Note      string // the number of the supplier's delivery note, or ""
	More      bool
	Over      int // percent; OverAny never asks
	KeepOver  bool
	Close     bool   // what of the purchase order has not come by now will not: it is closed short behind the receipt, in one commit
	By        string // who closes it; "": Actor

	awaited awaited
}

// Place puts an order. AskHQ says that the line to head office is up, so that a short order may
// be asked about.
// InHand says that the customer holds the goods: fulfil take only, and never refused for want of
// claims. Approver is who let them go where they were not free, by the site's policy.
// Order.Draft keeps it as a draft; with Drafted it is that draft, placed now, Anew where it may be over.
type Place struct {
	Meta
	Order    Order
	AskHQ    bool
	InHand   bool
	Approver string
	Drafted  bool
	Anew     bool
	Verdict  *Verdict  // what its checks come to; nil: it trips none
	Released *Released // it is an order that waits, by its id, placed now: nothing else of Order is read
	Today    string    // with Drafted: the day where the site is; "" is the one in UTC
	Lots     []LineLot // fulfil take: of which lots the goods are, where somebody has looked
	Least    Lasting   // fulfil take: until when lots have to be good at least
}

// AskLeg is what head office holds for one line of an asked order. A leg at the asking site
// itself is drawn from its own allotted/hq.
type AskLeg struct {
	Line int // from 1
	Site SiteID
	Qty  Qty
}

// AcceptAsk takes up head office's hold.
type AcceptAsk struct {
	Order OrderID
	Ask   AskID
	Legs  []AskLeg
	Lots  []LineLot // as of the order that was asked about: taken as far as they lie here still
	Least Lasting   // likewise
}

// AbandonAsk decides an asked order without head office. Drop is for an ask that nobody waits
// for any more (its process died): what it reserved is freed and nothing is remembered.
type AbandonAsk struct {
	Order   OrderID
	Ask     AskID
	Offline bool // head office gave no answer in time; false: it said no
	Drop    bool
	Lots    []LineLot // as of the order that was asked about
}

// CancelOrder cancels an order that this book owns.
type CancelOrder struct {
	Meta
	Order OrderID
}

// PickLeg says what came of picking the site's part of an order: Lines name what was found and what
// was not. What was not found is gone until a count finds it, and the order is served from elsewhere.
type PickLeg struct {
	Meta
	Order OrderID
	Lines []LegLine   // Again plays no part
	Lots  []LineLot   // of which lots they are, where somebody has looked; the rest leaves first expired first
	Least Lasting     // until when lots have to be good at least
	Homes map[SKU]Bin // from which bin each SKU is taken first, but one that is kept by lot; nil: by their names
}

// RejectLeg says that the site will not serve its part of an order, or Qty of some lines. Its units
// are free again, and the order is served from elsewhere.
type RejectLeg struct {
	Meta
	Order  OrderID
	Reason string
	Lines  []LegLine // Short and Again play no part; none: all of it
}

// Obey carries out one command of head office, the next of its stream.
type Obey struct {
	Command HQCommand

	doc  *Transfer // the one that it is about, as the book knows it
	paid *Payments // likewise, of the order that it is about

	bought *Entry // that says how the book has the purchase order that it is about; nil where it has none

	counted []CommandLine // what the return that it is about came to, where the order has counted it
	key     Digest        // under which the book remembers it
}

// AdoptHQ takes an incarnation of head office for the true one.
type AdoptHQ struct{ H Incarnation }

// Attest says that the book holds all that can be known, under the head office it has adopted. It
// ends a rebuild.
type Attest struct{ Moved []SKU }

// RecordLate records a fact of a closed epoch or of a client's journal, given as it was first
// written. What has no place in this book's story (asks left open, commands, boots) is answered
// Replayed, and so is what the book knows already; nothing is written then.
type RecordLate struct {
	Origin Origin
	Entry  *Entry
}

// Adjust tells of units found (above zero) or gone (below zero). It takes away what nobody freed:
// protocol.md section 7.
type Adjust struct {
	Meta
	Reason   string
	Approver string
	Lines    []AdjustLine // Short plays no part
	Lots     []LineLot    // of which lots the units are, as far as somebody has looked; of what is found, of each unit or of none
	NewLots  bool         // Book.Adjust: units may be found of a lot, or a serial number, that this book never saw

	refused error // why it cannot be decided, found before it was put to the writer
}

func (*Count) request()       {}
func (*Attest) request()      {}
func (*RecordLate) request()  {}
func (*Adjust) request()      {}
func (*OpenSite) request()    {}
func (*Reboot) request()      {}
func (*Receive) request()     {}
func (*Place) request()       {}
func (*AcceptAsk) request()   {}
func (*AbandonAsk) request()  {}
func (*CancelOrder) request() {}
func (*PickLeg) request()     {}
func (*RejectLeg) request()   {}
func (*Obey) request()        {}
func (*AdoptHQ) request()     {}

// An Outcome is a request's answer. Entry is the entry that decided it and holds all that an
// answer to a client is made of; it must not be changed. Err is the refusal that Entry records.
type Outcome struct {
	Entry    *Entry
	Replayed bool // the key had been answered before: Entry is the first answer
	Err      error
}
