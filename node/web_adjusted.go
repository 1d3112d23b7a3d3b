package node

import (
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// adjustedRoutes are the lists of what was adjusted, by hand and by counts.
func (s *web) adjustedRoutes() []route {
	return []route{
		{"GET", "/v1/adjustments/reasons", s.reasonFigures, docReasonFigures},
		{"GET", "/v1/counts", s.counts, docCounts},
	}
}

// adjusted reads which adjustments are asked for, and where their list begins.
func (s *web) adjusted(r *http.Request) (contract.AdjustedQuery, error) {
	v := r.URL.Query()
	if err := contract.Query(v, contract.AdjustedParams()...); err != nil {
		return contract.AdjustedQuery{}, err
	}
	q, err := contract.ReadAdjusted(v)
	if err != nil {
		return q, err
	}
	if q.SKU != "" && !s.knows(q.SKU) {
		return q, s.unknownSKU(q.SKU, 0)
	}
	if site := v.Get("site"); site != "" && site != string(s.cfg.Site) {
		return q, contract.UnknownSite("site", site)
	}
	if q.After == 0 && !q.Since.IsZero() {
		first, err := s.book.SinceSeq(q.Since)
		if err != nil {
			return q, err
		}
		q.After = first - min(first, 1)
	}
	return q, nil
}

// reasonFigures adds up what was adjusted, by reason.
func (s *web) reasonFigures(w http.ResponseWriter, r *http.Request) error {
	q, err := s.adjusted(r)
	if err != nil {
		return err
	}
	if q.ByDay {
		return s.reasonDays(w, &q)
	}
	sums := ledger.ReasonSums{}
	next, err := q.ReasonSums(s.book.EachAdjusting, sums)
	if err != nil {
		return err
	}
	c := s.book.Company()
	return writeJSON(w, http.StatusOK, contract.ReasonFigures{Currency: c.Currency, TrimmedSeq: uint64(s.book.Trimmed()), NextCursor: s.adjustedNext(next),
		Reasons: contract.RenderReasonSums(sums, c.Reasons, func(sku ledger.SKU) ledger.Price {
			if item, ok := s.book.Item(sku); ok && item.Detail != nil {
				return item.Detail.Cost
			}
			return ledger.Price{}
		})})
}

// reasonDays adds up what was done with goods, by day, act and reason.
func (s *web) reasonDays(w http.ResponseWriter, q *contract.AdjustedQuery) error {
	c := s.book.Company()
	out := contract.ReasonFigures{Currency: c.Currency, TrimmedSeq: uint64(s.book.Trimmed()), Reasons: []contract.ReasonFigure{}}
	next, err := q.ReasonDays(s.book.EachReasoned, c.Location(), c.Reasons, &out)
	if err != nil {
		return err
	}
	out.NextCursor = s.adjustedNext(next)
	return writeJSON(w, http.StatusOK, out)
}

// counts lists counts, and what they found of lots.
func (s *web) counts(w http.ResponseWriter, r *http.Request) error {
	q, err := s.adjusted(r)
	if err != nil {
		return err
	}
	out := contract.CountList{Counts: []contract.CountRow{}, Lots: []contract.LotVariance{}, TrimmedSeq: uint64(s.book.Trimmed())}
	next, err := q.Counts(s.cfg.Site, s.book.EachAdjusting, &out)
	if err != nil {
		return err
	}
	out.NextCursor = s.adjustedNext(next)
	return writeJSON(w, http.StatusOK, out)
}

func (s *web) adjustedNext(next ledger.Seq) string {
	if next == 0 {
		return ""
	}
	return contract.AdjustedCursor(s.cfg.Site, next)
}

// adjustedParams describe which adjustments are asked for.
func adjustedParams(more ...contract.Param) []contract.Param {
	return append([]contract.Param{{Name: "since", About: "booked at or after this time or day; left out: from the beginning"}, {Name: "until", About: "and before this one"},
		{Name: "sku", About: "only of this SKU"}, {Name: "site", About: "this site's name, or nothing: as at head office"}, {Name: "cursor", About: "next_cursor of the page before"}}, more...)
}

func docReasonFigures() contract.Route {
	return contract.Route{Summary: "What was adjusted, by hand and by counts, added up by reason; or what was done with goods, by day, act and reason", Query: adjustedParams(contract.Param{Name: "lot", About: "plays no part"}, contract.Param{Name: "same", About: "plays no part"}, contract.Param{Name: "by", About: "day: what was done with goods, returns, inspections, short picks and parcels that were not delivered too, by day, act and reason"}),
		Answers: ok("The figures of so many entries of the journal; those of further pages are added to them", contract.ReasonFigures{}), Codes: append(listCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite)}
}

func docCounts() contract.Route {
	return contract.Route{Summary: "Which counts were booked, what differed, and by how much of each lot in all",
		Query:   adjustedParams(contract.Param{Name: "lot", About: "only this lot, or serial number, of the SKU"}, contract.Param{Name: "same", About: "true: also what was counted as the book had it"}, contract.Param{Name: "by", About: "plays no part"}),
		Answers: ok("The counts in the order of the journal", contract.CountList{}), Codes: append(listCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite)}
}
