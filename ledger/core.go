package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Past finds what a state no longer keeps in memory: closed orders, keys of long ago, entries.
type Past interface {
	Key(Digest) (KeyRef, bool, error)
	Order(OrderID) (*Order, bool, error)
	Entry(Seq) (*Entry, error)
}

// A Core decides requests on a State and cuts what it decided into chained frames. Whoever
// owns it must store the frames before it answers anybody. One goroutine at a time.
type Core struct {
	State   *State
	past    Past
	pending []*Entry // decided, not cut yet
	stored  [][]byte // of pending, as far as they are sealed: their bytes
	hashes  []Hash   // and their hashes
	cutHash Hash     // of the last entry that was cut
	writer  entryWriter
	reader  *Opened // while frames are replayed
}

// NewCore decides on s and looks into past for what s does not hold.
func NewCore(s *State, past Past) *Core {
	return &Core{State: s, past: past, cutHash: s.Hash}
}

// Decide answers a request from memory. The outcome may be told to nobody before the frames of
// the next Cut are stored, a replayed one neither: its entry may be among them.
func (c *Core) Decide(req Request, now time.Time) Outcome {
	m := metaOf(req)
	if len(m.Actor) > TextMax || len(m.Device) > TextMax || len(m.Approver) > TextMax {
		return Outcome{Err: &FormError{Field: "actor, device or approver", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}}
	}
	if m.Key != (Digest{}) {
		if out, known := c.replay(m); known {
			return out
		}
	}
	if late, ok := req.(*RecordLate); ok {
		f, out, known := c.late(late)
		if known {
			return out
		}
		req = f
	}
	c.pending = c.State.expire(c.pending, req, now) // before what is looked up for the request: what that counts includes it
	if err := c.recall(req); err != nil {
		return Outcome{Err: err}
	}
	c.reader = nil // what it kept is of no more use
	var out Outcome
	c.pending, out = c.State.Step(c.pending, req, now)
	return out
}

// known answers a request from what has been answered before, or with why nothing is decided now.
// The key of an open ask will never be answered here: its caller must not be told to wait.
func (c *Core) known(req Request, why error) Outcome {
	if m := metaOf(req); m.Key != (Digest{}) {
		if out, known := c.replay(m); known && out.Err != ErrInProgress {
			return out
		}
	}
	return Outcome{Err: why}
}

// Pending is the number of entries decided and not cut yet.
func (c *Core) Pending() int { return len(c.pending) }

// replay gives the first answer of a key, if there is one.
func (c *Core) replay(m Meta) (Outcome, bool) {
	if _, asking := c.State.askKeys[m.Key]; asking {
		return Outcome{Err: ErrInProgress}, true
	}
	ref, ok, err := c.answered(m.Key)
	if err != nil {
		return Outcome{Err: err}, true
	}
	if !ok {
		return Outcome{}, false
	}
	e, err := c.entry(ref.Seq)
	if ref.Request != m.Request && (err != nil || e.Key != m.Key) {
		return Outcome{Err: ErrKeyReused}, true
	}
	if err != nil {
		return Outcome{Err: err}, true
	}
	if e.Key != m.Key {
		return Outcome{Err: &DamageError{Where: fmt.Sprintf("key of entry %d", ref.Seq), Why: "that entry answers another key"}}, true
	}
	out := Outcome{Entry: e, Replayed: true}
	if b, ok := e.Answer(); ok {
		out.Err = b.Err()
	} else if b, ok := e.Body.(*LegBody); ok {
		out.Err = b.err(OrderID(e.Ref))
	} else if b, ok := e.Body.(*WorkBody); ok {
		out.Err = b.err(OrderID(e.Ref))
	} else if b, ok := e.Body.(*AdjustedBody); ok {
		out.Err = b.err(e.Epoch)
	} else if b, ok := e.Body.(*TransferBody); ok {
		out.Err = b.err(e.Kind)
	} else if b, ok := e.Body.(*ReturnBody); ok {
		out.Err = b.err()
	} else if b, ok := e.Body.(*BlockedBody); ok {
		out.Err = b.err()
	} else if err, ok := e.moneyErr(); ok {
		out.Err = err
	} else if b, ok := e.Body.(*AssetBody); ok {
		out.Err = b.err(e.Ref)
	} else if b, ok := e.Body.(*MovedBody); ok {
		out.Err = b.err()
	} else if b, ok := e.Body.(*PurchaseBody); ok {
		out.Err = b.err()
	} else if b, ok := e.Body.(*DropBody); ok {
		out.Err = b.err()
	}
	if ref.Request != m.Request {
		return Outcome{Err: &KeyReusedError{First: out.Err}}, true
	}
	return out, true
}

