package hq

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// pathHistory is where an auditor reads who changed what at head office.
const pathHistory = "/v1/history"

func (s *Server) historyRoutes() []route {
	return []route{{doc(get, pathHistory, "Who changed what at head office"), forOwner, readable, false, s.getHistory}}
}

func historyDetails() map[string]contract.Route {
	return map[string]contract.Route{"GET " + pathHistory: {Query: paged(text("by", "only what this user did, or approved"), text("of", "only acts whose call or words have this in them, such as a SKU")),
		Answers: ok("Acts, newest first: of everything but orders, which name their people themselves. The latest 10,000 are kept; a page may have fewer rows than limit and still not be the last.", contract.History{}),
		Codes:   []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}}}
}

func (s *Server) getHistory(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit", "by", "of")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	below, err := contract.Below(page.After)
	if err != nil {
		return err
	}
	by, of := q.Get("by"), q.Get("of")
	out := contract.History{Acts: []contract.Act{}}
	for _, a := range looked(s, func(m *machine.Machine) []*machine.Acted {
		return m.Acted(below, page.Limit+1, func(a *machine.Acted) bool {
			return (by == "" || a.By == by || a.Approver == by) && (of == "" || strings.Contains(a.Call, of) || strings.Contains(a.Note, of))
		})
	}) {
		if len(out.Acts) == page.Limit {
			out.NextCursor = contract.Cursor(strconv.FormatUint(out.Acts[page.Limit-1].Number, 10))
			break
		}
		out.Acts = append(out.Acts, contract.Act{Number: a.Rank, At: contract.Moment(a.At), By: a.By, Device: a.Device, Approver: a.Approver, Call: a.Call, What: a.Note})
	}
	return writeJSON(w, http.StatusOK, out)
}
