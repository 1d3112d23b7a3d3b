package ledger

import "fmt"

// A Shipped is what left with a carrier by one entry.
type Shipped struct {
	Shipment uint64 // of the carrier's in this book, from 1
	Entry    *Entry
	Struck   bool // off the manifest: the carrier has not taken it after all
}

// A CarrierView is how a carrier's manifests stand in this book.
type CarrierView struct {
	Number    uint64 // of the open manifest
	Shipments uint64 // that have left with the carrier
	Closed    uint64 // up to which they stand on closed manifests
	Struck    []uint64
	Last      *Entry // that closed the last one; nil for none
}

// Carrier says how a carrier's manifests stand. What is not on the disk yet was shown to nobody.
func (b *Book) Carrier(carrier string) (out CarrierView, err error) {
	past := b.reread()
	m, err := manifestOf(carrier, b.shown, past.entry)
	if err != nil {
		return out, err
	}
	return CarrierView{Number: m.number(), Shipments: m.shipments, Closed: m.on(), Struck: m.struck(), Last: m.entry}, nil
}

// Shipment gives the entry that was the nth to send something with a carrier; nil for none.
func (b *Book) Shipment(carrier string, nth uint64) (*Entry, error) {
	seq, err := b.shown(KeyOfShipped(carrier, nth))
	if err != nil || seq == 0 {
		return nil, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return nil, err
	}
	if w, ok := e.Body.(*WorkBody); !ok || w.Shipped != nth || w.Ship.Carrier != carrier {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: fmt.Sprintf("it is not shipment %d of %s", nth, carrier)}
	}
	return e, nil
}

// ManifestEntry gives the entry that closed a carrier's nth manifest.
func (b *Book) ManifestEntry(carrier string, nth uint64) (*Entry, error) {
	seq, err := b.shown(KeyOfManifest(carrier, nth))
	if err != nil {
		return nil, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err == nil && e.Manifest() == nil {
		err = &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: fmt.Sprintf("it is not manifest %d of %s", nth, carrier)}
	}
	return e, err
}
