package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
)

type benchCmd struct {
	Till     benchTillCmd     `cmd:"" help:"Orders a second at one node, and how long each takes."`
	Sync     benchSyncCmd     `cmd:"" help:"Entries a second from a node to three HQ servers, and items a second back."`
	Book     benchBookCmd     `cmd:"" help:"How long a large book takes to open and to audit."`
	Allocate benchAllocateCmd `cmd:"" help:"What allocation comes to: a year of demand under our rules and others', how long a plan takes, and orders a second at three HQ servers."`
	Echo     benchEchoCmd     `cmd:"" hidden:"" help:"The handler that does nothing; bench starts it."`
	Build    benchBuildCmd    `cmd:"" hidden:"" help:"Fills a book with orders; bench starts it."`
	Past     benchPastCmd     `cmd:"" hidden:"" help:"Makes the book of a shop with a year behind it; bench starts it."`
	Open     benchOpenCmd     `cmd:"" hidden:"" help:"Opens a book and says how long that took; bench starts it."`
}

type benchEchoCmd struct {
	Bytes int `help:"Size of its answer." default:"700"`
}

// Run serves until it is told to stop.
func (c *benchEchoCmd) Run(h *house) error {
	return bench.Echo(h.ctx, c.Bytes, func(url string) { fmt.Fprintf(h.stdout, "echo serves at %s\n", url) })
}

// Bounds of what may be asked for. A node serves 256 requests at once.
const (
	benchClientsMax = 256
	benchLinesMax   = 1000
	benchForLeast   = time.Second
	benchForMax     = time.Hour // the ids of all orders are kept for the count, 16 bytes each
	benchRepeatMax  = 100
	benchEntriesMax = 100_000_000
	benchSite       = "bench"
)

// checkLoad refuses what no load can be made of.
func checkLoad(clients, lines, skus int, d time.Duration) error {
	switch {
	case clients < 1 || clients > benchClientsMax:
		return fmt.Errorf("%w: --clients must be 1 to %d", errUsage, benchClientsMax)
	case d < benchForLeast || d > benchForMax:
		return fmt.Errorf("%w: --for must be %v to %v", errUsage, benchForLeast, benchForMax)
	case lines < 1 || lines > benchLinesMax:
		return fmt.Errorf("%w: --lines must be 1 to %d", errUsage, benchLinesMax)
	case skus < 2*lines || skus > goods.ItemsMax:
		return fmt.Errorf("%w: --skus must be %d (twice --lines) to %d", errUsage, 2*lines, goods.ItemsMax)
	}
	return nil
}

// benchFolder gives where the books and the probe of the disk stand: dir, or a folder that remove
// takes away again.
func benchFolder(what, dir string) (use string, remove func() error, err error) {
	if dir == "" {
		use, err = os.MkdirTemp("", "holdfast-bench-")
		return use, func() error { return os.RemoveAll(use) }, err
	}
	held, err := os.ReadDir(dir)
	if len(held) > 0 {
		return "", nil, withHint(fmt.Errorf("%s: folder %s is not empty", what, dir), "name a new folder, or leave --dir out")
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", nil, fmt.Errorf("%s: %w", what, err)
	}
	return dir, func() error { return nil }, os.MkdirAll(dir, 0o700)
}

// benchMemory is a process's memory in the report.
type benchMemory struct {
	RSS  int64 `json:"rss_bytes"`
	Peak int64 `json:"rss_peak_bytes"`
	Anon int64 `json:"rss_anon_bytes"`
	File int64 `json:"rss_file_bytes"`
}

func memoryOf(m host.Memory) benchMemory {
	return benchMemory{RSS: m.RSS, Peak: m.Peak, Anon: m.Anon, File: m.File}
}

// micros is a duration in whole microseconds.
func micros(d time.Duration) int64 { return d.Round(time.Microsecond).Microseconds() }

// ms is a figure in microseconds for people.
func ms(us int64) string { return fmt.Sprintf("%.2f ms", float64(us)/1000) }

// tellBench ends a bench: words for people, or one line of JSON for programs.
func tellBench(h *house, asJSON bool, done any, words string) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(done)
	}
	_, err := fmt.Fprint(h.stdout, words)
	return err
}
