package hq

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const pathReorder = "/v1/reorder"

// ReorderMove is what another site has to spare.
type ReorderMove struct {
	From ledger.SiteID `json:"from"`
	Qty  ledger.Qty    `json:"qty"`
}

// ReorderRow is an article of which a site has come down to its reorder point.
type ReorderRow struct {
	Site      ledger.SiteID `json:"site"`
	SKU       ledger.SKU    `json:"sku"`
	Free      ledger.Qty    `json:"free" jsonschema:"lies there, fit to be sold and promised to nobody"`
	Due       ledger.Qty    `json:"due_qty" jsonschema:"due in there and promised to nobody, drafts of purchase orders among it"`
	OnWay     ledger.Qty    `json:"on_way" jsonschema:"of transfers to it: asked for, set aside or dispatched"`
	At        ledger.Qty    `json:"reorder_at"`
	To        ledger.Qty    `json:"reorder_to"`
	Want      ledger.Qty    `json:"want" jsonschema:"reorder_to - free - due_qty - on_way"`
	Transfers []ReorderMove `json:"transfers" jsonschema:"what other sites have to spare beyond what they are to keep"`
	Buy       ledger.Qty    `json:"buy" jsonschema:"the rest: what nobody has to spare"`
	Supplier  string        `json:"supplier,omitempty" jsonschema:"the item's"`
	BuyDue    string        `json:"buy_due,omitempty" jsonschema:"the day that the item's lead time gives, if it is ordered now"`
}

