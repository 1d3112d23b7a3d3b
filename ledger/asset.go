package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// An AssetID names something of head office's own that is promised as stock is: "credit:ACME-1" is what a customer may
// still buy on account, "card:8817-22" what is left on a gift card or as store credit, "promo:SPRING" how often a
// promotion may still be given. It has a colon, so it is never a SKU. ParseAsset is the only way in from outside; the
// zero AssetID means none. Amounts are whole minor units of the company's currency, or uses.
type AssetID string

// An AssetKind is the part of an asset's name before the colon.
type AssetKind string

// The kinds of asset.
const (
	AssetCredit AssetKind = "credit" // the name is the customer's
	AssetCard   AssetKind = "card"   // a gift card or store credit: whoever bears it
	AssetPromo  AssetKind = "promo"  // counts uses, not money
	AssetRisk   AssetKind = "risk"   // what a site, by its name, may pay out before the book that owns an order has answered
)

// assetNameMax bounds what stands behind the colon, in bytes.
const assetNameMax = 40

// AssetOf names the asset of that kind: the credit of a customer, a card by its number.
func AssetOf(kind AssetKind, name string) AssetID { return AssetID(string(kind) + ":" + name) }

// ParseAsset takes an asset's name from outside: credit, card, promo or risk, a colon, and 1 to 40 bytes of letters,
// digits and . _ -.
func ParseAsset(s string) (AssetID, error) {
	kind, name, ok := strings.Cut(s, ":")
	if !ok || !AssetKind(kind).known() {
		return "", &FormError{Field: "asset", Why: "does not begin with credit:, card:, promo: or risk:"}
	}
	if err := checkName("asset", name, assetNameMax, "._-", true); err != nil {
		return "", err
	}
	return AssetID(s), nil
}

func (k AssetKind) known() bool {
	return k == AssetCredit || k == AssetCard || k == AssetPromo || k == AssetRisk
}

// Kind is the part before the colon.
func (a AssetID) Kind() AssetKind {
	kind, _, _ := strings.Cut(string(a), ":")
	return AssetKind(kind)
}

// Name is the part behind the colon.
func (a AssetID) Name() string {
	_, name, _ := strings.Cut(string(a), ":")
	return name
}

// AssetAct numbers what a site does with an asset. On disk: only ever appended to.
type AssetAct uint8

// What a site does with an asset. Each act changes what the site holds, and what head office counts as used or as the limit.
const (
	AssetCharge  AssetAct = 1 // bought on account, paid by card, a promotion given: held -> used
	AssetRelease AssetAct = 2 // a charge made undone, whole or in part: used -> held
	AssetPay     AssetAct = 3 // money received on an account: used -> held, below 0 used where it is paid ahead
	AssetLoad    AssetAct = 4 // a card sold, store credit given: the limit and what is held rise
)

var assetActs = map[AssetAct]string{AssetCharge: "charge", AssetRelease: "release", AssetPay: "pay", AssetLoad: "load"}

func (a AssetAct) String() string {
	if s, ok := assetActs[a]; ok {
		return s
	}
	return "unknown"
}

// An AssetMove is one move of an asset by a site's entry.
type AssetMove struct {
	Asset  AssetID
	Act    AssetAct
	Amount Qty // above 0
	Over   Qty // of a late charge, what of Amount was not held any more; of any other act, what of Amount makes that good first
}

// Held is by how much the move changes what the site holds.
func (v *AssetMove) Held() Qty {
	if v.Act == AssetCharge {
		return v.Over - v.Amount
	}
	return v.Amount - v.Over
}

// Owing is by how much the move changes what the site has used beyond what it held.
func (v *AssetMove) Owing() Qty {
	if v.Act == AssetCharge {
		return v.Over
	}
	return -v.Over
}

// Used is by how much the move changes what is used.
func (v *AssetMove) Used() Qty {
	switch v.Act {
	case AssetCharge:
		return v.Amount
	case AssetLoad:
		return 0
	default:
		return -v.Amount
	}
}

// Check refuses what no book has written.
func (v *AssetMove) Check() error {
	if _, err := ParseAsset(string(v.Asset)); err != nil {
		return err
	}
	if _, known := assetActs[v.Act]; !known {
		return fmt.Errorf("asset %s: act %d", v.Asset, v.Act)
	}
	if form, ok := errors.AsType[*FormError](CheckQty(v.Amount)); ok {
		return &FormError{Field: "amount", Why: form.Why}
	}
	if v.Over < 0 || v.Over > v.Amount {
		return fmt.Errorf("asset %s: %d of %d are over", v.Asset, v.Over, v.Amount)
	}
	return nil
}

