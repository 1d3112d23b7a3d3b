package ledger

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// MayAdjust says, of an entry's stored bytes, whether it may say what was adjusted: no other entry has to be decoded for such a list.
func MayAdjust(b []byte) bool {
	if len(b) < 2 || b[0] == 0xdc {
		return len(b) >= 2
	}
	k := Kind(b[1])
	return k == KindAdjusted || k == KindCounted || k == KindLate
}

// Adjusting is what an entry says was adjusted, by hand or by a count, one that is told late too; nil where it says nothing, or was refused.
func (e *Entry) Adjusting() *AdjustedBody {
	switch b := e.Body.(type) {
	case *AdjustedBody:
		if !b.refused() {
			return b
		}
	case *LateBody:
		if b.Was == KindAdjusted {
			return &AdjustedBody{Reason: b.Reason, Approver: b.Approver, Lines: b.Lines, Displaced: b.Displaced, Count: b.Count}
		}
	}
	return nil
}

// EachAdjusting gives the entries of a frame behind after that say what was adjusted; false of see ends the walk. One that cannot be read is kept at head
// office as any other, and somebody was told of it: it has no part in such a list, and stops none.
func (f *Frame) EachAdjusting(after Seq, see func(*Entry, *AdjustedBody) bool) (more bool) {
	return f.EachOf(after, MayAdjust, adjustingOnly(see))
}

// adjustingOnly sees entries that say what was adjusted.
func adjustingOnly(see func(*Entry, *AdjustedBody) bool) func(*Entry) bool {
	return func(e *Entry) bool {
		b := e.Adjusting()
		return b == nil || see(e, b)
	}
}

// EachOf gives the entries of a frame behind after whose stored bytes may says may be wanted, as EachAdjusting does.
func (f *Frame) EachOf(after Seq, may func([]byte) bool, see func(*Entry) bool) (more bool) {
	for i, raw := range f.Entries {
		if f.First+Seq(i) <= after || !may(raw) {
			continue
		}
		if e, err := UnmarshalEntry(raw); err == nil && e.Seq == f.First+Seq(i) && !see(e) {
			return false
		}
	}
	return true
}

// AdjustedWalkMax bounds the entries that are gone through for one page of what was adjusted.
const AdjustedWalkMax = 5_000

// EachAdjusting gives what the book's journal says was adjusted, from the entry behind after on: of AdjustedWalkMax entries, or until see says false.
// next is the entry behind which to go on, 0 where all was given. What the journal was trimmed of is not given.
func (b *Book) EachAdjusting(after Seq, see func(*Entry, *AdjustedBody) bool) (next Seq, err error) {
	return b.eachOf(after, MayAdjust, adjustingOnly(see))
}

// EachReasoned is likewise, of entries that may say for what reason something was done with goods.
func (b *Book) EachReasoned(after Seq, see func(*Entry) bool) (next Seq, err error) {
	return b.eachOf(after, MayReason, see)
}

func (b *Book) eachOf(after Seq, may func([]byte) bool, see func(*Entry) bool) (next Seq, err error) {
	after = max(after, b.Trimmed())
	head := b.Head().Seq
	last := min(head, after+AdjustedWalkMax)
	if after >= last {
		return 0, nil
	}
	stopped := false
	err = eachFrame(b.tape, after+1, func(raw []byte) error {
		f, err := DecodeFrame(raw)
		if err != nil {
			return err
		}
		if f.First > last {
			return errEnough
		}
		if !f.EachOf(after, may, func(e *Entry) bool { return e.Seq > last || see(e) }) {
			stopped = true
			return errEnough
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough):
		return 0, fmt.Errorf("read what was adjusted since entry %d: %w", after, err)
	case stopped || last == head:
		return 0, nil
	default:
		return last, nil
	}
}

// A ReasonSum is what was adjusted for one reason.
type ReasonSum struct {
	Entries int // adjustments and counts
	Lines   int
	Found   Qty
	Gone    Qty // below 0 in an entry; here it counts upwards
	Blocked Qty // of what stays in its bin, blocked: in neither of the two
	Short   Qty // of Gone and Blocked, what was promised
	Net     map[SKU]Qty
}

// ReasonSums adds up what was adjusted, by reason. The zero ReasonSums is nil: make one.
type ReasonSums map[string]*ReasonSum

// Add takes in the lines of an adjustment that are of a SKU; "": all. A count of which nothing differs adds nothing.
func (s ReasonSums) Add(b *AdjustedBody, sku SKU) {
	sum := s[b.Reason]
	counted := false
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Qty == 0 || sku != "" && l.SKU != sku {
			continue
		}
		if sum == nil {
			sum = &ReasonSum{Net: map[SKU]Qty{}}
			s[b.Reason] = sum
		}
		if !counted {
			counted = true
			sum.Entries++
		}
		sum.Lines++
		sum.Short += l.Short
		switch {
		case l.Blocked && l.Qty < 0:
			sum.Blocked -= l.Qty
		case l.Qty > 0:
			sum.Found += l.Qty
			sum.Net[l.SKU] += l.Qty
		default:
			sum.Gone -= l.Qty
			sum.Net[l.SKU] += l.Qty
		}
	}
}

// FirstSince finds by halves, among entries 1 to last of which moment gives the moments, the one behind which all stand that were written at t or later.
// A clock that was set back by no more than clockSlack makes it miss none.
func FirstSince(t time.Time, last Seq, moment func(Seq) (time.Time, error)) (after Seq, err error) {
	n := sort.Search(int(last), func(i int) bool {
		if err != nil {
			return true
		}
		var at time.Time
		at, err = moment(Seq(i) + 1)
		return err != nil || !at.Before(t.Add(-clockSlack))
	})
	return Seq(n), err
}

// Beyond says whether an entry's moment is so far behind until that none of the entries behind it is before.
func Beyond(at, until time.Time) bool { return !until.IsZero() && at.After(until.Add(clockSlack)) }
