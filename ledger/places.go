package ledger

import (
	"slices"
	"strings"
	"sync"
)

// places is which SKUs lie in which bin, by bin and then by SKU. It may name too many, for what has left a bin is not noted: whoever goes
// through it looks at the levels, and drops what lies there no more.
type places struct {
	filling sync.Mutex // held by whoever goes through all levels once; taken before Book.mu

	mu    sync.Mutex // guards what stands below; taken last
	full  bool       // all levels were gone through
	names []Bin      // ascending
	bins  map[Bin]*binRows
}

// binRows is what lies in one bin.
type binRows struct {
	skus  []SKU            // ascending
	fresh map[SKU]struct{} // that came since and are not among skus yet; nil: none
}

// add notes that something may lie in a bin.
func (p *places) add(key binOf) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rows := p.rows(key.bin)
	if _, known := slices.BinarySearch(rows.skus, key.sku); known {
		return
	}
	if rows.fresh == nil {
		rows.fresh = map[SKU]struct{}{}
	}
	rows.fresh[key.sku] = struct{}{}
}

// rows gives the rows of a bin, which may be new. mu is held.
func (p *places) rows(bin Bin) *binRows {
	rows, ok := p.bins[bin]
	if !ok {
		rows = &binRows{}
		p.bins[bin] = rows
		i, _ := slices.BinarySearch(p.names, bin)
		p.names = slices.Insert(p.names, i, bin)
	}
	return rows
}

// settle puts those that came since into their turn.
func (r *binRows) settle() {
	if r.fresh == nil {
		return
	}
	for sku := range r.fresh {
		r.skus = append(r.skus, sku)
	}
	slices.Sort(r.skus)
	r.skus, r.fresh = slices.Compact(r.skus), nil
}

// fill puts in what was found by going through all levels.
func (p *places) fill(found map[Bin][]SKU) {
	for _, skus := range found {
		slices.Sort(skus)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for bin, skus := range found {
		rows := p.rows(bin)
		for _, sku := range rows.skus { // a page has settled what came meanwhile
			if _, known := slices.BinarySearch(skus, sku); !known {
				if rows.fresh == nil {
					rows.fresh = map[SKU]struct{}{}
				}
				rows.fresh[sku] = struct{}{}
			}
		}
		rows.skus = skus
	}
	p.full = true
}

// filled says whether all levels were gone through.
func (p *places) filled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.full
}

// next goes on behind a row, and gives at most limit rows that are there and wanted (nil: all); of one bin, where bin is not "". It looks at most
// at sheetSlice rows: last is the last that it has looked at, and over says that there are none behind it. lies asks the levels, which do not
// change meanwhile.
func (p *places) next(after binOf, bin Bin, limit int, lies func(binOf) bool, wanted func(SKU) bool) (keys []binOf, last binOf, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last = after
	b, _ := slices.BinarySearch(p.names, max(after.bin, bin))
	for looked := 0; b < len(p.names) && (bin == "" || p.names[b] == bin); b++ {
		name := p.names[b]
		rows := p.bins[name]
		rows.settle()
		from := 0
		if name == after.bin {
			from, _ = slices.BinarySearchFunc(rows.skus, after.sku, func(sku, after SKU) int {
				if sku <= after {
					return -1
				}
				return 1
			})
		}
		to, kept := from, from // rows between kept and to lie there no more
		for ; to < len(rows.skus) && len(keys) < limit && looked < sheetSlice; to++ {
			looked++
			if last = (binOf{rows.skus[to], name}); lies(last) {
				if wanted == nil || wanted(last.sku) {
					keys = append(keys, last)
				}
				rows.skus[kept] = last.sku
				kept++
			}
		}
		more := to < len(rows.skus)
		rows.skus = slices.Delete(rows.skus, kept, to)
		if more || len(keys) == limit || looked == sheetSlice {
			return keys, last, false
		}
	}
	return keys, last, true
}

// holds says whether something lies in a bin.
func (p *places) holds(bin Bin, lies func(binOf) bool) bool {
	for after := (binOf{bin: bin}); ; {
		keys, last, over := p.next(after, bin, 1, lies, nil)
		if over || len(keys) > 0 {
			return len(keys) > 0
		}
		after = last
	}
}

// compare ranks rows as a sheet does.
func (k binOf) compare(o binOf) int {
	if c := strings.Compare(string(k.bin), string(o.bin)); c != 0 {
		return c
	}
	return strings.Compare(string(k.sku), string(o.sku))
}
