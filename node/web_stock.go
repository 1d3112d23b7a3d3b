package node

import (
	"context"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// stock gives a SKU's figures here and how certain a promise would be. With only=here head
// office is not asked.
func (s *web) stock(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "only"); err != nil {
		return err
	}
	if only := q.Get("only"); only != "" && only != "here" {
		return &ledger.FormError{Field: "only", Why: "is not here"}
	}
	name, err := pathName(r, "sku")
	if err != nil {
		return err
	}
	sku := ledger.SKU(name)
	level, seq, had := s.book.LevelAt(sku)
	if !had && !s.book.HasItem(sku) {
		return noItem()
	}
	out := contract.NodeStock{Site: s.cfg.Site, SKU: sku, Figures: contract.FiguresOf(&level),
		Allotments: contract.Allotments(&level), Promisable: contract.Promisable{Sure: contract.Sure{Qty: level.Available}}, Seq: uint64(seq)}
	for _, h := range s.held(sku) {
		out.Held = append(out.Held, contract.Held{Site: h.Site, Qty: h.Qty})
		out.Promisable.Sure.Qty += h.Qty
	}
	further := q.Get("only") == ""
	if components := s.componentsOf(sku); len(components) > 0 {
		out.Promisable, out.Kit = contract.PromisableOf(components, func(sku ledger.SKU) contract.Promisable {
			p := s.promisable(r.Context(), sku, further)
			further = further && p.Ask != nil // head office gives no answer in time: it is not waited for component by component
			return p
		})
	} else if further {
		s.lookFurther(r.Context(), sku, &out.Promisable)
	}
	return writeJSON(w, http.StatusOK, out)
}

// promisable is how certain a promise of a component would be. Head office is asked where further says so.
func (s *web) promisable(ctx context.Context, sku ledger.SKU, further bool) (out contract.Promisable) {
	level, _, _ := s.book.LevelAt(sku)
	out.Sure.Qty = level.Available
	for _, h := range s.held(sku) {
		out.Sure.Qty += h.Qty
	}
	if further {
		s.lookFurther(ctx, sku, &out)
	}
	return out
}

// held is what the site may promise of other sites' stock, cut off as well: by orders from anywhere, and
// those that are collected there.
func (n *Node) held(sku ledger.SKU) []ledger.Holding {
	return n.book.HoldingsOf(sku)
}

// lookFurther asks head office what others have, if it answers in time. Without an answer the
// sure figure stands alone: a figure of unknown age helps nobody.
func (n *Node) lookFurther(ctx context.Context, sku ledger.SKU, p *contract.Promisable) {
	if !n.online() {
		return
	}
	if reply, ok := n.look(ctx, sku); ok {
		p.Ask = &contract.Sure{Qty: reply.Ask}
		p.Likely = &contract.Likely{Qty: reply.Likely, AgeMS: reply.LikelyAgeMS}
	}
}
