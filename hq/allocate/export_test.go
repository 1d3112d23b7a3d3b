package allocate

// MakeBy plans under an order of objectives that is no preset, to compare presets with.
func MakeBy(order []Objective, want Want, candidates []Candidate) (Plan, Explanation) {
	return new(Planner).makeBy(order, want, candidates)
}

// Keeps is how many cells the memory of p has room for.
func (p *Planner) Keeps() int { return cap(p.cells) }
