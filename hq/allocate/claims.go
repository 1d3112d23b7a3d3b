package allocate

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// farMax bounds ranks and costs, so that no sum of them overflows.
const farMax = 1 << 40

// unitsMax bounds what is wanted of one SKU, and with it every sum of units of one SKU.
const unitsMax = 1 << 60

// A claim is what the order wants of one SKU, whatever the number of its lines.
type claim struct {
	sku    ledger.SKU
	want   int64
	lines  []int32 // indexes into Want.Lines: fewest units first, so that most lines are filled whole
	first  int32   // of its lines in the want
	count  int32   // of its lines
	from   int     // of its cells in Planner.cells
	cells  []cell  // by site
	total  int64   // units of all cells
	within odd     // and of these within each bound
	uneven bool    // some cell has harm
	mixed  bool    // some has harm of another kind than the first
}

// A cell is what one site can give of one SKU, at most what is wanted of it.
type cell struct {
	have  int64
	bound int64 // up to which unit it gives without harm of the first kind that counts
	site  int32
	mixed bool // there is harm of another kind: see Planner.bounds
}

// uneven says whether it makes a difference which of its units go.
func (c *cell) uneven() bool { return c.bound < c.have || c.mixed }

// An odd says up to which unit a cell gives without harm: one more, and it is borrowed, below
// what is to stay, or newer than what should go first. The bounds are by weighing, in the order
// in which they count. A cut-off site is the last resort: nothing is to stay there.
type odd [3]int64

// A site is a candidate that may serve.
type site struct {
	*Candidate
	at         int32 // of the candidate
	rank, cost int64
	near       int32   // its place if sites are sorted by cost, rank and id
	alone      int32   // lines that it could fill alone
	offers     []Offer // by line if byLine; else by claim, looked up once; nil: look at the candidate
	byLine     bool
	refuses    bool // some SKU
	away       bool // cut off
	late       bool
}

// lookedMax bounds the offers that are copied out of maps.
const lookedMax = 1 << 17

func (p *Planner) gatherSites(candidates []Candidate) {
	p.candidates = p.candidates[:0]
	for i := range candidates {
		p.candidates = append(p.candidates, &candidates[i])
	}
	byID := func(a, b *Candidate) int { return strings.Compare(string(a.Site), string(b.Site)) }
	if !slices.IsSortedFunc(p.candidates, byID) {
		slices.SortStableFunc(p.candidates, byID)
	}
	p.sites, p.lates, p.aways = p.sites[:0], false, false
	for at, c := range p.candidates {
		if c.Barred == "" && (p.want.Only == "" || c.Site == p.want.Only) {
			p.sites = append(p.sites, site{Candidate: c, at: int32(at), rank: min(max(int64(c.Rank), -farMax), farMax), cost: min(max(c.Cost, 0), farMax),
				offers: c.ByLine, byLine: c.ByLine != nil, refuses: len(c.Refused) > 0, away: c.Offline, late: c.Late})
			p.lates, p.aways = p.lates || c.Late, p.aways || c.Offline
		}
	}
	p.sortNear()
}

// sortNear lists the sites by cost, rank and id. Where the three fit into one number, as they
// mostly do, numbers are sorted.
func (p *Planner) sortNear() {
	p.near = sized(p.near, len(p.sites))
	costMin, costMax, rankMin, rankMax := int64(farMax), int64(0), int64(farMax), int64(-farMax)
	for i := range p.sites {
		s := &p.sites[i]
		costMin, costMax, rankMin, rankMax = min(costMin, s.cost), max(costMax, s.cost), min(rankMin, s.rank), max(rankMax, s.rank)
	}
	idBits := bits.Len(uint(len(p.sites)))
	rankBits := bits.Len64(uint64(max(rankMax-rankMin, 0)))
	if idBits+rankBits+bits.Len64(uint64(max(costMax-costMin, 0))) <= 64 {
		p.keys = p.keys[:0]
		for i := range p.sites {
			s := &p.sites[i]
			p.keys = append(p.keys, (uint64(s.cost-costMin)<<rankBits|uint64(s.rank-rankMin))<<idBits|uint64(i))
		}
		slices.Sort(p.keys)
		for at, key := range p.keys {
			p.near[at] = int32(key & (1<<idBits - 1))
		}
	} else {
		for i := range p.near {
			p.near[i] = int32(i)
		}
		slices.SortFunc(p.near, func(a, b int32) int {
			x, y := &p.sites[a], &p.sites[b]
			return cmp.Or(cmp.Compare(x.cost, y.cost), cmp.Compare(x.rank, y.rank), cmp.Compare(a, b))
		})
	}
	for at, i := range p.near {
		p.sites[i].near = int32(at)
	}
}

