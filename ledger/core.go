package ledger

import (
	"fmt"
	"time"
)

// A Past finds what a state no longer keeps in memory: closed orders, keys of long ago, entries.
type Past interface {
	Key(Digest) (KeyRef, bool, error)
	Order(OrderID) (*Order, bool, error)
	Entry(Seq) (*Entry, error)
}

// A Core decides requests on a State, chains what it decides and cuts it into frames. Whoever
// owns it must store the frames before it answers anybody. One goroutine at a time.
type Core struct {
	State   *State
	past    Past
	pending []sealed // decided, not cut yet
	cutHash Hash     // of the last entry that was cut
}

type sealed struct {
	entry *Entry
	bytes []byte
	hash  Hash
}

// NewCore decides on s and looks into past for what s does not hold.
func NewCore(s *State, past Past) *Core {
	return &Core{State: s, past: past, cutHash: s.Hash}
}

// Decide answers a request from memory. The outcome may be told to nobody before the frames of
// the next Cut are stored, a replayed one neither: its entry may be among them.
func (c *Core) Decide(req Request, now time.Time) Outcome {
	m := metaOf(req)
	if len(m.Actor) > TextMax || len(m.Device) > TextMax {
		return Outcome{Err: &FormError{Field: "actor or device", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}}
	}
	if m.Key != (Digest{}) {
		if out, known := c.replay(m); known {
			return out
		}
	}
	if err := c.recall(req); err != nil {
		return Outcome{Err: err}
	}
	entries, out := c.State.Step(req, now)
	for _, e := range entries {
		b := MarshalEntry(e)
		c.State.Hash = Chain(c.State.Hash, c.State.Site, e.Epoch, e.Seq, b)
		c.pending = append(c.pending, sealed{entry: e, bytes: b, hash: c.State.Hash})
	}
	return out
}

// known answers a request from what has been answered before, and decides nothing. The key of
// an open ask will never be answered here: its caller must not be told to wait.
func (c *Core) known(req Request) Outcome {
	if m := metaOf(req); m.Key != (Digest{}) {
		if out, known := c.replay(m); known && out.Err != ErrInProgress {
			return out
		}
	}
	return Outcome{Err: ErrQuarantined}
}

// Pending is the number of entries decided and not cut yet.
func (c *Core) Pending() int { return len(c.pending) }

// replay gives the first answer of a key, if there is one.
func (c *Core) replay(m Meta) (Outcome, bool) {
	if _, asking := c.State.askKeys[m.Key]; asking {
		return Outcome{Err: ErrInProgress}, true
	}
	ref, ok := c.State.keys[m.Key]
	if !ok {
		var err error
		if ref, ok, err = c.past.Key(m.Key); err != nil {
			return Outcome{Err: err}, true
		}
		if !ok {
			return Outcome{}, false
		}
	}
	if ref.Request != m.Request {
		return Outcome{Err: ErrKeyReused}, true
	}
	e, err := c.entry(ref.Seq)
	if err != nil {
		return Outcome{Err: err}, true
	}
	if e.Key != m.Key {
		return Outcome{Err: &DamageError{Where: fmt.Sprintf("key of entry %d", ref.Seq), Why: "that entry answers another key"}}, true
	}
	out := Outcome{Entry: e, Replayed: true}
	if b, ok := e.Body.(*OrderBody); ok {
		out.Err = b.Err()
	}
	return out, true
}

func (c *Core) entry(seq Seq) (*Entry, error) {
	for i := range c.pending {
		if c.pending[i].entry.Seq == seq {
			return c.pending[i].entry, nil
		}
	}
	return c.past.Entry(seq)
}

// recall loads into the state what the request is about.
func (c *Core) recall(req Request) error {
	var id OrderID
	switch r := req.(type) {
	case *Place:
		id = r.Order.ID
	case *CancelOrder:
		id = r.Order
	case *Obey:
		id = r.Command.Order
		key := KeyOfCommand(r.Command.ID)
		if _, ok := c.State.keys[key]; !ok {
			ref, ok, err := c.past.Key(key)
			if err != nil {
				return err
			}
			if ok {
				c.State.keys[key] = ref
			}
		}
	}
	if id == "" {
		return nil
	}
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

// Cut takes what was decided since the last Cut, as frames in order.
func (c *Core) Cut() []*Frame {
	var out []*Frame
	var f *Frame
	size := 0
	for i := range c.pending {
		p := &c.pending[i]
		more := len(p.bytes) + frameEntryMax
		full := f != nil && (len(f.Entries) == FrameEntriesMax || size+more > FrameBytesMax || f.Epoch != p.entry.Epoch)
		if f == nil || full {
			f = &Frame{Site: c.State.Site, Epoch: p.entry.Epoch, First: p.entry.Seq, Before: c.beforeOf(i)}
			size = frameHeadMax
			out = append(out, f)
		}
		f.Entries = append(f.Entries, p.bytes)
		f.Hashes = append(f.Hashes, p.hash)
		size += more
	}
	if n := len(c.pending); n > 0 {
		c.cutHash = c.pending[n-1].hash
	}
	clear(c.pending)
	c.pending = c.pending[:0]
	return out
}

func (c *Core) beforeOf(i int) Hash {
	if i == 0 {
		return c.cutHash
	}
	return c.pending[i-1].hash
}

// Replay folds a stored frame into the state. The frame must follow the state's head and its
// chain must have been verified.
func (c *Core) Replay(f *Frame) error {
	if f.First != c.State.Seq+1 || f.Before != c.State.Hash {
		return &DamageError{Where: "journal", Why: "a frame does not follow the one before"}
	}
	entries, err := f.Open()
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := c.State.Apply(e); err != nil {
			return err
		}
		c.State.Hash = f.Hashes[i]
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
	default:
		return Meta{}
	}
}
