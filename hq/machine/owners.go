package machine

import (
	"bytes"
	"slices"
	"sort"

	"github.com/holdfast-stock/holdfast/ledger"
)

// owners says of every order which site's book has accepted it, and where that book last wrote of
// it. There is a row for each order that any site ever accepted, so a row is kept small: 28 bytes
// without a pointer, sorted by id in pages that a snapshot shares until they are written again.
// Ids sort by the moment they were made, so nearly all new ones come at the right-hand end.
//
// Writes are staged as those of a table are.
type owners struct {
	ownerPages
	gen    uint64
	number map[ledger.SiteID]uint32 // place in names
	staged map[ledger.UUID]ownerRow
	keys   []ledger.UUID // of staged, in order of first touch
}

// ownerPages is what owners and its snapshot have in common.
type ownerPages struct {
	pages []*ownerPage
	names []ledger.SiteID // by the numbers that rows have; only ever appended to
	rows  int
}

type ownerPage struct {
	gen  uint64
	rows []ownerRow // ascending by id; at least one
}

// pageRows is as many rows as fit in 8 KiB.
const pageRows = 292

type ownerRow struct {
	id       ledger.UUID
	site     uint32
	seq, top uint32 // the entry's number, lower and upper half
}

func newOwners() *owners {
	return &owners{gen: 1, number: map[ledger.SiteID]uint32{}, staged: map[ledger.UUID]ownerRow{}}
}

// get gives an order's owner and its entry, as the command being applied sees them.
func (t *owners) get(id ledger.OrderID) (owner ledger.SiteID, seq ledger.Seq, ok bool) {
	k, ok := ledger.ParseUUID(id)
	if !ok {
		return "", 0, false
	}
	row, ok := t.staged[k]
	if !ok {
		row, ok = t.find(k)
	}
	if !ok {
		return "", 0, false
	}
	return t.names[row.site], row.entry(), true
}

func (r ownerRow) entry() ledger.Seq { return ledger.Seq(uint64(r.top)<<32 | uint64(r.seq)) }

// put stages a row. The caller has seen that the order's id is one.
func (t *owners) put(o Owned) {
	k, ok := ledger.ParseUUID(o.Order)
	if !ok {
		panic("machine: an owner of an order whose id is none")
	}
	n, ok := t.number[o.Owner]
	if !ok {
		n = uint32(len(t.names))
		t.number[o.Owner] = n
		t.names = append(t.names, o.Owner)
	}
	if _, ok := t.staged[k]; !ok {
		t.keys = append(t.keys, k)
	}
	t.staged[k] = ownerRow{id: k, site: n, seq: uint32(o.Seq), top: uint32(o.Seq >> 32)}
}

func (t *owners) commit() {
	for _, k := range t.keys {
		t.land(t.staged[k])
	}
	t.drop()
}

func (t *owners) drop() {
	clear(t.staged)
	t.keys = t.keys[:0]
}

// page finds the page that id is in, or would be; -1 where there is none or it comes before all.
func (t *ownerPages) page(id ledger.UUID) int {
	return sort.Search(len(t.pages), func(i int) bool { return bytes.Compare(t.pages[i].rows[0].id[:], id[:]) > 0 }) - 1
}

func compareRow(r ownerRow, id ledger.UUID) int { return bytes.Compare(r.id[:], id[:]) }

func (t *ownerPages) find(id ledger.UUID) (ownerRow, bool) {
	n := t.page(id)
	if n < 0 {
		return ownerRow{}, false
	}
	rows := t.pages[n].rows
	i, ok := slices.BinarySearchFunc(rows, id, compareRow)
	if !ok {
		return ownerRow{}, false
	}
	return rows[i], true
}

// land writes one row.
func (t *owners) land(r ownerRow) {
	n := max(t.page(r.id), 0)
	if len(t.pages) == 0 {
		t.pages = append(t.pages, t.newPage(nil))
	}
	p := t.pages[n]
	i, had := slices.BinarySearchFunc(p.rows, r.id, compareRow)
	if !had {
		t.rows++
		if len(p.rows) == pageRows {
			if i == pageRows && n == len(t.pages)-1 { // the right-hand end: what is full stays full
				p, i = t.newPage(nil), 0
				t.pages = append(t.pages, p)
			} else if p = t.split(n); i > len(p.rows) {
				i -= len(p.rows)
				n++
				p = t.pages[n]
			}
		}
	}
	if p.gen != t.gen { // a snapshot has it too; a page that was just made is ours
		p = t.newPage(p.rows)
		t.pages[n] = p
	}
	if had {
		p.rows[i] = r
		return
	}
	p.rows = slices.Insert(p.rows, i, r)
}

func (t *owners) newPage(rows []ownerRow) *ownerPage {
	return &ownerPage{gen: t.gen, rows: append(make([]ownerRow, 0, pageRows), rows...)}
}

// split makes two pages of page n, and gives the first.
func (t *owners) split(n int) *ownerPage {
	rows := t.pages[n].rows
	t.pages[n] = t.newPage(rows[:pageRows/2])
	t.pages = slices.Insert(t.pages, n+1, t.newPage(rows[pageRows/2:]))
	return t.pages[n]
}

// Len is how many orders there are.
func (t *ownerPages) Len() int { return t.rows }

// Snapshot takes the rows as they are; the pages are shared until they are written again.
func (t *owners) Snapshot() *ownerPages {
	f := t.ownerPages
	f.pages = slices.Clone(t.pages)
	f.names = slices.Clip(t.names)
	t.gen++
	return &f
}

// chunks goes through all rows, ascending, in slices of n. How they lie in pages, which depends
// on the order in which they came, does not show.
func (t *ownerPages) chunks(n int) func(yield func([]Owned) bool) {
	return func(yield func([]Owned) bool) {
		chunk := make([]Owned, 0, n)
		for _, p := range t.pages {
			for _, r := range p.rows {
				chunk = append(chunk, Owned{Order: ledger.OrderID(r.id.String()), Owner: t.names[r.site], Seq: r.entry()})
				if len(chunk) < n {
					continue
				}
				if !yield(chunk) {
					return
				}
				chunk = chunk[:0]
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}
