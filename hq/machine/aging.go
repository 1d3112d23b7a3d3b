package machine

import (
	"cmp"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// aging is the rows of a table of which only the latest are kept, the oldest first, with what they weigh.
type aging struct {
	rows []ranked
	sum  int
}

type ranked struct {
	rank   uint64
	id     ledger.OrderID
	weight int
}

func (r ranked) compare(n uint64) int { return cmp.Compare(r.rank, n) }

func (a *aging) drop(rank uint64) {
	i, ok := slices.BinarySearchFunc(a.rows, rank, ranked.compare)
	if !ok {
		return
	}
	a.sum -= a.rows[i].weight
	if i == 0 { // most often
		a.rows = a.rows[1:]
		return
	}
	a.rows = slices.Delete(a.rows, i, i+1)
}

func (a *aging) insert(r ranked) {
	i := len(a.rows)
	if i > 0 && a.rows[i-1].rank >= r.rank { // most are the newest
		i, _ = slices.BinarySearchFunc(a.rows, r.rank, ranked.compare)
	}
	a.rows = slices.Insert(a.rows, i, r)
	a.sum += r.weight
}

// A keeping is how many rows are kept, and what they may weigh together.
type keeping struct{ rows, weight int }

// forget gives up the oldest rows for one that is put now, where there are too many: id's, which weighs so much, and weighed old before if it was
// there. Of the table all that has landed is counted.
func (a *aging) forget(id ledger.OrderID, known bool, old, weight int, most keeping, del func(ledger.OrderID)) {
	left, sum := len(a.rows)+1, a.sum+weight
	if known {
		left, sum = left-1, sum-old
	}
	for _, r := range a.rows {
		if left <= most.rows && sum <= most.weight {
			return
		}
		if r.id != id {
			del(r.id)
			left, sum = left-1, sum-r.weight
		}
	}
}
