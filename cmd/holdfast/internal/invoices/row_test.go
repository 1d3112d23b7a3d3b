package invoices

// White box: the row parser is fuzzed on its own, below the reader that bounds its input.

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPoundsBecomePenceExactly(t *testing.T) {
	cases := map[string]struct {
		pence, per int64
		err        error
	}{
		"0":                  {0, 1, nil},
		"0.0":                {0, 1, nil},
		"2.1":                {210, 1, nil},
		"2.55":               {255, 1, nil},
		"2.550":              {255, 1, nil},
		"0.29":               {29, 1, nil}, // 28 by way of a float
		"1.005":              {100500, 1000, nil},
		"0.001":              {100, 1000, nil},
		"0.00001":            {1, 1000, nil},
		"0.000001":           {0, 0, errTooFine},
		"-11062.06":          {-1106206, 1, nil},
		"90071992547409.91":  {qtyMax, 1, nil},
		"90071992547409.92":  {0, 0, errTooBig},
		"99999999999999999":  {0, 0, errTooBig},
		"":                   {0, 0, errNumber},
		".5":                 {0, 0, errNumber},
		"5.":                 {0, 0, errNumber},
		"1e3":                {0, 0, errNumber},
		"1,5":                {0, 0, errNumber},
		"--1":                {0, 0, errNumber},
		"NaN":                {0, 0, errNumber},
		"0.0a":               {0, 0, errNumber},
		"9999999999999999.1": {0, 0, errTooBig},
	}
	for text, want := range cases {
		pence, per, err := parsePounds(text)
		if pence != want.pence || per != want.per || !errors.Is(err, want.err) {
			t.Errorf("%q: got %d for %d (%v), want %d for %d (%v)", text, pence, per, err, want.pence, want.per, want.err)
		}
	}
}

func TestQuantitiesAreWholeAndBounded(t *testing.T) {
	for text, want := range map[string]int64{"6": 6, "-6": -6, "0": 0, "007": 7, "9007199254740991": qtyMax, "-9007199254740991": -qtyMax} {
		if got, err := parseWhole(text); got != want || err != nil {
			t.Errorf("%q: got %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "+6", "6.0", " 6", "1e3", "9007199254740992", "99999999999999999999999", "six"} {
		if got, err := parseWhole(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestFreeTextBecomesACause(t *testing.T) {
	for text, want := range map[string]Cause{
		"":                           CauseUnknown,
		"??":                         CauseUnknown,
		"damages/dotcom?":            CauseDamaged,
		"Thrown away-rusty":          CauseDamaged,
		"sold as set on dotcom":      CausePackSize,
		"wrong barcode (22467)":      CauseMiscoded,
		"came coded as 20713":        CauseMiscoded,
		"Found":                      CauseFound,
		"?lost":                      CauseLost,
		"check":                      CauseCounted,
		"counted":                    CauseCounted,
		"showroom":                   CauseSample,
		"amazon sales":               CauseChannel,
		"stock creditted wrongly":    CauseReturned,
		"alan hodge cant manage":     CauseOther,
		"mystery! imported 1800":     CauseOther,
		"reverse 21/5/10 adjustment": CauseCounted,
	} {
		if got := causeOf(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestAFileOfTooManyColumnsIsRefused(t *testing.T) {
	if got, err := splitRow(strings.Repeat(",", columnsMax), nil); !errors.Is(err, errColumns) {
		t.Errorf("got %d fields and error %v, want %v", len(got), err, errColumns)
	}
	if got, err := splitRow(strings.Repeat(",", columnsMax-1), nil); err != nil || len(got) != columnsMax {
		t.Errorf("got %d fields and error %v, want %d", len(got), err, columnsMax)
	}
}

func FuzzRow(f *testing.F) {
	for _, seed := range []string{
		"536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
		`536477,22041,"RECORD FRAME 7"" SINGLE SIZE ",48,2010-12-01 12:27:00,2.1,16210,United Kingdom`,
		`1,2,"a,b",-1,2011-01-01 00:00,0.001,,X`, `"`, `""`, `"a"b,`, ",,,,,,,", "\xff,\x00",
	} {
		f.Add(seed)
	}
	l, err := parseHeading(strings.Join(names[:], ","))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") || len(text) > rowMax {
			return // the reader has cut the line there
		}
		checkSplit(t, text)
		got, reason, err := l.parse(text, nil)
		if (err == nil) != (reason == "") {
			t.Fatalf("got reason %q with error %v, want both or neither", reason, err)
		}
		if err != nil {
			if !utf8.ValidString(err.Error()) {
				t.Errorf("got a report of bytes %q, want text", err)
			}
			return
		}
		if got.document == "" || !isCharge(got.code) && !sound(got.code) || got.per != 1 && got.per != 1000 {
			t.Errorf("got %+v, want a document, a code and a price", got)
		}
		if max(got.qty, -got.qty) > qtyMax || max(got.pence, -got.pence) > qtyMax {
			t.Errorf("got %+v, want bounded numbers", got)
		}
		if !utf8.ValidString(got.description + got.customer + got.country) {
			t.Errorf("got %+v, want text", got)
		}
	})
}

// checkSplit holds splitRow to what the standard library makes of a single line.
func checkSplit(t *testing.T, text string) {
	t.Helper()
	fields, err := splitRow(text, nil)
	if errors.Is(err, errColumns) || text == "" {
		return
	}
	std := csv.NewReader(strings.NewReader(text))
	want, wantErr := std.Read()
	if errors.Is(wantErr, io.EOF) {
		return
	}
	if (err == nil) != (wantErr == nil) || err == nil && !slices.Equal(fields, want) {
		t.Errorf("%q: got %q (%v), want %q (%v)", text, fields, err, want, wantErr)
	}
}
