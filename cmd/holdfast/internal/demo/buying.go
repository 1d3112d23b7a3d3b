package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// overLeast is how many of a line are ordered at least where one too many comes: fewer, and it is beyond what a node takes in unasked.
const overLeast = 20

// deliver takes some of the best sellers in, which the site has ordered of a supplier. A node that is down orders, and gets its goods,
// when it is back. They come in two parts, and a unit of the second is missing, which is closed short, or of many one is too many.
func (s *show) deliver(ctx context.Context, st step) error {
	lines := merged(s.goodsIn(st))
	if !s.planned() {
		return s.receive(ctx, st.site, fmt.Sprintf("delivery-%d", st.at.Milliseconds()), lines)
	}
	cl, site := s.porter[st.site], s.company.sites[st.site].name
	ref := fmt.Sprintf("PO-%s-%d", site, st.at.Milliseconds())
	if err := s.order(ctx, cl, site, ref, lines); err != nil {
		return err
	}
	half := len(lines) / 2
	if err := s.paper.takeIn(ctx, cl, site, ref, lines[:half]); err != nil {
		return err
	}
	last := &lines[len(lines)-1]
	short := last.Qty > 1 && (st.at%2 == 0 || last.Qty < overLeast)
	switch {
	case short:
		last.Qty--
	case last.Qty >= overLeast:
		last.Qty++
	}
	// A delivery note of its own: it goes by the same reference, and under other keys.
	if err := s.paper.takeInPart(ctx, cl, site, ref, half, lines[half:]); err != nil || !short {
		return err
	}
	_, err := cl.Do(ctx, http.MethodPost, "/v1/purchases/"+ref+"/close", "close-"+ref, contract.PurchaseActRequest{Reason: "one will not come", By: "stan"}, nil)
	if err != nil {
		return fmt.Errorf("close %s short: %w", ref, err)
	}
	return nil
}

// order writes a purchase order at its site.
func (s *show) order(ctx context.Context, cl *client.Client, site, ref string, lines []contract.ReceiptLine) error {
	req := contract.PurchaseRequest{Supplier: "Potteries Ltd", Site: site, Due: time.Now().UTC().Format(time.DateOnly), Status: ledger.PurchaseSent.String(), By: "stan"}
	told := map[string]int64{}
	for _, l := range lines {
		req.Lines = append(req.Lines, contract.PurchaseWish{SKU: l.SKU, Qty: l.Qty})
		told[l.SKU] = int64(l.Qty)
	}
	if _, err := cl.Do(ctx, http.MethodPut, "/v1/purchases/"+ref, "", req, nil); err != nil {
		return fmt.Errorf("order goods at %s: %w", site, err)
	}
	s.paper.ordered(ref, site, told)
	return nil
}

// merged adds lines of one SKU up, in the order in which each comes first.
func merged(lines []contract.ReceiptLine) (out []contract.ReceiptLine) {
	at := map[string]int{}
	for _, l := range lines {
		i, seen := at[l.SKU]
		if !seen {
			at[l.SKU], out = len(out), append(out, l)
			continue
		}
		out[i].Qty += l.Qty
	}
	return out
}

// lookAgain asks once more, when all is quiet, for what others have changed meanwhile: returns that waited for a word, and what
// head office makes of purchase orders.
func (s *show) lookAgain(ctx context.Context) {
	nodes := map[string]*client.Client{}
	for i, spec := range s.company.sites {
		nodes[spec.name] = s.company.nodeClient(i, 50)
	}
	for id, t := range s.paper.goods.returns {
		var r contract.Return
		if _, err := nodes[t.site].Do(ctx, http.MethodGet, "/v1/returns/"+string(id), "", nil, &r); err != nil {
			s.paper.fault("%s: return %s cannot be looked up: %v", t.site, id, err)
			continue
		}
		t.Return = r
	}
	hq := s.company.hqClient(50)
	for _, ref := range sorted(s.paper.goods.purchases) {
		var o contract.Purchase
		if _, err := hq.Do(ctx, http.MethodGet, "/v1/purchases/"+ref, "", nil, &o); err != nil {
			s.paper.fault("head office: purchase order %s cannot be looked up: %v", ref, err)
			continue
		}
		s.paper.goods.purchases[ref].last = &o
	}
}
