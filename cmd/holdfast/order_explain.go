package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderExplainCmd struct {
	access
	ID   string `arg:"" name:"id" help:"The order's id, its number, or its number in another system (external id)."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run says why an order was served from where it was.
func (c *orderExplainCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, "")
	if err != nil {
		return fmt.Errorf("explain order %s: %w", c.ID, err)
	}
	var e contract.Explanation
	if err := c.call(h, http.MethodGet, "/v1/orders/"+string(id)+"/explain", "", nil, &e); err != nil {
		return fmt.Errorf("explain order %s: %w", id, orderFault(err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(e)
	}
	if err := tellStory(h, &e); err != nil {
		return err
	}
	if e.Decision != nil {
		fmt.Fprintf(h.stdout, "\nThe last plan: %s\n", e.Decision.Words)
	} else {
		fmt.Fprintln(h.stdout, "\nThe last plan:")
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tSITE\tHAS\tWHY")
	for _, l := range e.Lines {
		for _, s := range l.Candidates {
			fmt.Fprintf(w, "%d\t%s\t%d\t%s\n", l.Line, s.Site, s.Promisable, s.Why)
		}
	}
	return w.Flush()
}

// tellStory prints what happened to an order, the first step first.
func tellStory(h *house, e *contract.Explanation) error {
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	for i := range e.Story {
		s := &e.Story[i]
		if i == 1 && e.LeftOut > 0 {
			fmt.Fprintf(w, "\t(%s left out)\n", howMany(int(e.LeftOut), "step"))
		}
		fmt.Fprintf(w, "%s\t%s\n", or(clockOf(s.At), "-"), s.Words)
	}
	return w.Flush()
}

// howMany is a number of things: 1 step, 2 steps.
func howMany(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
