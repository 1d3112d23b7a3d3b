package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

type siteCmd struct {
	Add         siteAddCmd     `cmd:"" help:"Make a site known to head office and print its join token, once. Before its node has joined, again gives a new token."`
	Set         siteSetCmd     `cmd:"" help:"Put right what a site was added as: its kind until its node has said hello, its rank at any time."`
	List        siteListCmd    `cmd:"" help:"List the sites as head office sees them, and why one is not online or is promised from no more."`
	Show        siteShowCmd    `cmd:"" help:"Show one site: its state, how its unpromised orders came out, and what is not planned from it for a while."`
	Lift        siteLiftCmd    `cmd:"" help:"Have a site planned from again that did not find or serve something."`
	Replace     siteReplaceCmd `cmd:"" help:"Give a site whose node is gone a new join token, and say how its new node is started."`
	DeclareLost siteLostCmd    `cmd:"" help:"Give a site up for good: it is fenced, and what it holds of others stays claimed."`
	WriteOff    siteOffCmd     `cmd:"" help:"Return to its owners what a lost site holds. The only way in which a unit can come to be promised twice."`
	Knew        siteKnewCmd    `cmd:"" help:"What the node of a site knew, for one that is stolen or seized, and what is to be done about it."`
	Waive       siteWaiveCmd   `cmd:"" help:"After head office began a new life: wait no longer for a site to attest."`
}

type siteAddCmd struct {
	access
	Site      string `arg:"" name:"name" help:"Name of the site: a to z, 0 to 9 and hyphens, for example leeds."`
	Counter   bool   `help:"It sells over a counter and keeps its stock to itself; this is so unless --warehouse is given." xor:"kind"`
	Warehouse bool   `help:"It allots all it receives to head office." xor:"kind"`
	QR        bool   `name:"qr" help:"Print the token as a QR code, too; a terminal gets one unasked."`
	Rank      int    `help:"Nearness: of sites that can serve alike, the lower is asked first." default:"0"`
	JSON      bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run adds the site. The token is shown this once: head office keeps only its hash.
func (c *siteAddCmd) Run(h *house) error {
	if _, err := ledger.ParseSite(c.Site); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	kind := "counter"
	if c.Warehouse {
		kind = "warehouse"
	}
	// The key is made of the request: until the site's node has said hello, adding it again as it is
	// gives a new token in place of one that was lost on its way. Otherwise: there is such a site.
	key := fmt.Sprintf("site-add-%s-%s-%d", c.Site, kind, c.Rank)
	var added hq.SiteAdded
	if err := c.call(h, http.MethodPost, "/v1/sites", key, hq.SiteRequest{Site: c.Site, Kind: kind, Rank: c.Rank}, &added); err != nil {
		return fmt.Errorf("add site %s: %w", c.Site, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(added)
	}
	fmt.Fprintf(h.stderr, "site %s is known to head office. Its join token is shown this once:\n", added.Site)
	return printToken(h, added.Token, c.QR)
}

type siteSetCmd struct {
	siteAct
	Counter   bool `help:"It sells over a counter and keeps its stock to itself." xor:"kind"`
	Warehouse bool `help:"It allots all it receives to head office." xor:"kind"`
	Rank      *int `help:"Nearness: of sites that can serve alike, the lower is asked first."`
}

// Help stands below the flags' usage.
func (*siteSetCmd) Help() string {
	return "What is not given stays as it is. Once its node has said hello a site's kind is fixed, for its book was opened as that: add a site under another name, bring its stock there and give this one up. holdfast history has who set it."
}

// Run sets the site.
func (c *siteSetCmd) Run(h *house) error {
	if !c.Counter && !c.Warehouse && c.Rank == nil {
		return fmt.Errorf("%w: nothing is to be set: give --counter, --warehouse or --rank", errUsage)
	}
	if _, err := ledger.ParseSite(c.Site); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	in := hq.SiteSetRequest{SignedRequest: c.signed(), Rank: c.Rank}
	switch {
	case c.Counter:
		in.Kind = "counter"
	case c.Warehouse:
		in.Kind = "warehouse"
	}
	var row hq.SiteRow
	if err := c.call(h, http.MethodPut, "/v1/sites/"+c.Site, "", in, &row); err != nil {
		return fmt.Errorf("set %s: %w", c.Site, err)
	}
	kind := "warehouse"
	if row.Counter {
		kind = "counter"
	}
	return printed(h, c.JSON, row, "%s: %s, rank %d", row.Site.Site, kind, row.Rank)
}

type siteListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the sites.
func (c *siteListCmd) Run(h *house) error {
	var sites hq.SiteRows
	if err := c.call(h, http.MethodGet, "/v1/sites", "", nil, &sites); err != nil {
		return fmt.Errorf("list sites: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(map[string]hq.SiteRows{"sites": sites})
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SITE\tKIND\tRANK\tSTATE\tSEEN\tENTRIES\tUNSYNCED\tCONFIRMED\tAVOIDED\tWHY")
	for _, s := range sites {
		kind, seen := "warehouse", "never"
		if s.Counter {
			kind = "counter"
		}
		if s.Joined {
			seen = (time.Duration(s.AgeMS) * time.Millisecond).Round(100*time.Millisecond).String() + " ago"
		}
		confirmed := "-" // no order came out that was taken without a promise
		if s.ConfirmedPercent != nil {
			confirmed = fmt.Sprintf("%d of %d", s.Confirmed, s.Confirmed+s.Declined)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%d\t%s\t%d\t%s\n", s.Site.Site, kind, s.Rank, s.State, seen, s.Seq, s.Unsynced, confirmed, s.Avoided, s.Why)
	}
	return w.Flush()
}
