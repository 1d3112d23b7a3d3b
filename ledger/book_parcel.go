package ledger

import (
	"cmp"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// A parcel is what one checkpoint writes: what had changed since the one before, as it stood at
// one position. Nobody changes it once it is packed. Look-ups find in it what memory has let go
// of and the file does not hold yet.
type parcel struct {
	at      checkpoint
	levels  []skuLevel
	orders  map[OrderID]parcelOrder
	ids     ascending[OrderID]  // of orders
	named   bool                // some of them may be no UUID of version 7
	served  map[OrderID]*Served // nil: nothing is left of it
	returns map[ReturnID]*Return
	keys    map[Digest]KeyRef

	holdings []Holding
	rehold   bool                // the holdings have changed: all of them are written
	lots     map[lotKey][]LotRow // what entries have said of lots
	money    []byte              // of the site, as it is stored; nil where it has not changed
}

type skuLevel struct {
	sku   SKU
	level Level
}

// parcelOrder is an order as it stood.
type parcelOrder struct {
	order *Order // nil: dropped, its id is free again
	last  Seq    // the last entry that holds it
	open  bool
	ask   OpenAsk // zero where nobody is asked
}

// pack takes what has changed out of s, which then remembers only what every state keeps: levels,
// open orders, asks, parts served. Levels change in place and are copied; orders and parts served
// are never changed, only replaced. Encoding is left to store.
func pack(s *State) *parcel {
	p := &parcel{at: s.checkpoint(), keys: s.keys, lots: s.dirty.lots, levels: copyLevels(s.dirty.levels),
		orders: make(map[OrderID]parcelOrder, len(s.dirty.orders)), served: make(map[OrderID]*Served, len(s.dirty.served)),
		returns: make(map[ReturnID]*Return, len(s.dirty.returns))}
	for id, last := range s.dirty.orders {
		o, ask := s.orders[id], s.asks[id]
		p.orders[id] = parcelOrder{order: o, last: last, ask: ask, open: ask.Order != "" || o != nil && o.isOpen()}
	}
	p.ids, p.named = s.dirty.ids, s.dirty.named
	for id := range s.dirty.served {
		p.served[id] = s.served[id]
	}
	for id := range s.dirty.returns {
		if p.returns[id] = s.returns[id]; !p.returns[id].IsOpen() {
			delete(s.returns, id) // Book.Return finds it from here on
		}
	}
	if len(s.dirty.holdings) > 0 {
		p.holdings, p.rehold = s.Holdings(), true
	}
	if s.dirty.takings {
		p.money = marshalTakings(s.takings)
	}
	s.keys = map[Digest]KeyRef{}
	s.dirty.reset()
	for id, o := range s.orders {
		if _, asking := s.asks[id]; !asking && !o.isOpen() {
			delete(s.orders, id) // bookPast finds it from here on
		}
	}
	return p
}

// copyLevels takes few allocations for many levels: others wait meanwhile.
func copyLevels(dirty []levelOf) []skuLevel {
	out := make([]skuLevel, 0, len(dirty))
	bins, held := 0, 0
	for _, d := range dirty {
		out = append(out, skuLevel{d.sku, *d.level})
		bins, held = bins+len(d.level.Bins), held+len(d.level.Allotted)
	}
	binRoom, heldRoom := make([]InBin, 0, bins), make([]Held, 0, held)
	for i := range out {
		l := &out[i].level
		if n := len(l.Bins); n > 0 {
			binRoom = append(binRoom, l.Bins...)
			l.Bins = binRoom[len(binRoom)-n:]
		}
		if n := len(l.Allotted); n > 0 {
			heldRoom = append(heldRoom, l.Allotted...)
			l.Allotted = heldRoom[len(heldRoom)-n:]
		}
		l.Lots = cloneLots(l.Lots)
	}
	return out
}

// dirtyRecords is how many records the next checkpoint would write.
func (s *State) dirtyRecords() int {
	return len(s.dirty.levels) + len(s.dirty.orders) + len(s.dirty.served) + len(s.dirty.returns) + len(s.keys) + s.dirty.lotRows
}

// store writes the parcel but for what has gone to runs, which lists names. Keys go in their order,
// which spares bbolt much splitting.
func (p *parcel) store(tx *bbolt.Tx, lists runLists) error {
	put := func(bucket, key, value []byte) error {
		return tx.Bucket(bucket).Put(key, sealValue(bucket, key, value))
	}
	slices.SortFunc(p.levels, func(x, y skuLevel) int { return cmp.Compare(x.sku, y.sku) }) // nobody looks for them here
	for i := range p.levels {
		if err := put(bucketLevels, []byte(p.levels[i].sku), MarshalLevel(&p.levels[i].level)); err != nil {
			return err
		}
	}
	if err := p.storeOrders(tx, put); err != nil {
		return err
	}
	for _, id := range sortedKeys(p.served) {
		v := p.served[id]
		if v == nil {
			if err := tx.Bucket(bucketServed).Delete(orderKey(id)); err != nil {
				return err
			}
		} else if err := put(bucketServed, orderKey(id), marshalServed(v)); err != nil {
			return err
		}
	}
	if err := p.storeReturns(tx, put); err != nil {
		return err
	}
	if err := p.storeLots(tx, put); err != nil {
		return err
	}
	if p.rehold {
		if err := put(bucketMeta, keyHoldings, marshalHoldings(p.holdings)); err != nil {
			return err
		}
	}
	if p.money != nil {
		if err := put(bucketMeta, keyMoney, p.money); err != nil {
			return err
		}
	}
	if err := put(bucketMeta, keyRuns, lists.marshal()); err != nil {
		return err
	}
	return put(bucketMeta, keyCheckpoint, p.at.marshal())
}

// storeOrders writes what is said of orders, and how those ended that did.
func (p *parcel) storeOrders(tx *bbolt.Tx, put func(bucket, key, value []byte) error) error {
	ended, err := beginEnded(tx)
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(p.orders) {
		if err := p.storeOrder(tx, id, put); err != nil {
			return err
		}
		if err := ended.store(p.orders[id], orderKey(id), put); err != nil {
			return err
		}
	}
	return put(bucketMeta, keyEnded, append(seqKey(ended.from), seqKey(p.at.Head.Seq)...))
}

// storeOrder writes an order's record while it is open. Then a run says where the journal has it, or
// the bucket, where its id is from before ids had 16 bytes.
func (p *parcel) storeOrder(tx *bbolt.Tx, id OrderID, put func(bucket, key, value []byte) error) error {
	o, key := p.orders[id], orderKey(id)
	if !o.open {
		if err := tx.Bucket(bucketOpen).Delete(key); err != nil {
			return err
		}
	}
	switch {
	case o.order == nil || !o.open && len(key) == len(runs.Name{}):
		return tx.Bucket(bucketOrders).Delete(key)
	case !o.open:
		return put(bucketOrders, key, seqValue(o.last))
	}
	if err := put(bucketOrders, key, MarshalOrder(o.order)); err != nil {
		return err
	}
	return put(bucketOpen, key, marshalOpen(o.ask))
}
