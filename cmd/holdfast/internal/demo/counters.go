package demo

import (
	"context"
	"net/url"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// lostFrom is what a bin has at least where somebody counts a unit less: nobody is to lose a promise by it.
const lostFrom = 6

// A counter counts bins while the shop sells. Most of them hold what the book says; some a unit more, some one less. A sheet that
// was put aside and told after a newer count must change nothing.
type counter struct {
	hand
	often func() string // an article that is sold often
	rare  func() string
}

func (s *show) counters() (out []*counter) {
	list := s.stock.Items()
	for i := range s.company.sites {
		c := &counter{hand: s.hand(i, "counter", "stan", 3<<20, countsEach)}
		c.often = func() string { return s.stock.Pick(c.rng).SKU }
		c.rare = func() string { return list[c.rng.IntN(len(list))].SKU }
		out = append(out, c)
	}
	return out
}

func (c *counter) work(ctx, drain context.Context) {
	for c.rest(ctx) {
		c.count(drain)
	}
}

// count counts one bin, a moment after its sheet was drawn: what is sold meanwhile is no part of it.
func (c *counter) count(ctx context.Context) {
	sku, off := c.often(), ledger.Qty(0)
	switch n := c.rng.IntN(100); {
	case n < 15:
		off = 1
	case n < 30:
		sku, off = c.rare(), -1
	}
	req := c.sheet(ctx, sku, off)
	if req == nil || !c.book(ctx, req) || !c.in100(30) {
		return
	}
	// Another count of the bin is newer; the first one told again, by somebody else, is older than that by now.
	if newer := c.sheet(ctx, sku, 0); newer == nil || !c.book(ctx, newer) {
		return
	}
	switch code := c.refusal(ctx, "/v1/counts", req, nil); code {
	case "":
		c.paper.fault("%s: a count of %s at %s was taken after a newer one", c.site, sku, req.At)
	case string(contract.CodeCountOutdated):
		c.paper.did("counts_refused_as_older")
	}
}

// sheet counts the bin that an article lies in, off units beside what the book has; nil where it lies in none.
func (c *counter) sheet(ctx context.Context, sku string, off ledger.Qty) *contract.CountRequest {
	var sheet contract.CountSheet
	if !c.look(ctx, "/v1/counts/sheet?limit=1&sku="+url.QueryEscape(sku), &sheet) || len(sheet.Rows) == 0 || sheet.Rows[0].Expected == nil {
		return nil
	}
	row := sheet.Rows[0]
	if off < 0 && *row.Expected < lostFrom {
		off = 0
	}
	if world.Rest(ctx, time.Duration(c.rng.ExpFloat64()*float64(200*time.Millisecond))) != nil {
		return nil
	}
	counted := *row.Expected + off
	return &contract.CountRequest{Lines: []contract.CountLine{{SKU: sku, Bin: string(row.Bin), Counted: &counted}}, At: sheet.At,
		CountedBy: "stan", RecountedBy: "sam", Approver: "sam"}
}

// book tells what was counted, and says whether it was booked.
func (c *counter) book(ctx context.Context, req *contract.CountRequest) bool {
	var got contract.Count
	if !c.tell(ctx, "/v1/counts", req, &got) {
		return false
	}
	for _, l := range got.Lines {
		c.paper.receive(c.site, string(l.SKU), int64(l.Variance))
	}
	c.paper.counted(c.site, &got)
	return true
}
