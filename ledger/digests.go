package ledger

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math/bits"
)

// digests remembers an entry's number for each digest there ever was: an auditor has millions of
// them. They lie in tables of their own by the first bits of their hash. Each table grows by half
// when it is four fifths full, so there is never much more room than needed, nor a long pause to
// make it. The hash has a seed of its own, for clients choose the ids of their orders; where a
// digest lies changes nothing that is said of it. The zero digests is empty.
type digests struct {
	seed   [2]uint64
	tables []digestTable // one while there are few digests, then digestTables
	n      int           // of digests that have a number
}

const (
	digestTableBits = 10
	digestTables    = 1 << digestTableBits
	digestFewMax    = 4096
	digestRowsMin   = 16

	// digestBytesMax is what one of many digests takes: a row of 24 bytes, and more than half of
	// the rows are used. 5,000,000 orders under a key each are 10,000,000 digests: at most 480 MB.
	digestBytesMax = 48
)

// A digestRow is empty where its seq is 0.
type digestRow struct {
	digest Digest
	seq    Seq
}

// digestFreed is the number of a digest that has none any more.
const digestFreed = ^Seq(0)

// A digestTable keeps a digest in the row that its hash names, or in the first free one behind it.
type digestTable struct {
	rows []digestRow
	used int
}

// len is the number of digests that have a number.
func (d *digests) len() int { return d.n }

// of gives a digest's number, 0 where it has none.
func (d *digests) of(key Digest) Seq {
	if len(d.tables) == 0 {
		return 0
	}
	t, hash := d.table(key)
	return t.rows[t.find(key, hash)].number()
}

// swap gives a digest another number, 0 for none, and returns the one it had.
func (d *digests) swap(key Digest, seq Seq) Seq {
	switch {
	case len(d.tables) == 0:
		seed := maphash.MakeSeed()
		d.seed = [2]uint64{maphash.String(seed, "high"), maphash.String(seed, "low")}
		d.tables = []digestTable{{rows: make([]digestRow, digestRowsMin)}}
	case len(d.tables) == 1 && d.tables[0].used == digestFewMax:
		d.part()
	}
	t, hash := d.table(key)
	row := &t.rows[t.find(key, hash)]
	old := row.number()
	if row.seq == 0 && seq == 0 {
		return 0
	}
	if row.seq == 0 {
		if t.used+1 > len(t.rows)/5*4 {
			d.grow(t, len(t.rows)/2*3)
			row = &t.rows[t.find(key, hash)]
		}
		t.used++
	}
	if old != 0 {
		d.n--
	}
	if *row = (digestRow{key, seq}); seq == 0 {
		row.seq = digestFreed
	} else {
		d.n++
	}
	return old
}

// all gives each digest that has a number, in no order.
func (d *digests) all() iter.Seq2[Digest, Seq] {
	return func(yield func(Digest, Seq) bool) {
		for t := range d.tables {
			for i := range d.tables[t].rows {
				r := &d.tables[t].rows[i]
				if n := r.number(); n != 0 && !yield(r.digest, n) {
					return
				}
			}
		}
	}
}

func (r *digestRow) number() Seq {
	if r.seq == digestFreed {
		return 0
	}
	return r.seq
}

// table gives the table of a digest, and the bits of its hash that name a row there.
func (d *digests) table(key Digest) (t *digestTable, hash uint64) {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(key[:8])^d.seed[0], binary.LittleEndian.Uint64(key[8:])^d.seed[1])
	hash = high ^ low
	if len(d.tables) == 1 {
		return &d.tables[0], hash
	}
	return &d.tables[hash>>(64-digestTableBits)], hash << digestTableBits
}

// find gives the row of a digest, or the empty one where it belongs; there always is one.
func (t *digestTable) find(key Digest, hash uint64) int {
	i, _ := bits.Mul64(hash, uint64(len(t.rows)))
	for t.rows[i].seq != 0 && t.rows[i].digest != key {
		if i++; i == uint64(len(t.rows)) {
			i = 0
		}
	}
	return int(i)
}

// grow gives a table n rows.
func (d *digests) grow(t *digestTable, n int) {
	old := t.rows
	t.rows = make([]digestRow, n)
	for i := range old {
		if old[i].seq != 0 {
			_, hash := d.table(old[i].digest)
			t.rows[t.find(old[i].digest, hash)] = old[i]
		}
	}
}

// part deals the one table out to many.
func (d *digests) part() {
	few := d.tables[0]
	d.tables = make([]digestTable, digestTables)
	for i := range d.tables {
		d.tables[i].rows = make([]digestRow, digestRowsMin)
	}
	for i := range few.rows {
		r := few.rows[i]
		if r.seq == 0 {
			continue
		}
		t, hash := d.table(r.digest)
		if t.used+1 > len(t.rows)/5*4 {
			d.grow(t, len(t.rows)/2*3)
		}
		t.rows[t.find(r.digest, hash)] = r
		t.used++
	}
}
