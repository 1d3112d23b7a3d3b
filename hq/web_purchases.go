package hq

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const pathPurchases = "/v1/purchases"

// PurchaseChanged is a purchase order that was changed, with the promises that slipped by it.
type PurchaseChanged = contract.PurchaseChanged

// purchase gives a purchase order as it stands; ok is false of a delivery that is none.
func purchase(d *machine.Delivery) (out contract.Purchase, ok bool) {
	if d == nil || d.Order == nil {
		return out, false
	}
	out = contract.Purchase{Reference: d.Reference, Supplier: d.Supplier, Site: d.Site, Due: d.Due.String(), Status: d.Order.State.String(),
		Lines: make([]contract.PurchaseLine, len(d.Lines)), Note: d.Order.Note, Owner: d.Order.Owner, Version: d.Version,
		By: d.Set.By, Reason: d.Set.Reason, At: contract.Moment(d.Set.At)}
	for i := range d.Lines {
		l := &d.Lines[i]
		row := contract.PurchaseOf(&ledger.PurchaseLine{SKU: l.SKU, Qty: l.Qty, Due: l.Due.String(), Cost: l.Cost, Pack: l.Pack}, out.Due)
		row.Received, row.Short, row.Left, row.Over = l.Came, l.Short, l.Left(), l.Over()
		out.Lines[i] = row
	}
	out.Total = out.Sum()
	return out, true
}

// purchaseNow gives a purchase order by its reference; nil where there is none.
func purchaseNow(m *machine.Machine, ref string) *contract.Purchase {
	d, _ := m.Delivery(ref)
	out, ok := purchase(d)
	if !ok {
		return nil
	}
	return &out
}

// bought has every server carry out an act on a purchase order, once every server can.
func (s *Server) bought(r *http.Request, c *machine.Purchase) (machine.Result, error) {
	every, _, err := s.everyBuild()
	if err != nil {
		return machine.Result{}, err
	}
	if every.Commands < machine.PurchaseCommands {
		return machine.Result{}, errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if err := errors.Join(err, res.Err); err != nil {
		return res, since(s, err, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, c.Order.Reference) })
	}
	return res, nil
}

// buys has an act carried out, and answers with the order.
func (s *Server) buys(w http.ResponseWriter, r *http.Request, c *machine.Purchase) error {
	ref := c.Order.Reference
	before := looked(s, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, ref) })
	res, err := s.bought(r, c)
	if err != nil {
		return err
	}
	out := PurchaseChanged{Slips: slipsOf(res.Slips)}
	now := looked(s, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, ref) })
	if now == nil {
		return ledger.ErrPurchaseUnknown
	}
	out.Purchase = *now
	if before != nil && before.Version == res.Version { // so an import can count what was there already
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusOK, out)
}

// putPurchase writes a purchase order down, or changes it. Done again it changes nothing.
func (s *Server) putPurchase(w http.ResponseWriter, r *http.Request) error {
	ref, err := reference(r)
	if err != nil {
		return err
	}
	var in contract.PurchaseRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	c := &machine.Purchase{At: s.now(), Seen: seenAs(in.Version)}
	if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
		return err
	}
	if c.Act, err = in.Act(); err != nil {
		return err
	}
	if err := in.Named(s.catalogue()); err != nil {
		return err
	}
	order, err := in.Ledger(s.referenceKnown(ref))
	if err != nil {
		return err
	}
	if err := looked(s, func(m *machine.Machine) error { return purchaseNames(m, order, in.Lines) }); err != nil {
		return err
	}
	c.Order = *order
	return s.buys(w, r, c)
}

// purchaseNames says whether the site and the items of a purchase order are known. What is ordered is stocked: a kit is not.
func purchaseNames(m *machine.Machine, p *ledger.Purchase, lines []contract.PurchaseWish) error {
	if err := siteKnown(m, "site", string(p.Site)); err != nil {
		return err
	}
	stocked := contract.Catalogue{Item: m.Item}
	for i := range lines {
		sku := ledger.SKU(lines[i].SKU)
		if _, known := m.Item(sku); !known {
			return contract.UnknownSKU(sku, i+1)
		}
		if err := stocked.Stocked(sku, i+1); err != nil {
			return err
		}
	}
	return nil
}

// actOnPurchase sends, closes or cancels a purchase order. Done again it changes nothing.
func (s *Server) actOnPurchase(act ledger.PurchaseAct) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := contract.Key(r.Header); err != nil {
			return err
		}
		ref, err := reference(r)
		if err != nil {
			return err
		}
		var in contract.PurchaseActRequest
		if _, err := readJSON(w, r, &in); err != nil {
			return err
		}
		c := &machine.Purchase{Act: act, Order: ledger.Purchase{Reference: s.referenceKnown(ref)}, At: s.now(), Seen: seenAs(in.Version)}
		if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
			return err
		}
		return s.buys(w, r, c)
	}
}

