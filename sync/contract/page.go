package contract

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// How many rows a page of a list has.
const (
	LimitDefault = 100
	LimitMax     = 1000
)

// cursorMax bounds a cursor from outside, in bytes.
const cursorMax = 256

// Page is where a list goes on and how many rows are wanted.
type Page struct {
	After string // the key of the last row that was given; "" from the start
	Limit int
}

// Query refuses parameters that the call does not know: a mistyped filter must not give
// everything.
func Query(q url.Values, known ...string) error {
	for name, values := range q {
		if !slices.Contains(known, name) {
			p := New(CodeUnknownField, fmt.Sprintf("There is no parameter %q here.", name))
			p.Field = name
			return p
		}
		if len(values) > 1 {
			return &ledger.FormError{Field: name, Why: "is given more than once"}
		}
	}
	return nil
}

// ReadPage reads cursor and limit.
func ReadPage(q url.Values) (Page, error) {
	p := Page{Limit: LimitDefault}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > LimitMax {
			return Page{}, &ledger.FormError{Field: "limit", Why: fmt.Sprintf("is not a number from 1 to %d", LimitMax)}
		}
		p.Limit = n
	}
	if text := q.Get("cursor"); text != "" {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(text) > cursorMax || len(raw) == 0 {
			return Page{}, &ledger.FormError{Field: "cursor", Why: "is not one that a list gave: take next_cursor of the page before, or leave it out"}
		}
		p.After = string(raw)
	}
	return p, nil
}

// Cursor makes the cursor that goes on after the row with this key; "" stays "".
func Cursor(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(key))
}

// ReadFlag reads true or false; "" is false.
func ReadFlag(field, text string) (bool, error) {
	if text != "" && text != "true" && text != "false" {
		return false, &ledger.FormError{Field: field, Why: "is not true or false"}
	}
	return text == "true", nil
}

// Since reads a moment: RFC 3339, or a day, which begins at midnight UTC. "" is the zero time.
func Since(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &ledger.FormError{Field: field, Why: "is not a time such as 2026-11-22T09:30:00Z, or a day"}
}

// ReadStatus checks a status that a list is filtered by; "" means any.
func ReadStatus(text string) (ledger.Status, error) {
	if text == "" || slices.Contains(OrderStatuses(), text) {
		return ledger.Status(text), nil
	}
	return "", &ledger.FormError{Field: "status", Why: fmt.Sprintf("is %q; it is one of %s", clip(text), strings.Join(OrderStatuses(), ", "))}
}

// ReadAfter reads EPOCH.SEQ, the place in a journal after which to go on; "" is its start.
func ReadAfter(text string) (ledger.Epoch, ledger.Seq, error) { return ReadPosition("after", text) }

// ReadPosition reads a place in a journal out of a field, EPOCH.SEQ; "" gives 0 and 0.
func ReadPosition(field, text string) (ledger.Epoch, ledger.Seq, error) {
	if text == "" {
		return 0, 0, nil
	}
	left, right, found := strings.Cut(text, ".")
	epoch, err1 := strconv.ParseUint(left, 10, 63)
	seq, err2 := strconv.ParseUint(right, 10, 63)
	if !found || err1 != nil || err2 != nil {
		return 0, 0, &ledger.FormError{Field: field, Why: "is not EPOCH.SEQ, for example 1.240"}
	}
	return ledger.Epoch(epoch), ledger.Seq(seq), nil
}

// clip keeps what a client wrote from filling an answer.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
