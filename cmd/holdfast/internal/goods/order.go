package goods

import "math/rand/v2"

// A Line is one wanted article of an order.
type Line struct {
	SKU   string
	Qty   int64
	Price int64 // pence a unit
}

// LinesMax is the most lines that Order gives.
const LinesMax = 6

// Chances in 100. unitsPerOrder100 is what they come to: units in 100 orders, to size stock by. A
// test holds the two together. The tables are constant: nothing writes to them.
var (
	chanceOfLines = [...]chance{{1, 40}, {2, 25}, {3, 18}, {4, 9}, {5, 5}, {6, 3}}
	chanceOfQty   = [...]chance{{1, 55}, {2, 22}, {3, 13}, {4, 3}, {5, 3}, {6, 2}, {10, 1}, {12, 1}}
)

const unitsPerOrder100 = 440

type chance struct {
	value  int64
	in100s int
}

// Order draws what one customer wants: 1 to 6 lines, mostly 1 to 3, of mostly 1 to 3 units. One
// order in 50 may name an article on two lines, as real ones do; in the others each line has an
// article of its own, and an order that keeps drawing the same ones ends up shorter.
func (c *Catalogue) Order(r *rand.Rand) []Line {
	want := draw(r, chanceOfLines[:])
	repeats := r.IntN(50) == 0
	lines := make([]Line, 0, LinesMax)
	for try := int64(0); try < 4*want && int64(len(lines)) < want; try++ {
		it := c.Pick(r)
		if !repeats && named(lines, it.SKU) {
			continue
		}
		lines = append(lines, Line{SKU: it.SKU, Qty: draw(r, chanceOfQty[:]), Price: it.Price})
	}
	return lines
}

func named(lines []Line, sku string) bool {
	for _, l := range lines {
		if l.SKU == sku {
			return true
		}
	}
	return false
}

func draw(r *rand.Rand, of []chance) int64 {
	at := r.IntN(100)
	for _, c := range of {
		if at < c.in100s {
			return c.value
		}
		at -= c.in100s
	}
	panic("goods: chances come to less than 100")
}
