package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// AssetMoveRequest is what a site does with an asset.
type AssetMoveRequest struct {
	Amount    ledger.Qty `json:"amount" jsonschema:"above 0: minor units of the company's currency, or uses of a promotion"`
	Reference string     `json:"reference" jsonschema:"the id of the order or payment that it is for, at most 64 bytes of letters, digits and . _ / + # : -; an asset is charged once for each"`
}

// Ledger checks the request and gives it to the ledger.
func (r *AssetMoveRequest) Ledger(asset ledger.AssetID, act ledger.AssetAct) *ledger.MoveAsset {
	return &ledger.MoveAsset{Asset: asset, Act: act, Amount: r.Amount, Ref: r.Reference}
}

// AssetMoved is what a site has done with an asset.
type AssetMoved struct {
	Asset     ledger.AssetID `json:"asset"`
	Act       string         `json:"act" jsonschema:"charge, release, pay or load"`
	Amount    ledger.Qty     `json:"amount" jsonschema:"minor units of currency, or uses of a promotion"`
	Currency  string         `json:"currency,omitempty" jsonschema:"of every figure of the answer; absent of a promotion, which is counted in uses, and as long as nobody has said which one the company counts in"`
	Reference string         `json:"reference"`
	Charged   ledger.Qty     `json:"charged,omitempty" jsonschema:"under this reference"`
	Released  ledger.Qty     `json:"released,omitempty" jsonschema:"of what was charged under it"`
	Seq       uint64         `json:"seq"`
}

// RenderAssetMoved answers with an entry of a book that counts in currency; ok is false where it says nothing of an asset.
func RenderAssetMoved(e *ledger.Entry, currency string) (out AssetMoved, ok bool) {
	b, ok := e.Body.(*ledger.AssetBody)
	if late, is := e.Body.(*ledger.LateBody); is && late.Asset != nil {
		b, ok = late.Asset, true
	}
	if !ok {
		return out, false
	}
	return AssetMoved{Asset: b.Asset, Act: b.Act.String(), Amount: b.Amount, Currency: CurrencyOf(b.Asset, currency), Reference: e.Ref, Charged: b.Charged, Released: b.Freed, Seq: uint64(e.Seq)}, true
}

// AssetHeld is what a site may use of an asset without asking.
type AssetHeld struct {
	Asset ledger.AssetID `json:"asset"`
	Kind  string         `json:"kind" jsonschema:"credit, card, promo or risk"`
	Name  string         `json:"name" jsonschema:"the customer's id, the card's number, the promotion's name"`
	Held  ledger.Qty     `json:"held" jsonschema:"may be used here, also while the line to head office is down"`

	Currency string `json:"currency,omitempty" jsonschema:"of held; absent of a promotion, which is counted in uses, and as long as nobody has said which one the company counts in"`
}

// AssetHeldList is a page of what a site may use.
type AssetHeldList struct {
	Assets     []AssetHeld `json:"assets"`
	NextCursor string      `json:"next_cursor,omitempty"`
}

// RenderAssetHeld says what a site may use of an asset.
func RenderAssetHeld(id ledger.AssetID, held ledger.Qty, currency string) AssetHeld {
	return AssetHeld{Asset: id, Kind: string(id.Kind()), Name: id.Name(), Held: held, Currency: CurrencyOf(id, currency)}
}

// CurrencyOf is what the figures of an asset are minor units of, in a company of a currency; "" of a promotion, which is counted in uses.
func CurrencyOf(id ledger.AssetID, currency string) string {
	if id.Kind() == ledger.AssetPromo {
		return ""
	}
	return currency
}

func fromAsset(e *ledger.AssetError) *Problem {
	switch e.Refusal {
	case ledger.RefusedAssetCharged:
		return New(CodeAssetCharged, fmt.Sprintf("%s were charged for %s already.", assetAmount(e.Asset, e.Have), e.Ref))
	case ledger.RefusedAssetNotCharged:
		if e.Have <= 0 {
			return New(CodeAssetNotCharged, fmt.Sprintf("Nothing of it is charged for %s here.", e.Ref))
		}
		return New(CodeAssetNotCharged, fmt.Sprintf("Only %s of what was charged for %s are not released yet.", assetAmount(e.Asset, e.Have), e.Ref))
	default:
		if e.Asset.Kind() == ledger.AssetPromo && e.Have <= 0 {
			p := New(CodeAssetShort, fmt.Sprintf("Promotion %s has been given here as often as it may be.", e.Asset.Name()))
			p.Hint = "Take the order without it, or have head office allot more uses to this site. While the line to head office is up it is asked by itself."
			return p
		}
		return New(CodeAssetShort, fmt.Sprintf("Only %s of %s are left here, %d are wanted.", assetAmount(e.Asset, max(e.Have, 0)), assetWords(e.Asset), e.Want))
	}
}

// assetAmount is an amount of an asset with what it is counted in.
func assetAmount(id ledger.AssetID, q ledger.Qty) string {
	if id.Kind() == ledger.AssetPromo {
		return fmt.Sprintf("%d uses", q)
	}
	return fmt.Sprintf("%d minor units", q)
}

func assetWords(id ledger.AssetID) string {
	switch id.Kind() {
	case ledger.AssetCredit:
		return "the credit of " + id.Name()
	case ledger.AssetCard:
		return "card " + id.Name()
	case ledger.AssetRisk:
		return "what " + id.Name() + " may pay at the company's risk"
	default:
		return "promotion " + id.Name()
	}
}
