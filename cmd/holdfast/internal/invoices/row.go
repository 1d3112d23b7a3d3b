package invoices

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	rowMax      = 4 << 10 // bytes of a line
	documentMax = 64      // bytes of a document number
	codeMax     = 32      // bytes of a SKU
	columnsMax  = 64
)

// column is an index into columns and into the order of a file's own columns.
type column int

const (
	colDocument column = iota
	colCode
	colDescription
	colQty
	colAt
	colPrice
	colCustomer
	colCountry
	columnCount
)

// names of the columns as the file's heading has them. It is constant: nothing writes to it.
var names = [columnCount]string{
	"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
}

// row is one line of the file, read and checked field by field but not yet judged.
type row struct {
	line        int
	document    string
	code        string // capitals
	description string
	qty         int64
	at          time.Time
	pence, per  int64
	customer    string
	country     string
}

// layout says where in a file's rows each column stands.
type layout struct {
	at    [columnCount]int
	width int
}

var (
	errQuote   = errors.New("a quote in the wrong place")
	errColumns = errors.New("too many columns")
)

// parseHeading finds the columns by name, in any order; columns of other names are passed over.
func parseHeading(text string) (layout, error) {
	fields, err := splitRow(strings.TrimPrefix(text, "\ufeff"), nil)
	if err != nil {
		return layout{}, err
	}
	l := layout{width: len(fields)}
	for c, name := range names {
		l.at[c] = -1
		for i, field := range fields {
			if strings.EqualFold(strings.TrimSpace(field), name) {
				l.at[c] = i
			}
		}
		if l.at[c] < 0 {
			return layout{}, fmt.Errorf("column %s is missing", name)
		}
	}
	return l, nil
}

// parse reads one line. With an error comes the reason for the report, and the document number where
// it could be read.
func (l *layout) parse(text string, fields []string) (row, Reason, error) {
	var r row
	fields, err := splitRow(text, fields[:0])
	if err != nil {
		return r, ReasonMalformed, err
	}
	if len(fields) != l.width {
		return r, ReasonMalformed, fmt.Errorf("%d fields where the heading has %d", len(fields), l.width)
	}
	field := func(c column) string { return strings.TrimSpace(fields[l.at[c]]) }
	if document := field(colDocument); printable(document, documentMax) {
		r.document = document
	} else {
		return r, ReasonBadDocument, fmt.Errorf("document number %q", clip(document))
	}
	if r.code = strings.ToUpper(field(colCode)); !isCharge(r.code) && !sound(r.code) {
		return r, ReasonBadCode, fmt.Errorf("stock code %q", clip(r.code))
	}
	if r.qty, err = parseWhole(field(colQty)); err != nil {
		return r, ReasonBadQuantity, fmt.Errorf("quantity %q: %w", clip(field(colQty)), err)
	}
	if r.at, err = parseTime(field(colAt)); err != nil {
		return r, ReasonBadTime, fmt.Errorf("time %q", clip(field(colAt)))
	}
	if r.pence, r.per, err = parsePounds(field(colPrice)); err != nil {
		return r, ReasonBadPrice, fmt.Errorf("price %q: %w", clip(field(colPrice)), err)
	}
	r.description = strings.ToValidUTF8(field(colDescription), "\ufffd")
	r.customer = strings.ToValidUTF8(strings.TrimSuffix(field(colCustomer), ".0"), "\ufffd")
	r.country = strings.ToValidUTF8(field(colCountry), "\ufffd")
	return r, "", nil
}

// splitRow splits one line at its commas as RFC 4180 has it, and appends the fields to `to`.
func splitRow(text string, to []string) ([]string, error) {
	for len(to) < columnsMax {
		if !strings.HasPrefix(text, `"`) {
			field, rest, more := strings.Cut(text, ",")
			if strings.Contains(field, `"`) {
				return nil, errQuote
			}
			to = append(to, field)
			if !more {
				return to, nil
			}
			text = rest
			continue
		}
		end := closingQuote(text)
		if end < 0 {
			return nil, errQuote
		}
		to = append(to, strings.ReplaceAll(text[1:end], `""`, `"`))
		if text = text[end+1:]; text == "" {
			return to, nil
		}
		if text[0] != ',' {
			return nil, errQuote
		}
		text = text[1:]
	}
	return nil, errColumns
}

// closingQuote returns where the quoted field at the start of text ends, or -1.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '"' {
			return i
		}
		i++ // a doubled quote stands for one
	}
	return -1
}

// parseTime reads a local time without a zone and carries it as UTC.
func parseTime(text string) (time.Time, error) {
	form := time.DateTime
	if len(text) == len("2006-01-02 15:04") {
		form = "2006-01-02 15:04"
	}
	at, err := time.Parse(form, text)
	if err == nil && at.Year() < 1970 {
		return time.Time{}, errNumber
	}
	return at, err
}

// sound says whether a code in capitals can name an article in the ledger.
func sound(code string) bool {
	if code == "" || len(code) > codeMax || code[0] == '-' {
		return false
	}
	for i := range len(code) {
		if c := code[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func printable(text string, most int) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= most
}

// clip shortens a field for a report.
func clip(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
