package node

import (
	"fmt"
	"net/http"

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
	if err := contract.Decode(body, in); err != nil {
		return err
	}
	c := &ledger.OrderGoods{Meta: ledger.Meta{Actor: owner}, Order: ledger.Purchase{Reference: ref}}
	if key != "" {
		c.Meta = s.meta(key, r.Method, r.URL.EscapedPath(), body)
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
		c.By = owner
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
	return s.answerPurchase(w, out.Entry)
}

// textMax bounds what a request about a purchase order says in words, in bytes.
const textMax = 128

func (s *web) answerPurchase(w http.ResponseWriter, e *ledger.Entry) error {
	answer, ok := contract.RenderPurchase(e, s.cfg.Site)
	if !ok {
		return fmt.Errorf("answer purchase order: entry %d is of kind %s", e.Seq, e.Kind)
	}
	return writeJSON(w, http.StatusOK, answer)
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
	return s.answerPurchase(w, e)
}

func docGetPurchase() contract.Route {
	return contract.Route{Summary: "A purchase order of this site, as its book has it. What has come of it, and those of others, are known at head office", Answers: ok("The purchase order", contract.Purchase{}),
		Codes: append(listCodes(), contract.CodeNotFound)}
}

func docPutPurchase() contract.Route {
	return contract.Route{Summary: "Write a purchase order of this site down, or change it, also while the line to head office is down. Head office hears of it with the journal: what is sent is due in there, and may be promised. Done again it changes nothing",
		Key: contract.KeyTaken, Request: contract.PurchaseRequest{}, Answers: ok("The purchase order", contract.Purchase{}),
		Codes: append(purchaseCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit)}
}

func docActOnPurchase(summary string) func() contract.Route {
	return func() contract.Route {
		return contract.Route{Summary: summary + ". Done again it changes nothing", Key: contract.KeyTaken, Request: contract.PurchaseActRequest{}, Answers: ok("The purchase order", contract.Purchase{}),
			Codes: append(purchaseCodes(), contract.CodeNotFound)}
	}
}

func purchaseCodes() []contract.Code {
	return append(writeCodes(), contract.CodeBadValue, contract.CodeChangedSince, contract.CodePurchaseState)
}
