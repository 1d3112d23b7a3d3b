package ledger

import (
	"slices"
	"strings"
	"time"
)

// Served is the part of an order that this site serves: of one owned by another book, or of its own, once hands have begun.
type Served struct {
	Order OrderID
	Owner SiteID
	Lines []CommandLine // what is still reserved here; none of an order of this site's, which says so itself
	Work  *Work         // how far hands have come with it; nil where they have not begun

	Customer string // of another book's order, as head office has told; "": it has not
}

// OpenAsk is a question to head office that has no answer in the journal yet.
type OpenAsk struct {
	Order   OrderID
	Ask     AskID
	Key     Digest
	Request Digest
	Actor   string
	Device  string

	Approver string
}

// KeyRef says where the answer under a key stands.
type KeyRef struct {
	Request Digest
	Seq     Seq
}

// A State is a site as its journal tells it. It is changed by Step and Apply only, by one
// goroutine at a time. Orders and keys of long ago may live on disk instead: Core loads what a
// request names before it is decided.
type State struct {
	Site       SiteID
	Counter    bool
	Standalone bool
	Epoch      Epoch
	Seq        Seq
	Hash       Hash // of the entry Seq, or of the last one that a Core has sealed
	HQ         Incarnation
	Commands   Cursor
	Serial     uint64      // of the last order
	Rebuilding bool        // from an opened entry that says Rebuilt to the attested one
	Attested   Incarnation // of the last attested entry; zero before the first
	Words      Words       // that the journal may use
	Confirmed  uint64      // orders taken without a promise for all of it, of which all was promised later
	Declined   uint64      // and those of which some was declined
	cartons    uint64      // numbers of cartons that were given in this epoch

	levels    map[SKU]*Level
	holdings  map[holding]Qty // what other sites have allotted to this one and it has not drawn; none of nothing
	orders    map[OrderID]*Order
	served    map[OrderID]*Served
	returns   map[ReturnID]*Return // those that something can still happen to, and those closed since the last checkpoint
	takings   *takings             // the money of the site
	openIDs   ascending[OrderID]   // of orders, those that can still change
	servedIDs ascending[OrderID]   // of served
	blocked   ascending[SKU]       // of levels, those of which units lie blocked
	waiting   int                  // of orders, those that wait here
	unsure    int                  // of orders, those that are to be confirmed
	drafts    int                  // of orders, those that nobody has placed yet
	reviews   int                  // of orders, those that wait for somebody's word
	owing     int                  // of levels, those with a shortfall
	lotted    int                  // of levels, those that know lots
	due       Expiry               // no lot on a shelf is over before it; 0: none ever is
	arrived   []lotKey             // lots that are held or may be over, of which the last entry has put units onto a shelf
	dueIn     dueIn                // what suppliers are to bring here
	queues    map[SKU][]OrderID    // who waits here for a SKU, in turn; no empty ones
	asks      map[OrderID]OpenAsk
	askKeys   map[Digest]OrderID
	keys      map[Digest]KeyRef // since the last checkpoint
	dirty     dirt
	near      near // of levels
	lean      bool // an auditor's: no checkpoint will be made of it, and no closed order is kept
	last      change
	shelf     *shelf // nil until somebody counts
}

// A change is what an entry has done to an order; no entry touches two. Kept for auditors only.
type change struct {
	order OrderID // "" where it touched none
	freed bool    // the order is none any more: an ask that came to nothing
}

// dirt is what has changed since the last checkpoint.
type dirt struct {
	levels  []levelOf          // each once: Level.noted says in which round
	round   uint32             // how many checkpoints there have been, from 1
	orders  map[OrderID]Seq    // the last entry that holds it, or that dropped it
	ids     ascending[OrderID] // of orders
	named   bool               // some of ids may be no UUID of version 7
	served  map[OrderID]Seq    // the last entry that changed it
	returns map[ReturnID]Seq   // likewise

	holdings map[SKU]Seq // the last entry that changed what is held of it, of whomever
	takings  bool
	claims   Seq // the last entry that changed a claim for money; 0: none did

	lots    map[lotKey][]LotRow // what entries have said of lots; nil: nothing
	lotRows int                 // of lots
}

// NewState is a site before its first entry.
func NewState(site SiteID) *State {
	s := &State{
		Site:   site,
		levels: map[SKU]*Level{}, orders: map[OrderID]*Order{}, served: map[OrderID]*Served{},
		returns: map[ReturnID]*Return{}, takings: newTakings(), dueIn: newDueIn(),
		holdings: map[holding]Qty{}, queues: map[SKU][]OrderID{}, asks: map[OrderID]OpenAsk{}, askKeys: map[Digest]OrderID{}, keys: map[Digest]KeyRef{},
	}
	s.dirty.reset()
	return s
}

// dirtKept bounds the room that is kept for what the next checkpoint will find.
const dirtKept = 1 << 16

func (d *dirt) reset() {
	d.round++
	if d.levels = d.levels[:0]; cap(d.levels) > dirtKept {
		d.levels = nil
	}
	d.orders, d.served, d.returns = map[OrderID]Seq{}, map[OrderID]Seq{}, map[ReturnID]Seq{}
	d.ids, d.named = nil, false
	d.holdings, d.takings, d.claims = map[SKU]Seq{}, false, 0
	d.lots, d.lotRows = nil, 0
}