// An assetMover is a body that moves assets beside what else it says: a sale with its payment.
type assetMover interface{ assetMoves() []AssetMove }

// Assets lists what the entry moves of head office's assets.
func (e *Entry) Assets() []AssetMove {
	if b, ok := e.Body.(assetMover); ok {
		return b.assetMoves()
	}
	return nil
}

// AssetHeld is what this site may use of an asset without asking.
func (s *State) AssetHeld(a AssetID) Qty { return s.holdings[holding{HQ, SKU(a)}] }

// AssetsHeld lists what this site may use of assets, by their names.
func (s *State) AssetsHeld() (out []AssetMove) {
	for _, h := range s.Holdings() {
		if h.Site == HQ {
			out = append(out, AssetMove{Asset: AssetID(h.SKU), Amount: h.Qty})
		}
	}
	return out
}

// siteOwing stands in the place of an owner for what this site has used of assets beyond what it held, by charges that were told late.
// No site has such a name.
const siteOwing SiteID = "hq/owing"

// AssetOwing is how much of an asset this site has used beyond what it held. What is released, paid or loaded here makes that good before
// any of it can be used again: else the site could use more than it was given, until head office has asked for it.
func (s *State) AssetOwing(a AssetID) Qty { return s.holdings[holding{siteOwing, SKU(a)}] }

// foldAssets changes what is held by moves. late says that they have been made in another life of the book.
func (s *State) foldAssets(moves []AssetMove, late bool) error {
	for i := range moves {
		v := &moves[i]
		if err := v.Check(); err != nil {
			return err
		}
		// What is freed by an entry of before made nothing good: what stays owed is made good by the next one.
		if fits := s.assetMoves([]AssetMove{*v}, late); fits[0].Over != v.Over && (v.Act == AssetCharge || v.Over != 0) {
			return fmt.Errorf("%s of %d of %s is %d over, and would be %d", v.Act, v.Amount, v.Asset, v.Over, fits[0].Over)
		}
		if q := v.Held(); q != 0 {
			if err := s.hold(holding{HQ, SKU(v.Asset)}, q); err != nil {
				return err
			}
		}
		if q := v.Owing(); q != 0 {
			if err := s.hold(holding{siteOwing, SKU(v.Asset)}, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// assetMoves gives moves as this book can book them, one after the other. Late, they have been made in another life: a charge of more than is
// held by now has been made all the same, and says how much it is over. Whatever frees some makes good first what was over.
func (s *State) assetMoves(moves []AssetMove, late bool) []AssetMove {
	type stand struct{ held, owing Qty }
	out, stands := make([]AssetMove, len(moves)), map[AssetID]stand{}
	for i, v := range moves {
		at, seen := stands[v.Asset]
		if !seen {
			at = stand{s.AssetHeld(v.Asset), s.AssetOwing(v.Asset)}
		}
		if v.Over = 0; v.Act != AssetCharge {
			v.Over = min(v.Amount, at.owing)
		} else if late {
			v.Over = max(0, v.Amount-at.held)
		}
		stands[v.Asset] = stand{at.held + v.Held(), at.owing + v.Owing()}
		out[i] = v
	}
	return out
}

// Refusals of an act on an asset.
const (
	RefusedAssetShort      Refusal = "asset_short"       // less is held than it wants
	RefusedAssetCharged    Refusal = "asset_charged"     // something was charged under this reference
	RefusedAssetNotCharged Refusal = "asset_not_charged" // nothing, or less, was
)

// An AssetError says no to an act on an asset: nothing was changed.
type AssetError struct {
	Asset   AssetID
	Act     AssetAct
	Ref     string
	Refusal Refusal
	Want    Qty
	Have    Qty // held; charged under Ref already; charged and not released
}

func (e *AssetError) Error() string {
	switch e.Refusal {
	case RefusedAssetCharged:
		return fmt.Sprintf("%d of %s were charged for %s already", e.Have, e.Asset, e.Ref)
	case RefusedAssetNotCharged:
		return fmt.Sprintf("%d of %s are charged for %s here, %d are to be released", e.Have, e.Asset, e.Ref, e.Want)
	default:
		return fmt.Sprintf("%d of %s are held here, %d are wanted", e.Have, e.Asset, e.Want)
	}
}
