package node

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What is done with stock stands in the journal, with whose act it is. What is set where there is no head office stands in
// no journal: so it is kept beside it, in the same commit, and shown here.

// changing says whose act a request is that changes reference data, and what it changes as far as a line says it.
func (n *Node) changing(r *http.Request, what string) ledger.Change {
	m := actor(r.Context())
	return ledger.Change{At: n.env.Clock.Wall().UTC().Truncate(time.Millisecond), By: m.Actor, Device: m.Device, Approver: m.Approver,
		Call: r.Method + " " + r.URL.EscapedPath(), What: what}
}

func (s *web) history(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit", "by", "of"); err != nil {
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
	list, err := s.book.Changes(below, page.Limit+1, func(c *ledger.Change) bool {
		return (by == "" || c.By == by || c.Approver == by) && (of == "" || strings.Contains(c.Call, of) || strings.Contains(c.What, of))
	})
	if err != nil {
		return err
	}
	out := contract.History{Acts: []contract.Act{}}
	for i := range list {
		c := &list[i]
		if i == page.Limit {
			out.NextCursor = contract.Cursor(strconv.FormatUint(list[i-1].Number, 10))
			break
		}
		out.Acts = append(out.Acts, contract.Act{Number: c.Number, At: contract.Moment(c.At), By: c.By, Device: c.Device, Approver: c.Approver, Call: c.Call, What: c.What})
	}
	return writeJSON(w, http.StatusOK, out)
}

func docHistory() contract.Route {
	return contract.Route{Summary: "Who changed what is set here: items, users, customers, settings. Where there is a head office they are set there, and this is empty",
		Query:   append([]contract.Param{{Name: "by", About: "only what this user did, or approved"}, {Name: "of", About: "only acts whose call or words have this in them, such as a SKU"}}, pageParams()...),
		Answers: ok("Acts, newest first; the latest 10,000 are kept. What is done with stock names its people in /v1/entries.", contract.History{}), Codes: listCodes()}
}
