package contract

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ProblemType is the media type of a problem (RFC 9457).
const ProblemType = "application/problem+json"

// A Problem is an answer that is no: RFC 9457 with a stable code. It is an error, so that what
// decodes or decides can return one.
type Problem struct {
	Type   string  `json:"type" jsonschema:"a URI that names the code"`
	Title  string  `json:"title" jsonschema:"what kind of problem this is, for people"`
	Status int     `json:"status" jsonschema:"the HTTP status"`
	Code   Code    `json:"code" jsonschema:"the stable name of the problem, for programs"`
	Detail string  `json:"detail,omitempty" jsonschema:"what is so, for people"`
	Hint   string  `json:"hint,omitempty" jsonschema:"what can be done, for people"`
	Field  string  `json:"field,omitempty" jsonschema:"the field that is at fault"`
	Line   int     `json:"line,omitempty" jsonschema:"the line at fault, from 1"`
	Lines  []Short `json:"lines,omitempty" jsonschema:"the lines that are short"`

	Version uint64         `json:"version,omitempty" jsonschema:"of what was changed meanwhile: its version now"`
	Now     any            `json:"now,omitempty" jsonschema:"of what was changed meanwhile: how it is now, as its GET has it"`
	Counts  []CountAgainst `json:"counts,omitempty" jsonschema:"the lines of a count that it is refused for"`
	Amounts *Amounts       `json:"amounts,omitempty" jsonschema:"of a call about money: what it is refused for"`
	Returns []OverReturned `json:"returns,omitempty" jsonschema:"the lines of a return that it is refused for"`

	FirstStatus int `json:"first_status,omitempty" jsonschema:"of a key that was used before: the HTTP status that its first request was answered with, 409 where it was refused"`

	Review *Review `json:"review,omitempty" jsonschema:"of an order: the checks that it is refused for"`

	// RetryAfter is sent as a header; 0 sends none.
	RetryAfter time.Duration `json:"-"`
}

// Short is a line that could not be promised in full.
type Short struct {
	Line int        `json:"line" jsonschema:"from 1"`
	SKU  ledger.SKU `json:"sku"`
	Want ledger.Qty `json:"want"`
	Have ledger.Qty `json:"have" jsonschema:"what can be promised now"`
	Due  ledger.Qty `json:"due,omitempty" jsonschema:"of what lacks, what is due in at the site by need_by and promised to nobody"`

	Components []ShortComponent `json:"components,omitempty" jsonschema:"of a kit: the components that are short, in units; want and have above are kits"`
}

// ShortComponent is a component of a kit that is short.
type ShortComponent struct {
	SKU  ledger.SKU `json:"sku"`
	Want ledger.Qty `json:"want"`
	Have ledger.Qty `json:"have"`
}

// New makes the problem of a code in the words of its row; detail "" takes the row's own.
func New(code Code, detail string) *Problem {
	row, ok := words[code]
	if !ok {
		panic("contract: code without a row: " + string(code))
	}
	if detail == "" {
		detail = row.detail
	}
	return &Problem{Type: "urn:holdfast:problem:" + string(code), Title: row.title, Status: row.status,
		Code: code, Detail: detail, Hint: row.hint, RetryAfter: row.retry}
}

func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// Remembered says whether the answer is kept under its key for ever: a business refusal is,
// what may be otherwise the next time is not.
func (p *Problem) Remembered() bool { return p.Status == http.StatusConflict }

// JSON is the problem's body.
func (p *Problem) JSON() []byte {
	b, err := json.Marshal(p)
	if err != nil { // strings and numbers only
		panic("contract: encode problem: " + err.Error())
	}
	return append(b, '\n')
}

// Write answers a request with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		// Whole seconds, rounded up: a client must not come back too early.
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="holdfast"`)
	}
	w.WriteHeader(p.Status)
	w.Write(p.JSON()) // a client that has gone needs no answer
}
