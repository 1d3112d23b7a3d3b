package main

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

// benchSyncDone is what a bench of the line ends with.
type benchSyncDone struct {
	Ops          uint64     `json:"ops"`       // entries that were behind, all kinds
	OpsPerSecond int64      `json:"ops_per_s"` // from the moment the node serves until a quorum has them
	P50          int64      `json:"p50_us"`    // of one order at an idle node, until a quorum has it
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Limit        benchLimit `json:"limit"`

	Seconds        float64         `json:"seconds"`
	Others         int64           `json:"others_cpu_percent"` // of all processors: used by none of the company nor the load
	OpenSeconds    float64         `json:"node_start_seconds"`
	Entries        uint64          `json:"entries"`
	Lines          int             `json:"lines"`
	SKUs           int             `json:"skus"`
	BuildPerSecond int64           `json:"build_orders_per_s"`
	Node           benchUse        `json:"node"`
	Servers        []benchUse      `json:"servers"`
	Selling        *benchSelling   `json:"selling,omitempty"`
	Catalogue      *benchCatalogue `json:"catalogue,omitempty"`
	InBook         uint64          `json:"in_book"`
	Audit          string          `json:"audit"`
}

// benchUse is what a process used while the entries went up; memory as it stood at its highest.
type benchUse struct {
	CPU int64 `json:"cpu_us_per_entry"`
	benchMemory
}

// benchSelling is a sale beside the backlog and the same one without.
type benchSelling struct {
	Ops          uint64  `json:"ops"`
	OpsPerSecond int64   `json:"ops_per_s"`
	P50          int64   `json:"p50_us"`
	P99          int64   `json:"p99_us"`
	Base         int64   `json:"base_ops_per_s"`
	BaseP50      int64   `json:"base_p50_us"`
	BaseP99      int64   `json:"base_p99_us"`
	Loss         float64 `json:"loss_percent"`
}

// benchCatalogue is how a new node came by its items.
type benchCatalogue struct {
	Items     int     `json:"items"`
	Seconds   float64 `json:"seconds"`
	PerSecond int64   `json:"items_per_s"`
	CPU       int64   `json:"cpu_us_per_item"`
	benchMemory
}

// A watched process is looked at while something is measured.
type watched struct {
	pid   int
	cpu   time.Duration
	watch *host.Watch
}

// A syncWatch looks at the node and the servers: all, the node first.
type syncWatch []watched

func (b *syncBench) watch() syncWatch {
	var all syncWatch
	for _, c := range append([]*bench.Child{b.site.Child}, b.company.Servers...) {
		all = append(all, watched{c.Pid(), host.CPUOf(c.Pid()), host.WatchMemory(c.Pid())})
	}
	return all
}

// stop ends the watch. company is the processor time of all.
func (w syncWatch) stop(entries uint64) (node benchUse, servers []benchUse, company time.Duration) {
	for i, p := range w {
		cpu := host.CPUOf(p.pid) - p.cpu
		company += cpu
		use := benchUse{CPU: micros(cpu) / int64(max(entries, 1)), benchMemory: memoryOf(p.watch.Stop())}
		if i == 0 {
			node = use
		} else {
			servers = append(servers, use)
		}
	}
	return node, servers, company
}

// count audits every book and every server's journals, and compares what they hold with what was
// placed and with each other.
func (b *syncBench) count() error {
	sites := b.company.Sites()
	entries := b.placed * uint64(1+len(b.done.Servers)) // about: receipts and boots are few
	shown := bar(b.h.stderr, "audit, entries", int64(entries))
	defer shown.Finish() // a bar that cannot be drawn changes nothing
	books := map[ledger.SiteID]ledger.AuditReport{}
	for _, s := range sites {
		r, err := ledger.AuditBook(world.New(), s.Dir, adds(shown))
		if err != nil {
			return withHint(err, "give --dir DIR to keep the books")
		}
		books[s.Name] = r
	}
	if got := books[b.site.Name].Accepted; got != b.placed {
		return fmt.Errorf("%d orders were placed and the book has %d", b.placed, got)
	}
	var all errgroup.Group
	all.SetLimit(2) // each folds whole journals in memory of its own
	for i := range b.done.Servers {
		all.Go(func() error { return checkServer(b.company.ServerDir(i), books, shown) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	b.done.InBook, b.done.Audit = b.placed, "ok"
	return nil
}

// adds gives a tick of one of several audits that share a bar.
func adds(shown *progress.Bar) func(done, all uint64) {
	var told uint64
	return func(done, _ uint64) {
		shown.Add(int64(done - told))
		told = done
	}
}

// checkServer audits a server's journals and wants each site's to be its book's.
func checkServer(dir string, books map[ledger.SiteID]ledger.AuditReport, shown *progress.Bar) error {
	tick := adds(shown)
	found, err := journal.Audit(world.New(), dir, func(n uint64) { tick(n, 0) })
	if err != nil {
		return err
	}
	if len(found) != len(books) {
		return fmt.Errorf("%s has the journals of %d sites, there are %d", dir, len(found), len(books))
	}
	for _, r := range found {
		book, ok := books[r.Site]
		if !ok || r.Missing != 0 || r.Head != book.Head || r.Entries != book.Entries || r.Accepted != book.Accepted {
			return fmt.Errorf("%s has %d entries of %s up to %s with %d orders, the book %d up to %s with %d", dir,
				r.Entries, r.Site, r.Head, r.Accepted, book.Entries, book.Head, book.Accepted)
		}
	}
	return nil
}

// words tells people.
func (d *benchSyncDone) words() string {
	out := fmt.Sprintf("%d entries went from a node to three servers in %.2f s: %d a second; the node had opened its book in %.2f s; others had %d %% of the processors\n",
		d.Ops, d.Seconds, d.OpsPerSecond, d.OpenSeconds, d.Others)
	out += fmt.Sprintf("one order at an idle node is with a quorum after %s (p50), %s (p99)\n\n", ms(d.P50), ms(d.P99))
	use := func(what string, u benchUse) string {
		return fmt.Sprintf("%-40s%8d us an entry, resident in %d MB at most (%d MB anonymous, %d MB of files)\n", what, u.CPU, u.RSS>>20, u.Anon>>20, u.File>>20)
	}
	out += use("node", d.Node)
	for i, s := range d.Servers {
		out += use(fmt.Sprintf("server %d", i+1), s)
	}
	if s := d.Selling; s != nil {
		out += fmt.Sprintf("\n%d clients sold %d orders a second beside the backlog (p50 %s, p99 %s), %d without one (p50 %s, p99 %s): %.1f %% less\n",
			d.Clients, s.OpsPerSecond, ms(s.P50), ms(s.P99), s.Base, ms(s.BaseP50), ms(s.BaseP99), s.Loss)
	}
	if c := d.Catalogue; c != nil {
		out += fmt.Sprintf("\na new node had %d items after %.2f s: %d a second, %d us of its processor time each; resident in %d MB at most\n",
			c.Items, c.Seconds, c.PerSecond, c.CPU, c.RSS>>20)
	}
	out += fmt.Sprintf("\n%-40s%10s%12s%12s\n", "", "a second", "p50", "p99") + d.Limit.words()
	return out + fmt.Sprintf("\n%d orders in the book and in every server's journal; audit: %s\n", d.InBook, d.Audit)
}
