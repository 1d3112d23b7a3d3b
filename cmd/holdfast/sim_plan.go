package main

import (
	"fmt"
	"os"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sim"
)

func readPlan(name string) (*sim.Plan, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := sim.ReadPlan(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return p, nil
}

// shrink makes the plan of a run that broke smaller, writes what is left to a file and says what it is.
func (c *simCmd) shrink(h *house, run *sim.Run) (*sim.Report, error) {
	s := run.Shrinker()
	all := int64(len(s.Plan.Acts))
	bar := c.bar(h, "acts left out", all)
	s.Tick = func(_, acts int) { bar(all - int64(acts)) }
	p, r, err := s.Do(h.ctx)
	bar(-1)
	if err != nil {
		return nil, err
	}
	f, err := os.Create(c.Shrink)
	if err != nil {
		return nil, err
	}
	if err := p.Write(f); err != nil {
		_ = f.Close() // the first fault is told
		return nil, fmt.Errorf("write %s: %w", c.Shrink, err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	fmt.Fprintf(h.stderr, "%d of %d acts are left in %s:\n", len(p.Acts), all, c.Shrink)
	for i := range p.Acts {
		fmt.Fprintf(h.stderr, "  %s\n", p.Acts[i].Words())
	}
	r.From(c.Shrink)
	return r, nil
}
