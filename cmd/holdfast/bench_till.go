package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type benchTillCmd struct {
	Mix       string         `help:"What clients do: orders, one after the other; or day, all that tills, handhelds and the desk of a shop with a year behind it ask of its node." enum:"orders,day" default:"orders"`
	Clients   *int           `help:"Clients at once, each on a connection of its own. Default: 8; of a day 16." placeholder:"N"`
	For       time.Duration  `help:"How long each repetition is measured, after its warm-up." default:"10s"`
	Repeat    int            `help:"Repetitions on one node; between them the limits are measured. Medians are told." default:"3"`
	Warm      *time.Duration `help:"Warm-up of each repetition. Default: a quarter of --for, at most 2s." placeholder:"2s"`
	Bulk      int            `help:"Send so many orders in one request. Default: each alone, as a till does." placeholder:"N"`
	Lines     int            `help:"Lines of an order." default:"3"`
	SKUs      int            `name:"skus" help:"Articles, drawn by popularity." default:"10000"`
	Items     int            `help:"With --mix day: articles." default:"100000"`
	Past      uint64         `help:"With --mix day: orders of the year before. With --dir they are kept, for the next time." default:"1000000"`
	Pause     time.Duration  `help:"With --mix day: how long a client rests between two calls, as somebody at a till does; each rest is drawn between none and twice as much." placeholder:"20ms"`
	Import    string         `help:"With --mix day: where the articles are imported to first, and how long that takes: none, node (one that stands alone), or hq (the same, and three servers of head office)." enum:"none,node,hq" default:"node"`
	Dir       string         `help:"Folder of the node's book, on the disk to be measured; must be empty, is kept. Default: one that is removed." placeholder:"DIR"`
	URL       string         `name:"url" help:"Measure a node that runs already. It takes real orders of its items: use one made for it. Its book is not audited." placeholder:"URL"`
	Token     string         `help:"With --url: token of the node's owner." env:"HOLDFAST_TOKEN" placeholder:"TOKEN"`
	TokenFile string         `help:"With --url: file with that token; goes first." placeholder:"FILE" type:"existingfile"`
	JSON      bool           `name:"json" help:"Print one JSON object as the last line."`
}

const (
	mixDay      = "day"
	tillClients = 8
	itemsLeast  = 100
	pastLeast   = 1000
	pastMost    = 100_000_000

	warmMax        = 2 * time.Second
	benchReceipt   = 1000   // lines of a receipt
	benchBulkLines = 15_000 // of all orders of a bulk; a line takes some 30 to 60 bytes
	benchPauseMax  = 10 * time.Second
)

// Run measures a till.
func (c *benchTillCmd) Run(h *house) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Mix == mixDay {
		return c.day(h)
	}
	dir, remove, err := benchFolder("bench till", c.Dir)
	if err != nil {
		return err
	}
	done := &benchDone{Clients: c.clients(), Lines: c.Lines, SKUs: c.SKUs, Bulk: c.Bulk}
	if c.URL != "" {
		err = c.there(h, dir, done)
	} else {
		err = c.alone(h, dir, done)
	}
	if err := errors.Join(err, remove()); err != nil {
		return fmt.Errorf("bench till: %w", err)
	}
	return tellBench(h, c.JSON, done, done.words())
}

func (c *benchTillCmd) check() error {
	if err := checkLoad(c.clients(), c.Lines, c.SKUs, c.For); err != nil {
		return err
	}
	switch {
	case c.Repeat < 1 || c.Repeat > benchRepeatMax:
		return fmt.Errorf("%w: --repeat must be 1 to %d", errUsage, benchRepeatMax)
	case time.Duration(c.Repeat)*c.For > benchForMax:
		return fmt.Errorf("%w: --repeat times --for must be %v at most", errUsage, benchForMax)
	case c.Warm != nil && (*c.Warm < 0 || *c.Warm > benchForMax):
		return fmt.Errorf("%w: --warm must be 0s to %v", errUsage, benchForMax)
	case c.Bulk < 0 || c.Bulk > contract.BulkMax:
		return fmt.Errorf("%w: --bulk must be 1 to %d", errUsage, contract.BulkMax)
	case c.Bulk*c.Lines > benchBulkLines:
		return fmt.Errorf("%w: --bulk times --lines must be %d at most: a body has 1 MiB", errUsage, benchBulkLines)
	case c.Mix == mixDay && (c.Items < itemsLeast || c.Items > goods.ItemsMax || c.Past < pastLeast || c.Past > pastMost):
		return fmt.Errorf("%w: --items must be %d to %d, and --past %d to %d", errUsage, itemsLeast, goods.ItemsMax, pastLeast, pastMost)
	case c.Mix == mixDay && (c.URL != "" || c.Bulk > 0 || c.clients() > bench.PastTills):
		return fmt.Errorf("%w: a day has %d clients at most, a node of its own, and no --bulk", errUsage, bench.PastTills)
	case c.Pause < 0 || c.Pause > benchPauseMax || c.Pause > 0 && c.Mix != mixDay:
		return fmt.Errorf("%w: --pause must be 0s to %v, and is for --mix day", errUsage, benchPauseMax)
	case c.URL != "" && c.Dir != "":
		return fmt.Errorf("%w: --dir is for a node that bench starts itself, --url for one that runs", errUsage)
	}
	return nil
}

