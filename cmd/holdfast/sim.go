package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sim"
)

type simCmd struct {
	Seed    uint64 `help:"Everything that happens follows from it." default:"1"`
	Seeds   string `help:"Simulate a company of each of these seeds, for example 1-2000, on all processors."`
	Hours   int    `help:"Hours of the company's time." default:"2"`
	Sites   int    `help:"Sites, each third one a warehouse (2 to 50). 0: the seed chooses how many, what they trade in and what goes wrong how often." default:"0"`
	Bad     string `name:"bad" help:"Bad days that it may have: all, none, or names with commas (restores, replaces, clones, hq_restores, losses, passes, hands, clocks, partitions, disks)." default:"none"`
	Covered bool   `help:"With --seeds: fail if they have not brought about every combination of fault and message on the list."`
	Plan    string `help:"Carry out the plan in this file, not what a seed says." type:"existingfile"`
	Shrink  string `help:"If an invariant breaks, make the plan smaller for as long as the same one breaks, and write what is left to this file."`
	Trace   bool   `help:"Print every event."`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`

	Raft bool          `help:"Play the seed on real raft: three real servers of head office and three real nodes in this process, in real time, over lines in memory. The plan follows from the seed; what comes of it does not repeat bit for bit, as time is real."`
	For  time.Duration `help:"With --raft: how long clients are at it, in real time." default:"10s"`
	Dir  string        `help:"With --raft: where the company lives, with its logs; kept afterwards. Must be empty. Default: a folder that is removed." placeholder:"DIR"`
}

// errSim says that a simulation has broken an invariant.
var errSim = errors.New("an invariant is broken")

// simGarbage is how far the heap may grow before it is swept, in per cent of what is in use: a
// company is small, and nearly all that it makes is garbage at once.
const simGarbage = 400

// Run simulates one company, or many, and says what came of it.
func (c *simCmd) Run(h *house) error {
	if c.Raft {
		return c.onRaft(h)
	}
	bad, err := sim.ParseDisasters(c.Bad)
	if err != nil {
		return fmt.Errorf("sim: %w: %w", errUsage, err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(simGarbage))
	if c.Seeds != "" {
		return c.many(h, bad)
	}
	bar := c.bar(h, "minutes", int64(c.Hours)*60)
	run := &sim.Run{Seed: c.Seed, Hours: c.Hours, Sites: c.Sites, Bad: bad, Tick: func(done time.Duration) { bar(int64(done / time.Minute)) }}
	if c.Plan != "" {
		if run.Plan, err = readPlan(c.Plan); err != nil {
			return fmt.Errorf("sim: %w: %w", errUsage, err)
		}
		run.From = c.Plan
	}
	if c.Trace {
		run.Echo = func(line string) { fmt.Fprint(h.stderr, line) }
	}
	r, err := run.Do(h.ctx)
	bar(-1)
	if err != nil {
		return simFault(err)
	}
	if r.Violations > 0 && c.Shrink != "" {
		if r, err = c.shrink(h, run); err != nil {
			return simFault(err)
		}
	}
	if r.Violations > 0 {
		fmt.Fprint(h.stderr, r.Story())
	}
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(h.stdout, "seed %d: %d orders at %d sites in %d h, %d accepted (%d offline, %d across sites), %d refused\n",
			r.Seed, r.Orders, r.Sites, r.Hours, r.Accepted, r.Offline, r.CrossSite, r.Refused)
		fmt.Fprintf(h.stdout, "faults: %v\nviolations: %d\ndigest: %s\n", r.Faults, r.Violations, r.Digest)
	}
	if r.Violations > 0 {
		return withHint(fmt.Errorf("sim: %w: %s", errSim, r.Broken[0]), r.Replay())
	}
	return nil
}

func simFault(err error) error {
	if errors.Is(err, sim.ErrBounds) {
		return fmt.Errorf("sim: %w: %w", errUsage, err)
	}
	return fmt.Errorf("sim: %w", err)
}

// bar shows how far the work has come; below zero ends it. It begins with the first progress: a
// company that cannot be simulated has none.
func (c *simCmd) bar(h *house, label string, total int64) func(done int64) {
	f, ok := h.stderr.(*os.File)
	if !ok {
		return func(int64) {}
	}
	var bar *progress.Bar
	return func(done int64) {
		switch {
		case bar == nil && done < 0:
			return
		case bar == nil:
			bar = progress.ForFile(f, label, total, time.Now)
		case done < 0:
			_ = bar.Finish() // a bar that cannot be drawn changes nothing
			return
		}
		bar.Set(min(done, total))
	}
}
