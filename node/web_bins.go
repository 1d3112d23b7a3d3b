package node

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// moveBins writes down what was put from bins into others. It changes no promise, so it works while the line to head office is down.
func (s *web) moveBins(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.BinMoveRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	move := &ledger.MoveBins{}
	why := req.Verify(s.catalogue())
	if why == nil {
		why = s.named(req.Named(s.catalogue()))
	}
	if why == nil {
		move, err = req.Ledger()
	}
	if err != nil {
		return err
	}
	move.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Do(r.Context(), move)
	if err == nil {
		err = out.Err
	}
	if why != nil && !answered(out, err) {
		return why
	}
	if err != nil {
		return err
	}
	answer, ok := contract.RenderBinMove(out.Entry)
	if !ok {
		return fmt.Errorf("answer move: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusCreated, answer)
}

// putAway pages through what lies in the goods-in bins, and says where each article is to be put.
func (s *web) putAway(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	bin, sku, err := cutRow(page.After)
	if err != nil {
		return err
	}
	out := contract.PutAwayList{PutAway: []contract.PutAwayRow{}}
	for _, goodsIn := range s.goodsIn() {
		if goodsIn < bin {
			continue
		}
		sheet := ledger.SheetQuery{Bin: goodsIn, Limit: page.Limit - len(out.PutAway)}
		if goodsIn == bin {
			sheet.AfterBin, sheet.AfterSKU = bin, sku
		}
		rows, _, more, err := s.book.CountSheet(sheet)
		if err != nil {
			return err
		}
		for _, row := range rows {
			out.PutAway = append(out.PutAway, s.putAwayRow(row))
		}
		if more || len(out.PutAway) == page.Limit {
			last := out.PutAway[len(out.PutAway)-1]
			out.NextCursor = rowCursor(last.Bin, last.SKU)
			break
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// goodsIn lists the bins that goods come into, ascending.
func (n *Node) goodsIn() []ledger.Bin {
	bins := slices.Clone(n.cfg.GoodsIn)
	slices.Sort(bins)
	return slices.Compact(bins)
}

// landsIn is the bin that goods come into where nobody says another one.
func (n *Node) landsIn() string {
	if len(n.cfg.GoodsIn) == 0 {
		return string(ledger.BinDefault)
	}
	return string(n.cfg.GoodsIn[0])
}

// homeOf is an article's home bin here; "" where it has none, or where that is a goods-in bin.
func (n *Node) homeOf(sku ledger.SKU) ledger.Bin {
	if item, ok := n.book.ItemAt(sku); ok {
		if home := item.HomeAt(n.cfg.Site); !slices.Contains(n.cfg.GoodsIn, home) {
			return home
		}
	}
	return ""
}

// putAwayRow says where what lies in a goods-in bin is to be put: to its home, else to most of its like.
func (n *Node) putAwayRow(row ledger.SheetRow) contract.PutAwayRow {
	out := contract.PutAwayRow{Bin: row.Bin, SKU: row.SKU, Qty: row.Expected}
	if item, ok := n.book.ItemAt(row.SKU); ok {
		out.Name, out.Barcodes = item.Name, item.Barcodes
	}
	if out.To = n.homeOf(row.SKU); out.To != "" {
		out.Home = true
		return out
	}
	level, _ := n.book.Level(row.SKU)
	most := ledger.Qty(0)
	for _, b := range level.Bins {
		if b.Sellable > most && !slices.Contains(n.cfg.GoodsIn, b.Bin) {
			out.To, most = b.Bin, b.Sellable
		}
	}
	return out
}

func docMoveBins() contract.Route {
	return contract.Route{Summary: "Move units between bins of this site: put away, or laid elsewhere. All lines or none, in one entry; only the bin changes, so nothing is promised or freed by it. Blocked goods move as blocked ones, but for a return's",
		Key: contract.KeyRequired, Request: contract.BinMoveRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "They lie there now", Body: contract.BinMoveAnswer{}}},
		Codes: append(writeCodes(), contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeKeyMissing, contract.CodeWrongScan, contract.CodeBinShort)}
}

func docPutAway() contract.Route {
	return contract.Route{Summary: "What lies in the goods-in bins (node --goods-in-bin), with the bin that it is to be put into", Query: pageParams(),
		Answers: ok("What is to be put away, by bin and article", contract.PutAwayList{}), Codes: listCodes()}
}
