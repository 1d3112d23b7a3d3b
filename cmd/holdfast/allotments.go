package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

type allotmentsCmd struct {
	List allotmentsListCmd `cmd:"" help:"List who may promise whose stock without asking."`
	Set  allotmentsSetCmd  `cmd:"" help:"Say how much of one site's stock another may promise, also while it is cut off."`
}

type allotmentsListCmd struct {
	access
	SKU  string `arg:"" optional:"" name:"sku" help:"Only this one; what head office holds of it is listed too."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// allotmentsMost is how many rows are fetched at a time.
const allotmentsMost = 1000

// Run lists all of them, page by page.
func (c *allotmentsListCmd) Run(h *house) error {
	l := lister[hq.AllotmentList, hq.AllotmentRow]{
		path: "/v1/allotments", query: url.Values{"sku": {c.SKU}}, limit: allotmentsMost,
		rows:    func(p *hq.AllotmentList) *[]hq.AllotmentRow { return &p.Allotments },
		next:    func(p *hq.AllotmentList) string { return p.NextCursor },
		columns: "SKU\tOWNER\tHOLDER\tLEVEL\tHAS\tCOMING\tBY\tWHY",
		row: func(w io.Writer, a *hq.AllotmentRow) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", a.SKU, a.Owner, a.Holder, a.Qty, a.Has, a.Coming, a.By, allotmentWhy(a))
		},
	}
	return l.run(h, &c.access, "allotments", c.JSON)
}

// allotmentWhy says what a lost site makes of an allotment; "" where nothing.
func allotmentWhy(r *hq.AllotmentRow) string {
	var parts []string
	if r.Lost == "owner" || r.Lost == "both" {
		parts = append(parts, fmt.Sprintf("%s is lost: nothing of it is promised", r.Owner))
	}
	switch {
	case (r.Lost == "holder" || r.Lost == "both") && r.Has+r.Coming > 0:
		parts = append(parts, fmt.Sprintf("%s is lost: this stays claimed until holdfast site write-off %s", r.Holder, r.Holder))
	case r.Lost == "holder" || r.Lost == "both":
		parts = append(parts, fmt.Sprintf("%s is lost", r.Holder))
	}
	if r.Off > 0 {
		parts = append(parts, fmt.Sprintf("%d written off", r.Off))
	}
	return strings.Join(parts, "; ")
}

type allotmentsSetCmd struct {
	access
	SKU    string `arg:"" name:"sku" help:"The article."`
	Owner  string `help:"The site whose stock it is." required:"" placeholder:"SITE"`
	Holder string `help:"The site that may promise it." required:"" placeholder:"SITE"`
	Qty    int64  `help:"A level, not a difference: what the holder still has beyond it is recalled; 0 recalls all." required:""`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run sets the level. Done again it changes nothing.
func (c *allotmentsSetCmd) Run(h *house) error {
	for _, site := range []string{c.Owner, c.Holder} {
		if _, err := ledger.ParseSite(site); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	in := hq.AllotmentRequest{SKU: c.SKU, Owner: c.Owner, Holder: c.Holder, Qty: c.Qty, By: signer(c.By)}
	var row hq.AllotmentRow
	key := fmt.Sprintf("allotment-%s-%s-%s-%d", c.SKU, c.Owner, c.Holder, c.Qty)
	if err := c.call(h, http.MethodPost, "/v1/allotments", key, in, &row); err != nil {
		return fmt.Errorf("set allotment of %s: %w", c.SKU, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(row)
	}
	_, err := fmt.Fprintln(h.stdout, allotmentStory(&row))
	return err
}

// allotmentStory says what becomes of a level that was set.
func allotmentStory(r *hq.AllotmentRow) string {
	so := fmt.Sprintf("%s may promise %d of %s's %s from now on, cut off or not; it has %d", r.Holder, r.Qty, r.Owner, r.SKU, r.Has)
	switch missing := r.Qty - r.Has - r.Coming; {
	case r.Coming > 0 && missing > 0:
		return fmt.Sprintf("%s, %d are on their way, and head office holds no more than that: the other %d follow when it does", so, r.Coming, missing)
	case r.Coming > 0:
		return fmt.Sprintf("%s, and %d are on their way: first %s gives them up, then %s is told", so, r.Coming, r.Owner, r.Holder)
	case missing > 0:
		return fmt.Sprintf("%s. Head office holds none of %s's now: %d follow when it does (a shop allots nothing by itself; a warehouse all it receives)", so, r.Owner, missing)
	case missing < 0:
		return fmt.Sprintf("%s, and is asked for what it still has beyond that: what it has promised meanwhile stands", so)
	}
	return so
}
