package ledger

import "slices"

const frameVersion = 1

// What EncodeFrame puts around the entries, at most, and around each of them.
const (
	frameHeadMax  = 1 + 1 + 1 + siteMax + 1 + 9 + 9 + 2 + len(Hash{}) + 3 + 3 + 2 // array, version, site, epoch, first, before, hashes, entries; rounded up
	frameEntryMax = 5 + len(Hash{})
)

// EncodeFrame gives the frame's bytes: version, site, epoch, first sequence, hash before, the
// hashes as one string of bytes, then the entries.
func EncodeFrame(f *Frame) []byte {
	size := frameHeadMax
	for _, b := range f.Entries {
		size += len(b) + frameEntryMax
	}
	return AppendFrame(make([]byte, 0, size), f)
}

// AppendFrame appends the bytes that EncodeFrame gives.
func AppendFrame(b []byte, f *Frame) []byte {
	w := rowWriter{buf: b}
	w.array(7)
	w.uint(frameVersion)
	w.str(string(f.Site))
	w.uint(uint64(f.Epoch))
	w.uint(uint64(f.First))
	w.bin(f.Before[:])
	w.binHead(len(f.Hashes) * len(Hash{}))
	for i := range f.Hashes {
		w.buf = append(w.buf, f.Hashes[i][:]...)
	}
	w.array(len(f.Entries))
	for _, e := range f.Entries {
		w.binHead(len(e))
		w.buf = append(w.buf, e...)
	}
	return w.buf
}

// DecodeFrame reads what EncodeFrame wrote. It checks shapes and bounds; Verify checks the chain.
func DecodeFrame(b []byte) (*Frame, error) {
	f := &Frame{}
	if err := f.decode(b); err != nil {
		return nil, err
	}
	room := make([]byte, 0, len(b))
	for i, e := range f.Entries {
		from := len(room)
		room = append(room, e...)
		f.Entries[i] = room[from:len(room):len(room)]
	}
	return f, nil
}

// decode reads b, which the entries stay part of, into f and the room it has.
func (f *Frame) decode(b []byte) error {
	if len(b) > FrameBytesLone {
		return &DamageError{Where: "frame", Why: "larger than any frame"}
	}
	r := newRowReader(b, scanElementsMax, nil)
	var hashes []byte
	f.Entries = f.Entries[:0]
	r.row(7, func() {
		r.uint() // version: every one so far only appends
		if site := r.text(); string(f.Site) != string(site) {
			f.Site = SiteID(site)
		}
		f.Epoch, f.First = Epoch(r.uint()), Seq(r.uint())
		r.fixed(f.Before[:], false)
		hashes = r.bin()
		r.list(FrameEntriesMax, func(n int) {
			f.Entries = slices.Grow(f.Entries, n)
			for range n {
				f.Entries = append(f.Entries, r.bin())
			}
		})
	})
	if err := r.done("frame"); err != nil {
		return err
	}
	if len(b) > FrameBytesMax && len(f.Entries) > 1 {
		return &DamageError{Where: "frame", Why: "larger than a frame of several entries may be"}
	}
	if f.First == 0 || len(f.Entries) == 0 || len(hashes) != len(f.Entries)*len(Hash{}) {
		return &DamageError{Where: "frame", Why: "entries and hashes do not match"}
	}
	f.Hashes = slices.Grow(f.Hashes[:0], len(f.Entries))
	for h := range slices.Chunk(hashes, len(Hash{})) {
		f.Hashes = append(f.Hashes, Hash(h))
	}
	return nil
}
