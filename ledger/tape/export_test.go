package tape

// Tests of the format need its inside: what a golden file and a fuzzer hold is not to be had
// through the tape's own methods.

type (
	Header = header
	Footer = footer
)

var (
	EncodeHeader = encodeHeader
	DecodeHeader = decodeHeader
	EncodeFooter = encodeFooter
	DecodeFooter = decodeFooter
)

// SegmentSize is a small legal size.
var SegmentSize = sizeFor(64)

// MakeHeader is a header in words.
func MakeHeader(owner string, first, prev uint64, size int64, salt [8]byte) Header {
	return Header{owner, first, prev, size, salt}
}

// MakeFooter has one mark a pair of number and offset.
func MakeFooter(last uint64, end int64, marks ...[2]uint64) Footer {
	f := Footer{last: last, end: end}
	for _, m := range marks {
		f.marks = append(f.marks, mark{m[0], int64(m[1])})
	}
	return f
}

// EncodeRecord is a record as it stands in a segment with header h.
func EncodeRecord(h Header, r Record) []byte { return appendRecord(nil, h.seed(), r) }

// DecodeRecord reads what EncodeRecord wrote, as the scanner does.
func DecodeRecord(h Header, b []byte) (Record, bool) {
	if len(b) < recordHead {
		return Record{}, false
	}
	r, ok := readHead(h.seed(), b)
	if !ok || r.cost() > int64(len(b)) || !r.checks(h.seed(), b) {
		return Record{}, false
	}
	return r.record(b), true
}

// End is where the records in the current segment end.
func (t *Tape) End() int64 { return t.end }
