package raftsim

import (
	"fmt"
	"strings"
	"time"
)

// brokenMax bounds how many broken invariants are told in words.
const brokenMax = 20

// A Report is what a run came to. Its fields are those of the last line of sim --raft --json.
type Report struct {
	Mode       string         `json:"mode"` // raft
	Seed       uint64         `json:"seed"`
	Seconds    float64        `json:"seconds"`
	Servers    int            `json:"servers"`
	Sites      int            `json:"sites"`
	Orders     int            `json:"orders"`
	Accepted   int            `json:"accepted"`
	Refused    int            `json:"refused"`
	Unanswered int            `json:"unanswered"`
	Offline    int            `json:"offline"` // accepted while head office was not reached
	CrossSite  int            `json:"cross_site"`
	Entries    uint64         `json:"entries"`
	Leaders    int            `json:"leaders"` // terms in which a server was seen to lead
	Crashes    int            `json:"crashes"` // of servers
	Parted     int            `json:"partitions"`
	Happened   map[string]int `json:"happened"`
	WordsLost  int64          `json:"words_lost"`
	WordsLate  int64          `json:"words_late"`
	LinesBroke int64          `json:"lines_broken"`
	Oversold   int64          `json:"oversold"`
	Lost       int64          `json:"lost"`
	Duplicated int64          `json:"duplicated"`
	Altered    int64          `json:"altered"`
	Audit      string         `json:"audit"`
	Violations int            `json:"violations"`
	State      string         `json:"state"` // the digest that all servers' machines have; another one at each run

	Broken []string `json:"-"` // what broke, first one first
}

// Replay is the command that runs the same seed again.
func Replay(seed uint64, lasts time.Duration) string {
	return fmt.Sprintf("holdfast sim --raft --seed %d --for %s", seed, lasts)
}

// Story tells the report in words.
func (r *Report) Story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d on real raft: %d orders in %.1f s, %d accepted (%d offline, %d across sites), %d refused\n",
		r.Seed, r.Orders, r.Seconds, r.Accepted, r.Offline, r.CrossSite, r.Refused)
	fmt.Fprintf(&b, "%d leaders, %d servers crashed, %d partitions; %d words lost, %d late, %d lines broken\n",
		r.Leaders, r.Crashes, r.Parted, r.WordsLost, r.WordsLate, r.LinesBroke)
	fmt.Fprintf(&b, "oversold %d, lost %d, duplicated %d, altered %d; audit: %s\n", r.Oversold, r.Lost, r.Duplicated, r.Altered, r.Audit)
	for _, what := range r.Broken {
		fmt.Fprintf(&b, "  broken: %s\n", what)
	}
	fmt.Fprintf(&b, "violations: %d\n", r.Violations)
	return b.String()
}

// sum counts what happened.
func (s *show) sum() {
	r, l := &s.report, s.c.lines
	for what, n := range r.Happened {
		switch what {
		case actCrashLeader.String(), actSlowCrash.String():
			r.Crashes += n
		case actCrashTwo.String():
			r.Crashes += 2 * n
		case actCrashAll.String():
			r.Crashes += serversAll * n
		case actCutLeader.String(), actDeafLeader.String(), actMuteLeader.String(), actCutFollower.String(), actCutSite.String(), actHalfCutSite.String():
			r.Parted += n
		}
	}
	l.mu.Lock()
	r.WordsLost, r.WordsLate, r.LinesBroke = l.lost, l.late, l.broken
	l.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Leaders, r.Broken = len(s.led), s.broken
}
