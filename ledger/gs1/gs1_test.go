package gs1_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

func ExampleRead() {
	for _, text := range []string{
		"5012345678900",
		"]C10105012345678900" + "10LOT-7" + gs1.FNC1 + "17271231",
		"(01)05012345678900(21)S-1(30)12",
		"https://id.gs1.org/01/05012345678900/10/LOT-7?17=271231",
		"SHELF-7",
	} {
		s, err := gs1.Read(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("article %q lot %q serial %q elements %s\n", s.GTIN, s.Elements.Get("10"), s.Elements.Get("21"), s.Elements)
	}
	// Output:
	// article "05012345678900" lot "" serial "" elements (01)05012345678900
	// article "05012345678900" lot "LOT-7" serial "" elements (01)05012345678900(10)LOT-7(17)271231
	// article "05012345678900" lot "" serial "S-1" elements (01)05012345678900(21)S-1(30)12
	// article "05012345678900" lot "LOT-7" serial "" elements (01)05012345678900(10)LOT-7(17)271231
	// article "" lot "" serial "" elements
}

func ExampleNewSSCC() {
	sscc, err := gs1.NewSSCC(0, "9520123", 42)
	fmt.Println(sscc, err)
	// Output: 095201230000000424 <nil>
}

func ExampleElements_Link() {
	es, err := gs1.ParseBracketed("(01)05012345678900(10)LOT 7", gs1.Options{})
	fmt.Println(es, err)
	es, err = gs1.ParseBracketed("(01)05012345678900(10)LOT/7(17)271231", gs1.Options{})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(es.Link("https://shop.example"))
	// Output:
	//  (10) "LOT 7" holds a character that does not belong there: " "
	// https://shop.example/01/05012345678900/10/LOT%2F7?17=271231 <nil>
}

func TestTheFourFormsOfANumberAreOne(t *testing.T) {
	for _, forms := range [][]string{
		{"96385074", "000096385074", "0000096385074", "00000096385074"},
		{"416000336108", "0416000336108", "00416000336108"},
		{"5012345678900", "05012345678900"},
	} {
		for _, form := range forms {
			g, err := gs1.ParseGTIN(form)
			if err != nil || string(g) != forms[len(forms)-1] || gs1.Key(form) != string(g) {
				t.Errorf("%s: got %q, %v, key %q, want %s", form, g, err, gs1.Key(form), forms[len(forms)-1])
			}
		}
	}
}

func TestAWrongCheckDigitIsToldTheRightOne(t *testing.T) {
	for _, digits := range []string{"5012345678900", "96385074", "416000336108", "15012345678907"} {
		for wrong := byte('0'); wrong <= '9'; wrong++ {
			text := digits[:len(digits)-1] + string(wrong)
			_, err := gs1.ItemCode(text)
			if wrong == digits[len(digits)-1] {
				if err != nil {
					t.Errorf("%s: got %v, want it taken", text, err)
				}
				continue
			}
			bad, ok := errors.AsType[*gs1.CheckError](err)
			if !ok || bad.Want != digits[len(digits)-1] {
				t.Errorf("%s: got %v, want its check digit %c named", text, err, digits[len(digits)-1])
			}
		}
	}
}

func TestACartonsNumberIsMadeAndRead(t *testing.T) {
	for _, c := range []struct {
		extension int
		prefix    string
		serial    uint64
		want      string // "" where it is refused
	}{
		{3, "9521234", 0, "395212340000000007"},
		{0, "952123456789", 9999, "095212345678999997"},
		{0, "952123456789", 10000, ""},
		{10, "9521234", 1, ""}, {-1, "9521234", 1, ""}, {0, "952", 1, ""}, {0, "95212345678901", 1, ""}, {0, "95x1234", 1, ""},
	} {
		got, err := gs1.NewSSCC(c.extension, c.prefix, c.serial)
		if (err == nil) != (c.want != "") || string(got) != c.want {
			t.Errorf("%+v: got %s, %v", c, got, err)
		}
		if err == nil {
			if again, err := gs1.ParseSSCC(string(got)); err != nil || again != got {
				t.Errorf("%s does not come back: %v", got, err)
			}
		}
	}
	for _, bad := range []string{"", "395212340000000008", "39521234000000000", "39521234000000000x"} {
		if _, err := gs1.ParseSSCC(bad); err == nil {
			t.Errorf("%q was taken for a carton", bad)
		}
	}
}

func TestADayHasItsCenturyAndDay00IsTheLast(t *testing.T) {
	in := func(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		text string
		now  int
		want string
	}{
		{"271231", 2026, "2027-12-31"}, {"270200", 2026, "2027-02-28"}, {"280200", 2026, "2028-02-29"}, {"260400", 2026, "2026-04-30"},
		{"760101", 2026, "2076-01-01"}, {"770101", 2026, "1977-01-01"}, {"990101", 2026, "1999-01-01"},
		{"010101", 1999, "2001-01-01"}, {"490101", 1999, "2049-01-01"}, {"500101", 1999, "1950-01-01"},
		{"000229", 2080, "2100-02-28"}, {"300101", 2080, "2130-01-01"}, {"310101", 2080, "2031-01-01"},
	} {
		got, err := gs1.Day(c.text, in(c.now))
		if err != nil || got.Format(time.DateOnly) != c.want {
			t.Errorf("%s in %d: got %s, %v, want %s", c.text, c.now, got.Format(time.DateOnly), err, c.want)
		}
	}
	for _, bad := range []string{"", "2712", "271301", "270001", "270230", "27013x", "2701311"} {
		if _, err := gs1.Day(bad, in(2026)); err == nil {
			t.Errorf("%q was taken for a day", bad)
		}
	}
}

// What Read takes, and what it refuses rather than guess.
func TestAnyScanIsUnderstood(t *testing.T) {
	const tap = "05012345678900"
	for text, want := range map[string]string{ // the article, "own CODE", or "refused" and some of why
		"5012345678900": tap, " 5012345678900\r\n": tap, tap: tap,
		"]E05012345678900": tap, "]E05012345678900|]e010LOT": tap,
		"]E496385074": "00000096385074", "]I115012345678907": "15012345678907", "]I1123456": "own 123456",
		"]C101" + tap + "10LOT": tap, "]d201" + tap + "21S" + gs1.FNC1 + "10L": tap, "]Q301" + tap: tap, "]e001" + tap: tap,
		gs1.FNC1 + "01" + tap + "10LOT": tap, "01" + tap + "10LOT" + gs1.FNC1 + "21S": tap,
		"01" + tap: tap, "01" + tap + "17271231": tap,
		"(01)" + tap: tap, "(00)395212340000000007(02)" + tap + "(37)24": tap,
		"https://id.gs1.org/01/" + tap: tap, "https://shop.example/gtin/5012345678900/lot/L": tap, "]Q1https://id.gs1.org/01/" + tap: tap,
		"]Q05012345678900": tap,
		"TAP-22":           "own TAP-22", "]A0TAP-22": "own TAP-22", "]C0TAP-22": "own TAP-22", "(new) tap": "own (new) tap", "(1": "own (1", "(12 pack) mug": "own (12 pack) mug", "(2026) diary": "refused AI",
		"https://shop.example/tap": "own https://shop.example/tap", "12345": "own 12345", "123456789": "own 123456789", "": "own ",
		"0105012345678901": "own 0105012345678901", // no right GTIN leads, and nothing else says that it is GS1's
		"5012345678901":    "refused call for 0", "]E05012345678901": "refused call for 0", "(01)05012345678901": "refused call for 0",
		"12345678": "refused call for 0", "]C1TAP": "refused AI", "]C2TAP": "refused identifier", "]": "refused identifier",
		"(01)123": "refused length", "(10)": "refused no value", gs1.FNC1: "refused no element",
		"https://id.gs1.org/01/05012345678901": "refused call for 0", "https://shop.example/01/05012345678900?10=L": "refused path",
		strings.Repeat("7", gs1.TextMax+1):       "refused longer",
		"(99)x" + strings.Repeat("(99)x", 64):    "refused elements",
		"]C1" + strings.Repeat("7", gs1.TextMax): "refused longer",
	} {
		s, err := gs1.Read(text)
		got := string(s.GTIN)
		switch {
		case err != nil:
			got = "refused " + err.Error()
		case s.Elements == nil:
			got = "own " + s.Text
		}
		why, refused := strings.CutPrefix(want, "refused ")
		if refused && (err == nil || !strings.Contains(err.Error(), why)) || !refused && got != want {
			t.Errorf("%.60q: got %s, want %s", text, got, want)
		}
	}
}

func TestAnItemKeepsTheArticleOfAScan(t *testing.T) {
	for text, want := range map[string]string{
		"416000336108": "416000336108", "05012345678900": "05012345678900", "TAP-22": "TAP-22",
		"]E05012345678900": "5012345678900", "]C1010501234567890010LOT": "5012345678900", "]E496385074": "96385074",
		"(01)15012345678907": "15012345678907", "https://id.gs1.org/01/05012345678900/10/L": "5012345678900", "]A0TAP-22": "TAP-22",
		"(00)395212340000000007": "", "5012345678901": "",
	} {
		got, err := gs1.ItemCode(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestACountIsRead(t *testing.T) {
	for text, want := range map[string]int64{"(01)05012345678900(30)12": 12, "(00)395212340000000007(02)05012345678900(37)00000024": 24, "5012345678900": -1} {
		s, err := gs1.Read(text)
		n, ok := s.Count()
		if err != nil || ok != (want >= 0) || ok && n != want {
			t.Errorf("%s: got %d, %v, %v, want %d", text, n, ok, err, want)
		}
	}
}

func TestRealGTINsAreTaken(t *testing.T) {
	dir := os.Getenv("HOLDFAST_DATA")
	f, err := os.Open(filepath.Join(dir, "gtin", "open_food_facts_sample.csv"))
	if dir == "" || err != nil {
		t.Skip("skipped: HOLDFAST_DATA does not name a folder with gtin/open_food_facts_sample.csv")
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range all[1:] {
		for _, field := range row {
			if len(field) >= 8 && strings.Trim(field, "0123456789") == "" {
				if _, err := gs1.ParseGTIN(field); err != nil {
					t.Errorf("%v: %v", row, err)
				}
				n++
				break
			}
		}
	}
	if t.Logf("%d real numbers taken", n); n != 124 {
		t.Errorf("got %d numbers, want 124", n)
	}
}
