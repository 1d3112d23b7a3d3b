package ledger

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// An orderWalk gives ids in their order: those of memory, of the bucket and of the runs, each once.
// The first of these that has an id decides. A walk of orders that ended otherwise than completed goes along the bucket of those, where that has all.
type orderWalk struct {
	before func(x, y []byte) bool
	fresh  []freshOrder
	head   []byte                     // the key of the first of fresh
	step   func() (key, value []byte) // of the bucket
	key    []byte
	value  []byte
	closed *runs.Walk // nil: none is left
	row    runs.Row
	ended  endedIndex
	state  Status  // that is asked for; "" for any
	along  bool    // the bucket is that of how orders ended, and nothing is to be found in the runs
	last   Seq     // along: the last entry that holds the order at key
	since  Seq     // closed orders whose last entry is before are passed over
	passed int     // how many were, and what it took to find out how they ended
	rest   OrderID // where to go on behind once passMax were; else ""
}

// A walked is what a walk has of an order: what memory has, else the value that the bucket has, or the last entry that holds it.
type walked struct {
	freshOrder
	changed bool // memory has it
	value   []byte
	last    Seq
}

// walkOrders begins behind q.After, with what memory has.
func (x *index) walkOrders(memory []freshOrder, q OrderQuery) (w *orderWalk, err error) {
	w = &orderWalk{since: q.Since, state: q.State, before: func(x, y []byte) bool { return bytes.Compare(x, y) < 0 }}
	if q.Descending {
		w.before = func(x, y []byte) bool { return bytes.Compare(x, y) > 0 }
	}
	var after []byte
	if q.After != "" {
		after = orderKey(q.After)
	}
	w.seekFresh(memory, after)
	if w.ended, err = x.ended(); err != nil {
		return nil, err
	}
	bucket := x.tx.Bucket(bucketOrders)
	if w.along = endedCode(q.State) > 0 && w.ended.whole(); w.along {
		bucket = w.ended.bucket
	}
	w.seekBucket(bucket, after, q.Descending)
	if w.along {
		return w, w.nextEnded()
	}
	return w, w.seekRuns(x.orders, after, q.Descending)
}

// seekFresh begins behind a key. What memory has lies in the order of its keys.
func (w *orderWalk) seekFresh(memory []freshOrder, after []byte) {
	for w.fresh = memory; ; w.fresh = w.fresh[1:] {
		if w.nextFresh(); w.head == nil || after == nil || w.before(after, w.head) {
			return
		}
	}
}

// nextFresh finds the key of what now comes first of fresh.
func (w *orderWalk) nextFresh() {
	w.head = nil
	if len(w.fresh) > 0 {
		w.head = orderKey(w.fresh[0].id)
	}
}

// seekBucket begins behind a key, nil for the first; a bucket that is not there is empty.
func (w *orderWalk) seekBucket(bucket *bbolt.Bucket, after []byte, down bool) {
	if bucket == nil {
		return
	}
	c := bucket.Cursor()
	if !down {
		w.step = c.Next
		w.key, w.value = c.Seek(after)
	} else {
		w.step = c.Prev
		if after != nil {
			w.key, w.value = c.Seek(after)
		}
		if w.key == nil {
			w.key, w.value = c.Last()
		}
	}
	for after != nil && w.key != nil && !w.before(after, w.key) {
		w.key, w.value = w.step()
	}
}

// nextEnded goes on from where the walk stands to the next order that ended as is asked for, or to the passMax-th that did not.
func (w *orderWalk) nextEnded() error {
	for w.key != nil {
		s, last, err := parseEnded(w.key, w.value)
		if err != nil {
			return err
		}
		if w.last = last; s == w.state && last >= w.since {
			return nil
		}
		if w.passed++; w.passed >= passMax {
			w.rest = orderIDOf(w.key)
			return nil
		}
		w.key, w.value = w.step()
	}
	return nil
}

// seekRuns begins behind a name. Longer ids, of which there are none in runs, come after all of them.
func (w *orderWalk) seekRuns(v *runs.View, after []byte, down bool) (err error) {
	var name *runs.Name
	if len(after) == len(runs.Name{}) {
		n := runs.Name(after)
		name = &n
	} else if after != nil && !down {
		return nil
	}
	if w.closed, err = v.Walk(name, down, uint64(w.since)); err != nil {
		return damageOf(err)
	}
	return w.nextRow()
}

// nextRow goes on to the next closed order that is not passed over, or to the passMax-th that is.
func (w *orderWalk) nextRow() error {
	for {
		row, ok, err := w.closed.Next()
		if w.row = row; !ok || err != nil {
			w.closed = nil
			return damageOf(err)
		}
		wanted := Seq(row.Number) >= w.since
		if wanted && w.state != "" {
			w.passed += findFor - 1
			if wanted, err = w.ended.is(w.state, w.row.Name[:], Seq(row.Number)); err != nil {
				return err
			}
		}
		if wanted {
			return nil
		}
		if w.passed++; w.passed >= passMax {
			w.rest = orderIDOf(w.row.Name[:])
			return nil
		}
	}
}

func (w *orderWalk) next() (out walked, ok bool, err error) {
	key := w.head
	if w.key != nil && (key == nil || w.before(w.key, key)) {
		if key, out.value = w.key, w.value; w.along {
			out.value, out.last = nil, w.last
		}
		if w.along && w.rest != "" {
			return walked{}, false, nil
		}
	}
	var row runs.Name
	if w.closed != nil && (key == nil || w.before(w.row.Name[:], key)) {
		if w.rest != "" {
			return walked{}, false, nil
		}
		row = w.row.Name
		key, out.value, out.last = row[:], nil, Seq(w.row.Number)
	}
	if key == nil {
		return walked{}, false, nil
	}
	out.id = orderIDOf(key)
	if w.closed != nil && bytes.Equal(w.row.Name[:], key) {
		err = w.nextRow()
	}
	if w.head != nil && bytes.Equal(w.head, key) {
		out.freshOrder, out.changed = w.fresh[0], true
		w.fresh = w.fresh[1:]
		w.nextFresh()
	}
	if w.key != nil && bytes.Equal(w.key, key) {
		if w.key, w.value = w.step(); w.along && err == nil {
			err = w.nextEnded()
		}
	}
	return out, err == nil, err
}
