package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type benchSyncCmd struct {
	Entries   uint64        `help:"Orders that the node took while it was cut off, an entry each." default:"200000"`
	Selling   bool          `help:"Clients sell at the node meanwhile; what that costs them is held against the same sale without a backlog."`
	Clients   int           `help:"With --selling: clients at once. The loopback's limit is measured with as many." default:"8"`
	For       time.Duration `help:"How long the sale without a backlog is measured." default:"10s"`
	Catalogue int           `help:"Items that a new node fetches at the end; 0: none does." default:"100000"`
	Lines     int           `help:"Lines of an order." default:"3"`
	SKUs      int           `name:"skus" help:"Articles, drawn by popularity." default:"10000"`
	Dir       string        `help:"Folder of all books, on the disk to be measured; must be empty, is kept. Default: one that is removed." placeholder:"DIR"`
	JSON      bool          `name:"json" help:"Print one JSON object as the last line."`
}

// Waits and counts of a bench of the line. They bound a run that hangs.
const (
	syncWait     = 2 * time.Hour
	settleWait   = 10 * time.Minute
	sharedProbes = 200 // orders whose way to head office is timed one by one
	newSite      = "newcomer"
)

// A syncBench is one run.
type syncBench struct {
	cmd     *benchSyncCmd
	h       *house
	goods   *goods.Catalogue
	company *bench.Company
	site    *bench.Site
	orders  *bench.Orders
	probe   *benchProbe
	done    *benchSyncDone
	placed  uint64 // orders that the site's book must have at the end
}

// Run measures the line.
func (c *benchSyncCmd) Run(h *house) error {
	if err := checkLoad(c.Clients, c.Lines, c.SKUs, c.For); err != nil {
		return err
	}
	switch {
	case c.Entries < 1 || c.Entries > benchEntriesMax:
		return fmt.Errorf("%w: --entries must be 1 to %d", errUsage, benchEntriesMax)
	case c.Catalogue < 0 || c.Catalogue > goods.ItemsMax:
		return fmt.Errorf("%w: --catalogue must be 0 to %d", errUsage, goods.ItemsMax)
	}
	dir, remove, err := benchFolder("bench sync", c.Dir)
	if err != nil {
		return err
	}
	cat := goods.New(1, c.SKUs)
	b := &syncBench{cmd: c, h: h, goods: cat, done: &benchSyncDone{Clients: c.Clients, Entries: c.Entries, Lines: c.Lines, SKUs: c.SKUs},
		orders: bench.NewOrders(1, c.Lines, func(r *rand.Rand) string { return cat.Pick(r).SKU })}
	if err := errors.Join(b.run(dir), remove()); err != nil {
		return fmt.Errorf("bench sync: %w", err)
	}
	return tellBench(h, c.JSON, b.done, b.done.words())
}

func (b *syncBench) run(dir string) (err error) {
	if b.probe, err = newProbe(b.h.ctx, dir, bench.TillConfig{Clients: b.cmd.Clients, Orders: b.orders}, b.cmd.Lines, b.cmd.For); err != nil {
		return err
	}
	b.company, err = bench.StartCompany(b.h.ctx, dir, "")
	for _, step := range []func(context.Context) error{b.establish, b.sellAlone, b.fall, b.probe.measure, b.catchUp, b.probe.measure, b.share, b.stock, b.settle} {
		if err == nil {
			err = step(b.h.ctx)
		}
	}
	if err := errors.Join(err, b.company.Close(), b.probe.close()); err != nil {
		return err
	}
	b.done.Limit = b.probe.median()
	return b.count()
}

// establish makes the site, with its items and more stock than will ever be sold.
func (b *syncBench) establish(ctx context.Context) (err error) {
	if err := b.putItems(ctx, bench.Items(b.goods)); err != nil {
		return err
	}
	if b.site, err = b.company.AddSite(ctx, benchSite, bench.Counter); err != nil {
		return err
	}
	if err := b.company.Start(ctx, b.site); err != nil {
		return err
	}
	if err := errors.Join(b.site.Ready(ctx), b.hasItems(ctx, b.site)); err != nil {
		return err
	}
	_, err = stockUp(ctx, b.site.Client(), b.goods)
	return err
}

