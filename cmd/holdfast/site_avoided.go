package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

type siteShowCmd struct {
	access
	Site string `arg:"" name:"name" help:"Name of the site."`
	All  bool   `help:"Of what is avoided there also what was lifted, and what is over and waits for a count."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// siteShown is what is printed of a site.
type siteShown struct {
	hq.SiteRow
	Avoidances []hq.AvoidanceRow `json:"avoidances"`
}

// avoidedMost is how many avoidances are fetched at a time.
const avoidedMost = 1000

// Run shows one site, and what is not planned from it for a while.
func (c *siteShowCmd) Run(h *house) error {
	site, err := ledger.ParseSite(c.Site)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	cl, err := c.client()
	if err != nil {
		return err
	}
	var sites hq.SiteRows
	if _, err := cl.Do(h.ctx, http.MethodGet, "/v1/sites", "", nil, &sites); err != nil {
		return fmt.Errorf("show site %s: %w", site, callFault(err, c.To))
	}
	out := siteShown{Avoidances: []hq.AvoidanceRow{}}
	for _, s := range sites {
		if s.Site.Site == site {
			out.SiteRow = s
		}
	}
	if out.Site.Site == "" {
		return withHint(fmt.Errorf("show site %s: head office knows no such site", site), "holdfast site list lists those that it knows")
	}
	q := url.Values{"site": {string(site)}, "limit": {fmt.Sprint(avoidedMost)}, "all": {fmt.Sprint(c.All)}}
	for {
		var page hq.AvoidanceList
		if _, err := cl.Do(h.ctx, http.MethodGet, "/v1/avoidances?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("show site %s: %w", site, callFault(err, c.To))
		}
		out.Avoidances = append(out.Avoidances, page.Avoidances...)
		if page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	return c.print(h, &out)
}

func (c *siteShowCmd) print(h *house, s *siteShown) error {
	kind := "warehouse"
	if s.Counter {
		kind = "counter"
	}
	fmt.Fprintf(h.stdout, "%s is a %s of rank %d, and %s", s.Site.Site, kind, s.Rank, s.State)
	if s.Why != "" {
		fmt.Fprintf(h.stdout, " (%s)", s.Why)
	}
	fmt.Fprintf(h.stdout, "\norders taken without a promise: %s\n", confirmedOf(&s.SiteRow))
	if len(s.Avoidances) == 0 {
		_, err := fmt.Fprintln(h.stdout, "nothing of it is avoided")
		return err
	}
	return printAvoidances(h, s.Avoidances)
}

// confirmedOf says how a site's orders that were taken without a promise came out.
func confirmedOf(s *hq.SiteRow) string {
	if s.ConfirmedPercent == nil {
		return "none came out yet"
	}
	return fmt.Sprintf("%d confirmed, %d declined, %d %%", s.Confirmed, s.Declined, *s.ConfirmedPercent)
}

// printAvoidances prints what is not planned from sites, and why.
func printAvoidances(h *house, rows []hq.AvoidanceRow) error {
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SITE\tSKU\tAVOIDED UNTIL\tWHY\tBY\tORDER\tCOUNT")
	for i := range rows {
		a := &rows[i]
		until, why, count := or(clockOf(a.Until), "over"), a.Why, "-"
		if a.Lifted != nil {
			why += fmt.Sprintf(" (lifted by %s at %s: %s)", a.Lifted.By, clockOf(a.Lifted.At), a.Lifted.Reason)
		}
		if a.Count > 0 {
			count = fmt.Sprintf("exception %d", a.Count)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Site, a.SKU, until, why, or(a.By, "-"), or(string(a.Order), "-"), count)
	}
	return w.Flush()
}

// clockOf is a moment for people, UTC, to the second; what is none stays as it is.
func clockOf(moment string) string {
	t, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return moment
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

type siteLiftCmd struct {
	siteAct
	SKU string `name:"sku" help:"Only this one; default all that is avoided there." placeholder:"SKU"`
}

// Help stands below the flags' usage.
func (*siteLiftCmd) Help() string {
	return "A site that did not find something, or rejected it, is not planned from for it for a while: holdfast site show NAME says what, why and until when. " +
		"Lift it where somebody has looked and answers for it. The count that the site was asked for stays open: holdfast exception resolve closes it."
}

// Run lifts.
func (c *siteLiftCmd) Run(h *house) error {
	var out hq.AvoidanceList
	if err := c.post(h, "lift", hq.LiftRequest{SignedRequest: c.signed(), SKU: c.SKU}, &out); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stdout, "%s is planned from again:\n", c.Site)
	if err := printAvoidances(h, out.Avoidances); err != nil {
		return err
	}
	var next []string
	for _, a := range out.Avoidances {
		if a.Count > 0 {
			next = append(next, fmt.Sprintf("the count of %s is still asked for; when it was made: holdfast exception resolve %d", a.SKU, a.Count))
		}
	}
	return steps(h, next)
}
