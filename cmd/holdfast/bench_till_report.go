package main

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
)

// benchRun is one repetition, with the limits beside it: what was measured before and after.
type benchRun struct {
	Ops          uint64     `json:"ops"`
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"`
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	CPU          int64      `json:"cpu_us_per_order,omitempty"` // of the node
	CPUGenerator int64      `json:"generator_cpu_us_per_order"`
	Others       int64      `json:"others_cpu_percent,omitempty"` // of all processors: used by neither node nor load
	OfHTTP       float64    `json:"of_http"`                      // requests a second over those of the handler that does nothing
	OfFloor      float64    `json:"of_floor"`                     // p50 over that handler's and two overwrites
	Limit        benchLimit `json:"limit"`
}

// benchDone is what a bench of the till ends with. Rates and times are medians of the repetitions.
type benchDone struct {
	Ops          uint64     `json:"ops"` // in all repetitions
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"` // of a request: with bulk, of a bulk
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Seconds      float64    `json:"seconds"` // measured, in all repetitions
	Lines        int        `json:"lines"`
	SKUs         int        `json:"skus"`
	Bulk         int        `json:"bulk,omitempty"`
	Repeat       int        `json:"repeat"`
	Runs         []benchRun `json:"runs"`
	OpsLow       int64      `json:"ops_per_s_low"`
	OpsHigh      int64      `json:"ops_per_s_high"`
	OfHTTP       float64    `json:"of_http"`
	OfFloor      float64    `json:"of_floor"`
	Others       int64      `json:"others_cpu_percent,omitempty"`
	Answered     uint64     `json:"answered"` // with warm-up and what came in after the end
	Repeated     uint64     `json:"repeated"`
	InBook       uint64     `json:"in_book,omitempty"`
	JournalBytes int64      `json:"journal_bytes_per_order"` // of frames, as they are stored and sent
	BookBytes    int64      `json:"book_bytes_per_order"`    // growth of book.db, which grows in steps
	CPU          int64      `json:"cpu_us_per_order,omitempty"`
	CPUGenerator int64      `json:"generator_cpu_us_per_order"`
	benchMemory
	Disk  map[string]bench.Space `json:"disk,omitempty"` // growth by file or folder of the book
	Used  int64                  `json:"disk_used_bytes_per_order,omitempty"`
	Alloc int64                  `json:"disk_allocated_bytes_per_order,omitempty"`
	Spare int64                  `json:"disk_spare_bytes,omitempty"` // at the end: set aside and not used
	Audit string                 `json:"audit"`
}

// benchCPU is processor time: the node's, this process's, and all that was used. Before a
// repetition it is what stands on the clocks, after it what the repetition took.
type benchCPU struct {
	node, own, all time.Duration
	at             time.Time
	took           time.Duration
}

func readCPU(pid int) benchCPU {
	return benchCPU{node: host.CPUOf(pid), own: host.CPUOf(os.Getpid()), all: host.BusyCPU(), at: time.Now()}
}

func (c benchCPU) since(before benchCPU) benchCPU {
	return benchCPU{node: c.node - before.node, own: c.own - before.own, all: c.all - before.all, took: c.at.Sub(before.at)}
}

// others is the share of all processors that neither the node nor this process used, in per cent. Some
// of it is the system's work for them.
func (c benchCPU) others() int64 {
	if c.took <= 0 {
		return 0
	}
	return int64(100 * max(c.all-c.node-c.own, 0) / (c.took * time.Duration(runtime.NumCPU())))
}

// add takes over a repetition.
func (d *benchDone) add(f *bench.Figures, orders uint64, used benchCPU) {
	bulk := max(d.Bulk, 1)
	r := benchRun{Ops: f.Ops * uint64(bulk), OpsPerSecond: int64(f.PerSecond() * float64(bulk)),
		P50: micros(f.Times.Quantile(0.5)), P99: micros(f.Times.Quantile(0.99)), P999: micros(f.Times.Quantile(0.999))}
	if orders > 0 {
		r.CPU, r.CPUGenerator = micros(used.node)/int64(orders), micros(used.own)/int64(orders)
	}
	r.Others = used.others()
	d.Runs = append(d.Runs, r)
	d.Ops += r.Ops
	d.Seconds += f.Elapsed.Seconds()
}

