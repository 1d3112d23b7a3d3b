package contract

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// Override is a named person who lets an order through that trips a check.
type Override struct {
	By     string `json:"by" jsonschema:"who lets it through"`
	Reason string `json:"reason" jsonschema:"why"`
}

// Review is which checks an order has tripped, and what became of it for that.
type Review struct {
	Status   string `json:"status" jsonschema:"waiting, released, cancelled or refused"`
	Trips    []Trip `json:"trips"`
	Owner    string `json:"owner,omitempty" jsonschema:"who is to decide"`
	Default  string `json:"default,omitempty" jsonschema:"what is done when it is due: release or cancel"`
	Due      string `json:"due,omitempty" jsonschema:"when; absent of an order that never waited"`
	Override bool   `json:"may_override,omitempty" jsonschema:"all the checks that it tripped let a named person let it through at once"`
	By       string `json:"by,omitempty" jsonschema:"who decided; absent where it was done because it was due"`
	Reason   string `json:"reason,omitempty"`
	At       string `json:"at,omitempty" jsonschema:"when it was decided"`
}

// Trip is a check that an order has tripped.
type Trip struct {
	Check string     `json:"check"`
	Kind  string     `json:"kind"`
	Line  int        `json:"line,omitempty" jsonschema:"from 1"`
	SKU   ledger.SKU `json:"sku,omitempty"`
	Is    int64      `json:"is,omitempty" jsonschema:"units, or minor units"`
	Limit int64      `json:"limit,omitempty"`
	Words string     `json:"words" jsonschema:"what is wrong, for people"`
}

// RulingRequest says what becomes of an order that waits.
type RulingRequest struct {
	Decision string          `json:"decision" jsonschema:"release, which places it, or cancel"`
	By       string          `json:"by" jsonschema:"who decides"`
	Reason   string          `json:"reason" jsonschema:"why"`
	Shortage ledger.Shortage `json:"shortage,omitempty" jsonschema:"with release: what is done with what is short by now; left out, as the order says"`
}

// Check refuses what is no ruling.
func (r *RulingRequest) Check() error {
	checks := []error{CheckText("by", r.By, ledger.RulingTextMax), CheckText("reason", r.Reason, ledger.RulingTextMax), oneOf("shortage", string(r.Shortage), shortages())}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	switch {
	case r.Decision != "release" && r.Decision != "cancel":
		return &ledger.FormError{Field: "decision", Why: fmt.Sprintf("is %q; it is release or cancel", clip(r.Decision))}
	case r.By == "":
		return &ledger.FormError{Field: "by", Why: "is empty: somebody decides"}
	case r.Reason == "":
		return &ledger.FormError{Field: "reason", Why: "is empty; say why"}
	case r.Shortage != "" && r.Decision != "release":
		return &ledger.FormError{Field: "shortage", Why: "goes with release: leave it out to cancel"}
	}
	return nil
}

func (o *Override) check() error {
	switch {
	case o == nil:
		return nil
	case o.By == "":
		return &ledger.FormError{Field: "override.by", Why: "is empty: somebody lets it through"}
	case o.Reason == "":
		return &ledger.FormError{Field: "override.reason", Why: "is empty; say why"}
	}
	if err := CheckText("override.by", o.By, ledger.RulingTextMax); err != nil {
		return err
	}
	return CheckText("override.reason", o.Reason, ledger.RulingTextMax)
}

func (o *Override) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "by":
			return had.first(0) && quickText(q, &o.By)
		case "reason":
			return had.first(1) && quickText(q, &o.Reason)
		default:
			return false
		}
	})
}

// Judge holds an order against the checks of its company, of which an override may let it through; nil where it trips none.
func Judge(o *ledger.Order, c *ledger.Company, override *Override, f ledger.CheckFacts) *ledger.Verdict {
	v := c.Judge(o, f)
	if v != nil && override != nil {
		v.LetThrough(override.By, override.Reason)
	}
	return v
}

// KnownAddresses refuses an order that goes, or is billed, to an address that its customer's account does not have. An address stands there
// and nowhere else: the order names it by its label.
func KnownAddresses(o *ledger.Order, c *ledger.CustomerAccount) error {
	for _, a := range []struct{ field, label string }{{"deliver_to", o.DeliverTo}, {"bill_to", o.BillTo}} {
		if a.label == "" || c.Address(a.label) != nil {
			continue
		}
		if len(c.Person.Addresses) == 0 {
			return &ledger.FormError{Field: a.field, Why: fmt.Sprintf("is %q, and customer %s has no address at all: give the customer one first, or say ship_to", clip(a.label), c.ID)}
		}
		var has []string
		for i := range c.Person.Addresses {
			has = append(has, c.Person.Addresses[i].Label)
		}
		return &ledger.FormError{Field: a.field, Why: fmt.Sprintf("is %q, and customer %s has no address of that label; it is one of %s", clip(a.label), c.ID, strings.Join(has, ", "))}
	}
	return nil
}

