package ledger

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"
)

// clockSlack is how far a clock may have been set back without an order being missed in a list of those since a moment.
const clockSlack = time.Hour

// SinceSeq gives an entry such that what was taken at t or later stands in it or behind: for OrderQuery.Since. It is found by looking at
// some entries of the journal, whose moments rise; of what was trimmed nothing is said.
func (b *Book) SinceSeq(t time.Time) (Seq, error) {
	b.since.mu.Lock()
	defer b.since.mu.Unlock()
	if t.Equal(b.since.at) && b.since.seq > b.Trimmed() {
		return b.since.seq, nil
	}
	first, last := b.Trimmed()+1, b.Head().Seq
	var failed error
	n := sort.Search(int(last-first)+1, func(i int) bool {
		f, err := frameOf(b.tape, first+Seq(i))
		if err == nil {
			var e *Entry
			if e, err = entryOf(f, first+Seq(i)); err == nil {
				return !e.At.Before(t.Add(-clockSlack))
			}
		}
		failed = errors.Join(failed, err)
		return true
	})
	if failed != nil {
		return 0, fmt.Errorf("look for the first entry since %s: %w", t.Format(time.RFC3339), failed)
	}
	if n == 0 {
		return 0, nil // what was trimmed may be as young
	}
	if seq := first + Seq(n); seq <= last { // of a moment to come nothing is known yet
		b.since.at, b.since.seq = t, seq
	}
	return first + Seq(n), nil
}

// PlaceAt gives the place in the journal behind which all that was written at t or later stands, by the clock that wrote it; the end of the book for a moment
// to come, and 0 where what was trimmed may be as young. An hour's entries are read for it at most.
func (b *Book) PlaceAt(t time.Time) (Epoch, Seq, error) {
	first, err := b.SinceSeq(t)
	if err != nil {
		return 0, 0, err
	}
	head, trimmed := b.Head(), b.Trimmed()
	at, from, looked := head.Seq, max(first-min(first, 1), trimmed), 0
	err = eachOpened(b.tape, from+1, func(o *Opened) error {
		for i := range o.Entries {
			e := &o.Entries[i]
			if looked++; e.Seq > from && (!e.At.Before(t) || looked > countWalkMax) {
				at = e.Seq - 1
				return errEnough
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrTrimmed), err == errEnough && at == trimmed:
		at = 0
	case err != nil && err != errEnough:
		return 0, 0, fmt.Errorf("look for the place of %s: %w", t.Format(time.RFC3339), err)
	}
	return head.Epoch, min(at, head.Seq), nil
}

// A sinceWhen remembers what was found for the moment that was asked about last: lists of a day ask about its beginning.
type sinceWhen struct {
	mu  sync.Mutex // guards what stands below
	at  time.Time
	seq Seq
}
