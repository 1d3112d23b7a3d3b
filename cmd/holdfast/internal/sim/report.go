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
	Seed        uint64            `json:"seed"`
	Hours       int               `json:"hours"`
	Sites       int               `json:"sites"`
	Bad         string            `json:"bad"` // the disasters that it may have had
	Steps       uint64            `json:"steps"`
	Parted      float64           `json:"partitioned_site_hours"` // in which a site could not reach head office
	Faults      map[string]uint64 `json:"faults"`
	Met         map[string]uint64 `json:"met"` // how often each fault met each kind of message or moment
	Orders      uint64            `json:"orders"`
	Accepted    uint64            `json:"accepted"`
	Refused     uint64            `json:"refused"`
	Unconfirmed uint64            `json:"to_be_confirmed"` // taken without a promise for all of it; those that were confirmed are accepted, too
	Confirmed   uint64            `json:"confirmed"`
	Declined    uint64            `json:"declined"` // of these, at the end, of which some units were nowhere to be had
	Offline     uint64            `json:"offline"`  // accepted while head office was not reached
	CrossSite   uint64            `json:"cross_site"`
	Canceled    uint64            `json:"cancelled"`
	HandedOver  uint64            `json:"handed_over"` // units dispatched or collected
	Entries     uint64            `json:"entries"`
	Oversold    uint64            `json:"oversold"`
	Displaced   uint64            `json:"displaced"` // units that an entry took from a promise, and named it
	Forgotten   uint64            `json:"forgotten"` // told yes by a book that lost it below the level shared; asked again
	Lost        uint64            `json:"lost"`
	Duplicated  uint64            `json:"duplicated"`
	Violations  uint64            `json:"violations"`
	Digest      string            `json:"digest"`

	Broken    []string      `json:"-"` // the invariants that broke, first one first
	Last      []string      `json:"-"` // the latest events before that
	Simulated time.Duration `json:"-"`
	asked     int           // sites, as Run.Sites
	from      string        // the file of its plan
	done      bool
	stack     string
}

// A Run is one seed to be carried out.
type Run struct {
	Seed  uint64
	Hours int
	Sites int                      // 0: the seed chooses
	Bad   Disaster                 // that it may have
	Tick  func(done time.Duration) // told how far the company's time has come
	Echo  func(line string)        // given every event; may be nil
	Plan  *Plan                    // to be carried out in place of what the seed says; nil: none
	From  string                   // the file that Plan is from
	off   guard
}

// Do carries it out. The error is ctx's alone, or ErrBounds; what broke stands in the report.
func (r *Run) Do(ctx context.Context) (*Report, error) {
	plan := r.Plan
	if plan == nil {
		if err := inBounds(r.Sites, r.Hours); err != nil {
			return nil, err
		}
		plan = r.expand()
	}
	c := newCompany(plan, r.off)
	c.trace.echo, c.report.Bad, c.report.asked, c.report.from = r.Echo, r.Bad.String(), r.Sites, r.From
	err := c.run(ctx, r.Tick)
	return &c.report, err
}

func (r *Run) expand() *Plan {
	return NewPlan(r.Seed, time.Duration(r.Hours)*time.Hour, r.Sites, r.Bad)
}

// Shrinker makes the plan of the run smaller.
func (r *Run) Shrinker() *Shrinker {
	s := &Shrinker{Plan: r.Plan, off: r.off}
	if s.Plan == nil {
		s.Plan = r.expand()
	}
	return s
}

func inBounds(sites, hours int) error {
	if sites != 0 && (sites < SitesMin || sites > SitesMax) {
		return fmt.Errorf("%w: %d sites; it takes %d to %d, or 0: the seed chooses", ErrBounds, sites, SitesMin, SitesMax)
	}
	if hours < 1 || hours > HoursMax {
		return fmt.Errorf("%w: %d hours; it takes 1 to %d", ErrBounds, hours, HoursMax)
	}
	return nil
}

// ErrBounds says that a run was asked for that is too small or too large.
var ErrBounds = errors.New("out of bounds")

func runWithout(ctx context.Context, plan *Plan, off guard, tick func(done time.Duration)) (*Report, error) {
	c := newCompany(plan, off)
	c.report.Bad, c.report.asked = plan.Disasters.String(), len(plan.Sites)
	err := c.run(ctx, tick)
	return &c.report, err
}

// From says that the run's plan is in a file now.
func (r *Report) From(name string) { r.from = name }

// Replay is the command that runs the same seed again.
func (r *Report) Replay() string {
	if r.from != "" {
		return "holdfast sim --plan " + r.from
	}
	return fmt.Sprintf("holdfast sim --seed %d --hours %d --sites %d --bad %s", r.Seed, r.Hours, r.asked, r.Bad)
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
