package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

// benchPastCmd makes the book that a day is played on, in a process of its own. It prints how many orders are in, a line each time, and
// "built" when all are.
type benchPastCmd struct {
	Dir       string `required:"" help:"Folder of the book." placeholder:"DIR"`
	Orders    uint64 `required:"" help:"Orders of the year." placeholder:"N"`
	Items     int    `required:"" help:"Articles." placeholder:"N"`
	Customers int    `required:"" help:"Customers." placeholder:"N"`
}

// Run builds.
func (c *benchPastCmd) Run(h *house) error {
	p := bench.Past{Site: benchSite, Dir: c.Dir, Goods: goods.New(1, c.Items), Orders: c.Orders, Customers: c.Customers}
	if err := p.Make(h.ctx, world.New(), func(n uint64) { fmt.Fprintln(h.stdout, n) }); err != nil {
		return fmt.Errorf("build past: %w", err)
	}
	_, err := fmt.Fprintln(h.stdout, lineBuilt)
	return err
}

// dayBench plays a day's mix at a node with a year behind it.
type dayBench struct {
	cmd  *benchTillCmd
	h    *house
	dir  string
	done *benchDayDone
	cat  *goods.Catalogue
}

const (
	dayClients   = 16
	dayEnds      = 5 // ends of a day, one after the other
	daySettle    = 3 * time.Second
	pastMarker   = "past.made"
	customersPer = 10 // articles for each customer
)

// noOffice is a head office that nobody answers for.
const noOffice = "http://127.0.0.1:9"

func (b *dayBench) book() string   { return filepath.Join(b.dir, "node") }
func (b *dayBench) customers() int { return max(1, b.cmd.Items/customersPer) }

// day measures a day's mix.
func (c *benchTillCmd) day(h *house) error {
	dir, remove, err := c.dayFolder()
	if err != nil {
		return err
	}
	b := &dayBench{cmd: c, h: h, dir: dir, cat: goods.New(1, c.Items),
		done: &benchDayDone{Clients: c.clients(), Items: c.Items, Past: c.Past, Seconds: c.For.Seconds(), Pause: c.Pause.Milliseconds()}}
	if err := errors.Join(b.run(), remove()); err != nil {
		return fmt.Errorf("bench till: %w", err)
	}
	return tellBench(h, c.JSON, b.done, b.done.words())
}

// dayFolder is that of benchFolder, or one in which a bench like this one has left a past.
func (c *benchTillCmd) dayFolder() (dir string, remove func() error, err error) {
	made, err := os.ReadFile(filepath.Join(c.Dir, pastMarker))
	switch {
	case c.Dir == "" || errors.Is(err, fs.ErrNotExist):
		return benchFolder("bench till", c.Dir)
	case err != nil:
		return "", nil, fmt.Errorf("bench till: %w", err)
	case string(made) != c.pastMade():
		return "", nil, withHint(fmt.Errorf("bench till: folder %s has a past of %s, and not of %s", c.Dir, made, c.pastMade()), "name a new folder, or ask for as much")
	}
	return c.Dir, func() error { return nil }, nil
}

// pastMade says of which size a past is.
func (c *benchTillCmd) pastMade() string {
	return fmt.Sprintf("%d orders of %d items", c.Past, c.Items)
}

func (b *dayBench) run() (err error) {
	if err := b.makePast(); err != nil {
		return err
	}
	if err := b.importItems(); err != nil {
		return err
	}
	ids, err := readIDs(filepath.Join(b.dir, bench.PastIDs))
	if err != nil {
		return err
	}
	probe, err := newProbe(b.h.ctx, b.dir, bench.TillConfig{Clients: b.done.Clients, Orders: bench.NewOrders(1, 3, pickOf(b.cat))}, 3, b.cmd.For)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, probe.close()) }()
	if err := probe.measure(b.h.ctx); err != nil {
		return err
	}
	began := time.Now()
	node, err := bench.StartChild(b.h.ctx, "node", "--hq", noOffice, "--join", "nobody-asks-for-it", "--site", benchSite, "--dir", b.book(), "--listen", "127.0.0.1:0", "--log-level", "error")
	if err != nil {
		return err
	}
	b.done.OpenSeconds = time.Since(began).Seconds()
	placed, seq, err := b.play(node, ids)
	if err := errors.Join(err, node.Stop()); err != nil {
		return err
	}
	if err := probe.measure(b.h.ctx); err != nil {
		return err
	}
	b.done.Limit = probe.median()
	b.done.settle()
	return b.audit(placed, seq)
}

