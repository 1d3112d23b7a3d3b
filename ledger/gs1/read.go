package gs1

import (
	"strconv"
	"strings"
)

// A Scan is what a text was found to say that came from a scanner, a keyboard or a file.
type Scan struct {
	Text     string   // as it came, without blanks around it and without a symbology identifier
	Mark     string   // the symbology identifier that stood in front, such as ]C1; "" for none
	GTIN     GTIN     // the article: of (01) or (03), else of the content (02); "" for none
	Elements Elements // all that it said; nil where the text says nothing but itself
}

// Read understands a text whatever form it has: the bare digits of a GTIN, elements in brackets or
// with FNC1, what a scanner sends with its symbology identifier, a Digital Link URI, or a code of
// the shop's own. Digits are a GTIN where there are 8, 12, 13 or 14 of them and nothing else.
//
// The error is an *Error or a *CheckError: the text has the form of one of these and does not keep
// to it. Text of any other form is never an error.
func Read(text string) (Scan, error) {
	if len(text) > TextMax {
		return Scan{}, errTooLong
	}
	s := Scan{Text: strings.TrimSpace(text)}
	var err error
	if strings.HasPrefix(s.Text, "]") {
		if s.Elements, err = s.marked(); err != nil {
			return Scan{}, err
		}
	}
	if s.Elements == nil {
		if s.Elements, err = bare(s.Text); err != nil {
			return Scan{}, err
		}
	}
	for _, ai := range []AI{"01", "03", "02"} {
		if v := s.Elements.Get(ai); v != "" {
			s.GTIN = GTIN(v)
			break
		}
	}
	return s, nil
}

// marked reads a text that begins with an identifier, and takes that off.
func (s *Scan) marked() (Elements, error) {
	symbol, err := ReadSymbol(s.Text)
	if err != nil {
		return nil, err
	}
	s.Mark, s.Text = s.Text[:3], strings.TrimSpace(symbol.Data)
	if symbol.Symbology == ITF14 && len(s.Text) != 14 {
		return nil, nil // the same bars hold numbers of any even length
	}
	return symbol.Elements()
}

// bare reads a text without an identifier.
func bare(s string) (Elements, error) {
	switch {
	case gtinLength(s) && allDigits(s):
		g, err := ParseGTIN(s)
		if err != nil {
			return nil, err
		}
		return Elements{{"01", string(g)}}, nil
	case strings.Contains(s, FNC1):
		return parseUnled(strings.TrimPrefix(s, FNC1))
	case bracketLed(s):
		return ParseBracketed(s, Options{})
	}
	if _, web := cutScheme(s); web {
		es, err := ParseLink(s, Options{ShortGTINs: true, Words: true})
		if err != nil && !meansLink(s) {
			return nil, nil // an address like any other
		}
		return es, err
	}
	// A scanner that puts neither an identifier nor FNC1 in front: taken for elements where a right
	// GTIN leads and all of it reads.
	if len(s) >= 16 && s[:2] == "01" && allDigits(s[2:16]) && checked(s[2:16]) == nil {
		if es, err := parseUnled(s); err == nil {
			return es, nil
		}
	}
	return nil, nil
}

// bracketLed says whether a text begins with an AI in brackets; "(12 pack) mug" does not.
func bracketLed(s string) bool {
	if s == "" || s[0] != '(' {
		return false
	}
	ai, _, closed := strings.Cut(s[1:], ")")
	return closed && len(ai) >= 2 && len(ai) <= 4 && allDigits(ai)
}

// meansLink says whether a web address was meant to be a Digital Link URI of an article.
func meansLink(uri string) bool {
	for _, step := range []string{"/01/", "/gtin/"} {
		if _, value, ok := strings.Cut(uri, step); ok && len(value) >= 8 && allDigits(value[:8]) {
			return true
		}
	}
	return false
}

// Key gives the text that a code of an item is known by, so that all writings of one number are one
// key: the 14 digits of the GTIN that it says, or the code itself. It takes any text.
func Key(code string) string {
	if gtinLength(code) && allDigits(code) { // most codes of most lists
		if g, err := ParseGTIN(code); err == nil {
			return string(g)
		}
		return code
	}
	s, err := Read(code)
	switch {
	case err != nil:
		return strings.TrimSpace(code)
	case s.GTIN != "":
		return string(s.GTIN)
	default:
		return s.Text
	}
}

// ItemCode gives the code that an item is to keep where somebody gave it code: a GTIN as it was
// typed, what a scan says as its GTIN alone, and a code of the shop's own as it is. The error is a
// *CheckError or an *Error: the code means to be GS1's and is not sound, or it names no article.
func ItemCode(code string) (string, error) {
	s, err := Read(code)
	switch {
	case err != nil:
		return "", err
	case s.GTIN != "" && (gtinLength(s.Text) && allDigits(s.Text)):
		return s.Text, nil
	case s.GTIN != "":
		return s.GTIN.Short(), nil
	case s.Elements != nil:
		return "", &Error{Value: clip(s.Elements.String()), Why: "names no article: it holds no GTIN under (01)"}
	case strings.HasPrefix(s.Text, "]"):
		return "", &Error{Value: clip(code), Why: "has two symbology identifiers in front; scan it again"}
	default:
		return s.Text, nil
	}
}

// Count gives how many units a scan says there are: of (30) or (37); ok is false where it says nothing.
func (s Scan) Count() (n int64, ok bool) {
	for _, ai := range []AI{"37", "30"} {
		if v := s.Elements.Get(ai); v != "" {
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
