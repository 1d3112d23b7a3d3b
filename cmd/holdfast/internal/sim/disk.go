package sim

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A disk keeps a site's frames. One commit is one transaction: at a crash all of it is there
// or nothing, as the seed says, until it was synced; then it is there.
type disk struct {
	frames  [][]byte
	ends    []ledger.Seq // last sequence of each frame
	flight  []*ledger.Frame
	items   uint64 // version of the reference data stored
	nodeKey [16]byte
}

func (d *disk) begin(frames []*ledger.Frame) { d.flight = frames }

// land makes the commit in flight durable and gives it.
func (d *disk) land() []*ledger.Frame {
	landed := d.flight
	d.flight = nil
	for _, f := range landed {
		d.frames = append(d.frames, ledger.EncodeFrame(f))
		d.ends = append(d.ends, f.End().Seq)
	}
	return landed
}

// at gives the index of the frame that holds seq, or len(frames).
func (d *disk) at(seq ledger.Seq) int {
	i, _ := slices.BinarySearch(d.ends, seq)
	return i
}

// after gives whole frames that follow seq, at least one if there are any, as a book does.
func (d *disk) after(seq ledger.Seq, maxBytes int) (before ledger.Position, frames [][]byte, err error) {
	size := 0
	for i := d.at(seq + 1); i < len(d.frames); i++ {
		if size += len(d.frames[i]); len(frames) > 0 && size > maxBytes {
			break
		}
		if len(frames) == 0 {
			f, err := ledger.DecodeFrame(d.frames[i])
			if err != nil {
				return before, nil, err
			}
			before = f.Start()
		}
		frames = append(frames, d.frames[i])
	}
	return before, frames, nil
}

// Key, Order and Entry make a disk the past of a core. The state of a simulated site keeps all
// orders and keys; only entries are read again.
func (d *disk) Key(ledger.Digest) (ledger.KeyRef, bool, error) { return ledger.KeyRef{}, false, nil }

// Order finds none: all are in memory.
func (d *disk) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }

// Entry reads one entry.
func (d *disk) Entry(seq ledger.Seq) (*ledger.Entry, error) {
	i := d.at(seq)
	if seq == 0 || i == len(d.frames) {
		return nil, fmt.Errorf("read entry %d: it is not on the disk", seq)
	}
	f, err := ledger.DecodeFrame(d.frames[i])
	if err != nil {
		return nil, err
	}
	return ledger.UnmarshalEntry(f.Entries[seq-f.First])
}

// open rebuilds the core from the frames, as opening a book does.
func (d *disk) open(site ledger.SiteID) (*ledger.Core, error) {
	core := ledger.NewCore(ledger.NewState(site), d)
	for _, b := range d.frames {
		f, err := ledger.DecodeFrame(b)
		if err != nil {
			return nil, err
		}
		if err := f.Verify(); err != nil {
			return nil, err
		}
		if err := core.Replay(f); err != nil {
			return nil, err
		}
	}
	return core, nil
}