// clients is how many there are.
func (c *benchTillCmd) clients() int {
	switch {
	case c.Clients != nil:
		return *c.Clients
	case c.Mix == mixDay:
		return dayClients
	default:
		return tillClients
	}
}

func (c *benchTillCmd) warm() time.Duration {
	if c.Warm != nil {
		return *c.Warm
	}
	return min(warmMax, c.For/4)
}

// alone measures a node of its own, then counts what its book has.
func (c *benchTillCmd) alone(h *house, dir string, done *benchDone) error {
	book := filepath.Join(dir, "node")
	cat := goods.New(1, c.SKUs)
	if err := writeItems(book, cat); err != nil {
		return err
	}
	node, err := bench.StartChild(h.ctx, "node", "--standalone", "--counter", "--site", benchSite, "--dir", book,
		"--listen", "127.0.0.1:0", "--log-level", "warn")
	if err != nil {
		return err
	}
	sold, err := c.sell(h, node, dir, book, cat, done)
	done.benchMemory = memoryOf(host.MemoryOf(node.Pid()))
	if err := errors.Join(err, node.Stop()); err != nil {
		return err
	}
	return c.count(book, sold, done)
}

// sold is what was told to the clients, and where the book stood when the selling began.
type sold struct {
	ids   []ledger.UUID
	seq   ledger.Seq
	space map[string]bench.Space
}

// count audits the book and holds it against the answers.
func (c *benchTillCmd) count(book string, from sold, done *benchDone) error {
	report, err := ledger.AuditBook(world.New(), book, nil)
	if err != nil {
		return withHint(err, "give --dir DIR to keep the book")
	}
	booked, err := bench.BookedIDs(world.New(), book)
	if err != nil {
		return err
	}
	done.InBook, done.Audit = report.Accepted, "ok"
	lost, untold, twice := bench.Compare(from.ids, booked)
	if n := uint64(len(booked)); n != report.Accepted || n != done.Answered || lost+untold+twice > 0 {
		return fmt.Errorf("%d orders were answered and the book has %d (%d by its audit): %d are missing, %d were told to nobody, %d came twice",
			done.Answered, n, report.Accepted, lost, untold, twice)
	}
	_, after, err := bench.SpaceOf(book)
	if err != nil {
		return err
	}
	written, err := journalBytes(book, from.seq)
	if err != nil || done.Answered == 0 {
		return err
	}
	n := int64(done.Answered)
	done.grew(from.space, after, n)
	done.JournalBytes, done.BookBytes = written/n, done.Disk[ledger.BookFile].Size/n
	return nil
}

// sell stocks the node and puts the load on.
func (c *benchTillCmd) sell(h *house, node *bench.Child, dir, book string, cat *goods.Catalogue, done *benchDone) (s sold, err error) {
	token, err := os.ReadFile(filepath.Join(book, "owner.token"))
	if err != nil {
		return s, fmt.Errorf("read token: %w", err)
	}
	cl := &client.Client{URLs: []string{node.URL}, Token: strings.TrimSpace(string(token)), HTTP: client.NewHTTP(callWait), Tries: 100}
	if s.seq, err = stockUp(h.ctx, cl, cat); err != nil {
		return s, err
	}
	if _, s.space, err = bench.SpaceOf(book); err != nil {
		return s, err
	}
	pick := func(r *mathrand.Rand) string { return cat.Pick(r).SKU }
	s.ids, err = c.load(h, dir, bench.TillConfig{URL: node.URL, Token: cl.Token}, node.Pid(), pick, done)
	return s, err
}

// there measures a node that runs already, with the items that it has.
func (c *benchTillCmd) there(h *house, dir string, done *benchDone) error {
	a := access{To: []string{c.URL}, Token: c.Token, TokenFile: c.TokenFile}
	cl, err := a.client()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(c.URL, "http://") {
		return fmt.Errorf("%w: --url must be http://HOST:PORT: encryption would be measured too", errUsage)
	}
	var items []contract.Item
	for next := ""; ; {
		var page contract.ItemList
		if _, err := cl.Do(h.ctx, http.MethodGet, fmt.Sprintf("/v1/items?limit=%d&cursor=%s", contract.LimitMax, url.QueryEscape(next)), "", nil, &page); err != nil {
			return callFault(err, a.To)
		}
		items = append(items, page.Items...)
		if next = page.NextCursor; next == "" || len(items) >= c.SKUs {
			break
		}
	}
	items = items[:min(len(items), c.SKUs)]
	if done.SKUs = len(items); done.SKUs < 2*c.Lines {
		return withHint(fmt.Errorf("the node has %d items, orders of %d lines need %d", done.SKUs, c.Lines, 2*c.Lines), "holdfast import items and holdfast import stock bring some in")
	}
	done.Audit = "not made: the node runs"
	pick := func(r *mathrand.Rand) string { return string(items[r.IntN(len(items))].SKU) }
	_, err = c.load(h, dir, bench.TillConfig{URL: c.URL, Token: cl.Token}, 0, pick, done)
	return err
}

