package goods

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// ItemsMax is the largest catalogue that New makes.
const ItemsMax = 1_000_000

const (
	zipfExponent = 1.1
	zipfUnit     = 1 << 30 // weight of rank 1; the rarest of ItemsMax articles still weighs over 200
)

// Stream numbers keep the draws for one purpose apart from those for another: more draws for the
// range must not shift the stock.
const (
	streamRange uint64 = iota + 1
	streamStock
)

// An Item is one article of the range.
type Item struct {
	SKU   string // unique, for example "TAP-0022"
	Name  string // unique, for people
	GTIN  string // 13 digits
	Price int64  // pence a unit, above 0
	Rank  int    // 1 is the best seller; each rank from 1 to the number of items occurs once
}

// A Catalogue is a range of articles with their popularity. Make one with New.
type Catalogue struct {
	items  []Item
	byRank []int   // byRank[0] is the index of the best seller
	upTo   []int64 // upTo[i] is the summed weight of ranks 1 to i+1
}

// New makes n articles from seed. It panics if n is not between 1 and ItemsMax: n is written in
// code, not typed by a user.
func New(seed uint64, n int) *Catalogue {
	if n < 1 || n > ItemsMax {
		panic(fmt.Sprintf("goods: a catalogue of %d items was asked for; the limit is %d", n, ItemsMax))
	}
	r := rand.New(rand.NewPCG(seed, streamRange))
	c := &Catalogue{items: make([]Item, n), byRank: make([]int, n), upTo: make([]int64, n)}
	c.fill(r)
	for rank, i := range r.Perm(n) {
		c.byRank[rank] = i
		c.items[i].Rank = rank + 1
	}
	var sum int64
	for rank := range c.upTo {
		sum += weight(rank + 1)
		c.upTo[rank] = sum
	}
	return c
}

// fill makes the range in rounds, one article of each family a round. A family that has used up
// its makes and sizes sits out until all have; then the next series begins for all.
func (c *Catalogue) fill(r *rand.Rand) {
	made := make([]int, len(families))
	for i, series := 0, 1; i < len(c.items); series++ {
		for idle := false; !idle; {
			idle = true
			for k := range families {
				if i == len(c.items) {
					return
				}
				if made[k] == series*families[k].combined() {
					continue
				}
				c.items[i] = families[k].item(made[k], r)
				c.items[i].GTIN = gtin(i)
				made[k]++
				i, idle = i+1, false
			}
		}
	}
}

// Items returns a copy of all articles, in the order of their making.
func (c *Catalogue) Items() []Item {
	return append([]Item(nil), c.items...)
}

// Pick draws one article by popularity.
func (c *Catalogue) Pick(r *rand.Rand) Item {
	at := r.Int64N(c.upTo[len(c.upTo)-1])
	rank := sort.Search(len(c.upTo), func(i int) bool { return c.upTo[i] > at })
	return c.items[c.byRank[rank]]
}

// share returns how many of `units` drawn units fall to the article of that rank, rounded down.
// The product stays below 2^63 for up to 2^32 units.
func (c *Catalogue) share(rank int, units int64) int64 {
	return units * weight(rank) / c.upTo[len(c.upTo)-1]
}

// weight is the popularity of a rank as an integer. It is cut to whole numbers so that a last bit
// of math.Pow, which differs between processors, does not change a draw.
func weight(rank int) int64 {
	return int64(zipfUnit * math.Pow(float64(rank), -zipfExponent))
}
