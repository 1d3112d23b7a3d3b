package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// makeTransfer wants goods sent from this site or to it.
func (s *web) makeTransfer(w http.ResponseWriter, r *http.Request) error {
	var req contract.TransferRequest
	return s.transfer(w, r, http.StatusCreated, &req, func(_ ledger.TransferID, meta ledger.Meta) (ledger.Request, error) {
		if err := req.Named(s.catalogue()); err != nil {
			return nil, s.named(err)
		}
		t, err := req.Ledger()
		if err != nil {
			return nil, err
		}
		if err := s.checkTransfer(r.Context(), t); err != nil {
			return nil, err
		}
		if t.ID == "" {
			// A repeat under the key finds the first answer, and with it the first id.
			id, err := s.newID()
			if err != nil {
				return nil, err
			}
			t.ID = ledger.TransferID(id)
		}
		return &ledger.MakeTransfer{Meta: meta, Transfer: *t}, nil
	})
}

// dispatchTransfer says what of a transfer has left this site.
func (s *web) dispatchTransfer(w http.ResponseWriter, r *http.Request) error {
	var req contract.DispatchRequest
	return s.transfer(w, r, http.StatusOK, &req, func(id ledger.TransferID, meta ledger.Meta) (ledger.Request, error) {
		if err := req.Named(s.catalogue()); err != nil {
			return nil, s.named(err)
		}
		out, err := req.Ledger(id)
		if err == nil {
			out.Least, err = s.leastFor(req.LeastDays, "", nil)
		}
		if err != nil {
			return nil, err
		}
		if t, _, err := s.book.Transfer(id); err == nil && t.State == ledger.TransferReserved {
			whole, err := out.Whole()
			if err != nil {
				return nil, err
			}
			if err := s.catalogue().EachSent(t, whole); err != nil {
				return nil, err
			}
		}
		out.Meta = meta
		return out, nil
	})
}

// cancelTransfer says that nothing of a transfer will leave this site.
func (s *web) cancelTransfer(w http.ResponseWriter, r *http.Request) error {
	var req struct{}
	return s.transfer(w, r, http.StatusOK, &req, func(id ledger.TransferID, meta ledger.Meta) (ledger.Request, error) {
		return &ledger.DispatchTransfer{Meta: meta, ID: id, Cancel: true}, nil
	})
}

// receiveTransfer takes in what came of a transfer, or, at the site that sent it, what came back.
func (s *web) receiveTransfer(w http.ResponseWriter, r *http.Request) error {
	var req contract.ReceiveRequest
	return s.transfer(w, r, http.StatusOK, &req, func(id ledger.TransferID, meta ledger.Meta) (ledger.Request, error) {
		for i := range req.Lines {
			req.Lines[i].Bin = cmp.Or(req.Lines[i].Bin, s.landsIn())
		}
		for i := range req.Cartons {
			req.Cartons[i].Bin = cmp.Or(req.Cartons[i].Bin, s.landsIn())
		}
		if err := req.Named(s.catalogue()); err != nil {
			return nil, s.named(err)
		}
		out, err := req.Ledger(id)
		if err != nil {
			return nil, err
		}
		t, _, unheard := s.book.Transfer(id)
		if err := s.catalogue().EachCame(t, out); err != nil {
			return nil, err
		}
		for i := range out.Lines {
			if sku := out.Lines[i].SKU; !s.knows(sku) {
				return nil, s.unknownSKU(sku, i+1)
			}
			if unheard != nil { // what its sender has sent lay in a bin there
				if err := s.catalogue().Stocked(out.Lines[i].SKU, i+1); err != nil {
					return nil, err
				}
			}
		}
		if out.From != "" {
			if err := s.checkOther(r.Context(), "from", out.From, req.Lines[0:min(1, len(req.Lines))]); err != nil {
				return nil, err
			}
		}
		out.Meta = meta
		return out, nil
	})
}

