package ledger

import (
	"encoding/binary"
	"fmt"
)

// MoveAsset charges an asset, releases a charge, or takes money or a load in. Ref says what for: it names a document
// by its id, never a person. One charge is made per asset and Ref, for ever.
type MoveAsset struct {
	Meta
	Asset  AssetID
	Act    AssetAct
	Amount Qty
	Ref    string

	doc *AssetBody // the last entry about that charge, as the book knows it
}

func (*MoveAsset) request() {}

// AssetBody is what an entry says of one asset. The entry's Ref says what for. Charged and Freed are of the charge
// under that Ref, after the entry.
type AssetBody struct {
	AssetMove
	Nth     int // of the releases of a charge, from 1; 0 is the charge, and what is about none
	Charged Qty
	Freed   Qty
	Refusal Refusal // why nothing was done; "" where it was
	Have    Qty     // refused: see AssetError
}

// Bounds of an act on an asset.
const (
	AssetRefMax      = 64 // bytes of a reference
	AssetReleasesMax = 64 // of one charge
)

func (*AssetBody) kindly(k Kind) bool { return k == KindAsset }

func (b *AssetBody) assetMoves() []AssetMove {
	if b.Refusal != "" {
		return nil
	}
	return []AssetMove{b.AssetMove}
}

// err gives the refusal that the body records, or nil.
func (b *AssetBody) err(ref string) error {
	if b.Refusal == "" {
		return nil
	}
	return &AssetError{Asset: b.Asset, Act: b.Act, Ref: ref, Refusal: b.Refusal, Want: b.Amount, Have: b.Have}
}

// ofCharge says whether the body is about a charge: one that is made, or released.
func (b *AssetBody) ofCharge() bool {
	return b.Refusal == "" && (b.Act == AssetCharge || b.Act == AssetRelease)
}

// KeyOfAssetCharge is the digest under which a book remembers for ever that an asset was charged for ref (nth is 0), and
// each release of that charge. An entry answers it beside its own key, so an auditor finds what was posted twice.
func KeyOfAssetCharge(a AssetID, ref string, nth int) Digest {
	return DigestOf([]byte("asset"), []byte(a), []byte(ref), binary.AppendUvarint(nil, uint64(nth)))
}

// heldAssetCharge gives what e says of a charge; nil where it is about none.
func (e *Entry) heldAssetCharge() *AssetBody {
	var b *AssetBody
	switch v := e.Body.(type) {
	case *AssetBody:
		b = v
	case *LateBody:
		b = v.Asset
	}
	if b == nil || !b.ofCharge() {
		return nil
	}
	return b
}

// checkAssetRef takes a reference from outside. A document is named by an id; a sentence might name a person.
func checkAssetRef(ref string) error {
	return checkName("reference", ref, AssetRefMax, "._/+#:-", true)
}

func (r *MoveAsset) check(standalone bool) error {
	if err := r.move().Check(); err != nil {
		return err
	}
	if err := checkAssetRef(r.Ref); err != nil {
		return err
	}
	kind := r.Asset.Kind()
	switch {
	case kind == AssetRisk:
		return &FormError{Field: "asset", Why: "is what this site may pay at the company's risk: only a claim for money uses it"}
	case r.Act == AssetPay && kind != AssetCredit:
		return &FormError{Field: "asset", Why: "is no account: only what was bought on account is paid for. Load a card instead"}
	case r.Act == AssetLoad && kind != AssetCard && !standalone:
		return &FormError{Field: "asset", Why: "has its limit from head office: only a card is loaded at a site"}
	}
	return nil
}

func (r *MoveAsset) move() *AssetMove {
	return &AssetMove{Asset: r.Asset, Act: r.Act, Amount: r.Amount}
}

// moveAsset decides from what is held here and from nothing else, so it is the same with head office away.
func (d *decision) moveAsset(r *MoveAsset) Outcome {
	if err := r.check(d.s.Standalone); err != nil {
		return Outcome{Err: err}
	}
	b := &AssetBody{AssetMove: *r.move()}
	if r.doc != nil {
		b.Nth, b.Charged, b.Freed = r.doc.Nth+1, r.doc.Charged, r.doc.Freed
	}
	switch r.Act {
	case AssetCharge:
		held := d.s.AssetHeld(r.Asset)
		switch {
		case r.doc != nil:
			b.Refusal, b.Have = RefusedAssetCharged, r.doc.Charged
		case held < r.Amount:
			b.Refusal, b.Have = RefusedAssetShort, held
		}
		b.Nth, b.Charged = 0, r.Amount
	case AssetRelease:
		if left := b.Charged - b.Freed; left < r.Amount || b.Nth > AssetReleasesMax {
			b.Refusal, b.Have = RefusedAssetNotCharged, left
		}
		b.Freed += r.Amount
	default:
		b.Nth, b.Charged, b.Freed = 0, 0, 0
	}
	if b.Refusal == "" {
		b.AssetMove = d.s.assetMoves([]AssetMove{b.AssetMove}, false)[0]
		if _, err := AddQty(d.s.AssetHeld(r.Asset), b.Held()); err != nil {
			return Outcome{Err: err}
		}
	} else {
		b.Nth, b.Charged, b.Freed = 0, 0, 0
		if r.Key == (Digest{}) {
			return Outcome{Err: b.err(r.Ref)}
		}
	}
	e := d.write(&Entry{Kind: KindAsset, Ref: r.Ref, Body: b}, r.Meta)
	return Outcome{Entry: e, Err: b.err(r.Ref)}
}

