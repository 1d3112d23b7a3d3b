package node

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// putPurchase writes a purchase order of this site down, or changes it.
func (s *web) putPurchase(w http.ResponseWriter, r *http.Request) error {
	var in contract.PurchaseRequest
	return s.purchase(w, r, &in, func(c *ledger.OrderGoods) error {
		var err error
		if c.Act, err = in.Act(); err != nil {
			return err
		}
		if err := in.Named(s.catalogue()); err != nil {
			return err
		}
		order, err := in.Ledger(c.Order.Reference)
		if err != nil {
			return err
		}
		for i := range in.Lines {
			sku := ledger.SKU(in.Lines[i].SKU)
			if !s.knows(sku) {
				return s.unknownSKU(sku, i+1)
			}
			if err := s.catalogue().Stocked(sku, i+1); err != nil {
				return err
			}
		}
		if order.Site != s.cfg.Site {
			if err := s.checkSite(r.Context(), "site", order.Site, order.Lines[0].SKU); err != nil {
				return err
			}
		}
		c.Order, c.By, c.Reason = *order, in.By, in.Reason
		c.Seen = seenTurn(in.Version)
		return nil
	})
}

// seenTurn is what a request says of the version that its clerk saw.
func seenTurn(version *uint64) uint64 {
	if version == nil {
		return 0
	}
	return *version + 1
}

// actOnPurchase sends a purchase order of this site, closes it short or calls it off.
func (s *web) actOnPurchase(act ledger.PurchaseAct) call {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in contract.PurchaseActRequest
		return s.purchase(w, r, &in, func(c *ledger.OrderGoods) error {
			c.Act, c.By, c.Reason, c.Seen = act, in.By, in.Reason, seenTurn(in.Version)
			return nil
		})
	}
}

