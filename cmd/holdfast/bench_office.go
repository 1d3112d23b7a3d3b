package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// benchOffice is how head office is measured.
type benchOffice struct {
	Clients int           `help:"Clients at once, each on a connection of its own." default:"64"`
	For     time.Duration `help:"How long each load is measured in a repetition." default:"5s"`
	Repeat  int           `help:"Repetitions; medians are told." default:"3"`
	Lines   int           `help:"Lines of an order." default:"3"`
	Most    int           `help:"Lines of an order at most, where they are drawn from 1 on." default:"50"`
	SKUs    int           `name:"skus" help:"Articles, drawn by popularity." default:"100000"`
	Sites   int           `help:"Warehouses that hold them." default:"50"`
	Fill    int           `help:"Share of the articles that each of them has, in percent." default:"5"`
	Dir     string        `help:"Folder of all servers and books, on the disk to be measured; must be empty, is kept. Default: one that is removed." placeholder:"DIR"`

	Profiles string `help:"Folder where each server writes where its processor time goes, for go tool pprof." placeholder:"DIR" type:"existingdir"`
}

const benchSitesMax = 200 // each is a process while it takes its stock in

// An officeBench is one run: warehouses allot their stock to head office and are cut off, clients place
// orders at head office, the warehouses come back, and every order is looked for in their books. One counter
// stays within reach, over a line of farWait each way: head office borrows from it.
type officeBench struct {
	cmd     *benchOffice
	h       *house
	goods   *goods.Catalogue
	company *bench.Company
	far     *bench.Site // a counter that head office borrows from
	probe   *benchProbe
	loads   []*officeLoad
	done    *benchOfficeDone
}

// An officeLoad is what clients do at head office, measured again and again.
type officeLoad struct {
	name   string
	about  string
	till   *bench.Till
	orders *bench.Orders // nil: none are placed
	count  int           // clients
	runs   []benchRun
}

// measured measures head office.
func (c *benchOffice) measured(h *house) (*benchOfficeDone, error) {
	dir, remove, err := benchFolder("bench allocate", c.Dir)
	if err != nil {
		return nil, err
	}
	b := &officeBench{cmd: c, h: h, goods: goods.New(1, c.SKUs),
		done: &benchOfficeDone{Clients: c.Clients, Lines: c.Lines, Most: c.Most, SKUs: c.SKUs, Sites: c.Sites, Fill: c.Fill}}
	return b.done, errors.Join(b.run(dir), remove())
}

func (c *benchOffice) check() error {
	if err := checkLoad(c.Clients, max(c.Lines, c.Most), c.SKUs, c.For); err != nil {
		return err
	}
	switch {
	case c.Lines < 1 || c.Most < 1:
		return fmt.Errorf("%w: --lines and --most must be 1 or more", errUsage)
	case c.Repeat < 1 || c.Repeat > benchRepeatMax:
		return fmt.Errorf("%w: --repeat must be 1 to %d", errUsage, benchRepeatMax)
	case c.Sites < 1 || c.Sites > benchSitesMax:
		return fmt.Errorf("%w: --sites must be 1 to %d", errUsage, benchSitesMax)
	case c.Fill < 1 || c.Fill > 100:
		return fmt.Errorf("%w: --fill must be 1 to 100", errUsage)
	}
	return nil
}

func (b *officeBench) run(dir string) (err error) {
	if b.probe, err = newProbe(b.h.ctx, dir, bench.TillConfig{Clients: b.cmd.Clients, Orders: b.drawn(b.cmd.Lines, b.cmd.Lines)}, b.cmd.Lines, b.cmd.For); err != nil {
		return err
	}
	b.company, err = bench.StartCompany(b.h.ctx, dir, b.cmd.Profiles)
	for _, step := range []func(context.Context) error{b.stock, b.open, b.measure, b.drain} {
		if err == nil {
			err = step(b.h.ctx)
		}
	}
	for _, l := range b.loads {
		err = errors.Join(err, l.till.Close())
	}
	if err := errors.Join(err, b.company.Close(), b.probe.close()); err != nil {
		return err
	}
	b.done.settle(b.loads, b.probe)
	return b.count()
}