// order takes down which entry an order stands in now.
func (d *dirt) order(id OrderID, seq Seq) {
	had := len(d.orders)
	if d.orders[id] = seq; len(d.orders) > had {
		d.ids.add(id)
		d.named = d.named || namedID(id)
	}
}

// note takes down that an entry has changed a level.
func (d *dirt) note(sku SKU, l *Level, seq Seq) {
	l.since = uint32(seq) // the rest of it is that of the book's last entry, or it was long ago
	if l.noted != d.round {
		l.noted = d.round
		d.levels = append(d.levels, levelOf{sku, l})
	}
}

// Head is the position of the last entry. A Core that has decided since its last Cut has its own.
func (s *State) Head() Head {
	return Head{Site: s.Site, Position: Position{Epoch: s.Epoch, Seq: s.Seq, Hash: s.Hash}}
}

// Level gives a copy of the SKU's balances; ok is false where the site never had any.
func (s *State) Level(sku SKU) (Level, bool) {
	l, ok := s.levels[sku]
	if !ok {
		return Level{}, false
	}
	return l.Clone(), true
}

// levelSince gives the entry that changed a SKU's level last, or a later one that may have.
func (s *State) levelSince(sku SKU) Seq {
	l, ok := s.levels[sku]
	if !ok {
		return 0
	}
	return s.Seq - Seq(uint32(s.Seq)-l.since)
}

// SKUs lists every SKU that the site ever had, in ascending order.
func (s *State) SKUs() []SKU {
	return sortedKeys(s.levels)
}

// Order gives an order that is in memory. It must not be changed.
func (s *State) Order(id OrderID) (*Order, bool) {
	o, ok := s.orders[id]
	return o, ok
}

// Served gives what this site serves of another book's order. It must not be changed.
func (s *State) Served(id OrderID) (*Served, bool) {
	v, ok := s.served[id]
	return v, ok
}

// Returned gives a return that something can still happen to, or that has ended since the last checkpoint. It must not be changed.
func (s *State) Returned(id ReturnID) (*Return, bool) {
	r, ok := s.returns[id]
	return r, ok
}

// OpenAsks lists the asks without an answer, by order.
func (s *State) OpenAsks() []OpenAsk {
	out := make([]OpenAsk, 0, len(s.asks))
	for _, id := range sortedKeys(s.asks) {
		out = append(out, s.asks[id])
	}
	return out
}

// blocks keeps the list of what lies blocked, of which the units of one SKU have changed.
func (s *State) blocks(sku SKU, before, after Qty) {
	switch {
	case before <= 0 && after > 0:
		s.blocked.add(sku)
	case before > 0 && after <= 0:
		s.blocked.drop(sku)
	}
}

func (s *State) level(sku SKU) *Level {
	l := s.look(sku)
	if l == nil {
		l = &Level{}
		s.levels[sku] = l
		s.near.put(sku, l)
	}
	return l
}

// look gives a SKU's level, nil where there never was one.
func (s *State) look(sku SKU) *Level {
	if l := s.near.of(sku); l != nil {
		return l
	}
	l := s.levels[sku]
	if l != nil {
		s.near.put(sku, l)
	}
	return l
}

// available and allottedToHQ look without making a level: what a request merely names must
// leave no trace that its entries do not.
func (s *State) available(sku SKU) Qty {
	if l := s.look(sku); l != nil {
		return l.Available
	}
	return 0
}

func (s *State) allottedToHQ(sku SKU) Qty { return s.allotted(HolderHQ, sku) }

func (s *State) allotted(h Holder, sku SKU) Qty {
	if l := s.look(sku); l != nil {
		return l.AllottedTo(h)
	}
	return 0
}

// askID of the entry that will be written next.
func (s *State) nextAsk() AskID { return AskID{Site: s.Site, Epoch: s.Epoch, Seq: s.Seq + 1} }

func sortedKeys[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b K) int { return strings.Compare(string(a), string(b)) })
	return out
}

// Step decides one request on the state as it is, applies what it decided and appends to
// entries what must land before anybody is answered. It is pure but for s itself. With an
// error and no new entries nothing has changed. now is the moment that the entries will bear.
func (s *State) Step(entries []*Entry, req Request, now time.Time) ([]*Entry, Outcome) {
	now = now.UTC().Truncate(time.Millisecond)
	if s.Epoch == 0 {
		if _, ok := req.(*OpenSite); !ok {
			return entries, Outcome{Err: ErrNotOpened}
		}
	}
	if s.Rebuilding && !whileRebuilding(req) {
		return entries, Outcome{Err: ErrRebuilding}
	}
	entries = s.expire(entries, req, now) // a Core has done so
	d := &decision{s: s, now: now, entries: entries, filled: len(entries)}
	s.near.begin()
	out := d.decide(req)
	if d.no != nil {
		out = Outcome{Err: d.no}
	}
	return d.entries, out
}

