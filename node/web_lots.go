package node

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// lotRoutes are the calls about lots and serial numbers.
func (s *web) lotRoutes() []route {
	return []route{
		{"GET", "/v1/lots", s.listLots, docListLots},
		{"GET", "/v1/lots/{sku}/{lot}", s.lot, docLot},
		{"GET", "/v1/serials/{sku}/{lot}", s.serial, docSerial},
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

// lot tells the story of a lot at this site.
func (s *web) lot(w http.ResponseWriter, r *http.Request) error {
	story, err := s.lotStory(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, story)
}

// serial tells the story of the unit of a serial number.
func (s *web) serial(w http.ResponseWriter, r *http.Request) error {
	story, err := s.lotStory(r)
	if err != nil {
		return err
	}
	if !story.Serial {
		return noLot(story.SKU, story.Lot)
	}
	return writeJSON(w, http.StatusOK, story)
}

func (s *web) lotStory(r *http.Request) (contract.LotStory, error) {
	if err := contract.Query(r.URL.Query()); err != nil {
		return contract.LotStory{}, err
	}
	sku, lot, err := lotOf(r)
	if err != nil {
		return contract.LotStory{}, err
	}
	return s.storyOf(sku, lot)
}

// storyOf reads what the book's entries say of a lot.
func (n *Node) storyOf(sku ledger.SKU, lot ledger.LotID) (contract.LotStory, error) {
	tale := contract.NewLotTale(sku, lot)
	if err := n.book.EachLotRow(sku, lot, func(r *ledger.LotRow) error {
		tale.Row(n.cfg.Site, r)
		return nil
	}); err != nil {
		return contract.LotStory{}, fmt.Errorf("read lot: %w", err)
	}
	item, _ := n.book.ItemAt(sku)
	story, ok := tale.Story(item)
	if !ok {
		return story, noLot(sku, lot)
	}
	// What came elsewhere stands in its receiver's book: here it is on its way until head office says that it is not.
	story.OnWay = slices.DeleteFunc(story.OnWay, func(w contract.LotTransit) bool {
		t, _, err := n.book.Transfer(w.Transfer)
		return err == nil && t.State != ledger.TransferDispatched
	})
	return story, nil
}

// notSold refuses serial numbers that come in as if they were new and have been sold from here: what a customer brings is a return.
func (n *Node) notSold(r *ledger.Receive) error {
	for i := range r.Lines {
		for _, l := range r.Lines[i].Lots {
			if !l.Serial {
				continue
			}
			story, err := n.storyOf(r.Lines[i].SKU, l.Lot)
			if err != nil || story.Warranty == nil {
				continue // nothing is known of it, or it did not go to a customer
			}
			return &ledger.LotError{SKU: r.Lines[i].SKU, Lot: l.Lot, Line: i + 1, Why: fmt.Sprintf("serial number %s of %s was sold with order %s: take it back as a return of that order", l.Lot, r.Lines[i].SKU, story.Warranty.Order)}
		}
	}
	return nil
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
	p.Hint = "Look at the label again, or look the lot up among those that are here (holdfast lot list)."
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
	hold.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.book.Do(r.Context(), hold)
	if err == nil {
		err = out.Err
	}
	if err != nil {
		return err
	}
	held := out.Entry.HeldLot()
	if held == nil {
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

func docSerial() contract.Route {
	return contract.Route{Summary: "The unit of a serial number: when it came, where it is, with which order it was sold and until when it is under warranty",
		Answers: ok("The story", contract.LotStory{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docLot() contract.Route {
	return contract.Route{Summary: "One lot at this site: where it is, which orders took it and how much of it, until when it is good, and why it is held",
		Answers: ok("The story", contract.LotStory{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docRecallLot() contract.Route {
	return contract.Route{Summary: "Have nothing of a lot sold at this site: what lies here is blocked, and whatever comes in. Orders that lose units wait again", Key: contract.KeyRequired,
		Request: contract.RecallRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is held, or held no more", Body: contract.Recall{}}},
		Codes: append(writeCodes(), contract.CodeKeyMissing, contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared)}
}
