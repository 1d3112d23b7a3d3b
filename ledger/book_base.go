package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// The base is the state at a place of the journal behind which nothing is needed any more to audit
// what follows: levels, open orders, asks and parts served as they were there. It moves with the
// trimming, by folding what is trimmed, so nothing leaves the journal that an audit would stumble at.

func baseBuckets() [][]byte {
	return [][]byte{bucketStubs, bucketBaseLevels, bucketBaseOrders, bucketBaseOpen, bucketBaseServed}
}

// storedBase says up to where the base of tx has come; ok is false where nothing was ever trimmed.
func storedBase(tx *bbolt.Tx) (t trimmedTo, ok bool, err error) {
	stored := tx.Bucket(bucketMeta).Get(keyTrimmed)
	if stored == nil {
		return t, false, nil
	}
	value, err := openValue(bucketMeta, keyTrimmed, stored)
	if err == nil {
		t, err = unmarshalTrimmed(value)
	}
	for _, name := range baseBuckets() {
		if err == nil && tx.Bucket(name) == nil {
			err = &DamageError{Where: "book", Why: fmt.Sprintf("bucket %s is missing; %s", name, hintIndex)}
		}
	}
	return t, true, err
}

// stateAt begins a state where a checkpoint stands; its levels and orders are not in it.
func stateAt(site SiteID, c checkpoint) *State {
	s := NewState(site)
	s.standAt(c)
	return s
}

// A baseFold folds entries into the base. Of the base it reads only what they touch, so its memory
// follows the slice, not the site.
type baseFold struct {
	tx       *bbolt.Tx                  // to read in
	closed   func(OrderID) (Seq, error) // the last entry that holds a closed order, at a checkpoint behind the slice
	state    *State
	auditor  *Auditor // counts, and sees that no key of the slice is answered twice
	opened   Opened
	at       trimmedTo
	recalled map[string]struct{} // orders and parts served that were looked for
	stubs    []stub
	entries  int
	bytes    int // of stubs
}

func newBaseFold(site SiteID, from trimmedTo) *baseFold {
	f := &baseFold{state: stateAt(site, from.At), auditor: NewAuditor(site), at: from, recalled: map[string]struct{}{}}
	f.auditor.report.Accepted, f.auditor.report.Refused, f.auditor.report.Unknown = from.Accepted, from.Refused, from.Unknown
	return f
}

// frame folds one frame, or passes over one that has been folded before.
func (f *baseFold) frame(raw []byte) error {
	if err := f.opened.Read(raw); err != nil {
		return err
	}
	if f.opened.Frame.End().Seq <= f.at.At.Head.Seq {
		return nil
	}
	if !f.opened.follows(f.state) {
		return &DamageError{Where: fmt.Sprintf("entry %d", f.opened.Frame.First), Why: fmt.Sprintf("it does not follow entry %d", f.state.Seq)}
	}
	for i := range f.opened.Entries {
		if err := f.entry(&f.opened.Entries[i]); err != nil {
			return err
		}
		f.state.Hash = f.opened.Frame.Hashes[i]
	}
	f.at.Frames++
	return nil
}

func (f *baseFold) entry(e *Entry) error {
	if err := f.recall(e); err != nil {
		return err
	}
	if err := f.auditor.once(e); err != nil {
		return err
	}
	f.state.near.begin()
	confirmed := f.state.Confirmed
	if err := f.state.Apply(e); err != nil {
		return err
	}
	f.auditor.report.Accepted += f.state.Confirmed - confirmed
	f.entries++
	keep, err := needsStub(f.closed, e)
	if err != nil || !keep {
		return err
	}
	s := stubOf(e)
	f.stubs = append(f.stubs, s)
	f.bytes += len(s.bytes)
	return nil
}

// recall loads what the entry changes.
func (f *baseFold) recall(e *Entry) error {
	if f.tx.Bucket(bucketStubs) == nil {
		return nil // the first slice: the base is the empty state
	}
	for i := range e.Postings {
		if err := f.recallLevel(e.Postings[i].SKU); err != nil {
			return err
		}
	}
	for i := range e.Lots {
		if err := f.recallLevel(e.Lots[i].SKU); err != nil {
			return err
		}
	}
	if f.first("holdings") { // few, and read only once a slice
		if err := loadHoldings(f.tx, keyBaseHoldings, f.state, f.at.At.Holdings); err != nil {
			return err
		}
	}
	if f.first("money") {
		if err := loadMoney(f.tx, keyBaseMoney, f.state, f.at.At.Money); err != nil {
			return err
		}
	}
	if err := f.recallReturn(e); err != nil {
		return err
	}
	for _, p := range e.lost() {
		if err := f.recallServed(p.Order); err != nil {
			return err
		}
	}
	switch b := e.Body.(type) {
	case *LotBody:
		return f.recallLevel(b.SKU)
	case *OrderBody:
		return f.recallPart(b.Order.ID)
	case *LateBody:
		if b.Order != nil {
			return f.recallPart(b.Order.ID)
		}
	case *ObeyedBody:
		return f.recallPart(b.Command.Order)
	case *ReturnBody:
		if b.Order != nil && b.Parcel == nil {
			return f.recallOrder(b.Order.ID)
		}
	}
	if part := e.partOf(); part != "" {
		return f.recallPart(part)
	}
	return nil
}

// recallLevel loads a level of the base.
func (f *baseFold) recallLevel(sku SKU) error {
	if _, ok := f.state.levels[sku]; ok {
		return nil
	}
	value, err := find(f.tx, bucketBaseLevels, []byte(sku))
	if err != nil || value == nil {
		return err
	}
	l, err := UnmarshalLevel(value)
	if err == nil {
		f.state.setLevel(sku, &l)
	}
	return err
}

