package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/raftsim"
)

// onRaft plays the seed with real servers and nodes, in real time.
func (c *simCmd) onRaft(h *house) error {
	if c.Seeds != "" || c.Plan != "" || c.Shrink != "" || c.Trace || c.Covered || c.Sites != 0 || c.Bad != "none" {
		return fmt.Errorf("sim: %w: --raft goes with --seed, --for, --dir and --json only", errUsage)
	}
	if c.Dir != "" {
		if held, err := os.ReadDir(c.Dir); err == nil && len(held) > 0 {
			return withHint(fmt.Errorf("sim: folder %s is not empty", c.Dir), "name a new folder, or leave --dir out")
		}
	}
	out := h.stdout
	if c.JSON {
		out = h.stderr
	}
	r, err := (&raftsim.Run{Seed: c.Seed, For: c.For, Dir: c.Dir, Out: out}).Do(h.ctx)
	switch {
	case errors.Is(err, raftsim.ErrBounds):
		return fmt.Errorf("sim: %w: --for: %w", errUsage, err)
	case err != nil:
		return withHint(fmt.Errorf("sim: %w", err), "with --dir DIR the logs of all six stay in DIR")
	}
	fmt.Fprint(out, r.Story())
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(r); err != nil {
			return err
		}
	}
	if r.Violations > 0 {
		return withHint(fmt.Errorf("sim: %w: %s", errSim, r.Broken[0]),
			"time is real here, so try more than once: "+raftsim.Replay(r.Seed, c.For.Round(time.Millisecond))+" --dir DIR keeps all books and logs")
	}
	return nil
}
