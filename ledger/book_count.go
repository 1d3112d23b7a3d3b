package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	// countWalkMax bounds the entries behind a position that a count or a sheet reads where the shelf does not go back so far: at
	// three orders a second a day has as many. They take some seconds: 50,000 took one on two cores with much else to do.
	countWalkMax = 250_000
	// countTries is how often the journal is read on before the writer, which went on meanwhile, is let be.
	countTries = 3
	// movedBinsMax bounds what a sheet remembers of what moved.
	movedBinsMax = 100_000
	// categoryFew is how many SKUs of a category are looked up one by one; of more a sheet goes through the bins.
	categoryFew = 2048
	// sheetSlice is how many SKUs, or rows, are looked at before the writer may come in between.
	sheetSlice = 2048
)

// Count puts a count to the writer. What the journal says since its position is read here, before, and the
// writer reads what came in between: selling does not wait for a count. The error is Do's; a refusal is the
// outcome's own.
func (b *Book) Count(ctx context.Context, r *Count) (Outcome, error) {
	for range countTries {
		if r.refused = b.unknownBin(r); r.refused == nil {
			r.refused = b.unknownLot(r)
		}
		if r.refused == nil {
			r.refused = b.walkCount(r)
		}
		out, err := b.Do(ctx, r)
		if err != nil || !errors.Is(out.Err, errCountBehind) {
			return out, err
		}
	}
	return Outcome{}, ErrBusy
}

// walkCount reads on from where the walk of a count ended.
func (b *Book) walkCount(r *Count) error {
	head := b.Head()
	if r.At == 0 || r.At > head.Seq || r.Epoch != head.Epoch || r.check() != nil {
		return nil // whoever decides says what is wrong
	}
	if b.walkShelf(r) {
		return nil
	}
	if trimmed := b.Trimmed(); r.At < trimmed {
		return tooOld(r.At, trimmed)
	}
	if head.Seq-r.At > countWalkMax {
		return tooOld(r.At, head.Seq-countWalkMax)
	}
	r.begin()
	return b.eachSince(r.walk.upTo, head.Seq, r.see)
}

