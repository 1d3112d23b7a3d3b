package messenger

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Letters are letters that an operator has written, by the kind of event, for example order.ready. A kind that it lacks has this program's own.
type Letters map[string]Letter

// letterFile is a file of letters.
type letterFile struct {
	Version int     `json:"version"`
	Letters Letters `json:"letters"`
}

// LetterKinds lists the kinds of events that a letter can be written for.
func LetterKinds() []string { return slices.Sorted(maps.Keys(ownSubjects())) }

// ReadLetters reads a file of letters, {"version":1,"letters":{"order.ready":{"subject":"...","text":"..."}}}, and says everything that is wrong with
// it in one go: a letter that could not be filled in would be found only when somebody is to be told.
func ReadLetters(raw []byte) (Letters, error) {
	var f letterFile
	if err := contract.Decode(raw, &f); err != nil {
		return nil, err
	}
	if f.Version != 1 {
		return nil, &ledger.FormError{Field: "version", Why: fmt.Sprintf("is %d; this program reads 1: write the letters as that says, or start the program that they were written for", f.Version)}
	}
	var wrong []error
	for _, kind := range slices.Sorted(maps.Keys(f.Letters)) {
		if _, known := ownSubjects()[kind]; !known {
			wrong = append(wrong, fmt.Errorf("letter %q: there is no such kind of event: there are %s", clipped(kind), strings.Join(LetterKinds(), ", ")))
		} else if err := f.Letters[kind].Check(); err != nil {
			wrong = append(wrong, fmt.Errorf("letter %s: %w", kind, err))
		}
	}
	return f.Letters, errors.Join(wrong...)
}

// Of is the letter of a kind of event: the operator's, else this program's own.
func (l Letters) Of(kind string) Letter {
	if own, written := l[kind]; written {
		return own
	}
	return OwnLetter(kind)
}

// Sample is an event of a kind with something for each word to say, and the name of a customer, to look at a letter by.
func Sample(kind string) (*contract.EventMessage, string) {
	qty, level := ledger.Qty(3), ledger.Qty(4)
	return &contract.EventMessage{Type: kind, Timestamp: contract.Moment(time.Date(2026, 12, 10, 9, 30, 0, 0, time.UTC)), Data: contract.EventData{
		Site: "leeds", Order: "01900000-0000-7000-8000-000000000001", Number: "LEEDS-000042", External: "W-1001", Channel: "web", Customer: "ACME-1",
		Lines: []contract.EventLine{{Line: 1, SKU: "TAP-22", Qty: 2}, {Line: 2, SKU: "PIPE", Qty: 5, Waiting: 1}}, LinesMore: 1,
		Shipment: &contract.EventShipment{Carrier: "PostHaste", Service: "24", Tracking: "PH 1234"}, Promised: "2026-12-12",
		Amount: &contract.Money{Amount: 1250, Currency: "GBP"}, SKU: "TAP-22", Qty: &qty, Level: &level,
		Exception: &contract.EventException{ID: 7, What: "promise_slips", Why: "delivery PO 812 of Acme comes later"}}}, "Ada Jones"
}
