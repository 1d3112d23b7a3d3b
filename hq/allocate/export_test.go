package allocate

// MakeBy plans under an order of objectives that is no preset, to compare presets with.
func MakeBy(order []Objective, want Want, candidates []Candidate) (Plan, Explanation) {
	return plan(want, candidates, order)
}
