package ledger

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// ErrCartonUnknown says that this book has packed no such carton.
var ErrCartonUnknown = errors.New("no such carton was packed here")

// A PackedCarton is a carton and the part of an order that it was packed for. Open says that it is as it stands now: it is here, or with a carrier.
// Else it is as the last entry that brought it anywhere left it, or, where it was emptied since it was packed, as it was packed first.
type PackedCarton struct {
	Carton
	Order OrderID
	Seq   Seq // of that entry
	Open  bool
}

// Carton finds a carton, however long ago it was packed, or gives ErrCartonUnknown. What is not on the disk yet was shown to nobody.
func (b *Book) Carton(sscc gs1.SSCC) (PackedCarton, error) {
	for _, at := range cartonStages {
		seq, err := b.answeredBy(KeyOfCarton(sscc, at))
		if err != nil {
			return PackedCarton{}, err
		}
		if seq == 0 || seq > b.Head().Seq {
			continue
		}
		past := b.reread()
		e, err := past.entry(seq)
		if err != nil {
			return PackedCarton{}, err
		}
		for _, c := range e.boxes() {
			if c.SSCC != sscc || c.At != at {
				continue
			}
			out := PackedCarton{Carton: c, Order: e.partOf(), Seq: seq}
			if p, ok := b.Part(out.Order); ok {
				for i := range p.Cartons {
					if p.Cartons[i].SSCC == sscc {
						out.Carton, out.Open = p.Cartons[i], true
					}
				}
			}
			return out, nil
		}
		return PackedCarton{}, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not what is remembered of a carton"}
	}
	return PackedCarton{}, ErrCartonUnknown
}
