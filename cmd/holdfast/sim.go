package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sim"
)

type simCmd struct {
	Seed  uint64 `help:"Everything that happens follows from it." default:"1"`
	Hours int    `help:"Hours of the company's time." default:"2"`
	Sites int    `help:"Sites, each third one a warehouse (2 to 40)." default:"3"`
	Bad   string `name:"bad" help:"Bad days that it may have: all, none, or names with commas (restores, replaces, clones, hq_restores, losses, passes, hands, clocks, partitions, disks)." default:"none"`
	Trace bool   `help:"Print every event."`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// errSim says that a simulation has broken an invariant.
var errSim = errors.New("an invariant is broken")

// Run simulates one company and says what came of it.
func (c *simCmd) Run(h *house) error {
	bad, err := sim.ParseDisasters(c.Bad)
	if err != nil {
		return fmt.Errorf("sim: %w: %w", errUsage, err)
	}
	bar := c.bar(h)
	run := &sim.Run{Seed: c.Seed, Hours: c.Hours, Sites: c.Sites, Bad: bad, Tick: func(done time.Duration) { bar(int64(done / time.Minute)) }}
	if c.Trace {
		run.Echo = func(line string) { fmt.Fprint(h.stderr, line) }
	}
	r, err := run.Do(h.ctx)
	bar(-1)
	if errors.Is(err, sim.ErrBounds) {
		return fmt.Errorf("sim: %w: %w", errUsage, err)
	}
	if err != nil {
		return fmt.Errorf("sim: %w", err)
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

// bar shows how far the company's time has come, in minutes; below zero ends it. It begins with
// the first of them: a company that cannot be simulated has none.
func (c *simCmd) bar(h *house) func(done int64) {
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
			bar = progress.ForFile(f, "minutes", int64(c.Hours)*60, time.Now)
		case done < 0:
			_ = bar.Finish() // a bar that cannot be drawn changes nothing
			return
		}
		bar.Set(min(done, int64(c.Hours)*60))
	}
}
