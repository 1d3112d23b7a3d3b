package demo

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	goodsInBin = "GOODS-IN"
	aisles     = 12
	noShelf    = "OVERFLOW" // for what has none yet
)

// shelfOf is the bin that an article is laid into when a site is set up; "" where nothing is put away: what names no bin goes to MAIN.
func (s *show) shelfOf(sku string) string {
	if s.company.goodsIn == "" {
		return ""
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(sku))
	return fmt.Sprintf("AISLE-%02d", 1+h.Sum32()%aisles)
}

// A putter puts away at a site what lies in goods-in, where the node says that it belongs. Now and then the label of another shelf is
// scanned: then nothing is moved.
type putter struct{ hand }

func (s *show) putters() (out []*putter) {
	if s.company.goodsIn == "" {
		return nil
	}
	for i := range s.company.sites {
		out = append(out, &putter{s.hand(i, "put-away", "pia", 8<<20, putsEach)})
	}
	return out
}

// rowsMost is how many articles go onto one trolley.
const rowsMost = 12

func (p *putter) work(ctx, drain context.Context) {
	for p.rest(ctx) {
		p.putAway(drain)
	}
}

func (p *putter) putAway(ctx context.Context) {
	var list contract.PutAwayList
	if !p.look(ctx, fmt.Sprintf("/v1/put-away?limit=%d", rowsMost), &list) {
		return
	}
	req := contract.BinMoveRequest{Reason: "put away"}
	for _, row := range list.PutAway {
		if row.Qty < 1 || kept(row.SKU) { // whoever keeps lots says which
			continue
		}
		to := string(row.To)
		if to == "" {
			to = noShelf
		}
		req.Lines = append(req.Lines, contract.BinMoveLine{SKU: string(row.SKU), Qty: row.Qty, From: string(row.Bin), To: to, Scanned: to})
	}
	if len(req.Lines) == 0 {
		return
	}
	if p.in100(10) {
		wrong := req
		wrong.Lines = append([]contract.BinMoveLine(nil), req.Lines...)
		wrong.Lines[0].Scanned = "AISLE-99"
		if code := p.refusal(ctx, "/v1/moves", wrong, nil); code != string(contract.CodeWrongScan) {
			p.paper.fault("%s: goods were put away behind the label of another bin: %q", p.site, code)
		} else {
			p.paper.did("wrong_bins_refused")
		}
	}
	if p.tell(ctx, "/v1/moves", req, nil) { // or some of it was picked meanwhile, and all of it is read anew
		for range req.Lines {
			p.paper.did("put_away")
		}
	}
}

// toShelf takes lines out of goods-in to where a lot was received: whoever keeps lots puts them away at once.
func toShelf(sku string, lot ledger.LotID, q ledger.Qty) contract.BinMoveRequest {
	return contract.BinMoveRequest{Reason: "put away", Lines: []contract.BinMoveLine{{SKU: sku, Qty: q, From: goodsInBin, To: keptShelf, Scanned: keptShelf, Lot: string(lot)}}}
}
