package trial

// Chance is a stream of numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014), whole numbers
// only, so that every machine draws the same. It is not for secrets.
type Chance uint64

// Next is the next 64 bits.
func (c *Chance) Next() uint64 {
	*c += 0x9e3779b97f4a7c15
	z := uint64(*c)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below is a number from 0 to n-1; n is above 0. The bias is n in 2^64.
func (c *Chance) Below(n int) int { return int(c.Next() % uint64(n)) }

// table draws an index with a chance in proportion to its weight.
type table struct{ sums []uint64 }

func newTable(n int, weight func(i int) uint64) *table {
	t := &table{sums: make([]uint64, n)}
	sum := uint64(0)
	for i := range t.sums {
		sum += weight(i)
		t.sums[i] = sum
	}
	return t
}

func (t *table) draw(c *Chance) int {
	at := c.Next() % t.sums[len(t.sums)-1]
	low, high := 0, len(t.sums)-1
	for low < high {
		if mid := (low + high) / 2; t.sums[mid] > at {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}