// answered says where the answer under a key stands.
func (c *Core) answered(key Digest) (KeyRef, bool, error) {
	if ref, ok := c.State.keys[key]; ok {
		return ref, true, nil
	}
	return c.past.Key(key)
}

// late reads the fact that a request tells, or answers it: where the book knows it already, and
// where there is nothing to know. A fact whose key the book has given another answer is
// remembered by what it says: goods that left in another life have left.
func (c *Core) late(r *RecordLate) (f *fact, out Outcome, known bool) {
	if f = factOf(r); f == nil {
		return nil, Outcome{Replayed: true}, true
	}
	if _, asking := c.State.askKeys[f.Key]; asking && f.Key != (Digest{}) {
		return nil, Outcome{Err: ErrInProgress}, true
	}
	for {
		ref, ok, err := c.answered(f.key())
		if err != nil {
			return nil, Outcome{Err: err}, true
		}
		if !ok {
			return f, Outcome{}, false
		}
		e, err := c.entry(ref.Seq)
		if err != nil {
			return nil, Outcome{Err: err}, true
		}
		if f.answeredBy(e) {
			return nil, Outcome{Entry: e, Replayed: true}, true
		}
		f = f.anew()
	}
}

func (c *Core) entry(seq Seq) (*Entry, error) {
	if n := len(c.pending); n > 0 && seq >= c.pending[0].Seq && seq <= c.pending[n-1].Seq {
		return c.pending[seq-c.pending[0].Seq], nil
	}
	return c.past.Entry(seq)
}

// recall loads into the state what the request is about.
func (c *Core) recall(req Request) error {
	if done, err := c.recallTransfer(req); done || err != nil {
		return err
	}
	if done, err := c.recallMoney(req); done || err != nil {
		return err
	}
	if done, err := c.recallAsset(req); done || err != nil {
		return err
	}
	if done, err := c.recallPurchase(req); done || err != nil {
		return err
	}
	if done, err := c.recallReceipt(req); done || err != nil {
		return err
	}
	if done, err := c.recallManifest(req); done || err != nil {
		return err
	}
	var id OrderID
	switch r := req.(type) {
	case *Place:
		id = r.Order.ID
	case *CancelOrder:
		id = r.Order
	case *RuleOut:
		id = r.Order
	case *TakeBack:
		id = r.Order
	case *WorkLeg:
		var err error
		if id, err = c.recallWork(r); err != nil {
			return err
		}
	case *Pay:
		id = r.Order
	case *AskRefund:
		id = r.Order
	case *Exchange:
		id = r.Back.Order
	case *TellDrop:
		if err := c.recallOrder(r.Order); err != nil {
			return err
		}
		return c.recallDrop(r)
	case *Refund:
		id = r.Order
	case *fact:
		if err := c.recallNote(r); err != nil {
			return err
		}
		id = r.ofOrder()
	case *Obey:
		id = r.Command.Order
		if err := errors.Join(c.recallCommand(r), c.recallCounted(r)); err != nil {
			return err
		}
	case *Count:
		return c.recount(r)
	}
	if id == "" {
		return nil
	}
	return c.recallOrder(id)
}

// recallCommand finds the key under which the book remembers a command, and loads what it was answered with.
func (c *Core) recallCommand(r *Obey) error {
	r.key = KeyOfCommand(r.Command.ID)
	ref, seen, err := c.answered(r.key)
	if !seen || err != nil {
		return err
	}
	if e, err := c.entry(ref.Seq); err != nil {
		return err
	} else if b, ok := e.Body.(*ObeyedBody); ok && !r.Command.sameAs(&b.Command) {
		r.key = r.Command.keyBeside()
	}
	return c.recallKey(r.key)
}

// recallKey loads what a key was answered with.
func (c *Core) recallKey(key Digest) error {
	ref, ok, err := c.answered(key)
	if ok && err == nil {
		c.State.keys[key] = ref
	}
	return err
}

// recallOrder loads an order that the book may have put away.
func (c *Core) recallOrder(id OrderID) error {
	if _, ok := c.State.orders[id]; ok {
		return nil
	}
	if _, dropped := c.State.dirty.orders[id]; dropped {
		return nil // forgotten since the last checkpoint: the disk's copy is stale
	}
	o, ok, err := c.past.Order(id)
	if err != nil {
		return err
	}
	if ok {
		c.State.orders[id] = o
	}
	return nil
}