// ReorderList is one page of reorders, by SKU and site.
type ReorderList struct {
	Reorders   []ReorderRow `json:"reorders"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// ReorderTake makes a suggestion a transfer or a draft of a purchase order.
type ReorderTake struct {
	Site     string     `json:"site" jsonschema:"that is to have more"`
	SKU      string     `json:"sku"`
	From     string     `json:"from,omitempty" jsonschema:"the site that sends: one that is suggested. Left out: it is bought"`
	Qty      ledger.Qty `json:"qty,omitempty" jsonschema:"left out: as it is suggested"`
	Supplier string     `json:"supplier,omitempty" jsonschema:"of what is bought; left out: the item's"`
	Due      string     `json:"due,omitempty" jsonschema:"of what is bought; left out: by the item's lead time"`
	By       string     `json:"by,omitempty" jsonschema:"who signs; default owner"`
}

// ReorderTaken is what a suggestion has become.
type ReorderTaken struct {
	Transfer *contract.Transfer `json:"transfer,omitempty"`
	Purchase *contract.Purchase `json:"purchase,omitempty" jsonschema:"a draft: send it once its supplier has it"`
}

// reorderRow gives a reorder as it stands on a day.
func reorderRow(m *machine.Machine, r *machine.Reorder, today machine.Day) ReorderRow {
	out := ReorderRow{Site: r.Site, SKU: r.SKU, Free: r.Free, Due: r.Due, OnWay: r.OnWay, At: r.At, To: r.To, Want: r.Want(), Transfers: []ReorderMove{}, Buy: r.Buy}
	for _, mv := range r.Moves {
		out.Transfers = append(out.Transfers, ReorderMove(mv))
	}
	if it, ok := m.Item(r.SKU); ok && r.Buy > 0 {
		days := 0
		if it.Detail != nil {
			out.Supplier, days = it.Detail.Supplier, it.Detail.LeadDays
		}
		out.BuyDue = (today + machine.Day(days)).String()
	}
	return out
}

// getReorders lists what sites are to have more of.
func (s *Server) getReorders(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "site", "supplier", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	named := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", q.Get("site")) })
	if err := cmp.Or(err, named); err != nil {
		return err
	}
	out, today := ReorderList{Reorders: []ReorderRow{}}, machine.DayOf(s.now())
	s.View(func(m *machine.Machine) {
		keep := func(r *machine.Reorder) bool {
			if q.Has("site") && string(r.Site) != q.Get("site") {
				return false
			}
			it, _ := m.Item(r.SKU)
			return !q.Has("supplier") || it != nil && it.Detail != nil && it.Detail.Supplier == q.Get("supplier")
		}
		rows, next := m.Reorders(ledger.SKU(page.After), page.Limit, keep)
		for i := range rows {
			out.Reorders = append(out.Reorders, reorderRow(m, &rows[i], today))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(string(next))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

// takeReorder makes a suggestion a transfer or a draft of a purchase order, under an id that follows from the key: done again it is
// the same one, whatever is suggested by then.
func (s *Server) takeReorder(w http.ResponseWriter, r *http.Request) error {
	var in ReorderTake
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathReorder, body)
	if err != nil {
		return err
	}
	by, _, err := signedBy(r, in.By, "")
	if err != nil {
		return err
	}
	if err := looked(s, func(m *machine.Machine) error { return in.names(m) }); err != nil {
		return err
	}
	if in.From != "" {
		return s.takeTransfer(w, r, &in, k, by)
	}
	return s.takePurchase(w, r, &in, "reorder-"+hex.EncodeToString(k.key[:12]), by)
}

// names says whether sites and article are known.
func (in *ReorderTake) names(m *machine.Machine) error {
	if _, err := ledger.ParseSite(in.Site); err != nil {
		return err
	}
	sku, err := ledger.ParseSKU(in.SKU)
	if err != nil {
		return err
	}
	if _, known := m.Item(sku); !known {
		return contract.UnknownSKU(sku, 1)
	}
	if in.Qty != 0 {
		if err := ledger.CheckQty(in.Qty); err != nil {
			return err
		}
	}
	return cmp.Or(siteKnown(m, "site", in.Site), siteKnown(m, "from", in.From))
}

// suggestion gives what is suggested for a site, as it is now; ok is false where nothing is.
func (s *Server) suggestion(in *ReorderTake) (out ReorderRow, ok bool) {
	s.View(func(m *machine.Machine) {
		rows := m.ReordersOf(ledger.SKU(in.SKU))
		for i := range rows {
			if string(rows[i].Site) == in.Site {
				out, ok = reorderRow(m, &rows[i], machine.DayOf(s.now())), true
			}
		}
	})
	return out, ok
}

// notSuggested says that nothing is suggested (any more).
func (in *ReorderTake) notSuggested(why string) error {
	p := contract.New(contract.CodeNotSuggested, fmt.Sprintf("%s of %s for %s %s. Nothing was changed.", map[bool]string{true: "A purchase", false: "A transfer"}[in.From == ""], in.SKU, in.Site, why))
	p.Hint = "Take what is suggested now (holdfast reorder list). Without a suggestion, make the transfer or the purchase order itself."
	return p
}

func (s *Server) takeTransfer(w http.ResponseWriter, r *http.Request, in *ReorderTake, k keyed, by string) error {
	id := ledger.TransferID("reorder-" + hex.EncodeToString(k.key[:12]))
	c := &machine.MakeTransfer{Transfer: ledger.Transfer{ID: id, From: ledger.SiteID(in.From), To: ledger.SiteID(in.Site), Note: "reorder"}, Key: k.key, Request: k.request, By: by, At: s.now()}
	known := looked(s, func(m *machine.Machine) bool { _, known := m.Transfer(id); return known })
	if qty := in.Qty; known {
		c.Transfer.Lines = []ledger.TransferLine{{SKU: ledger.SKU(in.SKU), Qty: max(qty, 1)}} // its key answers
	} else {
		row, ok := s.suggestion(in)
		for _, mv := range row.Transfers {
			if string(mv.From) == in.From {
				c.Transfer.Lines = []ledger.TransferLine{{SKU: row.SKU, Qty: cmp.Or(qty, mv.Qty)}}
			}
		}
		if !ok || len(c.Transfer.Lines) == 0 {
			return in.notSuggested("from " + in.From + " is not suggested")
		}
	}
	t, err := s.judgedTransfer(w, r, c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, ReorderTaken{Transfer: &t})
}

func (s *Server) takePurchase(w http.ResponseWriter, r *http.Request, in *ReorderTake, ref, by string) error {
	if now := looked(s, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, ref) }); now != nil {
		if string(now.Site) != in.Site || !slices.ContainsFunc(now.Lines, func(l contract.PurchaseLine) bool { return string(l.SKU) == in.SKU }) {
			return ledger.ErrKeyReused
		}
		w.Header().Set(contract.HeaderReplayed, "true")
		return writeJSON(w, http.StatusCreated, ReorderTaken{Purchase: now})
	}
	row, ok := s.suggestion(in)
	if !ok || row.Buy == 0 {
		return in.notSuggested("is not suggested")
	}
	req := contract.PurchaseRequest{Supplier: cmp.Or(in.Supplier, row.Supplier), Site: in.Site, Due: cmp.Or(in.Due, row.BuyDue), Note: "reorder",
		Lines: []contract.PurchaseWish{{SKU: in.SKU, Qty: cmp.Or(in.Qty, row.Buy)}}}
	if req.Supplier == "" {
		return &ledger.FormError{Field: "supplier", Why: fmt.Sprintf("is left out, and item %s names none: say who brings it", in.SKU)}
	}
	order, err := req.Ledger(ref)
	if err != nil {
		return err
	}
	if _, err := s.bought(r, &machine.Purchase{Act: ledger.PurchasePut, Order: *order, By: by, Reason: "reorder", At: s.now(), Seen: 1}); err != nil && !errors.As(err, new(*sinceError)) { // another call under the key may have been first
		return err
	}
	now := looked(s, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, ref) })
	if now == nil {
		return ledger.ErrPurchaseUnknown
	}
	return writeJSON(w, http.StatusCreated, ReorderTaken{Purchase: now})
}

func (s *Server) reorderRoutes() []route {
	return []route{
		{doc(get, pathReorder, "List what sites are to have more of, and where from"), forOwner, readable, false, s.getReorders},
		{doc(post, pathReorder, "Make a suggestion a transfer or a purchase order"), forOwner, atLeader, false, s.takeReorder},
	}
}

// reordering says what the document has of the calls of this file.
func reordering() map[string]contract.Route {
	reading := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField, contract.CodeUnknownSite}
	return map[string]contract.Route{
		"GET " + pathReorder: {Query: paged(text("site", "only what this site is to have"), text("supplier", "only items of this supplier")), Codes: reading,
			Answers: ok("What is at or below its reorder point, by the rules reorder_at and reorder_to of /v1/policy/rules, with what others have to spare before what is to be bought. A page may have other than limit rows, none too, and still not be the last.", ReorderList{})},
		"POST " + pathReorder: {Key: contract.KeyRequired, Request: ReorderTake{}, Codes: append([]contract.Code{contract.CodeKeyMissing, contract.CodeNotReady, contract.CodeStockShort, contract.CodeTransferState, contract.CodeUnknownSKU, contract.CodeNotSuggested}, reading...),
			Answers: []contract.Answer{{Status: http.StatusCreated, About: "What it has become: a transfer that is approved, or a draft of a purchase order. The same key is the same one again.", Body: ReorderTaken{}}}},
	}
}
