package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// takeBack takes goods in that come back. The answer of a repeat is made of the entry, so it is the first one; how the
// return stands by now its own address says.
func (s *web) takeBack(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.ReturnRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	back := &ledger.TakeBack{}
	why := s.named(req.Named(s.catalogue()))
	if why == nil {
		back, err = req.Ledger()
	}
	if err != nil {
		return err
	}
	back.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	if why == nil {
		why = s.explodeBack(&req, back)
	}
	if why == nil {
		why = s.unknownGoods(back)
	}
	if why == nil {
		why = s.judgeBack(back)
	}
	if why != nil {
		back.Lines = nil // refused without an entry, but for a repeat
	}
	out, err := s.putBack(r.Context(), back)
	if why != nil && !answered(out, err) {
		return why
	}
	return s.answerReturn(w, out, err, http.StatusCreated)
}

// explodeBack puts the components of kits that come back whole in their place, where an order of this book says which they are.
func (s *web) explodeBack(req *contract.ReturnRequest, back *ledger.TakeBack) error {
	if back.Order == "" {
		return nil
	}
	o, err := s.book.Order(back.Order)
	if err != nil { // another book's, or none: what may come back of it is decided elsewhere
		return nil
	}
	return req.Explode(back, o)
}

// unknownGoods refuses lines whose SKU is no item, or a kit, which lies in no bin: its components come back. Where an order of this book says
// what they are the book compares them with it.
func (s *web) unknownGoods(back *ledger.TakeBack) error {
	known := false
	if back.Order != "" {
		_, err := s.book.Order(back.Order)
		known = err == nil
	}
	for i := range back.Lines {
		sku := back.Lines[i].SKU
		if sku != "" && !s.knows(sku) {
			return s.unknownSKU(sku, i+1)
		}
		if known || sku == "" {
			continue
		}
		c := s.catalogue()
		if err := c.Stocked(sku, i+1); err != nil {
			return err
		}
		if err := c.EachLot(i, &back.Lines[i]); err != nil {
			return err
		}
	}
	return nil
}

// putBack gives the return its id and puts it to the book.
func (n *Node) putBack(ctx context.Context, back *ledger.TakeBack) (ledger.Outcome, error) {
	id, err := n.newID()
	if err != nil {
		return ledger.Outcome{}, err
	}
	back.ID = ledger.ReturnID(id)
	out, err := n.book.Do(ctx, back)
	if err == nil {
		err = out.Err
	}
	return out, err
}

// answerReturn answers with the return as it stands after the entry.
func (s *web) answerReturn(w http.ResponseWriter, out ledger.Outcome, err error, status int) error {
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if errors.Is(err, ledger.ErrReturnUnknown) {
		return noReturn()
	}
	if err != nil {
		return err
	}
	switch b := out.Entry.Body.(type) {
	case *ledger.ReturnBody:
		return writeJSON(w, status, contract.RenderReturn(&b.Return, out.Entry.Seq))
	case *ledger.LateBody: // it was first answered by a book that was set aside
		if b.Return != nil {
			return writeJSON(w, status, contract.RenderReturn(b.Return, out.Entry.Seq))
		}
	}
	return fmt.Errorf("answer return: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
}

// inspectReturn writes down what is done with returned goods.
func (s *web) inspectReturn(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	id, err := returnID(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.InspectRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	inspect, err := req.Ledger(id)
	if err != nil {
		return err
	}
	does := make([]ledger.Disposition, len(inspect.Acts))
	for i := range inspect.Acts {
		does[i] = inspect.Acts[i].Do
	}
	why := s.judgeLooked(inspect.Reason, does)
	if why != nil {
		inspect.Acts = nil // refused without an entry, but for a repeat
	}
	inspect.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Do(r.Context(), inspect)
	if err == nil {
		err = out.Err
	}
	if why != nil && !answered(out, err) && !errors.Is(err, ledger.ErrReturnUnknown) {
		return why
	}
	return s.answerReturn(w, out, err, http.StatusOK)
}

// returnID reads a return's id out of the path. It has the form of an order's.
func returnID(r *http.Request) (ledger.ReturnID, error) {
	name, err := pathName(r, "id")
	if err != nil {
		return "", err
	}
	id, err := ledger.ParseOrderID(name)
	if err != nil {
		return "", noReturn()
	}
	return ledger.ReturnID(id), nil
}

func (s *web) oneReturn(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	id, err := returnID(r)
	if err != nil {
		return err
	}
	back, err := s.book.Return(id)
	if errors.Is(err, ledger.ErrReturnUnknown) {
		return noReturn()
	}
	if err != nil {
		return fmt.Errorf("look up return %s: %w", id, err)
	}
	return writeJSON(w, http.StatusOK, contract.RenderReturn(back, 0))
}

// listReturns pages through the returns with which something is still to be done.
func (s *web) listReturns(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "status", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	status := q.Get("status")
	switch status {
	case "", "pending", "received", "inspected":
	default:
		return &ledger.FormError{Field: "status", Why: "is not pending, received or inspected"}
	}
	all := s.book.Returns(ledger.ReturnID(page.After), page.Limit+1, func(r *ledger.Return) bool { return status == "" || r.Status() == status })
	out := contract.ReturnList{Returns: make([]contract.Return, 0, len(all))}
	if len(all) > page.Limit {
		all = all[:page.Limit]
		out.NextCursor = contract.Cursor(string(all[page.Limit-1].ID))
	}
	for _, back := range all {
		out.Returns = append(out.Returns, contract.RenderReturn(back, 0))
	}
	return writeJSON(w, http.StatusOK, out)
}

func noReturn() error {
	p := contract.NotFound("No goods of such a return are here to be dealt with.")
	p.Hint = "Check the number, or look the return up among those that lie here."
	return p
}
