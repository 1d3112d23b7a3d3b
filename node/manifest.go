package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// manifestFormat is the first field of a manifest's file, and manifestVersion the second: whoever reads it must look at both.
const (
	manifestFormat  = "holdfast-manifest"
	manifestVersion = 1
)

// manifestFile is what a carrier is given of a closed manifest. Fields are only ever appended to; what is struck off is not in it.
type manifestFile struct {
	Format  string        `json:"format"`
	Version int           `json:"version"`
	Site    ledger.SiteID `json:"site"`
	contract.Manifest
}

// manifestName names the file of the manifest that an entry closed: digits and hyphens, whatever the carrier is called.
func manifestName(e *ledger.Entry) string {
	return fmt.Sprintf("%d-%09d.manifest.json", e.Epoch, e.Seq)
}

// hand writes a closed manifest, whole or not at all. Told again it writes the same bytes under the same name.
func (c *labelFiles) hand(m *contract.Manifest, site ledger.SiteID) error {
	raw, err := json.MarshalIndent(manifestFile{manifestFormat, manifestVersion, site, *m}, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return c.write("manifest", m.File, append(raw, '\n'))
}

// write writes a file of the folder.
func (c *labelFiles) write(what, name string, raw []byte) (err error) {
	path := filepath.Join(c.dir, name)
	half := path + ".part"
	f, err := c.disk.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = c.disk.Rename(half, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// manifestOf is the manifest that an entry closed; nil where it closed none.
func (n *Node) manifestOf(e *ledger.Entry) (*contract.Manifest, error) {
	b := e.Manifest()
	if b == nil || b.Act != ledger.ManifestClose || b.Still {
		return nil, nil
	}
	m := &contract.Manifest{Carrier: b.Carrier, Number: b.Number, Status: "closed", Day: b.Day, ClosedAt: contract.Moment(e.At), By: b.By, Seq: uint64(e.Seq), File: manifestName(e)}
	return m, n.fillManifest(m, b.From, b.To, b.Has)
}

// openManifest is what has left with a carrier since its last manifest.
func (n *Node) openManifest(carrier string, v *ledger.CarrierView) (*contract.Manifest, error) {
	m := &contract.Manifest{Carrier: carrier, Number: v.Number, Status: "open"}
	last := min(v.Shipments, v.Closed+ledger.ManifestMax)
	m.More = last < v.Shipments
	struck := map[uint64]bool{}
	for _, nth := range v.Struck {
		struck[nth] = true
	}
	if err := n.fillManifest(m, v.Closed+1, last, nil); err != nil {
		return nil, err
	}
	for i := range m.Parcels {
		if p := &m.Parcels[i]; struck[p.Shipment] {
			p.Struck = true
			m.Count, m.WeightG = m.Count-1, m.WeightG-p.WeightG
		}
	}
	return m, nil
}

// fillManifest puts the parcels of a carrier's shipments on a manifest, those that has says (nil: all). What left is read from the journal.
func (n *Node) fillManifest(m *contract.Manifest, from, to uint64, has func(uint64) bool) error {
	m.Parcels = []contract.ManifestParcel{}
	for nth := from; nth <= to; nth++ {
		if has != nil && !has(nth) {
			continue
		}
		e, err := n.book.Shipment(m.Carrier, nth)
		if err == nil && e == nil {
			err = fmt.Errorf("there is none")
		}
		if err != nil {
			return fmt.Errorf("read shipment %d of %s: %w", nth, m.Carrier, err)
		}
		for _, p := range n.parcelsOf(e) {
			m.Parcels = append(m.Parcels, contract.ManifestParcel{Shipment: nth, Order: p.order, Service: p.service, Tracking: p.tracking, SSCC: string(p.sscc), WeightG: p.grams,
				Country: p.country, Postcode: p.postcode, Parcel: p.nth, Of: p.of, LeftAt: contract.Moment(e.At)})
			m.Count, m.WeightG = m.Count+1, m.WeightG+p.grams
		}
	}
	return nil
}

// today is the day where the site is.
func (n *Node) today() string {
	return n.env.Clock.Wall().In(n.book.Company().Location()).Format(time.DateOnly)
}
