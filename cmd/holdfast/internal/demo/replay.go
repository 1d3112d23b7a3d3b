package demo

import (
	"context"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A replay takes a wholesaler's invoices for the company's orders, in their order of time.
//
// Opening stock is what was sold in the first four weeks, and each Monday brings what was sold
// in the week before (nothing says what was really on hand): three fifths to the warehouse, a
// fifth to each shop. Two fifths of the documents are orders at head office, a quarter are
// each shop's, the rest are the warehouse's own, by a hash of the document's number. An
// account waits for what is short; a guest takes what there is. Credit notes and corrections
// are returns and counts, which this version does not take: each of their rows is reported.
type replay struct {
	show *show
	cls  []*seller          // one a worker, of no book yet
	at   [][]*client.Client // by worker and site, and behind the sites head office: each has a device of their own there

	mu      sync.Mutex // guards what stands below
	rejects *csv.Writer
	rows    int
	firstNo error
}

const (
	replayWorkers = 12
	shares        = 5 // a store gets one of so many, the warehouse the rest
)

func (s *show) replay(ctx context.Context) error {
	demand, items, err := s.survey()
	if err != nil {
		return err
	}
	out, err := os.Create(s.rejectsFile())
	if err != nil {
		return fmt.Errorf("open the list of rows not taken: %w", err)
	}
	defer out.Close()
	r := &replay{show: s, rejects: csv.NewWriter(out)}
	r.reject(0, "document", "reason", "text")
	if err := s.putItems(ctx, items); err != nil {
		return err
	}
	if err := s.share(ctx, "opening", demand.Opening()); err != nil {
		return err
	}
	if err := s.introduce(ctx); err != nil {
		return err
	}
	for i := range s.company.sites {
		s.porter = append(s.porter, s.worker(i, "stan", 600))
	}
	for i := range replayWorkers {
		r.cls = append(r.cls, &seller{name: fmt.Sprintf("replay-%d", i), paper: s.paper})
		var at []*client.Client
		for site := range s.company.sites {
			at = append(at, s.worker(site, "ann", 600))
		}
		r.at = append(r.at, append(at, s.clerk("olga", 600)))
	}
	if err := r.run(ctx, demand); err != nil {
		return err
	}
	r.rejects.Flush()
	s.result.RowsNotTaken = r.rows
	s.say("%d rows were not taken; each stands with line and reason in %s", r.rows, out.Name())
	return r.rejects.Error()
}

func (s *show) rejectsFile() string {
	if s.cfg.Rejects != "" {
		return s.cfg.Rejects
	}
	return "rows-not-taken.csv"
}

// survey reads the file once, for the range and the stock rule.
func (s *show) survey() (*invoices.Demand, []itemPut, error) {
	demand, at, items := invoices.NewDemand(), map[string]int{}, []itemPut(nil)
	err := s.read(func(invoices.Report) {}, func(doc invoices.Document) error {
		for _, l := range doc.Lines {
			i, ok := at[l.SKU]
			if !ok {
				i = len(items)
				at[l.SKU] = i
				items = append(items, itemPut{SKU: l.SKU, Name: l.SKU})
			}
			if doc.Kind == invoices.KindOrder && l.Description != "" && items[i].Name == l.SKU {
				items[i].Name = l.Description
			}
			if doc.Kind == invoices.KindOrder && l.Pence > 0 && l.Per == 1 && items[i].Pence == 0 {
				items[i].Pence = l.Pence
			}
		}
		return demand.Add(doc)
	})
	return demand, items, err
}

func (s *show) read(report func(invoices.Report), f func(invoices.Document) error) error {
	file, err := os.Open(s.cfg.Orders)
	if err != nil {
		return fmt.Errorf("open invoices: %w", err)
	}
	defer file.Close()
	reader, err := invoices.NewReader(file, report)
	if err != nil {
		return err
	}
	for doc, err := range reader.Documents() {
		if err != nil {
			return err
		}
		if err := f(doc); err != nil {
			return err
		}
	}
	return nil
}

// share takes goods in at all sites by the rule of the replay.
func (s *show) share(ctx context.Context, reference string, stock []invoices.Stock) error {
	g, gctx := errgroup.WithContext(ctx)
	for i, spec := range s.company.sites {
		var lines []contract.ReceiptLine
		for _, st := range stock {
			part := st.Qty / shares
			if spec.warehouse {
				part = st.Qty - 2*(st.Qty/shares)
			}
			if part > 0 {
				lines = append(lines, contract.ReceiptLine{SKU: st.SKU, Qty: ledger.Qty(part)})
			}
		}
		g.Go(func() error { return s.receive(gctx, i, reference, lines) })
	}
	return g.Wait()
}

// run feeds the documents to the books in their order; a Monday's goods come in before that
// day's orders. With For set, the fault plan runs beside it over that time.
func (r *replay) run(ctx context.Context, demand *invoices.Demand) error {
	s := r.show
	memCtx, stopMem := context.WithCancel(ctx)
	defer stopMem()
	mem := make(chan int64, 1)
	go func() { mem <- watchMemory(memCtx, s.company.all()) }() // ends with memCtx, waited for below
	s.began = time.Now()
	work, wctx := errgroup.WithContext(ctx)
	planCtx, stopPlan := context.WithCancel(wctx)
	defer stopPlan()
	var faults sync.WaitGroup
	if s.cfg.For > 0 {
		faults.Go(func() {
			if err := s.follow(planCtx, planCtx, faultsOnly(planOf(s.cfg.Seed, s.cfg.For, len(s.company.sites)))); err != nil && planCtx.Err() == nil {
				r.note(err)
			}
		})
	}
	work.Go(func() error { return r.feed(wctx, demand.Deliveries()) })
	err := work.Wait()
	stopPlan()
	faults.Wait()
	if r.firstNo != nil && err == nil {
		err = r.firstNo
	}
	if err == nil {
		err = s.healAll()
	}
	s.result.Seconds = time.Since(s.began).Seconds()
	if err == nil {
		s.say("the last invoice is in; waiting until all books agree")
		if late := s.company.settled(ctx, settleWait); late != nil {
			s.say("the books do not agree yet: %v", late)
		}
		s.actsAgain(ctx)
	}
	stopMem()
	s.result.MemoryPeak = <-mem
	return err
}

// faultsOnly leaves out the deliveries of the generated company.
func faultsOnly(plan []step) []step {
	var out []step
	for _, st := range plan {
		if st.act != actDeliver {
			out = append(out, st)
		}
	}
	return out
}

func (r *replay) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.firstNo == nil {
		r.firstNo = err
	}
}

