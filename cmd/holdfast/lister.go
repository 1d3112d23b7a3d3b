package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A lister is how a command lists what a book gives page by page: all of it is fetched, and printed as one JSON object, or as a table.
type lister[Page, Row any] struct {
	path    string     // of the call
	query   url.Values // what is asked for; empty values are left out
	limit   int        // rows of a page; 0: the whole list is one page
	rows    func(*Page) *[]Row
	next    func(*Page) string // the cursor of the next page; "" after the last
	keep    func(*Row) bool    // nil: every row
	columns string             // of the table, with tabs between them
	row     func(io.Writer, *Row)
}

// run lists to the command's output. what says in a fault what was to be listed.
func (l *lister[Page, Row]) run(h *house, a *access, what string, asJSON bool) error {
	cl, err := a.client()
	if err != nil {
		return err
	}
	q := url.Values{}
	if l.limit > 0 {
		q.Set("limit", strconv.Itoa(l.limit))
	}
	for name, v := range l.query {
		if strings.Join(v, "") != "" {
			q[name] = v
		}
	}
	var all Page
	*l.rows(&all) = []Row{} // a list of none is none, not null
	for {
		var page Page
		if _, err := cl.Do(h.ctx, http.MethodGet, l.path+"?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("list %s: %w", what, callFault(err, a.To))
		}
		for _, r := range *l.rows(&page) {
			if l.keep == nil || l.keep(&r) {
				*l.rows(&all) = append(*l.rows(&all), r)
			}
		}
		if l.next(&page) == "" {
			break
		}
		q.Set("cursor", l.next(&page))
	}
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, l.columns)
	for i := range *l.rows(&all) {
		l.row(w, &(*l.rows(&all))[i])
	}
	return w.Flush()
}