// lateAsset records what was done with an asset in a life of the book that has ended. It has been done: a charge of
// more than is held by now is over, and head office hears of it.
func (d *decision) lateAsset(f *fact) Outcome {
	b := *f.asset
	switch doc := f.charge; {
	case b.Act == AssetCharge && doc != nil: // charged in both lives: one sale, by its reference
		return Outcome{Replayed: true}
	case b.Act == AssetRelease:
		if doc == nil {
			return Outcome{Replayed: true}
		}
		// What both lives have released is released once. Less than was said leaves credit idle, more would make some.
		if b.Amount = min(b.Amount, doc.Charged-doc.Freed); b.Amount == 0 || doc.Nth == AssetReleasesMax {
			return Outcome{Replayed: true}
		}
		b.Nth, b.Charged, b.Freed = doc.Nth+1, doc.Charged, doc.Freed+b.Amount
	}
	b.AssetMove = d.s.assetMoves([]AssetMove{b.AssetMove}, true)[0]
	if _, err := AddQty(d.s.AssetHeld(b.Asset), b.Held()); err != nil {
		return Outcome{Err: err}
	}
	return d.recordLate(f, &LateBody{Asset: &b}, d.s.taking(&moves{}))
}

// recallAsset loads into a request the charge that it is about. ok is false of any other request.
func (c *Core) recallAsset(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *MoveAsset:
		if r.doc = nil; r.Act == AssetCharge || r.Act == AssetRelease {
			r.doc, err = c.chargeOf(r.Asset, r.Ref)
		}
		return true, err
	case *fact:
		if r.asset == nil {
			return false, nil
		}
		if r.charge = nil; r.asset.ofCharge() {
			r.charge, err = c.chargeOf(r.asset.Asset, r.ref)
		}
		return true, err
	default:
		return false, nil
	}
}

// chargeOf finds the last entry about a charge; nil where nothing was charged.
func (c *Core) chargeOf(a AssetID, ref string) (last *AssetBody, err error) {
	for nth := 0; nth <= AssetReleasesMax; nth++ {
		at, ok, err := c.answered(KeyOfAssetCharge(a, ref, nth))
		if err != nil || !ok {
			return last, err
		}
		e, err := c.entry(at.Seq)
		if err != nil {
			return nil, err
		}
		b := e.heldAssetCharge()
		if b == nil || b.Asset != a || e.Ref != ref || b.Nth != nth {
			return nil, &DamageError{Where: fmt.Sprintf("entry %d", at.Seq), Why: "it is not what is remembered of a charge"}
		}
		last = b
	}
	return last, nil
}

// checkLate refuses what no book has written.
func (b *AssetBody) checkLate(ref string) error {
	if err := b.Check(); err != nil {
		return err
	}
	if b.Nth < 0 || b.Nth > AssetReleasesMax || min(b.Charged, b.Freed, b.Charged-b.Freed) < 0 || b.Charged > QtyMax {
		return &FormError{Field: "asset", Why: "has amounts that do not add up"}
	}
	return checkAssetRef(ref)
}

func (b *LateBody) assetMoves() []AssetMove {
	switch {
	case len(b.Promotions) > 0:
		return b.Promotions
	case b.Refusal != "":
		return nil
	case b.Tender != nil:
		return b.Tender.assetMoves()
	case b.Asset != nil:
		return b.Asset.assetMoves()
	default:
		return nil
	}
}

// ofAsset says whether a command is about assets of head office's own: it gives the site some of them, or asks for some back.
func (c *HQCommand) ofAsset() bool {
	if c.Owner != HQ || c.Kind != CommandCredit && c.Kind != CommandRecall {
		return false
	}
	for _, l := range c.Lines {
		if _, err := ParseAsset(string(l.SKU)); err != nil {
			return false
		}
	}
	return len(c.Lines) > 0
}
