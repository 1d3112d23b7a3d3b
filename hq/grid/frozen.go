package grid

import (
	"iter"

	"github.com/holdfast-stock/holdfast/hq/cow"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A Frozen is a Map as it was at one moment. It never changes, and any number of goroutines may
// read it. It keeps alive what it shares with the Map; drop it when it has been written out.
type Frozen struct {
	tree
	sites, skus text
	long        *cow.Frozen[longKey, string]
}

// Len is the number of rows.
func (f *Frozen) Len() int { return f.count }

func (f *Frozen) value(k key, row []byte) []byte {
	if row[0] != valueLong {
		return row[headBytes:]
	}
	v, _ := f.long.Get(longOf(k))
	return []byte(v)
}

// refsMax is about how many rows Sorted looks up at once, with eight bytes for each.
const refsMax = 1 << 20

// A ref says where a row is.
type ref struct{ page, off uint32 }

// Sorted goes through the rows by site, then SKU. Rows stand by SKU, so the pages are gone through once for
// each million rows of sites that follow one another.
func (f *Frozen) Sorted() iter.Seq2[Key, []byte] { return f.sorted(refsMax) }

func (f *Frozen) sorted(most int) iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) {
		w := f.walk()
		for from := 0; from < len(w.order); {
			to, rows := from, 0
			for to < len(w.order) && (to == from || rows+w.rows[w.order[to]] <= most) {
				rows += w.rows[w.order[to]]
				to++
			}
			if !w.sites(w.order[from:to], rows, yield) {
				return
			}
			from = to
		}
	}
}

// A walk is a way through a Frozen.
type walk struct {
	f      *Frozen
	pages  []*page
	order  []uint32 // sites, by name
	skus   []uint32 // by name
	rows   []int    // of each site
	begins []ref    // of each SKU: its first row
}

const noPage = 1<<32 - 1

func (f *Frozen) walk() *walk {
	w := &walk{f: f, order: f.sites.sorted(), skus: f.skus.sorted(), rows: make([]int, len(f.sites.ends)), begins: make([]ref, len(f.skus.ends))}
	for i := range w.begins {
		w.begins[i].page = noPage
	}
	before := uint32(noPage) // there are fewer SKUs
	for _, sh := range f.shelves {
		for _, p := range sh.pages {
			for off := 0; off < int(p.used); off += p.size(off) {
				k := p.key(off)
				if w.rows[k.site]++; k.sku != before {
					w.begins[k.sku], before = ref{uint32(len(w.pages)), uint32(off)}, k.sku
				}
			}
			w.pages = append(w.pages, p)
		}
	}
	return w
}

// sites goes through the rows of some sites, which are so many.
func (w *walk) sites(sites []uint32, rows int, yield func(Key, []byte) bool) bool {
	refs, next := make([]ref, rows), make([]int, len(w.rows)) // next: of a site, where its next row goes; from 1
	at := 1
	for _, s := range sites {
		next[s] = at
		at += w.rows[s]
	}
	for _, sku := range w.skus {
		for r := w.begins[sku]; r.page < uint32(len(w.pages)); r = (ref{r.page + 1, 0}) {
			p, mine := w.pages[r.page], true
			for off := int(r.off); off < int(p.used) && mine; off += p.size(off) {
				k := p.key(off)
				if mine = k.sku == sku; mine && next[k.site] > 0 {
					refs[next[k.site]-1] = ref{r.page, uint32(off)}
					next[k.site]++
				}
			}
			if !mine {
				break
			}
		}
	}
	for _, r := range refs {
		p := w.pages[r.page]
		k := p.key(int(r.off))
		at := Key{Site: ledger.SiteID(w.f.sites.name(k.site)), SKU: ledger.SKU(w.f.skus.name(k.sku))}
		if !yield(at, w.f.value(k, p.row(int(r.off)))) {
			return false
		}
	}
	return true
}
