package grid

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/cow"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Key is one SKU at one site.
type Key struct {
	Site ledger.SiteID
	SKU  ledger.SKU
}

// A Map is a table of values by Key. Make it with New. See the package's words on who may call.
type Map struct {
	tree
	names *Names
	gen   uint64
	long  *cow.Map[longKey, string] // values that do not fit a page
	at    []sequence                // by a site's number: what it has
	skus  sequence                  // of which there is a row
	rows  []uint32                  // by a SKU's number: how many
}

// A longKey is the eight bytes of a key.
type longKey string

func longOf(k key) longKey {
	return longKey(binary.BigEndian.AppendUint64(nil, uint64(k.sku)<<32|uint64(k.site)))
}

// New returns an empty Map.
func New(names *Names) *Map {
	return &Map{names: names, gen: 1, long: cow.New[longKey, string]()}
}

// Len is the number of rows.
func (m *Map) Len() int { return m.count }

// Get gives the value of k. Its bytes hold until the next write.
func (m *Map) Get(k Key) ([]byte, bool) {
	site, ok := m.names.site(k.Site)
	if !ok {
		return nil, false
	}
	sku, ok := m.names.sku(k.SKU)
	if !ok {
		return nil, false
	}
	id := key{sku, site}
	shelf, page := m.find(m.names.rank, id)
	if shelf < 0 {
		return nil, false
	}
	p := m.shelves[shelf].pages[page]
	off, ok := p.find(m.names.rank, id)
	if !ok {
		return nil, false
	}
	return m.value(id, p.row(off)), true
}

// value gives the value of a row.
func (m *Map) value(k key, row []byte) []byte {
	if row[0] != valueLong {
		return row[headBytes:]
	}
	v, _ := m.long.Get(longOf(k))
	return []byte(v)
}

// Put makes v the value of k. It copies v.
func (m *Map) Put(k Key, v []byte) {
	site, sku := m.names.number(k)
	id := key{sku, site}
	if len(v) > valueMax {
		m.long.Put(longOf(id), string(v))
	} else if m.long.Len() > 0 {
		m.long.Delete(longOf(id))
	}
	if m.put(m.names.rank, m.gen, id, v) {
		m.landed(site, sku)
	}
}

// landed notes a new row.
func (m *Map) landed(site, sku uint32) {
	m.at = grown(m.at, site)
	m.at[site].add(&m.names.skus.text, sku)
	m.rows = grown(m.rows, sku)
	if m.rows[sku]++; m.rows[sku] == 1 {
		m.skus.add(&m.names.skus.text, sku)
	}
}

func grown[T any](s []T, i uint32) []T {
	if int(i) < len(s) {
		return s
	}
	return append(s, make([]T, int(i)+1-len(s))...)
}

// Delete takes k out and reports whether it was there.
func (m *Map) Delete(k Key) bool {
	site, ok := m.names.site(k.Site)
	if !ok {
		return false
	}
	sku, ok := m.names.sku(k.SKU)
	if !ok {
		return false
	}
	id := key{sku, site}
	if !m.delete(m.names.rank, m.gen, id) {
		return false
	}
	if m.long.Len() > 0 {
		m.long.Delete(longOf(id))
	}
	m.at[site].remove(&m.names.skus.text, sku)
	if m.rows[sku]--; m.rows[sku] == 0 {
		m.skus.remove(&m.names.skus.text, sku)
	}
	return true
}

// Of goes through the rows of a SKU, by site.
func (m *Map) Of(sku ledger.SKU) iter.Seq2[ledger.SiteID, []byte] {
	return func(yield func(ledger.SiteID, []byte) bool) {
		id, ok := m.names.sku(sku)
		if !ok || int(id) >= len(m.rows) || m.rows[id] == 0 {
			return
		}
		for k, row := range m.from(id) {
			if k.sku != id || !yield(m.siteName(k), m.value(k, row)) {
				return
			}
		}
	}
}

// OfLen is how many sites have a row of a SKU.
func (m *Map) OfLen(sku ledger.SKU) int {
	id, ok := m.names.sku(sku)
	if !ok || int(id) >= len(m.rows) {
		return 0
	}
	return int(m.rows[id])
}

// Each goes through all rows in an order that depends on how they came: nothing of it may show.
func (m *Map) Each() iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) {
		for k, row := range m.from(0) {
			at := Key{Site: m.siteName(k), SKU: ledger.SKU(m.names.skus.name(k.sku))}
			if !yield(at, m.value(k, row)) {
				return
			}
		}
	}
}

func (m *Map) siteName(k key) ledger.SiteID { return ledger.SiteID(m.names.sites.name(k.site)) }

