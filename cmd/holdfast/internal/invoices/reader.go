package invoices

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"maps"
	"strings"
)

const (
	openMax      = 8         // documents whose rows may still come
	rowsMax      = 5000      // rows of a document, as an order's lines at the API
	documentsMax = 1_000_000 // document numbers remembered, 8 bytes each
	bufferSize   = 64 << 10
)

// A Reader reads one file. It is for one goroutine and for one pass.
type Reader struct {
	src    *bufio.Reader
	layout layout
	report func(Report)
	totals Totals
	judge  judge
	open   []*draft            // oldest first, at most openMax
	seen   map[uint64]struct{} // hashes of document numbers; two numbers share one once in 2^64
	line   int                 // last line read, from 1
	fields []string
}

// draft is a document whose rows are being gathered.
type draft struct {
	id   string
	rows []row
	over bool // it has more than rowsMax rows, of which some were reported already
}

// NewReader reads the heading of a CSV file, gzipped or not, and returns a Reader of its rows. Every
// row that is not taken is handed to report, in the course of Documents.
func NewReader(src io.Reader, report func(Report)) (*Reader, error) {
	plain, err := unpack(bufio.NewReaderSize(src, bufferSize))
	if err != nil {
		return nil, fmt.Errorf("open invoices: %w", err)
	}
	r := &Reader{
		src:    plain,
		report: report,
		totals: Totals{Given: map[Kind]int{}, Taken: map[Kind]int{}, Reported: map[Reason]int{}},
		seen:   map[uint64]struct{}{},
		fields: make([]string, 0, columnsMax),
	}
	r.judge.report = r.refuse
	heading, _, err := r.nextLine()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read heading of invoices: %w", err)
	}
	if r.layout, err = parseHeading(heading); err != nil {
		return nil, fmt.Errorf("read heading of invoices: %w", err)
	}
	return r, nil
}

// unpack looks through gzip if the source starts as gzip does.
func unpack(src *bufio.Reader) (*bufio.Reader, error) {
	magic, err := src.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return src, nil
	}
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, bufferSize), nil
}

// Documents gives out the documents in the order in which they begin in the file. A document comes
// when its rows are known to be complete. An error is the source's, comes last, and with a zero
// Document; bad rows are reported instead. Documents may be called once.
func (r *Reader) Documents() iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for {
			text, fits, err := r.nextLine()
			if err != nil && !errors.Is(err, io.EOF) {
				r.cutShort()
				yield(Document{}, fmt.Errorf("read invoices after line %d: %w", r.line, err))
				return
			}
			if full := r.take(text, fits); full != nil && !r.give(full, yield) {
				return
			}
			if err != nil {
				break
			}
		}
		for len(r.open) > 0 {
			if !r.give(r.shift(), yield) {
				return
			}
		}
	}
}

// Totals returns what was counted so far.
func (r *Reader) Totals() Totals {
	t := r.totals
	t.Given, t.Taken, t.Reported = maps.Clone(t.Given), maps.Clone(t.Taken), maps.Clone(t.Reported)
	return t
}

// take files one line under its document. It returns the oldest open document if that had to make
// room, to be given out.
func (r *Reader) take(text string, fits bool) *draft {
	if strings.TrimSpace(text) == "" && fits {
		return nil
	}
	r.totals.Rows++
	if !fits {
		r.refuse(row{line: r.line}, ReasonMalformed, fmt.Sprintf("longer than %d bytes", rowMax))
		return nil
	}
	got, reason, err := r.layout.parse(text, r.fields)
	got.line = r.line
	if err != nil {
		r.refuse(got, reason, err.Error())
		return nil
	}
	for _, d := range r.open {
		if d.id == got.document {
			r.gather(d, got)
			return nil
		}
	}
	return r.begin(got)
}

// begin opens a document with its first row, unless its number has been given out before.
func (r *Reader) begin(first row) (full *draft) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, first.document) // a hash has no write errors
	sum := h.Sum64()
	if _, again := r.seen[sum]; again {
		r.refuse(first, ReasonSplitDocument, "a row of a document that was complete")
		return nil
	}
	if len(r.seen) == documentsMax {
		r.refuse(first, ReasonTooManyDocuments, fmt.Sprintf("more than %d documents", documentsMax))
		return nil
	}
	r.seen[sum] = struct{}{}
	r.totals.Documents++
	if len(r.open) == openMax {
		full = r.shift()
	}
	r.open = append(r.open, &draft{id: first.document, rows: []row{first}})
	return full
}

func (r *Reader) gather(d *draft, next row) {
	if len(d.rows) == rowsMax {
		d.over = true
		r.refuse(next, ReasonTooManyRows, tooManyRows)
		return
	}
	d.rows = append(d.rows, next)
}

const tooManyRows = "the document has more rows than an order may have lines"

// shift takes the oldest open document out.
func (r *Reader) shift() *draft {
	d := r.open[0]
	r.open = append(r.open[:0], r.open[1:]...)
	return d
}

// give judges a complete document and yields it if something is left. It returns false when the
// caller wants no more.
func (r *Reader) give(d *draft, yield func(Document, error) bool) bool {
	if d.over {
		for _, refused := range d.rows {
			r.refuse(refused, ReasonTooManyRows, tooManyRows)
		}
		return true
	}
	doc := r.judge.document(d.rows)
	if len(doc.Lines) == 0 {
		return true
	}
	r.totals.Given[doc.Kind]++
	r.totals.Taken[doc.Kind] += len(doc.Lines)
	return yield(doc, nil)
}

// cutShort reports what stood in open documents when the source broke.
func (r *Reader) cutShort() {
	for len(r.open) > 0 {
		for _, refused := range r.shift().rows {
			r.refuse(refused, ReasonCutShort, "the file broke off before the document was complete")
		}
	}
}

func (r *Reader) refuse(refused row, reason Reason, text string) {
	r.totals.Reported[reason]++
	r.report(Report{Line: refused.line, Document: refused.document, Reason: reason, Text: text})
}

// nextLine reads one line without its end. The last line comes with io.EOF. A line beyond rowMax is
// passed over and does not fit.
func (r *Reader) nextLine() (text string, fits bool, err error) {
	raw, err := r.src.ReadSlice('\n')
	r.line++
	fits = true
	for errors.Is(err, bufio.ErrBufferFull) {
		fits = false
		_, err = r.src.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.line--
		return "", false, err
	}
	if !fits || len(raw) > rowMax {
		return "", false, err
	}
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	return string(raw), true, err
}
