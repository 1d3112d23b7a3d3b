package gs1

import "strings"

// A Symbology is a kind of barcode.
type Symbology uint8

// The symbologies that a GS1 barcode may be of. Other is one that only holds text, such as Code 39.
const (
	NoSymbology     Symbology = 0
	Other           Symbology = 1
	EAN13           Symbology = 2 // UPC-A and UPC-E as well: a scanner sends them as 13 digits
	EAN8            Symbology = 3
	UPCA            Symbology = 4
	UPCE            Symbology = 5
	ITF14           Symbology = 6
	GS1128          Symbology = 7
	DataBar         Symbology = 8 // one that holds a GTIN only
	DataBarExpanded Symbology = 9
	DataMatrix      Symbology = 10
	QR              Symbology = 11
	DotCode         Symbology = 12
)

// A Symbol is what one barcode holds.
type Symbol struct {
	Symbology Symbology
	// GS1 says that Data is elements, as a symbol holds them behind its first FNC1. Otherwise Data is
	// text as it is: of a linear symbol the digits of its number.
	GS1       bool
	Data      string
	Composite string // elements of a composite component, in the same form; "" for none
}

// A mark is the identifier that a scanner puts in front of data: ], a letter, and a byte.
type mark struct {
	id        string
	symbology Symbology
	gs1       bool
}

// marks are those that are told apart here, of ISO/IEC 15424. Where a symbology has two, the one
// that Scan writes stands first.
var marks = []mark{
	{"]E0", EAN13, false}, {"]E4", EAN8, false},
	{"]C1", GS1128, true}, {"]e0", DataBarExpanded, true},
	{"]d1", DataMatrix, false}, {"]d2", DataMatrix, true}, {"]d0", DataMatrix, false}, {"]d3", DataMatrix, true},
	{"]Q1", QR, false}, {"]Q3", QR, true}, {"]Q0", QR, false}, {"]Q4", QR, true},
	{"]J0", DotCode, false}, {"]J1", DotCode, true},
	{"]I0", ITF14, false}, {"]I1", ITF14, false},
	{"]C0", Other, false}, {"]A0", Other, false}, {"]A1", Other, false}, {"]F0", Other, false}, {"]G0", Other, false},
	{"]z0", Other, false}, {"]L0", Other, false}, {"]L1", Other, false}, {"]L2", Other, false}, {"]X0", Other, false},
}

// ReadSymbol reads what a scanner sends with its symbology identifier in front. The elements of a
// GS1 symbol are well formed, the number of an EAN symbol has its check digit, and what of a text
// looks like a Digital Link URI is one. The error is an *Error or a *CheckError.
func ReadSymbol(scan string) (Symbol, error) {
	if len(scan) > TextMax {
		return Symbol{}, errTooLong
	}
	if len(scan) < 3 {
		return Symbol{}, errNoMark(scan)
	}
	data := scan[3:]
	for _, m := range marks {
		if m.id != scan[:3] {
			continue
		}
		s := Symbol{Symbology: m.symbology, GS1: m.gs1, Data: data}
		switch m.symbology {
		case EAN13:
			return s.readEAN(13)
		case EAN8:
			return s.readEAN(8)
		}
		if m.gs1 {
			_, err := parseUnled(data)
			return s, err
		}
		if _, web := cutScheme(data); web {
			if _, err := ParseLink(data, Options{ShortGTINs: true, Words: true}); err != nil {
				return Symbol{}, err
			}
		}
		return s, nil
	}
	return Symbol{}, errNoMark(scan)
}

func errNoMark(scan string) error {
	return &Error{Value: clip(scan), Why: "does not begin with the identifier of a symbology that is known here, such as ]C1 or ]E0"}
}

// compositeMark parts the digits of an EAN symbol from its composite component.
const compositeMark = "|]e0"

func (s Symbol) readEAN(length int) (Symbol, error) {
	number, composite, has := strings.Cut(s.Data, compositeMark)
	if len(number) != length {
		return Symbol{}, &Error{Value: clip(number), Why: "has another length than the symbol it is said to come from"}
	}
	if _, err := ParseGTIN(number); err != nil {
		return Symbol{}, err
	}
	if has {
		if _, err := parseUnled(composite); err != nil {
			return Symbol{}, err
		}
	}
	s.Data, s.Composite = number, composite
	return s, nil
}

