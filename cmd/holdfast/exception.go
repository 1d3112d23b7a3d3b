package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/hq"
)

type exceptionCmd struct {
	List    exceptionListCmd    `cmd:"" help:"List what somebody must look at, newest first."`
	Resolve exceptionResolveCmd `cmd:"" help:"Say that an exception was seen to."`
}

type exceptionListCmd struct {
	access
	Site string `help:"Only this site's." placeholder:"NAME"`
	All  bool   `help:"Those that were closed, too."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// exceptionsMost bounds what the list shows: the newest.
const exceptionsMost = 200

// Run lists the exceptions.
func (c *exceptionListCmd) Run(h *house) error {
	q := url.Values{"limit": {fmt.Sprint(exceptionsMost)}, "all": {fmt.Sprint(c.All)}}
	if c.Site != "" {
		q.Set("site", c.Site)
	}
	var list hq.ExceptionList
	if err := c.call(h, http.MethodGet, "/v1/exceptions?"+q.Encode(), "", nil, &list); err != nil {
		return fmt.Errorf("list exceptions: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(list)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tWHAT\tSITE\tSKU\tORDER\tAT\tOWNER\tWHY")
	for _, e := range list.Exceptions {
		why := e.Why
		if e.Resolved != nil {
			why += fmt.Sprintf(" (closed by %s: %s)", e.Resolved.By, e.Resolved.Note)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.What, e.Site, e.SKU, e.Order, e.At, e.Owner, why)
	}
	return w.Flush()
}

type exceptionResolveCmd struct {
	access
	ID   uint64 `arg:"" name:"id" help:"Number of the exception."`
	Note string `help:"What was done; head office keeps it." required:"" placeholder:"WORDS"`
	By   string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run closes the exception.
func (c *exceptionResolveCmd) Run(h *house) error {
	var row hq.ExceptionRow
	key := fmt.Sprintf("exception-resolve-%d", c.ID)
	in := hq.ResolveRequest{Note: c.Note, By: signer(c.By)}
	if err := c.call(h, http.MethodPost, fmt.Sprintf("/v1/exceptions/%d/resolve", c.ID), key, in, &row); err != nil {
		return fmt.Errorf("resolve exception %d: %w", c.ID, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(row)
	}
	_, err := fmt.Fprintf(h.stdout, "exception %d (%s) is closed\n", row.ID, row.What)
	return err
}
