package allocate

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Words says a decision for people, in a few sentences.
func (d *Decision) Words() string {
	var b strings.Builder
	switch {
	case len(d.Sites) == 0:
		return "Nothing is served: no site that may serve the order has what it wants."
	case len(d.Other) == 0:
		fmt.Fprintf(&b, "Served by %s: no other sites were found that have as much.", names(d.Sites))
	default:
		fmt.Fprintf(&b, "Served by %s. Next best: %s. What decided: %s", names(d.Sites), names(d.Other), d.Decided)
		if d.Decided < SiteIDs && d.Decided != RankSum {
			fmt.Fprintf(&b, ", %d against %d", d.Score[d.Decided], d.OtherHas[d.Decided])
		}
		b.WriteString(".")
	}
	if n := d.Score[LateUnits]; n > 0 {
		fmt.Fprintf(&b, " %d units on %d lines are not there by the date, whoever serves.", n, d.Score[LateLines])
	}
	if d.Unproved {
		b.WriteString(" There may be a better way: not all were looked at.")
	}
	return b.String()
}

// names lists sites as people do, the first few of many.
func names(sites []ledger.SiteID) string {
	const most = 5
	out := make([]string, 0, len(sites))
	for _, s := range sites {
		out = append(out, string(s))
	}
	if more := len(out) - most; more > 0 {
		out = append(out[:most], fmt.Sprintf("%d more", more))
	}
	if last := len(out) - 1; last > 0 {
		return strings.Join(out[:last], ", ") + " and " + out[last]
	}
	return strings.Join(out, "")
}
