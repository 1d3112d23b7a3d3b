package hq

import (
	"errors"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Asset is an account, a card or a promotion as head office has it: limit = free + used + the sum over sites of has + coming.
type Asset struct {
	Asset    ledger.AssetID `json:"asset"`
	Kind     string         `json:"kind" jsonschema:"credit, card, promo or risk"`
	Name     string         `json:"name" jsonschema:"the customer's id, the card's number, the promotion's name"`
	Limit    ledger.Qty     `json:"limit" jsonschema:"minor units of the company's currency, or uses"`
	Used     ledger.Qty     `json:"used" jsonschema:"and not paid yet, as far as sites have told; below 0 where it is paid ahead"`
	Exposure ledger.Qty     `json:"exposure" jsonschema:"used, and what sites may still use: never above the limit but where it was lowered, or something was used that a site had lost"`
	Free     ledger.Qty     `json:"free" jsonschema:"head office's own remainder; below 0 while a lower limit is being reached"`
	Currency string         `json:"currency,omitempty" jsonschema:"of every figure, of the sites' too; absent of a promotion, which is counted in uses, and as long as nobody has said which one the company counts in"`
	Sites    []AssetSite    `json:"sites"`
	By       string         `json:"by,omitempty" jsonschema:"who set the limit last"`
	Reason   string         `json:"reason,omitempty"`
	At       string         `json:"at,omitempty"`
}

// AssetSite is what one site may use.
type AssetSite struct {
	Site     ledger.SiteID `json:"site"`
	Level    ledger.Qty    `json:"level" jsonschema:"that it is to have, as long as there is some"`
	Wanted   ledger.Qty    `json:"wanted,omitempty" jsonschema:"it has asked for so much, and waits"`
	Has      ledger.Qty    `json:"has"`
	Coming   ledger.Qty    `json:"coming,omitempty"`
	Recalled ledger.Qty    `json:"recalled,omitempty" jsonschema:"asked back, and not answered yet"`
	Off      ledger.Qty    `json:"written_off,omitempty" jsonschema:"of has and coming, what is head office's again, for the site is lost"`
}

// AssetList is a page of assets.
type AssetList struct {
	Assets     []Asset `json:"assets"`
	NextCursor string  `json:"next_cursor,omitempty"`
}

// LimitRequest sets the limit of an asset.
type LimitRequest struct {
	Limit  ledger.Qty `json:"limit" jsonschema:"0 or more: minor units of the company's currency, or uses"`
	By     string     `json:"by,omitempty" jsonschema:"who signs; default owner"`
	Reason string     `json:"reason,omitempty"`
}

// AllotAssetRequest says how much of an asset a site may use without asking.
type AllotAssetRequest struct {
	Site   string     `json:"site"`
	Amount ledger.Qty `json:"amount" jsonschema:"a level, not a difference: filled again as it is used, as long as there is some; what is above it is recalled"`
	By     string     `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

// PaidRequest takes down a payment.
type PaidRequest struct {
	Amount    ledger.Qty `json:"amount" jsonschema:"received; below 0: a payment that was taken back, with a reason"`
	Reference string     `json:"reference" jsonschema:"the id of the payment"`
	By        string     `json:"by,omitempty" jsonschema:"who signs; default owner"`
	Reason    string     `json:"reason,omitempty"`
}

func renderAsset(a *machine.Asset, currency string) Asset {
	out := Asset{Asset: a.ID, Kind: string(a.ID.Kind()), Name: a.ID.Name(), Limit: a.Limit, Used: a.Used, Exposure: a.Limit - a.Free, Free: a.Free, Currency: contract.CurrencyOf(a.ID, currency),
		Sites: []AssetSite{}, By: a.Set.By, Reason: a.Set.Reason}
	if a.Set.Done() {
		out.At = contract.Moment(a.Set.At)
	}
	for i := range a.Holders {
		h := &a.Holders[i]
		out.Sites = append(out.Sites, AssetSite{Site: h.Site, Level: h.Wish, Wanted: h.Want, Has: h.Has, Coming: h.Coming, Recalled: h.Recalled, Off: h.Off})
	}
	return out
}

func assetOf(r *http.Request) (ledger.AssetID, error) {
	name, err := variable(r, "asset")
	if err != nil {
		return "", err
	}
	return ledger.ParseAsset(name)
}

func (s *Server) getAssets(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := AssetList{Assets: []Asset{}}
	s.View(func(m *machine.Machine) {
		for _, a := range m.Assets(ledger.AssetID(page.After), page.Limit+1) {
			out.Assets = append(out.Assets, renderAsset(a, s.companyIn(m).Currency))
		}
	})
	if len(out.Assets) > page.Limit {
		out.Assets = out.Assets[:page.Limit]
		out.NextCursor = contract.Cursor(string(out.Assets[page.Limit-1].Asset))
	}
	return writeJSON(w, http.StatusOK, out)
}

// getOneAsset says how one asset stands.
func (s *Server) getOneAsset(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := assetOf(r)
	if err != nil {
		return err
	}
	return s.answerAsset(w, id, nil)
}

// answerAsset says how an asset stands; of one that a key answered before, what was said then.
func (s *Server) answerAsset(w http.ResponseWriter, id ledger.AssetID, first *machine.Answer) error {
	var out Asset
	known := false
	s.View(func(m *machine.Machine) {
		var a *machine.Asset
		if a, known = m.Asset(id); known {
			out = renderAsset(a, s.companyIn(m).Currency)
		}
	})
	if !known {
		return machine.ErrAssetUnknown
	}
	if first != nil {
		_, out.Limit, out.Used, out.Free, _ = first.AssetAnswer()
		out.Exposure = out.Limit - out.Free
	}
	return writeJSON(w, http.StatusOK, out)
}

// setAsset has every server carry out a command about an asset, and answers with the asset.
func (s *Server) setAsset(w http.ResponseWriter, r *http.Request, c *machine.SetAsset) error {
	for field, t := range map[string]string{"by": c.By, "reason": c.Reason, "reference": c.Ref} {
		if err := contract.CheckText(field, t, ledger.TextMax); err != nil {
			return err
		}
	}
	if !s.knows(machine.AssetCommands) {
		return errMixed
	}
	c.By, c.At = signer(r.Context(), c.By), s.now()
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		if closed, ok := errors.AsType[*machine.AssetClosedError](err); ok {
			return &ledger.FormError{Field: "site", Why: "is given nothing now: " + closed.Why}
		}
		return err
	}
	if !res.Replayed {
		return s.answerAsset(w, c.Asset, nil)
	}
	if id, _, _, _, ok := res.Answer.AssetAnswer(); !ok || id != c.Asset {
		return ledger.ErrKeyReused
	}
	w.Header().Set(contract.HeaderReplayed, "true")
	return s.answerAsset(w, c.Asset, res.Answer)
}

func (s *Server) putAsset(w http.ResponseWriter, r *http.Request) error {
	id, err := assetOf(r)
	if err != nil {
		return err
	}
	var in LimitRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	return s.setAsset(w, r, &machine.SetAsset{Asset: id, Do: machine.AssetLimit, Amount: in.Limit, By: in.By, Reason: in.Reason})
}

func (s *Server) allotAsset(w http.ResponseWriter, r *http.Request) error {
	var in AllotAssetRequest
	id, k, err := assetKeyed(w, r, &in)
	if err != nil {
		return err
	}
	if err := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", in.Site) }); err != nil {
		return err
	}
	return s.setAsset(w, r, &machine.SetAsset{Asset: id, Do: machine.AssetAllot, Site: ledger.SiteID(in.Site), Amount: in.Amount, By: in.By, Key: k.key, Request: k.request})
}

func (s *Server) payAsset(w http.ResponseWriter, r *http.Request) error {
	var in PaidRequest
	id, k, err := assetKeyed(w, r, &in)
	if err != nil {
		return err
	}
	if in.Reference == "" {
		return &ledger.FormError{Field: "reference", Why: "is empty: say what the bank calls the payment, so that it is taken once"}
	}
	return s.setAsset(w, r, &machine.SetAsset{Asset: id, Do: machine.AssetPaid, Amount: in.Amount, Ref: in.Reference, By: in.By, Reason: in.Reason, Key: k.key, Request: k.request})
}

func assetKeyed(w http.ResponseWriter, r *http.Request, in any) (id ledger.AssetID, k keyed, err error) {
	if id, err = assetOf(r); err != nil {
		return id, k, err
	}
	body, err := readJSON(w, r, in)
	if err != nil {
		return id, k, err
	}
	k, err = keyOf(r, r.URL.EscapedPath(), body)
	return id, k, err
}
