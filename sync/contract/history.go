package contract

import (
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Act is one act that changed something that is set for the company, or for a site that stands alone.
type Act struct {
	Number   uint64 `json:"number" jsonschema:"from 1, without gaps"`
	At       string `json:"at"`
	By       string `json:"by" jsonschema:"the user; owner is the bearer of the owner's token"`
	Device   string `json:"device,omitempty" jsonschema:"the till or handheld that they signed in at, where one was shown"`
	Approver string `json:"approver,omitempty" jsonschema:"who approved it, where a second person did"`
	Call     string `json:"call" jsonschema:"method and path of the request"`
	What     string `json:"what,omitempty" jsonschema:"what was changed, as far as a line says it, and the reason that was given"`
}

// History is a page of acts, newest first.
type History struct {
	Acts       []Act  `json:"acts"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// Below reads the cursor of a list that goes back: rows below it; 0 from the newest.
func Below(cursor string) (below uint64, err error) {
	if cursor == "" {
		return 0, nil
	}
	if below, err = strconv.ParseUint(cursor, 10, 64); err != nil || below == 0 {
		return 0, &ledger.FormError{Field: "cursor", Why: "is none of ours: take next_cursor of the page before, or leave it out"}
	}
	return below, nil
}
