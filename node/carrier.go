package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A carrier is told of parcels after they have left, and given the manifests that are closed: the entry is the fact, and nobody waits for the carrier. Told again
// of one it does nothing new.
type carrier interface {
	book(*parcel) error
	hand(*contract.Manifest, ledger.SiteID) error
}

// labelFiles is the carrier that prints: it writes each parcel's label into a folder, from where a printer takes it. The name of a file is of digits and
// hyphens, whatever a request said, so nothing is written outside the folder; a file is there whole or not at all, and the same parcel makes the same file.
type labelFiles struct {
	disk ledger.Disk
	dir  string
}

func (c *labelFiles) book(p *parcel) error {
	return c.write("label", p.name+".zpl", p.label())
}

const (
	carrierRetry = 5 * time.Second // between two tries of a folder that cannot be written
	carrierBatch = 256             // entries that are read at a time
	carrierFile  = "labels.at"     // in the node's folder: up to which entry labels are made
	carrierMax   = 64              // bytes of that file

	labelsKeepEach = 4096 // entries of which none has left, after which that file is written all the same
)

// labels is how far the carrier is told of what has left. What is to be told is read from the journal, so the journal is the queue: a crash between an entry and its label
// forgets nothing, and a folder that cannot be written holds up nobody.
type labels struct {
	mu   sync.Mutex // guards last
	last labelled
}

type labelled struct {
	at      ledger.Seq // told up to here
	failing string     // why the last try failed; "" where it did not
	made    uint64     // by this process
}

func (c *labels) now() labelled {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// printLabels follows the journal until ctx ends. It begins where the process before it ended or, the first time, at the head: what left before there was a folder has its
// labels.
func (n *Node) printLabels(ctx context.Context) error {
	if n.cfg.Labels == "" {
		return nil
	}
	at, known, err := n.labelsAt()
	for ; err != nil; at, known, err = n.labelsAt() {
		n.log.LogAttrs(ctx, slog.LevelWarn, "labels not written", slog.Any(keyErr, err))
		if n.printer.told(0, 0, err); !n.pause(ctx, carrierRetry) {
			return nil
		}
	}
	if head := n.book.Head().Seq; !known || at > head {
		at, known = head, false // to be written, also while nothing has left: where it begins has to stand
	}
	kept := at
	files := &labelFiles{disk: n.env.Disk, dir: n.cfg.Labels}
	for {
		changed := n.book.Changed()
		done, made, err := n.tellCarrier(files, at)
		if err == nil && (!known || made > 0 || done > kept+labelsKeepEach) {
			if err = n.keepLabelsAt(done); err == nil {
				kept, known = done, true
			}
		}
		at = done
		n.printer.told(at, made, err)
		switch {
		case err != nil:
			n.log.LogAttrs(ctx, slog.LevelWarn, "labels not written", slog.Any(keyErr, err))
			if !n.pause(ctx, carrierRetry) {
				return nil
			}
			continue
		case n.book.Head().Seq > at:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		if !n.pause(ctx, eventPause) { // who sells costs it four looks a second, no more
			return nil
		}
	}
}

func (c *labels) told(at ledger.Seq, made uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last.at, c.last.failing = at, ""
	if c.last.made += made; err != nil {
		c.last.failing = err.Error()
	}
}

// labelStatus says how far labels are made; nil where the node makes none.
func (n *Node) labelStatus() *contract.LabelStatus {
	if n.cfg.Labels == "" {
		return nil
	}
	now, head := n.printer.now(), n.book.Head().Seq
	return &contract.LabelStatus{Folder: n.cfg.Labels, Seq: uint64(now.at), Behind: uint64(head - min(now.at, head)), Why: now.failing}
}

// tellCarrier makes the labels of the next entries, and says up to which it came.
func (n *Node) tellCarrier(to carrier, at ledger.Seq) (ledger.Seq, uint64, error) {
	entries, _, err := n.book.Entries(at, carrierBatch)
	if errors.Is(err, ledger.ErrTrimmed) { // it was archived long since
		return n.book.Trimmed(), 0, nil
	}
	if err != nil {
		return at, 0, fmt.Errorf("read what has left: %w", err)
	}
	made := uint64(0)
	for _, e := range entries {
		for _, p := range n.parcelsOf(e) {
			if err := to.book(&p); err != nil {
				return at, made, err
			}
			made++
		}
		m, err := n.manifestOf(e)
		if err == nil && m != nil {
			err = to.hand(m, n.cfg.Site)
			made++
		}
		if err != nil {
			return at, made, err
		}
		at = e.Seq
	}
	return at, made, nil
}

// parcelsOf lists what left with an entry: a parcel for each carton, and one for what left in none.
func (n *Node) parcelsOf(e *ledger.Entry) []parcel {
	b, ok := e.Body.(*ledger.WorkBody)
	if !ok || b.Deed != ledger.DeedDispatch || b.Refusal != "" {
		return nil
	}
	base := parcel{from: contract.SiteName(n.cfg.Site), order: e.Ref, carrier: b.Ship.Carrier, service: b.Ship.Service, tracking: b.Ship.Tracking}
	if o := b.Order; o != nil {
		base.order, base.country, base.postcode = o.Number(), o.ShipTo.Country, o.ShipTo.Postcode
	}
	loose := ledger.Qty(0)
	for _, v := range b.Moves {
		loose += v.Qty
	}
	var out []parcel
	for i := range b.Boxes {
		p := base
		p.sscc, p.grams = b.Boxes[i].SSCC, b.Boxes[i].Grams
		for _, l := range b.Boxes[i].Lines {
			loose -= l.Qty
		}
		out = append(out, p)
	}
	if loose > 0 {
		out = append(out, base)
	}
	for i := range out {
		out[i].nth, out[i].of = i+1, len(out)
		out[i].name = fmt.Sprintf("%d-%09d-%d", e.Epoch, e.Seq, i+1)
	}
	return out
}

// labelsAt reads up to which entry labels are made; known is false where nobody has written it, or a crash has torn it.
func (n *Node) labelsAt() (at ledger.Seq, known bool, err error) {
	f, err := n.env.Disk.OpenFile(filepath.Join(n.cfg.Dir, carrierFile), os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", carrierFile, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, carrierMax))
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", carrierFile, err)
	}
	seq, bad := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 64)
	return ledger.Seq(seq), bad == nil, nil
}

// keepLabelsAt writes it, as a whole under another name, renamed. Killed before it, the same labels are made once more under the same names.
func (n *Node) keepLabelsAt(at ledger.Seq) error {
	path := filepath.Join(n.cfg.Dir, carrierFile)
	f, err := n.env.Disk.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", carrierFile, err)
	}
	_, err = fmt.Fprintf(f, "%d\n", at)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = n.env.Disk.Rename(path+".part", path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", carrierFile, err)
	}
	return nil
}
