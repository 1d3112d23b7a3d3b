package grid_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A model is a table as anybody would write it.
type model map[grid.Key]string

func compareKeys(a, b grid.Key) int {
	return cmp.Or(strings.Compare(string(a.Site), string(b.Site)), strings.Compare(string(a.SKU), string(b.SKU)))
}

func (want model) keys() []grid.Key { return slices.SortedFunc(maps.Keys(want), compareKeys) }

// sorted compares a table's rows, in their order, with the model's.
func (want model) sorted(t testing.TB, when string, rows func(func(grid.Key, []byte) bool)) {
	t.Helper()
	keys := want.keys()
	for k, v := range rows {
		switch {
		case len(keys) == 0:
			t.Fatalf("%s: got %v, want no more", when, k)
		case k != keys[0] || string(v) != want[k]:
			t.Fatalf("%s: got %v = %q, want %v = %q", when, k, v, keys[0], want[keys[0]])
		}
		keys = keys[1:]
	}
	if len(keys) > 0 {
		t.Fatalf("%s: got no %v", when, keys[0])
	}
}

// holds compares all that a Map tells with the model.
func (want model) holds(t testing.TB, m *grid.Map) {
	t.Helper()
	if m.Len() != len(want) {
		t.Fatalf("length: got %d, want %d", m.Len(), len(want))
	}
	sites, skus := map[ledger.SiteID][]ledger.SKU{}, map[ledger.SKU][]ledger.SiteID{}
	for _, k := range want.keys() {
		sites[k.Site], skus[k.SKU] = append(sites[k.Site], k.SKU), append(skus[k.SKU], k.Site)
		if v, ok := m.Get(k); !ok || string(v) != want[k] {
			t.Fatalf("get %v: got %q %v, want %q", k, v, ok, want[k])
		}
	}
	for site, of := range sites {
		if got := m.At(site, "", len(want)); !slices.Equal(got, of) || m.AtLen(site) != len(of) || m.AtNth(site, len(of)-1) != of[len(of)-1] {
			t.Fatalf("at %s: got %v (%d), want %v", site, got, m.AtLen(site), of)
		}
	}
	for site, of := range sites {
		if got := slices.Collect(m.AtFrom(site, of[len(of)/2])); !slices.Equal(got, of[len(of)/2+1:]) {
			t.Fatalf("at %s behind %s: got %v, want %v", site, of[len(of)/2], got, of[len(of)/2+1:])
		}
	}
	for sku, at := range skus {
		var got []ledger.SiteID
		for site, v := range m.Of(sku) {
			if got = append(got, site); string(v) != want[grid.Key{Site: site, SKU: sku}] {
				t.Fatalf("of %s at %s: got %q", sku, site, v)
			}
		}
		if !slices.Equal(got, at) || m.OfLen(sku) != len(at) {
			t.Fatalf("of %s: got %v (%d), want %v", sku, got, m.OfLen(sku), at)
		}
	}
	all := slices.Sorted(maps.Keys(skus))
	if got := m.SKUs("", len(want)); !slices.Equal(got, all) {
		t.Fatalf("skus: got %v, want %v", got, all)
	}
	if half := len(all) / 2; half > 0 && !slices.Equal(m.SKUs(all[half-1], 3), all[half:min(half+3, len(all))]) {
		t.Fatalf("skus behind %s: got %v", all[half-1], m.SKUs(all[half-1], 3))
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	each := model{}
	for k, v := range m.Each() {
		each[k] = string(v)
	}
	if !maps.Equal(each, want) {
		t.Fatalf("each: got %d rows, want %d", len(each), len(want))
	}
}

func TestAnySequenceOfActsLeavesTableAndModelAgreeing(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			names := grid.NewNames()
			m, other, want := grid.New(names), grid.New(names), model{}
			type moment struct {
				frozen *grid.Frozen
				want   model
			}
			var taken []moment
			sites, skus, long := 1+r.IntN(60), 1+r.IntN(400), 1+r.IntN(400)
			for step := range 12_000 {
				k := grid.Key{Site: ledger.SiteID(fmt.Sprint("s", r.IntN(sites)*977%1000)), SKU: ledger.SKU(fmt.Sprint("K-", r.IntN(skus)*7919%10_000))}
				switch n := r.IntN(1000); {
				case n < 700:
					v := bytes.Repeat([]byte{byte(step)}, r.IntN(40))
					if r.IntN(long) == 0 {
						v = bytes.Repeat(v, 20)
					}
					m.Put(k, v)
					want[k] = string(v)
				case n < 990-int(seed)*20:
					if _, had := want[k]; m.Delete(k) != had {
						t.Fatalf("delete %v: got %v, want %v", k, !had, had)
					}
					delete(want, k)
				case n < 997:
					other.Put(k, []byte("of another table"))
				default:
					taken = append(taken, moment{m.Snapshot(), maps.Clone(want)})
				}
				if step%1500 == 0 {
					want.holds(t, m)
				}
			}
			want.holds(t, m)
			want.sorted(t, "now", m.Sorted())
			for i, at := range taken {
				at.want.sorted(t, fmt.Sprint("snapshot ", i), at.frozen.Sorted())
				at.want.sorted(t, fmt.Sprint("in parts, snapshot ", i), at.frozen.SortedInParts(r.IntN(500)))
			}
			for k := range want { // a table that empties is one that can be filled again
				m.Delete(k)
			}
			model{}.holds(t, m)
			k := grid.Key{Site: "s", SKU: "K"}
			m.Put(k, []byte("v"))
			model{k: "v"}.holds(t, m)
		})
	}
}

