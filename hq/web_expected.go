package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What suppliers are to bring, and who is promised it.

// Bounds of an answer about deliveries.
const (
	expectedLinesPage = 5_000 // lines of one page: it may have fewer deliveries than limit, and still not be the last
	expectedNamed     = 5_000 // promises that one answer names
	daysLateMax       = 3_650
)

// ExpectedLine is what a delivery is to bring of a SKU.
type ExpectedLine struct {
	SKU string `json:"sku"`
	Qty int64  `json:"qty"`
}

// ExpectedRequest puts a delivery. What is put again takes the place of what was put before; what has come of it stays.
type ExpectedRequest struct {
	Supplier string         `json:"supplier" jsonschema:"who brings it, at most 128 bytes; its lateness is learnt"`
	Site     string         `json:"site" jsonschema:"where it comes in"`
	Due      string         `json:"due" jsonschema:"the day, UTC, for example 2026-12-10"`
	Lines    []ExpectedLine `json:"lines" jsonschema:"1 to 1000; lines of one SKU are added up"`
	Reason   string         `json:"reason,omitempty" jsonschema:"why it is changed; it is kept"`
	By       string         `json:"by,omitempty" jsonschema:"who signs; default owner"`
	Version  *uint64        `json:"version,omitempty" jsonschema:"of the delivery as it was seen, 0: there was none. Where it is another one by now nothing is changed and the answer is changed_since; left out, it takes the place of whatever is there"`
}

// ExpectedCancel cancels a delivery.
type ExpectedCancel struct {
	Reason  string  `json:"reason,omitempty" jsonschema:"why; it is kept"`
	By      string  `json:"by,omitempty" jsonschema:"who signs; default owner"`
	Version *uint64 `json:"version,omitempty" jsonschema:"as in PUT"`
}

// ExpectedPromise is what of a delivery is promised to a line of an order.
type ExpectedPromise struct {
	Order ledger.OrderID `json:"order"`
	Line  int            `json:"line"`
	Qty   ledger.Qty     `json:"qty"`
	By    string         `json:"by,omitempty" jsonschema:"the day it was promised by; absent where the delivery is overdue"`
}

// ExpectedLineRow is a line of a delivery as it stands.
type ExpectedLineRow struct {
	SKU      ledger.SKU        `json:"sku"`
	Qty      ledger.Qty        `json:"qty" jsonschema:"what is expected in all"`
	Due      string            `json:"due,omitempty" jsonschema:"the day, where it is another than the delivery's: of a purchase order"`
	Came     ledger.Qty        `json:"came" jsonschema:"what has come, also beyond qty"`
	Left     ledger.Qty        `json:"left" jsonschema:"what is still to come"`
	Promised ledger.Qty        `json:"promised" jsonschema:"of left, what orders are promised"`
	Promises []ExpectedPromise `json:"promises,omitempty" jsonschema:"in the order in which they are served; of one delivery only"`
	More     int               `json:"promises_more,omitempty" jsonschema:"promises that are not named"`
}

// Expected is a delivery as it stands.
type Expected struct {
	Reference string            `json:"reference"`
	Supplier  string            `json:"supplier"`
	Site      ledger.SiteID     `json:"site"`
	Due       string            `json:"due"`
	PromiseBy string            `json:"promise_by,omitempty" jsonschema:"the day by which it is promised now: due, and late_days; absent where that is over"`
	LateDays  int64             `json:"late_days" jsonschema:"by how many days 80 of 100 of the supplier's lines were late at most"`
	LateLines int               `json:"late_lines" jsonschema:"from how many received lines that was learnt; 0: nothing is known, and nothing allowed for"`
	Status    string            `json:"status" jsonschema:"expected, overdue, received or cancelled; draft: a purchase order that its supplier has not got"`
	Version   uint64            `json:"version" jsonschema:"counts changes"`
	Lines     []ExpectedLineRow `json:"lines"`
	By        string            `json:"by" jsonschema:"who changed it last"`
	Reason    string            `json:"reason,omitempty"`
	At        string            `json:"at"`
}