// shelf gives the book's shelf, which begins with the first who asks for it.
func (b *Book) shelf() *shelf {
	b.mu.RLock()
	h := b.core.State.shelf
	b.mu.RUnlock()
	if h != nil {
		return h
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.core.State
	if s.shelf == nil {
		s.shelf = newShelf(s.Epoch, s.Seq, movesKept)
	}
	return s.shelf
}

// walkShelf has a count told by the shelf what has moved, and says whether that goes back to its position.
func (b *Book) walkShelf(r *Count) bool {
	h := b.shelf()
	if r.byLot() {
		return false // it knows no lots
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !h.knows(r.Epoch, r.At) {
		return false
	}
	r.walk.upTo = 0 // of an earlier try: it is told anew, which costs no more
	r.begin()
	h.walk(r, b.core.State.Seq)
	return true
}

// shelved gives the book's shelf with all that lies in bins, by going through all levels the first time, some at a time: who sells comes in
// between.
func (b *Book) shelved() *shelf {
	h := b.shelf()
	if h.places.filled() {
		return h
	}
	h.places.filling.Lock()
	defer h.places.filling.Unlock()
	if h.places.filled() {
		return h
	}
	b.mu.RLock()
	skus := make([]SKU, 0, len(b.core.State.levels))
	for sku := range b.core.State.levels {
		skus = append(skus, sku)
	}
	b.mu.RUnlock()
	found := map[Bin][]SKU{}
	for slice := range slices.Chunk(skus, sheetSlice) {
		b.mu.RLock()
		for _, sku := range slice {
			l := b.core.State.levels[sku]
			for i := range l.Bins {
				if l.Bins[i].Sellable > 0 {
					found[l.Bins[i].Bin] = append(found[l.Bins[i].Bin], sku)
				}
			}
		}
		b.mu.RUnlock()
	}
	h.places.fill(found)
	return h
}

// eachSince gives the entries behind after up to last. They are good until f returns.
func (b *Book) eachSince(after, last Seq, f func(*Entry)) error {
	if after >= last {
		return nil
	}
	err := eachOpened(b.tape, after+1, func(o *Opened) error {
		for i := range o.Entries {
			e := &o.Entries[i]
			if e.Seq > last {
				return errEnough
			}
			if e.Seq > after {
				f(e)
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrTrimmed):
		return tooOld(after, b.Trimmed())
	case err != nil && err != errEnough:
		return fmt.Errorf("read what moved since entry %d: %w", after, err)
	}
	return nil
}

// unknownBin refuses units in a bin of which the book has never heard, or has nothing now, unless the count
// says that there may be such: a slip of the pen would make a bin that nobody finds.
func (b *Book) unknownBin(r *Count) error {
	if r.NewBins || r.check() != nil {
		return nil
	}
	unknown := map[Bin]int{}
	b.mu.RLock()
	for i := range r.Lines {
		l := &r.Lines[i]
		if held, ok := b.core.State.levels[l.SKU]; ok {
			if _, ok = held.bin(l.Bin); ok {
				continue
			}
		}
		if _, seen := unknown[l.Bin]; !seen && l.Counted > 0 && l.Bin != BinDefault {
			unknown[l.Bin] = i
		}
	}
	b.mu.RUnlock()
	if len(unknown) == 0 {
		return nil
	}
	h := b.shelved()
	b.mu.RLock()
	defer b.seen()
	for bin := range unknown {
		if h.places.holds(bin, b.core.State.liesAny) {
			delete(unknown, bin)
		}
	}
	for i := range r.Lines {
		if first, ok := unknown[r.Lines[i].Bin]; ok && first == i {
			return atLine(&FormError{Field: "bin", Why: fmt.Sprintf("%s holds nothing in the book, and may be a slip of the pen: if there is such a bin, send new_bins", r.Lines[i].Bin)}, i)
		}
	}
	return nil
}

// SheetQuery says which bins and SKUs are to be counted.
type SheetQuery struct {
	Bin        Bin    // "": all
	SKU        SKU    // "": all; of a SKU that lies nowhere there is one row, in Bin or BinDefault
	Category   string // of items; "": all
	Moved      bool   // only what moved behind Since and was not counted since
	SinceEpoch Epoch
	Since      Seq
	AfterBin   Bin // the last row of the page before
	AfterSKU   SKU
	Limit      int
}

// SheetRow is one SKU in one bin, with what the book has there, fit to be sold.
type SheetRow struct {
	Bin      Bin
	SKU      SKU
	Expected Qty
	Lots     []LotSpot // of Expected, what is of a lot, as they leave
}

// CountSheet lists what is to be counted, by bin and then by SKU, at most Limit rows; more says whether there
// are others behind. at is the position that all rows were read at: a count of what lies there now is one at that
// position. A page costs its rows; where they are of a SKU, of a small category or of what moved, as many as there are of these.
func (b *Book) CountSheet(q SheetQuery) (rows []SheetRow, at Head, more bool, err error) {
	pick := &rowPicker{q: q}
	few, all := b.itemsOf(q.Category, categoryFew)
	if q.Category != "" {
		if all == 0 {
			return nil, at, false, &FormError{Field: "category", Why: fmt.Sprintf("is %q, which is that of no item", q.Category)}
		}
		pick.keep = func(sku SKU) bool { return b.isOf(q.Category, sku) }
	}
	b.shelf() // what moves from here on is remembered for the count that comes back
	switch {
	case q.Moved:
		moved, err := b.movedBins(q.SinceEpoch, q.Since)
		if err != nil {
			return nil, at, false, err
		}
		for key := range moved {
			pick.add(key)
		}
	case q.SKU != "":
		if l, ok := b.Level(q.SKU); ok {
			pick.level(q.SKU, &l)
		}
		if len(pick.keys) == 0 {
			pick.add(binOf{q.SKU, cmp.Or(q.Bin, BinDefault)})
		}
	case q.Category != "" && all <= categoryFew:
		b.pickFew(pick, few)
	default:
		b.pickBins(pick)
	}
	keys, more := pick.first()
	rows, at = b.sheetRows(keys)
	return rows, b.headShown(at), more, nil
}

// sheetRows reads rows at one position.
func (b *Book) sheetRows(keys []binOf) (rows []SheetRow, at Head) {
	b.mu.RLock()
	defer b.seen()
	rows = make([]SheetRow, len(keys))
	for i, k := range keys {
		rows[i] = SheetRow{Bin: k.bin, SKU: k.sku, Expected: b.core.State.lies(k), Lots: b.core.State.lotsIn(k)}
	}
	return rows, b.core.State.Head()
}

// pickFew looks up some SKUs.
func (b *Book) pickFew(pick *rowPicker, skus []SKU) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, sku := range skus {
		if l, ok := b.core.State.levels[sku]; ok {
			pick.level(sku, l)
		}
	}
}

// pickBins goes through the bins from the last row of the page before on, as far as the page goes, some rows at a time: who sells comes in
// between.
func (b *Book) pickBins(pick *rowPicker) {
	h := b.shelved()
	after := binOf{pick.q.AfterSKU, pick.q.AfterBin}
	for over := false; !over && len(pick.keys) <= pick.q.Limit; {
		b.mu.RLock()
		var keys []binOf
		keys, after, over = h.places.next(after, pick.q.Bin, pick.q.Limit+1-len(pick.keys), b.core.State.liesAny, pick.keep)
		b.mu.RUnlock()
		pick.keys = append(pick.keys, keys...)
	}
}

// movedBins lists what moved behind a position, and was not counted after.
func (b *Book) movedBins(epoch Epoch, since Seq) (map[binOf]Seq, error) {
	head := b.Head()
	if epoch > head.Epoch || since > head.Seq {
		return nil, &FormError{Field: "moved_since", Why: fmt.Sprintf("is behind the end of the book, %d.%d", head.Epoch, head.Seq)}
	}
	last, many := map[binOf]Seq{}, false
	counted := func(key binOf, at Seq) {
		if last[key] <= at {
			delete(last, key)
		}
	}
	moved := func(key binOf, seq Seq) {
		if !many {
			last[key] = seq
			many = len(last) > movedBinsMax
		}
	}
	err := b.eachMove(epoch, since, head, counted, moved)
	if err == nil && many {
		err = &FormError{Field: "moved_since", Why: fmt.Sprintf("has more than %d bins behind it: ask for a later place, or for a bin", movedBinsMax)}
	}
	return last, err
}

// eachMove tells what was moved and counted behind a position, by the shelf where that goes back so far, else by the journal.
func (b *Book) eachMove(epoch Epoch, since Seq, head Head, counted, moved func(binOf, Seq)) error {
	h := b.shelf()
	b.mu.RLock()
	known, some := h.knows(epoch, since), []stirred(nil)
	if known {
		some = h.since(since)
	}
	b.mu.RUnlock()
	for i := range some {
		if m := &some[i]; m.what == stirCounted {
			counted(m.key, m.at)
		} else {
			moved(m.key, m.seq)
		}
	}
	if known {
		return nil
	}
	if trimmed := b.Trimmed(); since < trimmed || head.Seq-since > countWalkMax {
		return &FormError{Field: "moved_since", Why: fmt.Sprintf("is too long ago: the earliest place that can be asked for is %d.%d", epoch, max(trimmed, head.Seq-min(head.Seq, countWalkMax)))}
	}
	return b.eachSince(since, head.Seq, func(e *Entry) {
		if a, ok := e.Body.(*AdjustedBody); ok && a.Count != nil {
			for i := range a.Count.Lines {
				if l := &a.Count.Lines[i]; a.Count.Refusal == "" {
					counted(binOf{l.SKU, l.Bin}, a.Count.At)
				}
			}
			return
		}
		for i := range e.Postings {
			if p := &e.Postings[i]; p.Account.Kind == Sellable {
				moved(binOf{p.SKU, Bin(p.Account.Ref)}, e.Seq)
			}
		}
	})
}

// A rowPicker keeps the first rows of those that it is shown.
type rowPicker struct {
	q    SheetQuery
	keep func(SKU) bool // nil: any
	keys []binOf
	last *binOf // once there are enough: rows behind it are not wanted
}

func (p *rowPicker) level(sku SKU, l *Level) {
	for i := range l.Bins {
		if l.Bins[i].Sellable > 0 {
			p.add(binOf{sku, l.Bins[i].Bin})
		}
	}
}

func (p *rowPicker) add(k binOf) {
	after := binOf{p.q.AfterSKU, p.q.AfterBin}
	if p.q.Bin != "" && k.bin != p.q.Bin || p.q.SKU != "" && k.sku != p.q.SKU || k.compare(after) <= 0 || p.last != nil && k.compare(*p.last) > 0 {
		return
	}
	if p.keep != nil && !p.keep(k.sku) {
		return
	}
	if p.keys = append(p.keys, k); len(p.keys) > 4*p.q.Limit+64 {
		p.cut()
	}
}

// cut forgets all but the first Limit+1.
func (p *rowPicker) cut() {
	slices.SortFunc(p.keys, binOf.compare)
	if most := p.q.Limit + 1; len(p.keys) > most {
		last := p.keys[most-1]
		p.keys, p.last = p.keys[:most], &last
	}
}

func (p *rowPicker) first() (keys []binOf, more bool) {
	p.cut()
	if len(p.keys) > p.q.Limit {
		return p.keys[:p.q.Limit], true
	}
	return p.keys, false
}
