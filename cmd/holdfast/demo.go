package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

type demoCmd struct {
	For     time.Duration `help:"How long clients sell while links are cut and processes killed, for example 30s. Without it nothing is broken and the company is open until Ctrl-C." placeholder:"30s"`
	Seed    uint64        `help:"Fixes the workload and the fault plan." default:"1"`
	Orders  string        `help:"Replay invoices from FILE (layout of the Online Retail data, .csv or .csv.gz)." placeholder:"FILE" type:"existingfile"`
	Dir     string        `help:"Where the company lives; kept afterwards. Must be empty. Default: a folder that is removed." placeholder:"DIR"`
	Rejects string        `help:"Where the rows of --orders that were not taken are listed." placeholder:"FILE" default:"rows-not-taken.csv"`
	JSON    bool          `name:"json" help:"Print one JSON object as the last line; the story goes to stderr."`
}

// Run plays the demo. It fails when a promise was broken, not when an order was refused.
func (c *demoCmd) Run(h *house) error {
	if c.For < 0 || c.For > 0 && c.For < 5*time.Second {
		return fmt.Errorf("%w: --for must be at least 5s", errUsage)
	}
	if c.Dir != "" {
		if held, err := os.ReadDir(c.Dir); err == nil && len(held) > 0 {
			return withHint(fmt.Errorf("demo: folder %s is not empty", c.Dir), "name a new folder, or leave --dir out")
		}
	}
	out := h.stdout
	if c.JSON {
		out = h.stderr
	}
	result, err := demo.Run(h.ctx, demo.Config{For: c.For, Seed: c.Seed, Orders: c.Orders, Dir: c.Dir, Rejects: c.Rejects, Env: world.New(), Out: out})
	if err != nil {
		return demoFault(h.ctx, err)
	}
	if c.For == 0 && c.Orders == "" {
		return nil
	}
	tell(out, result)
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(result); err != nil {
			return err
		}
	}
	if !result.Holds() {
		return withHint(fmt.Errorf("demo: a promise was broken with seed %d", c.Seed), "keep it with --dir DIR and the same seed, and look at the faults above")
	}
	return nil
}

// demoFault says what can be done about a demo that came to no count. Whoever stopped it needs
// no logs.
func demoFault(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return withHint(errors.New("demo: interrupted before anything was counted"), "let it run to its end; a shorter --for takes less time")
	}
	return withHint(fmt.Errorf("demo: %w", err), "with --dir DIR the logs of all six processes stay in DIR")
}

// tell prints the count as a shopkeeper would want to read it.
func tell(w io.Writer, r *demo.Result) {
	fmt.Fprintf(w, "\n%d orders offered in %.1f s, %d accepted (%.0f a second), %d refused, %d without an answer\n",
		r.Offered, r.Seconds, r.Accepted, r.OrdersPerSecond, r.Refused, r.Unanswered)
	fmt.Fprintf(w, "%d accepted while their site was cut off, %d served across sites\n", r.Offline, r.CrossSite)
	fmt.Fprintf(w, "%d lines cut, %d nodes and %d leaders killed; six processes in %d MB at most\n",
		r.LinesCut, r.NodesKilled, r.LeadersKilled, r.MemoryPeak>>20)
	fmt.Fprintf(w, "oversold %d, lost %d, duplicated %d, altered after receipt %d, unsynced %d, displaced %d; audit: %s\n",
		r.Oversold, r.Lost, r.Duplicated, r.Altered, r.Unsynced, r.Displaced, r.Audit)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  fault: %s\n", f)
	}
}
