package hq

import (
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// AvoidanceRow is a SKU of which nothing is planned from a site for a while: the site fell short of it, or rejected it.
type AvoidanceRow struct {
	Site   ledger.SiteID  `json:"site"`
	SKU    ledger.SKU     `json:"sku"`
	Why    string         `json:"why"`
	Since  string         `json:"since,omitempty"`
	Until  string         `json:"until,omitempty" jsonschema:"absent where it is over, and a count is asked for still"`
	By     string         `json:"by,omitempty" jsonschema:"who said so at the site, as its door named them"`
	Order  ledger.OrderID `json:"order,omitempty" jsonschema:"that was not served"`
	Count  uint64         `json:"count_exception,omitempty" jsonschema:"the exception that asks for a count; absent where the stock is not in question"`
	Lifted *SignedRow     `json:"lifted,omitempty" jsonschema:"who has the site planned from again"`
}

// AvoidanceList is one page of avoidances, by site and SKU.
type AvoidanceList struct {
	Avoidances []AvoidanceRow `json:"avoidances"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// LiftRequest has a site planned from again.
type LiftRequest struct {
	SignedRequest
	SKU string `json:"sku,omitempty" jsonschema:"only this one; default all that is avoided there"`
}

// known is a moment as the API has it, nothing for none.
func known(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return contract.Moment(t)
}

func avoidanceRow(a *machine.Avoided) AvoidanceRow {
	row := AvoidanceRow{Site: a.Site, SKU: a.SKU, Why: a.Why, Since: known(a.Since), Until: known(a.Until), By: a.By, Order: a.Order, Count: a.Count}
	if a.Lifted.Done() {
		row.Lifted = signedRow(a.Lifted)
	}
	return row
}

func (s *Server) getAvoidances(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit", "site", "sku", "all")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	all, err := contract.ReadFlag("all", q.Get("all"))
	if err != nil {
		return err
	}
	site, sku := ledger.SiteID(q.Get("site")), ledger.SKU(q.Get("sku"))
	if q.Has("site") {
		if site, err = ledger.ParseSite(q.Get("site")); err != nil {
			return err
		}
	}
	if q.Has("sku") {
		if sku, err = ledger.ParseSKU(q.Get("sku")); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, s.avoidances(site, sku, all, page))
}

func (s *Server) avoidances(site ledger.SiteID, sku ledger.SKU, all bool, page contract.Page) AvoidanceList {
	out := AvoidanceList{Avoidances: []AvoidanceRow{}}
	s.View(func(m *machine.Machine) {
		rows, next := m.Avoidances(site, sku, s.now(), all, page.After, page.Limit)
		for _, a := range rows {
			out.Avoidances = append(out.Avoidances, avoidanceRow(a))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return out
}

// postLift answers with what is lifted at the site, the first of very many.
func (s *Server) postLift(w http.ResponseWriter, r *http.Request) error {
	var in LiftRequest
	site, err := siteAct(w, r, &in, in.sign)
	if err != nil {
		return err
	}
	sku := ledger.SKU("")
	if in.SKU != "" {
		if sku, err = ledger.ParseSKU(in.SKU); err != nil {
			return err
		}
	}
	if !s.knows(machine.LiftCommands) {
		return errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.Lift{Site: site, SKU: sku, By: in.By, Reason: in.Reason, At: s.now()}))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	out := s.avoidances(site, sku, true, contract.Page{Limit: contract.LimitMax})
	lifted := out.Avoidances[:0]
	for _, a := range out.Avoidances {
		if a.Lifted != nil {
			lifted = append(lifted, a)
		}
	}
	return writeJSON(w, http.StatusOK, AvoidanceList{Avoidances: lifted})
}