// gatherClaims lists what is wanted by SKU, in order of the first line that wants it: as offers by
// line are, so that they are read one after the other. Articles have no other order, for to sort
// the names of thousands takes longer than to plan them.
func (p *Planner) gatherClaims() {
	p.lines, p.claims = p.lines[:0], p.claims[:0]
	all := p.want.Lines
	sorted, last := true, math.MinInt
	for i := range all {
		if all[i].Qty > 0 {
			p.lines = append(p.lines, int32(i))
			sorted = sorted && (all[i].Line > last || len(p.lines) == 1)
			last = all[i].Line
		}
	}
	if !sorted {
		slices.SortFunc(p.lines, func(a, b int32) int {
			x, y := &all[a], &all[b]
			return cmp.Or(cmp.Compare(x.Line, y.Line), strings.Compare(string(x.SKU), string(y.SKU)), cmp.Compare(x.Qty, y.Qty), cmp.Compare(a, b))
		})
	}
	p.claimOf = sized(p.claimOf, len(all))
	for i := range p.claimOf {
		p.claimOf[i] = -1
	}
	clear(p.named)
	for _, i := range p.lines {
		n := &all[i]
		k := p.claimNamed(n.SKU)
		if k == len(p.claims) {
			p.claims = append(p.claims, claim{sku: n.SKU, first: i})
		}
		c := &p.claims[k]
		p.claimOf[i], c.first, c.count = int32(k), min(c.first, i), c.count+1
		c.want = min(c.want+min(int64(n.Qty), unitsMax), unitsMax)
	}
	p.dealLines()
}

// namedMin is how many claims it takes until to remember names is cheaper than to compare them.
const namedMin = 16

// claimNamed is the claim of a SKU; the next one if there is none yet.
func (p *Planner) claimNamed(sku ledger.SKU) int {
	next := len(p.claims)
	if next < namedMin {
		for k := range p.claims {
			if p.claims[k].sku == sku {
				return k
			}
		}
		return next
	}
	if next == namedMin && len(p.named) == 0 {
		if p.named == nil {
			p.named = map[ledger.SKU]int32{}
		}
		for k := range p.claims {
			p.named[p.claims[k].sku] = int32(k)
		}
	}
	if k, ok := p.named[sku]; ok {
		return int(k)
	}
	p.named[sku] = int32(next)
	return next
}

// dealLines gives each claim its lines. Mostly each has one, and they are in order.
func (p *Planner) dealLines() {
	if len(p.claims) == len(p.lines) {
		for k := range p.claims {
			p.claims[k].lines = p.lines[k : k+1 : k+1]
		}
		return
	}
	p.dealt = sized(p.dealt, len(p.lines))
	from := int32(0)
	for k := range p.claims {
		c := &p.claims[k]
		c.lines = p.dealt[from : from : from+c.count]
		from += c.count
	}
	for _, i := range p.lines {
		c := &p.claims[p.claimOf[i]]
		c.lines = append(c.lines, i)
	}
	byQty := func(a, b int32) int {
		x, y := &p.want.Lines[a], &p.want.Lines[b]
		return cmp.Or(cmp.Compare(x.Qty, y.Qty), cmp.Compare(x.Line, y.Line), cmp.Compare(a, b))
	}
	for k := range p.claims {
		if p.claims[k].count > 1 {
			slices.SortFunc(p.claims[k].lines, byQty)
		}
	}
}

// offer is what a site offers of a claim.
func (c *claim) offer(s *Candidate) Offer {
	if s.ByLine == nil {
		return s.Offers[c.sku]
	}
	if int(c.first) >= len(s.ByLine) {
		return Offer{}
	}
	return s.ByLine[c.first]
}

// offer is what a site offers of claim k; it is to be read before the next is asked for.
func (p *Planner) offer(s *site, k int) *Offer {
	at, c := k, &p.claims[k]
	if s.byLine {
		at = int(c.first)
	}
	if at < len(s.offers) {
		return &s.offers[at]
	}
	if p.looking = (Offer{}); !s.byLine {
		p.looking = s.Offers[c.sku]
	}
	return &p.looking
}

// lookUp copies what sites have by SKU: one site after the other, for so its map is in the
// processor's memory, and once, for the explanation shows it too.
func (p *Planner) lookUp() {
	p.looked = p.looked[:0]
	if len(p.sites)*len(p.claims) > lookedMax {
		return
	}
	for i := range p.sites {
		s := &p.sites[i]
		if s.byLine {
			continue
		}
		p.looked = slices.Grow(p.looked, (len(p.sites)-i)*len(p.claims)) // it moves once at most, before anything is in it
		from := len(p.looked)
		for k := range p.claims {
			p.looked = append(p.looked, s.Offers[p.claims[k].sku])
		}
		s.offers = p.looked[from:len(p.looked):len(p.looked)]
	}
}

