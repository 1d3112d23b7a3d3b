package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// An act is one thing that the plan does to the company.
type act uint8

const (
	actCutReset   act = iota // the site's line is cut: connections break
	actCutSilent             // the site's line goes dead: connections hang
	actHeal                  // the line is back
	actKillNode              // SIGKILL
	actStartNode             // the node is started again
	actKillLeader            // SIGKILL to whichever server leads at that moment
	actStartHQ               // the killed server is started again
	actDeliver               // goods come in at the site
)

func (a act) String() string {
	return [...]string{"line cut", "line dead", "line healed", "node killed", "node started", "HQ leader killed", "HQ server started", "delivery"}[a]
}

// A step of the plan happens at a time after the clients began.
type step struct {
	at   time.Duration
	act  act
	site int // index of the site; -1 where it is about head office
}

func (s step) text(sites []siteSpec) string {
	if s.site < 0 {
		return s.act.String()
	}
	return fmt.Sprintf("%s: %s", sites[s.site].name, s.act)
}

// planOf expands a seed into the whole plan before anything starts. Every site is cut off once
// in the middle of the run, two sites twice; at least one node and one leader are killed, the
// node while its line is cut in half of the seeds; all is healed in the last tenth.
func planOf(seed uint64, d time.Duration, sites int) []step {
	r := rand.New(rand.NewPCG(seed, 0x504c414e))
	part := func(a, b float64) time.Duration {
		return time.Duration((a + (b-a)*r.Float64()) * float64(d))
	}
	var steps []step
	cut := func(site int, from, to time.Duration) {
		how := actCutReset
		if r.IntN(2) == 0 {
			how = actCutSilent
		}
		steps = append(steps, step{from, how, site}, step{to, actHeal, site})
	}
	order := r.Perm(sites)
	for i, site := range order {
		from := part(0.10, 0.20) + time.Duration(i)*d/10
		cut(site, from, from+part(0.15, 0.25))
	}
	for _, site := range order[:min(2, sites)] {
		from := part(0.62, 0.68)
		cut(site, from, from+part(0.12, 0.18))
	}
	pause := min(d/20, 2*time.Second)
	kill := func(a, stop act, site int, at time.Duration) {
		steps = append(steps, step{at, a, site}, step{at + pause, stop, site})
	}
	kill(actKillNode, actStartNode, order[r.IntN(sites)], part(0.15, 0.30))
	kill(actKillLeader, actStartHQ, -1, part(0.35, 0.45))
	kill(actKillNode, actStartNode, order[r.IntN(sites)], part(0.50, 0.65))
	for site := range sites {
		steps = append(steps, step{part(0.30, 0.40), actDeliver, site}, step{part(0.60, 0.80), actDeliver, site})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	return steps
}
