package ledger

import "sort"

// movesKept bounds the moves that a shelf remembers: some 10 MB, and as much again for who moved last. It is a day of 40,000 orders of three lines.
const movesKept = 1 << 17

// A shelf is what is derived of a state for those who count: which SKUs lie in which bin, and what has moved in each since it was
// begun. It lives in memory, from the first sheet or count of a process on: who never counts pays nothing. Whoever asks for what was before reads
// the journal.
//
// The moves are written by whoever writes the book, and read by those who hold Book.mu for reading.
type shelf struct {
	kept  uint64 // moves that are remembered
	epoch Epoch
	from  Seq              // of every entry behind it all moves are here
	moves []stirred        // a ring once it is full: move n, from 1, stands at (n-1) % kept
	n     uint64           // moves so far
	last  map[binOf]uint64 // the latest move of each

	places places
}

// A stirred is what one entry says of one SKU in one bin.
type stirred struct {
	key    binOf
	seq    Seq
	before uint64 // the move of the same before it; 0: none
	qty    Qty    // that moved; of a count, what was found
	at     Seq    // of a count: the position that was counted at
	what   stir
}

type stir uint8

const (
	stirMoved   stir = iota
	stirSeen         // somebody has looked there, or it was told late (looksAtBins)
	stirCounted      // its own correction is no move
)

// newShelf begins behind an entry.
func newShelf(epoch Epoch, from Seq, kept uint64) *shelf {
	return &shelf{kept: kept, epoch: epoch, from: from, last: map[binOf]uint64{}, places: places{bins: map[Bin]*binRows{}}}
}

// note takes in an entry that was applied.
func (h *shelf) note(e *Entry) {
	if e.Epoch != h.epoch { // what was before is of another life
		h.epoch, h.from, h.moves, h.n, h.last = e.Epoch, e.Seq, nil, 0, map[binOf]uint64{}
	}
	b, _ := e.Body.(*AdjustedBody)
	counted := b != nil && b.Count != nil
	what := stirMoved
	if looksAtBins(e) {
		what = stirSeen
	}
	for i := range e.Postings {
		p := &e.Postings[i]
		if p.Account.Kind != Sellable {
			continue
		}
		key := binOf{p.SKU, Bin(p.Account.Ref)}
		if p.Qty > 0 {
			h.places.add(key)
		}
		if !counted {
			h.add(stirred{key: key, seq: e.Seq, qty: p.Qty, what: what})
		}
	}
	if what == stirSeen { // other lots may have been found, and as many units: that posts nothing
		for i := range e.Lots {
			for _, at := range [...]LotPlace{e.Lots[i].From, e.Lots[i].To} {
				if at.Kind == Sellable && !counted {
					h.add(stirred{key: binOf{e.Lots[i].SKU, Bin(at.Ref)}, seq: e.Seq, what: what})
				}
			}
		}
	}
	if counted && b.Count.Refusal == "" {
		for i := range b.Count.Lines {
			l := &b.Count.Lines[i]
			h.add(stirred{key: binOf{l.SKU, l.Bin}, seq: e.Seq, qty: l.Counted, at: b.Count.At, what: stirCounted})
		}
	}
}

func (h *shelf) add(m stirred) {
	m.before = h.last[m.key]
	if h.n++; uint64(len(h.moves)) < h.kept {
		h.moves = append(h.moves, m)
	} else {
		old := h.move(h.n)
		if h.last[old.key] == h.n-h.kept {
			delete(h.last, old.key)
		}
		h.from, *old = old.seq, m
	}
	h.last[m.key] = h.n
}

// move is where move n stands, or is to.
func (h *shelf) move(n uint64) *stirred { return &h.moves[(n-1)%h.kept] }

// knows says whether all moves behind a position are remembered.
func (h *shelf) knows(epoch Epoch, at Seq) bool { return epoch == h.epoch && at >= h.from }

// walk does for a count what going through the journal up to an entry does (Count.see): it costs what its bins have moved.
func (h *shelf) walk(r *Count, upTo Seq) {
	w := &r.walk
	for key := range w.moved {
		newer := false
		for n := h.last[key]; n != 0 && n+h.kept > h.n; {
			m := h.move(n)
			if n = m.before; m.seq <= r.At {
				break
			}
			switch {
			case m.what == stirMoved:
				w.moved[key] += m.qty
				if _, known := w.left[key]; !known && m.qty < 0 {
					w.left[key] = m.seq
				}
			case newer || m.what == stirCounted && m.at <= r.At:
			case m.what == stirCounted:
				newer, w.newer[key] = true, CountAgainst{Seq: m.seq, At: m.at, Counted: m.qty}
			default:
				newer, w.newer[key] = true, CountAgainst{Seq: m.seq}
			}
		}
	}
	w.upTo = upTo
}

// since copies the moves behind a position that it knows, in their order.
func (h *shelf) since(at Seq) []stirred {
	first := h.n - uint64(len(h.moves)) // those before it are forgotten
	k := sort.Search(len(h.moves), func(i int) bool { return h.move(first+uint64(i)+1).seq > at })
	out := make([]stirred, 0, len(h.moves)-k)
	for ; k < len(h.moves); k++ {
		out = append(out, *h.move(first + uint64(k) + 1))
	}
	return out
}