// decide decides one request.
func (d *decision) decide(req Request) (out Outcome) {
	switch r := req.(type) {
	case *OpenSite:
		out = d.open(r)
	case *Reboot:
		out = d.reboot(r)
	case *Receive:
		out = d.receive(r)
	case *Place:
		out = d.place(r)
	case *AcceptAsk:
		out = d.acceptAsk(r)
	case *AbandonAsk:
		out = d.abandonAsk(r)
	case *CancelOrder:
		out = d.cancel(r)
	case *RuleOut:
		out = d.ruleOut(r)
	case *PickLeg:
		out = d.pick(r)
	case *RejectLeg:
		out = d.reject(r)
	case *WorkLeg:
		out = d.handle(r)
	case *Obey:
		out = d.obey(r)
	case *AdoptHQ:
		out = d.adopt(r)
	case *Attest:
		out = d.attest(r)
	case *RecordLate:
		out = d.late(factOf(r))
	case *fact:
		out = d.late(r)
	case *Adjust:
		out = d.adjust(r)
	case *Count:
		out = d.count(r)
	case *MakeTransfer:
		out = d.makeTransfer(r)
	case *DispatchTransfer:
		out = d.dispatchTransfer(r)
	case *ReceiveTransfer:
		out = d.receiveTransfer(r)
	case *OrderGoods:
		out = d.orderGoods(r)
	case *TakeBack:
		out = d.takeBack(r)
	case *Inspect:
		out = d.inspect(r)
	case *InspectBlocked:
		out = d.inspectBlocked(r)
	case *MoveAsset:
		out = d.moveAsset(r)
	case *MoveBins:
		out = d.moveBins(r)
	case *HoldLot:
		out = d.holdLot(r)
	case *OnManifest:
		out = d.onManifest(r)
	case *TellDrop:
		out = d.tellDrop(r)
	case *TouchLots:
	default:
		out = d.money(req)
	}
	return out
}

// whileRebuilding says whether a request is decided before the book has attested: nothing is
// promised then, but goods in the hand are sold.
func whileRebuilding(req Request) bool {
	switch r := req.(type) {
	case *OpenSite, *Reboot, *AdoptHQ, *Obey, *RecordLate, *fact, *Attest:
		return true
	case *Place:
		return r.InHand
	default:
		return false
	}
}

// widen says that words of a set may follow, once for all of the journal.
func (d *decision) widen(w Words) {
	if d.s.Words < w {
		kind := KindWords
		if w >= WordsMoney {
			kind = KindMoney
		}
		d.write(&Entry{Kind: kind, Body: &WordsBody{Words: w}}, Meta{})
	}
}

// words gives the set that holds the words of e.
func (e *Entry) words() Words {
	var o *Order
	switch b := e.Body.(type) {
	case *OrderBody:
		if o = &b.Order; e.Kind == KindRefused { // nobody records anything of it
			return 0
		}
	case *ObeyedBody:
		o = b.Order
	case *LateBody:
		if b.Was > KindTransferReceived || b.Was == KindReturned && b.Work != nil {
			return WordsMoney // a head office that does not know what it was would drop a part of it
		}
		o = b.Order
	case *LegBody:
		o = b.Order
	case *WorkBody:
		o = b.Order
	case *ReturnBody:
		o = b.Order
	case *DropBody:
		o = b.Order
	}
	if o == nil {
		return 0
	}
	return o.words()
}

// words gives the set that holds the words of o.
func (o *Order) words() Words {
	switch {
	case o.Group != "" || o.DeliverTo != "" || o.BillTo != "" || o.Priced() || len(o.DropShips()) > 0:
		return WordsMoney
	case o.Shortage == Confirm:
		return WordsConfirm
	default:
		return 0
	}
}

// decision collects the entries of one step.
type decision struct {
	s       *State
	now     time.Time
	entries []*Entry
	filled  int   // of entries, those whose freed units fill has dealt out
	trial   bool  // nothing is written: what would be is only asked
	no      error // why an entry could not be written: the request comes to nothing more
}

// write seals an entry, applies it and keeps it. An entry of our own that does not fit is a
// fault of ours: going on would be selling on a false book.
func (d *decision) write(e *Entry, m Meta) *Entry {
	if d.no != nil || d.trial {
		return e
	}
	if d.s.Words < WordsMoney { // else there are none to come
		d.widen(e.words())
	}
	e.Seq, e.At = d.s.Seq+1, d.now
	if e.Kind != KindOpened { // which brings its own epoch
		e.Epoch = d.s.Epoch
	}
	e.Actor, e.Device, e.Approver, e.Key, e.Request = m.Actor, m.Device, m.Approver, m.Key, m.Request
	if err := d.s.nameLots(e); err != nil {
		d.no = err
		return e
	}
	if len(e.Lots) > 0 {
		d.s.noteSold(e)
		if err := d.s.noteWay(e); err != nil {
			d.no = err
			return e
		}
	}
	if err := d.s.Apply(e); err != nil {
		panic("ledger: decided an entry that does not fit: " + err.Error())
	}
	d.entries = append(d.entries, e)
	if len(d.s.arrived) > 0 {
		d.blockArrived(m)
	}
	return e
}
