package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// listBlocked pages through what lies blocked here, by SKU. A page has all bins of a SKU.
func (s *web) listBlocked(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	all, more := s.book.Blocked(ledger.SKU(page.After), page.Limit)
	out := contract.BlockedList{Blocked: make([]contract.BlockedStock, len(all))}
	for i, l := range all {
		out.Blocked[i] = contract.BlockedStock(l)
	}
	if more {
		out.NextCursor = contract.Cursor(string(all[len(all)-1].SKU))
	}
	return writeJSON(w, http.StatusOK, out)
}

// inspectBlocked writes down what is done with blocked goods that are no return's.
func (s *web) inspectBlocked(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.BlockedRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	inspect := &ledger.InspectBlocked{}
	why := s.named(req.Named(s.catalogue()))
	if why == nil {
		inspect, err = req.Ledger()
	}
	if err != nil {
		return err
	}
	if why == nil {
		does := make([]ledger.Disposition, len(inspect.Lines))
		for i := range inspect.Lines {
			does[i] = inspect.Lines[i].Do
		}
		why = s.judgeLooked(inspect.Reason, does)
	}
	if why != nil {
		inspect.Lines = nil // refused without an entry, but for a repeat
	}
	inspect.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Do(r.Context(), inspect)
	if err == nil {
		err = out.Err
	}
	if why != nil && !answered(out, err) {
		return why
	}
	if err != nil {
		return err
	}
	answer, ok := contract.RenderBlocked(out.Entry)
	if !ok {
		return fmt.Errorf("answer inspection: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusOK, answer)
}

func docListBlocked() contract.Route {
	return contract.Route{Summary: "What lies blocked here, by SKU and bin: on hand, and not to be sold", Query: pageParams(),
		Answers: ok("Blocked stock", contract.BlockedList{}), Codes: listCodes()}
}

func docInspectBlocked() contract.Route {
	return contract.Route{Summary: "Say what is done with blocked goods that are no return's: restock (free like goods in), block (they stay), or scrap, with a reason and a name",
		Key: contract.KeyRequired, Request: contract.BlockedRequest{}, Answers: ok("It is booked", contract.BlockedAnswer{}),
		Codes: append(writeCodes(), contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeKeyMissing, contract.CodeBlockedShort)}
}
