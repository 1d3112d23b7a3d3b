package machine_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Sizes of the company that BenchmarkCompany builds.
const (
	companyEach     = 5000 // SKUs at a site
	companyArticles = 100_000
	companyPart     = 1000 // lines of a receipt
)

// BenchmarkCompany holds the state of many sites, each with 5,000 of 100,000 articles, and tells what a
// balance takes in memory and of the process, how long head office stands still while the state is frozen, how long
// single orders take meanwhile and while it is written out, beside as many without, and how long a follower takes that is given the snapshot: to read
// it, to apply what came behind it, and to be level, which the two digests say. 20 sites, or
// 1,000 with HOLDFAST_LONG=1: that takes some minutes. The collector has the headroom that a server has with so much.
func BenchmarkCompany(b *testing.B) {
	sites := 20
	if os.Getenv("HOLDFAST_LONG") == "1" {
		sites = 1000
	}
	balances := float64(sites * companyEach)
	var n, snapshot int // orders placed in all, and before the snapshot
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	before := live()
	begun := time.Now()
	m := companyOf(b, sites)
	built, each := time.Since(begun), float64(live()-before)/balances
	debug.FreeOSMemory()
	file := filepath.Join(b.TempDir(), "snapshot")
	for b.Loop() {
		alone := orders(b, m, sites, &n, func(placed int) bool { return placed < 5000 })
		snapshot = n
		begun = time.Now()
		f := m.Freeze()
		frozen := time.Since(begun)
		written := make(chan pace, 1)
		go func() { written <- writes(b, f, file) }()
		beside := orders(b, m, sites, &n, func(int) bool { return len(written) == 0 })
		b.ReportMetric(1000*frozen.Seconds(), "freeze-ms")
		w := <-written
		b.ReportMetric(w.took[0].Seconds(), "write-s")
		b.ReportMetric(w.worked[0].Seconds(), "write-cpu-s")
		alone.report(b, "alone")
		beside.report(b, "beside")
		without := orders(b, m, sites, &n, func(placed int) bool { return placed < len(beside.took) })
		without.report(b, "without")
	}
	b.ReportMetric(rss(), "rss-MB")
	b.ReportMetric(built.Seconds(), "build-s")
	b.ReportMetric(balances, "balances")
	b.ReportMetric(each, "bytes/balance")
	if err := m.Check(); err != nil {
		b.Fatal(err)
	}
	want := sum(b, m)
	m = nil // a follower has a machine of its own, and no other
	debug.FreeOSMemory()
	begun, spent := time.Now(), processor()
	restored := reads(b, file)
	b.ReportMetric(time.Since(begun).Seconds(), "read-s")
	b.ReportMetric((processor() - spent).Seconds(), "read-cpu-s")
	for i := snapshot; i < n; i++ {
		restored.Apply(companyOrder(sites, i+1))
	}
	b.ReportMetric(time.Since(begun).Seconds(), "level-s")
	b.ReportMetric((processor() - spent).Seconds(), "level-cpu-s")
	b.ReportMetric(rss(), "follower-rss-MB")
	if got := sum(b, restored); got != want {
		b.Errorf("a follower that was given the snapshot and %d orders: got the state %x, want %x", n-snapshot, got, want)
	}
	if info, err := os.Stat(file); err == nil {
		b.ReportMetric(float64(info.Size())/balances, "snapshot-bytes/balance")
	}
	if got := restored.Counts().Stock; float64(got) != balances {
		b.Errorf("restored: got %d balances, want %g", got, balances)
	}
}

// companyOf builds the state as a log would, by the pushes of all sites, but that nothing is checked between them.
func companyOf(b *testing.B, sites int) *machine.Machine {
	w := newBench(b)
	apply := func(c machine.Command) machine.Result {
		res := w.m.Apply(machine.Marshal(c))
		if res.Err != nil {
			b.Fatalf("%T: %v", c, res.Err)
		}
		return res
	}
	var items []ledger.Item
	for i := range companyArticles {
		items = append(items, ledger.Item{SKU: companySKU(i), Name: fmt.Sprintf("Article %d of the company, 15 mm, brass", i), Barcodes: []string{fmt.Sprint(5_000_000_000_000 + int64(i))}})
	}
	for part := range slices.Chunk(items, companyPart) {
		apply(&machine.PutItems{Items: part})
	}
	for s := range sites {
		id, counter := companySite(s), s%2 == 1
		apply(&machine.AddSite{Site: id, Counter: counter, Key: digest(string(id)), At: at})
		core := ledger.NewCore(ledger.NewState(id), noPast{})
		w.cores[id] = core
		res := apply(w.hello(id))
		core.Decide(&ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: counter}}, at)
		core.Decide(&ledger.AdoptHQ{H: res.H}, at)
		for from := 0; from < companyEach; from += companyPart {
			lines := make([]ledger.ReceiptLine, companyPart)
			for i := range lines {
				lines[i] = ledger.ReceiptLine{SKU: companySKU(companyHas(s, from+i)), Qty: 100, Bin: ledger.Bin(fmt.Sprintf("A-%02d-%02d", i/50, i%50))}
			}
			core.Decide(&ledger.Receive{ID: fmt.Sprint(id, from), Lines: lines}, at)
			apply(w.cut(id))
		}
		delete(w.cores, id) // the site's own book is not what is measured
		delete(w.sent, id)
	}
	return w.m
}

