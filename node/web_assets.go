package node

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// chargeAsset uses some of what this site may use; while the line is up head office is asked for what lacks.
func (s *web) chargeAsset(w http.ResponseWriter, r *http.Request) error {
	return s.moveAsset(w, r, ledger.AssetCharge)
}

func (s *web) releaseAsset(w http.ResponseWriter, r *http.Request) error {
	return s.moveAsset(w, r, ledger.AssetRelease)
}

func (s *web) payAsset(w http.ResponseWriter, r *http.Request) error {
	return s.moveAsset(w, r, ledger.AssetPay)
}

func (s *web) loadAsset(w http.ResponseWriter, r *http.Request) error {
	return s.moveAsset(w, r, ledger.AssetLoad)
}

func (s *web) moveAsset(w http.ResponseWriter, r *http.Request, act ledger.AssetAct) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	id, err := assetOf(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.AssetMoveRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	move := req.Ledger(id, act)
	if move.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body); act == ledger.AssetCharge {
		s.Afford(r.Context(), move.Key, id, req.Amount)
	}
	out, err := s.book.Do(r.Context(), move)
	if err == nil {
		err = out.Err
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if err != nil {
		return err
	}
	answer, ok := contract.RenderAssetMoved(out.Entry, s.currency())
	if !ok {
		return fmt.Errorf("answer a move of %s: entry %d is of kind %s", id, out.Entry.Seq, out.Entry.Kind)
	}
	return writeJSON(w, http.StatusCreated, answer)
}

func assetOf(r *http.Request) (ledger.AssetID, error) {
	name, err := pathName(r, "asset")
	if err != nil {
		return "", err
	}
	return ledger.ParseAsset(name)
}

// currency is what this site counts money in: the company's, or that of its drawers where nobody has said; "" where there is neither.
func (n *Node) currency() string { return cmp.Or(n.book.Company().Currency, n.book.Currency()) }

func (s *web) assets(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out, currency := contract.AssetHeldList{Assets: []contract.AssetHeld{}}, s.currency()
	for _, a := range s.book.AssetsHeld() {
		if strings.Compare(string(a.Asset), page.After) <= 0 {
			continue
		}
		if len(out.Assets) == page.Limit {
			out.NextCursor = contract.Cursor(string(out.Assets[page.Limit-1].Asset))
			break
		}
		out.Assets = append(out.Assets, contract.RenderAssetHeld(a.Asset, a.Amount, currency))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *web) oneAsset(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	id, err := assetOf(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderAssetHeld(id, s.book.AssetHeld(id), s.currency()))
}

func docAssets() contract.Route {
	return contract.Route{Summary: "What this site may use of accounts, cards and promotions without asking, also while the line to head office is down",
		Query: pageParams(), Answers: ok("Assets by name", contract.AssetHeldList{}), Codes: listCodes()}
}

func docOneAsset() contract.Route {
	return contract.Route{Summary: "What this site may use of one of them", Answers: ok("0 where it holds nothing", contract.AssetHeld{}), Codes: listCodes()}
}

func docChargeAsset() contract.Route {
	return moveRoute("Buy on account, pay by card, or give a promotion. Where this site holds too little head office is asked, as long as an order would wait; cut off it is decided from what is held", "Charged")
}

func docReleaseAsset() contract.Route {
	return moveRoute("Undo a charge that was made here, or a part of it, for its reference", "Released: it can be used here again")
}

func docPayAsset() contract.Route {
	return moveRoute("Record money that was received on an account", "Paid: so much less is used, and more can be used here")
}

func docLoadAsset() contract.Route {
	return moveRoute("Load a card that was sold, or with store credit that was given", "Loaded: it can be used here at once, and elsewhere when head office has heard of it")
}

func moveRoute(summary, about string) contract.Route {
	return contract.Route{Summary: summary, Key: contract.KeyRequired, Request: contract.AssetMoveRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: about, Body: contract.AssetMoved{}}},
		Codes:   append(writeCodes(), contract.CodeKeyMissing, contract.CodeAssetShort, contract.CodeAssetCharged, contract.CodeAssetNotCharged)}
}
