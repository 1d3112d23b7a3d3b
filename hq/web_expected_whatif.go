package hq

import (
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// WhatIfRequest is a change of a delivery that is only thought of. What is left out is as it is.
type WhatIfRequest struct {
	Due      string         `json:"due,omitempty" jsonschema:"another day, UTC"`
	DaysLate *int64         `json:"days_late,omitempty" jsonschema:"so many days after the day it is due now; not with due"`
	Lines    []ExpectedLine `json:"lines,omitempty" jsonschema:"other quantities in all of these SKUs; 0: none of it comes"`
	Site     string         `json:"site,omitempty" jsonschema:"another place"`
	Cancel   bool           `json:"cancel,omitempty" jsonschema:"true: nothing of it comes any more"`
}

// WhatIfAnswer says which promises would slip.
type WhatIfAnswer struct {
	Reference string `json:"reference"`
	Due       string `json:"due" jsonschema:"the day that was thought of"`
	PromiseBy string `json:"promise_by,omitempty" jsonschema:"the day by which it would be promised; absent: no date"`
	Slips
}

// postWhatIf answers what a change of a delivery would come to, by the plan that would carry it out.
func (s *Server) postWhatIf(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err
	}
	if _, err := query(r); err != nil {
		return err
	}
	ref, err := reference(r)
	if err != nil {
		return err
	}
	var in WhatIfRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	d := looked(s, func(m *machine.Machine) *machine.Delivery {
		d, _ := m.Delivery(m.ReferenceOf(ref))
		return d
	})
	if d == nil {
		return machine.ErrDeliveryUnknown
	}
	c, err := in.change(d)
	if err == nil {
		err = looked(s, func(m *machine.Machine) error { return in.names(m, d) })
	}
	if err != nil {
		return err
	}
	c.At = s.now()
	out := WhatIfAnswer{Reference: d.Reference, Due: c.Due.String()}
	s.View(func(m *machine.Machine) {
		var slips []machine.Slip
		slips, err = m.WhatIf(c)
		out.Slips = slipsOf(slips)
		if !c.Cancel {
			out.PromiseBy = m.PromiseDayAt(&machine.Delivery{Supplier: c.Supplier, Due: c.Due}, c.At).String() // by the day of the slips
		}
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// change makes the command that would change d so.
func (in *WhatIfRequest) change(d *machine.Delivery) (*machine.Expect, error) {
	c := &machine.Expect{Reference: d.Reference, Supplier: d.Supplier, Site: d.Site, Due: d.Due, Cancel: in.Cancel, By: door.OwnerName}
	for _, l := range d.Lines {
		if l.Qty > 0 {
			c.Lines = append(c.Lines, l)
		}
	}
	var err error
	switch {
	case in.Cancel && (in.Due != "" || in.DaysLate != nil || in.Site != "" || len(in.Lines) > 0):
		p := contract.New(contract.CodeBadValue, "cancel is said beside due, days_late, site or lines: what does not come is neither late nor elsewhere.")
		p.Field, p.Hint = "cancel", "Ask one or the other: nothing of it comes, or it comes otherwise."
		return nil, p
	case in.Due != "" && in.DaysLate != nil:
		return nil, &ledger.FormError{Field: "days_late", Why: "is said beside due; say one of them"}
	case in.Due != "":
		if c.Due, err = day("due", in.Due); err != nil {
			return nil, err
		}
		for i := range c.Lines {
			c.Lines[i].Due = 0
		}
	case in.DaysLate != nil:
		if *in.DaysLate < -daysLateMax || *in.DaysLate > daysLateMax {
			return nil, &ledger.FormError{Field: "days_late", Why: "is more than ten years"}
		}
		c.Due += machine.Day(*in.DaysLate)
		for i := range c.Lines {
			if l := &c.Lines[i]; l.Due != 0 {
				l.Due += machine.Day(*in.DaysLate)
			}
		}
	}
	if in.Site != "" {
		if c.Site, err = ledger.ParseSite(in.Site); err != nil {
			return nil, err
		}
	}
	for _, l := range in.Lines {
		if err := in.changeLine(c, l); err != nil {
			return nil, err
		}
	}
	if len(c.Lines) == 0 {
		c.Cancel = true // nothing of it comes
	}
	return c, nil
}

// names says whether what is thought of is known: goods that there are, at a site that there is.
func (in *WhatIfRequest) names(m *machine.Machine, d *machine.Delivery) error {
	if err := siteKnown(m, "site", in.Site); err != nil {
		return err
	}
	for i, l := range in.Lines {
		if _, known := m.Item(ledger.SKU(l.SKU)); !known {
			p := contract.UnknownSKU(ledger.SKU(l.SKU), i+1)
			var of []string
			for k := range d.Lines {
				of = append(of, string(d.Lines[k].SKU))
			}
			p.Hint = contract.Known(l.SKU, of)
			return p
		}
	}
	return nil
}

func (in *WhatIfRequest) changeLine(c *machine.Expect, l ExpectedLine) error {
	sku, err := ledger.ParseSKU(l.SKU)
	if err == nil && l.Qty != 0 {
		err = ledger.CheckQty(ledger.Qty(l.Qty))
	}
	if err != nil {
		return err
	}
	i, known := slices.BinarySearchFunc(c.Lines, sku, func(l machine.DueLine, sku ledger.SKU) int { return strings.Compare(string(l.SKU), string(sku)) })
	switch {
	case l.Qty == 0 && known:
		c.Lines = slices.Delete(c.Lines, i, i+1)
	case l.Qty == 0:
	case known:
		c.Lines[i].Qty = ledger.Qty(l.Qty)
	default:
		c.Lines = slices.Insert(c.Lines, i, machine.DueLine{SKU: sku, Qty: ledger.Qty(l.Qty)})
	}
	return nil
}
