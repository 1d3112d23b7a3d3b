package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// White-box because these records are the book's own business: no other room may read them,
// but their bytes are on disk and have golden files like any other.
var (
	MarshalServed    = marshalServed
	UnmarshalServed  = unmarshalServed
	MarshalReturn    = marshalReturn
	UnmarshalReturn  = unmarshalReturn
	MarshalOpen      = marshalOpen
	MarshalTakings   = marshalTakings
	UnmarshalTakings = unmarshalTakings
	UnmarshalOpen    = unmarshalOpen
	WitnessLine      = witnessLine
	ParseWitness     = parseWitness
	MarshalHoldings  = marshalHoldings
	ReadHoldings     = unmarshalHoldings
	SealValue        = sealValue
	SeqValue         = seqValue
	OrderKey         = orderKey
	OrderIDOf        = orderIDOf
	ParseSeq         = parseSeq
	AppendRecord     = appendRecord
	RecordFrames     = recordFrames
	NextFrame        = nextFrame
	TapeOf           = tapeOf
	EachFrame        = eachFrame
	IndexFault       = indexFault
	ParseOrder       = parseOrder
	StoredRuns       = storedRuns
	UnmarshalRuns    = unmarshalRuns
	OpenRuns         = openRuns
	MarshalPlan      = marshalPlan
	UnmarshalPlan    = unmarshalPlan
)

// PartOf is what the site serves of an order.
func PartOf(s *State, id OrderID) (ServedPart, bool) { return s.part(id) }

// CheckWork holds what is in hand and reserved against the levels.
func (s *State) CheckWork() error { return s.checkWork() }

// TakingsForTest makes the money of a site.
func TakingsForTest(written uint64, currency string, accounts map[MoneyKind]int64, drawers map[TillID]*Drawer, sessions, series map[TillID]uint64, day Day, claims ...MoneyClaim) *Takings {
	return &takings{written: written, currency: currency, accounts: accounts, drawers: drawers, sessions: sessions, series: series, day: day, claims: claims}
}

// TakingsOf is the money of a site.
func TakingsOf(s *State) *Takings { return s.takings }

// PaymentsOf gives the payments of an order as the core finds them; nil where there are none.
func PaymentsOf(c *Core, id OrderID) *Payments {
	p, err := c.paymentsOf(id)
	if err != nil {
		panic(err)
	}
	return p
}

// DrawerTable prints the state machine of a drawer as a table of Markdown.
func DrawerTable() string {
	var b strings.Builder
	b.WriteString("| from | act | to | posts |\n|---|---|---|---|\n")
	for _, a := range drawerArrows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.From, a.Act, a.To, a.Does)
	}
	return b.String()
}

type (
	Takings    = takings
	Checkpoint = checkpoint
	RunLists   = runLists
	PastRuns   = pastRuns
)

func MarshalRuns(l RunLists) []byte { return l.marshal() }

// Sets are the runs by the name of their folder, and Close lets go of them.
func (p *pastRuns) Sets() map[string]*runs.Set {
	return map[string]*runs.Set{KeysDir: p.keys, OrdersDir: p.orders}
}
func (p *pastRuns) Close() error { return p.close() }

// RunLists names the runs as they landed last.
func (b *Book) RunLists() RunLists { return runLists{b.runs.keys.List(), b.runs.orders.List()} }

func MarshalCheckpoint(c Checkpoint) []byte            { return c.marshal() }
func UnmarshalCheckpoint(b []byte) (Checkpoint, error) { return unmarshalCheckpoint(b) }

