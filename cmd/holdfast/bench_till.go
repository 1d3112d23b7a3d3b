package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type benchTillCmd struct {
	Clients   int           `help:"Clients at once, each on a connection of its own." default:"8"`
	For       time.Duration `help:"How long is measured, after a warm-up." default:"10s"`
	Lines     int           `help:"Lines of an order." default:"3"`
	SKUs      int           `name:"skus" help:"Articles, drawn by popularity." default:"10000"`
	Dir       string        `help:"Folder of the node's book, on the disk to be measured; must be empty, is kept. Default: one that is removed." placeholder:"DIR"`
	URL       string        `name:"url" help:"Measure a node that runs already. It takes real orders of its items: use one made for it. Its book is not audited." placeholder:"URL"`
	Token     string        `help:"With --url: token of the node's owner." env:"HOLDFAST_TOKEN" placeholder:"TOKEN"`
	TokenFile string        `help:"With --url: file with that token; goes first." placeholder:"FILE" type:"existingfile"`
	JSON      bool          `name:"json" help:"Print one JSON object as the last line."`
}

// Bounds of what may be asked for. A node serves 256 requests at once.
const (
	benchClientsMax = 256
	benchLinesMax   = 1000
	benchForLeast   = time.Second
	benchForMax     = 24 * time.Hour
	benchSite       = "bench"
	benchQty        = 1_000_000_000_000 // of each SKU: it never runs short
	benchReceipt    = 1000              // lines of a receipt
)

// Run measures a till.
func (c *benchTillCmd) Run(h *house) error {
	switch {
	case c.Clients < 1 || c.Clients > benchClientsMax:
		return fmt.Errorf("%w: --clients must be 1 to %d", errUsage, benchClientsMax)
	case c.For < benchForLeast || c.For > benchForMax:
		return fmt.Errorf("%w: --for must be %v to %v", errUsage, benchForLeast, benchForMax)
	case c.Lines < 1 || c.Lines > benchLinesMax:
		return fmt.Errorf("%w: --lines must be 1 to %d", errUsage, benchLinesMax)
	case c.SKUs < 2*c.Lines || c.SKUs > goods.ItemsMax:
		return fmt.Errorf("%w: --skus must be %d (twice --lines) to %d", errUsage, 2*c.Lines, goods.ItemsMax)
	case c.URL != "" && c.Dir != "":
		return fmt.Errorf("%w: --dir is for a node that bench starts itself, --url for one that runs", errUsage)
	}
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	done := &benchDone{Clients: c.Clients, Lines: c.Lines, SKUs: c.SKUs}
	if c.URL != "" {
		err = c.there(h, dir, done)
	} else {
		err = c.alone(h, dir, done)
	}
	if err := errors.Join(err, remove()); err != nil {
		return fmt.Errorf("bench till: %w", err)
	}
	return done.print(h, c.JSON)
}

