package node

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// lotRoutes are the calls about lots and serial numbers.
func (s *web) lotRoutes() []route {
	return []route{
		{"GET", "/v1/lots", s.listLots, docListLots},
		{"GET", "/v1/lots/{sku}/{lot}", s.lot, docLot},
		{"POST", "/v1/recalls", s.recallLot, docRecallLot},
	}
}

// listLots pages through the lots that are here, by SKU. A page has all lots of a SKU.
func (s *web) listLots(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "sku", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	all, more := s.book.Lots(ledger.SKU(page.After), ledger.SKU(q.Get("sku")), page.Limit)
	out := contract.LotList{Lots: make([]contract.Lot, len(all))}
	for i := range all {
		out.Lots[i] = contract.RenderLot(all[i].SKU, &all[i].Lot)
	}
	if more {
		out.NextCursor = contract.Cursor(string(all[len(all)-1].SKU))
	}
	return writeJSON(w, http.StatusOK, out)
}

// lot gives one lot as it is here.
func (s *web) lot(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	sku, lot, err := lotOf(r)
	if err != nil {
		return err
	}
	level, _ := s.book.Level(sku)
	t := level.Lot(lot)
	if t == nil {
		return noLot(sku, lot)
	}
	return writeJSON(w, http.StatusOK, contract.RenderLot(sku, t))
}

// lotsEach is how often a site at rest has its lots looked at: any request on a new day has them looked at first.
const lotsEach = time.Hour

// touchLots has lots blocked whose last day is over. A book that takes nothing now has them looked at by the first request that it takes.
func (n *Node) touchLots(ctx context.Context) error {
	for {
		if n.book.LotsDue(n.env.Clock.Wall()) {
			_, _ = n.book.Do(ctx, &ledger.TouchLots{})
		}
		fired, stop := n.env.Clock.After(lotsEach)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-fired:
		}
	}
}

// lotOf reads which lot the path names.
func lotOf(r *http.Request) (ledger.SKU, ledger.LotID, error) {
	sku, err := pathName(r, "sku")
	if err != nil {
		return "", "", err
	}
	name, err := pathName(r, "lot")
	if err != nil {
		return "", "", err
	}
	lot, err := ledger.ParseLot(name)
	return ledger.SKU(sku), lot, err
}

func noLot(sku ledger.SKU, lot ledger.LotID) error {
	p := contract.NotFound(fmt.Sprintf("This site has nothing of lot %s of %s.", lot, sku))
	p.Hint = "GET /v1/lots lists those that are here."
	return p
}

// recallLot holds a lot at this site, or lets it go.
func (s *web) recallLot(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.RecallRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	hold, err := req.Ledger(s.catalogue())
	if err != nil {
		return err
	}
	hold.Meta = s.meta(key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Do(r.Context(), hold)
	if err == nil {
		err = out.Err
	}
	if err != nil {
		return err
	}
	held, ok := out.Entry.Body.(*ledger.LotBody)
	if !ok {
		return fmt.Errorf("answer recall: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return writeJSON(w, http.StatusCreated, contract.RenderRecall(out.Entry, held))
}

func docListLots() contract.Route {
	return contract.Route{Summary: "The lots and serial numbers that are here, by SKU and as they leave: first expired first. A page has all of a SKU",
		Query:   append(pageParams(), contract.Param{Name: "sku", About: "only this one"}),
		Answers: ok("The lots", contract.LotList{}), Codes: listCodes()}
}

func docLot() contract.Route {
	return contract.Route{Summary: "One lot or serial number: where it is at this site, until when it is good, and why it is held",
		Answers: ok("The lot", contract.Lot{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docRecallLot() contract.Route {
	return contract.Route{Summary: "Have nothing of a lot sold at this site: what lies here is blocked, and whatever comes in. Orders that lose units wait again", Key: contract.KeyRequired,
		Request: contract.RecallRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is held, or held no more", Body: contract.Recall{}}},
		Codes: append(writeCodes(), contract.CodeKeyMissing, contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared)}
}
