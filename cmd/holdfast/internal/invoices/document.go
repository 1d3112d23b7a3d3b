package invoices

import "time"

// Kind says what a document is. The zero Kind is none.
type Kind uint8

// The kinds of document that a Reader gives out.
const (
	KindOrder      Kind = 1 // goods wanted by a customer or guest
	KindCredit     Kind = 2 // goods coming back
	KindCorrection Kind = 3 // a write-off or a find, decided at the shelf
)

// String returns the kind's name in reports.
func (k Kind) String() string {
	switch k {
	case KindOrder:
		return "order"
	case KindCredit:
		return "credit"
	case KindCorrection:
		return "correction"
	default:
		return "none"
	}
}

// A Document is one order, credit note or stock correction with at least one line.
type Document struct {
	ID       string // the invoice number, unique in the file
	Kind     Kind
	At       time.Time // what the shop's clock said, carried as UTC because the file names no zone
	Customer string    // empty for guests and for corrections
	Country  string
	Lines    []Line
	Charges  []Charge // rows that are no goods; each of them is reported, too
}

// A Line is one row of goods.
type Line struct {
	Row         int    // line of the file; the heading is line 1
	SKU         string // capitals
	Description string // as printed, or the free text of a correction; may be empty
	Qty         int64  // above 0 in orders and credit notes; in corrections negative for a write-off; never 0
	Pence       int64  // price of Per units, at least 0
	Per         int64  // 1, or 1000 for a price below a penny
	Cause       Cause  // corrections only
}

// A Charge is a row that moves money and no goods.
type Charge struct {
	Row         int
	Code        string
	Description string
	Qty         int64
	Pence       int64 // price of Per units; may be negative
	Per         int64
}

// A Reason is a stable code for why a row was not taken.
type Reason string

// The reasons for which rows are reported. The package comment explains each.
const (
	ReasonNotGoods         Reason = "not_goods"
	ReasonBadDebt          Reason = "bad_debt"
	ReasonHeld             Reason = "held"
	ReasonUndoesHeld       Reason = "undoes_held"
	ReasonNegativeLine     Reason = "negative_line"
	ReasonPositiveCredit   Reason = "positive_credit"
	ReasonZeroQuantity     Reason = "zero_quantity"
	ReasonNegativePrice    Reason = "negative_price"
	ReasonMixedCustomer    Reason = "mixed_customer"
	ReasonSplitDocument    Reason = "split_document"
	ReasonTooManyRows      Reason = "too_many_rows"
	ReasonTooManyDocuments Reason = "too_many_documents"
	ReasonCutShort         Reason = "cut_short"
	ReasonMalformed        Reason = "malformed"
	ReasonBadDocument      Reason = "bad_document"
	ReasonBadCode          Reason = "bad_code"
	ReasonBadQuantity      Reason = "bad_quantity"
	ReasonBadTime          Reason = "bad_time"
	ReasonBadPrice         Reason = "bad_price"
)

// A Report is one row that was not taken.
type Report struct {
	Line     int    // line of the file; the heading is line 1
	Document string // empty when the row could not be read so far
	Reason   Reason
	Text     string // for people
}

// Totals counts what was read. Rows = the sum of Taken + the sum of Reported once the documents have
// been read to the end.
type Totals struct {
	Rows      int            // rows below the heading
	Documents int            // document numbers seen
	Given     map[Kind]int   // documents given out
	Taken     map[Kind]int   // rows that became a line
	Reported  map[Reason]int // rows that did not
}
