package gs1_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// Whatever is scanned: no panic, bounds hold, and what was understood says the same when it is
// written and read again in each of the forms that can hold it.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"5012345678900", "]C1010501234567890010L" + gs1.FNC1 + "21S", "(01)05012345678900(10)A\\(1)", "https://a/01/05012345678900?17=270200", "]E02112345678900|]e099A", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := gs1.Read(text)
		key := gs1.Key(text)
		code, codeErr := gs1.ItemCode(text)
		if codeErr == nil && gs1.Key(code) != key {
			t.Errorf("%q is kept as %q, whose key is %q, not %q", text, code, gs1.Key(code), key)
		}
		if err != nil {
			return
		}
		if len(s.Elements) > gs1.ElementsMax+1 || s.GTIN != "" && len(s.GTIN) != 14 {
			t.Fatalf("%q: got %d elements, GTIN %q", text, len(s.Elements), s.GTIN)
		}
		if s.GTIN != "" {
			if again, err := gs1.ParseGTIN(s.GTIN.Short()); err != nil || again != s.GTIN {
				t.Errorf("%q: GTIN %s comes back as %s, %v", text, s.GTIN, again, err)
			}
		}
		_ = s.Elements.Check()
		if s.Elements != nil {
			comesBack(t, s.Elements)
		}
	})
}

func comesBack(t *testing.T, es gs1.Elements) {
	t.Helper()
	same := func(how string, got gs1.Elements, err error) {
		if err != nil || got.String() != es.String() {
			t.Errorf("%s: %s comes back as %s, %v", how, es, got, err)
		}
	}
	if len(es.String()) <= gs1.TextMax {
		got, err := gs1.ParseBracketed(es.String(), gs1.Options{})
		same("in brackets", got, err)
	}
	got, err := gs1.ParseRaw(es.Raw())
	same("with FNC1", got, err)
	uri, err := es.Link("")
	if err != nil {
		return
	}
	linked, err := gs1.ParseLink(uri, gs1.Options{})
	if err != nil {
		t.Errorf("%s does not read back: %v", uri, err)
	}
	for _, e := range es {
		if linked.Get(e.AI) != e.Value {
			t.Errorf("%s says %q under (%s), want %q", uri, linked.Get(e.AI), e.AI, e.Value)
		}
	}
}

// What can be read as a symbol can be written, and says the same again.
func FuzzReadSymbol(f *testing.F) {
	for _, s := range []string{"]E02112345678900|]e099A", "]C10105012345678900", "]Q1\\^TESTING", "]J0", "]d210L" + gs1.FNC1, "]E402345673"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, scan string) {
		s, err := gs1.ReadSymbol(scan)
		if err != nil {
			return
		}
		if _, err := s.Elements(); err != nil && s.Symbology != gs1.ITF14 {
			t.Errorf("%q: got %v, want it to say something", scan, err)
		}
		again, err := s.Scan()
		if err != nil {
			return // a kind that is only read
		}
		if back, err := gs1.ReadSymbol(again); err != nil || back.Data != s.Data && s.Symbology != gs1.ITF14 || back.Composite != s.Composite || back.GS1 != s.GS1 {
			t.Errorf("%q is written %q and read %+v, %v; want %+v", scan, again, back, err, s)
		}
	})
}

func FuzzDay(f *testing.F) {
	f.Add("270200", int16(2026))
	f.Fuzz(func(t *testing.T, text string, year int16) {
		if year < 1950 || year > 9900 {
			return
		}
		now := time.Date(int(year), 1, 1, 0, 0, 0, 0, time.UTC)
		if got, err := gs1.Day(text, now); err == nil && (got.Year() < int(year)-49 || got.Year() > int(year)+50 || got.Format("06") != text[:2]) {
			t.Errorf("%s in %d: got %s", text, year, got)
		}
	})
}
