package hq

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// AllotmentRequest is how much of one site's stock another shall be able to promise without asking.
type AllotmentRequest struct {
	SKU    string `json:"sku"`
	Owner  string `json:"owner" jsonschema:"the site whose stock it is"`
	Holder string `json:"holder" jsonschema:"the site that may promise it"`
	Qty    int64  `json:"qty" jsonschema:"a level, not a difference: what is above it is recalled"`
	By     string `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

// AllotmentRow is what one holder may promise of a site's stock without asking.
type AllotmentRow struct {
	SKU    ledger.SKU    `json:"sku"`
	Owner  ledger.SiteID `json:"owner" jsonschema:"the site whose stock it is"`
	Holder ledger.Holder `json:"holder" jsonschema:"a site, or hq"`
	Qty    ledger.Qty    `json:"qty" jsonschema:"the level that is aimed at; of hq: what it holds"`
	Has    ledger.Qty    `json:"has" jsonschema:"what the holder has of it and has not drawn, as its journal tells"`
	Coming ledger.Qty    `json:"coming" jsonschema:"passed on, and not in the holder's journal yet"`
	By     string        `json:"by,omitempty" jsonschema:"who wished it last"`
	At     string        `json:"at,omitempty"`
	Off    ledger.Qty    `json:"written_off,omitempty" jsonschema:"has gone back to the owner, signed, and is in has and coming no more; the holder is told when it comes back"`
	Lost   string        `json:"lost,omitempty" jsonschema:"owner, holder or both: which of the two is declared lost. What a lost holder has stays claimed until it is written off"`
}

// AllotmentList is one page of allotments, by owner, holder and SKU.
type AllotmentList struct {
	Allotments []AllotmentRow `json:"allotments"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// allotmentRow says what a holder has, as far as that was not written off.
func allotmentRow(p *machine.Passed, lost func(ledger.SiteID) bool) AllotmentRow {
	row := AllotmentRow{SKU: p.SKU, Owner: p.Owner, Holder: ledger.Holder(p.Holder), Qty: p.Wish, Has: p.Has, Coming: p.Coming, By: p.By, At: contract.Moment(p.At), Off: p.Off,
		Lost: whoIsLost(lost(p.Owner), lost(p.Holder))}
	had := min(max(row.Has, 0), row.Off)
	row.Has, row.Coming = row.Has-had, row.Coming-(row.Off-had)
	return row
}

func whoIsLost(owner, holder bool) string {
	switch {
	case owner && holder:
		return "both"
	case owner:
		return "owner"
	case holder:
		return "holder"
	default:
		return ""
	}
}

// lostSites says which sites somebody has given up.
func (s *Server) lostSites() func(ledger.SiteID) bool {
	lost := map[ledger.SiteID]bool{}
	for _, site := range looked(s, (*machine.Machine).Sites) {
		lost[site.ID] = site.Lost.Done()
	}
	return func(id ledger.SiteID) bool { return lost[id] }
}

// place ranks rows as the machine lists them.
func (a *AllotmentRow) place() string {
	return strings.Join([]string{string(a.Owner), string(a.Holder), string(a.SKU)}, "\x00")
}

// getAllotments lists what sites may promise of each other's stock. Of one SKU it says what head office
// holds as well, so that the rows of an owner add up to what it has allotted.
func (s *Server) getAllotments(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit", "sku")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	sku := ledger.SKU("")
	if text := q.Get("sku"); text != "" {
		if sku, err = ledger.ParseSKU(text); err != nil {
			return err
		}
	}
	out := AllotmentList{Allotments: []AllotmentRow{}}
	if sku != "" && page.After == "" {
		for _, row := range looked(s, func(m *machine.Machine) []machine.SiteStock { return m.StockOf(sku) }) {
			if row.Held > 0 {
				out.Allotments = append(out.Allotments, AllotmentRow{SKU: sku, Owner: row.Site.ID, Holder: ledger.HolderHQ, Qty: row.Held, Has: row.Held, Lost: whoIsLost(row.Site.Lost.Done(), false)})
			}
		}
	}
	last, n := "", 0
	lost := s.lostSites()
	for _, p := range looked(s, func(m *machine.Machine) []*machine.Passed { return m.Passed(math.MaxInt) }) {
		row := allotmentRow(p, lost)
		if sku != "" && p.SKU != sku || page.After != "" && row.place() <= page.After {
			continue
		}
		if n == page.Limit {
			out.NextCursor = contract.Cursor(last)
			break
		}
		out.Allotments = append(out.Allotments, row)
		last, n = row.place(), n+1
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) postAllotment(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err
	}
	var in AllotmentRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	in.By = signer(r.Context(), in.By)
	c := &machine.PassOn{Level: ledger.Qty(in.Qty), By: in.By, At: s.now()}
	var err1, err2, err3 error
	c.SKU, err1 = ledger.ParseSKU(in.SKU)
	c.Owner, err2 = ledger.ParseSite(in.Owner)
	c.Holder, err3 = ledger.ParseSite(in.Holder)
	if err := cmpErr(err1, err2, err3, contract.CheckText("by", in.By, signedMax)); err != nil {
		return err
	}
	switch {
	case c.Owner == c.Holder:
		return &ledger.FormError{Field: "holder", Why: "is the owner itself"}
	case in.Qty < 0 || in.Qty > int64(ledger.QtyMax):
		return &ledger.FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d", int64(ledger.QtyMax))}
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		return err
	}
	row := AllotmentRow{SKU: c.SKU, Owner: c.Owner, Holder: ledger.Holder(c.Holder), Qty: c.Level, By: c.By, At: contract.Moment(c.At)}
	lost := s.lostSites()
	s.View(func(m *machine.Machine) {
		if p, ok := m.PassedOn(c.Owner, c.Holder, c.SKU); ok {
			row = allotmentRow(p, lost)
		}
	})
	return writeJSON(w, http.StatusOK, row)
}

// allotting says what the document has of the calls of this file.
func allotting(lead func(...contract.Code) []contract.Code, repeats string) map[string]contract.Route {
	return map[string]contract.Route{
		"GET /v1/allotments": {Query: paged(text("sku", "only of this one, and with it what head office holds")),
			Answers: ok("Allotments by owner, holder and SKU.", AllotmentList{}), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}},
		"POST /v1/allotments": {Key: contract.KeyTaken, Request: AllotmentRequest{}, Codes: lead(),
			Answers: ok("The level that is aimed at from now on, and what the holder has. Head office passes on as far as it holds units of the owner's, now and when more come; it recalls what the holder still has beyond the level."+repeats, AllotmentRow{})},
	}
}
