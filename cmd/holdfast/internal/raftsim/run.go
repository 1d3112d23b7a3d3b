package raftsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Run is one seed to be carried out.
type Run struct {
	Seed uint64
	For  time.Duration // that clients are at it, from ForMin to ForMax
	Dir  string        // where the company lives; "" for a folder that is removed afterwards
	Out  io.Writer     // what happens, line by line
	Tick func(done time.Duration)

	forget bool                                            // a fault for tests: the folder of a server that crashes is as it was when trade began
	look   func(*machine.Machine, map[ledger.SiteID]*book) // a test's own look at the company at rest
}

// The bounds of a run, and how long the company may take to come to rest once all is mended.
const (
	ForMin   = 3 * time.Second
	ForMax   = time.Hour
	restMost = 60 * time.Second
)

// ErrBounds says that a run was asked for that is too short or too long.
var ErrBounds = errors.New("out of bounds")

// A show is a run under way.
type show struct {
	*Run
	c       *company
	clients *demo.Clients
	stock   *goods.Catalogue
	began   time.Time
	report  Report
	kept    string // where forget has the folders as they were; "" where nothing is forgotten
	goods   *errgroup.Group

	mu      sync.Mutex        // guards what stands below
	led     map[uint64]string // term -> who led it
	leading string
	broken  []string
}

// Do carries it out. An error says that it could not be played to its end; what broke stands in the report.
func (r *Run) Do(ctx context.Context) (*Report, error) {
	if r.For < ForMin || r.For > ForMax {
		return nil, fmt.Errorf("%w: %s; it takes %s to %s", ErrBounds, r.For, ForMin, ForMax)
	}
	run := *r
	if run.Dir == "" {
		dir, err := os.MkdirTemp("", "holdfast-sim-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the company: %w", err)
		}
		defer os.RemoveAll(dir)
		run.Dir = dir
	} else if err := os.MkdirAll(run.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the company: %w", err)
	}
	stock := goods.New(run.Seed, itemsAll)
	s := &show{Run: &run, c: newCompany(run.Dir, run.Seed), stock: stock, clients: demo.NewClients(run.Seed, stock), led: map[uint64]string{}}
	s.report = Report{Mode: "raft", Seed: run.Seed, Servers: serversAll, Sites: len(s.c.sites), Happened: map[string]int{}}
	err := s.c.establish(ctx, stock)
	if err == nil {
		err = s.play(ctx)
	}
	if err = errors.Join(err, s.c.close()); err != nil {
		return nil, err
	}
	s.judgeClients()
	s.sum()
	return &s.report, nil
}

func (s *show) say(format string, args ...any) {
	if s.Out != nil {
		fmt.Fprintf(s.Out, "%6.1f %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// fail notes a broken invariant.
func (s *show) fail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Violations++
	if len(s.broken) < brokenMax {
		s.broken = append(s.broken, fmt.Sprintf(format, args...))
	}
}

// play has the company trade while the plan is carried out, mends all, and judges it at rest.
func (s *show) play(ctx context.Context) error {
	h := s.c.web(overseer, time.Second)
	if err := s.stockUp(ctx, h); err != nil {
		return err
	}
	if err := s.keep(); err != nil {
		return err
	}
	s.comeIn()
	watching, stopWatching := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { s.watch(watching, h) })
	defer watch.Wait()
	defer stopWatching()

	s.began = time.Now()
	shop, shut := context.WithTimeout(ctx, s.For)
	defer shut()
	drain, cancel := context.WithTimeout(ctx, s.For+restMost)
	defer cancel()
	var trade sync.WaitGroup
	trade.Go(func() { s.clients.Sell(shop, drain) })
	deliveries, deliver := errgroup.WithContext(drain)
	s.goods = deliveries
	err := s.follow(ctx, deliver)
	if err == nil {
		<-shop.Done()
		err = s.c.mendAll()
	}
	if err != nil {
		shut()
		cancel()
	}
	trade.Wait()
	err = errors.Join(err, s.goods.Wait(), ctx.Err())
	if err != nil {
		return err
	}
	s.report.Seconds = time.Since(s.began).Seconds()
	s.say("shops are closed, everything is mended; waiting until all books agree")
	return s.rest(ctx)
}

// comeIn lets the clients in.
func (s *show) comeIn() {
	const pause = 40 * time.Millisecond
	for i, spec := range s.c.sites {
		n := 2
		if spec.warehouse {
			n = 1
		}
		h := s.c.web(customers, 5*time.Second)
		s.clients.At(demo.Book{Name: spec.name, Shop: !spec.warehouse, Pause: pause, Reach: func(int) *client.Client { return s.c.nodeClient(h, i, 1<<20) }}, n)
	}
	h := s.c.web(customers, 3*time.Second)
	s.clients.At(demo.Book{Name: string(ledger.HQ), Pause: pause, Reach: func(i int) *client.Client {
		cl := s.c.hqClient(h, i, 1<<20)
		cl.Retry = 10 * time.Millisecond // so that somebody asks a new leader as soon as it answers
		return cl
	}}, 2*serversAll)
}

func (s *show) stockUp(ctx context.Context, h *http.Client) error {
	if err := s.c.awaitItems(ctx, h, s.stock); err != nil {
		return err
	}
	expected := max(int64(s.For.Seconds()*60), 300)
	for i, spec := range s.c.sites {
		var in []contract.ReceiptLine
		for _, st := range s.stock.Opening(s.Seed, goods.Shelf{Site: i, Warehouse: spec.warehouse, Orders: expected}) {
			in = append(in, contract.ReceiptLine{SKU: st.SKU, Qty: ledger.Qty(st.Qty)})
		}
		if err := s.clients.Receive(ctx, s.c.nodeClient(h, i, 600), spec.name, "opening", in); err != nil {
			return err
		}
	}
	return nil
}

// watch looks who leads, until ctx ends. Two servers must never lead in one term.
func (s *show) watch(ctx context.Context, h *http.Client) {
	for ctx.Err() == nil {
		var all sync.WaitGroup
		for _, p := range s.c.servers {
			all.Go(func() {
				var st hq.Status
				cl := client.Client{URLs: []string{p.url()}, Token: s.c.token, HTTP: h}
				if _, err := cl.Do(ctx, http.MethodGet, "/v1/status", "", nil, &st); err == nil && st.Role == "leader" && st.Ready {
					s.leads(p.name, st.Term)
				}
			})
		}
		all.Wait()
		_ = world.Rest(ctx, 30*time.Millisecond) // the loop sees that ctx has ended
	}
}

func (s *show) leads(name string, term uint64) {
	s.mu.Lock()
	was, known := s.led[term]
	s.led[term] = name
	latest := true
	for t := range s.led {
		latest = latest && t <= term
	}
	if latest {
		s.leading = name
	}
	s.mu.Unlock()
	if known && was != name {
		s.fail("%s and %s both lead in term %d", was, name, term)
	}
}

// leader gives the server that was seen leading last, which may be none any more; the first one that is
// up where that one is down.
func (s *show) leader() *party {
	s.mu.Lock()
	defer s.mu.Unlock()
	var up *party
	for _, p := range s.c.servers {
		switch {
		case p.runs == nil:
		case p.name == s.leading:
			return p
		case up == nil:
			up = p
		}
	}
	return up
}

func (s *show) follower() *party {
	leads := s.leader()
	for _, p := range s.c.servers {
		if p != leads && p.runs != nil {
			return p
		}
	}
	return leads
}