func (b *syncBench) putItems(ctx context.Context, items []ledger.Item) error {
	shown := bar(b.h.stderr, "items to head office", int64(len(items)))
	err := b.company.PutItems(ctx, items, func(n int) { shown.Set(int64(n)) })
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	return err
}

// hasItems waits until a node has all of head office's items.
func (b *syncBench) hasItems(ctx context.Context, s *bench.Site) error {
	office, err := b.company.Office(ctx)
	if err != nil {
		return err
	}
	return bench.Until(ctx, settleWait, func() (bool, error) {
		st, err := s.Status(ctx)
		return st.ItemVersion >= office.ItemVersion, err
	})
}

// till makes clients that sell at the site.
func (b *syncBench) till() *bench.Till {
	return bench.NewTill(bench.TillConfig{URL: b.site.Client().URLs[0], Token: b.site.Client().Token, Run: runName(), Clients: b.cmd.Clients, Orders: b.orders})
}

// sell has clients sell until d is over or stop is closed.
func (b *syncBench) sell(ctx context.Context, label string, d time.Duration, warm time.Duration, stop <-chan struct{}) (f *bench.Figures, err error) {
	till := b.till()
	defer func() {
		b.placed += till.Answered.Load()
		err = errors.Join(err, till.Close())
	}()
	shown := bar(b.h.stderr, label, 0)
	l := bench.Load{Clients: b.cmd.Clients, Warm: warm, For: d, Each: till.Order, Stop: stop, Tick: func(n uint64) { shown.Set(int64(n)) }}
	f, err = l.Run(ctx)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	return f, err
}

// sellAlone measures the sale without a backlog: the node sends what it sells as it sells it.
func (b *syncBench) sellAlone(ctx context.Context) error {
	if !b.cmd.Selling {
		return nil
	}
	f, err := b.sell(ctx, "orders, no backlog", b.cmd.For, min(warmMax, b.cmd.For/4), nil)
	if err != nil {
		return err
	}
	b.done.Selling = &benchSelling{Base: int64(f.PerSecond()), BaseP50: micros(f.Times.Quantile(0.5)), BaseP99: micros(f.Times.Quantile(0.99))}
	return nil
}

