package gs1

import (
	"strings"
)

// FNC1 is the separator of elements, as a scanner sends it.
const FNC1 = "\x1d"

// Bounds of what is read: the largest symbol of GS1 holds some 2,350 bytes.
const (
	TextMax     = 4096 // bytes
	ElementsMax = 64
)

// An Element is one AI with its value.
type Element struct {
	AI    AI
	Value string
}

// Elements are what one symbol says, in its order.
type Elements []Element

// Options of reading.
type Options struct {
	// UnknownAIs takes also an AI that is not in the table, where its length is plain: in brackets
	// and in the query of a URI.
	UnknownAIs bool
	// ShortGTINs takes a GTIN of 8, 12 or 13 digits under (01) in a URI.
	ShortGTINs bool
	// Words takes the words that older Digital Link URIs have instead of digits, such as gtin for 01.
	Words bool
}

// ParseBracketed reads elements as people write them: (01)05012345678900(10)ABC. A bracket inside
// a value is written \(. The error is an *Error.
func ParseBracketed(s string, o Options) (Elements, error) {
	if len(s) > TextMax {
		return nil, errTooLong
	}
	if s == "" || s[0] != '(' {
		return nil, &Error{Value: clip(s), Why: "does not begin with an AI in brackets, such as (01)"}
	}
	var out Elements
	for s != "" {
		name, rest, closed := strings.Cut(s[1:], ")")
		if !closed || len(name) < 2 || len(name) > 4 || !allDigits(name) {
			return nil, &Error{Value: clip(s), Why: "does not begin with an AI in brackets, such as (01)"}
		}
		var value string
		value, s = untilBracket(rest)
		e := Element{AI(name), value}
		if err := e.check(o.UnknownAIs); err != nil {
			return nil, err
		}
		if out = append(out, e); len(out) > ElementsMax {
			return nil, errTooMany
		}
	}
	return out, nil
}

var (
	errTooLong = &Error{Why: "is longer than 4096 bytes"}
	errTooMany = &Error{Why: "has more than 64 elements"}
)

// untilBracket gives the value before the next bare bracket, and the rest from there.
func untilBracket(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			return b.String(), s[i:]
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '(':
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

func (e Element) check(unknown bool) error {
	k := table[e.AI]
	switch {
	case k != nil:
		return k.check(e.Value)
	case unknown:
		return unknownCheck(e.AI, e.Value)
	default:
		return errNoAI(e.AI)
	}
}

func errNoAI(ai AI) error { return &Error{AI: ai, Why: "is no AI that GS1 has given out"} }

// ParseRaw reads elements as a symbol holds them: FNC1 first, and behind every value whose length
// its AI does not fix. The error is an *Error.
func ParseRaw(s string) (Elements, error) {
	rest, led := strings.CutPrefix(s, FNC1)
	if !led {
		return nil, &Error{Value: clip(s), Why: "does not begin with FNC1"}
	}
	return parseUnled(rest)
}

// parseUnled is ParseRaw without the FNC1 in front, as behind a symbology identifier.
func parseUnled(s string) (Elements, error) {
	switch {
	case len(s) > TextMax:
		return nil, errTooLong
	case s == "":
		return nil, &Error{Why: "holds no element"}
	}
	var out Elements
	for s != "" {
		k := find(s)
		if k == nil {
			return nil, &Error{Value: clip(s), Why: "does not begin with an AI that GS1 has given out"}
		}
		s = s[len(k.ai):]
		value, rest, _ := strings.Cut(s, FNC1)
		if _, most := k.bounds(); k.fixed && len(value) > most {
			value, rest = s[:most], s[most:]
		}
		if err := k.check(value); err != nil {
			return nil, err
		}
		if out = append(out, Element{k.ai, value}); len(out) > ElementsMax {
			return nil, errTooMany
		}
		s = rest
	}
	return out, nil
}

// Raw writes the elements as a symbol holds them, FNC1 first.
func (es Elements) Raw() string { return FNC1 + es.unled() }

func (es Elements) unled() string {
	var b strings.Builder
	for i, e := range es {
		b.WriteString(string(e.AI))
		b.WriteString(e.Value)
		if k := table[e.AI]; i < len(es)-1 && (k == nil || !k.fixed) {
			b.WriteString(FNC1)
		}
	}
	return b.String()
}

// String writes the elements as people read them, as ParseBracketed reads them.
func (es Elements) String() string {
	var b strings.Builder
	for _, e := range es {
		b.WriteString("(" + string(e.AI) + ")" + strings.ReplaceAll(e.Value, "(", `\(`))
	}
	return b.String()
}

// Get gives the value of the first element of an AI; "" where there is none.
func (es Elements) Get(ai AI) string {
	for _, e := range es {
		if e.AI == ai {
			return e.Value
		}
	}
	return ""
}
