package machine

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// White-box, for how a stock is kept is nobody's business outside.

// anyStock deals one: mostly small numbers and few lists, and sometimes all that the types allow.
func anyStock(r *rand.Rand) *Stock {
	q := func() ledger.Qty {
		switch r.IntN(8) {
		case 0, 1, 2:
			return 0
		case 3:
			return ledger.Qty(r.Uint64())
		case 4:
			return math.MinInt64
		default:
			return ledger.Qty(r.IntN(500)) - 20
		}
	}
	s := &Stock{Held: q(), Tied: q(), Holds: q(), Drawn: q(), Burns: q(), Owing: uint64(q()),
		Level: ledger.Level{Blocked: q(), Sellable: q(), Picked: q(), Available: q(), Reserved: q(), Shortfall: q()}}
	text := func() string { return fmt.Sprintf("%.*s", r.IntN(12), "A-01-é\x00 and on") }
	switch r.IntN(4) {
	case 0:
		s.Level.Allotted = []ledger.Held{{Holder: ledger.HolderHQ, Qty: s.Held + s.Tied + s.Holds + s.Drawn}}
		s.Level.Bins = []ledger.InBin{{Bin: ledger.Bin(text()), Sellable: s.Level.Sellable, Blocked: s.Level.Blocked}}
	case 1:
		for range 1 + r.IntN(3) {
			s.Level.Allotted = append(s.Level.Allotted, ledger.Held{Holder: ledger.Holder(text()), Qty: q()})
		}
		for range r.IntN(1 + r.IntN(60)) {
			s.Level.Bins = append(s.Level.Bins, ledger.InBin{Bin: ledger.Bin(text()), Sellable: q(), Blocked: q()})
		}
	}
	return s
}

func TestAStockOpensAsItWasPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	table := newGridded(grid.NewNames(), gridding[Stock]{packStock, unpackStock})
	model := map[grid.Key]*Stock{}
	for i := range 20_000 {
		s, k := anyStock(r), grid.Key{Site: ledger.SiteID(fmt.Sprint("s", r.IntN(9))), SKU: ledger.SKU(fmt.Sprint("K", r.IntN(300)))}
		table.put(k, s)
		table.commit()
		model[k] = s
		got, ok := table.get(k)
		if !ok || !reflect.DeepEqual(got, s) {
			t.Fatalf("%d: got %+v, want %+v", i, got, s)
		}
		if available, held := offered(packStock(nil, s)); available != s.Level.Available || held != s.Held {
			t.Fatalf("%d: offered %d and %d, want %d and %d", i, available, held, s.Level.Available, s.Held)
		}
	}
	n := 0
	for k, got := range table.Sorted() {
		if n++; !reflect.DeepEqual(got, model[k]) {
			t.Fatalf("%v: got %+v, want %+v", k, got, model[k])
		}
	}
	if n != len(model) || table.rows.Check() != nil {
		t.Errorf("got %d stocks, want %d; %v", n, len(model), table.rows.Check())
	}
}

// What a reader was given is not changed by what comes after it.
func TestAStockThatWasGivenStaysAsItWas(t *testing.T) {
	m := New()
	k := keyOfStock("hull", "TAP")
	put := func(q ledger.Qty) {
		_ = m.atomically(func() error {
			s := m.editStock(k.Site, k.SKU)
			s.Held = q
			return s.Level.Post(ledger.Posting{Account: ledger.Account{Kind: ledger.Sellable, Ref: "A-1"}, SKU: k.SKU, Qty: 1})
		})
	}
	put(5)
	before, _ := m.Stock(k.Site, k.SKU)
	put(6)
	after, _ := m.Stock(k.Site, k.SKU)
	if before.Held != 5 || before.Level.Bins[0].Sellable != 1 || after.Held != 6 || after.Level.Bins[0].Sellable != 2 {
		t.Errorf("got %+v and %+v", before, after)
	}
	err := m.atomically(func() error {
		m.editStock(k.Site, k.SKU).Held = 7
		return ErrConflict
	})
	if now, _ := m.Stock(k.Site, k.SKU); err == nil || now.Held != 6 {
		t.Errorf("dropped: got held %d, want 6", now.Held)
	}
}

func TestARateOpensAsItWasPacked(t *testing.T) {
	k := grid.Key{Site: "leeds", SKU: "TAP"}
	same := func(day, orders, units int64) bool {
		r := Rate{Site: k.Site, SKU: k.SKU, Day: day, Orders: orders, Units: units}
		return *unpackRate(k, packRate(nil, &r)) == r && bytes.Equal(packRate([]byte{1}, &r)[1:], packRate(nil, &r))
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

// Every field of an item is filled, so one that is appended and not packed is found.
func TestAnItemOpensAsItWasPacked(t *testing.T) {
	filled := 0
	whole := func(it ledger.Item, code string) bool {
		it.Barcodes = nil
		if code != "" {
			it.Barcodes = []string{code, "5"}
		}
		if it.Detail != nil { // its codec is the ledger's, which has its own test: bounded as that reads it, and nothing for empty lists
			it.Detail = &ledger.Detail{Unit: it.Detail.Unit, Supplier: it.Detail.Supplier, Kit: []ledger.Component{{SKU: "PART", Qty: 2}}}
		}
		if !reflect.ValueOf(it).IsZero() {
			filled++
		}
		got := unpackItem(keyOfItem(it.SKU), packItem(nil, &it))
		bare := ledger.Item{SKU: it.SKU, Name: it.Name}
		return reflect.DeepEqual(got, &it) && reflect.DeepEqual(unpackItem(keyOfItem(it.SKU), packItem(nil, &bare)), &bare)
	}
	if err := quick.Check(whole, nil); err != nil || filled == 0 {
		t.Error(filled, err)
	}
}
