package node

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// adjust books units that were found, or that are gone, with a reason and a name.
func (s *web) adjust(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.AdjustmentRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	adjust := &ledger.Adjust{}
	why := s.named(req.Named(s.catalogue()))
	if why == nil {
		adjust, err = req.Ledger()
	}
	if err != nil {
		return err
	}
	for i, l := range adjust.Lines {
		if !s.book.HasItem(l.SKU) {
			return s.unknownSKU(l.SKU, i+1)
		}
		if l.Qty > 0 { // what lies there from before it was a kit may be taken out
			if err := s.catalogue().Stocked(l.SKU, i+1); err != nil {
				return err
			}
		}
	}
	if why == nil {
		if why = cmp.Or(s.judgeReason(r.Context(), adjust), s.approverOf(r.Context(), adjust.Approver)); why != nil {
			adjust = &ledger.Adjust{} // of nothing: the book has its answer where it has given one, and else refuses it
		}
	}
	adjust.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Adjust(r.Context(), adjust)
	if err == nil {
		err = out.Err
	}
	if why != nil && !answered(out, err) {
		return why
	}
	if err != nil {
		return err
	}
	answer, ok := contract.RenderAdjustment(out.Entry)
	if !ok {
		return fmt.Errorf("answer adjustment: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusCreated, answer)
}
