package cow

// slot says in which bucket a hash lies. Buckets from count on do not exist yet: their keys are
// still with the bucket that they will be split from, which is the one without the top bit.
func (t *table[K, V]) slot(h uint64) int {
	n := h & t.mask
	if n >= uint64(t.count) {
		n = h & (t.mask >> 1)
	}
	return int(n)
}

// bucket returns the n-th bucket, to be written. Its page is of the present generation then;
// its items may still be shared, so own must come before a change to them.
func (m *Map[K, V]) bucket(n int) *bucket[K, V] {
	p := m.pages[n>>pageBits]
	if p.gen != m.gen {
		own := *p
		own.gen = m.gen
		p = &own
		m.pages[n>>pageBits] = p
	}
	return &p.buckets[n&(pageBuckets-1)]
}

// own makes the items of b the map's alone, with room for more of them.
func (m *Map[K, V]) own(b *bucket[K, V], more int) {
	if b.gen == m.gen {
		return
	}
	items := make([]item[K, V], len(b.items), len(b.items)+more)
	copy(items, b.items)
	b.items, b.gen = items, m.gen
}

// split adds one bucket and moves into it the keys that belong there, all from one bucket. This
// is linear hashing: the table grows by a bucket at a time, so there is no moment at which all
// keys move.
func (m *Map[K, V]) split() {
	n := m.count
	if n>>pageBits == len(m.pages) {
		m.pages = append(m.pages, &page[K, V]{gen: m.gen})
	}
	m.count++
	if uint64(n) > m.mask {
		m.mask = m.mask<<1 | 1
	}
	from, to := m.bucket(n&int(m.mask>>1)), m.bucket(n)
	// Two new slices rather than a move in place: the old one may be shared, and if it is not,
	// its length after a split would pin twice the memory that it needs.
	var stay, move []item[K, V]
	for _, it := range from.items {
		if it.hash&m.mask == uint64(n) {
			move = append(move, it)
		} else {
			stay = append(stay, it)
		}
	}
	from.items, from.gen = stay, m.gen
	to.items, to.gen = move, m.gen
}

// find returns the place of k in items, or -1.
func find[K ~string, V any](items []item[K, V], h uint64, k K) int {
	for i := range items {
		if items[i].hash == h && items[i].key == k {
			return i
		}
	}
	return -1
}

// Hash is FNV-1a over the key's bytes, then the finishing mix of MurmurHash3: the low bits
// choose the bucket, and in FNV alone they depend on little else than each byte's low bits. It is the same on every machine.
func Hash[K ~string](k K) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h ^= uint64(k[i])
		h *= 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return h
}
