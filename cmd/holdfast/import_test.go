// White box: what a script cannot bring about (an interruption at a chosen row, thousands of bad
// rows) is tried on the parts.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

func testImporter(t *testing.T) *importer {
	t.Helper()
	tell, err := newRejects("")
	if err != nil {
		t.Fatal(err)
	}
	return &importer{h: &house{ctx: t.Context(), stdout: io.Discard, stderr: io.Discard}, opts: &importing{},
		done: importDone{Kind: "numbers"}, bar: bar(io.Discard, "numbers", 0), tell: tell}
}

// upTo gives the numbers from 1 to n as rows.
func upTo(n int) func() (int, error) {
	i := 0
	return func() (int, error) {
		if i++; i > n {
			return 0, io.EOF
		}
		return i, nil
	}
}

func atLine(n int) ([]int, string) { return []int{n}, fmt.Sprint(n) }

func TestEachRowIsCountedOnce(t *testing.T) {
	im := testImporter(t)
	next := upTo(300)
	err := sendRows(t.Context(), im, func() (int, error) {
		n, err := next()
		if err == nil && n%10 == 0 {
			return 0, &sheet.Fault{Line: n, Why: "bad"}
		}
		return n, err
	}, atLine, func(_ context.Context, n int) (fate, error) {
		switch n % 10 {
		case 1:
			return fateAlready, nil
		case 2:
			return 0, &client.Refusal{Status: 409, Code: "stock_short"}
		}
		return fateLanded, nil
	})
	if want := (importDone{Kind: "numbers", Rows: 300, Landed: 210, Already: 30, NotLanded: 60}); err != nil || !reflect.DeepEqual(im.done, want) {
		t.Errorf("got %+v, %v; want %+v", im.done, err, want)
	}
}

func TestAFaultOfTheBookEndsTheImport(t *testing.T) {
	for _, fault := range []error{client.ErrUnsure, &client.Refusal{Status: 401, Code: "no_identity"},
		&client.Refusal{Status: 409, Code: "owned_by_hq"}, &client.Refusal{Status: 503, Code: "quarantined"}} {
		im := testImporter(t)
		var sent atomic.Int64
		err := sendRows(t.Context(), im, upTo(1_000_000), atLine, func(ctx context.Context, _ int) (fate, error) {
			switch n := sent.Add(1); {
			case n == 50:
				return 0, fault
			case n > 50:
				<-ctx.Done() // the fault ends the others' sends, too
				return 0, ctx.Err()
			}
			return fateLanded, nil
		})
		if !errors.Is(err, fault) || sent.Load() > 50+sendersMax || im.done.NotLanded != 0 {
			t.Errorf("got %v after %d rows with %d refused; want %v soon after 50 with none", err, sent.Load(), im.done.NotLanded, fault)
		}
	}
}

func TestAnInterruptedImportSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := sendRows(ctx, testImporter(t), upTo(1_000_000), atLine, func(_ context.Context, n int) (fate, error) {
		if n == 10 {
			cancel()
		}
		return fateLanded, nil
	})
	if !errors.Is(err, errInterrupted) {
		t.Errorf("got %v, want %v", err, errInterrupted)
	}
}

func TestASourceThatBreaksOffIsAFault(t *testing.T) {
	broken := errors.New("the disk is gone")
	im := testImporter(t)
	next := upTo(3)
	err := sendRows(t.Context(), im, func() (int, error) {
		n, err := next()
		if err != nil {
			err = broken
		}
		return n, err
	}, atLine, func(context.Context, int) (fate, error) { return fateLanded, nil })
	if !errors.Is(err, broken) || im.done.Landed != 3 {
		t.Errorf("got %v with %d landed, want %v with 3", err, im.done.Landed, broken)
	}
}

func TestOnlySoManyBadRowsAreShownAndAllAreWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejects.csv")
	r, err := newRejects(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		r.add(sheet.Fault{Line: n + 2, Why: "bad"})
	}
	var out bytes.Buffer
	if err := r.close(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != rejectsShown+1 || lines[0] != "line 2: bad" || lines[rejectsShown] != "and 900 rows more; --rejects FILE lists them all" {
		t.Errorf("showed %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Count(raw, []byte("\n")) != 1001 {
		t.Errorf("wrote %d lines, %v; want 1001", bytes.Count(raw, []byte("\n")), err)
	}
	if _, err := newRejects(t.TempDir()); err == nil {
		t.Error("took a folder for the file of rejects")
	}
}

func TestRowsAreCountedBeforeTheyAreRead(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "a,b\n1,2\n3,4")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int64{"": 0, "a,b": 0, "a,b\n": 0, "a,b\n1,2": 1, "a,b\n1,2\n": 1, zipped.String(): 2} {
		src := strings.NewReader(file)
		got, err := countRows(src)
		if err != nil || got != want || src.Len() != len(file) {
			t.Errorf("counted %d rows of %q, %v, %d bytes left to read; want %d and all", got, file, err, src.Len(), want)
		}
	}
}
