package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
)

type benchBookCmd struct {
	Entries uint64 `help:"Orders in the book, an entry each." default:"200000"`
	Open    uint64 `help:"How many of them are open: their goods are reserved." default:"10000"`
	SKUs    int    `name:"skus" help:"Articles, drawn by popularity." default:"100000"`
	Lines   int    `help:"Lines of an order." default:"3"`
	Repeat  int    `help:"How often the book is opened after a clean end." default:"3"`
	Dir     string `help:"Folder of the book, on the disk to be measured; must be empty, is kept. Default: one that is removed." placeholder:"DIR"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// benchBookDone is what a bench of a book ends with.
type benchBookDone struct {
	Ops          uint64     `json:"ops"`       // entries audited
	OpsPerSecond int64      `json:"ops_per_s"` // entries audited a second
	P50          int64      `json:"p50_us"`    // of the openings after a clean end
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Lines          int                    `json:"lines"`
	SKUs           int                    `json:"skus"`
	Open           uint64                 `json:"open_orders"`
	BuildPerSecond int64                  `json:"build_orders_per_s"`
	OpenCrashed    benchOpened            `json:"open_after_crash"` // the journal's end is played again
	OpenClean      benchOpened            `json:"open_after_clean_end"`
	AuditSeconds   float64                `json:"audit_seconds"`
	AuditCPU       float64                `json:"audit_cpu_seconds"`
	AuditPeak      int64                  `json:"audit_rss_peak_bytes"`
	Others         int64                  `json:"others_cpu_percent"` // of all processors, from the first opening to the audit's end
	Bytes          int64                  `json:"disk_used_bytes_per_order"`
	Disk           map[string]bench.Space `json:"disk"`
	InBook         uint64                 `json:"in_book"`
	Audit          string                 `json:"audit"`
}

// Run measures a book.
func (c *benchBookCmd) Run(h *house) error {
	if err := checkLoad(1, c.Lines, c.SKUs, benchForLeast); err != nil {
		return err
	}
	switch {
	case c.Entries < 1 || c.Entries > benchEntriesMax:
		return fmt.Errorf("%w: --entries must be 1 to %d", errUsage, benchEntriesMax)
	case c.Repeat < 1 || c.Repeat > benchRepeatMax:
		return fmt.Errorf("%w: --repeat must be 1 to %d", errUsage, benchRepeatMax)
	}
	dir, remove, err := benchFolder("bench book", c.Dir)
	if err != nil {
		return err
	}
	done := &benchBookDone{Clients: 1, Lines: c.Lines, SKUs: c.SKUs, Open: min(c.Open, c.Entries)}
	if err := errors.Join(c.measure(h, dir, done), remove()); err != nil {
		return fmt.Errorf("bench book: %w", err)
	}
	return tellBench(h, c.JSON, done, done.words())
}

func (c *benchBookCmd) measure(h *house, dir string, done *benchBookDone) (err error) {
	book := filepath.Join(dir, "node")
	cat := goods.New(1, c.SKUs)
	orders := bench.NewOrders(1, c.Lines, func(r *rand.Rand) string { return cat.Pick(r).SKU })
	probe, err := newProbe(h.ctx, dir, bench.TillConfig{Clients: 1, Orders: orders}, c.Lines, time.Second)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, probe.close()) }()
	if err := probe.measure(h.ctx); err != nil {
		return err
	}
	took, err := build(h, "orders", benchBuildCmd{Dir: book, Orders: c.Entries, Open: done.Open, SKUs: c.SKUs, Lines: c.Lines, Alone: true})
	if err != nil {
		return err
	}
	done.BuildPerSecond = int64(float64(c.Entries) / took.Seconds())
	cpu := readCPU(os.Getpid())
	if err := c.openings(h, book, done); err != nil {
		return err
	}
	sum, parts, err := bench.SpaceOf(book)
	if err != nil {
		return err
	}
	done.Disk, done.Bytes = parts, sum.Used/int64(c.Entries)
	if err := c.audit(h, book, done); err != nil {
		return err
	}
	used := readCPU(os.Getpid()).since(cpu)
	used.own = time.Duration(done.AuditCPU*float64(time.Second)) + time.Duration(done.OpenCrashed.CPU+int64(c.Repeat)*done.OpenClean.CPU)*time.Microsecond
	done.Others = used.others()
	if err := probe.measure(h.ctx); err != nil {
		return err
	}
	done.Limit = probe.median()
	return nil
}

// openings opens the book as a crash left it, and then as a clean end left it.
func (c *benchBookCmd) openings(h *house, book string, done *benchBookDone) (err error) {
	if done.OpenCrashed, err = open(h.ctx, book); err != nil {
		return err
	}
	clean := make([]benchOpened, c.Repeat)
	for i := range clean {
		if clean[i], err = open(h.ctx, book); err != nil {
			return err
		}
	}
	of := func(f func(*benchOpened) int64) int64 { return medianOf(clean, f) }
	done.OpenClean = benchOpened{Micros: of(func(o *benchOpened) int64 { return o.Micros }), Seq: clean[len(clean)-1].Seq,
		CPU: of(func(o *benchOpened) int64 { return o.CPU }), benchMemory: benchMemory{
			RSS:  of(func(o *benchOpened) int64 { return o.RSS }),
			Peak: of(func(o *benchOpened) int64 { return o.Peak }),
			Anon: of(func(o *benchOpened) int64 { return o.Anon }),
			File: of(func(o *benchOpened) int64 { return o.File }),
		}}
	done.P50 = done.OpenClean.Micros
	_, done.P999 = rangeOf(clean, func(o *benchOpened) int64 { return o.Micros })
	done.P99 = done.P999
	return nil
}

// audit has a child audit the book, and holds what it counts against what was built.
func (c *benchBookCmd) audit(h *house, book string, done *benchBookDone) error {
	var said struct {
		Audit    string      `json:"audit"`
		Journals []auditLine `json:"journals"`
	}
	var fault error
	ran, err := bench.RunChild(h.ctx, lastJSON(&said, &fault), "audit", book, "--json")
	if err := errors.Join(err, fault); err != nil {
		return err
	}
	if said.Audit != "ok" || len(said.Journals) != 1 || said.Journals[0].Accepted != c.Entries {
		return fmt.Errorf("%d orders were built, and the audit says %s of %+v", c.Entries, said.Audit, said.Journals)
	}
	done.Audit, done.InBook, done.Ops = said.Audit, said.Journals[0].Accepted, said.Journals[0].Entries
	done.AuditSeconds, done.AuditCPU, done.AuditPeak = ran.Elapsed.Seconds(), ran.CPU.Seconds(), ran.Peak
	done.OpsPerSecond = int64(float64(done.Ops) / ran.Elapsed.Seconds())
	return nil
}

// words tells people.
func (d *benchBookDone) words() string {
	opened := func(what string, o benchOpened) string {
		return fmt.Sprintf("%-40s%12s, %s of it processor time; then resident in %d MB (%d MB anonymous, %d MB of files)\n", what, ms(o.Micros), ms(o.CPU), o.RSS>>20, o.Anon>>20, o.File>>20)
	}
	out := fmt.Sprintf("%d orders of %d lines over %d SKUs, %d of them open; %d bytes of disk an order; built at %d a second\n\n",
		d.InBook, d.Lines, d.SKUs, d.Open, d.Bytes, d.BuildPerSecond)
	out += opened("opened after a crash", d.OpenCrashed) + opened("opened after a clean end", d.OpenClean)
	out += fmt.Sprintf("%-40s%10.2f s, %.2f s processor time, %d entries a second; resident in %d MB at most\n", "audited: "+d.Audit, d.AuditSeconds, d.AuditCPU, d.OpsPerSecond, d.AuditPeak>>20)
	out += fmt.Sprintf("others had %d %% of the processors\n\n", d.Others)
	return out + fmt.Sprintf("%-40s%10s%12s%12s\n", "", "a second", "p50", "p99") + d.Limit.words()
}
