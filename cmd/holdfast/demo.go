package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

type demoCmd struct {
	For     time.Duration `help:"How long clients sell while links are cut and processes killed, for example 30s. Without it nothing is broken and the company is open until Ctrl-C." placeholder:"30s"`
	Chaos   time.Duration `help:"Instead of --for: how long everything happens to the company that can: bad lines, killed and stopped processes, disks lost, folders put back and copied, head office lost and restored. 5m and more see each of it." placeholder:"30m"`
	Seed    uint64        `help:"Fixes the workload and the fault plan." default:"1"`
	Orders  string        `help:"Replay invoices from FILE (layout of the Online Retail data, .csv or .csv.gz)." placeholder:"FILE" type:"existingfile"`
	Dir     string        `help:"Where the company lives; kept afterwards. Must be empty. Default: a folder that is removed." placeholder:"DIR"`
	Rejects string        `help:"Where the rows of --orders that were not taken are listed." placeholder:"FILE" default:"rows-not-taken.csv"`
	JSON    bool          `name:"json" help:"Print one JSON object as the last line; the story goes to stderr."`
}

// Run plays the demo. It fails when a promise was broken, not when an order was refused.
func (c *demoCmd) Run(h *house) error {
	if c.Chaos != 0 {
		if c.For != 0 || c.Orders != "" || c.Chaos < 20*time.Second {
			return fmt.Errorf("%w: --chaos must be at least 20s, and goes without --for and --orders", errUsage)
		}
		c.For = c.Chaos
	}
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
	cfg := demo.Config{For: c.For, Chaos: c.Chaos > 0, Seed: c.Seed, Orders: c.Orders, Dir: c.Dir, Rejects: c.Rejects, Env: world.New(), Out: out}
	if cfg.Chaos {
		shown := bar(h.stderr, "chaos, seconds", int64(c.For.Seconds()))
		cfg.Bar = func(done, _ int64) { shown.Set(done) }
		defer func() { _ = shown.Finish() }() // a bar that cannot be drawn changes nothing
	}
	result, err := demo.Run(h.ctx, cfg)
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
	fmt.Fprintf(w, "came back beyond what was sold %d, transfers and returns unsettled %d, counts undone %d, goods untold %d\n",
		r.OverReturned, r.Unsettled, r.CountsUndone, r.GoodsUntold)
	fmt.Fprintf(w, "money untold %d, given back beyond what was paid %d, gaps among receipts %d, drawers wrong %d, days wrong %d, credit beyond its limit %d\n",
		r.MoneyUntold, r.OverRefunded, r.ReceiptGaps, r.DrawersWrong, r.DaysWrong, r.OverCredit)
	fmt.Fprintf(w, "acts of people that do not name who, where and by whose leave %d\n", r.Unnamed)
	for _, what := range slices.Sorted(maps.Keys(r.Done)) {
		fmt.Fprintf(w, "%5d  %s\n", r.Done[what], strings.ReplaceAll(what, "_", " "))
	}
	tellChaos(w, r)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  fault: %s\n", f)
	}
}

// tellChaos prints what happened, how often, and what came of it.
func tellChaos(w io.Writer, r *demo.Result) {
	if r.Happened == nil {
		return
	}
	for _, what := range slices.Sorted(maps.Keys(r.Happened)) {
		fmt.Fprintf(w, "%5d  %s\n", r.Happened[what], what)
	}
	fmt.Fprintf(w, "pieces on bad lines: %d delayed, %d lost, %d repeated, %d corrupted; %d connections broken\n",
		r.Line["delayed"], r.Line["lost"], r.Line["repeated"], r.Line["corrupted"], r.Line["reset"])
	fmt.Fprintf(w, "%d sold in the hand by sites that promised nothing; copies of nodes were asked %d times and promised nothing\n", r.InHand, r.Copies)
	fmt.Fprintf(w, "%d orders were gone with a disk before anybody else had them, and could not be had any more when told again\n", r.Gone)
	for _, what := range r.Never {
		fmt.Fprintf(w, "never happened: %s\n", what)
	}
}