// makePast builds the book, unless one of the size is there.
func (b *dayBench) makePast() error {
	marker := filepath.Join(b.dir, pastMarker)
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	shown, built := bar(b.h.stderr, "orders of the year before", int64(b.cmd.Past)), false
	ran, err := bench.RunChild(b.h.ctx, func(line string) bool {
		if n, err := strconv.ParseInt(line, 10, 64); err == nil {
			shown.Set(n)
		}
		built = built || line == lineBuilt
		return false
	}, "bench", "past", "--dir", b.book(), "--orders", strconv.FormatUint(b.cmd.Past, 10), "--items", strconv.Itoa(b.cmd.Items), "--customers", strconv.Itoa(b.customers()))
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err == nil && !built {
		err = errors.New("the past was not built to its end")
	}
	if err != nil {
		return err
	}
	b.done.BuildSeconds = ran.Elapsed.Seconds()
	return os.WriteFile(marker, []byte(b.cmd.pastMade()), 0o600)
}

// play has the clients play the day at the node.
func (b *dayBench) play(node *bench.Child, past []ledger.OrderID) (placed []ledger.UUID, from ledger.Seq, err error) {
	token, err := os.ReadFile(filepath.Join(b.book(), "owner.token"))
	if err != nil {
		return nil, 0, fmt.Errorf("read token: %w", err)
	}
	day := bench.NewDay(bench.DayConfig{URL: node.URL, Token: strings.TrimSpace(string(token)), Site: benchSite, Run: runName(),
		Clients: b.done.Clients, Goods: b.cat, Customers: b.customers(), Past: past, Pause: b.cmd.Pause})
	defer func() { err = errors.Join(err, day.Close()) }()
	if from, err = day.Seq(b.h.ctx); err != nil {
		return nil, 0, err
	}
	if err := day.Open(b.h.ctx); err != nil {
		return nil, 0, err
	}
	b.done.Before = memoryOf(host.MemoryOf(node.Pid()))
	shown := bar(b.h.stderr, "errands of the day", 0)
	load := func(d time.Duration) error {
		l := bench.Load{Clients: b.done.Clients, For: d, Each: day.Errand, Tick: func(uint64) { shown.Set(int64(day.Calls.Load())) }}
		_, err := l.Run(b.h.ctx)
		return err
	}
	if err := load(b.cmd.warm()); err != nil {
		return nil, 0, err
	}
	day.Timed(true)
	calls, cpu, began := day.Calls.Load(), readCPU(node.Pid()), time.Now()
	err = load(b.cmd.For)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err != nil {
		return nil, 0, err
	}
	b.done.ran(day.Calls.Load()-calls, time.Since(began), readCPU(node.Pid()).since(cpu))
	if err := day.End(b.h.ctx, dayEnds); err != nil {
		return nil, 0, err
	}
	b.done.Repeated, b.done.After = day.Repeated.Load(), memoryOf(host.MemoryOf(node.Pid()))
	b.done.take(day.Routes())
	return day.Placed(), from, nil
}

// audit audits the book, and holds the orders in it against those that were answered.
func (b *dayBench) audit(placed []ledger.UUID, from ledger.Seq) error {
	report, err := ledger.AuditBook(world.New(), b.book(), nil)
	if err != nil {
		return withHint(err, "give --dir DIR to keep the book")
	}
	booked, err := bench.BookedAfter(world.New(), b.book(), from)
	if err != nil {
		return err
	}
	if lost, untold, twice := bench.Compare(placed, booked); lost+untold+twice > 0 {
		return fmt.Errorf("%d orders were answered and the book has %d: %d are missing, %d were told to nobody, %d came twice", len(placed), len(booked), lost, untold, twice)
	}
	b.done.Placed, b.done.InBook, b.done.Audit = uint64(len(placed)), report.Accepted, "ok"
	return nil
}

// readIDs reads a file of order ids, a line each.
func readIDs(path string) (ids []ledger.OrderID, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the past's orders: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		ids = append(ids, ledger.OrderID(lines.Text()))
	}
	if len(ids) == 0 {
		return nil, withHint(errors.New("the past has no orders to look up"), "give --past more of them")
	}
	return ids, lines.Err()
}

// pickOf draws articles by their popularity.
func pickOf(cat *goods.Catalogue) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return cat.Pick(r).SKU }
}
