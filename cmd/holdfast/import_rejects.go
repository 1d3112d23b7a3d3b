package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

// rejectsShown bounds the rows that are listed on stderr; the others are counted, and
// all stand in the file of --rejects.
const rejectsShown = 100

// rejects keeps the rows that did not land. Its memory is bounded: what is not shown is written
// to the file or only counted.
type rejects struct {
	warned []sheet.Fault // of the heading: no more than it has columns
	shown  []sheet.Fault
	more   int
	file   *os.File
	writer *csv.Writer
}

func newRejects(path string) (*rejects, error) {
	if path == "" {
		return &rejects{}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write rejects: %w", err)
	}
	w := csv.NewWriter(f)
	if err := w.Write([]string{"line", "document", "reason"}); err != nil {
		return nil, errors.Join(fmt.Errorf("write rejects: %w", err), f.Close())
	}
	return &rejects{file: f, writer: w}, nil
}

// warn lists a line of the heading that costs no row.
func (r *rejects) warn(f sheet.Fault) {
	r.warned = append(r.warned, f)
	if r.writer != nil {
		_ = r.writer.Write([]string{strconv.Itoa(f.Line), "", f.Why}) // told by Error at the end
	}
}

func (r *rejects) add(f sheet.Fault) {
	if len(r.shown) < rejectsShown {
		r.shown = append(r.shown, f)
	} else {
		r.more++
	}
	if r.writer != nil {
		_ = r.writer.Write([]string{strconv.Itoa(f.Line), f.Document, f.Why}) // told by Error at the end
	}
}

// close lists the rows on out, after the bar: it would be drawn over.
func (r *rejects) close(out io.Writer) error {
	slices.SortStableFunc(r.shown, func(a, b sheet.Fault) int { return a.Line - b.Line })
	for i := range r.warned {
		fmt.Fprintln(out, r.warned[i].Error())
	}
	for i := range r.shown {
		fmt.Fprintln(out, r.shown[i].Error())
	}
	if r.more > 0 {
		fmt.Fprintf(out, "and %d rows more; --rejects FILE lists them all\n", r.more)
	}
	if r.file == nil {
		return nil
	}
	r.writer.Flush()
	if err := errors.Join(r.writer.Error(), r.file.Close()); err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	return nil
}
