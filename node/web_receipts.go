package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

func (s *web) receive(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.ReceiptRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	if req.Close && !door.CallerOf(r.Context()).May(door.Buy) { // as closing the order by itself asks for
		return &door.ForbiddenError{Caller: door.CallerOf(r.Context()), Needs: door.Buy}
	}
	for i := range req.Lines {
		req.Lines[i].Bin = cmp.Or(req.Lines[i].Bin, s.landsIn())
	}
	receive := &ledger.Receive{}
	why := s.named(req.Named(s.catalogue()))
	if why == nil {
		receive, err = req.Ledger()
	}
	if err != nil {
		return err
	}
	receive.Over = s.cfg.OverPercent
	receive.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.takeIn(r.Context(), receive)
	if why != nil && !answered(out, err) {
		return why
	}
	if err != nil {
		return err
	}
	return s.answerReceipt(w, out)
}

// answered says whether a key had been answered before. Goods of which the barcode has gone from its
// item since are in all the same: a repeat is put to the book as lines of nothing, which it refuses
// without an entry where the key is new.
func answered(out ledger.Outcome, err error) bool {
	return err == nil && out.Replayed || errors.Is(err, ledger.ErrKeyReused)
}

// takeIn gives the receipt its id and puts it to the book. Every SKU must be an item.
func (n *Node) takeIn(ctx context.Context, r *ledger.Receive) (ledger.Outcome, error) {
	for i, l := range r.Lines {
		if !n.book.HasItem(l.SKU) {
			return ledger.Outcome{}, n.unknownSKU(l.SKU, i+1)
		}
		if err := n.catalogue().Stocked(l.SKU, i+1); err != nil {
			return ledger.Outcome{}, err
		}
	}
	id, err := n.newID()
	if err != nil {
		return ledger.Outcome{}, err
	}
	r.ID = string(id)
	sold := n.notSold(r)
	if sold != nil {
		r = &ledger.Receive{Meta: r.Meta} // refused without an entry, but for a repeat
	}
	out, err := n.book.Do(ctx, r)
	if sold != nil && !answered(out, err) {
		return ledger.Outcome{}, sold
	}
	if err == nil {
		err = out.Err
	}
	return out, err
}

func (s *web) answerReceipt(w http.ResponseWriter, out ledger.Outcome) error {
	var body ledger.ReceiptBody
	switch b := out.Entry.Body.(type) {
	case *ledger.ReceiptBody:
		body = *b
	case *ledger.LateBody: // it was first answered by a book that was set aside
		body = b.Receipt
	default:
		return fmt.Errorf("answer receipt: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusCreated, contract.RenderReceipt(&body, out.Entry.Seq))
}

// meta says who asks and under which key, for the book of this site.
func (n *Node) meta(ctx context.Context, key, method, path string, body []byte) ledger.Meta {
	meta := actor(ctx)
	meta.Key, meta.Request = contract.KeyDigest(meta.Actor, n.cfg.Site, key), contract.RequestDigest(method, path, body)
	return meta
}

// actor says who asks: person, device and approver, as the door let them in.
func actor(ctx context.Context) ledger.Meta {
	c := door.CallerOf(ctx)
	if c == nil {
		return ledger.Meta{Actor: door.OwnerName}
	}
	return ledger.Meta{Actor: c.Name(), Device: string(c.Device), Approver: string(c.Approver)}
}

// newID makes a UUIDv7.
func (n *Node) newID() (ledger.OrderID, error) {
	n.idsMu.Lock()
	defer n.idsMu.Unlock()
	id, err := ledger.NewOrderID(n.env.Clock.Wall(), n.ids)
	if err != nil {
		return "", fmt.Errorf("draw id: %w", err)
	}
	return id, nil
}
