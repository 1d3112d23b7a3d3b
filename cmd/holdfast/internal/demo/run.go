package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Config is what the caller of a demo may set.
type Config struct {
	For     time.Duration // how long clients sell; 0: nothing is broken, until ctx ends
	Seed    uint64        // fixes the workload and the fault plan
	Orders  string        // a file of invoices to replay; "" for the generator
	Dir     string        // where the company lives; "" for a folder that is removed afterwards
	Rejects string        // where the rows of Orders that were not taken are listed; default rows-not-taken.csv
	Chaos   bool          // everything that can happen to a company happens, in place of the plan
	Only    string        // with Chaos: one of the great things alone, again and again; "" all
	Kills   int           // in place of the plan: that many SIGKILLs of nodes and servers, one upon the other
	Binary  string        // what the processes run; "" this very program
	Newer   string        // in place of the plan: what they are moved to, head office first
	Net     Net           // where the sites are; nil: on loopback, behind proxies
	Env     ledger.Env
	Out     io.Writer // what happens, line by line
	Bar     func(done, all int64)
}

// A Result is what a demo ends with, in the words of the contract.
type Result struct {
	Seconds         float64 `json:"seconds"`
	Offered         int     `json:"orders_offered"`
	Accepted        int     `json:"orders_accepted"`
	Refused         int     `json:"orders_refused"`
	Offline         int     `json:"accepted_offline"`
	CrossSite       int     `json:"cross_site"`
	ToBeConfirmed   int     `json:"to_be_confirmed"`
	Displaced       int64   `json:"displaced"`
	Oversold        int64   `json:"oversold"`
	Lost            int64   `json:"lost"`
	Duplicated      int64   `json:"duplicated"`
	Altered         int64   `json:"altered_after_receipt"`
	Unsynced        int64   `json:"unsynced"`
	Audit           string  `json:"audit"`
	Unanswered      int     `json:"unanswered"`
	NodesKilled     int     `json:"nodes_killed"`
	LeadersKilled   int     `json:"leaders_killed"`
	LinesCut        int     `json:"lines_cut"`
	OrdersPerSecond float64 `json:"orders_per_s"`
	MemoryPeak      int64   `json:"memory_peak_bytes"` // all six processes together, resident
	RowsNotTaken    int     `json:"rows_not_taken,omitempty"`

	Confirmed int `json:"confirmed"` // of to_be_confirmed, and accepted from then on
	Declined  int `json:"declined"`  // of to_be_confirmed, of which some units were nowhere to be had
	Shorts    int `json:"picked_short"`
	Rejects   int `json:"legs_rejected"`

	OverReturned int64          `json:"over_returned"`   // units
	Unsettled    int64          `json:"goods_unsettled"` // transfers and returns
	CountsUndone int64          `json:"counts_undone"`
	GoodsUntold  int64          `json:"goods_untold"`
	MoneyUntold  int64          `json:"money_untold"`  // receipts and charges
	OverRefunded int64          `json:"over_refunded"` // minor units
	ReceiptGaps  int64          `json:"receipt_gaps"`
	DrawersWrong int64          `json:"drawers_wrong"`
	DaysWrong    int64          `json:"days_wrong"`
	OverCredit   int64          `json:"over_credit"`    // minor units
	Unnamed      int64          `json:"acts_unnamed"`   // entries, and acts and orders of head office's, of people that do not name them all
	Done         map[string]int `json:"done,omitempty"` // what else than orders was done, how often

	Happened map[string]int   `json:"happened,omitempty"` // what of the chaos, how often
	Never    []string         `json:"never_happened,omitempty"`
	InHand   int              `json:"sold_in_hand,omitempty"` // while their site promised nothing
	Gone     int              `json:"gone_with_their_book,omitempty"`
	Copies   int              `json:"asks_of_copies,omitempty"` // each refused
	Line     map[string]int64 `json:"line_faults,omitempty"`
	Kills    int              `json:"kills,omitempty"`
	Moved    int              `json:"processes_moved,omitempty"` // to the newer build

	Faults []string `json:"faults,omitempty"`
}

// Holds says whether nothing went wrong.
func (r *Result) Holds() bool {
	return r.Oversold == 0 && r.Lost == 0 && r.Duplicated == 0 && r.Altered == 0 && r.Unsynced == 0 && r.Audit == "ok" && len(r.Never) == 0 &&
		r.OverReturned == 0 && r.Unsettled == 0 && r.CountsUndone == 0 && r.GoodsUntold == 0 &&
		r.MoneyUntold == 0 && r.OverRefunded == 0 && r.ReceiptGaps == 0 && r.DrawersWrong == 0 && r.DaysWrong == 0 && r.OverCredit == 0 && r.Unnamed == 0
}

