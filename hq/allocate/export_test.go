package allocate

// MakeBy plans under an order of objectives that is no preset, to compare presets with.
func MakeBy(order []Objective, want Want, candidates []Candidate) (Plan, Explanation) {
	return new(Planner).makeBy(order, want, candidates)
}

// Keeps is how many cells the memory of p has room for.
func (p *Planner) Keeps() int { return cap(p.cells) }

// StagesForTest is Make, stage by stage: done hears of the end of each.
func (p *Planner) StagesForTest(want Want, candidates []Candidate, done func(stage string)) Plan {
	p.forget()
	p.want, p.visits, p.budget = want, 0, BudgetDefault
	p.weighBy(want.Preset.order())
	p.gatherSites(candidates)
	p.gatherClaims()
	p.gatherCells()
	done("cells")
	p.makeRows()
	p.makeCons()
	done("rows")
	p.budget = min(p.budget, budgetMax) + p.visits
	p.solve()
	done("sites")
	p.made = p.give(p.best.sites)
	if !p.proved && p.dropIdle() {
		p.made = p.give(p.best.sites)
	}
	done("legs")
	p.Explain()
	done("words")
	return p.made
}