// Elements gives all that a symbol says as elements: the number of an article under (01). A text
// says nothing, unless it is a Digital Link URI.
func (s Symbol) Elements() (Elements, error) {
	switch s.Symbology {
	case EAN13, EAN8, UPCA, UPCE, ITF14, DataBar:
		g, err := s.number()
		if err != nil {
			return nil, err
		}
		return s.with(Elements{{"01", string(g)}})
	}
	if s.GS1 {
		es, err := parseUnled(s.Data)
		if err != nil {
			return nil, err
		}
		return s.with(es)
	}
	if _, web := cutScheme(s.Data); web {
		return ParseLink(s.Data, Options{ShortGTINs: true, Words: true})
	}
	return nil, nil
}

func (s Symbol) with(es Elements) (Elements, error) {
	if s.Composite == "" {
		return es, nil
	}
	more, err := parseUnled(s.Composite)
	if len(es)+len(more) > ElementsMax {
		return nil, errTooMany
	}
	return append(es, more...), err
}

// number gives the article's number of a symbol that holds nothing else beside its composite component: bare digits, or under (01).
func (s Symbol) number() (GTIN, error) {
	digits := s.Data
	if s.GS1 {
		es, err := parseUnled(s.Data)
		if err != nil {
			return "", err
		}
		if len(es) != 1 || es[0].AI != "01" {
			return "", &Error{Value: clip(es.String()), Why: "is not a GTIN under (01) alone, as this symbology holds it"}
		}
		digits = es[0].Value
	}
	return ParseGTIN(digits)
}

// Scan gives what a scanner sends of the symbol, its identifier in front. The error is an *Error or
// a *CheckError: the symbology cannot hold that.
func (s Symbol) Scan() (string, error) {
	switch s.Symbology {
	case EAN13, EAN8, UPCA, UPCE:
		return s.scanEAN()
	case DataBar:
		g, err := s.number()
		if err != nil {
			return "", err
		}
		es, err := s.with(Elements{{"01", string(g)}})
		return "]e0" + es.unled(), err
	case ITF14:
		g, err := s.number()
		return "]I1" + string(g), err
	}
	if s.Composite != "" {
		return s.scanComposite()
	}
	for _, m := range marks {
		if m.symbology != s.Symbology || m.gs1 != s.GS1 {
			continue
		}
		if s.GS1 {
			if _, err := parseUnled(s.Data); err != nil {
				return "", err
			}
		}
		return m.id + s.Data, nil
	}
	return "", &Error{Value: clip(s.Data), Why: "is nothing that this symbology can hold"}
}

func (s Symbol) scanEAN() (string, error) {
	g, err := s.number()
	if err != nil {
		return "", err
	}
	id, bare, zeros := "]E0", 13, "0" // how many digits the symbol shows, and what a GTIN has in front of those that are sent
	switch s.Symbology {
	case EAN8:
		id, bare, zeros = "]E4", 8, "000000"
	case UPCA, UPCE:
		bare = 12
	}
	digits, fits := strings.CutPrefix(string(g), zeros)
	if !fits || bare == 12 && digits[0] != '0' || !s.GS1 && len(s.Data) != bare {
		return "", &Error{Value: clip(s.Data), Why: "has another length than this symbology holds"}
	}
	if s.Composite == "" {
		return id + digits, nil
	}
	if _, err := parseUnled(s.Composite); err != nil {
		return "", err
	}
	return id + digits + compositeMark + s.Composite, nil
}

// scanComposite writes a GS1-128 or DataBar symbol with its composite component: one text of elements.
func (s Symbol) scanComposite() (string, error) {
	if s.Symbology != GS1128 && s.Symbology != DataBarExpanded || !s.GS1 {
		return "", &Error{Value: clip(s.Data), Why: "is of a symbology that has no composite component"}
	}
	es, err := parseUnled(s.Data)
	if err != nil {
		return "", err
	}
	if _, err := parseUnled(s.Composite); err != nil {
		return "", err
	}
	between := FNC1
	if table[es[len(es)-1].AI].fixed {
		between = ""
	}
	return "]e0" + strings.TrimSuffix(s.Data, FNC1) + between + s.Composite, nil
}
