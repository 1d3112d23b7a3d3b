package hq

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// ExceptionRow is something that somebody must look at.
type ExceptionRow struct {
	ID       uint64         `json:"id"`
	What     string         `json:"what" jsonschema:"a fixed word"`
	Site     ledger.SiteID  `json:"site,omitempty"`
	Seq      uint64         `json:"seq,omitempty"`
	SKU      ledger.SKU     `json:"sku,omitempty"`
	Order    ledger.OrderID `json:"order,omitempty"`
	Why      string         `json:"why"`
	Owner    string         `json:"owner" jsonschema:"who has to see to it"`
	At       string         `json:"at"`
	Resolved *ResolvedRow   `json:"resolved,omitempty" jsonschema:"who has seen to it; absent while it is open"`

	ToCount     []ledger.SKU `json:"to_count,omitempty" jsonschema:"of to_count: what nobody has counted yet, those that moved last first, at most 500; a count of the last one closes it"`
	ToCountLeft int          `json:"to_count_left,omitempty" jsonschema:"how many that are in all"`
}

// toCountShown bounds what a row lists for counting.
const toCountShown = 500

// ResolvedRow says who has seen to an exception.
type ResolvedRow struct {
	By   string `json:"by"`
	Note string `json:"note"`
	At   string `json:"at"`
}

// ExceptionList is one page of exceptions, newest first.
type ExceptionList struct {
	Exceptions []ExceptionRow `json:"exceptions"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// ResolveRequest closes an exception.
type ResolveRequest struct {
	Note string `json:"note" jsonschema:"what was done; it is kept"`
	By   string `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

func exceptionRow(e *machine.Exception) ExceptionRow {
	row := ExceptionRow{ID: e.ID, What: e.What, Site: e.Site, Seq: uint64(e.Seq), SKU: e.SKU, Order: e.Order, Why: e.Why, Owner: e.Owner, At: contract.Moment(e.At)}
	row.ToCount, row.ToCountLeft = e.ToCount[:min(len(e.ToCount), toCountShown)], len(e.ToCount)
	if e.Resolved.Done() {
		row.Resolved = &ResolvedRow{By: e.Resolved.By, Note: e.Resolved.Reason, At: contract.Moment(e.Resolved.At)}
	}
	return row
}

// whatSiteLost is the word of the machine's for a site that somebody gave up.
const whatSiteLost = "site_lost"

// leftTo says what is left to do at a site, where it is lost still.
func (s *Server) leftTo(id ledger.SiteID) string {
	site := looked(s, func(m *machine.Machine) *machine.Site {
		site, _ := m.Site(id)
		return site
	})
	if site == nil || !site.Lost.Done() {
		return ""
	}
	open, all := s.leftAt(site)
	if words := leftWords(id, open, all); words != "" {
		return "; " + words
	}
	return ""
}

// getExceptions lists them newest first; those that were closed only with all=true.
func (s *Server) getExceptions(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit", "all", "site", "what")
	if err != nil {
		return err
	}
	all, err := contract.ReadFlag("all", q.Get("all"))
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	below := uint64(0)
	if page.After != "" {
		if below, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return &ledger.FormError{Field: "cursor", Why: "is none of ours: take next_cursor of the page before, or leave it out"}
		}
	}
	keep := func(e *machine.Exception) bool {
		return (below == 0 || e.ID < below) && (all || !e.Resolved.Done()) &&
			(q.Get("site") == "" || string(e.Site) == q.Get("site")) && (q.Get("what") == "" || e.What == q.Get("what"))
	}
	out := ExceptionList{Exceptions: []ExceptionRow{}}
	lost := map[ledger.SiteID]string{} // what is left to do there
	for _, e := range looked(s, func(m *machine.Machine) []*machine.Exception { return m.Exceptions(machine.ExceptionsMax) }) {
		if !keep(e) {
			continue
		}
		if len(out.Exceptions) == page.Limit {
			out.NextCursor = contract.Cursor(strconv.FormatUint(out.Exceptions[page.Limit-1].ID, 10))
			break
		}
		row := exceptionRow(e)
		if e.What == whatSiteLost && !e.Resolved.Done() {
			if _, looked := lost[e.Site]; !looked {
				lost[e.Site] = s.leftTo(e.Site)
			}
			row.Why += lost[e.Site]
		}
		out.Exceptions = append(out.Exceptions, row)
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) postResolve(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err
	}
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(name, 10, 64)
	if err != nil || id == 0 {
		return contract.New(contract.CodeNotFound, "")
	}
	var in ResolveRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	signed := SignedRequest{Reason: in.Note, By: in.By}
	if err := signed.sign(r); err != nil {
		if form, ok := errors.AsType[*ledger.FormError](err); ok && form.Field == "reason" {
			return &ledger.FormError{Field: "note", Why: form.Why}
		}
		return err
	}
	res, err := s.Propose(r.Context(), machine.Marshal(&machine.Resolve{Exception: id, By: signed.By, Note: in.Note, At: s.now()}))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	for _, e := range looked(s, func(m *machine.Machine) []*machine.Exception { return m.Exceptions(machine.ExceptionsMax) }) {
		if e.ID == id {
			return writeJSON(w, http.StatusOK, exceptionRow(e))
		}
	}
	return machine.ErrExceptionUnknown
}