func companySite(s int) ledger.SiteID { return ledger.SiteID(fmt.Sprintf("s%04d", s)) }
func companySKU(i int) ledger.SKU     { return ledger.SKU(fmt.Sprintf("SKU-%06d", i)) }

// companyHas is the i-th article of a site: each lies at one site in 20.
func companyHas(s, i int) int { return (s*7919 + i*20) % companyArticles }

// A pace is how long single commands took, and how much processor time of their own: where others want
// the processors too the first says little.
type pace struct{ took, worked []time.Duration }

func (p *pace) report(b *testing.B, when string) {
	b.ReportMetric(float64(len(p.took)), when+"-orders")
	slices.Sort(p.took)
	b.ReportMetric(p.took[len(p.took)*99/100].Seconds()*1e6, when+"-p99-us")
	b.ReportMetric(p.took[len(p.took)-1].Seconds()*1e3, when+"-longest-ms")
	slices.Sort(p.worked)
	b.ReportMetric(p.worked[len(p.worked)/2].Seconds()*1e6, when+"-p50-cpu-us")
	b.ReportMetric(p.worked[len(p.worked)-1].Seconds()*1e3, when+"-longest-cpu-ms")
}

// worked is the processor time that this thread has had.
func worked() time.Duration {
	var ts syscall.Timespec
	const threadCPU = 3 // CLOCK_THREAD_CPUTIME_ID
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadCPU, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(ts.Nano())
}

// orders places orders of three lines, each from another warehouse, as long as more says so, and times each. n counts
// those of earlier calls too.
func orders(b *testing.B, m *machine.Machine, sites int, n *int, more func(placed int) bool) *pace {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := &pace{}
	for more(len(p.took)) {
		*n++
		cmd := companyOrder(sites, *n)
		begun, before := time.Now(), worked()
		res := m.Apply(cmd)
		p.took, p.worked = append(p.took, time.Since(begun)), append(p.worked, worked()-before)
		if res.Err != nil {
			b.Fatal(res.Err)
		}
	}
	return p
}

// companyOrder is the command that places the nth order.
func companyOrder(sites, n int) []byte {
	o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Refuse)
	var legs []allocate.Leg
	for k := range 3 {
		s := (n*7919 + k*31) % sites / 2 * 2 // warehouses are those of even number
		sku := companySKU(companyHas(s, (n*13+k*1009)%companyEach))
		o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 1})
		legs = append(legs, allocate.Leg{Line: k + 1, SKU: sku, Site: companySite(s), Qty: 1})
	}
	return machine.Marshal(&machine.Place{Order: o, Key: digest(string(o.ID)), Legs: legs, At: at})
}

// processor is the processor time that this process has had, with the collector's.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writes writes a state to a file, and tells how long it took.
func writes(b *testing.B, f *machine.Frozen, name string) pace {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun, before := time.Now(), worked()
	out, err := os.Create(name)
	if err == nil {
		err = f.Encode(out)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		b.Error(err)
	}
	return pace{took: []time.Duration{time.Since(begun)}, worked: []time.Duration{worked() - before}}
}

// sum is the digest of a state.
func sum(b *testing.B, m *machine.Machine) ledger.Hash {
	is, err := m.Freeze().Sum(io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	return is
}

func reads(b *testing.B, name string) *machine.Machine {
	in, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	m, err := machine.Restore(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// rss is how many megabytes of the machine's memory the process has; 0 where that is not told.
func rss() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "VmRSS:" {
			kb, _ := strconv.ParseFloat(words[1], 64)
			return kb / 1024
		}
	}
	return 0
}

// live is what the heap holds.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
