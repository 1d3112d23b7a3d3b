package hq

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What was adjusted at all sites, or at one, as their journals here say: by reason, and count by count with what each found of lots. A page is of one
// site; a site that is cut off tells the rest when it is back.

const (
	pathReasonFigures = "/v1/adjustments/reasons"
	pathCounts        = "/v1/counts"
)

// adjustedPage reads which adjustments are asked for, and gives the site that the page is of, "" where there is none, and the one whose page comes when
// this one's journal is through.
func (s *Server) adjustedPage(r *http.Request) (q contract.AdjustedQuery, then ledger.SiteID, err error) {
	v, err := query(r, contract.AdjustedParams()...)
	if err != nil {
		return q, "", err
	}
	if q, err = contract.ReadAdjusted(v); err != nil {
		return q, "", err
	}
	var sites []ledger.SiteID
	s.View(func(m *machine.Machine) {
		if err = siteKnown(m, "site", v.Get("site")); err != nil {
			return
		}
		if _, known := m.Item(q.SKU); q.SKU != "" && !known {
			err = contract.UnknownSKU(q.SKU, 0)
			return
		}
		for _, site := range m.Sites() {
			if name := v.Get("site"); name == "" || name == string(site.ID) {
				sites = append(sites, site.ID)
			}
		}
	})
	if err != nil {
		return q, "", err
	}
	slices.Sort(sites)
	at := 0
	if q.Site != "" {
		at, _ = slices.BinarySearch(sites, q.Site)
	}
	if at == len(sites) {
		q.Site = ""
		return q, "", nil
	}
	if q.Site = sites[at]; at+1 < len(sites) {
		then = sites[at+1]
	}
	ctx, cancel := context.WithTimeout(r.Context(), lotWait)
	defer cancel()
	if err := s.journal.Flush(ctx); err != nil {
		return q, "", fmt.Errorf("read adjustments: %w", err)
	}
	if q.After == 0 && !q.Since.IsZero() {
		q.After, err = s.journal.SinceSeq(q.Site, q.Since)
	}
	return q, then, err
}

// journalOf is a site's journal as a list of what was adjusted goes through it.
func (s *Server) journalOf(site ledger.SiteID) contract.AdjustedJournal {
	return func(after ledger.Seq, see func(*ledger.Entry, *ledger.AdjustedBody) bool) (ledger.Seq, error) {
		return s.journal.EachAdjusting(site, after, see)
	}
}

func adjustedNext(q *contract.AdjustedQuery, next ledger.Seq, then ledger.SiteID) string {
	switch {
	case next > 0:
		return contract.AdjustedCursor(q.Site, next)
	case then != "":
		return contract.AdjustedCursor(then, 0)
	default:
		return ""
	}
}

// getReasonFigures adds up what was adjusted, by reason.
func (s *Server) getReasonFigures(w http.ResponseWriter, r *http.Request) error {
	q, then, err := s.adjustedPage(r)
	if err != nil {
		return err
	}
	if q.ByDay {
		return s.getReasonDays(w, &q, then)
	}
	sums, next := ledger.ReasonSums{}, ledger.Seq(0)
	if q.Site != "" {
		if next, err = q.ReasonSums(s.journalOf(q.Site), sums); err != nil {
			return err
		}
	}
	out := contract.ReasonFigures{NextCursor: adjustedNext(&q, next, then)}
	s.View(func(m *machine.Machine) {
		c := m.Company()
		out.Currency = c.Currency
		out.Reasons = contract.RenderReasonSums(sums, c.Reasons, func(sku ledger.SKU) ledger.Price {
			if item, ok := m.Item(sku); ok && item.Detail != nil {
				return item.Detail.Cost
			}
			return ledger.Price{}
		})
	})
	return writeJSON(w, http.StatusOK, out)
}

// getReasonDays adds up what was done with goods, by day, act and reason.
func (s *Server) getReasonDays(w http.ResponseWriter, q *contract.AdjustedQuery, then ledger.SiteID) (err error) {
	c, next := looked(s, func(m *machine.Machine) ledger.Company { return m.CompanyFor(q.Site) }), ledger.Seq(0)
	out := contract.ReasonFigures{Currency: c.Currency, Reasons: []contract.ReasonFigure{}}
	if q.Site != "" {
		each := func(after ledger.Seq, see func(*ledger.Entry) bool) (ledger.Seq, error) {
			return s.journal.EachReasoned(q.Site, after, see)
		}
		if next, err = q.ReasonDays(each, c.Location(), c.Reasons, &out); err != nil {
			return err
		}
	}
	out.NextCursor = adjustedNext(q, next, then)
	return writeJSON(w, http.StatusOK, out)
}

// getCounts lists counts, and what they found of lots.
func (s *Server) getCounts(w http.ResponseWriter, r *http.Request) error {
	q, then, err := s.adjustedPage(r)
	if err != nil {
		return err
	}
	out, next := contract.CountList{Counts: []contract.CountRow{}, Lots: []contract.LotVariance{}}, ledger.Seq(0)
	if q.Site != "" {
		if next, err = q.Counts(q.Site, s.journalOf(q.Site), &out); err != nil {
			return err
		}
	}
	out.NextCursor = adjustedNext(&q, next, then)
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) adjustedRoutes() []route {
	return []route{
		{doc(get, pathReasonFigures, "What was adjusted at sites, by hand and by counts, added up by reason; or what was done with goods, by day, act and reason"), forOwner, readable, false, s.getReasonFigures},
		{doc(get, pathCounts, "Which counts sites have booked, what differed, and by how much of each lot in all"), forOwner, readable, false, s.getCounts},
	}
}

func adjustedDetails() map[string]contract.Route {
	codes := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField, contract.CodeUnknownSite, contract.CodeUnknownSKU}
	params := func(lot, same, by string) []contract.Param {
		return reads(text("since", "booked at or after this time or day; left out: from the beginning"), text("until", "and before this one"), text("sku", "only of this SKU"), text("site", "only at this one"),
			text("lot", lot), text("same", same), text("by", by), text("cursor", "next_cursor of the page before"))
	}
	return map[string]contract.Route{
		"GET " + pathReasonFigures: {Query: params("plays no part", "plays no part", "day: what was done with goods, returns, inspections, short picks and parcels that were not delivered too, by day, act and reason"), Codes: codes, Answers: ok("The figures of so many entries of one site's journal; those of further pages are added to them. A site that is cut off tells the rest when it is back.", contract.ReasonFigures{})},
		"GET " + pathCounts: {Query: params("only this lot, or serial number, of the SKU", "true: also what was counted as the book had it", "plays no part"), Codes: codes,
			Answers: ok("The counts of a page of one site's journal, in its order, and their differences by lot.", contract.CountList{})},
	}
}