// transfer reads a request about a transfer into req, and puts to the book what wishOf makes of it.
func (s *web) transfer(w http.ResponseWriter, r *http.Request, status int, req any, wishOf func(ledger.TransferID, ledger.Meta) (ledger.Request, error)) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	name, err := pathName(r, "id")
	if err != nil {
		return err
	}
	id := ledger.TransferID("")
	if name != "" {
		if id, err = ledger.ParseTransfer(name); err != nil {
			return contract.NoTransfer(name, s.cfg.Site)
		}
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	if len(body) > 0 || name == "" {
		if err := contract.Decode(body, req); err != nil {
			return err
		}
	}
	meta := s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	wish, why := wishOf(id, meta)
	if why != nil { // a repeat gets its first answer, whatever was relabelled since; a new key is refused without an entry
		wish = &ledger.DispatchTransfer{Meta: meta}
	}
	out, err := s.book.Do(r.Context(), wish)
	if why != nil && !answered(out, err) {
		return why
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	switch {
	case err != nil:
		return err
	case errors.Is(out.Err, ledger.ErrTransferUnknown):
		return contract.NoTransfer(name, s.cfg.Site)
	case out.Err != nil:
		return out.Err
	}
	answer, ok := contract.RenderTransferEntry(out.Entry)
	if !ok {
		return fmt.Errorf("answer transfer: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	return writeJSON(w, status, answer)
}

// checkTransfer refuses a transfer of what is no item, or between sites that there are not.
func (n *Node) checkTransfer(ctx context.Context, t *ledger.Transfer) error {
	for i := range t.Lines {
		if !n.book.HasItem(t.Lines[i].SKU) {
			return n.unknownSKU(t.Lines[i].SKU, i+1)
		}
	}
	field, other := "to", t.To
	switch n.cfg.Site {
	case t.From:
	case t.To:
		field, other = "from", t.From
	default:
		return &ledger.FormError{Field: "from", Why: fmt.Sprintf("is %s, and to is %s: this is %s. Send it there, or to head office", t.From, t.To, n.cfg.Site)}
	}
	return n.checkSite(ctx, field, other, t.Lines[0].SKU)
}

func (n *Node) checkOther(ctx context.Context, field string, other ledger.SiteID, first []contract.TransferCame) error {
	if len(first) == 0 {
		return nil
	}
	return n.checkSite(ctx, field, other, ledger.SKU(first[0].SKU))
}

// checkSite refuses another site that does not exist (see checkCollectAt). The list of sites says so, with or without a
// line; of one that was added a moment ago head office is asked, by a look at any SKU.
func (n *Node) checkSite(ctx context.Context, field string, other ledger.SiteID, sku ledger.SKU) error {
	if n.cfg.Standalone { // there is no other
		return contract.UnknownSite(field, string(other))
	}
	list := n.book.Sites()
	if list.Version == 0 || list.Has(other) {
		return nil
	}
	if n.online() {
		bounded, cancel := context.WithTimeout(ctx, n.cfg.LookWait)
		defer cancel()
		reply, err := n.link.Look(bounded, wire.Look{SKU: sku, Other: other})
		switch {
		case err == nil && reply.Other == wire.FoundNo:
			return contract.UnknownSite(field, string(other))
		case err == nil: // it was added since, or is a question that this head office does not know
			return nil
		}
	}
	return contract.UnheardSite(field, string(other))
}

// getTransfer gives a transfer as this site's book knows it.
func (s *web) getTransfer(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	name, err := pathName(r, "id")
	if err != nil {
		return err
	}
	id, err := ledger.ParseTransfer(name)
	if err != nil {
		return contract.NoTransfer(name, s.cfg.Site)
	}
	t, seq, err := s.book.Transfer(id)
	if errors.Is(err, ledger.ErrTransferUnknown) {
		return contract.NoTransfer(name, s.cfg.Site)
	}
	if err != nil {
		return err
	}
	out := contract.RenderTransfer(t)
	out.Seq = uint64(seq)
	return writeJSON(w, http.StatusOK, out)
}

func docMakeTransfer() contract.Route {
	return contract.Route{Summary: "Have goods sent from this site, or ask for goods of another one. What leaves here is set aside at once from what is promised to nobody; a warehouse, and whoever asks, waits for head office",
		Key: contract.KeyRequired, Request: contract.TransferRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "reserved: the goods are set aside. asked: head office has to say yes", Body: contract.Transfer{}}},
		Codes:   append(transferCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite, contract.CodeStockShort)}
}

func docGetTransfer() contract.Route {
	return contract.Route{Summary: "A transfer as this site's book knows it", Answers: ok("The transfer", contract.Transfer{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docDispatchTransfer() contract.Route {
	return contract.Route{Summary: "Say that the goods of a transfer have left, also while the line to head office is down. What is not named stays here and is free again. Of goods that are kept by lot those leave that are named, and of the rest those that are over first",
		Key: contract.KeyRequired, Request: contract.DispatchRequest{}, Answers: ok("On its way: nobody may promise it", contract.Transfer{}), Codes: transferCodes()}
}

func docCancelTransfer() contract.Route {
	return contract.Route{Summary: "Say that nothing of a transfer will leave; its goods are free again", Key: contract.KeyRequired,
		Answers: ok("Cancelled", contract.Transfer{}), Codes: transferCodes()}
}

func docReceiveTransfer() contract.Route {
	return contract.Route{Summary: "Take in what came of a transfer, once, also while the line to head office is down: of one that this site has not heard of, as its delivery note says. What came may be sold at once; what is missing is booked at its sender. " +
		"At the site that sent it: take back what came back",
		Key: contract.KeyRequired, Request: contract.ReceiveRequest{}, Answers: ok("Received, with what is missing, damaged or too many", contract.Transfer{}),
		Codes: append(transferCodes(), contract.CodeUnknownSKU, contract.CodeUnknownSite, contract.CodeIsKit)}
}

func transferCodes() []contract.Code {
	return append(writeCodes(), contract.CodeNotFound, contract.CodeKeyMissing, contract.CodeTransferState, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeLotNeeded, contract.CodeLotWrong)
}
