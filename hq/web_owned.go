package hq

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// entryWait is how long a look at an order waits for the entry that has it: the state is told of
// an entry a moment before the journal store, and a gap in the store takes longer to be closed.
const entryWait = 500 * time.Millisecond

func (s *Server) getOrder(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	var own *machine.Order
	var owner ledger.SiteID
	var seq ledger.Seq
	var row contract.Order
	s.View(func(m *machine.Machine) {
		if own, _ = m.Order(id); own != nil {
			row = renderKnown(own, m.VersionOf(id))
			promises(m, &row)
		}
		owner, seq, _ = m.OwnerOf(id)
	})
	switch {
	case own != nil:
		return writeJSON(w, http.StatusOK, row)
	case owner == "":
		return contract.NotFound("Head office has not heard of such an order.")
	}
	o, err := s.ownersOrder(r.Context(), owner, seq, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderOrder(o, contract.Seen{Seq: uint64(seq), Ack: contract.Shared}))
}

// ownersOrder gives an order that head office has no part in, as its owner's journal last has it
// here. Where this server's copy of that journal lacks the entry, it says that it is not ready.
func (s *Server) ownersOrder(ctx context.Context, owner ledger.SiteID, seq ledger.Seq, id ledger.OrderID) (o *ledger.Order, err error) {
	err = s.patiently(ctx, entryWait, func(final bool) (done bool, err error) {
		if o, err = s.orderAt(owner, seq, id); err == nil && o == nil && final {
			err = contract.New(contract.CodeNotReady, "This server is still fetching the journal that has this order.")
		}
		return o != nil, err
	})
	return o, err
}

// orderAt gives the order as it stands after an entry of its owner's, or nil where the entry is
// not in the journal store.
func (s *Server) orderAt(owner ledger.SiteID, seq ledger.Seq, id ledger.OrderID) (*ledger.Order, error) {
	frames, err := s.journal.Frames(owner, seq-1, 1) // the one that holds it
	if err != nil || len(frames) == 0 {
		return nil, err
	}
	o, err := orderIn(frames[0], seq, id)
	if err != nil {
		return nil, fmt.Errorf("look up order %s in entry %d of %s: %w", id, seq, owner, err)
	}
	return o, nil
}

func orderIn(raw []byte, seq ledger.Seq, id ledger.OrderID) (*ledger.Order, error) {
	f, err := ledger.DecodeFrame(raw)
	if err != nil {
		return nil, err
	}
	if seq < f.First || seq > f.End().Seq {
		return nil, fmt.Errorf("the frame has entries %d to %d", f.First, f.End().Seq)
	}
	entries, err := f.Open()
	if err != nil {
		return nil, err
	}
	var o *ledger.Order
	switch b := entries[seq-f.First].Body.(type) {
	case *ledger.OrderBody:
		o = &b.Order
	case *ledger.ObeyedBody:
		o = b.Order
	case *ledger.LegBody:
		o = b.Order
	case *ledger.WorkBody:
		o = b.Order
	case *ledger.ReturnBody:
		o = b.Order
	case *ledger.LateBody:
		o = b.Order
	}
	if o == nil || o.ID != id {
		return nil, fmt.Errorf("the entry does not hold it")
	}
	return o, nil
}