// Portrait writes down all of a state that decides what it does next, so that two can be
// compared. Closed orders and keys may live on disk and are left out.
func Portrait(s *State) string {
	var b strings.Builder
	c := s.checkpoint()
	fmt.Fprintf(&b, "at %x\n", c.marshal())
	for _, sku := range sortedKeys(s.levels) {
		fmt.Fprintf(&b, "level %s %x\n", sku, MarshalLevel(s.levels[sku]))
	}
	fmt.Fprintf(&b, "holdings %v\n", s.Holdings())
	fmt.Fprintf(&b, "money %x\n", marshalTakings(s.takings))
	open := 0
	for _, id := range sortedKeys(s.orders) {
		if o := s.orders[id]; o.isOpen() {
			open++
			fmt.Fprintf(&b, "order %s %x\n", id, MarshalOrder(o))
		}
	}
	for _, id := range sortedKeys(s.served) {
		fmt.Fprintf(&b, "served %s %x\n", id, marshalServed(s.served[id]))
	}
	for _, id := range sortedKeys(s.returns) {
		if r := s.returns[id]; r.IsOpen() {
			fmt.Fprintf(&b, "return %s %x\n", id, marshalReturn(r))
		}
	}
	for _, id := range sortedKeys(s.asks) {
		fmt.Fprintf(&b, "ask %s %x\n", id, marshalOpen(s.asks[id]))
	}
	fmt.Fprintf(&b, "open %d of %d, keys asked %d, waiting %d %v, to confirm %d, owing %d\n", open, len(s.openIDs), len(s.askKeys), s.waiting, s.queues, s.unsure, s.owing)
	return b.String()
}

// PortraitOf is the portrait of the book's state in memory.
func PortraitOf(b *Book) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return Portrait(b.core.State)
}

// The buckets, by name, for tests that damage a book on purpose.
var (
	BucketMeta   = bytes.Clone(bucketMeta)
	BucketLevels = bytes.Clone(bucketLevels)
	BucketEnded  = bytes.Clone(bucketEnded)
	KeyEnded     = bytes.Clone(keyEnded)
	BucketOrders = bytes.Clone(bucketOrders)
	BucketOpen   = bytes.Clone(bucketOpen)
	BucketServed = bytes.Clone(bucketServed)
	BucketKeys   = bytes.Clone(bucketKeys)
	BucketItems  = bytes.Clone(bucketItems)
)

// Replay looks a key up as the writer would, without a writer.
func (b *Book) Replay(m Meta) (Outcome, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.past.done()
	return b.core.replay(m)
}

// Write decides and lands requests as one group, in one commit: how many the writer finds
// waiting is otherwise a matter of chance.
func (b *Book) Write(reqs ...Request) error {
	group := make([]*waiter, len(reqs))
	for i, r := range reqs {
		group[i] = &waiter{req: r}
	}
	return b.write(group)
}

// Forget keeps Close from writing a checkpoint, as a kill would.
func (b *Book) Forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sinceCheck = 0
	b.handed.Store(nil)
}

// Settle forgets what a checkpoint would find on disk from here on.
func (c *Core) Settle() {
	s := c.State
	s.dirty.reset()
	clear(s.keys)
	for id, o := range s.orders {
		if _, asking := s.asks[id]; !asking && !o.isOpen() {
			delete(s.orders, id)
		}
	}
}

// TooFarBehind says whether the writer would wait for the checkpoint.
func (b *Book) TooFarBehind() bool { return b.tooFarBehind() }

