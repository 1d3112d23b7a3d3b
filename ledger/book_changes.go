package ledger

import (
	"fmt"
	"math"

	"go.etcd.io/bbolt"
)

// putChanges writes whose act it is that a commit changes reference data, in that commit. The eldest goes where there are
// ChangesMax.
func putChanges(tx *bbolt.Tx, by []Change) error {
	if len(by) == 0 {
		return nil // head office's word
	}
	bucket, err := tx.CreateBucketIfNotExists(bucketChanges)
	if err != nil {
		return err
	}
	last, _ := bucket.Cursor().Last()
	number := uint64(parseSeq(last))
	for _, c := range by {
		number++
		c = c.cut()
		c.Number = number
		key := seqKey(Seq(number))
		if err := bucket.Put(key, sealValue(bucketChanges, key, MarshalChange(&c))); err != nil {
			return err
		}
		if number > ChangesMax {
			if err := bucket.Delete(seqKey(Seq(number - ChangesMax))); err != nil {
				return err
			}
		}
	}
	return nil
}

// Changes lists changes of reference data below a number (0: all), newest first, at most limit of those that want names;
// no more than ChangesMax are looked at.
func (b *Book) Changes(below uint64, limit int, want func(*Change) bool) (out []Change, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketChanges)
		if bucket == nil {
			return nil // there never was one
		}
		if below == 0 {
			below = math.MaxUint64
		}
		c := bucket.Cursor()
		k, stored := c.Seek(seqKey(Seq(below)))
		if k == nil {
			k, stored = c.Last()
		}
		for ; k != nil && len(out) < limit; k, stored = c.Prev() {
			if uint64(parseSeq(k)) >= below {
				continue
			}
			v, err := changeIn(k, stored)
			if err != nil {
				return err
			}
			if want(v) {
				out = append(out, *v)
			}
		}
		return nil
	})
	return out, err
}

// changeIn reads one as it is stored.
func changeIn(key, stored []byte) (*Change, error) {
	value, err := openValue(bucketChanges, key, stored)
	if err != nil {
		return nil, err
	}
	v, err := UnmarshalChange(value)
	if err == nil && v.Number != uint64(parseSeq(key)) {
		err = &DamageError{Where: fmt.Sprintf("change %d", parseSeq(key)), Why: fmt.Sprintf("it says that it is change %d", v.Number)}
	}
	return v, err
}

// auditChanges says whether all changes that are kept can be read and none of them is missing between two others.
func auditChanges(tx *bbolt.Tx) error {
	bucket := tx.Bucket(bucketChanges)
	if bucket == nil {
		return nil
	}
	last := uint64(0)
	return bucket.ForEach(func(key, stored []byte) error {
		v, err := changeIn(key, stored)
		if err != nil {
			return err
		}
		if last > 0 && v.Number != last+1 || last == 0 && v.Number > 1 && bucketLen(bucket) < ChangesMax {
			return &DamageError{Where: fmt.Sprintf("change %d", v.Number), Why: "the one before it is missing"}
		}
		last = v.Number
		return nil
	})
}

func bucketLen(b *bbolt.Bucket) int { return b.Stats().KeyN }