// items is the number of SKUs of the generated company.
const items = 2000

// settleWait bounds how long the company may take to converge once everything is healed.
const settleWait = 90 * time.Second

// A show is one run of the demo.
type show struct {
	cfg     Config
	company *company
	paper   *paper
	stock   *goods.Catalogue
	began   time.Time
	result  Result
	staff   *staff           // nil: nobody signs in, and all is done with the owners' tokens
	porter  []*client.Client // by site, who takes deliveries in
	drivers []*driver        // by site, of the carrier
	killed  int              // index of the head office server that is down, or -1

	deliveries *errgroup.Group // goods that are on their way in
}

// Run plays the demo and gives what came of it. An error means that it could not be played to
// its end; a broken promise is in the result.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "holdfast-demo-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the company: %w", err)
		}
		defer os.RemoveAll(dir)
		cfg.Dir = dir
	} else if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the company: %w", err)
	}
	s := &show{cfg: cfg, killed: -1, stock: goods.New(cfg.Seed, items),
		paper: &paper{received: map[string]map[string]int64{}}}
	lineCtx, stopLines := context.WithCancel(ctx)
	defer stopLines()
	lines, lineCtx := errgroup.WithContext(lineCtx)
	var err error
	s.say("starting three head office servers and three sites in %s", cfg.Dir)
	s.company = &company{dir: cfg.Dir, sites: specs(), http: newHTTPSet(), binary: cfg.Binary, newLine: cutLine,
		// A build before certificates begins without; what befalls a company under --chaos is played without, too.
		secure: cfg.Binary == "" && !cfg.Chaos}
	if cfg.Chaos {
		s.company.newLine, s.company.between = badLines(cfg.Seed), []Line{}
	}
	if s.planned() && cfg.Binary == "" && cfg.Orders == "" {
		s.company.goodsIn = goodsInBin
	}
	if cfg.Net != nil {
		s.company.newLine, s.company.net = within(cfg.Net), cfg.Net
	}
	if err = s.company.establish(lineCtx, lines); err == nil {
		err = s.play(ctx)
	}
	if closeErr := s.company.close(); err == nil {
		err = closeErr
	}
	stopLines()
	if lineErr := lines.Wait(); err == nil && !errors.Is(lineErr, context.Canceled) {
		err = lineErr
	}
	if err != nil {
		return nil, err
	}
	if cfg.For == 0 && cfg.Orders == "" {
		return &s.result, nil
	}
	s.count()
	return &s.result, nil
}

