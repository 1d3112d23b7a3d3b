package ledger

import "slices"

// Head is the last position on disk. It takes no lock.
func (b *Book) Head() Head { return *b.durable.Load() }

// NodeKey was drawn when the book was made; Boot when this process opened it.
func (b *Book) NodeKey() [16]byte { return b.nodeKey }

// Boot is this process's random id.
func (b *Book) Boot() [16]byte { return b.boot }

// Level gives a SKU's balances; ok is false where the site never had any.
func (b *Book) Level(sku SKU) (Level, bool) {
	b.mu.RLock()
	defer b.seenUpTo(b.core.State.levelSince(sku))
	return b.core.State.Level(sku)
}

// LevelAt is Level, and gives an entry behind which it was so.
func (b *Book) LevelAt(sku SKU) (l Level, at Seq, ok bool) {
	at, l, ok = b.levelAt(sku)
	return l, min(at, b.Head().Seq), ok // more where the book has failed
}

func (b *Book) levelAt(sku SKU) (at Seq, l Level, ok bool) {
	b.mu.RLock()
	s := b.core.State
	since := s.levelSince(sku)
	defer b.seenUpTo(since)
	if at = b.Head().Seq; since > at {
		at = s.Seq
	}
	l, ok = s.Level(sku)
	return at, l, ok
}

// A Summary is a book at a glance.
type Summary struct {
	Site       SiteID
	Counter    bool
	Standalone bool
	Epoch      Epoch
	HQ         Incarnation
	Commands   Cursor
	Head       Head // durable: a head that was only decided is shown to nobody
	SKUs       int
	OpenOrders int
	OpenAsks   int
	Waiting    int         // orders that wait for goods at this site
	Drafts     int         // orders that nobody has placed yet; OpenOrders are without them
	Reviews    int         // orders that wait for somebody's word; OpenOrders are without them
	ToConfirm  int         // orders that are to be confirmed
	Confirmed  uint64      // orders that were, of which all was promised later
	Declined   uint64      // and of which some was declined
	Owing      int         // SKUs with a shortfall
	Holdings   int         // SKUs that other sites have allotted to this one, counted a site
	Rebuilding bool        // the book was made anew and has not attested: goods in the hand are all it sells
	Attested   Incarnation // of the last attest; zero before the first
	Quarantine string      // why nothing is promised; "" when all is well
	Full       bool        // the disk has no room: nothing new is promised until there is some
}

// View gives the book at a glance.
func (b *Book) View() Summary {
	v := b.summary()
	v.Head = b.headShown(v.Head)
	return v
}

func (b *Book) summary() Summary {
	b.mu.RLock()
	defer b.seen()
	s := b.core.State
	return Summary{Site: s.Site, Counter: s.Counter, Standalone: s.Standalone, Epoch: s.Epoch, HQ: s.HQ,
		Commands: s.Commands, Head: s.Head(), SKUs: len(s.levels), OpenOrders: len(s.openIDs) - s.drafts - s.reviews, Drafts: s.drafts, Reviews: s.reviews, OpenAsks: len(s.asks),
		Waiting: s.waiting, Owing: s.owing, Holdings: len(s.holdings), Rebuilding: s.Rebuilding, Attested: s.Attested,
		ToConfirm: s.unsure, Confirmed: s.Confirmed, Declined: s.Declined,
		Quarantine: b.quarantine, Full: b.full.Load() || b.noRoom(roomPromises)}
}

// Holdings lists what other sites have allotted to this one and it has not drawn.
func (b *Book) Holdings() []Holding {
	b.mu.RLock()
	defer b.seen()
	return b.core.State.Holdings()
}

// HoldingsOf is Holdings of one SKU.
func (b *Book) HoldingsOf(sku SKU) (out []Holding) {
	b.mu.RLock()
	s := b.core.State
	defer b.seenUpTo(s.dirty.holdings[sku])
	if len(s.holdings) == 0 { // nearly always
		return nil
	}
	return slices.DeleteFunc(s.Holdings(), func(h Holding) bool { return h.SKU != sku })
}

// HQ is the incarnation of head office that the book has adopted.
func (b *Book) HQ() Incarnation { return b.View().HQ }

// Cursor says how far the book has come in head office's commands.
func (b *Book) Cursor() Cursor { return b.View().Commands }

// Order gives an order that this book owns, or ErrOrderUnknown. It must not be changed.
func (b *Book) Order(id OrderID) (*Order, error) {
	b.mu.RLock()
	o, ok := b.core.State.orders[id]
	since, changed := b.core.State.dirty.orders[id]
	handed := b.handed.Load()
	b.seenUpTo(since)
	if ok {
		return o, nil
	}
	if changed {
		return nil, ErrOrderUnknown // dropped since the last checkpoint
	}
	var last Seq
	err := b.viewIndex(func(x *index) (err error) {
		o, last, err = x.orderOf(handed, id)
		return err
	})
	if err == nil && last > 0 {
		past := b.reread()
		o, err = past.order(id, last)
	}
	if err == nil && o == nil {
		err = ErrOrderUnknown
	}
	return o, err
}

// Frames gives whole frames that follow after, verbatim, at least one if there are any, then
// as many as fit in maxBytes. before is the position that the first one follows. Where after
// lies inside a frame, that whole frame comes first.
func (b *Book) Frames(after Seq, maxBytes int) (before Position, frames [][]byte, err error) {
	size := 0
	if after >= Seq(b.tape.Last()) {
		return before, nil, nil // also where after+1 would be 0
	}
	err = eachFrame(b.tape, after+1, func(raw []byte) error {
		f, err := DecodeFrame(raw)
		if err != nil {
			return err
		}
		if err := f.Verify(); err != nil {
			return err
		}
		if f.End().Seq <= after {
			return nil
		}
		if size += len(raw); len(frames) > 0 && size > maxBytes {
			return errEnough
		}
		if len(frames) == 0 {
			before = f.Start()
		}
		frames = append(frames, slices.Clone(raw))
		return nil
	})
	return before, frames, err
}

// Entries gives up to limit entries that follow after, with their hashes.
func (b *Book) Entries(after Seq, limit int) ([]*Entry, []Hash, error) {
	var entries []*Entry
	var hashes []Hash
	last := b.Head().Seq // what is on the disk beyond it was shown to nobody
	if after >= last || limit <= 0 {
		return nil, nil, nil
	}
	err := eachFrame(b.tape, after+1, func(raw []byte) error {
		f, err := DecodeFrame(raw)
		if err != nil {
			return err
		}
		for after < min(last, f.End().Seq) && len(entries) < limit {
			after++
			e, err := entryOf(f, after)
			if err != nil {
				return err
			}
			entries, hashes = append(entries, e), append(hashes, f.Hashes[after-f.First])
		}
		if after == last || len(entries) == limit {
			return errEnough
		}
		return nil
	})
	return entries, hashes, err
}
