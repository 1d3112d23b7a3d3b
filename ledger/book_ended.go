package ledger

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// The bucket ended says of each closed order that did not end completed how it ended, and which entry holds it. So a list of those
// looks at no other order, and a list of what is completed passes them over unread. It is of the checkpoint, written with it.
//
// It answers for orders whose last entry is behind endedSpan.from: a book that an older build kept has closed orders of which nobody
// took down how they ended; those are read from the journal, as lists of old did. A build that knows nothing of the bucket leaves it
// where it stood, behind the checkpoint, and it is begun anew.

// endedCodes are how orders end, by the byte that is stored; 0 is none. Only ever appended to. What stands in no row is completed.
var endedCodes = [...]Status{"", StatusCanceled, StatusDeclined}

// endedCode is the byte of a state that the bucket has records of; 0 for any other.
func endedCode(s Status) byte {
	for code := range endedCodes {
		if code > 0 && endedCodes[code] == s {
			return byte(code)
		}
	}
	return 0
}

// endedValue says how an order ended and which entry is the last to hold it.
func endedValue(s Status, last Seq) []byte { return append([]byte{endedCode(s)}, seqValue(last)...) }

func parseEnded(key, stored []byte) (s Status, last Seq, err error) {
	value, err := openValue(bucketEnded, key, stored)
	if err != nil {
		return "", 0, err
	}
	if len(value) > 1 && value[0] > 0 && int(value[0]) < len(endedCodes) {
		s, last = endedCodes[value[0]], parseSeq(value[1:])
	}
	if last == 0 {
		return "", 0, &DamageError{Where: "ended order " + string(orderIDOf(key)), Why: "its record says of no entry how it ended"}
	}
	return s, last, nil
}

// An endedSpan says for which orders the bucket answers: those whose last entry is behind from, up to upTo, the checkpoint's.
type endedSpan struct{ from, upTo Seq }

// answers says whether how an order ended is known without reading the entry.
func (s endedSpan) answers(last Seq) bool { return last > s.from && last <= s.upTo }

// whole says whether the bucket has all there are.
func (s endedSpan) whole() bool { return s.from == 0 }

// storedSpan gives what the bucket of tx answers for, which is nothing where it does not stand at the checkpoint.
func storedSpan(tx *bbolt.Tx) (span endedSpan, err error) {
	var at checkpoint
	var value []byte
	if stored := tx.Bucket(bucketMeta).Get(keyCheckpoint); stored != nil {
		if value, err = openValue(bucketMeta, keyCheckpoint, stored); err == nil {
			at, err = unmarshalCheckpoint(value)
		}
		if err != nil {
			return endedSpan{}, err
		}
	}
	if stored := tx.Bucket(bucketMeta).Get(keyEnded); stored != nil {
		if value, err = openValue(bucketMeta, keyEnded, stored); err != nil {
			return endedSpan{}, err
		}
		if len(value) != 16 {
			return endedSpan{}, &DamageError{Where: "ended orders", Why: "what they answer for has the wrong length"}
		}
		span = endedSpan{Seq(binary.BigEndian.Uint64(value)), Seq(binary.BigEndian.Uint64(value[8:]))}
	}
	if head := at.Head.Seq; span.upTo != head {
		return endedSpan{from: head, upTo: head}, nil
	}
	return span, nil
}

// An endedBucket is the bucket while a checkpoint is written.
type endedBucket struct {
	endedSpan
	bucket *bbolt.Bucket
}

// beginEnded gives the bucket as it stands, empty where it does not stand at the checkpoint before. The new one's position is not written yet.
func beginEnded(tx *bbolt.Tx) (b endedBucket, err error) {
	if b.endedSpan, err = storedSpan(tx); err != nil {
		return b, err
	}
	if b.from == b.upTo && b.from > 0 {
		if err := dropEnded(tx); err != nil {
			return b, err
		}
	}
	b.bucket, err = tx.CreateBucketIfNotExists(bucketEnded)
	return b, err
}

// store takes down how an order ended, or that it did not.
func (b *endedBucket) store(o parcelOrder, key []byte, put func(bucket, key, value []byte) error) error {
	if o.order == nil || o.open || endedCode(o.order.Status) == 0 {
		return b.bucket.Delete(key)
	}
	return put(bucketEnded, key, endedValue(o.order.Status, o.last))
}

func dropEnded(tx *bbolt.Tx) error {
	if err := tx.DeleteBucket(bucketEnded); err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
		return err
	}
	return nil
}

// An endedIndex tells a walk how closed orders ended.
type endedIndex struct {
	endedSpan
	bucket *bbolt.Bucket // nil: nobody has ended so
}

func (x *index) ended() (e endedIndex, err error) {
	e.bucket = x.tx.Bucket(bucketEnded)
	e.endedSpan, err = storedSpan(x.tx)
	return e, err
}

// is says whether a closed order may have ended so, as far as is known without reading it.
func (e *endedIndex) is(s Status, key []byte, last Seq) (bool, error) {
	if !e.answers(last) {
		return true, nil
	}
	var stored []byte
	if e.bucket != nil {
		stored = e.bucket.Get(key)
	}
	if stored == nil {
		return s == StatusCompleted, nil
	}
	was, at, err := parseEnded(key, stored)
	return err != nil || was == s || at != last, err
}

// auditEnded compares what is said of how orders ended with what the journal says at the checkpoint.
func auditEnded(x *index, a *Auditor) error {
	ended, err := x.ended()
	if err != nil || ended.bucket == nil {
		return err
	}
	wrong := func(key []byte) error {
		return &DamageError{Where: "ended order " + string(orderIDOf(key)), Why: "its record is not what the journal says"}
	}
	n, want := 0, 0
	if err := ended.bucket.ForEach(func(key, stored []byte) error {
		s, last, err := parseEnded(key, stored)
		if err != nil {
			return err
		}
		if n++; a.ended.of(digestOfID(orderIDOf(key))) != endedNumber(s, last) {
			return wrong(key)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, number := range a.ended.all() {
		if ended.answers(number / endedKinds) {
			want++
		}
	}
	if n != want && ended.from < ended.upTo {
		return &DamageError{Where: "ended orders", Why: "there are other ones than the journal gives"}
	}
	return nil
}

// endedKinds is how many numbers an auditor has for an entry: one for each way to end.
const endedKinds = Seq(len(endedCodes))

// endedNumber is what an auditor remembers of an order that did not end completed; 0 of any other.
func endedNumber(s Status, last Seq) Seq {
	code := endedCode(s)
	if code == 0 {
		return 0
	}
	return last*endedKinds + Seq(code)
}