// purchase reads a request about a purchase order into in, and puts to the book what fill makes of it.
func (s *web) purchase(w http.ResponseWriter, r *http.Request, in any, fill func(*ledger.OrderGoods) error) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	ref, err := pathName(r, "reference")
	if err != nil {
		return err
	}
	if err := contract.CheckText("reference", ref, textMax); err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := signedBody(r.Context(), body, in); err != nil {
		return err
	}
	c := &ledger.OrderGoods{Meta: actor(r.Context()), Order: ledger.Purchase{Reference: ref}}
	if key != "" {
		c.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	}
	if err := fill(c); err != nil {
		return err
	}
	if err := contract.CheckText("by", c.By, textMax); err != nil {
		return err
	}
	if err := contract.CheckText("reason", c.Reason, textMax); err != nil {
		return err
	}
	if c.By == "" {
		c.By = c.Actor
	}
	out, err := s.book.Do(r.Context(), c)
	if err == nil {
		err = out.Err
	}
	if err != nil {
		return err
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	answer, ok := contract.RenderPurchase(out.Entry, s.cfg.Site)
	if !ok {
		return fmt.Errorf("answer purchase order: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	return writeJSON(w, http.StatusOK, contract.PurchaseChanged{Purchase: answer, Slips: s.slips(&answer)})
}

// textMax bounds what a request about a purchase order says in words, in bytes.
const textMax = 128

// slips are the promises of this site on what a purchase order of its orders that do not hold, as it looks now.
func (s *web) slips(p *contract.Purchase) contract.Slips {
	skus := make([]ledger.SKU, len(p.Lines))
	for i := range p.Lines {
		skus[i] = p.Lines[i].SKU
	}
	return contract.RenderSlips(p.Reference, s.book.Slips(skus, s.env.Clock.Wall()))
}

// getPurchase gives a purchase order as this site's book has it.
func (s *web) getPurchase(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	ref, err := pathName(r, "reference")
	if err != nil {
		return err
	}
	e, err := s.book.Purchase(ref)
	if err != nil {
		return err
	}
	answer, _ := contract.RenderPurchase(e, s.cfg.Site)
	if e.Purchase().Order.Site == s.cfg.Site {
		came, err := s.book.CameOf(ref)
		if err != nil {
			return fmt.Errorf("answer purchase order: %w", err)
		}
		answer.Counted(e.Purchase().State, came)
	}
	return writeJSON(w, http.StatusOK, contract.PurchaseChanged{Purchase: answer, Slips: s.slips(&answer)})
}

// purchasesWalk bounds the purchase orders that one page of them looks at, some 100 us each.
const purchasesWalk = 60

// listPurchases lists the purchase orders of this site's book, the latest first.
func (s *web) listPurchases(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "site", "supplier", "sku", "status", "open", "cursor", "limit"); err != nil {
		return err
	}
	page, err1 := contract.ReadPage(q)
	status, err2 := contract.ReadPurchaseStatus(q.Get("status"))
	open, err3 := contract.ReadFlag("open", q.Get("open"))
	before, err4 := uint64(0), error(nil)
	if page.After != "" {
		if before, err4 = strconv.ParseUint(page.After, 10, 64); err4 != nil || before == 0 {
			err4 = &ledger.FormError{Field: "cursor", Why: "is not one that a list gave: take next_cursor of the page before, or leave it out"}
		}
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	rows, next, err := s.book.Purchases(before, page.Limit, purchasesWalk, func(e *ledger.Entry) bool {
		b := e.Purchase()
		o := &b.Order
		return (!open || !b.State.Over()) && (status == "" || b.State.String() == status) && (!q.Has("site") || string(o.Site) == q.Get("site")) &&
			(!q.Has("supplier") || o.Supplier == q.Get("supplier")) && (!q.Has("sku") || slices.ContainsFunc(o.Lines, func(l ledger.PurchaseLine) bool { return string(l.SKU) == q.Get("sku") }))
	})
	if err != nil {
		return fmt.Errorf("list purchase orders: %w", err)
	}
	out := contract.PurchaseList{Purchases: make([]contract.Purchase, len(rows))}
	for i, e := range rows {
		out.Purchases[i], _ = contract.RenderPurchase(e, s.cfg.Site)
	}
	if next > 0 {
		out.NextCursor = contract.Cursor(strconv.FormatUint(next, 10))
	}
	return writeJSON(w, http.StatusOK, out)
}

func docListPurchases() contract.Route {
	return contract.Route{Summary: "Purchase orders that this site has written, the latest first, also while the line to head office is down. What has come of them, and those of others, are known at head office",
		Query: append(pageParams(), contract.Param{Name: "site", About: "only what comes in there"}, contract.Param{Name: "supplier", About: "only of this supplier"}, contract.Param{Name: "sku", About: "only with this one"},
			contract.Param{Name: "status", About: "draft, sent, closed_short or cancelled: as a person said here"}, contract.Param{Name: "open", About: "true: only those that nobody has closed or called off here"}),
		Answers: ok("Purchase orders. A page may have fewer than limit, and still not be the last", contract.PurchaseList{}), Codes: listCodes()}
}

func docGetPurchase() contract.Route {
	return contract.Route{Summary: "A purchase order of this site, as its book has it, with what has come of it here. Those of others are known at head office", Answers: ok("The purchase order, and the promises of this site that slip", contract.PurchaseChanged{}),
		Codes: append(listCodes(), contract.CodeNotFound)}
}

func docPutPurchase() contract.Route {
	return contract.Route{Summary: "Write a purchase order of this site down, or change it, also while the line to head office is down. Head office hears of it with the journal: what is sent is due in, and promised by this site where it has a counter, else by head office. Done again it changes nothing",
		Key: contract.KeyTaken, Request: contract.PurchaseRequest{}, Answers: ok("The purchase order, and the promises of this site that slip", contract.PurchaseChanged{}),
		Codes: append(purchaseCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit)}
}

func docActOnPurchase(summary string) func() contract.Route {
	return func() contract.Route {
		return contract.Route{Summary: summary + ". Done again it changes nothing", Key: contract.KeyTaken, Request: contract.PurchaseActRequest{}, Answers: ok("The purchase order, and the promises of this site that slip", contract.PurchaseChanged{}),
			Codes: append(purchaseCodes(), contract.CodeNotFound)}
	}
}

func purchaseCodes() []contract.Code {
	return append(writeCodes(), contract.CodeBadValue, contract.CodeChangedSince, contract.CodePurchaseState)
}
