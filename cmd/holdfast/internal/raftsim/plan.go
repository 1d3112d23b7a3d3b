package raftsim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// An act is one thing that the plan does to the company.
type act uint8

const (
	actCutLeader   act = iota // the leader and the other servers say nothing to each other
	actDeafLeader             // the leader hears nothing of the other servers
	actMuteLeader             // the other servers hear nothing of the leader
	actCutFollower            // a follower and the other servers say nothing to each other
	actCrashLeader            // the leader is gone in the middle of what it does
	actStopLeader             // the leader is told to stop, and hands over
	actCrashTwo               // the leader is gone, and the one that follows it too: there is no majority
	actCrashAll               // all servers lose their power, and are started again
	actSlowCrash              // the servers' lines are slow, and then the leader is gone
	actMendHQ                 // the servers' lines are well, and whoever is down is started
	actCutSite                // a site and all servers say nothing to each other
	actHalfCutSite            // a site and the leader say nothing to each other
	actSlowSite               // a site's lines are slow
	actMendSite               // a site's lines are well
	actCrashNode              // a site's node is gone
	actStartNode              // it is started
	actLoseAnswers            // lines break as answers go out
	actKeepAnswers            // they do not any more
	actDeliver                // goods come in at a site
)

func (a act) String() string {
	return [...]string{"leader cut off", "leader deaf", "leader mute", "follower cut off", "leader crashed", "leader stopped", "two leaders crashed",
		"all servers crashed", "leader crashed behind slow lines", "head office mended", "site cut off", "site cut off from the leader", "site behind slow lines", "site mended",
		"node crashed", "node started", "answers get lost", "answers come again", "delivery"}[a]
}

// falls are the ways in which head office loses a server.
func falls() []act {
	return []act{actCutLeader, actCrashLeader, actMuteLeader, actCrashTwo, actDeafLeader, actCrashAll, actSlowCrash, actCutFollower, actStopLeader}
}

// A step of the plan happens at a time after the clients began.
type step struct {
	at   time.Duration
	act  act
	site int // index of the site; -1 where it is about head office, or all
}

const (
	fallLasts = 1200 * time.Millisecond // that head office does without whom it lost
	fallPause = 600 * time.Millisecond  // until it loses another

	troubleLeast = 600 * time.Millisecond // that a site's lines are out of order, or answers get lost
)

// planOf expands a seed into all that is to go wrong. Head office loses one server after the other, each
// in another way; which is the first follows from the seed. Each site is cut off, or half or nearly so; a node
// crashes; answers get lost twice. In the last tenth nothing goes wrong any more.
func planOf(seed uint64, d time.Duration, sites int) []step {
	r := rand.New(rand.NewPCG(seed, 0x524146545349))
	var steps []step
	ways := falls()
	r.Shuffle(len(ways), func(i, k int) { ways[i], ways[k] = ways[k], ways[i] })
	at := fallPause + time.Duration(r.Int64N(int64(fallPause))) // some orders have been taken by then
	for i := 0; at+fallLasts < d*9/10; i++ {
		steps = append(steps, step{at, ways[i%len(ways)], -1}, step{at + fallLasts, actMendHQ, -1})
		at += fallLasts + fallPause/2 + time.Duration(r.Int64N(int64(fallPause)))
	}
	part := func(a, b float64) time.Duration { return time.Duration((a + (b-a)*r.Float64()) * float64(d)) }
	during := func(from, lasts time.Duration, a, end act, site int) {
		steps = append(steps, step{from, a, site}, step{min(from+max(lasts, troubleLeast), d*9/10), end, site})
	}
	order := r.Perm(sites)
	for i, site := range order {
		troubles := []act{actCutSite, actHalfCutSite, actSlowSite}
		during(part(0.08, 0.20)+time.Duration(i)*d/8, part(0.12, 0.22), troubles[(i+int(seed%3))%len(troubles)], actMendSite, site)
		steps = append(steps, step{part(0.30, 0.45), actDeliver, site}, step{part(0.60, 0.80), actDeliver, site})
	}
	during(part(0.58, 0.66), part(0.15, 0.22), actCutSite, actMendSite, order[0])
	during(part(0.35, 0.55), min(d/12, time.Second), actCrashNode, actStartNode, order[len(order)-1])
	during(part(0.05, 0.15), part(0.15, 0.25), actLoseAnswers, actKeepAnswers, -1)
	during(part(0.50, 0.60), part(0.15, 0.25), actLoseAnswers, actKeepAnswers, -1)
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	return steps
}
