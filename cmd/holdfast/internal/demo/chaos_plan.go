package demo

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
)

// What can happen to a company. Small things happen beside one another, for a while each; great
// ones one after the other, each until the company is well again.
const (
	badDelay   = "line slow"
	badLose    = "line loses"
	badRepeat  = "line repeats"
	badReset   = "line breaks connections"
	badCorrupt = "line corrupts"
	badNoUp    = "line dead towards HQ"
	badNoDown  = "line dead from HQ"
	badCut     = "line cut"
	badDead    = "line dead"
	badOne     = "line to one HQ server cut"

	badHQDelay  = "HQ server's line slow"
	badHQReset  = "HQ server's line breaks connections"
	badHQOneWay = "HQ server's line dead one way"
	badHQCut    = "HQ server's line cut"

	badKillNode   = "node killed"
	badKillServer = "HQ server killed"
	badKillLeader = "HQ leader killed"
	badStopNode   = "node stopped for a while"
	badStopServer = "HQ server stopped for a while"
	badDelivery   = "delivery"

	badFolderBack = "node's folder copied back"
	badBackup     = "node restored from a backup"
	badCopy       = "node's folder copied to a second node"
	badDiskLost   = "node's disk lost, node replaced"
	badMajority   = MajorityLost
	badHQRestored = HQRestored
)

// Great things that a caller can ask for alone, by Config.Only.
const (
	MajorityLost = "HQ majority lost and recovered"
	HQRestored   = "HQ restored from a backup"
)

func small() []string {
	return []string{badDelay, badLose, badRepeat, badReset, badCorrupt, badNoUp, badNoDown, badCut, badDead, badOne,
		badHQDelay, badHQReset, badHQOneWay, badHQCut,
		badKillNode, badKillServer, badKillLeader, badStopNode, badStopServer, badDelivery}
}

func great() []string {
	return []string{badFolderBack, badBackup, badCopy, badDiskLost, badMajority, badHQRestored}
}

// everyKindFrom is the length of a run from which on each kind has to have happened.
const everyKindFrom = 5 * time.Minute

// mostLast bounds how long nearly all small things last.
const mostLast = 20 * time.Second

// A mishap is one thing of the plan.
type mishap struct {
	at     time.Duration // small ones: after the clients began
	what   string
	site   int // each mishap names a site and a server, whichever of them it needs
	server int
	lasts  time.Duration
	up     bool // of one way: the way towards the server
	by     float64
}

// A chaosPlan is drawn from the seed before anything starts.
type chaosPlan struct {
	small []mishap // by time
	great []mishap // in order, round after round, as far as the time goes
}

// chaosOf draws the plan. Every kind comes once in each round, in an order of its own.
func chaosOf(seed uint64, d time.Duration, sites, servers int) chaosPlan {
	r := rand.New(rand.NewPCG(seed, 0x4348414f53))
	var p chaosPlan
	draw := func(what string, longest time.Duration) mishap {
		most := min(longest, mostLast)
		if r.IntN(10) == 0 { // nearly all is over soon, or little would happen; some of it is not
			most = longest
		}
		lasts := time.Second + time.Duration(r.Float64()*r.Float64()*float64(most))
		return mishap{what: what, site: r.IntN(sites), server: r.IntN(servers), lasts: lasts, up: r.IntN(2) == 0, by: r.Float64()}
	}
	rounds := func(kinds []string, longest time.Duration, take func(mishap) bool) {
		for {
			order := slices.Clone(kinds)
			r.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
			for _, what := range order {
				if !take(draw(what, longest)) {
					return
				}
			}
		}
	}
	// A short run sees only short faults, or it would see but a few.
	longest := min(d/10, 2*time.Minute)
	gap := min(max(d/60, 800*time.Millisecond), 3*time.Second)
	at := time.Second
	rounds(small(), longest, func(m mishap) bool {
		at += time.Duration((0.5 + r.Float64()) * float64(gap))
		m.at = at
		if at > d {
			return false
		}
		p.small = append(p.small, m)
		return true
	})
	most := int(d/(3*time.Second)) + len(great()) // no more fit, whatever they take
	rounds(great(), time.Second, func(m mishap) bool {
		p.great = append(p.great, m)
		return len(p.great) < most
	})
	return p
}

// faults says what is wrong with a line while a mishap lasts.
func (m *mishap) faults() badline.Faults {
	switch m.what {
	case badDelay:
		return badline.Faults{Delay: time.Duration(50+m.by*450) * time.Millisecond}
	case badHQDelay:
		return badline.Faults{Delay: time.Duration(5+m.by*75) * time.Millisecond}
	case badLose:
		return badline.Faults{Lose: 0.02 + 0.10*m.by}
	case badRepeat:
		return badline.Faults{Repeat: 0.1 + 0.4*m.by}
	case badReset, badHQReset:
		return badline.Faults{Reset: 0.02 + 0.20*m.by}
	case badCorrupt:
		return badline.Faults{Corrupt: 0.02 + 0.20*m.by}
	case badNoUp:
		return badline.Faults{NoUp: true}
	case badNoDown:
		return badline.Faults{NoDown: true}
	case badHQOneWay:
		return badline.Faults{NoUp: m.up, NoDown: !m.up}
	case badCut, badOne, badHQCut:
		return badline.Faults{Refuse: true}
	case badDead:
		return badline.Faults{NoUp: true, NoDown: true}
	}
	return badline.Faults{}
}
