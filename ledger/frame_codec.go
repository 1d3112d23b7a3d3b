package ledger

const frameVersion = 1

// What EncodeFrame puts around the entries, at most, and around each of them.
const (
	frameHeadMax  = 1 + 1 + 1 + siteMax + 1 + 9 + 9 + 2 + len(Hash{}) + 3 + 3 + 2 // array, version, site, epoch, first, before, hashes, entries; rounded up
	frameEntryMax = 5 + len(Hash{})
)

// EncodeFrame gives the frame's bytes: version, site, epoch, first sequence, hash before, the
// hashes as one string of bytes, then the entries.
func EncodeFrame(f *Frame) []byte {
	p := newPacker()
	p.array(7)
	p.uint(frameVersion)
	p.str(string(f.Site))
	p.uint(uint64(f.Epoch))
	p.uint(uint64(f.First))
	p.bin(f.Before[:])
	hashes := make([]byte, 0, len(f.Hashes)*len(Hash{}))
	for i := range f.Hashes {
		hashes = append(hashes, f.Hashes[i][:]...)
	}
	p.bin(hashes)
	p.array(len(f.Entries))
	for _, b := range f.Entries {
		p.bin(b)
	}
	return p.bytes()
}

// DecodeFrame reads what EncodeFrame wrote. It checks shapes and bounds; Verify checks the chain.
func DecodeFrame(b []byte) (*Frame, error) {
	if len(b) > FrameBytesLone {
		return nil, &DamageError{Where: "frame", Why: "larger than any frame"}
	}
	u := newUnpacker(b)
	n := u.array(7)
	u.uint() // version: every one so far only appends
	f := &Frame{Site: SiteID(u.str()), Epoch: Epoch(u.uint()), First: Seq(u.uint())}
	u.fixed(f.Before[:], false)
	hashes := u.bin()
	for range u.list(FrameEntriesMax) {
		f.Entries = append(f.Entries, u.bin())
	}
	u.rest(n, 7)
	if err := u.done("frame"); err != nil {
		return nil, err
	}
	if len(b) > FrameBytesMax && len(f.Entries) > 1 {
		return nil, &DamageError{Where: "frame", Why: "larger than a frame of several entries may be"}
	}
	if f.First == 0 || len(f.Entries) == 0 || len(hashes) != len(f.Entries)*len(Hash{}) {
		return nil, &DamageError{Where: "frame", Why: "entries and hashes do not match"}
	}
	f.Hashes = make([]Hash, len(f.Entries))
	for i := range f.Hashes {
		copy(f.Hashes[i][:], hashes[i*len(Hash{}):])
	}
	return f, nil
}