func (b *officeBench) drawn(least, most int) *bench.Orders {
	return bench.NewOrdersOf(1, least, most, func(r *rand.Rand) string { return b.goods.Pick(r).SKU })
}

// holders says how many sites have an article: what share of all the sites would come to, at least one.
func (b *officeBench) holders() int { return max(1, b.cmd.Sites*b.cmd.Fill/100) }

// has lists the articles of the nth site. Every article lies at as many sites as another.
func (b *officeBench) has(site int) (out []contract.ReceiptLine) {
	const apart = 7 // sites that have the same article; one after the other would share most of their range
	for i, it := range b.goods.Items() {
		for k := range b.holders() {
			if (i+k*apart)%b.cmd.Sites == site {
				out = append(out, contract.ReceiptLine{SKU: it.SKU, Qty: bench.Qty})
				break
			}
		}
	}
	return out
}

// stock has each warehouse take its goods in, which allots them to head office, and cuts it off.
func (b *officeBench) stock(ctx context.Context) error {
	shown := bar(b.h.stderr, "items to head office", int64(b.cmd.SKUs))
	items := append(bench.Items(b.goods), ledger.Item{SKU: farSKU, Name: "what the far counter alone has", Price: ledger.Price{Money: ledger.Money{Amount: 100, Currency: "GBP"}}})
	err := b.company.PutItems(ctx, items, func(n int) { shown.Set(int64(n)) })
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err != nil {
		return err
	}
	office, err := b.company.Office(ctx)
	if err != nil {
		return err
	}
	shown = bar(b.h.stderr, "warehouses stocked", int64(b.cmd.Sites))
	defer shown.Finish() // the same
	for n := range b.cmd.Sites {
		s, err := b.company.AddSite(ctx, ledger.SiteID(fmt.Sprintf("w%03d", n+1)), bench.Warehouse)
		if err != nil {
			return err
		}
		if err := b.receive(ctx, s, office.ItemVersion, b.has(n)); err != nil {
			return fmt.Errorf("stock %s: %w", s.Name, err)
		}
		shown.Add(1)
	}
	return b.stockFar(ctx, office.ItemVersion)
}

// farSKU lies at one counter only, farWait away each way: an order for it is served by a borrow.
const (
	farSKU  = "FAR-000001"
	farWait = 50 * time.Millisecond
)

// stockFar gives the far counter its goods, and leaves it running.
func (b *officeBench) stockFar(ctx context.Context, items uint64) (err error) {
	if b.far, err = b.company.AddSite(ctx, "far", bench.Counter); err != nil {
		return err
	}
	if err := b.company.Away(ctx, b.far, farWait); err != nil {
		return err
	}
	if err := b.receive(ctx, b.far, items, []contract.ReceiptLine{{SKU: farSKU, Qty: bench.Qty}}); err != nil {
		return fmt.Errorf("stock %s: %w", b.far.Name, err)
	}
	if err := b.company.Start(ctx, b.far); err != nil {
		return err
	}
	return b.far.Ready(ctx)
}

func (b *officeBench) receive(ctx context.Context, s *bench.Site, items uint64, lines []contract.ReceiptLine) error {
	if err := b.company.Start(ctx, s); err != nil {
		return err
	}
	if err := s.Ready(ctx); err != nil {
		return err
	}
	err := bench.Until(ctx, settleWait, func() (bool, error) {
		st, err := s.Status(ctx)
		return st.ItemVersion >= items, err
	})
	if err != nil {
		return err
	}
	var last uint64
	for from := 0; from < len(lines); from += benchReceipt {
		part := contract.ReceiptRequest{Reference: "bench", Lines: lines[from:min(from+benchReceipt, len(lines))]}
		var taken contract.Receipt
		if _, err := s.Client().Do(ctx, http.MethodPost, "/v1/receipts", fmt.Sprintf("bench-stock-%d", from), part, &taken); err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		last = uint64(taken.Seq)
	}
	err = bench.Until(ctx, settleWait, func() (bool, error) {
		has, err := b.company.Stored(ctx, s.Name)
		return has >= last, err
	})
	return errors.Join(err, s.Stop())
}

