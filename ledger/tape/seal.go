package tape

import (
	"encoding/binary"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// segment makes the segment of a header, with its box where it is sealed. The box is of the segment alone: its
// salt and first number, so that one holds no more records than fit into a file.
func (t *Tape) segment(h header) *segment {
	seg := &segment{header: h, path: t.path(segmentName(h.first))}
	if h.sealed {
		seg.box = t.cfg.Key.Box("journal of "+h.owner, binary.LittleEndian.AppendUint64(h.salt[:], h.first))
	}
	return seg
}

// overhead is how much longer than its bytes a record is on the disk, beside its header.
func (t *Tape) overhead() int {
	if t.cfg.Key == nil {
		return 0
	}
	return sealed.Overhead
}

// sealed gives the record as it lies in the current segment. The caller holds writing.
func (t *Tape) sealed(r Record) Record {
	if box := t.current.box; box != nil {
		t.text = box.Seal(t.text[:0], r.Bytes, place(r))
		r.Bytes = t.text
	}
	return r
}

// place is what a sealed record is bound to, beside its segment: the numbers that it covers.
func place(r Record) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(make([]byte, 0, 12), r.First), r.Count)
}
