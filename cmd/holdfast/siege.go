package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/siege"
)

type siegeCmd struct {
	For         time.Duration `help:"How long orders are counted before the attacks, and at least as long during them." default:"5s"`
	Connections int           `help:"Connections that say nothing, or a byte of a header now and then, all the while." default:"500"`
	Browser     string        `help:"A Chromium, which looks at a page of another origin while it is signed in. Default: none does." placeholder:"FILE" type:"existingfile"`
	Profiles    string        `help:"Write where node and head office spend their processor time into this folder, for go tool pprof." placeholder:"DIR" type:"existingdir"`
	Dir         string        `help:"Where the town lives; kept afterwards. Must be empty. Default: a folder that is removed." placeholder:"DIR"`
	Pour        []string      `help:"Be the attacker whose connections say nothing: ADDRESS=CONNECTIONS." hidden:"" placeholder:"ADDRESS=CONNECTIONS"`
	JSON        bool          `name:"json" help:"Print one JSON object as the last line; the story goes to stderr."`
}

// Help stands below the flags' usage.
func (*siegeCmd) Help() string {
	return "A head office and a node with all doors as they are shipped are attacked while people who have signed in at eight tills sell 50 times a second each: " +
		"by others' certificates and tokens, by guesses, by pages of other sites, by bodies and messages that are made to kill, by names that lead out of their folder or do something on a screen. " +
		"It fails where an attack was not refused, where an order that a till was told of is not in the book once, or where a secret stands in a log, an answer, a metric or the journal. " +
		"How many orders a second were kept is printed and never a reason to fail, with whose processor time it was: the node's, head office's, the tills', and that of the process whose connections say nothing."
}

// Connections of one siege; each is an open file, here and there.
const siegeConnectionsMax = 15_000

// Run plays a siege.
func (c *siegeCmd) Run(h *house) (err error) {
	most := siegeConnectionsMax
	if files := filesMax(); files > 0 {
		most = min(most, files-1000)
	}
	if c.For < time.Second || c.For > time.Hour || c.Connections < 0 || c.Connections > most {
		return fmt.Errorf("%w: --for must be 1s to 1h, --connections 0 to %d (ulimit -n)", errUsage, most)
	}
	if len(c.Pour) > 0 {
		return c.pour(h)
	}
	dir, remove, err := benchFolder("siege", c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	out := h.stdout
	if c.JSON {
		out = h.stderr
	}
	r, err := siege.Run(h.ctx, siege.Config{Dir: dir, Profiles: c.Profiles, For: c.For, Connections: c.Connections, Browser: c.Browser, Out: out})
	if err != nil {
		return withHint(fmt.Errorf("siege: %w", err), "with --dir DIR the folders stay")
	}
	if c.JSON {
		if err := json.NewEncoder(h.stdout).Encode(r); err != nil {
			return err
		}
	}
	for _, f := range r.Faults {
		fmt.Fprintf(out, "  fault: %s\n", f)
	}
	if !r.Holds() {
		return withHint(errors.New("siege: the town did not stand"), "see the faults above; --dir DIR keeps its folders")
	}
	return nil
}

// pour is the process that a siege starts for its connections.
func (c *siegeCmd) pour(h *house) error {
	to := map[string]int{}
	for _, p := range c.Pour {
		addr, count, _ := strings.Cut(p, "=")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || n > siegeConnectionsMax {
			return fmt.Errorf("%w: --pour must be ADDRESS=CONNECTIONS, of 0 to %d", errUsage, siegeConnectionsMax)
		}
		to[addr] = n
	}
	fmt.Fprintln(h.stdout, "pouring at", strings.Join(slices.Sorted(maps.Keys(to)), ","))
	return siege.Pour(h.ctx, to, h.stderr)
}
