package sheet

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Stray is a column that nobody reads: its name is none that is known.
type Stray struct {
	Name string
	Hint string // which it may have been meant for, for people; "" where none is near
}

// String says so for people.
func (s Stray) String() string {
	return s.says(", and is passed over")
}

// Unknown says that there is no such column.
func (s Stray) Unknown() string { return s.says("") }

func (s Stray) says(and string) string {
	text := fmt.Sprintf("column %q is not known%s", s.Name, and)
	if s.Hint != "" {
		text += ": " + strings.ToLower(s.Hint[:1]) + s.Hint[1:]
	}
	return text
}

// Strays are the columns of the file that nobody reads, in its order.
func (r *Reader) Strays() []Stray { return r.strays }

// straysOf finds the fields of a heading that no column goes by. One that has no name is none.
func straysOf(heading []string, columns []Column, passed []string) (out []Stray) {
	known := names(columns)
	for _, field := range heading {
		field = strings.TrimSpace(strings.TrimPrefix(field, "\ufeff"))
		if field == "" || isColumn(field, columns) || isNamed(field, passed) {
			continue
		}
		out = append(out, Stray{Name: clip(field), Hint: contract.Known(field, near(field, known))})
	}
	return out
}

// near leaves the names that a field may have been meant for: a list of all there are helps nobody who has a column of his own.
func near(field string, known []string) []string {
	if strings.HasPrefix(contract.Known(field, known), "Did you mean") {
		return known
	}
	return nil
}

func isColumn(field string, columns []Column) bool {
	for _, c := range columns {
		if c.goesBy(field) {
			return true
		}
	}
	return false
}

func isNamed(field string, names []string) bool {
	for _, name := range names {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}

// names lists the names of columns, those that they also go by behind.
func names(columns []Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Name)
	}
	for _, c := range columns {
		out = append(out, c.Also...)
	}
	return out
}
