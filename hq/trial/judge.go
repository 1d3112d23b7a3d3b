package trial

// A Count is what came of a run.
type Count struct {
	Requests int
	Lines    int // of all requests

	Promised int // lines promised firmly, at once or when confirmed
	Refused  int // lines refused or declined, walk-ins at an empty shelf not counted
	Existed  int // of them, although the company had the units
	Behind   int // of those, asked for at head office: the units lay with sites it could not reach
	Seldom   int // of Existed, asked for at a cut-off counter that sells too few for an advance of one order
	Large    int // of Existed, there, and of more units than the whole advance would be
	Empty    int // walk-ins' lines that were not on the shelf
	Beyond   int // promises beyond the book
	Tills    int // lines a till refused although they lay unpromised on its own shelf

	Unsure    int // lines taken as to be confirmed
	Confirmed int
	Declined  int

	Orders    int // delivered ones that were promised at least in part
	Parcels   int // of those
	Transfers int // units asked of another holder for a request: one for each holder and request
	Moves     int // advances changed, each SKU at each counter apart
	Batches   int // what carried them: of each step that head office carries out, a message to each book of which something changed
	Apart     int // what would carry them if each step that looks at SKUs carried its own out

	Digest uint64 // of every promise in order: FNV-1a
}

// judge holds the true book of every shelf, and counts.
type judge struct {
	w     *World
	now   int32   // minute
	book  []int32 // by site and SKU: on the shelf and not promised
	total []int32 // by SKU
	left  []int32 // by site and SKU: to be made good on Monday
	n     Count
}

func newJudge(w *World) *judge {
	j := &judge{w: w, book: w.Opening(), total: make([]int32, w.SKUs), left: make([]int32, w.Sites()*w.SKUs)}
	for i, q := range j.book {
		j.total[i%w.SKUs] += q
	}
	j.n.Digest = 0xcbf29ce484222325
	return j
}

func (j *judge) at(site int, sku int32) int { return site*j.w.SKUs + int(sku) }

// exists says whether the company has the units, wherever they lie.
func (j *judge) exists(l Line) bool { return j.total[l.SKU] >= l.Qty }

// promise takes units of a site's book. What is not there was promised beyond it.
func (j *judge) promise(site int, sku, qty int32) {
	i := j.at(site, sku)
	if j.book[i] < qty {
		j.n.Beyond++
	}
	took := min(qty, j.book[i])
	j.book[i] -= took
	j.total[sku] -= took
	j.left[i] += took
	for _, v := range [...]uint64{uint64(site), uint64(sku), uint64(qty)} {
		j.n.Digest = (j.n.Digest ^ v) * 0x100000001b3
	}
}

func (j *judge) receive(site int, sku, qty int32) {
	j.book[j.at(site, sku)] += qty
	j.total[sku] += qty
}

// walkIn counts a walk-in's line after the till's answer; had says whether the shelf had it.
func (j *judge) walkIn(site int, l Line, sold, had bool) {
	switch {
	case sold:
		j.n.Promised++
	case had:
		j.n.Tills++
		j.n.Refused++
		j.n.Existed++
	default:
		j.n.Empty++
		j.left[j.at(site, l.SKU)] += l.Qty
	}
}

// refuse counts a line that was refused; existed says whether the company had it.
func (j *judge) refuse(existed bool) {
	j.n.Refused++
	if existed {
		j.n.Existed++
	}
}
