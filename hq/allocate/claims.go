package allocate

import (
	"cmp"
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
	sku   ledger.SKU
	want  int64
	lines []int32 // indexes into Want.Lines: fewest units first, so that most lines are filled whole
	first int32   // of its lines in the want
	cells []cell  // by site
}

// A cell is what one site can give of one SKU, at most what is wanted of it. The three bounds
// say up to which unit a cell gives without harm: one more, and it is borrowed, below what is to
// stay, or newer than what should go first. A cut-off site is the last resort: nothing is to
// stay there.
type cell struct {
	site  int32
	have  int64
	held  int64 // of all, and all there is: not only what is wanted
	all   int64
	bound [3]int64 // by weighing: held, free, old, in the order in which they count
}

// A site is a candidate that may serve.
type site struct {
	*Candidate
	at         int32 // of the candidate
	rank, cost int64
	near       int32 // its place if sites are sorted by cost, rank and id
	alone      int32 // lines that it could fill alone
}

// planner plans one order. Claims are sorted by SKU and sites by id, so that nothing depends on
// the order in which they came; from here on both go by index.
type planner struct {
	want       Want
	order      []Objective
	weighing   [3]Objective // those of order that count units; 0 at the end if fewer
	candidates []*Candidate // all, by id
	sites      []site
	claims     []claim
	rows       []row
	cons       []con
	visits     int
	budget     int
	floor      Score   // what no plan can be below, with what is the same in all of them
	uneven     []int32 // rows in which it matters which units go
	bySite     []part  // those of site i from from[i]
	from       []int32
	limited    bool   // some row has more cut-off sites than may serve
	given      []bool // by site; scratch
	near       []int32
}

func newPlanner(want Want, candidates []Candidate, order []Objective) *planner {
	p := &planner{want: want, order: order, budget: want.Budget}
	if p.budget == 0 {
		p.budget = BudgetDefault
	}
	n := 0
	for _, o := range order {
		if o == BorrowedUnits || o == BelowKeep || o == NewerUnits {
			p.weighing[n] = o
			n++
		}
	}
	p.gatherSites(candidates)
	p.gatherClaims()
	p.gatherCells()
	return p
}

func (p *planner) gatherSites(candidates []Candidate) {
	p.candidates = make([]*Candidate, len(candidates))
	for i := range candidates {
		p.candidates[i] = &candidates[i]
	}
	byID := func(a, b *Candidate) int { return strings.Compare(string(a.Site), string(b.Site)) }
	if !slices.IsSortedFunc(p.candidates, byID) {
		slices.SortStableFunc(p.candidates, byID)
	}
	p.sites = make([]site, 0, len(candidates))
	for at, c := range p.candidates {
		if c.Barred == "" && (p.want.Only == "" || c.Site == p.want.Only) {
			p.sites = append(p.sites, site{Candidate: c, at: int32(at), rank: min(max(int64(c.Rank), -farMax), farMax), cost: min(max(c.Cost, 0), farMax)})
		}
	}
	p.near, p.given = make([]int32, len(p.sites)), make([]bool, len(p.sites))
	for i := range p.near {
		p.near[i] = int32(i)
	}
	slices.SortFunc(p.near, func(a, b int32) int {
		x, y := &p.sites[a], &p.sites[b]
		return cmp.Or(cmp.Compare(x.cost, y.cost), cmp.Compare(x.rank, y.rank), cmp.Compare(a, b))
	})
	for at, i := range p.near {
		p.sites[i].near = int32(at)
	}
}

func (p *planner) gatherClaims() {
	lines := make([]int32, 0, len(p.want.Lines))
	for i, n := range p.want.Lines {
		if n.Qty > 0 {
			lines = append(lines, int32(i))
		}
	}
	slices.SortFunc(lines, func(a, b int32) int {
		x, y := &p.want.Lines[a], &p.want.Lines[b]
		return cmp.Or(strings.Compare(string(x.SKU), string(y.SKU)), cmp.Compare(x.Qty, y.Qty), cmp.Compare(x.Line, y.Line), cmp.Compare(a, b))
	})
	p.claims = make([]claim, 0, len(lines))
	for from, i := range lines {
		n := &p.want.Lines[i]
		if last := len(p.claims) - 1; last < 0 || p.claims[last].sku != n.SKU {
			p.claims = append(p.claims, claim{sku: n.SKU, lines: lines[from:from], first: i})
		}
		c := &p.claims[len(p.claims)-1]
		c.first = min(c.first, i)
		c.want = min(c.want+min(int64(n.Qty), unitsMax), unitsMax)
		c.lines = c.lines[:len(c.lines)+1]
	}
}

// offer is what a site offers of a claim.
func (c *claim) offer(s *Candidate) (Offer, bool) {
	if s.ByLine != nil {
		if int(c.first) >= len(s.ByLine) {
			return Offer{}, false
		}
		return s.ByLine[c.first], true
	}
	o, ok := s.Offers[c.sku]
	return o, ok
}

// gatherCells looks up what each site has.
func (p *planner) gatherCells() {
	p.visits += len(p.sites) * len(p.claims)
	cells := make([]cell, 0, len(p.sites)*len(p.claims)/2)
	for k := range p.claims {
		c := &p.claims[k]
		if cap(cells)-len(cells) < len(p.sites) {
			cells = make([]cell, 0, max(len(p.sites), len(p.sites)*(len(p.claims)-k)/2))
		}
		from := len(cells)
		for i := range p.sites {
			s := &p.sites[i]
			o, ok := c.offer(s.Candidate)
			if !ok || o.Held <= 0 && o.Borrow <= 0 || len(s.Refused) > 0 && s.Refused[c.sku] != "" {
				continue
			}
			cells = cells[:len(cells)+1]
			if x := &cells[len(cells)-1]; p.fill(x, s, &o, c.want) {
				x.site = int32(i)
				s.alone += c.filled(p.want.Lines, x.have)
			} else {
				cells = cells[:len(cells)-1]
			}
		}
		c.cells = cells[from:len(cells):len(cells)]
	}
}

// fill writes a cell, and says whether there is anything in it.
func (p *planner) fill(c *cell, s *site, o *Offer, want int64) bool {
	held, borrow := min(max(int64(o.Held), 0), unitsMax), min(max(int64(o.Borrow), 0), unitsMax)
	if s.Offline {
		borrow = 0
	}
	c.held, c.all, c.have = held, held+borrow, min(held+borrow, want)
	c.bound = [3]int64{c.have, c.have, c.have}
	if s.Offline {
		return c.have > 0
	}
	for i, w := range p.weighing {
		switch w {
		case BorrowedUnits:
			c.bound[i] = min(held, c.have)
		case BelowKeep:
			c.bound[i] = min(max(c.all-min(max(int64(o.Keep), 0), unitsMax), 0), c.have)
		case NewerUnits:
			c.bound[i] = min(max(int64(o.Old), 0), c.have)
		}
	}
	return c.have > 0
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

// even says whether it makes no difference which of its units a cell gives.
func (c *cell) even() bool {
	return c.bound == [3]int64{c.have, c.have, c.have}
}