// load measures: the limits, a repetition, the limits, and so on. pid is the node's, 0 where it is
// not ours.
func (c *benchTillCmd) load(h *house, dir string, cfg bench.TillConfig, pid int, pick func(*mathrand.Rand) string, done *benchDone) (ids []ledger.UUID, err error) {
	cfg.Run, cfg.Clients, cfg.Bulk, cfg.Orders = runName(), c.clients(), c.Bulk, bench.NewOrders(1, c.Lines, pick)
	probe, err := newProbe(h.ctx, dir, cfg, c.Lines, c.For)
	if err != nil {
		return nil, err
	}
	till := bench.NewTill(cfg)
	defer func() { err = errors.Join(err, till.Close(), probe.close()) }()
	for n := range c.Repeat {
		if err := probe.measure(h.ctx); err != nil {
			return nil, err
		}
		if err := c.once(h, till, n, pid, done); err != nil {
			return nil, err
		}
	}
	if err := probe.measure(h.ctx); err != nil {
		return nil, err
	}
	done.settle(probe)
	return till.IDs(), nil
}

// once is one repetition.
func (c *benchTillCmd) once(h *house, till *bench.Till, n, pid int, done *benchDone) error {
	shown := bar(h.stderr, fmt.Sprintf("orders, %d of %d", n+1, c.Repeat), 0)
	before := till.Answered.Load()
	l := bench.Load{Clients: c.clients(), Warm: c.warm(), For: c.For, Each: till.Order,
		Tick: func(calls uint64) { shown.Set(int64(calls) * int64(max(c.Bulk, 1))) }}
	cpu := readCPU(pid)
	f, err := l.Run(h.ctx)
	cpu = readCPU(pid).since(cpu)
	if pid == 0 {
		cpu.all = 0 // the node's share cannot be told from the others'
	}
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	done.Answered, done.Repeated = till.Answered.Load(), till.Repeated.Load()
	if err != nil {
		return err
	}
	if f.Ops == 0 {
		return withHint(errors.New("not one answer came within the time"), "give --for more time, or --bulk fewer orders")
	}
	done.add(f, done.Answered-before, cpu)
	return nil
}

// runName makes keys that no run on the same book had before.
func runName() string {
	var run [6]byte
	_, _ = rand.Read(run[:]) // never fails: crypto/rand stops the program instead
	return "bench-" + hex.EncodeToString(run[:])
}

// writeItems puts the articles into the book before the node has it: what is measured is the
// till, and one by one they would take longer than the measurement.
func writeItems(dir string, cat *goods.Catalogue) error {
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: benchSite, Dir: dir})
	if err != nil {
		return err
	}
	items := bench.Items(cat)
	return errors.Join(book.PutItems(items, uint64(len(items))), book.Close())
}

// stockUp receives more of each article than will ever be sold, and gives the last entry.
func stockUp(ctx context.Context, cl *client.Client, cat *goods.Catalogue) (last ledger.Seq, err error) {
	all := cat.Items()
	for from := 0; from < len(all); from += benchReceipt {
		part := all[from:min(from+benchReceipt, len(all))]
		receipt := contract.ReceiptRequest{Reference: "bench", Lines: make([]contract.ReceiptLine, len(part))}
		for i, it := range part {
			receipt.Lines[i] = contract.ReceiptLine{SKU: it.SKU, Qty: bench.Qty}
		}
		var taken contract.Receipt
		if _, err := cl.Do(ctx, http.MethodPost, "/v1/receipts", fmt.Sprintf("bench-stock-%d", from), receipt, &taken); err != nil {
			return 0, fmt.Errorf("receive stock: %w", err)
		}
		last = ledger.Seq(taken.Seq)
	}
	return last, nil
}

// journalBytes is what the frames behind an entry take, as they are stored and sent.
func journalBytes(dir string, after ledger.Seq) (sum int64, err error) {
	const atOnce = 4 << 20
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: benchSite, Dir: dir})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	for {
		_, frames, err := book.Frames(after, atOnce)
		if err != nil || len(frames) == 0 {
			return sum, err
		}
		for _, raw := range frames {
			sum += int64(len(raw))
		}
		last, err := ledger.DecodeFrame(frames[len(frames)-1])
		if err != nil {
			return 0, err
		}
		after = last.End().Seq
	}
}
