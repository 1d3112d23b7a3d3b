package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

type benchCmd struct {
	Till     benchTillCmd  `cmd:"" help:"Orders a second at one node, and how long each takes."`
	Sync     benchLaterCmd `cmd:"" help:"Not in this version."`
	Allocate benchLaterCmd `cmd:"" help:"Not in this version."`
	Echo     benchEchoCmd  `cmd:"" hidden:"" help:"The handler that does nothing; bench starts it."`
}

type benchLaterCmd struct {
	Clients int           `help:"Clients at once." default:"8"`
	For     time.Duration `help:"How long is measured." default:"10s"`
	JSON    bool          `name:"json" help:"Print one JSON object as the last line."`
}

// Run says that it cannot be done.
func (*benchLaterCmd) Run() error {
	return withHint(errors.New("bench: this version measures the till only"), "holdfast bench till --help")
}

type benchEchoCmd struct{}

// Run serves until it is told to stop.
func (*benchEchoCmd) Run(h *house) error {
	return bench.Echo(h.ctx, func(url string) { fmt.Fprintf(h.stdout, "echo serves at %s\n", url) })
}

// benchLimit is what disk and loopback give without the product.
type benchLimit struct {
	FsyncP50 int64 `json:"fsync_p50_us"`
	FsyncP99 int64 `json:"fsync_p99_us"`
	HTTPOps  int64 `json:"http_ops_per_s"`
	HTTPP50  int64 `json:"http_p50_us"`
	HTTPP99  int64 `json:"http_p99_us"`
}

// benchDone is what a bench ends with.
type benchDone struct {
	Ops          uint64     `json:"ops"`
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"`
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Seconds      float64 `json:"seconds"`
	Lines        int     `json:"lines"`
	SKUs         int     `json:"skus"`
	Answered     uint64  `json:"answered"` // with warm-up and what came in after the end
	Repeated     uint64  `json:"repeated"`
	InBook       uint64  `json:"in_book,omitempty"`
	JournalBytes int64   `json:"journal_bytes_per_order"`
	BookBytes    int64   `json:"book_bytes_per_order"` // growth of the file, which grows in steps
	CPU          int64   `json:"cpu_us_per_order,omitempty"`
	RSS          int64   `json:"rss_bytes,omitempty"`
	RSSPeak      int64   `json:"rss_peak_bytes,omitempty"`
	Audit        string  `json:"audit"`
}

func micros(d time.Duration) int64 { return d.Round(time.Microsecond).Microseconds() }

// take takes over the measured figures.
func (d *benchDone) take(f *bench.Figures) {
	d.Ops, d.OpsPerSecond, d.Seconds = f.Ops, int64(f.PerSecond()), f.Elapsed.Seconds()
	d.P50, d.P99, d.P999 = micros(f.Times.Quantile(0.5)), micros(f.Times.Quantile(0.99)), micros(f.Times.Quantile(0.999))
}

// How long the limits are measured: long enough for a stable median, short beside the rest.
const (
	diskFor = 2 * time.Second
	echoFor = 2 * time.Second
	warmMax = 2 * time.Second
)

// limits measures disk and loopback, one after the other so that neither disturbs.
func limits(ctx context.Context, dir string, clients int, d time.Duration) (l benchLimit, err error) {
	disk, err := bench.Disk(dir, min(diskFor, d))
	if err != nil {
		return l, err
	}
	l.FsyncP50, l.FsyncP99 = micros(disk.Quantile(0.5)), micros(disk.Quantile(0.99))
	echo, err := bench.StartChild(ctx, "bench", "echo")
	if err != nil {
		return l, err
	}
	f, err := bench.Loopback(ctx, echo.URL, clients, min(echoFor, d)/4, min(echoFor, d))
	if err := errors.Join(err, echo.Stop()); err != nil {
		return l, fmt.Errorf("measure loopback: %w", err)
	}
	l.HTTPOps, l.HTTPP50, l.HTTPP99 = int64(f.PerSecond()), micros(f.Times.Quantile(0.5)), micros(f.Times.Quantile(0.99))
	return l, nil
}

// print tells people; with asJSON, programs.
func (d *benchDone) print(h *house, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(d)
	}
	ms := func(us int64) string { return fmt.Sprintf("%.2f ms", float64(us)/1000) }
	out := fmt.Sprintf("%d clients, %d lines an order, %d SKUs, %.0f s\n\n", d.Clients, d.Lines, d.SKUs, d.Seconds)
	out += fmt.Sprintf("%-34s%10s%12s%12s%12s\n", "", "a second", "p50", "p99", "p99.9")
	out += fmt.Sprintf("%-34s%10d%12s%12s%12s\n", "orders", d.OpsPerSecond, ms(d.P50), ms(d.P99), ms(d.P999))
	out += fmt.Sprintf("%-34s%10d%12s%12s\n", "limit: a handler that does nothing", d.Limit.HTTPOps, ms(d.Limit.HTTPP50), ms(d.Limit.HTTPP99))
	out += fmt.Sprintf("%-34s%10s%12s%12s\n\n", "limit: 4 KiB and fdatasync", "", ms(d.Limit.FsyncP50), ms(d.Limit.FsyncP99))
	out += fmt.Sprintf("%d orders answered, %d requests sent again; ", d.Answered, d.Repeated)
	if d.InBook > 0 {
		out += fmt.Sprintf("%d in the book, audit: %s\nan order takes %d bytes of journal and %d us of processor time; the node is resident in %d MB, at most %d MB\n",
			d.InBook, d.Audit, d.JournalBytes, d.CPU, d.RSS>>20, d.RSSPeak>>20)
	} else {
		out += "audit: " + d.Audit + "\n"
	}
	_, err := fmt.Fprint(h.stdout, out)
	return err
}
