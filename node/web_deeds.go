package node

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// codeBelow bounds a collect code: six digits, which a customer can say over the telephone. Who guesses has to stand at the counter.
const codeBelow = 1_000_000

// deedOf is what the requests of hands have in common: each becomes one wish of the ledger.
type deedOf interface {
	Ledger(ledger.OrderID) (*ledger.WorkLeg, error)
}

// deed reads req, and puts to the book what it says hands have done.
func (s *web) deed(w http.ResponseWriter, r *http.Request, req deedOf) error {
	return s.fulfil(w, r, req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		work, err := req.Ledger(order)
		if err == nil {
			work.Meta, work.Numbers = meta, s.cfg.Cartons
			s.markSerials(order, work)
		}
		return work, err
	})
}

// markSerials says which of the lots that hands have named are serial numbers.
func (s *web) markSerials(order ledger.OrderID, work *ledger.WorkLeg) {
	if len(work.Lots) == 0 {
		return
	}
	part, _ := s.book.Part(order)
	s.catalogue().MarkSerials(work.Lots, func(line int) (ledger.SKU, bool) {
		for i := range part.Lines {
			if part.Lines[i].Line == line {
				return part.Lines[i].SKU, true
			}
		}
		return "", false
	})
}

func (s *web) repackFulfilment(w http.ResponseWriter, r *http.Request) error {
	return s.deed(w, r, &contract.RepackRequest{})
}

func (s *web) packFulfilment(w http.ResponseWriter, r *http.Request) error {
	return s.deed(w, r, &contract.PackRequest{})
}

// dispatchFulfilment has what leaves checked first, where it was scanned.
func (s *web) dispatchFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.DispatchPartRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		work, err := req.Ledger(order)
		if err != nil {
			return nil, err
		}
		part, _ := s.book.Part(order)
		leaves, cartons := part.Leaves(work.Boxes, work.Lines)
		if err := req.Verify(s.catalogue(), leaves, cartons, s.inHand(order, leaves)); err != nil {
			return nil, &misscan{meta, err}
		}
		if err := s.cfg.Carriers.Check(work.Ship.Carrier, work.Ship.Service); err != nil {
			return nil, &misscan{meta, err}
		}
		work.Meta = meta
		s.markSerials(order, work)
		return work, nil
	})
}

// inHand gives the lots and serial numbers that are in hand for an order, of what leaves.
func (n *Node) inHand(order ledger.OrderID, leaves map[ledger.SKU]ledger.Qty) map[ledger.SKU][]ledger.LotQty {
	out := map[ledger.SKU][]ledger.LotQty{}
	for sku := range leaves {
		level, _ := n.book.Level(sku)
		for i := range level.Lots {
			t := &level.Lots[i]
			for _, at := range t.At {
				if at.Kind == ledger.Picked && at.Ref == string(order) {
					out[sku] = append(out[sku], ledger.LotQty{Lot: t.Lot, Qty: at.Qty, Serial: t.Serial})
				}
			}
		}
	}
	return out
}

func (s *web) collectFulfilment(w http.ResponseWriter, r *http.Request) error {
	return s.deed(w, r, &contract.CollectRequest{})
}

func (s *web) deliverFulfilment(w http.ResponseWriter, r *http.Request) error {
	return s.deed(w, r, &contract.DeliverRequest{})
}

func (s *web) undeliveredFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.UndeliveredRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		work, err := req.Ledger(order)
		if err != nil {
			return nil, err
		}
		if why := s.judgeWhy(ledger.ReasonFailed, work.Reason); why != nil {
			return nil, &misscan{meta, why}
		}
		work.Meta = meta
		s.markSerials(order, work)
		return work, nil
	})
}

// cameBackFulfilment names the return that these units are. A repeat gets the first one.
func (s *web) cameBackFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.CameBackRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		id, err := s.newID()
		if err != nil {
			return nil, err
		}
		work, err := req.Ledger(order)
		if err == nil {
			work.Meta, work.Return = meta, ledger.ReturnID(id)
			s.markSerials(order, work)
		}
		return work, err
	})
}

func (s *web) putBackFulfilment(w http.ResponseWriter, r *http.Request) error {
	return s.deed(w, r, &contract.PutBackRequest{})
}

// readyFulfilment draws the code that the customer brings. A repeat gets the first one, and so does what is ready later.
func (s *web) readyFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.ReadyRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		code, err := s.newCode()
		if err != nil {
			return nil, err
		}
		work, err := req.Ledger(order, code)
		if err == nil {
			work.Meta = meta
		}
		return work, err
	})
}

// newCode draws a collect code.
func (n *Node) newCode() (string, error) {
	n.idsMu.Lock()
	defer n.idsMu.Unlock()
	var raw [8]byte
	if _, err := io.ReadFull(n.codes, raw[:]); err != nil {
		return "", fmt.Errorf("draw a collect code: %w", err)
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(raw[:])%codeBelow), nil
}
