package ledger

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// A LotRow is what one entry says of one lot. All rows of a lot are its story; they are kept for ever, beside the journal and made from it.
type LotRow struct {
	Epoch  Epoch
	Seq    Seq
	At     time.Time
	Kind   Kind
	Ref    string
	Order  OrderID // that the units went to, or came back from; "" of none
	Moves  []LotMove
	Act    LotAct // of KindLot
	Reason string
}

const lotRowVersion = 1

// LotRows gives what an entry says of each lot that it is about, in the order of its moves.
func (e *Entry) LotRows(f func(SKU, LotID, *LotRow)) {
	if b := e.HeldLot(); b != nil {
		f(b.SKU, b.Lot, &LotRow{Epoch: e.Epoch, Seq: e.Seq, At: e.At, Kind: e.Kind, Ref: e.Ref, Moves: e.Lots, Act: b.Act, Reason: b.Reason})
		return
	}
	if len(e.Lots) == 0 {
		return
	}
	at := map[lotKey]int{}
	var keys []lotKey
	var moves [][]LotMove
	for _, v := range e.Lots {
		key := lotKey{v.SKU, v.Lot}
		i, ok := at[key]
		if !ok {
			i = len(keys)
			at[key] = i
			keys, moves = append(keys, key), append(moves, nil)
		}
		moves[i] = append(moves[i], v)
	}
	for i, key := range keys {
		f(key.sku, key.lot, &LotRow{Epoch: e.Epoch, Seq: e.Seq, At: e.At, Kind: e.Kind, Ref: e.Ref, Order: e.lotOrder(), Moves: moves[i]})
	}
}

// MayTellLots says, of an entry's stored bytes, whether it may speak of lots: no other entry has to be decoded for their stories.
func MayTellLots(b []byte) bool {
	const lotsField = 13 // an entry that names lots has as many fields at least
	return len(b) > 1 && (b[0] == 0xdc || b[0]&0x0f >= lotsField || Kind(b[1]) == KindLot || Kind(b[1]) == KindLate)
}

// lotOrder is the order that an entry's goods go to or come from; "" where there is none.
func (e *Entry) lotOrder() OrderID {
	switch b := e.Body.(type) {
	case *OrderBody:
		return b.Order.ID
	case *ReturnBody:
		return b.Return.Order
	case *LateBody:
		switch {
		case b.Return != nil:
			return b.Return.Order
		case b.Order != nil:
			return b.Order.ID
		}
	}
	return e.partOf()
}

// noteLots takes down what an entry says of lots, for the next checkpoint.
func (s *State) noteLots(e *Entry) {
	if s.lean {
		return
	}
	e.LotRows(func(sku SKU, lot LotID, r *LotRow) {
		if s.dirty.lots == nil {
			s.dirty.lots = map[lotKey][]LotRow{}
		}
		key := lotKey{sku, lot}
		s.dirty.lots[key] = append(s.dirty.lots[key], *r)
		s.dirty.lotRows++
	})
}

// lotPrefix begins the keys of a lot's rows. Neither name holds a byte of 0.
func lotPrefix(sku SKU, lot LotID) []byte {
	return append(append(append([]byte(sku), 0), lot...), 0)
}

