package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
)

type benchAllocateCmd struct {
	Only  string `help:"One half alone: tables (simulated, planned) or office (three real servers under load). Default: both." enum:",tables,office" default:""`
	Days  int    `help:"Days of demand of the synthetic companies." default:"364"`
	Seed  uint64 `help:"What the synthetic companies are drawn from." default:"1"`
	Cases int    `help:"Random orders held against brute force." default:"20000"`
	Plans int    `help:"Orders planned for the times." default:"20000"`
	Data  string `help:"Folder with complete_journey, online_retail and brunel_logistics; what is not there is said to be skipped." env:"HOLDFAST_DATA" placeholder:"DIR"`
	More  bool   `help:"Also play and print what hangs on what was chosen where no data tell: articles, opening stock, shares, layouts. Takes minutes more."`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`

	benchOffice `embed:""`
}

// allocateRow is one goal of allocation.md, section 5, or a figure beside one.
type allocateRow struct {
	What     string `json:"what"`
	Goal     string `json:"goal,omitempty"` // none: a figure to hold the others against
	Measured string `json:"measured,omitempty"`
	Met      *bool  `json:"met,omitempty"` // of a goal that was measured
	Why      string `json:"why,omitempty"` // short of the goal: the reason; skipped: what lacks
}

// benchAllocateDone is what a bench of allocation ends with: the table, and the figures behind it. The
// first figures are those of orders at head office, or the planner's where only the tables were made.
type benchAllocateDone struct {
	Ops          uint64     `json:"ops"`
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"`
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Planning *allocatePlanning `json:"planning,omitempty"`
	Office   *benchOfficeDone  `json:"office,omitempty"`
	Days     int               `json:"days,omitempty"`
	Seed     uint64            `json:"seed,omitempty"`
	Rows     []allocateRow     `json:"rows"`
}

// allocatePlanning is how long a plan takes, of the processor's time.
type allocatePlanning struct {
	Ops          uint64 `json:"ops"`
	OpsPerSecond int64  `json:"ops_per_s"`
	P50          int64  `json:"p50_us"`
	P99          int64  `json:"p99_us"`
	P999         int64  `json:"p999_us"`
	Max          int64  `json:"max_us"`
	Unproved     int    `json:"unproved"`
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
	if err := c.benchOffice.check(); err != nil {
		return err
	}
	tables := []func(*house, *benchAllocateDone) error{c.limit, c.times, c.brute, c.again, c.synthetic, c.more, c.journey, c.invoices, c.day}
	done := &benchAllocateDone{Clients: 1}
	var parts []func(*house, *benchAllocateDone) error
	if c.Only != "office" {
		parts, done.Days, done.Seed = append(tables, tableTimes(time.Now(), processorTime())), c.Days, c.Seed
		fmt.Fprintln(h.stderr, "the tables of a year take three to four minutes of a processor's time, with --more six")
	}
	if c.Only != "tables" {
		parts = append(parts, c.atWork)
	}
	for _, part := range parts {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		if err := part(h, done); err != nil {
			return fmt.Errorf("bench allocate: %w", err)
		}
	}
	return tellBench(h, c.JSON, done, done.words())
}

// tableTimes is how long the tables have taken.
func tableTimes(began time.Time, worked time.Duration) func(*house, *benchAllocateDone) error {
	return func(_ *house, done *benchAllocateDone) error {
		done.beside("all tables up to here", fmt.Sprintf("%.0f s, %.0f s of the processors' time", time.Since(began).Seconds(), (processorTime()-worked).Seconds()))
		return nil
	}
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
	if d.Office != nil {
		return b.String() + "\n" + d.Office.words()
	}
	return b.String() + fmt.Sprintf("\n%-40s%10s%12s%12s\n", "", "a second", "p50", "p99") + d.Limit.words()
}

// atWork measures head office, and holds it against its goals.
func (c *benchAllocateCmd) atWork(h *house, done *benchAllocateDone) error {
	o, err := c.benchOffice.measured(h)
	if err != nil {
		return err
	}
	done.Office, done.Limit, done.Clients = o, o.Limit, o.Clients
	done.Ops, done.OpsPerSecond, done.P50, done.P99, done.P999 = o.Ops, o.OpsPerSecond, o.P50, o.P99, o.P999
	orders, alone, empty, borrowed := o.load("orders"), o.load("alone"), o.load("empty_alone"), o.load("borrowed")
	size := fmt.Sprintf("three servers, %d sites, %d articles, ", o.Sites, o.SKUs)
	each := max(orders.CPU+orders.CPUGenerator, 1)
	done.row(size+fmt.Sprintf("%d clients, orders of %d lines, the load on the same machine", o.Clients, o.Lines), "at least 6,500 a second (4,000 at the least)",
		fmt.Sprintf("%d a second", o.OpsPerSecond), o.OpsPerSecond >= 6500,
		fmt.Sprintf("an order takes %d us of processor time, of which %d are the load's: %d processors are full at %d a second", each, orders.CPUGenerator, runtime.NumCPU(), int64(runtime.NumCPU())*1_000_000/each))
	done.row(size+"the same orders, from submit to promised", "p99 under 40 ms (50 ms at the most)", ms(o.P99), o.P99 < 40_000,
		fmt.Sprintf("%d clients that wait for each other at %d a second wait %s in the mean", o.Clients, o.OpsPerSecond, ms(int64(o.Clients)*1_000_000/max(o.OpsPerSecond, 1))))
	done.row(size+fmt.Sprintf("one client, one borrow from a counter %v away each way", farWait), "p99 under 250 ms", ms(borrowed.P99), borrowed.P99 < 250_000,
		fmt.Sprintf("the line alone takes %v there and back; p50 is %s", 2*farWait, ms(borrowed.P50)))
	done.row(size+"one client", "p50 under 1.5 ms", ms(alone.P50), alone.P50 < 1500,
		fmt.Sprintf("an empty entry takes %s at one client in the same run, a sync of this disk %s, and raft syncs twice, one after the other", ms(empty.P50), ms(o.Limit.FsyncP50)))
	return nil
}