// feed reads the file, week by week: the orders of a week are placed by all workers at once,
// then the next Monday's goods come in.
func (r *replay) feed(ctx context.Context, deliveries []invoices.Delivery) error {
	var week []invoices.Document
	flush := func() error {
		err := r.place(ctx, week)
		week = week[:0]
		return err
	}
	err := r.show.read(r.report, func(doc invoices.Document) error {
		for len(deliveries) > 0 && !doc.At.Before(deliveries[0].Monday) {
			if err := flush(); err != nil {
				return err
			}
			offered, accepted, offline := r.show.paper.counts()
			r.show.say("%s: goods come in; %d orders offered, %d accepted, %d of them offline", deliveries[0].Monday.Format(time.DateOnly), offered, accepted, offline)
			if err := r.show.share(ctx, deliveries[0].Monday.Format(time.DateOnly), deliveries[0].Stock); err != nil {
				return err
			}
			deliveries = deliveries[1:]
		}
		if doc.Kind != invoices.KindOrder {
			for _, l := range doc.Lines {
				r.reject(l.Row, doc.ID, doc.Kind.String(), "a replay plays orders only, no returns and no counts")
			}
			return nil
		}
		week = append(week, doc)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// place lets the workers place a week's documents, taken in order from one queue.
func (r *replay) place(ctx context.Context, week []invoices.Document) error {
	queue := make(chan invoices.Document)
	g, gctx := errgroup.WithContext(ctx)
	for i, sl := range r.cls {
		g.Go(func() error {
			for doc := range queue {
				book, site := r.bookOf(doc)
				w := *sl
				if w.book = book; site < 0 {
					site = len(r.at[i]) - 1
				}
				w.cl = r.at[i][site]
				w.paper.add(w.place(gctx, "invoice-"+doc.ID, requestOf(doc)))
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(queue)
		for _, doc := range week {
			select {
			case queue <- doc:
			case <-gctx.Done():
				return gctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}

// bookOf says which book takes a document; site is -1 for head office.
func (r *replay) bookOf(doc invoices.Document) (book string, site int) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(doc.ID))
	n := int(h.Sum32() % 20)
	switch {
	case n < 8:
		return string(ledger.HQ), -1
	case n < 13:
		site = 0
	case n < 18:
		site = 1
	default:
		site = 2
	}
	return r.show.company.sites[site].name, site
}

func requestOf(doc invoices.Document) contract.OrderRequest {
	req := contract.OrderRequest{ExternalID: doc.ID, Channel: "phone", Fulfil: ledger.Deliver, From: contract.FromAny,
		Shortage: ledger.Backorder, Customer: doc.Customer, TakenAt: doc.At.UTC().Format(time.RFC3339)}
	if doc.Customer == "" {
		req.Channel, req.Shortage = "web", ledger.Partial
	}
	for _, l := range doc.Lines {
		line := contract.LineRequest{SKU: l.SKU, Qty: ledger.Qty(l.Qty)}
		if l.Pence > 0 {
			line.UnitPrice = &contract.Price{Amount: l.Pence, Currency: "GBP"}
			if l.Per > 1 {
				line.UnitPrice.Per = l.Per
			}
		}
		req.Lines = append(req.Lines, line)
	}
	return req
}

func (r *replay) report(rep invoices.Report) {
	r.reject(rep.Line, rep.Document, string(rep.Reason), rep.Text)
}

func (r *replay) reject(line int, document, reason, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := "line"
	if line > 0 {
		r.rows++
		name = strconv.Itoa(line)
	}
	_ = r.rejects.Write([]string{name, document, reason, text}) // Error is asked for at the end
}