// storeLots writes the rows that came since the last checkpoint.
func (p *parcel) storeLots(tx *bbolt.Tx, put func(bucket, key, value []byte) error) error {
	if len(p.lots) == 0 {
		return nil
	}
	if _, err := tx.CreateBucketIfNotExists(bucketLots); err != nil {
		return err
	}
	keys := make([]lotKey, 0, len(p.lots))
	for key := range p.lots {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b lotKey) int { return cmp.Or(cmp.Compare(a.sku, b.sku), cmp.Compare(a.lot, b.lot)) })
	for _, key := range keys {
		for i := range p.lots[key] {
			r := &p.lots[key][i]
			if err := put(bucketLots, binary.BigEndian.AppendUint64(lotPrefix(key.sku, key.lot), uint64(r.Seq)), MarshalLotRow(r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// EachLotRow gives the story of a lot, from its beginning. f runs under no lock; it may keep the row.
func (b *Book) EachLotRow(sku SKU, lot LotID, f func(*LotRow) error) error {
	key := lotKey{sku, lot}
	b.mu.RLock()
	fresh := slices.Clone(b.core.State.dirty.lots[key])
	handed := b.handed.Load()
	b.seen()
	if handed != nil {
		fresh = append(slices.Clone(handed.lots[key]), fresh...)
	}
	var rows []LotRow // behind what was given
	last := Seq(0)
	for more := true; more; {
		rows = rows[:0]
		if err := b.view(func(tx *bbolt.Tx) (err error) {
			rows, more, err = lotRowsIn(tx, sku, lot, last, rows)
			return err
		}); err != nil {
			return err
		}
		for i := range rows {
			last = rows[i].Seq
			if err := f(&rows[i]); err != nil {
				return err
			}
		}
	}
	for i := range fresh {
		if r := &fresh[i]; r.Seq > last {
			last = r.Seq
			if err := f(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// lotRowsSlice is how many rows are read in one transaction.
const lotRowsSlice = 1000

func lotRowsIn(tx *bbolt.Tx, sku SKU, lot LotID, after Seq, rows []LotRow) (_ []LotRow, more bool, err error) {
	bucket := tx.Bucket(bucketLots)
	if bucket == nil {
		return rows, false, nil
	}
	prefix := lotPrefix(sku, lot)
	c := bucket.Cursor()
	for k, v := c.Seek(binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(after)+1)); len(k) == len(prefix)+8 && string(k[:len(prefix)]) == string(prefix); k, v = c.Next() {
		if len(rows) == lotRowsSlice {
			return rows, true, nil
		}
		value, err := openValue(bucketLots, k, v)
		if err != nil {
			return rows, false, err
		}
		r, err := UnmarshalLotRow(value)
		if err != nil {
			return rows, false, err
		}
		r.Seq = Seq(binary.BigEndian.Uint64(k[len(prefix):]))
		rows = append(rows, *r)
	}
	return rows, false, nil
}

// MarshalLotRow gives the stored bytes of a row, without its place.
func MarshalLotRow(r *LotRow) []byte {
	names := nameTable{}
	lots := appendLots(nil, r.Moves, r.Ref, &names)
	w := rowWriter{}
	w.row(func() {
		w.uint(lotRowVersion)
		w.uint(uint64(r.Epoch))
		w.int(r.At.UnixMilli())
		w.uint(uint64(r.Kind))
		w.keep()
		w.id(r.Ref)
		w.id(string(r.Order))
		w.list(len(names.names), func(i int) { w.str(names.names[i]) })
		w.bin(lots)
		w.uint(uint64(r.Act))
		w.str(r.Reason)
	})
	return w.buf
}

// UnmarshalLotRow reads what MarshalLotRow wrote.
func UnmarshalLotRow(b []byte) (*LotRow, error) {
	v := &LotRow{}
	r := newRowReader(b, scanElementsMax, nil)
	r.row(4, func() {
		if r.uint() == 0 && r.err == nil {
			r.refuse("lot row version 0")
		}
		v.Epoch, v.At, v.Kind = Epoch(r.uint()), time.UnixMilli(r.int()).UTC(), Kind(r.upTo(1<<16-1))
		v.Ref, v.Order = r.id(), OrderID(r.id())
		var names []string
		r.list(2*LotMovesMax, func(n int) {
			for range n {
				names = append(names, r.str())
			}
		})
		lots := r.bin()
		v.Act, v.Reason = LotAct(r.upTo(255)), r.str()
		if r.err == nil && len(lots) > 0 {
			v.Moves, r.err = readLots(lots, v.Ref, names)
		}
	})
	if err := r.done("lot row"); err != nil {
		return nil, err
	}
	return v, nil
}
