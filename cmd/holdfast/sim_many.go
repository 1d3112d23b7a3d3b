package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sim"
)

// errUncovered says that seeds have not brought about what they had to.
var errUncovered = errors.New("not every combination of fault and message has met")

// many simulates a company of each seed.
func (c *simCmd) many(h *house, bad sim.Disaster) error {
	seeds, err := sim.ParseSeeds(c.Seeds)
	if err != nil {
		return fmt.Errorf("sim: %w: %w", errUsage, err)
	}
	bar, done := c.bar(h, "seeds", int64(seeds.Count())), int64(0)
	began, worked := time.Now(), processorTime()
	m := &sim.Many{Seeds: seeds, Hours: c.Hours, Sites: c.Sites, Bad: bad, Workers: runtime.GOMAXPROCS(0),
		Done:   func() { done++; bar(done) },
		Failed: func(r *sim.Report) { fmt.Fprintf(h.stderr, "seed %d: %s\n  %s\n", r.Seed, r.Broken[0], r.Replay()) },
	}
	s, err := m.Do(h.ctx)
	bar(-1)
	if err != nil {
		return simFault(err)
	}
	s.Took(time.Since(began), processorTime()-worked)
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(s); err != nil {
			return err
		}
	} else {
		c.tell(h, s)
	}
	switch {
	case s.Violations > 0:
		return withHint(fmt.Errorf("sim: %w in %d of %d seeds", errSim, len(s.Failed), s.Seeds), s.Failed[0].Replay)
	case c.Covered && len(s.Unmet) > 0:
		return fmt.Errorf("sim: %w: %q", errUncovered, s.Unmet)
	}
	return nil
}

func (c *simCmd) tell(h *house, s *sim.Summary) {
	fmt.Fprintf(h.stdout, "%d seeds, %d site-hours, %.0f of them out of head office's reach; %d orders, %d accepted (%d offline, %d across sites)\n",
		s.Seeds, s.SiteHours, s.Parted, s.Orders, s.Accepted, s.Offline, s.CrossSite)
	fmt.Fprintf(h.stdout, "%d crashes, %d restarts of head office, %d restores and %d of head office, %d disks lost, %d clones, %d declared lost, %d partitions\n",
		s.Crashes, s.HQRestarts, s.Restores, s.HQRestores, s.DisksLost, s.Clones, s.Losses, s.Partitions)
	fmt.Fprintf(h.stdout, "%.0f s, %.0f s of processors, %.0f site-hours a minute of one; combinations that never met: %d\n",
		s.Seconds, s.CPUSeconds, s.PerCPUMin, len(s.Unmet))
	fmt.Fprintf(h.stdout, "violations: %d\ndigest: %s\n", s.Violations, s.Digest)
}
