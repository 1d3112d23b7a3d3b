package sim

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

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

	quarantine string // why nothing is promised; it is kept until the book is made anew
	plan       *rebuildPlan
	aside      []*disk // books set aside that are not done with, the oldest first
	ground     ground
}

// A ground is the state that the first frames of a disk come to, as a book keeps one on the disk
// beside its journal: opening reads on from there. The state is never changed.
type ground struct {
	state  *ledger.State
	frames int
}

// groundEach is how many frames opening has to fold before it leaves another ground.
const groundEach = 32

// backup gives the disk as it is now. Frames never change, so both share them.
func (d *disk) backup() *disk {
	c := &disk{frames: slices.Clip(d.frames), ends: slices.Clip(d.ends), items: d.items, nodeKey: d.nodeKey,
		quarantine: d.quarantine, aside: slices.Clone(d.aside), ground: d.ground}
	if d.plan != nil {
		p := *d.plan
		p.frames = slices.Clip(p.frames)
		c.plan = &p
	}
	return c
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
	st, from := ledger.NewState(site), 0
	if g := d.ground; g.state != nil {
		st, from = g.state.Clone(), g.frames
	}
	core := ledger.NewCore(st, d)
	err := d.each(from, func(f *ledger.Frame) error {
		if err := f.Verify(); err != nil {
			return err
		}
		return core.Replay(f)
	})
	if err == nil && len(d.frames)-from > groundEach {
		d.ground = ground{core.State.Clone(), len(d.frames)}
	}
	return core, err
}

// refill puts the frames of another book in the place of these. What both begin with is folded already.
func (d *disk) refill(frames [][]byte) error {
	old := *d
	d.frames, d.ends, d.flight, d.ground = nil, nil, nil, ground{}
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			return err
		}
		d.frames, d.ends = append(d.frames, raw), append(d.ends, f.End().Seq)
	}
	if d.shared(&old) >= old.ground.frames {
		d.ground = old.ground
	}
	return nil
}

// each gives the frames from number i on.
func (d *disk) each(i int, do func(*ledger.Frame) error) error {
	for _, b := range d.frames[i:] {
		f, err := ledger.DecodeFrame(b)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// shared counts the frames that two disks of one site have in common: where two frames are the
// same, all before them are.
func (d *disk) shared(o *disk) int {
	n := min(len(d.frames), len(o.frames))
	return sort.Search(n, func(i int) bool { return !bytes.Equal(d.frames[i], o.frames[i]) })
}