func TestTwoTablesOfTheSameRowsSayTheSameWhateverOrderTheyCameIn(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	want := model{}
	for i := range 5000 {
		want[grid.Key{Site: ledger.SiteID(fmt.Sprint("s", i%37)), SKU: ledger.SKU(fmt.Sprint("K-", r.IntN(900)))}] = fmt.Sprint(i)
	}
	for range 3 {
		m, keys := grid.New(grid.NewNames()), want.keys()
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			m.Put(k, []byte(want[k]))
		}
		want.holds(t, m)
		want.sorted(t, "shuffled", m.Sorted())
	}
}

// Run with -race: a snapshot is read while the table is written.
func TestASnapshotIsReadWhileTheTableIsWritten(t *testing.T) {
	names := grid.NewNames()
	m, want := grid.New(names), model{}
	put := func(i int) {
		k := grid.Key{Site: ledger.SiteID(fmt.Sprint("s", i%23)), SKU: ledger.SKU(fmt.Sprint("K-", i*31%1700))}
		if i%50 == 49 {
			k.SKU = ledger.SKU(fmt.Sprint("NEW-", i)) // names come while they are read
		}
		v := strings.Repeat(fmt.Sprint(i), 1+i%3+i%97/96*80)
		m.Put(k, []byte(v))
		want[k] = v
	}
	for i := range 3000 {
		put(i)
	}
	var readers sync.WaitGroup
	for round := range 8 {
		f, then := m.Snapshot(), maps.Clone(want)
		readers.Go(func() { then.sorted(t, fmt.Sprint("round ", round), f.Sorted()) })
		for i := range 3000 {
			put(i*7 + round*1009)
		}
		if round%2 == 1 {
			for _, k := range want.keys()[:500] {
				m.Delete(k)
				delete(want, k)
			}
		}
	}
	readers.Wait()
	want.holds(t, m)
}

// TestWhatIsBrokenIsFound: Check says of each fault that the table is not what it should be.
func TestWhatIsBrokenIsFound(t *testing.T) {
	for name, spoil := range grid.Faults() {
		m := grid.New(grid.NewNames())
		for i := range 500 {
			m.Put(grid.Key{Site: ledger.SiteID(fmt.Sprint("s", i%7)), SKU: ledger.SKU(fmt.Sprint("K-", i))}, bytes.Repeat([]byte("v"), i))
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		if spoil(m); m.Check() == nil {
			t.Errorf("%s: got no word of it", name)
		}
	}
}
