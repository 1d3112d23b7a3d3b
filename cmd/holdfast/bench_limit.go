package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

// benchLimit is what disk and loopback give without the product.
type benchLimit struct {
	FsyncP50     int64 `json:"fsync_p50_us"` // an append of 4 KiB
	FsyncP99     int64 `json:"fsync_p99_us"`
	OverwriteP50 int64 `json:"fsync_overwrite_p50_us"` // 4 KiB of a file written before
	OverwriteP99 int64 `json:"fsync_overwrite_p99_us"`
	HTTPOps      int64 `json:"http_ops_per_s"`
	HTTPP50      int64 `json:"http_p50_us"`
	HTTPP99      int64 `json:"http_p99_us"`
}

// A benchProbe measures the limits again and again, between the repetitions of what they are held
// against: on a machine that others use too, the limit of a minute ago is another machine's.
type benchProbe struct {
	dir   string
	echo  *bench.Child
	till  bench.TillConfig
	d     time.Duration
	taken []benchLimit
}

// How long each limit is measured at a time.
const (
	diskFor = 700 * time.Millisecond
	echoFor = 1500 * time.Millisecond
)

// newProbe starts the handler that does nothing. till says what is sent to it.
func newProbe(ctx context.Context, dir string, till bench.TillConfig, lines int, d time.Duration) (*benchProbe, error) {
	size := bench.AnswerBytes(lines) * max(till.Bulk, 1)
	echo, err := bench.StartChild(ctx, "bench", "echo", "--bytes", strconv.Itoa(size))
	if err != nil {
		return nil, err
	}
	till.URL, till.Token, till.Run = echo.URL, "nobody-asks-for-this-token-of-the-usual-length", "bench-limit"
	return &benchProbe{dir: dir, echo: echo, till: till, d: d}, nil
}

func (p *benchProbe) close() error { return p.echo.Stop() }

// measure takes disk and loopback one after the other, so that neither disturbs.
func (p *benchProbe) measure(ctx context.Context) error {
	var l benchLimit
	disk, err := bench.Append(p.dir, min(diskFor, p.d))
	if err != nil {
		return err
	}
	l.FsyncP50, l.FsyncP99 = micros(disk.Quantile(0.5)), micros(disk.Quantile(0.99))
	if disk, err = bench.Overwrite(p.dir, min(diskFor, p.d)); err != nil {
		return err
	}
	l.OverwriteP50, l.OverwriteP99 = micros(disk.Quantile(0.5)), micros(disk.Quantile(0.99))
	d := min(echoFor, p.d)
	f, err := bench.Loopback(ctx, p.till, d/4, d)
	if err != nil {
		return fmt.Errorf("measure loopback: %w", err)
	}
	if f.Ops == 0 {
		return errors.New("measure loopback: not one answer came in time")
	}
	l.HTTPOps, l.HTTPP50, l.HTTPP99 = int64(f.PerSecond()), micros(f.Times.Quantile(0.5)), micros(f.Times.Quantile(0.99))
	p.taken = append(p.taken, l)
	return nil
}

// median gives each limit's median of all that were taken.
func (p *benchProbe) median() (m benchLimit) { return medianLimit(p.taken) }

// around gives the limits beside the nth repetition: those before and after it.
func (p *benchProbe) around(n int) benchLimit {
	a, b := p.taken[n], p.taken[n+1]
	return benchLimit{FsyncP50: (a.FsyncP50 + b.FsyncP50) / 2, FsyncP99: (a.FsyncP99 + b.FsyncP99) / 2,
		OverwriteP50: (a.OverwriteP50 + b.OverwriteP50) / 2, OverwriteP99: (a.OverwriteP99 + b.OverwriteP99) / 2,
		HTTPOps: (a.HTTPOps + b.HTTPOps) / 2, HTTPP50: (a.HTTPP50 + b.HTTPP50) / 2, HTTPP99: (a.HTTPP99 + b.HTTPP99) / 2}
}

func medianLimit(all []benchLimit) benchLimit {
	of := func(f func(*benchLimit) int64) int64 { return medianOf(all, f) }
	return benchLimit{
		FsyncP50:     of(func(l *benchLimit) int64 { return l.FsyncP50 }),
		FsyncP99:     of(func(l *benchLimit) int64 { return l.FsyncP99 }),
		OverwriteP50: of(func(l *benchLimit) int64 { return l.OverwriteP50 }),
		OverwriteP99: of(func(l *benchLimit) int64 { return l.OverwriteP99 }),
		HTTPOps:      of(func(l *benchLimit) int64 { return l.HTTPOps }),
		HTTPP50:      of(func(l *benchLimit) int64 { return l.HTTPP50 }),
		HTTPP99:      of(func(l *benchLimit) int64 { return l.HTTPP99 }),
	}
}

// medianOf is the median of one figure of several.
func medianOf[T any, N int64 | float64](all []T, f func(*T) N) N {
	figures := make([]N, len(all))
	for i := range all {
		figures[i] = f(&all[i])
	}
	return bench.Median(figures)
}

// rangeOf is the lowest and the highest of one figure of several.
func rangeOf[T any](all []T, f func(*T) int64) (low, high int64) {
	for i := range all {
		v := f(&all[i])
		if i == 0 {
			low, high = v, v
		}
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// words are the limits as lines of a table whose columns are a second, p50, p99 and p99.9.
func (l *benchLimit) words() string {
	return fmt.Sprintf("%-40s%10d%12s%12s\n", "limit: a handler that does nothing", l.HTTPOps, ms(l.HTTPP50), ms(l.HTTPP99)) +
		fmt.Sprintf("%-40s%10s%12s%12s\n", "limit: append 4 KiB and fdatasync", "", ms(l.FsyncP50), ms(l.FsyncP99)) +
		fmt.Sprintf("%-40s%10s%12s%12s\n", "limit: overwrite 4 KiB and fdatasync", "", ms(l.OverwriteP50), ms(l.OverwriteP99))
}