// At lists what a site has a row of, ascending, behind after, at most limit.
func (m *Map) At(site ledger.SiteID, after ledger.SKU, limit int) []ledger.SKU {
	if id, ok := m.names.site(site); ok && int(id) < len(m.at) {
		return m.at[id].after(&m.names.skus.text, after, limit)
	}
	return nil
}

// AtFrom goes through what a site has a row of, ascending, behind after. Nothing may be written meanwhile.
func (m *Map) AtFrom(site ledger.SiteID, after ledger.SKU) iter.Seq[ledger.SKU] {
	return func(yield func(ledger.SKU) bool) {
		id, ok := m.names.site(site)
		if !ok || int(id) >= len(m.at) {
			return
		}
		for sku := range m.at[id].from(&m.names.skus.text, after) {
			if !yield(ledger.SKU(m.names.skus.name(sku))) {
				return
			}
		}
	}
}

// AtLen is how many SKUs a site has a row of.
func (m *Map) AtLen(site ledger.SiteID) int {
	if id, ok := m.names.site(site); ok && int(id) < len(m.at) {
		return m.at[id].n
	}
	return 0
}

// AtNth gives the i-th SKU, of those ascending, of which a site has a row.
func (m *Map) AtNth(site ledger.SiteID, i int) ledger.SKU {
	id, _ := m.names.site(site)
	return ledger.SKU(m.names.skus.name(m.at[id].at(i)))
}

// SKUs lists SKUs of which there is a row, ascending, behind after, at most limit.
func (m *Map) SKUs(after ledger.SKU, limit int) []ledger.SKU {
	return m.skus.after(&m.names.skus.text, after, limit)
}

// Sorted goes through the Map as it is when the loop begins, by site, then SKU. It is the writer's alone.
func (m *Map) Sorted() iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) { m.Snapshot().Sorted()(yield) }
}

// Snapshot returns the Map as it is now. It copies the pointers to shelves, one for some thousands of rows,
// and nothing else; afterwards each shelf and page is copied when it is first written.
func (m *Map) Snapshot() *Frozen {
	f := &Frozen{tree: m.tree.clone(), sites: m.names.sites.freeze(), skus: m.names.skus.freeze(), long: m.long.Snapshot()}
	m.gen++
	return f
}

// Check says which invariant is broken, if any (the package's words list them). It takes time in proportion
// to the table.
func (m *Map) Check() error {
	rows, long, at, before := 0, 0, make([]int, len(m.at)), key{}
	of := make([]uint32, len(m.rows))
	for s, sh := range m.shelves {
		if len(sh.pages) == 0 || len(sh.pages) != len(sh.least) || m.least[s] != sh.least[0] {
			return fmt.Errorf("shelf %d of %d pages does not begin where it is looked for", s, len(sh.pages))
		}
		for i, p := range sh.pages {
			if p.used <= 0 || p.used > roomBytes || p.key(0) != sh.least[i] {
				return fmt.Errorf("page %d of shelf %d does not begin where it is looked for, or is fuller than it can be", i, s)
			}
			for off := 0; off < int(p.used); off += p.size(off) {
				if off+p.size(off) > int(p.used) {
					return fmt.Errorf("page %d of shelf %d ends in the midst of a row", i, s)
				}
				k := p.key(off)
				if p.room[off] == valueLong {
					long++
					if v, ok := m.long.Get(longOf(k)); !ok || len(v) <= valueMax {
						return fmt.Errorf("row %d has no value of its own that is too long for a page", rows)
					}
				}
				if rows > 0 && before.compare(m.names.rank, k) >= 0 || int(k.site) >= len(at) || int(k.sku) >= len(of) {
					return fmt.Errorf("row %d does not follow the one before", rows)
				}
				rows, before = rows+1, k
				at[k.site]++
				of[k.sku]++
			}
		}
	}
	if rows != m.count || !slices.Equal(of, m.rows) {
		return fmt.Errorf("%d rows are counted, there are %d", m.count, rows)
	}
	if long != m.long.Len() {
		return fmt.Errorf("%d values stand beside the pages, of %d rows", m.long.Len(), long)
	}
	there := len(slices.DeleteFunc(of, func(n uint32) bool { return n == 0 }))
	if err := m.skus.check(&m.names.skus.text, there); err != nil {
		return fmt.Errorf("the list of all SKUs: %w", err)
	}
	for i := range m.at {
		if err := m.at[i].check(&m.names.skus.text, at[i]); err != nil {
			return fmt.Errorf("the list of %s: %w", m.names.sites.name(uint32(i)), err)
		}
	}
	return nil
}