// recallPart loads an order and what this site serves of it.
func (f *baseFold) recallPart(id OrderID) error {
	if err := f.recallOrder(id); err != nil {
		return err
	}
	return f.recallServed(id)
}

// first says whether something is looked for the first time: what the slice has dropped must not
// come back.
func (f *baseFold) first(what string) bool {
	_, before := f.recalled[what]
	f.recalled[what] = struct{}{}
	return !before
}

func (f *baseFold) recallOrder(id OrderID) error {
	if !f.first("order " + string(id)) {
		return nil
	}
	value, err := find(f.tx, bucketBaseOrders, orderKey(id))
	if err != nil || value == nil {
		return err
	}
	open, err := find(f.tx, bucketBaseOpen, orderKey(id))
	if err != nil {
		return err
	}
	if err = baseOrder(f.state, id, value, open); err == nil {
		f.state.wait(f.state.orders[id])
	}
	return err
}

// baseOrder puts an order of the base, and the ask about it, into a state, but into no queue.
func baseOrder(s *State, id OrderID, order, open []byte) error {
	o, err := UnmarshalOrder(order)
	if err != nil {
		return err
	}
	ask, err := unmarshalOpen(open)
	if err != nil {
		return err
	}
	if s.orders[id] = o; o.isOpen() {
		s.opens(o)
	}
	if ask.Order != "" {
		s.asks[id] = ask
		if ask.Key != (Digest{}) {
			s.askKeys[ask.Key] = id
		}
	}
	return nil
}

func (f *baseFold) recallServed(id OrderID) error {
	if !f.first("served " + string(id)) {
		return nil
	}
	value, err := find(f.tx, bucketBaseServed, orderKey(id))
	if err != nil || value == nil {
		return err
	}
	v, err := unmarshalServed(value)
	if err == nil {
		f.state.serve(v)
	}
	return err
}

// store writes the slice: stubs, what has changed of the base, and how far it has come.
func (f *baseFold) store(tx *bbolt.Tx) error {
	for _, name := range baseBuckets() {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if err := putStubs(tx, f.stubs); err != nil {
		return err
	}
	put := func(bucket, key, value []byte) error {
		return tx.Bucket(bucket).Put(key, sealValue(bucket, key, value))
	}
	changed := f.state.dirty.levels
	slices.SortFunc(changed, func(x, y levelOf) int { return cmp.Compare(x.sku, y.sku) }) // bbolt splits less
	for _, l := range changed {
		if err := put(bucketBaseLevels, []byte(l.sku), MarshalLevel(l.level)); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(f.state.dirty.orders) {
		if err := f.storeOrder(tx, id, put); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(f.state.dirty.served) {
		var err error
		if v := f.state.served[id]; v == nil {
			err = tx.Bucket(bucketBaseServed).Delete(orderKey(id))
		} else {
			err = put(bucketBaseServed, orderKey(id), marshalServed(v))
		}
		if err != nil {
			return err
		}
	}
	if err := f.storeReturns(tx, put); err != nil {
		return err
	}
	if len(f.state.dirty.holdings) > 0 {
		if err := put(bucketMeta, keyBaseHoldings, marshalHoldings(f.state.Holdings())); err != nil {
			return err
		}
	}
	if f.state.dirty.takings {
		if err := put(bucketMeta, keyBaseMoney, marshalTakings(f.state.takings)); err != nil {
			return err
		}
	}
	r := f.auditor.report
	f.at.At, f.at.Accepted, f.at.Refused, f.at.Unknown = f.state.checkpoint(), r.Accepted, r.Refused, r.Unknown
	return put(bucketMeta, keyTrimmed, f.at.marshal())
}

func (f *baseFold) storeOrder(tx *bbolt.Tx, id OrderID, put func(bucket, key, value []byte) error) error {
	key := orderKey(id)
	o, ask := f.state.orders[id], f.state.asks[id]
	if o == nil || !o.isOpen() && ask.Order == "" {
		if err := tx.Bucket(bucketBaseOpen).Delete(key); err != nil {
			return err
		}
		return tx.Bucket(bucketBaseOrders).Delete(key)
	}
	if err := put(bucketBaseOrders, key, MarshalOrder(o)); err != nil {
		return err
	}
	return put(bucketBaseOpen, key, marshalOpen(ask))
}

// loadBase fills the state of t with the base of tx.
func loadBase(tx *bbolt.Tx, site SiteID, t trimmedTo) (*State, error) {
	s := stateAt(site, t.At)
	if err := loadHoldings(tx, keyBaseHoldings, s, t.At.Holdings); err != nil {
		return nil, err
	}
	if err := loadMoney(tx, keyBaseMoney, s, t.At.Money); err != nil {
		return nil, err
	}
	if err := loadLevels(tx, bucketBaseLevels, s); err != nil {
		return nil, err
	}
	if err := eachValue(tx, bucketBaseServed, func(key, value []byte) error {
		v, err := unmarshalServed(value)
		if err == nil {
			s.serve(v)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := loadReturns(tx, bucketBaseReturns, s); err != nil {
		return nil, err
	}
	if err := eachValue(tx, bucketBaseOrders, func(key, value []byte) error {
		open, err := find(tx, bucketBaseOpen, key)
		if err != nil {
			return err
		}
		return baseOrder(s, orderIDOf(key), value, open)
	}); err != nil {
		return nil, err
	}
	s.queueAll()
	return s, nil
}
