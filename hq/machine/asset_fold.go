package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// moved follows what an entry has moved of assets. It has been done, whatever is known here: what a site used beyond what
// it was given is taken from what is free.
func (f *folding) moved(moves []ledger.AssetMove) {
	for i := range moves {
		v := &moves[i]
		if err := f.move(v); err != nil {
			f.raise("does_not_fit", "", "", fmt.Sprintf("%s of %s: %v", v.Act, v.Asset, err))
		}
	}
}

func (f *folding) move(v *ledger.AssetMove) error {
	if err := v.Check(); err != nil {
		return err
	}
	if a, ok := f.m.assets.get(v.Asset); ok && max(a.Used, -a.Used, a.Free, -a.Free, a.Limit)+v.Amount > assetSumMax {
		return fmt.Errorf("brings its sum beyond all bounds")
	}
	a := f.m.editAsset(v.Asset)
	h := a.holder(f.site)
	held := v.Held()
	off := min(max(-held, 0), h.Off) // of what was written off it has used some: that is claimed by nobody else, or over
	h.Has, h.Off = h.Has+held, h.Off-off
	if v.Act == ledger.AssetLoad {
		a.Limit += v.Amount
		a.Free += v.Amount
	}
	a.Used += v.Used()
	a.Free -= v.Used() + held + off
	if h.Has < 0 {
		f.raise("does_not_fit", "", "", fmt.Sprintf("%s has used %d more of %s than it was given", f.site, -h.Has, v.Asset))
	}
	f.m.settleAsset(a, &f.why, f.push.At)
	return nil
}

// assetAnswered follows the entry that answers a command about an asset. counted says that this life counted the
// command when it was given.
func (f *folding) assetAnswered(c *ledger.HQCommand, b *ledger.ObeyedBody, counted bool) {
	f.refused(c, b)
	for _, l := range c.Lines {
		if _, err := ledger.ParseAsset(string(l.SKU)); err != nil {
			f.raise("does_not_fit", "", "", fmt.Sprintf("%s %s: %v", c.Kind, c.ID, err))
			return
		}
		a := f.m.editAsset(ledger.AssetID(l.SKU))
		h := a.holder(f.site)
		no := b.Repeat || b.Refused != ""
		switch {
		case c.Kind == ledger.CommandRecall:
			if counted {
				h.Recalled = 0
			}
		case counted && no: // what was written off with the site is free already
			off := min(l.Qty, h.Off)
			h.Coming, h.Off = h.Coming-l.Qty, h.Off-off
			a.Free += l.Qty - off
		case counted:
			h.Coming -= l.Qty
			h.Has += l.Qty
		case !no: // given by a life of head office that is forgotten
			h.Has += l.Qty
			a.Free -= l.Qty
		}
		if b.Refused != "" { // its build knows no assets, so it is not given any
			h.Wish, h.Want = 0, 0
		}
	}
	if c.Kind == ledger.CommandRecall && !b.Repeat {
		for _, l := range b.Done {
			a := f.m.editAsset(ledger.AssetID(l.SKU))
			h := a.holder(f.site)
			off := min(l.Qty, h.Off)
			h.Has, h.Off = h.Has-l.Qty, h.Off-off
			a.Free += l.Qty - off
		}
	}
	for _, l := range c.Lines {
		f.m.settleAsset(f.m.editAsset(ledger.AssetID(l.SKU)), &f.why, f.push.At)
	}
}