// open makes the tills, at the server that leads.
func (b *officeBench) open(ctx context.Context) error {
	url, token, err := b.company.Leader(ctx)
	if err != nil {
		return err
	}
	add := func(name, about string, clients int, orders *bench.Orders) {
		cfg := bench.TillConfig{URL: url, Token: token, Run: runName(), Clients: clients, Orders: orders, Status: "allocated"}
		if orders == nil {
			cfg.Orders, cfg.Nothing, cfg.Path, cfg.Created = b.drawn(1, 1), true, "/v1/servers/probe", http.StatusOK
		}
		b.loads = append(b.loads, &officeLoad{name: name, about: about, till: bench.NewTill(cfg), orders: orders, count: clients})
	}
	three := b.drawn(b.cmd.Lines, b.cmd.Lines)
	add("empty", "empty entries", b.cmd.Clients, nil)
	add("orders", fmt.Sprintf("orders of %d lines", b.cmd.Lines), b.cmd.Clients, three)
	add("mixed", fmt.Sprintf("orders of 1 to %d lines", b.cmd.Most), b.cmd.Clients, b.drawn(1, b.cmd.Most))
	add("alone", fmt.Sprintf("orders of %d lines, one client", b.cmd.Lines), 1, three)
	add("borrowed", fmt.Sprintf("orders borrowed %v away, one client", farWait), 1, bench.NewOrders(1, 1, func(*rand.Rand) string { return farSKU }))
	add("empty_alone", "empty entries, one client", 1, nil)
	return nil
}

// measure takes every load once a repetition, between two looks at the limits.
func (b *officeBench) measure(ctx context.Context) error {
	leader, err := b.company.LeaderPid(ctx)
	if err != nil {
		return err
	}
	w := host.WatchMemory(leader)
	defer func() { b.done.Leader = memoryOf(w.Stop()) }()
	for n := range b.cmd.Repeat {
		if err := b.probe.measure(ctx); err != nil {
			return err
		}
		for _, l := range b.loads {
			if err := b.once(ctx, l, n); err != nil {
				return fmt.Errorf("%s: %w", l.about, err)
			}
		}
	}
	return b.probe.measure(ctx)
}

func (b *officeBench) once(ctx context.Context, l *officeLoad, n int) error {
	shown := bar(b.h.stderr, fmt.Sprintf("%s, %d of %d", l.about, n+1, b.cmd.Repeat), 0)
	load := bench.Load{Clients: l.count, Warm: min(warmMax, b.cmd.For/4), For: b.cmd.For, Each: l.till.Order, Tick: func(n uint64) { shown.Set(int64(n)) }}
	before, cpu := l.till.Answered.Load(), readCPU(os.Getpid())
	f, err := load.Run(ctx)
	cpu = readCPU(os.Getpid()).since(cpu)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err != nil {
		return err
	}
	if f.Ops == 0 {
		return withHint(errors.New("not one answer came within the time"), "give --for more time")
	}
	all := max(int64(l.till.Answered.Load()-before), 1)
	l.runs = append(l.runs, benchRun{Ops: f.Ops, OpsPerSecond: int64(f.PerSecond()), P50: micros(f.Times.Quantile(0.5)), P99: micros(f.Times.Quantile(0.99)),
		P999: micros(f.Times.Quantile(0.999)), CPU: micros(cpu.all-cpu.own) / all, CPUGenerator: micros(cpu.own) / all})
	return nil
}

// drain lets the warehouses come back, one after the other, and reserve what head office has promised of
// their stock.
func (b *officeBench) drain(ctx context.Context) error {
	shown := bar(b.h.stderr, "warehouses back", int64(len(b.company.Sites())))
	defer shown.Finish() // a bar that cannot be drawn changes nothing
	for _, s := range b.company.Sites() {
		if s != b.far {
			if err := b.company.Start(ctx, s); err != nil {
				return err
			}
		}
		err := bench.Until(ctx, settleWait, func() (bool, error) { return b.company.Obeyed(ctx, s.Name) })
		if err := errors.Join(err, s.Stop()); err != nil {
			return fmt.Errorf("wait for %s: %w", s.Name, err)
		}
		shown.Add(1)
	}
	return nil
}
