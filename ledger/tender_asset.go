package ledger

import "fmt"

// What is paid on account, by gift card or by store credit uses an asset of head office's, and what is received on an account, or for a card, frees
// or makes some. The payment and what it does with the asset are one entry: were they two, a crash between them would leave a customer charged for
// an order that is not paid.

// forMoney says whether an asset is one that money is taken for at a till: an account that is paid, a card that is sold or loaded.
func (a AssetID) forMoney() bool { return a.Kind() == AssetCredit || a.Kind() == AssetCard }

// account is where what is paid is owed: to orders, or to whoever paid on account or bears the card.
func (p *Payments) account() MoneyKind {
	switch p.For.Kind() {
	case AssetCredit:
		return MoneyAccounts
	case AssetCard:
		return MoneyGiftCards
	default:
		return MoneyOrders
	}
}

// moves gives what a tender's move does with an asset; ok is false where it moves none.
func (p *Payments) moves(m *TenderMove) (v AssetMove, ok bool) {
	if m.Tender < 1 || m.Tender > len(p.Tenders) || m.Amount == 0 {
		return v, false
	}
	t := &p.Tenders[m.Tender-1]
	v = AssetMove{Asset: t.Asset(), Amount: Qty(m.Amount), Over: m.AssetOver}
	switch {
	case m.Across: // the right crosses; what was used stays used until somebody is paid
		return v, false
	case t.Risk != "":
		if v.Asset, v.Act = t.Risk, AssetCharge; m.Settle {
			v.Act = AssetRelease
		}
		return v, !m.Refund
	case p.For == "" && v.Asset == "":
		return v, false
	case p.For == "" && m.Refund:
		v.Act = AssetRelease
	case p.For == "":
		v.Act = AssetCharge
	case m.Refund: // what was paid on account, or for a card, is taken from it again
		v.Asset, v.Act = p.For, AssetCharge
	case p.For.Kind() == AssetCredit:
		v.Asset, v.Act = p.For, AssetPay
	default:
		v.Asset, v.Act = p.For, AssetLoad
	}
	return v, true
}

func (b *TenderBody) assetMoves() (out []AssetMove) {
	if b.Refusal != "" {
		return nil
	}
	for i := range b.Moves {
		if v, ok := b.Payments.moves(&b.Moves[i]); ok {
			out = append(out, v)
		}
	}
	return out
}

// bookAssets says of each move how much of the asset it is over, as this book can book it.
func (b *TenderBody) bookAssets(s *State, late bool) []AssetMove {
	list, n := s.assetMoves(b.assetMoves(), late), 0
	for i := range b.Moves {
		if _, ok := b.Payments.moves(&b.Moves[i]); ok {
			b.Moves[i].AssetOver = list[n].Over
			n++
		}
	}
	return list
}

// useAssets books what the body does with assets, or gives the refusal: no more is used of one than is held here, however many tenders use it.
func (s *State) useAssets(b *TenderBody) Refusal {
	sums := map[AssetID]Qty{}
	for i, v := range b.bookAssets(s, false) {
		have := s.AssetHeld(v.Asset) + sums[v.Asset]
		if v.Act == AssetCharge && v.Amount > have {
			b.Tender, b.Want, b.Have, b.Short = b.tenderOf(i), int64(v.Amount), int64(have), v.Asset
			return RefusedAssetShort
		}
		sums[v.Asset] += v.Held()
	}
	return ""
}

// tenderOf is the place, from 1 and in the payment, of the tender that the n-th move of assets is of, from 0.
func (b *TenderBody) tenderOf(n int) int {
	for i := range b.Moves {
		if _, ok := b.Payments.moves(&b.Moves[i]); !ok {
			continue
		}
		if n--; n < 0 {
			if b.Act == TenderRefund {
				return b.Moves[i].Tender
			}
			return i + 1
		}
	}
	return 0
}

// checkFor refuses what is no payment on an account or for a card.
func (r *Pay) checkFor() error {
	if _, err := ParseAsset(string(r.For)); err != nil {
		return err
	}
	switch {
	case !r.For.forMoney():
		return &FormError{Field: "for", Why: "is neither an account (credit:CUSTOMER) nor a card (card:NUMBER)"}
	case r.Total == 0:
		return &FormError{Field: "total", Why: "is missing: say how much is paid on the account, or put on the card"}
	case r.Deposit:
		return &FormError{Field: "deposit", Why: "goes with an order: what is paid on an account, or put on a card, is paid in full"}
	}
	for i := range r.Tenders {
		if r.Tenders[i].Kind.usesAsset() {
			return atLine(&FormError{Field: "tender", Why: "is not cash or card: an account or a card is paid for with money"}, i)
		}
	}
	return nil
}

// checkAsset refuses a tender that names no account and no card.
func (w *TenderWish) checkAsset() error {
	switch {
	case !w.Kind.usesAsset():
		return &FormError{Field: "tender", Why: "is not cash, card, account, gift_card or store_credit"}
	case w.Given != 0:
		return &FormError{Field: "given", Why: "goes with cash: leave it out"}
	case w.Kind == TenderAccount && w.Ref == "":
		return nil // the order's customer
	case w.Ref == "":
		return &FormError{Field: "ref", Why: "is missing: give the number of the card"}
	}
	if err := CheckNoCard("ref", w.Ref); err != nil {
		return err
	}
	if _, err := ParseAsset(string(AssetOf(tenderKinds[w.Kind].asset, w.Ref))); err != nil {
		return &FormError{Field: "ref", Why: fmt.Sprintf("is not 1 to %d letters, digits and . _ -", assetNameMax)}
	}
	return nil
}

// accounts puts the order's customer where an account is not named; o is nil where this book does not know the order.
func (r *Pay) accounts(o *Order) error {
	for i := range r.Tenders {
		w := &r.Tenders[i]
		if w.Kind != TenderAccount || w.Ref != "" {
			continue
		}
		if o == nil || o.Customer == "" {
			return atLine(&FormError{Field: "ref", Why: "is missing: this book knows no customer of the order, so say whose account it is"}, i)
		}
		w.Ref = string(o.Customer)
		if err := w.checkAsset(); err != nil {
			return atLine(err, i)
		}
	}
	return nil
}