// fall makes the backlog: head office has all so far, the node stops, and its book grows.
func (b *syncBench) fall(ctx context.Context) error {
	st, err := b.site.Status(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(b.reach(ctx, b.site, st.Seq, settleWait, nil), b.site.Stop()); err != nil {
		return err
	}
	took, err := build(b.h, "orders while cut off", benchBuildCmd{Dir: b.site.Dir, Orders: b.cmd.Entries, SKUs: b.cmd.SKUs, Lines: b.cmd.Lines, Clean: true})
	b.placed += b.cmd.Entries
	b.done.BuildPerSecond = int64(float64(b.cmd.Entries) / took.Seconds())
	return err
}

// reach waits until a quorum of head office has a site's entries up to seq.
func (b *syncBench) reach(ctx context.Context, s *bench.Site, seq uint64, most time.Duration, seen func(uint64)) error {
	return bench.Until(ctx, most, func() (bool, error) {
		has, err := b.company.Stored(ctx, s.Name)
		if seen != nil && err == nil {
			seen(has)
		}
		return has >= seq, err
	})
}

// catchUp starts the node and measures how long head office takes to have what it has.
func (b *syncBench) catchUp(ctx context.Context) error {
	had, err := b.company.Stored(ctx, b.site.Name)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := b.company.Start(ctx, b.site); err != nil {
		return err
	}
	serves := time.Now()
	st, err := b.site.Status(ctx)
	if err != nil {
		return err
	}
	b.done.OpenSeconds, b.done.Ops = serves.Sub(began).Seconds(), st.Seq-had
	m, cpu := b.watch(), readCPU(os.Getpid())
	stop, sold := make(chan struct{}), make(chan error, 1)
	go func() { sold <- b.sellMeanwhile(ctx, stop) }() // ends when stop is closed
	shown := bar(b.h.stderr, "entries at head office", int64(b.done.Ops))
	if b.cmd.Selling {
		shown = bar(nowhere{}, "", 0) // the sale shows itself
	}
	err = b.reach(ctx, b.site, st.Seq, syncWait, func(has uint64) { shown.Set(int64(min(has-had, b.done.Ops))) })
	took := time.Since(serves)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	used := readCPU(os.Getpid()).since(cpu)
	b.done.Node, b.done.Servers, used.node = m.stop(b.done.Ops)
	b.done.Others = used.others()
	close(stop)
	b.done.Seconds, b.done.OpsPerSecond = took.Seconds(), int64(float64(b.done.Ops)/took.Seconds())
	return errors.Join(err, <-sold)
}

// nowhere takes what is not to be shown.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// sellMeanwhile sells until the backlog is in.
func (b *syncBench) sellMeanwhile(ctx context.Context, stop <-chan struct{}) error {
	if !b.cmd.Selling {
		return nil
	}
	if err := b.site.Ready(ctx); err != nil {
		return err
	}
	f, err := b.sell(ctx, "orders, beside the backlog", syncWait, 0, stop)
	if err != nil {
		return err
	}
	s := b.done.Selling
	s.Ops, s.OpsPerSecond, s.P50, s.P99 = f.Ops, int64(f.PerSecond()), micros(f.Times.Quantile(0.5)), micros(f.Times.Quantile(0.99))
	if s.Base > 0 {
		s.Loss = rounded(100 * (1 - f.PerSecond()/float64(s.Base)))
	}
	return nil
}

// share times orders one by one, at a node that has nothing else to do: from sending an order until
// the node says that a quorum of head office has it.
func (b *syncBench) share(ctx context.Context) error {
	st, err := b.site.Status(ctx)
	if err != nil {
		return err
	}
	if err := b.reach(ctx, b.site, st.Seq, settleWait, nil); err != nil {
		return err
	}
	var times bench.Histogram
	cl, run, sku := b.site.Client(), runName(), b.goods.Items()[0].SKU
	for n, began := 0, time.Now(); n < sharedProbes && time.Since(began) < b.cmd.For; n++ {
		at := time.Now()
		var o contract.Order
		body := contract.OrderRequest{Lines: []contract.LineRequest{{SKU: sku, Qty: 1}}}
		if _, err := cl.Do(ctx, http.MethodPost, "/v1/orders", run+"-"+strconv.Itoa(n), body, &o); err != nil {
			return err
		}
		b.placed++
		err := bench.Until(ctx, settleWait, func() (bool, error) {
			st, err := b.site.Status(ctx)
			return err == nil && st.Link != nil && st.Link.SharedSeq >= o.Seq, err
		})
		if err != nil {
			return fmt.Errorf("wait until order %d is shared: %w", n, err)
		}
		times.Add(time.Since(at))
	}
	b.done.P50, b.done.P99, b.done.P999 = micros(times.Quantile(0.5)), micros(times.Quantile(0.99)), micros(times.Quantile(0.999))
	return nil
}

// stock lets a new node join and measures how long it takes to have every item.
func (b *syncBench) stock(ctx context.Context) error {
	if b.cmd.Catalogue == 0 {
		return nil
	}
	if err := b.putItems(ctx, bench.Items(goods.New(1, b.cmd.Catalogue))); err != nil {
		return err
	}
	if err := b.hasItems(ctx, b.site); err != nil { // it fetches too, and would be measured along
		return err
	}
	office, err := b.company.Office(ctx)
	if err != nil {
		return err
	}
	s, err := b.company.AddSite(ctx, newSite, bench.Counter)
	if err != nil {
		return err
	}
	if err := b.company.Start(ctx, s); err != nil {
		return err
	}
	began, pid := time.Now(), s.Child.Pid()
	w, cpu := host.WatchMemory(pid), host.CPUOf(pid)
	err = b.hasItems(ctx, s)
	took := time.Since(began)
	b.done.Catalogue = &benchCatalogue{Items: office.Items, Seconds: took.Seconds(), PerSecond: int64(float64(office.Items) / took.Seconds()),
		CPU: micros(host.CPUOf(pid)-cpu) / int64(max(office.Items, 1)), benchMemory: memoryOf(w.Stop())}
	return err
}

// settle waits until every server has what the nodes have, so that the journals can be compared.
func (b *syncBench) settle(ctx context.Context) error {
	for _, s := range b.company.Sites() {
		st, err := s.Status(ctx)
		if err == nil {
			err = b.reach(ctx, s, st.Seq, settleWait, nil)
		}
		if err := errors.Join(err, s.Stop()); err != nil {
			return err
		}
		if err := b.company.Everywhere(ctx, s.Name, st.Seq); err != nil {
			return err
		}
	}
	return nil
}
