package hq

import (
	"cmp"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// getDays lists trading days of sites, as head office adds up what their journals tell.
func (s *Server) getDays(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "site", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	named := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", q.Get("site")) })
	if err := cmp.Or(err, named); err != nil {
		return err
	}
	out := contract.DayList{Days: []contract.Day{}}
	s.View(func(m *machine.Machine) {
		zone := s.companyIn(m).Location()
		rows, next := m.Takings(ledger.SiteID(q.Get("site")), page.After, page.Limit)
		for _, v := range rows {
			out.Days = append(out.Days, contract.RenderDay(v.Site, &v.Day, v.Currency, v.At, zone, v.Ended))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) dayRoutes() []route {
	return []route{
		{doc(get, "/v1/days", "List the trading days of sites by tender, as head office adds up what their journals tell; the last 400 of each"), forOwner, readable, false, s.getDays},
	}
}