// folder gives where the book and the probe of the disk stand.
func (c *benchTillCmd) folder() (dir string, remove func() error, err error) {
	if c.Dir == "" {
		dir, err = os.MkdirTemp("", "holdfast-bench-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	held, err := os.ReadDir(c.Dir)
	if len(held) > 0 {
		return "", nil, withHint(fmt.Errorf("bench till: folder %s is not empty", c.Dir), "name a new folder, or leave --dir out")
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", nil, fmt.Errorf("bench till: %w", err)
	}
	return c.Dir, func() error { return nil }, os.MkdirAll(c.Dir, 0o700)
}

// alone measures a node of its own, then counts what its book has.
func (c *benchTillCmd) alone(h *house, dir string, done *benchDone) error {
	book := filepath.Join(dir, "node")
	cat := goods.New(1, c.SKUs)
	if err := writeItems(book, cat); err != nil {
		return err
	}
	var err error
	if done.Limit, err = limits(h.ctx, dir, c.Clients, c.For); err != nil {
		return err
	}
	node, err := bench.StartChild(h.ctx, "node", "--standalone", "--counter", "--site", benchSite, "--dir", book,
		"--listen", "127.0.0.1:0", "--log-level", "warn")
	if err != nil {
		return err
	}
	stocked, err := c.sell(h, node, book, cat, done)
	done.RSS, done.RSSPeak = node.Memory()
	if err := errors.Join(err, node.Stop()); err != nil {
		return err
	}
	report, err := ledger.AuditBook(world.New(), book, nil)
	if err != nil {
		return withHint(err, "give --dir DIR to keep the book")
	}
	done.InBook, done.Audit = report.Accepted, "ok"
	if report.Accepted != done.Answered {
		return fmt.Errorf("%d orders were answered and the book has %d", done.Answered, report.Accepted)
	}
	written, err := journalBytes(book, stocked.seq)
	if err != nil || done.Answered == 0 {
		return err
	}
	n := int64(done.Answered)
	done.CPU, done.JournalBytes, done.BookBytes = micros(node.CPU())/n, written/n, (sizeOf(book)-stocked.size)/n
	return nil
}

// stocked is where a book stood when the selling began.
type stocked struct {
	seq  ledger.Seq
	size int64 // of its file
}

// sell stocks the node and puts the load on.
func (c *benchTillCmd) sell(h *house, node *bench.Child, book string, cat *goods.Catalogue, done *benchDone) (from stocked, err error) {
	token, err := os.ReadFile(filepath.Join(book, "owner.token"))
	if err != nil {
		return from, fmt.Errorf("read token: %w", err)
	}
	cl := &client.Client{URLs: []string{node.URL}, Token: strings.TrimSpace(string(token)), HTTP: client.NewHTTP(callWait), Tries: 100}
	if from.seq, err = stockUp(h.ctx, cl, cat); err != nil {
		return from, err
	}
	from.size = sizeOf(book)
	return from, c.load(h, node.URL, cl.Token, func(r *mathrand.Rand) string { return cat.Pick(r).SKU }, done)
}

// there measures a node that runs already, with the items that it has.
func (c *benchTillCmd) there(h *house, dir string, done *benchDone) error {
	a := access{To: []string{c.URL}, Token: c.Token, TokenFile: c.TokenFile}
	cl, err := a.client()
	if err != nil {
		return err
	}
	var page contract.ItemList
	if _, err := cl.Do(h.ctx, http.MethodGet, fmt.Sprintf("/v1/items?limit=%d", min(c.SKUs, contract.LimitMax)), "", nil, &page); err != nil {
		return callFault(err, a.To)
	}
	if done.SKUs = len(page.Items); done.SKUs < 2*c.Lines {
		return withHint(fmt.Errorf("the node has %d items, orders of %d lines need %d", done.SKUs, c.Lines, 2*c.Lines), "holdfast import items and holdfast import stock bring some in")
	}
	if done.Limit, err = limits(h.ctx, dir, c.Clients, c.For); err != nil {
		return err
	}
	done.Audit = "not made: the node runs"
	return c.load(h, strings.TrimRight(c.URL, "/"), cl.Token, func(r *mathrand.Rand) string { return string(page.Items[r.IntN(len(page.Items))].SKU) }, done)
}

// load measures.
func (c *benchTillCmd) load(h *house, url, token string, pick func(*mathrand.Rand) string, done *benchDone) error {
	var run [6]byte
	_, _ = rand.Read(run[:]) // never fails: crypto/rand stops the program instead
	till := bench.NewTill(bench.TillConfig{URL: url, Token: token, Run: "bench-" + hex.EncodeToString(run[:]),
		Clients: c.Clients, Lines: c.Lines, Pick: pick, Seed: 1})
	defer till.Close()
	shown := bar(h.stderr, "orders", 0)
	l := bench.Load{Clients: c.Clients, Warm: min(warmMax, c.For/4), For: c.For, Each: till.Order,
		Tick: func(n uint64) { shown.Set(int64(n)) }}
	f, err := l.Run(h.ctx)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	done.Answered, done.Repeated = till.Answered.Load(), till.Repeated.Load()
	if err != nil {
		return err
	}
	done.take(f)
	return nil
}

// writeItems puts the articles into the book before the node has it: what is measured is the
// till, and one by one they would take longer than the measurement.
func writeItems(dir string, cat *goods.Catalogue) error {
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: benchSite, Dir: dir})
	if err != nil {
		return err
	}
	all := cat.Items()
	items := make([]ledger.Item, len(all))
	for i, it := range all {
		items[i] = ledger.Item{SKU: ledger.SKU(it.SKU), Name: it.Name, Barcodes: []string{it.GTIN}, Tracking: ledger.TrackNone,
			Price: ledger.Price{Money: ledger.Money{Amount: it.Price, Currency: "GBP"}}, Version: uint64(i + 1)}
	}
	return errors.Join(book.PutItems(items, uint64(len(items))), book.Close())
}

// stockUp receives more of each article than will ever be sold, and gives the last entry.
func stockUp(ctx context.Context, cl *client.Client, cat *goods.Catalogue) (last ledger.Seq, err error) {
	all := cat.Items()
	for from := 0; from < len(all); from += benchReceipt {
		part := all[from:min(from+benchReceipt, len(all))]
		receipt := contract.ReceiptRequest{Reference: "bench", Lines: make([]contract.ReceiptLine, len(part))}
		for i, it := range part {
			receipt.Lines[i] = contract.ReceiptLine{SKU: it.SKU, Qty: benchQty}
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

// sizeOf is the size of the book's file, 0 where there is none.
func sizeOf(dir string) int64 {
	fi, err := os.Stat(filepath.Join(dir, ledger.BookFile))
	if err != nil {
		return 0
	}
	return fi.Size()
}