func (s *Server) getPurchase(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	ref, err := reference(r)
	if err != nil {
		return err
	}
	out := looked(s, func(m *machine.Machine) *contract.Purchase { return purchaseNow(m, m.ReferenceOf(ref)) })
	if out == nil {
		return ledger.ErrPurchaseUnknown
	}
	return writeJSON(w, http.StatusOK, out)
}

// getPurchases lists purchase orders by reference.
func (s *Server) getPurchases(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "site", "supplier", "sku", "status", "open", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err1 := contract.ReadPage(q)
	open, err2 := contract.ReadFlag("open", q.Get("open"))
	status, err3 := contract.ReadPurchaseStatus(q.Get("status"))
	named := looked(s, func(m *machine.Machine) error { return siteKnown(m, "site", q.Get("site")) })
	if err := cmp.Or(errors.Join(err1, err2, err3), named); err != nil {
		return err
	}
	keep := func(d *machine.Delivery) bool {
		return d.Order != nil && (!open || d.Closed == 0) && (status == "" || d.Order.State.String() == status) && (!q.Has("site") || string(d.Site) == q.Get("site")) &&
			(!q.Has("supplier") || d.Supplier == q.Get("supplier")) && (!q.Has("sku") || d.Names(ledger.SKU(q.Get("sku"))))
	}
	out := contract.PurchaseList{Purchases: []contract.Purchase{}}
	s.View(func(m *machine.Machine) {
		rows, next := m.Deliveries(page.After, page.Limit, keep)
		lines := 0
		for i, d := range rows {
			if lines += len(d.Lines); lines > expectedLinesPage && i > 0 {
				next = rows[i-1].Reference
				break
			}
			row, _ := purchase(d)
			out.Purchases = append(out.Purchases, row)
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) purchaseRoutes() []route {
	return []route{
		{doc(get, pathPurchases, "List purchase orders"), forOwner, readable, false, s.getPurchases},
		{doc(put, pathPurchases+"/{reference}", "Write a purchase order, or change it"), forOwner, atLeader, false, s.putPurchase},
		{doc(get, pathPurchases+"/{reference}", "One purchase order, and what has come of it"), forOwner, readable, false, s.getPurchase},
		{doc(post, pathPurchases+"/{reference}/send", "Say that a supplier has a purchase order"), forOwner, atLeader, false, s.actOnPurchase(ledger.PurchaseSend)},
		{doc(post, pathPurchases+"/{reference}/close", "Say that what is due of a purchase order will not come"), forOwner, atLeader, false, s.actOnPurchase(ledger.PurchaseClose)},
		{doc(post, pathPurchases+"/{reference}/cancel", "Call a purchase order off"), forOwner, atLeader, false, s.actOnPurchase(ledger.PurchaseCancel)},
	}
}

// purchasing says what the document has of the calls of this file.
func purchasing() map[string]contract.Route {
	const repeats = " Idempotent by content: done again it changes nothing, with or without a key."
	reading := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	writing := append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince, contract.CodePurchaseState}, reading...)
	act := func(about string) contract.Route {
		return contract.Route{Key: contract.KeyTaken, Request: contract.PurchaseActRequest{}, Codes: append([]contract.Code{contract.CodeNotFound}, writing...), Answers: ok(about+repeats, PurchaseChanged{})}
	}
	return map[string]contract.Route{
		"GET " + pathPurchases: {Query: paged(text("site", "only what comes in there"), text("supplier", "only of this supplier"), text("sku", "only with this one"),
			text("status", "draft, sent, partly_received, received, closed_short or cancelled"), text("open", "true: only those that are not over")), Codes: append([]contract.Code{contract.CodeUnknownSite}, reading...),
			Answers: ok("Purchase orders by reference. A page may have fewer rows than limit, and still not be the last; of what is over, here and in /v1/expected together, the latest 10,000 are kept.", contract.PurchaseList{})},
		"GET " + pathPurchases + "/{reference}": {Query: reads(), Codes: append([]contract.Code{contract.CodeNotFound}, reading...), Answers: ok("The purchase order, as the sites' journals tell by now what has come of it.", contract.Purchase{})},
		"PUT " + pathPurchases + "/{reference}": {Request: contract.PurchaseRequest{}, Codes: append([]contract.Code{contract.CodeUnknownSite, contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit}, writing...),
			Answers: ok("The purchase order, and the promises that slip by the change. What is sent is due in, as in /v1/expected: orders are promised it, and goods received at the site under the reference count against it."+repeats, PurchaseChanged{})},
		"POST " + pathPurchases + "/{reference}/send":   act("Sent: its lines are due in."),
		"POST " + pathPurchases + "/{reference}/close":  act("Closed short: what was due is due no more, and the promises on it slip. Goods that come after all are taken in, and count."),
		"POST " + pathPurchases + "/{reference}/cancel": act("Cancelled, before anything of it had come."),
	}
}