// settle works the medians out.
func (d *benchDone) settle(p *benchProbe) {
	for i := range d.Runs {
		r := &d.Runs[i]
		r.Limit = p.around(i)
		if r.Limit.HTTPOps > 0 {
			r.OfHTTP = rounded(float64(r.OpsPerSecond) / float64(max(d.Bulk, 1)) / float64(r.Limit.HTTPOps))
		}
		if floor := r.Limit.HTTPP50 + 2*r.Limit.OverwriteP50; floor > 0 {
			r.OfFloor = rounded(float64(r.P50) / float64(floor))
		}
	}
	d.Limit, d.Repeat = p.median(), len(d.Runs)
	d.OpsPerSecond = medianOf(d.Runs, func(r *benchRun) int64 { return r.OpsPerSecond })
	d.P50 = medianOf(d.Runs, func(r *benchRun) int64 { return r.P50 })
	d.P99 = medianOf(d.Runs, func(r *benchRun) int64 { return r.P99 })
	d.P999 = medianOf(d.Runs, func(r *benchRun) int64 { return r.P999 })
	d.CPU = medianOf(d.Runs, func(r *benchRun) int64 { return r.CPU })
	d.CPUGenerator = medianOf(d.Runs, func(r *benchRun) int64 { return r.CPUGenerator })
	d.Others = medianOf(d.Runs, func(r *benchRun) int64 { return r.Others })
	d.OfHTTP = medianOf(d.Runs, func(r *benchRun) float64 { return r.OfHTTP })
	d.OfFloor = medianOf(d.Runs, func(r *benchRun) float64 { return r.OfFloor })
	d.OpsLow, d.OpsHigh = rangeOf(d.Runs, func(r *benchRun) int64 { return r.OpsPerSecond })
}

// rounded is a ratio to a thousandth.
func rounded(f float64) float64 { return float64(int64(f*1000+0.5)) / 1000 }

// grew says what the book takes more on the disk, in all and by part.
func (d *benchDone) grew(before, after map[string]bench.Space, orders int64) {
	d.Disk = map[string]bench.Space{}
	var used, alloc int64
	for part, s := range after {
		g := s.Less(before[part])
		d.Disk[part] = g
		used, alloc = used+g.Used, alloc+g.Allocated
		d.Spare += max(s.Allocated-s.Used, 0)
	}
	if orders > 0 {
		d.Used, d.Alloc = used/orders, alloc/orders
	}
}

// words tells people.
func (d *benchDone) words() string {
	what := "orders"
	if d.Bulk > 0 {
		what = fmt.Sprintf("orders, %d a request", d.Bulk)
	}
	out := fmt.Sprintf("%d clients, %d lines an order, %d SKUs, %d times %.0f s; medians\n\n", d.Clients, d.Lines, d.SKUs, d.Repeat, d.Seconds/float64(max(d.Repeat, 1)))
	out += fmt.Sprintf("%-40s%10s%12s%12s%12s\n", "", "a second", "p50", "p99", "p99.9")
	out += fmt.Sprintf("%-40s%10d%12s%12s%12s\n", what, d.OpsPerSecond, ms(d.P50), ms(d.P99), ms(d.P999))
	out += d.Limit.words()
	p50Low, p50High := rangeOf(d.Runs, func(r *benchRun) int64 { return r.P50 })
	out += fmt.Sprintf("\nspread: %d to %d orders a second, p50 %s to %s\n", d.OpsLow, d.OpsHigh, ms(p50Low), ms(p50High))
	if d.Others > 0 {
		out += fmt.Sprintf("others had %d %% of the processors\n", d.Others)
	}
	out += fmt.Sprintf("%.3f of the handler's requests a second; p50 is %.2f times that handler's and two overwrites\n", d.OfHTTP, d.OfFloor)
	out += fmt.Sprintf("%d orders answered, %d requests sent again; ", d.Answered, d.Repeated)
	if d.InBook == 0 {
		return out + "audit: " + d.Audit + "\n"
	}
	out += fmt.Sprintf("%d in the book, each with the id that was answered; audit: %s\n", d.InBook, d.Audit)
	out += fmt.Sprintf("an order takes %d us of the node's processor time and %d us of the load's\n", d.CPU, d.CPUGenerator)
	out += fmt.Sprintf("an order takes %d bytes of journal; on the disk %d bytes used, %d allocated; %d KiB are set aside\n",
		d.JournalBytes, d.Used, d.Alloc, d.Spare>>10)
	for _, part := range slices.Sorted(maps.Keys(d.Disk)) {
		s := d.Disk[part]
		out += fmt.Sprintf("  %-38s%10d KiB used, %d KiB allocated\n", part, s.Used>>10, s.Allocated>>10)
	}
	return out + fmt.Sprintf("the node is resident in %d MB (%d MB of it anonymous, %d MB of files), at most in %d MB\n",
		d.RSS>>20, d.Anon>>20, d.File>>20, d.Peak>>20)
}