// ExpectedChanged is a delivery that was changed, with the promises that slipped by it.
type ExpectedChanged struct {
	Expected
	Slips
}

// ExpectedList is one page of deliveries, by reference.
type ExpectedList struct {
	Deliveries []Expected `json:"deliveries"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// Slip and Slips are told of what is due in, by whichever book promises it.
type (
	Slip  = contract.Slip
	Slips = contract.Slips
)

func slipsOf(slips []machine.Slip) Slips {
	out := Slips{List: []Slip{}}
	for i := range slips {
		s := &slips[i]
		if s.Missed() {
			out.Missed++
		}
		if i >= expectedNamed {
			out.More++
			continue
		}
		out.List = append(out.List, Slip{Order: s.Order, Line: s.Line, SKU: s.SKU, Qty: s.Qty, Reference: s.Reference,
			OldBy: s.Old.String(), NewBy: s.New.String(), NeedBy: s.NeedBy, Missed: s.Missed()})
	}
	return out
}

// expected gives a delivery as it stands; with named the promises are named.
func expected(m *machine.Machine, d *machine.Delivery, named bool) Expected {
	days, lines := m.Lateness(d.Supplier)
	out := Expected{Reference: d.Reference, Supplier: d.Supplier, Site: d.Site, Due: d.Due.String(), LateDays: int64(days), LateLines: lines,
		Status: "expected", Version: d.Version, Lines: []ExpectedLineRow{}, By: d.Set.By, Reason: d.Set.Reason, At: contract.Moment(d.Set.At)}
	by := m.PromiseDay(d, "")
	switch {
	case d.Draft():
		out.Status = "draft"
	case d.Canceled:
		out.Status = "cancelled"
	case d.Closed != 0:
		out.Status = "received"
	case by == 0:
		out.Status = "overdue"
	default:
		out.PromiseBy = by.String()
	}
	room := expectedNamed
	for i := range d.Lines {
		l := &d.Lines[i]
		row := ExpectedLineRow{SKU: l.SKU, Qty: l.Qty, Came: l.Came, Promised: m.PromisedQty(d.Reference, l.SKU)}
		if l.Due != 0 {
			row.Due = l.Due.String()
		}
		if d.Closed == 0 && !d.Draft() {
			row.Left = l.Left()
		}
		if named && row.Promised > 0 {
			for _, r := range m.PromisedOn(d.Reference, l.SKU) {
				if room == 0 {
					row.More++
					continue
				}
				room--
				row.Promises = append(row.Promises, ExpectedPromise{Order: r.Order, Line: r.Line, Qty: r.Qty, By: r.By.String()})
			}
		}
		out.Lines = append(out.Lines, row)
	}
	return out
}

// reference reads the reference in the path.
func reference(r *http.Request) (string, error) {
	ref, err := variable(r, "reference")
	if err != nil {
		return "", err
	}
	return ref, contract.CheckText("reference", ref, ledger.TextMax)
}

// seenAs is what a command says of the version that its clerk saw.
func seenAs(version *uint64) uint64 {
	if version == nil {
		return 0
	}
	return *version + 1
}

// expect has every server change a delivery, once every server can, and answers with it.
func (s *Server) expect(w http.ResponseWriter, r *http.Request, c *machine.Expect) error {
	every, _, err := s.everyBuild()
	if err != nil {
		return err
	}
	if every.Commands < machine.ExpectCommands {
		return errMixed
	}
	if err := s.sees(c.Seen); err != nil {
		return err
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		return since(s, err, func(m *machine.Machine) *Expected {
			d, ok := m.Delivery(c.Reference)
			if !ok {
				return nil
			}
			now := expected(m, d, false)
			return &now
		})
	}
	out := ExpectedChanged{Slips: slipsOf(res.Slips)}
	s.View(func(m *machine.Machine) {
		if d, ok := m.Delivery(c.Reference); ok {
			out.Expected = expected(m, d, true)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

// putExpected puts a delivery. Done again it changes nothing.
func (s *Server) putExpected(w http.ResponseWriter, r *http.Request) error {
	ref, err := reference(r)
	if err != nil {
		return err
	}
	var in ExpectedRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	c := &machine.Expect{Reference: s.referenceKnown(ref), Supplier: in.Supplier, Site: ledger.SiteID(in.Site), At: s.now(), Seen: seenAs(in.Version)}
	if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
		return err
	}
	if err := contract.CheckText("supplier", in.Supplier, ledger.TextMax); err != nil {
		return err
	}
	if _, err := ledger.ParseSite(in.Site); err != nil {
		return err
	}
	if err := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", in.Site) }); err != nil {
		return err
	}
	if c.Due, err = day("due", in.Due); err != nil {
		return err
	}
	if c.Lines, err = s.expectedLines(in.Lines); err != nil {
		return err
	}
	return s.expect(w, r, c)
}

// signedBy fills in who signs; a delivery needs no reason.
func signedBy(r *http.Request, by, reason string) (string, string, error) {
	by = signer(r.Context(), by)
	return by, reason, errors.Join(contract.CheckText("reason", reason, signedMax), contract.CheckText("by", by, signedMax))
}

func day(field, text string) (machine.Day, error) {
	d, err := machine.ParseDay(text)
	if err != nil {
		return 0, &ledger.FormError{Field: field, Why: fmt.Sprintf("is %q; it is a day such as 2026-12-10", text)}
	}
	return d, nil
}

// expectedLines adds up the lines of each SKU. Every SKU must be an item.
func (s *Server) expectedLines(in []ExpectedLine) ([]machine.DueLine, error) {
	if n := len(in); n == 0 || n > machine.DeliveryLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a delivery has 1 to %d", n, machine.DeliveryLinesMax)}
	}
	var out []machine.DueLine
	for i, l := range in {
		sku, err := ledger.ParseSKU(l.SKU)
		if err == nil {
			err = ledger.CheckQty(ledger.Qty(l.Qty))
		}
		if err != nil {
			return nil, err
		}
		if !looked(s, func(m *machine.Machine) bool { _, ok := m.Item(sku); return ok }) {
			return nil, contract.UnknownSKU(sku, i+1)
		}
		at, known := slices.BinarySearchFunc(out, sku, func(l machine.DueLine, sku ledger.SKU) int { return strings.Compare(string(l.SKU), string(sku)) })
		if !known {
			out = slices.Insert(out, at, machine.DueLine{SKU: sku})
		}
		if out[at].Qty, err = ledger.AddQty(out[at].Qty, ledger.Qty(l.Qty)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cancelExpected cancels a delivery. Done again it changes nothing.
func (s *Server) cancelExpected(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err
	}
	ref, err := reference(r)
	if err != nil {
		return err
	}
	var in ExpectedCancel
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	c := &machine.Expect{Reference: s.referenceKnown(ref), Cancel: true, At: s.now(), Seen: seenAs(in.Version)}
	if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
		return err
	}
	return s.expect(w, r, c)
}

func (s *Server) getOneExpected(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	ref, err := reference(r)
	if err != nil {
		return err
	}
	var out Expected
	known := false
	s.View(func(m *machine.Machine) {
		var d *machine.Delivery
		if d, known = m.Delivery(m.ReferenceOf(ref)); known {
			out = expected(m, d, true)
		}
	})
	if !known {
		return machine.ErrDeliveryUnknown
	}
	return writeJSON(w, http.StatusOK, out)
}

// getExpected lists deliveries by reference; those that are over only with all=true.
func (s *Server) getExpected(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "site", "supplier", "sku", "all", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err1 := contract.ReadPage(q)
	all, err2 := contract.ReadFlag("all", q.Get("all"))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	sku := ledger.SKU(q.Get("sku"))
	keep := func(d *machine.Delivery) bool {
		return (all || d.Closed == 0 && !d.Draft()) && (!q.Has("site") || string(d.Site) == q.Get("site")) && (!q.Has("supplier") || d.Supplier == q.Get("supplier")) &&
			(sku == "" || d.Brings(sku) || all && d.Names(sku))
	}
	out := ExpectedList{Deliveries: []Expected{}}
	s.View(func(m *machine.Machine) {
		rows, next := m.Deliveries(page.After, page.Limit, keep)
		lines := 0
		for i, d := range rows {
			if lines += len(d.Lines); lines > expectedLinesPage && i > 0 {
				next = rows[i-1].Reference
				break
			}
			out.Deliveries = append(out.Deliveries, expected(m, d, false))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

// promises puts into an order, as head office answers it, what of it is promised of what is due in.
func promises(m *machine.Machine, o *contract.Order) {
	for _, r := range m.PromisesTo(o.ID) {
		promise(o, r)
	}
}

func promise(o *contract.Order, r *machine.DuePromise) {
	o.Promise(r.Line, contract.Promised{Reference: r.Reference, Qty: r.Qty, By: r.By.String()})
}

// renderAnswer gives the order of an answer that is remembered, with what it was promised then.
func renderAnswer(a *machine.Answer) contract.Order {
	o := renderOwn(a.Order, a.Amends+1)
	o.MayGiveUp = a.Yields
	for i := range a.Promised {
		promise(&o, &a.Promised[i])
	}
	return o
}

// dueInMax bounds the deliveries that an answer about stock names.
const dueInMax = 100

// dueIn says what is due in of a SKU, the earliest first; nil for nothing.
func dueIn(m *machine.Machine, sku ledger.SKU) *contract.DueIn {
	var out *contract.DueIn
	for i, d := range m.DueOf(sku) {
		if out == nil {
			out = &contract.DueIn{Deliveries: []contract.Due{}}
		}
		left, promised := d.Left(sku), m.PromisedQty(d.Reference, sku)
		out.Qty += left
		out.Promised += promised
		if i < dueInMax {
			out.Deliveries = append(out.Deliveries, contract.Due{Reference: d.Reference, Supplier: d.Supplier, Site: d.Site, Due: d.DueOn(sku).String(),
				By: m.PromiseDay(d, sku).String(), Qty: left, Promised: promised})
		}
	}
	return out
}

// expecting says what the document has of the calls of this file and of web_expected_whatif.go.
func expecting() map[string]contract.Route {
	const repeats = " Idempotent by content: done again it changes nothing, with or without a key."
	here, reads := reads(), []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	one := append([]contract.Code{contract.CodeNotFound}, reads...)
	return map[string]contract.Route{
		"GET /v1/expected": {Query: paged(text("site", "only what comes in there"), text("supplier", "only this supplier's"), text("sku", "only what still brings it"),
			text("all", "true: also what is received or cancelled, the latest 1,000")), Codes: reads,
			Answers: ok("Deliveries by reference. A page may have fewer rows than limit, and still not be the last.", ExpectedList{})},
		"GET /v1/expected/{reference}": {Query: here, Codes: one, Answers: ok("The delivery, and to whom each line is promised.", Expected{})},
		"PUT /v1/expected/{reference}": {Request: ExpectedRequest{}, Codes: append([]contract.Code{contract.CodeUnknownSite, contract.CodeUnknownSKU, contract.CodeNotReady, contract.CodeChangedSince}, reads...),
			Answers: ok("The delivery, and the promises that slip by the change. Goods received at the site under the reference count against it, in whatever case and with whatever blanks it is typed; and so a delivery that is known under such a one is changed, not put a second time."+repeats, ExpectedChanged{})},
		"POST /v1/expected/{reference}/cancel": {Key: contract.KeyTaken, Request: ExpectedCancel{}, Codes: append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince}, one...),
			Answers: ok("The delivery, and the promises that slip."+repeats, ExpectedChanged{})},
		"POST /v1/expected/{reference}/what-if": {Query: here, Key: contract.KeyTaken, Request: WhatIfRequest{}, Codes: append([]contract.Code{contract.CodeUnknownSite, contract.CodeUnknownSKU}, one...),
			Answers: ok("The promises that would slip. Nothing is changed.", WhatIfAnswer{})},
	}
}