func (s *show) say(format string, args ...any) {
	if s.began.IsZero() {
		fmt.Fprintf(s.cfg.Out, "       %s\n", fmt.Sprintf(format, args...))
		return
	}
	fmt.Fprintf(s.cfg.Out, "%6.1f %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

func (s *show) play(ctx context.Context) error {
	if s.cfg.Orders != "" {
		return s.replay(ctx)
	}
	if err := s.stockUp(ctx); err != nil {
		return err
	}
	if s.cfg.For == 0 {
		return s.open(ctx)
	}
	return s.sell(ctx)
}

// stockUp makes the range known to head office, waits until every node has it, and takes the
// opening stock in.
func (s *show) stockUp(ctx context.Context) error {
	list := s.stock.Items()
	puts := make([]itemPut, 0, len(list))
	for _, it := range list {
		puts = append(puts, itemPut{SKU: it.SKU, Name: it.Name, Barcodes: []string{it.GTIN}, Pence: it.Price})
	}
	expected := int64(s.cfg.For.Seconds() * 120)
	if s.cfg.Chaos {
		expected /= 4
		puts = append(puts, itemPut{SKU: handSKU, Name: "Goods in the hand"})
	}
	if s.planned() && s.cfg.For > 0 {
		puts = append(keptItems(), puts...)
	}
	if err := s.putItems(ctx, puts); err != nil {
		return err
	}
	for i, spec := range s.company.sites {
		stock := s.stock.Opening(s.cfg.Seed, goods.Shelf{Site: i, Warehouse: spec.warehouse, Orders: max(expected, 3000)})
		var lines []contract.ReceiptLine
		for _, st := range stock {
			lines = append(lines, contract.ReceiptLine{SKU: st.SKU, Qty: ledger.Qty(st.Qty), Bin: s.shelfOf(st.SKU)})
		}
		if s.cfg.Chaos && !spec.warehouse {
			lines = append(lines, contract.ReceiptLine{SKU: handSKU, Qty: 1_000_000})
		}
		if err := s.receive(ctx, i, "opening", lines); err != nil {
			return err
		}
	}
	if !s.planned() && !s.cfg.Chaos || s.cfg.For == 0 {
		return nil
	}
	if s.planned() {
		if err := s.openAccounts(ctx); err != nil {
			return err
		}
	}
	return s.introduce(ctx)
}

type itemPut struct {
	SKU      string
	Name     string
	Barcodes []string
	Pence    int64
	Tracking ledger.Tracking // "" neither by lot nor by serial number
}

// putItems sends items to head office in slices and waits until every node has the last one.
func (s *show) putItems(ctx context.Context, list []itemPut) error {
	hq := s.company.hqClient(50)
	type bulkItem struct {
		SKU string `json:"sku"`
		contract.ItemRequest
	}
	for at := 0; at < len(list); at += 500 {
		var batch []bulkItem
		for _, it := range list[at:min(at+500, len(list))] {
			b := bulkItem{SKU: it.SKU, ItemRequest: contract.ItemRequest{Name: it.Name, Barcodes: it.Barcodes, Tracking: it.Tracking}}
			if it.Pence > 0 {
				b.Price = &contract.Price{Amount: it.Pence, Currency: "GBP"}
			}
			batch = append(batch, b)
		}
		if _, err := hq.Do(ctx, http.MethodPost, "/v1/items/bulk", fmt.Sprintf("demo-items-%d", at), map[string]any{"items": batch}, nil); err != nil {
			return fmt.Errorf("put items: %w", err)
		}
	}
	last := list[len(list)-1].SKU
	for i, spec := range s.company.sites {
		cl := s.company.nodeClient(i, 1)
		if err := until(ctx, readyWait, func() (bool, error) {
			_, err := cl.Do(ctx, http.MethodGet, "/v1/items/"+last, "", nil, nil)
			return err == nil, nil
		}); err != nil {
			return fmt.Errorf("wait for the items at %s: %w", spec.name, err)
		}
	}
	s.say("%d items are known at every site", len(list))
	return nil
}

// receive takes a delivery in at a site, however long its node is down meanwhile.
func (s *show) receive(ctx context.Context, site int, reference string, lines []contract.ReceiptLine) error {
	cl := s.company.nodeClient(site, 600)
	if site < len(s.porter) { // once somebody works there
		cl = s.porter[site]
	}
	return s.paper.takeIn(ctx, cl, s.company.sites[site].name, reference, lines)
}

// drainWait bounds how long a client repeats an unanswered order once the shops have closed.
const drainWait = 60 * time.Second

// sell lets the clients sell while the plan breaks things, then heals all and waits for calm.
func (s *show) sell(ctx context.Context) error {
	memCtx, stopMem := context.WithCancel(ctx)
	mem := make(chan int64, 1)
	go func() { mem <- watchMemory(memCtx, s.company.all()) }() // ends with memCtx, waited for below
	s.began = time.Now()
	shop, shut := context.WithTimeout(ctx, s.cfg.For)
	defer shut()
	drain, cancel := context.WithTimeout(ctx, s.cfg.For+drainWait)
	defer cancel()
	var clients sync.WaitGroup
	repeat := drain
	sellers := s.sellers()
	for i := range s.company.sites {
		s.porter = append(s.porter, s.worker(i, "stan", 600))
	}
	for _, sl := range sellers {
		clients.Go(func() { sl.sell(shop, repeat) })
	}
	if s.planned() {
		for _, w := range s.hands(sellers) {
			clients.Go(func() { w.work(shop, repeat) })
		}
	}
	s.deliveries, drain = errgroup.WithContext(drain)
	err := s.happen(ctx, drain)
	if s.cfg.Kills > 0 {
		shut() // it was counted in kills, not in time
	}
	if err == nil {
		<-shop.Done()
		err = s.healAll()
	}
	if err != nil {
		cancel()
	}
	clients.Wait()
	for _, d := range s.drivers { // what left after their last lorry
		d.close(drain)
	}
	err = errors.Join(err, s.deliveries.Wait())
	s.result.Seconds = time.Since(s.began).Seconds()
	if err == nil && ctx.Err() == nil {
		s.say("shops are closed, everything is healed; waiting until all books agree")
		if err = s.company.settled(ctx, settleWait); err != nil {
			s.say("the books do not agree yet: %v", err)
			err = nil // the count says what that means
		}
		s.recheck(ctx)
		s.lookAgain(ctx)
		s.accountsAgain(ctx)
		s.cardsAgain(ctx)
		s.lotsAgain(ctx)
		s.actsAgain(ctx)
	}
	stopMem()
	s.result.MemoryPeak = <-mem
	return errors.Join(err, ctx.Err())
}

// happen lets happen what was asked for, until the shops close.
func (s *show) happen(ctx, drain context.Context) error {
	switch {
	case s.cfg.Chaos:
		return s.drill(ctx, drain)
	case s.cfg.Kills > 0:
		return s.killAll(ctx)
	case s.cfg.Newer != "":
		return s.upgrade(ctx)
	}
	return s.follow(ctx, drain, planOf(s.cfg.Seed, s.cfg.For, len(s.company.sites)))
}

// recheckMost bounds how many orders are asked for again at the end.
const recheckMost = 300

// recheck asks head office once more, under their keys, for its own orders of which no journal
// need know yet: those that wait with nothing reserved. A lost one would be placed anew, and
// its second answer would not be the first.
func (s *show) recheck(ctx context.Context) {
	asked, clerk := 0, s.clerk("olga", 50) // keys are their caller's
	for _, t := range s.paper.orders {
		if t.book != string(ledger.HQ) || t.answer == nil || t.canceled || t.unsure || asked == recheckMost || reservedAny(t.answer) {
			continue
		}
		asked++
		sl := &seller{book: t.book, cl: clerk, paper: s.paper}
		sl.again(ctx, t)
	}
	if asked > 0 {
		s.say("%d orders that wait at head office were asked for again", asked)
	}
}

func reservedAny(o *contract.Order) bool {
	for i := range o.Lines {
		if len(o.Lines[i].Reserved) > 0 {
			return true
		}
	}
	return false
}

// follow carries the plan out, step by step at its time. Deliveries run beside it under drain: a
// node that is down takes its goods in when a later step has started it.
func (s *show) follow(ctx, drain context.Context, plan []step) error {
	for _, st := range plan {
		if err := world.Rest(ctx, time.Until(s.began.Add(st.at))); err != nil {
			return err
		}
		if err := s.carryOut(ctx, drain, st); err != nil {
			return err
		}
		offered, accepted, offline := s.paper.counts()
		s.say("%-28s %d orders offered, %d accepted, %d of them offline", st.text(s.company.sites), offered, accepted, offline)
		if s.cfg.Bar != nil {
			s.cfg.Bar(int64(st.at.Seconds()), int64(s.cfg.For.Seconds()))
		}
	}
	return nil
}

func (s *show) carryOut(ctx, drain context.Context, st step) error {
	c := s.company
	switch st.act {
	case actCutReset:
		s.result.LinesCut++
		c.cut(st.site, cutproxy.ModeReset)
	case actCutSilent:
		s.result.LinesCut++
		c.cut(st.site, cutproxy.ModeSilent)
	case actHeal:
		c.heal(st.site)
	case actKillNode:
		s.result.NodesKilled++
		return c.nodes[st.site].kill()
	case actStartNode:
		return c.nodes[st.site].start()
	case actKillLeader:
		if s.killed = c.leader(ctx); s.killed < 0 {
			return errors.New("kill the leader: no server says that it leads")
		}
		s.result.LeadersKilled++
		s.say("%s leads", c.hq[s.killed].name)
		return c.hq[s.killed].kill()
	case actStartHQ:
		p := c.hq[s.killed]
		s.killed = -1
		return p.start()
	case actDeliver:
		s.deliveries.Go(func() error { return s.deliver(drain, st) })
	}
	return nil
}

func (s *show) goodsIn(st step) (lines []contract.ReceiptLine) {
	r := rand.New(rand.NewPCG(s.cfg.Seed, uint64(st.at)))
	for range 40 {
		lines = append(lines, contract.ReceiptLine{SKU: s.stock.Pick(r).SKU, Qty: ledger.Qty(1 + r.IntN(24))})
	}
	return lines
}

// healAll mends every line and starts whatever is down.
func (s *show) healAll() error {
	for i := range s.company.sites {
		s.company.heal(i)
	}
	for _, l := range s.company.between {
		l.Heal()
	}
	for _, p := range s.company.all() {
		if !p.running() {
			if err := p.start(); err != nil {
				return err
			}
		}
	}
	return nil
}
