package contract

import (
	"cmp"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Reason is a word that says why somebody did something with goods.
type Reason struct {
	Code    string `json:"code" jsonschema:"1 to 40 letters, digits and . _ -"`
	Text    string `json:"text,omitempty" jsonschema:"for people; at most 128 bytes"`
	Way     string `json:"way,omitempty" jsonschema:"of adjustments and counts, which need it: in (units are found), out (units are gone) or both"`
	Approve bool   `json:"approve,omitempty" jsonschema:"true, of adjustments: another person than who does it has to approve"`
	Goods   string `json:"goods,omitempty" jsonschema:"of adjustments: what becomes of the units. book: they leave the book, or are fit to be sold; blocked: they stay in their bin, blocked, until somebody has looked (POST /v1/blocked/inspect). Left out: book"`

	For []string `json:"for,omitempty" jsonschema:"what it is given for, some of adjustment, count, return (goods come back from a customer), inspection (goods stay blocked or are scrapped), short_pick (a picker finds fewer than the book says) and undelivered (a carrier could not deliver). Left out: adjustment and count. As soon as an act has a reason it needs one"`
}

// What becomes of units for a reason.
const (
	reasonBook    = "book"
	reasonBlocked = "blocked"
)

// ReasonList is all reasons, by code.
type ReasonList struct {
	Version uint64   `json:"version,omitempty" jsonschema:"at head office: of the settings, to be named where something is changed"`
	Reasons []Reason `json:"reasons" jsonschema:"an act that none is for takes any text"`
}

// Ledger reads a reason from outside.
func (r *Reason) Ledger() (out ledger.Reason, err error) {
	out = ledger.Reason{Code: r.Code, Text: r.Text, Approve: r.Approve, Blocks: r.Goods == reasonBlocked}
	if out.Acts, err = ledger.ParseReasonActs(r.For); err != nil {
		return out, r.named(err)
	}
	if r.Way != "" || out.Moves() {
		if out.Way, err = ledger.ParseReasonWay(r.Way); err != nil {
			return out, r.named(err)
		}
	}
	if goods := cmp.Or(r.Goods, reasonBook); goods != reasonBook && goods != reasonBlocked {
		return out, r.named(&ledger.FormError{Field: "goods", Why: "is not book or blocked"})
	}
	if err := CheckText("text", r.Text, textMax); err != nil {
		return out, r.named(err)
	}
	return out, r.named(out.Check())
}

// named says which reason of several a refusal is about.
func (r *Reason) named(err error) error {
	if form, ok := err.(*ledger.FormError); ok && r.Code != "" && form.Field != "code" {
		return &ledger.FormError{Field: "reasons." + clip(r.Code) + "." + form.Field, Why: form.Why}
	}
	return err
}

// ReadReasons reads reasons from outside.
func ReadReasons(list []Reason) (out []ledger.Reason, err error) {
	for i := range list {
		r, err := list[i].Ledger()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// RenderReasons answers with reasons.
func RenderReasons(list []ledger.Reason) []Reason {
	out := make([]Reason, len(list))
	for i := range list {
		r := &list[i]
		out[i] = Reason{Code: r.Code, Text: r.Text, Approve: r.Approve, For: r.Acts.Words()}
		if r.Way != 0 {
			out[i].Way = r.Way.String()
		}
		if r.For(ledger.ReasonAdjust) {
			out[i].Goods = reasonBook
		}
		if r.Blocks {
			out[i].Goods = reasonBlocked
		}
	}
	return out
}

// UnknownReason refuses to end a reason that there is none of.
func UnknownReason(list []ledger.Reason, code string) *Problem {
	p := New(CodeBadValue, "There is no reason "+clip(code)+".")
	if p.Field = "end"; len(list) > 0 {
		p.Detail += " There are " + ledger.ReasonCodes(list) + "."
	}
	return p
}
