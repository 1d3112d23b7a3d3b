package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
)

type benchAllocateCmd struct {
	Days  int    `help:"Days of demand of the synthetic companies." default:"364"`
	Seed  uint64 `help:"What the synthetic companies are drawn from." default:"1"`
	Cases int    `help:"Random orders held against brute force." default:"20000"`
	Plans int    `help:"Orders planned for the times." default:"20000"`
	Data  string `help:"Folder with complete_journey, online_retail and brunel_logistics; what is not there is said to be skipped." env:"HOLDFAST_DATA" placeholder:"DIR"`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// allocateRow is one goal of allocation.md, section 5, or a figure beside one.
type allocateRow struct {
	What     string `json:"what"`
	Goal     string `json:"goal,omitempty"` // none: a figure to hold the others against
	Measured string `json:"measured,omitempty"`
	Met      *bool  `json:"met,omitempty"` // of a goal that was measured
	Why      string `json:"why,omitempty"` // short of the goal: the reason; skipped: what lacks
}

// benchAllocateDone is what a bench of allocation ends with: the planner's times, and the table.
type benchAllocateDone struct {
	Ops          uint64     `json:"ops"`       // orders planned
	OpsPerSecond int64      `json:"ops_per_s"` // of processor time
	P50          int64      `json:"p50_us"`    // of processor time
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Max  int64         `json:"max_us"`
	Days int           `json:"days"`
	Seed uint64        `json:"seed"`
	Rows []allocateRow `json:"rows"`
}

// Bounds of what may be asked for: two leap years of demand, and minutes of planning.
const (
	allocateDaysLeast = 42 // the stock of the first four weeks is half of it
	allocateDaysMax   = 731
	allocateCasesMax  = 10_000_000
)

// Run measures allocation.
func (c *benchAllocateCmd) Run(h *house) error {
	switch {
	case c.Days < allocateDaysLeast || c.Days > allocateDaysMax:
		return fmt.Errorf("%w: --days must be %d to %d", errUsage, allocateDaysLeast, allocateDaysMax)
	case c.Cases < 1 || c.Cases > allocateCasesMax:
		return fmt.Errorf("%w: --cases must be 1 to %d", errUsage, allocateCasesMax)
	case c.Plans < 1 || c.Plans > allocateCasesMax:
		return fmt.Errorf("%w: --plans must be 1 to %d", errUsage, allocateCasesMax)
	}
	done := &benchAllocateDone{Clients: 1, Days: c.Days, Seed: c.Seed}
	for _, part := range []func(*house, *benchAllocateDone) error{c.limit, c.times, c.brute, c.synthetic, c.journey, c.invoices, c.day} {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		if err := part(h, done); err != nil {
			return fmt.Errorf("bench allocate: %w", err)
		}
	}
	return tellBench(h, c.JSON, done, done.words())
}

// limit measures the disk and the loopback of this machine, as every bench does. Planning touches neither.
func (c *benchAllocateCmd) limit(h *house, done *benchAllocateDone) error {
	dir, err := os.MkdirTemp("", "holdfast-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cat := goods.New(1, 100)
	orders := bench.NewOrders(1, 3, func(r *rand.Rand) string { return cat.Pick(r).SKU })
	probe, err := newProbe(h.ctx, dir, bench.TillConfig{Clients: 1, Orders: orders}, 3, time.Second)
	if err != nil {
		return err
	}
	err = probe.measure(h.ctx)
	done.Limit = probe.median()
	if stopped := probe.close(); err == nil {
		err = stopped
	}
	return err
}

// row adds a row with a goal that was measured; why counts only where it is short.
func (d *benchAllocateDone) row(what, goal, measured string, met bool, why string) {
	if met {
		why = ""
	}
	d.Rows = append(d.Rows, allocateRow{What: what, Goal: goal, Measured: measured, Met: &met, Why: why})
}

// beside adds a figure without a goal.
func (d *benchAllocateDone) beside(what, measured string) {
	d.Rows = append(d.Rows, allocateRow{What: what, Measured: measured})
}

// skip adds a goal that could not be measured.
func (d *benchAllocateDone) skip(what, goal, why string) {
	d.Rows = append(d.Rows, allocateRow{What: what, Goal: goal, Why: why})
}

// words tells people.
func (d *benchAllocateDone) words() string {
	var b strings.Builder
	for _, r := range d.Rows {
		said := "     "
		switch {
		case r.Met == nil && r.Measured == "":
			said = "skip "
		case r.Met != nil && *r.Met:
			said = "ok   "
		case r.Met != nil:
			said = "SHORT"
		}
		fmt.Fprintf(&b, "%s %s\n", said, r.What)
		if r.Goal != "" {
			fmt.Fprintf(&b, "        goal      %s\n", r.Goal)
		}
		if r.Measured != "" {
			fmt.Fprintf(&b, "        measured  %s\n", r.Measured)
		}
		if r.Why != "" {
			fmt.Fprintf(&b, "        because   %s\n", r.Why)
		}
	}
	return b.String() + fmt.Sprintf("\n%-40s%10s%12s%12s\n", "", "a second", "p50", "p99") + d.Limit.words()
}