// Pack hands over what has changed, as the writer does when a checkpoint is due, and says how long
// that took and how many records it is.
func (b *Book) Pack() (took time.Duration, records int) {
	for b.handed.Load() != nil {
		runtime.Gosched()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	from := time.Now()
	p := pack(b.core.State)
	took = time.Since(from)
	b.handed.Store(p)
	b.sinceCheck = 0
	ring(b.ready)
	return took, len(p.levels) + len(p.orders) + len(p.keys)
}

// EachArchived walks the frames of an archive.
func EachArchived(env Env, site SiteID, dir string, f func(raw []byte) error) error {
	a, err := ReadArchive(env, site, dir)
	if err != nil {
		return err
	}
	defer a.Close()
	return eachFrame(a.tape, 0, f)
}

type (
	TrimmedTo = trimmedTo
	Stub      struct {
		Seq   Seq
		Bytes []byte
	}
)

func MarshalTrimmed(t TrimmedTo) []byte            { return t.marshal() }
func UnmarshalTrimmed(b []byte) (TrimmedTo, error) { return unmarshalTrimmed(b) }

func PackStubs(stubs []Stub) []byte {
	var in []stub
	for _, s := range stubs {
		in = append(in, stub{s.Seq, s.Bytes})
	}
	return packStubs(in)
}

func UnpackStubs(b []byte) (out []Stub, err error) {
	stubs, err := unpackStubs(b)
	for _, s := range stubs {
		out = append(out, Stub{s.seq, s.bytes})
	}
	return out, err
}

// Landed says that no checkpoint is being written.
func (b *Book) Landed() bool { return b.handed.Load() == nil }

// Base folds frames into a base as a trimming does, so many at a time, in a file of its own, and
// gives the state that an audit would begin at.
func Base(path string, site SiteID, frames [][]byte, slice func() int) (*State, error) {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.Update(func(tx *bbolt.Tx) error { return makeBuckets(tx, site, nil) }); err != nil {
		return nil, err
	}
	var at trimmedTo
	for len(frames) > 0 {
		n := min(slice(), len(frames))
		f := newBaseFold(site, at)
		if err := db.View(func(tx *bbolt.Tx) error {
			f.tx, f.closed = tx, func(OrderID) (Seq, error) { return 0, nil }
			for _, raw := range frames[:n] {
				if err := f.frame(raw); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
		if err := db.Update(f.store); err != nil {
			return nil, err
		}
		at, frames = f.at, frames[n:]
	}
	var s *State
	err = db.View(func(tx *bbolt.Tx) error {
		at, _, err := storedBase(tx)
		if err == nil {
			s, err = loadBase(tx, site, at)
		}
		return err
	})
	return s, err
}

// Promised sums up by SKU what a state's orders and parts served count on here. It must be what the
// levels have reserved.
func Promised(s *State) map[SKU]Qty {
	out := map[SKU]Qty{}
	for _, v := range s.served {
		for _, l := range v.Lines {
			out[l.SKU] += l.Qty
		}
		if v.Work != nil {
			for i := range v.Work.Lines {
				out[v.Work.Lines[i].SKU] += v.Work.Lines[i].At[StagePutBack]
			}
		}
	}
	for _, o := range s.orders {
		for i := range o.Lines {
			out[o.Lines[i].SKU] += o.Lines[i].Here
		}
	}
	return out
}

// HoldIndex begins a transaction that reads, as a backup must not do for as long as it lasts.
func HoldIndex(b *Book) (release func()) {
	tx, err := b.db.Begin(false)
	if err != nil {
		panic(err)
	}
	return func() { _ = tx.Rollback() } // of a reader: it cannot fail
}

// Passes says whether a line may differ as it does.
func (t Tolerance) Passes(l *CountedLine) bool { return t.passes(l) }

// BeginShelfForTest has the book remember the last so many moves from here on.
func (b *Book) BeginShelfForTest(kept int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.core.State
	s.shelf = newShelf(s.Epoch, s.Seq, uint64(kept))
}

// ShelfKnowsForTest says whether all that moved behind a position is remembered.
func (b *Book) ShelfKnowsForTest(at Seq) bool { return b.shelf().knows(b.Head().Epoch, at) }

// Arrows lists the state machine of a site's part of an order.
func Arrows() []Arrow { return arrows[:] }

// TransferTable prints the state machine as a table of Markdown.
func TransferTable() string {
	var b strings.Builder
	b.WriteString("| known to | from | act | to | by, and what moves |\n|---|---|---|---|---|\n")
	for i := range transferTable {
		a := &transferTable[i]
		from := make([]string, len(a.from))
		for n, s := range a.from {
			from[n] = s.String()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", a.view, strings.Join(from, ", "), a.act, a.to, a.says)
	}
	return b.String()
}

// PurchaseTable prints the state machine as a table of Markdown.
func PurchaseTable() string {
	var b strings.Builder
	b.WriteString("| from | act | to | by, and what moves |\n|---|---|---|---|\n")
	for i := range purchaseTable {
		a := &purchaseTable[i]
		from := make([]string, len(a.from))
		for n, s := range a.from {
			from[n] = s.String()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(from, ", "), a.act, a.to, a.says)
	}
	return b.String()
}

// CheckLots says whether lots have more in a place than the level has.
func CheckLots(l *Level) error { return l.checkLots() }

// OrderRows prints the state machine of an order.
func OrderRows() string { return orderRows() }

// DropRows prints the state machine of a unit that a supplier sends.
func DropRows() string { return dropRows() }

// An OrderWatch follows orders through the entries of a book, and says which went where no arrow leads.
type OrderWatch struct {
	at   map[OrderID]Status
	was  map[OrderID]Status // before head office was asked: what is refused then is that again
	Seen map[string]bool    // FROM|ON|TO of each change
}

// NewOrderWatch follows the orders of a book from its first entry on.
func NewOrderWatch() *OrderWatch {
	return &OrderWatch{at: map[OrderID]Status{}, was: map[OrderID]Status{}, Seen: map[string]bool{}}
}

// See follows what e does.
func (w *OrderWatch) See(e *Entry) error {
	if b, ok := e.Body.(*OrderBody); ok && b.undone(e.Kind) {
		w.at[b.Order.ID] = w.was[b.Order.ID]
		return nil
	}
	o := e.heldOrder()
	if o == nil {
		return nil
	}
	from := cmp.Or(w.at[o.ID], statusNone)
	if e.Kind == KindAsked {
		w.was[o.ID] = from
	}
	if w.at[o.ID] = o.Status; !orderStep(from, e, o.Status) {
		return fmt.Errorf("entry %d %s brings order %s from %s to %s: no arrow of the table does", e.Seq, e.Kind, o.ID, from, o.Status)
	}
	if e.Kind != KindLate && from != o.Status {
		for i := range orderTable {
			if a := &orderTable[i]; a.on == e.Kind && (e.Kind != KindObeyed || a.by == e.Body.(*ObeyedBody).Command.Kind) && slices.Contains(a.from, from) {
				w.Seen[fmt.Sprintf("%s|%s|%s", from, a.cause(), o.Status)] = true
			}
		}
	}
	return nil
}

// OrderSteps lists each change of state that the table allows, as OrderWatch says them.
func OrderSteps() (all []string) {
	for i := range orderTable {
		for _, from := range orderTable[i].from {
			for _, to := range orderTable[i].to {
				if from == to {
					continue
				}
				all = append(all, fmt.Sprintf("%s|%s|%s", from, orderTable[i].cause(), to))
			}
		}
	}
	return all
}

// Slips lists what is promised of a SKU by a day and comes later, as it looks today.
func Slips(s *State, sku SKU, today string) []Slip { return s.slips(sku, today) }

// Crowd has a state believe that it keeps so many drafts and orders that wait.
func Crowd(s *State, drafts, reviews int) { s.drafts, s.reviews = s.drafts+drafts, s.reviews+reviews }

// OrdersWork is Orders, and what it did: how many orders it read from the files, and how many it passed over unread.
func OrdersWork(b *Book, q OrderQuery) (out []*Order, next OrderID, read, passed int, err error) {
	out, next, work, err := b.orders(q, freshMost)
	return out, next, work.read, work.passed, err
}

// LookMax is how many orders one query looks at.
const LookMax = lookMax

// FreshIDs is what a page of a list has of memory.
func FreshIDs(dirty, older []OrderID, q *OrderQuery) []OrderID {
	names := slices.ContainsFunc(slices.Concat(dirty, older), namedID)
	return freshIDs(dirty, older, names, q, freshMost)
}

// BeforeByHand has a book's memory be as a build before MoneyClaim.ByHand folded it, and says of how many claims.
func BeforeByHand(b *Book) (n int) {
	for i := range b.core.State.takings.claims {
		if c := &b.core.State.takings.claims[i]; c.ByHand {
			c.ByHand, n = false, n+1
		}
	}
	return n
}
