package allocate

// Make plans want over the candidates. It changes none of its arguments, and the order in which
// lines and candidates come makes no difference.
func Make(want Want, candidates []Candidate) (Plan, Explanation) {
	return plan(want, candidates, want.Preset.order())
}

func plan(want Want, candidates []Candidate, order []Objective) (Plan, Explanation) {
	p := newPlanner(want, candidates, order)
	p.makeRows()
	p.makeCons()
	best, other, proved := p.solve()
	plan := p.give(best.sites)
	if want.Whole && len(plan.Short) > 0 {
		plan.Legs, plan.Borrow = nil, nil
		best.sites, other = nil, answer{}
	}
	e := p.explain(&plan)
	e.Decision = p.decision(&best, &other, proved)
	return plan, e
}
