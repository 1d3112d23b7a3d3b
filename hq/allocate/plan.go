package allocate

import "github.com/holdfast-stock/holdfast/ledger"

// Make plans want over the candidates. It changes none of its arguments, and the order in which
// lines and candidates come makes no difference.
func Make(want Want, candidates []Candidate) (Plan, Explanation) {
	return new(Planner).Make(want, candidates)
}

// A Planner plans one order after the other and keeps its tables from one to the next, so that a
// plan costs no memory but its own. The zero Planner is ready. It belongs to one goroutine, and
// what it planned before makes no difference to a plan.
type Planner struct {
	want     Want
	order    []Objective
	weighing [3]Objective // those of order that count units; 0 at the end if fewer
	// The places of BorrowedUnits, BelowKeep and NewerUnits among them; -1 if one is not.
	loans, keeps, olds int

	// Claims are in order of line and sites of id, so that nothing depends on the order in which
	// they came; from here on both go by index.
	candidates []*Candidate // all, by id
	sites      []site
	near       []int32 // sites, the nearest first
	lates      bool    // some site is late
	aways      bool    // some site is cut off
	lines      []int32 // that want something, in order
	dealt      []int32 // the same by claim, where some claim has more than one
	claimOf    []int32 // by line; -1 for one that wants nothing
	named      map[ledger.SKU]int32
	claims     []claim
	looked     []Offer // by site and claim
	looking    Offer   // one that is in no list
	cells      []cell
	rows       []row
	uneven     []int32 // rows in which it matters which units go
	mixed      bool    // some cell has harm of another kind than the first
	limited    bool    // some row has more cut-off sites than may serve
	cons       []con
	inBound    []cell  // parts of the cons that count units within the first bound
	full       []int32 // by site: cons that it meets alone
	brings     []int64 // by site: units
	fixed      []int32 // sites that no plan can do without
	open       []int64 // by con: what those leave open
	bySite     []part  // those of site i from from[i]
	from       []int32
	turned     bool // bySite is made

	visits int
	budget int
	floor  Score // what no plan can be below, with what is the same in all of them
	best   answer
	next   answer // the runner-up, where it was found with the best
	proved bool
	made   Plan

	cover      cover
	tables     [2]search
	search     *search // the first; nil if none was made
	giving     giving
	explaining explaining
	memory
}

// memory is what single steps use and leave as it is.
type memory struct {
	keys         []uint64
	marks        []bool // by site
	some, frac   []int64
	votes        []int32
	cols, kept   []int32
	rank, chosen []int32
	fill4        [4]cell
	large4       [4]cell
	byLine       []int32
	picked       []bool // by site
	cut          []int32
	over         []int64
	using        []int32
}

// cellsKept bounds what a Planner keeps of one order: what plans 1,000 lines over 60 sites.
const cellsKept = 1 << 18

// Make plans want over the candidates, as the function of that name does.
func (p *Planner) Make(want Want, candidates []Candidate) (Plan, Explanation) {
	return p.makeBy(want.Preset.order(), want, candidates)
}

func (p *Planner) makeBy(order []Objective, want Want, candidates []Candidate) (Plan, Explanation) {
	plan := p.plan(order, want, candidates)
	e := p.Explain()
	p.forget()
	return plan, e
}

// Plan plans want over the candidates, and leaves out the explanation, which costs as much again.
func (p *Planner) Plan(want Want, candidates []Candidate) Plan {
	return p.plan(want.Preset.order(), want, candidates)
}

func (p *Planner) plan(order []Objective, want Want, candidates []Candidate) Plan {
	p.forget()
	p.want, p.visits = want, 0
	if p.budget = want.Budget; p.budget == 0 {
		p.budget = BudgetDefault
	}
	p.weighBy(order)
	p.gatherSites(candidates)
	p.gatherClaims()
	p.gatherCells()
	p.makeRows()
	p.makeCons()
	p.budget = min(p.budget, budgetMax) + p.visits // what there is must be read
	p.solve()
	p.made = p.give(p.best.sites)
	if !p.proved && p.dropIdle() {
		p.made = p.give(p.best.sites)
	}
	if want.Whole && len(p.made.Short) > 0 {
		p.made.Legs, p.made.Borrow = nil, nil
		p.best.sites = p.best.sites[:0]
	}
	return p.made
}

// weighBy sets what counts before what.
func (p *Planner) weighBy(order []Objective) {
	p.order, p.weighing = order, [3]Objective{}
	p.loans, p.keeps, p.olds = -1, -1, -1
	n := 0
	for _, o := range order {
		switch o {
		case BorrowedUnits:
			p.loans = n
		case BelowKeep:
			p.keeps = n
		case NewerUnits:
			p.olds = n
		default:
			continue
		}
		p.weighing[n] = o
		n++
	}
}

// Explain says how the last plan came about. Its want, its candidates and the plan must be as
// they were.
func (p *Planner) Explain() Explanation {
	var other answer
	if len(p.best.sites) > 0 {
		p.runnerUp(&other)
	}
	e := p.explain(&p.made)
	e.Decision = p.decision(&other)
	return e
}

// forget lets go of the tables of a large order.
func (p *Planner) forget() {
	if max(cap(p.cells), cap(p.looked)) > cellsKept {
		*p = Planner{}
	}
}
