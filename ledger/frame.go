package ledger

import "fmt"

// Bounds of a frame's bytes as EncodeFrame gives them. A frame of one single entry may be larger:
// an order of 5,000 lines is one fact and cannot be cut.
const (
	FrameEntriesMax = 256
	FrameBytesMax   = 256 << 10
	FrameBytesLone  = 4 << 20
)

// A Frame is the entries of one group (or a part of a large one) with their chained hashes
// beside them. It is what is stored, sent and kept at head office, byte for byte.
type Frame struct {
	Site    SiteID
	Epoch   Epoch
	First   Seq
	Before  Hash     // of the entry First-1; zero before the first
	Hashes  []Hash   // one an entry
	Entries [][]byte // stored bytes, from First on
}

// Start is the position that the frame follows. Its epoch is that of the frame's own entries;
// only sequence and hash say where it fits.
func (f *Frame) Start() Position { return Position{Epoch: f.Epoch, Seq: f.First - 1, Hash: f.Before} }

// End is the position of the frame's last entry.
func (f *Frame) End() Position {
	return Position{Epoch: f.Epoch, Seq: f.First + Seq(len(f.Entries)) - 1, Hash: f.Hashes[len(f.Hashes)-1]}
}

// Verify says whether each hash follows from the one before and the stored bytes.
func (f *Frame) Verify() error {
	if len(f.Entries) == 0 || len(f.Entries) != len(f.Hashes) || len(f.Entries) > FrameEntriesMax || f.First == 0 {
		return &DamageError{Where: fmt.Sprintf("frame %d of %s", f.First, f.Site),
			Why: fmt.Sprintf("%d entries with %d hashes", len(f.Entries), len(f.Hashes))}
	}
	before := f.Before
	for i, b := range f.Entries {
		seq := f.First + Seq(i)
		if h := Chain(before, f.Site, f.Epoch, seq, b); h != f.Hashes[i] {
			return &DamageError{Where: fmt.Sprintf("entry %d of %s", seq, f.Site), Why: "its hash does not follow from its bytes"}
		}
		before = f.Hashes[i]
	}
	return nil
}

// Open decodes the entries and checks that each says of itself what the frame says of it.
func (f *Frame) Open() ([]*Entry, error) {
	out := make([]*Entry, len(f.Entries))
	for i := range f.Entries {
		out[i] = &Entry{}
		if err := f.read(i, out[i], nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read decodes entry i, counted from 0, into e.
func (f *Frame) read(i int, e *Entry, share *sharer) error {
	if err := readEntry(f.Entries[i], e, share); err != nil {
		return err
	}
	if want := f.First + Seq(i); e.Seq != want || e.Epoch != f.Epoch {
		return &DamageError{Where: fmt.Sprintf("entry %d of %s", want, f.Site),
			Why: fmt.Sprintf("it calls itself entry %d of epoch %d", e.Seq, e.Epoch)}
	}
	return nil
}
