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

// Run carries out one seed. The error is ctx's alone; what broke stands in the report.
func Run(ctx context.Context, seed uint64, hours, sites int, tick func(done time.Duration)) (*Report, error) {
	if sites < SitesMin || sites > SitesMax {
		return nil, fmt.Errorf("%w: %d sites; it takes %d to %d", ErrBounds, sites, SitesMin, SitesMax)
	}
	if hours < 1 || hours > HoursMax {
		return nil, fmt.Errorf("%w: %d hours; it takes 1 to %d", ErrBounds, hours, HoursMax)
	}
	return runWithout(ctx, NewPlan(seed, time.Duration(hours)*time.Hour, sites), guardNone, tick)
}

// ErrBounds says that a run was asked for that is too small or too large.
var ErrBounds = errors.New("out of bounds")

func runWithout(ctx context.Context, plan *Plan, off guard, tick func(done time.Duration)) (*Report, error) {
	c := newCompany(plan, off)
	err := c.run(ctx, tick)
	return &c.report, err
}

// Replay is the command that runs the same seed again.
func (r *Report) Replay() string {
	return fmt.Sprintf("holdfast sim --seed %d --hours %d --sites %d", r.Seed, r.Hours, r.Sites)
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
