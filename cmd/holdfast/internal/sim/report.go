package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// brokenMax bounds how many broken invariants of one end are told in words.
const brokenMax = 20

// A Report is what a run came to. Its fields are those of the last line of sim --json.
type Report struct {
	Seed       uint64            `json:"seed"`
	Hours      int               `json:"hours"`
	Sites      int               `json:"sites"`
	Bad        string            `json:"bad"` // the disasters that it may have had
	Steps      uint64            `json:"steps"`
	Faults     map[string]uint64 `json:"faults"`
	Met        map[string]uint64 `json:"met"` // how often each fault met each kind of message or moment
	Orders     uint64            `json:"orders"`
	Accepted   uint64            `json:"accepted"`
	Refused    uint64            `json:"refused"`
	Offline    uint64            `json:"offline"` // accepted while head office was not reached
	CrossSite  uint64            `json:"cross_site"`
	Canceled   uint64            `json:"cancelled"`
	Entries    uint64            `json:"entries"`
	Oversold   uint64            `json:"oversold"`
	Displaced  uint64            `json:"displaced"` // units that an entry took from a promise, and named it
	Forgotten  uint64            `json:"forgotten"` // told yes by a book that lost it below the level shared; asked again
	Lost       uint64            `json:"lost"`
	Duplicated uint64            `json:"duplicated"`
	Violations uint64            `json:"violations"`
	Digest     string            `json:"digest"`

	Broken    []string      `json:"-"` // the invariants that broke, first one first
	Last      []string      `json:"-"` // the latest events before that
	Simulated time.Duration `json:"-"`
	done      bool
	stack     string
}

// A Run is one seed to be carried out.
type Run struct {
	Seed  uint64
	Hours int
	Sites int
	Bad   Disaster                 // that it may have
	Tick  func(done time.Duration) // told how far the company's time has come
	Echo  func(line string)        // given every event; may be nil
}

// Do carries it out. The error is ctx's alone, or ErrBounds; what broke stands in the report.
func (r *Run) Do(ctx context.Context) (*Report, error) {
	if r.Sites < SitesMin || r.Sites > SitesMax {
		return nil, fmt.Errorf("%w: %d sites; it takes %d to %d", ErrBounds, r.Sites, SitesMin, SitesMax)
	}
	if r.Hours < 1 || r.Hours > HoursMax {
		return nil, fmt.Errorf("%w: %d hours; it takes 1 to %d", ErrBounds, r.Hours, HoursMax)
	}
	c := newCompany(NewPlan(r.Seed, time.Duration(r.Hours)*time.Hour, r.Sites, r.Bad), guardNone)
	c.trace.echo, c.report.Bad = r.Echo, r.Bad.String()
	err := c.run(ctx, r.Tick)
	return &c.report, err
}

// ErrBounds says that a run was asked for that is too small or too large.
var ErrBounds = errors.New("out of bounds")

func runWithout(ctx context.Context, plan *Plan, off guard, tick func(done time.Duration)) (*Report, error) {
	c := newCompany(plan, off)
	c.report.Bad = plan.Disasters.String()
	err := c.run(ctx, tick)
	return &c.report, err
}

// Replay is the command that runs the same seed again.
func (r *Report) Replay() string {
	return fmt.Sprintf("holdfast sim --seed %d --hours %d --sites %d --bad %s", r.Seed, r.Hours, r.Sites, r.Bad)
}

// Story says how a run broke: the seed, the step, what broke and the latest events.
func (r *Report) Story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d broke at step %d, %s into it:\n", r.Seed, r.Steps, clock(r.Simulated))
	for _, s := range r.Broken {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	fmt.Fprintf(&b, "the last %d events:\n", len(r.Last))
	for _, s := range r.Last {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	b.WriteString(r.stack)
	return b.String()
}

// met counts how often a fault met something.
func (c *company) met(fault, what string) {
	c.report.Met[fault+": "+what]++
	switch fault {
	case "lost", "repeated", "late":
		c.report.Faults[fault]++
	}
}

func (c *company) count(what string) {
	switch what {
	case "orders":
		c.report.Orders++
	case "receipts":
	default:
		c.report.Faults[what]++
	}
}

func stack() string { return string(debug.Stack()) }
