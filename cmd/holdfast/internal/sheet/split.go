package sheet

import (
	"errors"
	"strings"
)

var (
	errOpenQuote = errors.New("a quote is opened and not closed")
	errQuote     = errors.New("a quote in the wrong place")
	errColumns   = errors.New("more than 256 fields")
)

// split cuts one row at its separators as RFC 4180 has it and appends the fields to `to`.
// errOpenQuote says that the row may go on in the next line.
func split(text string, separator byte, to []string) ([]string, error) {
	for len(to) < columnsMax {
		if !strings.HasPrefix(text, `"`) {
			at := strings.IndexByte(text, separator)
			field := text
			if at >= 0 {
				field = text[:at]
			}
			if strings.IndexByte(field, '"') >= 0 {
				return nil, errQuote
			}
			to = append(to, field)
			if at < 0 {
				return to, nil
			}
			text = text[at+1:]
			continue
		}
		field, rest, err := quoted(text)
		if err != nil {
			return nil, err
		}
		to = append(to, field)
		if rest == "" {
			return to, nil
		}
		if rest[0] != separator {
			return nil, errQuote
		}
		text = rest[1:]
	}
	return nil, errColumns
}

// quoted reads the quoted field that text starts with.
func quoted(text string) (field, rest string, err error) {
	doubled := false
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			doubled = true
			i++
			continue
		}
		field = text[1:i]
		if doubled {
			field = strings.ReplaceAll(field, `""`, `"`)
		}
		return field, text[i+1:], nil
	}
	return "", "", errOpenQuote
}