// gatherCells looks up what each site has.
func (p *Planner) gatherCells() {
	p.visits += len(p.sites) * len(p.claims)
	p.lookUp()
	p.cells, p.mixed = p.cells[:0], false
	for k := range p.claims {
		c := &p.claims[k]
		if cap(p.cells)-len(p.cells) < len(p.sites) {
			p.growCells(k)
		}
		c.from = len(p.cells)
		p.gatherClaim(k, c)
	}
	for k := range p.claims {
		c, to := &p.claims[k], len(p.cells)
		if k+1 < len(p.claims) {
			to = p.claims[k+1].from
		}
		c.cells = p.cells[c.from:to:to]
	}
}

// growCells makes room for as many cells as the claims so far let expect of the others.
func (p *Planner) growCells(k int) {
	expect := len(p.sites) * (len(p.claims) - k)
	if k > 0 {
		expect = min(expect, len(p.cells)*(len(p.claims)-k)/k*5/4+len(p.sites))
	} else {
		expect = min(expect, 64*len(p.sites))
	}
	p.cells = slices.Grow(p.cells, max(expect, len(p.sites)))
}

// gatherClaim adds the cells of a claim.
func (p *Planner) gatherClaim(k int, c *claim) {
	from := len(p.cells)
	cells, to := p.cells[from:from+len(p.sites)], 0
	lone := int64(0) // units that fill its only line
	if len(c.lines) == 1 && c.want < unitsMax {
		lone = c.want
	}
	plain := p.loans == 0 && p.keeps == 1 && p.olds < 0
	want, mixed := c.want, int64(0)
	var total, harm int64
	var within odd
	for i := range p.sites {
		s := &p.sites[i]
		o := p.offer(s, k)
		if o.Held <= 0 && o.Borrow <= 0 || s.refuses && s.Refused[c.sku] != "" {
			continue
		}
		held, all := amounts(s.away, o)
		have := min(all, want)
		bound := odd{min(held, have), have, have}
		switch {
		case s.away:
			bound[0] = have // the last resort: nothing is to stay there
		case plain:
			bound[1] = min(max(all-max(int64(o.Keep), 0), 0), have)
		default:
			bound = p.boundsOf(o, held, all, have)
		}
		differ := bound[1] - have | bound[2] - have // below 0 if one does
		total, harm, mixed = min(total+have, unitsMax), harm|(have-bound[0]), mixed|differ
		within[0], within[1], within[2] = min(within[0]+bound[0], unitsMax), min(within[1]+bound[1], unitsMax), min(within[2]+bound[2], unitsMax)
		if lone > 0 {
			s.alone += int32(uint64(lone-1-have) >> 63) // have >= lone
		} else {
			s.alone += c.filled(p.want.Lines, have)
		}
		cells[to] = cell{have: have, bound: bound[0], site: int32(i), mixed: differ < 0}
		to += int(uint64(-have) >> 63) // one of nothing is written over by the next
	}
	p.cells = p.cells[:from+to]
	c.total, c.within, c.mixed = total, within, mixed < 0
	c.uneven = harm > 0 || c.mixed
	p.mixed = p.mixed || c.mixed
}

// amounts are what HQ holds at a site, and that with what it can be asked for: nothing where it is cut off.
func amounts(away bool, o *Offer) (held, all int64) {
	held = min(max(int64(o.Held), 0), unitsMax)
	if away {
		return held, held
	}
	return held, held + min(max(int64(o.Borrow), 0), unitsMax)
}

// boundsOf says up to which unit have of an offer go without harm of each kind.
func (p *Planner) boundsOf(o *Offer, held, all, have int64) odd {
	bound := odd{have, have, have}
	if p.loans >= 0 {
		bound[p.loans] = min(held, have)
	}
	if p.keeps >= 0 {
		bound[p.keeps] = min(max(all-min(max(int64(o.Keep), 0), unitsMax), 0), have)
	}
	if p.olds >= 0 {
		bound[p.olds] = min(max(int64(o.Old), 0), have)
	}
	return bound
}

// bounds are up to which unit a cell of a claim gives without harm of each kind. Those but the
// first are worked out again: few plans need them, and they would take much room.
func (p *Planner) bounds(k int32, c *cell) odd {
	bound := odd{c.bound, c.have, c.have}
	if c.mixed {
		s := &p.sites[c.site]
		o := p.offer(s, int(k))
		held, all := amounts(s.away, o)
		bound = p.boundsOf(o, held, all, c.have)
	}
	return bound
}

// filled says how many lines of a claim that many units fill whole.
func (c *claim) filled(lines []Need, units int64) (n int32) {
	for _, i := range c.lines {
		if units -= int64(lines[i].Qty); units < 0 {
			break
		}
		n++
	}
	return n
}

// sized is a slice of n, of the memory of s if that is enough. What is in it is left over.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// cleared is a slice of n zeros, of the memory of s if that is enough.
func cleared[T any](s []T, n int) []T {
	s = sized(s, n)
	clear(s)
	return s
}
