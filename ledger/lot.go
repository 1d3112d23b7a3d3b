package ledger

import (
	"fmt"
	"strings"
	"time"
)

// A LotID tells units of one SKU apart: the name of a batch, or the serial number of one unit. ParseLot is the only way in from outside.
type LotID string

// LotIDMax bounds a LotID, in bytes. GS1 has 20.
const LotIDMax = 40

// ParseLot refuses what no label says: 1 to LotIDMax printable characters of ASCII without a blank.
func ParseLot(s string) (LotID, error) {
	if s == "" || len(s) > LotIDMax {
		return "", &FormError{Field: "lot", Why: fmt.Sprintf("has %d characters; a lot or serial number has 1 to %d", len(s), LotIDMax)}
	}
	if at := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }); at >= 0 {
		return "", &FormError{Field: "lot", Why: fmt.Sprintf("has a blank or a letter at character %d that no label has; it is letters, digits and signs", at+1)}
	}
	return LotID(s), nil
}

// An Expiry is the last day on which units may be sold, in days since 1970-01-01 (UTC). 0: they keep.
type Expiry int32

const secondsADay = 24 * 60 * 60

// DayOf gives the day of a moment, in UTC.
func DayOf(t time.Time) Expiry { return Expiry(t.Unix() / secondsADay) }

// ParseExpiry reads a day such as 2027-12-31; "" is none.
func ParseExpiry(s string) (Expiry, error) {
	if s == "" {
		return 0, nil
	}
	at, err := time.Parse(time.DateOnly, s)
	if err != nil || at.Year() < 1971 || at.Year() > 2269 {
		return 0, &FormError{Field: "expiry", Why: fmt.Sprintf("is %q; give a day such as 2027-12-31", s)}
	}
	return DayOf(at), nil
}

// String is the day as ParseExpiry reads it.
func (x Expiry) String() string {
	if x == 0 {
		return ""
	}
	return time.Unix(int64(x)*secondsADay, 0).UTC().Format(time.DateOnly)
}

// Past says whether units may not be sold any more on a day.
func (x Expiry) Past(day Expiry) bool { return x != 0 && x < day }

// A LotQty is units of one lot, as somebody names them. Of goods that come in Expiry and Serial are the label's.
type LotQty struct {
	Lot    LotID
	Qty    Qty
	Expiry Expiry
	Serial bool // Lot is the serial number of one unit
}

// A LotPlace is where units of a lot are: an account of the where book. Ref is the bin; of Picked the order; else as of the account.
type LotPlace struct {
	Kind AccountKind
	Ref  string
}

// kept says whether a level remembers what lies in such a place. The other accounts count what flows through them.
func (p LotPlace) kept() bool { return p.Kind == Sellable || p.Kind == Blocked || p.Kind == Picked }

// String is the place's name in the API.
func (p LotPlace) String() string {
	if p.Kind == Picked {
		return "where/picked/" + p.Ref
	}
	return Account{Kind: p.Kind, Ref: p.Ref}.String()
}

// A LotMove says which lot units were of that an entry's postings move: Qty units of it went from one place to another. What an entry's moves
// leave open was of no lot that the book knows.
type LotMove struct {
	SKU    SKU
	Lot    LotID
	Qty    Qty // above 0
	From   LotPlace
	To     LotPlace
	Expiry Expiry // of units that came in
	Serial bool
}

// Bounds of what is kept of lots. A row is a lot in one place.
const (
	LotRowsMax  = 10_000 // of one SKU at a site
	LotMovesMax = 20_000 // of one entry
)

// A LotError says no to what somebody says of lots. Nothing was changed.
type LotError struct {
	SKU  SKU
	Lot  LotID
	Line int // from 1; 0: of no line
	Why  string
}

func (e *LotError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Why)
	}
	return e.Why
}

// lotAt puts a line, from an index, to a refusal.
func lotAt(err error, index int) error {
	if e, ok := err.(*LotError); ok {
		c := *e
		c.Line = index + 1
		return &c
	}
	return atLine(err, index)
}
