package sheet_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

func ab() []sheet.Column {
	return []sheet.Column{{Name: "a", Also: []string{"first"}, Needed: true}, {Name: "b"}}
}

// readAll tells rows as "LINE a|b" and faults as "LINE! why".
func readAll(t testing.TB, file string) ([]string, error) {
	t.Helper()
	r, err := sheet.NewReader(strings.NewReader(file), ab())
	if err != nil {
		return nil, err
	}
	var got []string
	for {
		row, err := r.Next()
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			got = append(got, fmt.Sprintf("%d! %s", fault.Line, fault.Why))
			continue
		}
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, fmt.Sprintf("%d %s|%s", row.Line, row.Field(0), row.Field(1)))
	}
}

func TestAFileIsReadAsItsMakerMeantIt(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte("a,b\n1,2\n"))
	z.Close()
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"plain":                         {"a,b\n1,2\n", []string{"2 1|2"}},
		"no line end at the end":        {"a,b\n1,2", []string{"2 1|2"}},
		"carriage returns":              {"a,b\r\n1,2\r\n", []string{"2 1|2"}},
		"a byte order mark":             {"\ufeffa,b\n1,2\n", []string{"2 1|2"}},
		"gzip":                          {zipped.String(), []string{"2 1|2"}},
		"semicolons":                    {"a;b\n1;2,5\n", []string{"2 1|2,5"}},
		"tabs":                          {"a\tb\n1\t2\n", []string{"2 1|2"}},
		"columns in another order":      {"b,x,a\n2,9,1\n", []string{"2 1|2"}},
		"another name, another case":    {"FIRST,B\n1,2\n", []string{"2 1|2"}},
		"one column":                    {"a\n1\n", []string{"2 1|"}},
		"blank lines are no rows":       {"a,b\n\n1,2\n \n3,4\n", []string{"3 1|2", "5 3|4"}},
		"spaces around fields":          {"a , b\n 1 , 2 \n", []string{"2 1|2"}},
		"quotes":                        {"a,b\n\"1,1\",\"2\"\"2\"\n", []string{`2 1,1|2"2`}},
		"an empty quoted field":         {"a,b\n\"\",\"\"\n", []string{"2 |"}},
		"a line break inside quotes":    {"a,b\n\"1\n1\",2\n3,4\n", []string{"2 1\n1|2", "4 3|4"}},
		"Windows-1252":                  {"a,b\nCaf\xe9 \x80,\x93q\x94\n", []string{"2 Café €|“q”"}},
		"too few fields":                {"a,b\n1\n3,4\n", []string{"2! 1 fields where the heading has 2", "3 3|4"}},
		"too many fields":               {"a,b\n1,2,3\n3,4\n", []string{"2! 3 fields where the heading has 2", "3 3|4"}},
		"a quote in the middle":         {"a,b\n1\",2\n3,4\n", []string{"2! a quote in the wrong place", "3 3|4"}},
		"a quote never closed":          {"a,b\n\"1,2\n3,4\n5,6\n", []string{"2! a quote is opened and not closed", "3 3|4", "4 5|6"}},
		"a lost quote before a sound":   {"a,b\n\"1,2\n\"3\",4\n5,6\n", []string{"2! a quote in the wrong place", "3 3|4", "4 5|6"}},
		"a line too long":               {"a,b\n" + strings.Repeat("x", 70_000) + ",1\n3,4\n", []string{"2! the line is longer than 65536 bytes", "3 3|4"}},
		"a line too long at the end":    {"a,b\n3,4\n" + strings.Repeat("x", 70_000), []string{"2 3|4", "3! the line is longer than 65536 bytes"}},
		"nothing below the heading":     {"a,b\n", nil},
		"nothing below it, no line end": {"a,b", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(t, c.file)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("read %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestAHeadingWithoutWhatIsNeededIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"empty file":         {"", "read heading: the file is empty"},
		"column missing":     {"b,c\n", "read heading: column a is missing"},
		"column twice":       {"a,first\n", "read heading: two columns are called a"},
		"a broken heading":   {"\"a,b\n", "read heading: a quote is opened and not closed"},
		"not what gzip says": {"\x1f\x8bnonsense", "open file: gzip: invalid header"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readAll(t, c.file); err == nil || err.Error() != c.want {
				t.Errorf("got error %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzReader holds that no bytes stop the reader, that lines only go up, and that what
// encoding/csv calls sound is read the same here.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a;b\n\"1\n;\",2\n", "a\tb\n\"\"\"\",\n", "\ufeffa,b\r\n\"x,\n", "a,b\n\x80\xff,\"\n\"\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		r, err := sheet.NewReader(strings.NewReader(file), ab())
		if err != nil {
			return
		}
		last, n := 1, 0
		for {
			row, err := r.Next()
			line := row.Line
			if fault, ok := errors.AsType[*sheet.Fault](err); ok {
				line = fault.Line
			} else if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return // gzip that breaks off
			}
			if line <= last {
				t.Fatalf("line %d came after line %d", line, last)
			}
			last = line
			n++
		}
		if n != r.Rows() {
			t.Fatalf("gave %d rows, counted %d", n, r.Rows())
		}
	})
}

func FuzzASoundRowIsReadAsItWasWritten(f *testing.F) {
	f.Add("TAP-22", "Brass tap, 22 mm")
	f.Add("a\"b", "two\nlines")
	f.Add("", ";\t")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.TrimSpace(strings.ToValidUTF8(a, "?")), strings.TrimSpace(strings.ToValidUTF8(b, "?"))
		if a == "" && b == "" || strings.Count(a+b, "\n") > 7 || strings.Contains(a+b, "\r") || len(a)+len(b) > 10_000 {
			return
		}
		if strings.HasPrefix(a, "'") || strings.HasPrefix(b, "'") {
			return // one in front of a formula is not read: FuzzDefuse
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.WriteAll([][]string{{"a", "b"}, {a, b}})
		got, err := readAll(t, file.String())
		if want := []string{"2 " + a + "|" + b}; err != nil || !slices.Equal(got, want) {
			t.Fatalf("read %q, %v; want %q", got, err, want)
		}
	})
}