// renderReview shows what became of an order for its checks.
func renderReview(o *ledger.Order) *Review {
	v := o.Review
	if v == nil {
		return nil
	}
	out := &Review{Status: "refused", Trips: make([]Trip, len(v.Trips)), Owner: v.Owner, Override: v.Override, By: v.By, Reason: v.Reason}
	for i := range v.Trips {
		t := &v.Trips[i]
		out.Trips[i] = Trip{Check: t.Check, Kind: t.Kind.String(), Line: t.Line, SKU: t.SKU, Is: t.Is, Limit: t.Limit, Words: tripWords(o, t)}
	}
	if v.Default != 0 {
		out.Default = v.Default.String()
	}
	if !v.Due.IsZero() {
		out.Due = Moment(v.Due)
	}
	if !v.At.IsZero() {
		out.At = Moment(v.At)
	}
	switch {
	case v.Ruling == ledger.RulingRelease:
		out.Status = "released"
	case v.Ruling == ledger.RulingCancel:
		out.Status = "cancelled"
	case !v.Due.IsZero():
		out.Status = "waiting"
	}
	return out
}

// tripWords says what is wrong with an order, for people.
func tripWords(o *ledger.Order, t *ledger.Trip) string {
	currency := o.Totals().Currency
	switch t.Kind {
	case ledger.CheckAddress:
		return "It is to be delivered, and names no address."
	case ledger.CheckUnknown:
		return fmt.Sprintf("There is no customer %s.", clip(o.Customer))
	case ledger.CheckBlocked:
		return fmt.Sprintf("Nothing is sold to customer %s, who is blocked: their account says why.", clip(o.Customer))
	case ledger.CheckCredit:
		return fmt.Sprintf("It comes to %s, and customer %s may buy for %s more on account.", pricing.Text(t.Is, currency), clip(o.Customer), pricing.Text(max(t.Limit, 0), currency))
	case ledger.CheckCost:
		return fmt.Sprintf("Line %d, %s, brings %s without tax; it has to bring %s.", t.Line, t.SKU, pricing.Text(t.Is, currency), pricing.Text(t.Limit, currency))
	case ledger.CheckQuantity:
		return fmt.Sprintf("Line %d is for %d of %s in all; more than %d is out of the ordinary.", t.Line, t.Is, t.SKU, t.Limit)
	case ledger.CheckValue:
		return fmt.Sprintf("It comes to %s; more than %s needs a second look.", pricing.Text(t.Is, currency), pricing.Text(t.Limit, currency))
	case ledger.CheckUnpriced:
		return fmt.Sprintf("Nobody has said what line %d, %s, costs.", t.Line, t.SKU)
	default:
		return fmt.Sprintf("Check %s says no.", t.Check)
	}
}

// fromCheck says no to an order for its checks, and what can be done.
func fromCheck(e *ledger.CheckError) *Problem {
	v, r := e.Order.Review, renderReview(&e.Order)
	if r == nil {
		return New(CodeCheckRefused, "")
	}
	said := make([]string, len(r.Trips))
	for i := range r.Trips {
		said[i] = r.Trips[i].Words
	}
	p := New(CodeCheckRefused, strings.Join(said, " "))
	p.Review = r
	var can []string
	if v.Override {
		can = append(can, "A supervisor may let it through: send it again under a new key, with their name and the reason in override.")
	}
	if v.Owner != "" && e.Order.Fulfil == ledger.Take {
		can = append(can, fmt.Sprintf("What is taken along cannot wait: sent with fulfil collect or deliver it waits for %s.", v.Owner))
	}
	if len(can) == 0 {
		can = append(can, "Put right what is said, and send it under a new key.")
	}
	p.Hint = strings.Join(can, " ")
	return p
}

// fromRuling says that an order does not wait for a word.
func fromRuling(e *ledger.RulingError) *Problem {
	v := e.Review
	if v == nil {
		return New(CodeNotWaiting, fmt.Sprintf("Order %s never waited for anybody's word; it is %s.", e.Number, e.Status))
	}
	done := map[ledger.Ruling]string{ledger.RulingRelease: "released", ledger.RulingCancel: "cancelled"}[v.Ruling]
	switch {
	case e.Due:
		return New(CodeNotWaiting, fmt.Sprintf("Order %s is not due before %s.", e.Number, Moment(v.Due)))
	case done == "", v.Due.IsZero():
		return New(CodeNotWaiting, fmt.Sprintf("Order %s never waited for anybody's word; it is %s.", e.Number, e.Status))
	case v.By == "":
		return New(CodeNotWaiting, fmt.Sprintf("Order %s was %s when it was due, at %s; it is %s.", e.Number, done, Moment(v.At), e.Status))
	default:
		return New(CodeNotWaiting, fmt.Sprintf("%s has %s order %s already, at %s; it is %s.", clip(v.By), done, e.Number, Moment(v.At), e.Status))
	}
}

// appendJSON writes a review, which few orders have, as the library does.
func (r *Review) appendJSON(b []byte) []byte {
	text, err := json.Marshal(r)
	if err != nil { // texts and numbers only
		panic("contract: encode review: " + err.Error())
	}
	return append(b, text...)
}
