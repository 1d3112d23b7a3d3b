package trial

import "slices"

// How long head office waits for sites that are away: after the counter that took an order came back (protocol.md,
// section 3), and after it took one of its own (office.Config.OwnConfirmBy).
const (
	confirmBy    = Day
	ownConfirmBy = Week
)

// confirm is rule 5: it tries all that wait, in their order. What no site that answers has is given up,
// unless sites that are away were seen with it: those are waited for.
func (o *ours) confirm() {
	slices.SortFunc(o.wait, func(a, b unsure) int { return a.Compare(b.Unconfirmed) })
	waits := o.wait
	o.wait = nil
	for _, u := range waits {
		left := unsure{Unconfirmed: u.Unconfirmed, site: u.site, until: u.until}
		for i, ok := range o.source(u.lines, u.site) {
			switch {
			case ok:
				o.n.Confirmed++
				o.n.Promised++
			case u.until > o.now && !o.rules.Hasty && o.away(u.lines[i]):
				left.lines, left.existed = append(left.lines, u.lines[i]), append(left.existed, u.existed[i])
			default:
				o.n.Declined++
				o.refuse(u.existed[i])
			}
		}
		o.waitFor(left)
	}
}

// waitFor has what is left of an order wait.
func (o *ours) waitFor(u unsure) {
	if len(u.lines) == 0 {
		return
	}
	if len(o.wait) == 0 || u.until < o.until {
		o.until = u.until
	}
	o.wait = append(o.wait, u)
}

// away says whether all that head office sees, and last saw of counters that are cut off, is what a line lacks.
func (o *ours) away(l Line) bool {
	sum := int32(0)
	for w := range o.w.Warehouses {
		sum += o.held[o.at(w, l.SKU)]
	}
	for s := o.w.Warehouses; s < o.w.Sites(); s++ {
		if was, changed := o.was[s][l.SKU]; changed {
			sum += was
		} else {
			sum += o.has(s, l.SKU)
		}
	}
	return sum >= l.Qty
}
