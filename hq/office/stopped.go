package office

// PlanAgain asks for a round of Again soon: a site was stopped, or serves less, and what orders have there is to go elsewhere
// (machine.BarredAt names the sites).
func (o *Office) PlanAgain() { o.again() }
