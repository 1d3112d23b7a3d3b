package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

// benchBuildCmd fills a book, in a process of its own so that what that takes is in nobody's figures.
// It prints how many orders are in, a line each time, and "built" when all are.
type benchBuildCmd struct {
	Dir    string `required:"" help:"Folder of the book." placeholder:"DIR"`
	Orders uint64 `required:"" help:"Orders to be placed." placeholder:"N"`
	Open   uint64 `help:"How many of them stay open."`
	SKUs   int    `name:"skus" help:"Articles." default:"10000"`
	Lines  int    `help:"Lines of an order." default:"3"`
	Alone  bool   `help:"The book is new, and there is no head office."`
	Clean  bool   `help:"Close the book at the end. Otherwise it is left as after a crash."`
}

const lineBuilt = "built"

// Run builds.
func (c *benchBuildCmd) Run(h *house) error {
	b := bench.Build{Site: benchSite, Dir: c.Dir, Goods: goods.New(1, c.SKUs), Orders: c.Orders, Open: c.Open, Lines: c.Lines,
		Run: runName(), Alone: c.Alone, Clean: c.Clean}
	if err := b.Make(h.ctx, world.New(), func(n uint64) { fmt.Fprintln(h.stdout, n) }); err != nil {
		return fmt.Errorf("build book: %w", err)
	}
	if _, err := fmt.Fprintln(h.stdout, lineBuilt); err != nil || c.Clean {
		return err
	}
	return bench.Die()
}

// build has a child fill the book in dir, and shows how far it is.
func build(h *house, label string, c benchBuildCmd) (time.Duration, error) {
	args := []string{"bench", "build", "--dir", c.Dir, "--orders", strconv.FormatUint(c.Orders, 10), "--open", strconv.FormatUint(c.Open, 10),
		"--skus", strconv.Itoa(c.SKUs), "--lines", strconv.Itoa(c.Lines), "--alone=" + strconv.FormatBool(c.Alone), "--clean=" + strconv.FormatBool(c.Clean)}
	shown, built := bar(h.stderr, label, int64(c.Orders)), false
	ran, err := bench.RunChild(h.ctx, func(line string) bool {
		if n, err := strconv.ParseInt(line, 10, 64); err == nil {
			shown.Set(n)
		}
		built = line == lineBuilt
		return built && !c.Clean
	}, args...)
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	if err == nil && !built {
		err = errors.New("the book was not built to its end")
	}
	return ran.Elapsed, err
}

// benchOpenCmd opens a book once, as a node does, and says what that took.
type benchOpenCmd struct {
	Dir string `required:"" help:"Folder of the book." placeholder:"DIR"`
}

// benchOpened is what one opening took.
type benchOpened struct {
	Micros int64 `json:"open_us"`
	CPU    int64 `json:"cpu_us"` // to the hundredth of a second, with the process's own start
	benchMemory
	Seq uint64 `json:"seq"`
}

// Run opens.
func (c *benchOpenCmd) Run(h *house) error {
	began := time.Now()
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: benchSite, Dir: c.Dir})
	took := time.Since(began)
	if err != nil {
		return err
	}
	opened := benchOpened{Micros: micros(took), CPU: micros(host.CPUOf(os.Getpid())), benchMemory: memoryOf(host.MemoryOf(os.Getpid())), Seq: uint64(book.Head().Seq)}
	return errors.Join(json.NewEncoder(h.stdout).Encode(opened), book.Close())
}

// open has a child open the book in dir.
func open(ctx context.Context, dir string) (o benchOpened, err error) {
	_, err = bench.RunChild(ctx, lastJSON(&o, &err), "bench", "open", "--dir", dir)
	if err == nil && o.Seq == 0 {
		err = errors.New("the opened book has no entry")
	}
	return o, err
}

// lastJSON reads each line of a child into out; the last one stays.
func lastJSON(out any, fault *error) func(string) bool {
	return func(line string) bool {
		if err := json.Unmarshal([]byte(line), out); err != nil {
			*fault = fmt.Errorf("read %.60q: %w", line, err)
		}
		return false
	}
}