// entrySizeUsual is the bytes of an ordinary entry, so that room for a group is made once.
const entrySizeUsual = 192

// Head is the position of the last entry decided. Nobody may be told before its frame is stored.
func (c *Core) Head() Head {
	c.seal()
	return c.State.Head()
}

// seal encodes and chains what was decided. It waits for Cut: a decision needs no hash.
func (c *Core) seal() {
	s, from := c.State, len(c.stored)
	if from == len(c.pending) {
		return // so that readers, before whom all is cut, write nothing
	}
	c.stored = slices.Grow(c.stored, len(c.pending)-from)
	c.hashes = slices.Grow(c.hashes, len(c.pending)-from)
	buf := make([]byte, 0, entrySizeUsual*(len(c.pending)-from))
	for _, e := range c.pending[from:] {
		at := len(buf)
		buf = c.writer.append(buf, e)
		b := buf[at:len(buf):len(buf)]
		s.Hash = Chain(s.Hash, s.Site, e.Epoch, e.Seq, b)
		c.stored, c.hashes = append(c.stored, b), append(c.hashes, s.Hash)
	}
}

// PendingBytes is what the frames of all that is decided and not cut yet will need, at most.
func (c *Core) PendingBytes() int64 {
	c.seal()
	n := 0
	for _, b := range c.stored {
		n += len(b) + frameEntryMax
	}
	return int64(n)
}

// Cut takes what was decided since the last Cut, as frames in order.
func (c *Core) Cut() []*Frame {
	c.seal()
	var out []*Frame
	var f *Frame
	from, size := 0, 0
	for i, e := range c.pending {
		more := len(c.stored[i]) + frameEntryMax
		full := f != nil && (i-from == FrameEntriesMax || size+more > FrameBytesMax || f.Epoch != e.Epoch)
		if f == nil || full {
			f = &Frame{Site: c.State.Site, Epoch: e.Epoch, First: e.Seq, Before: c.cutHash}
			from, size = i, frameHeadMax
			out = append(out, f)
		}
		f.Entries, f.Hashes = c.stored[from:i+1:i+1], c.hashes[from:i+1:i+1]
		c.cutHash = c.hashes[i]
		size += more
	}
	clear(c.pending)
	c.pending, c.stored, c.hashes = c.pending[:0], nil, nil // the frames keep them
	return out
}

// Replay folds a stored frame into the state. The frame must follow the state's head and its
// chain must have been verified.
func (c *Core) Replay(f *Frame) error {
	if c.reader == nil {
		c.reader = &Opened{}
	}
	if err := c.reader.open(f); err != nil {
		return err
	}
	return c.Fold(c.reader)
}

// Fold folds an opened frame into the state, whose head it must follow.
func (c *Core) Fold(o *Opened) error {
	if !o.follows(c.State) {
		return &DamageError{Where: "journal", Why: "a frame does not follow the one before"}
	}
	for i := range o.Entries {
		c.State.near.begin()
		if err := c.State.Apply(&o.Entries[i]); err != nil {
			return err
		}
		c.State.Hash = o.Frame.Hashes[i]
	}
	c.cutHash = c.State.Hash
	return nil
}

func metaOf(req Request) Meta {
	switch r := req.(type) {
	case *Receive:
		return r.Meta
	case *Place:
		return r.Meta
	case *CancelOrder:
		return r.Meta
	case *RuleOut:
		return r.Meta
	case *Adjust:
		return r.Meta
	case *Count:
		return r.Meta
	case *TakeBack:
		return r.Meta
	case *Inspect:
		return r.Meta
	case *PickLeg:
		return r.Meta
	case *RejectLeg:
		return r.Meta
	case *MakeTransfer:
		return r.Meta
	case *DispatchTransfer:
		return r.Meta
	case *ReceiveTransfer:
		return r.Meta
	case *OrderGoods:
		return r.Meta
	case *WorkLeg:
		return r.Meta
	case *InspectBlocked:
		return r.Meta
	case *ActOnDrawer:
		return r.Meta
	case *Pay:
		return r.Meta
	case *Refund:
		return r.Meta
	case *Exchange:
		return r.Meta
	case *AskRefund:
		return r.Meta
	case *EndDay:
		return r.Meta
	case *MoveAsset:
		return r.Meta
	case *MoveBins:
		return r.Meta
	case *HoldLot:
		return r.Meta
	case *OnManifest:
		return r.Meta
	case *TellDrop:
		return r.Meta
	default:
		return Meta{}
	}
}
