package baddays_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	memoryMost  = 256 << 20
	memoryDrift = 24 << 20 // by which the last third of a run may lie above the second
	memoryItems = 10_000
)

// memoryFor is how long the load is held. HOLDFAST_MEMORY_FOR names another time.
func memoryFor(t *testing.T) time.Duration {
	t.Helper()
	if s := os.Getenv("HOLDFAST_MEMORY_FOR"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if long {
		return 3 * time.Minute
	}
	return 3 * time.Second
}

// TestANodeHeldTo256MiBSellsOnAndDoesNotGrow puts the load of the bench's till, 64 clients, on a
// node in a cgroup of 256 MiB, for seconds, or for minutes with HOLDFAST_LONG=1.
func TestANodeHeldTo256MiBSellsOnAndDoesNotGrow(t *testing.T) {
	if testing.Short() || !chaos {
		t.Skip("limits the memory of a process: run it with HOLDFAST_CHAOS=1")
	}
	c := newCgroup(t, memoryMost)
	s := newSite(t, filepath.Join(t.TempDir(), "book"))
	s.within = c.within()
	cat := stocked(s)
	till := bench.NewTill(bench.TillConfig{URL: s.url, Token: s.token, Run: "memory", Clients: tills,
		Orders: bench.NewOrders(1, 3, func(r *rand.Rand) string { return cat.Pick(r).SKU })})
	var seen []held
	next := time.Now()
	load := bench.Load{Clients: tills, For: memoryFor(t), Each: till.Order, Tick: func(uint64) {
		if now := time.Now(); !now.Before(next) {
			next = now.Add(time.Second)
			m := host.MemoryOf(s.cmd.Process.Pid)
			seen = append(seen, held{int64(m.RSS), int64(m.Anon), c.used()})
		}
	}}
	f, err := load.Run(t.Context())
	if err != nil {
		t.Fatalf("load: %v\nkilled for want of memory: %d\n%s", err, c.kills(), s.log())
	}
	if err := till.Close(); err != nil {
		t.Error(err)
	}
	if n := till.Repeated.Load(); n > 0 {
		t.Errorf("got %d requests without an answer, want all answered", n)
	}
	if n := c.kills(); n > 0 {
		t.Errorf("got %d processes killed for want of memory, want none", n)
	}
	peak := c.peak()
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	booked, err := bench.BookedIDs(world.New(), s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if lost, untold, twice := bench.Compare(till.IDs(), booked); lost+untold+twice > 0 {
		t.Errorf("got %d orders lost, %d told to nobody, %d twice; want none", lost, untold, twice)
	}
	second, last := medianHeld(seen[len(seen)/3:2*len(seen)/3]), medianHeld(seen[2*len(seen)/3:])
	if long && last.anon > second.anon+memoryDrift {
		t.Errorf("got %v in the last third and %v in the second, want no growth", last, second)
	}
	t.Logf("%d orders in %v, %.0f a second, p99 %v; medians of the second third %v, of the last %v; cgroup peak %d MiB of %d, none killed",
		len(booked), f.Elapsed.Round(time.Second), f.PerSecond(), f.Times.Quantile(0.99), second, last, peak>>20, memoryMost>>20)
}

// TestANodeHeldToTooLittleIsKilledAndCounted is the control: the limit bites, and its kills are seen.
func TestANodeHeldToTooLittleIsKilledAndCounted(t *testing.T) {
	if testing.Short() || !chaos {
		t.Skip("limits the memory of a process: run it with HOLDFAST_CHAOS=1")
	}
	c := newCgroup(t, 3<<20)
	s := newSite(t, filepath.Join(t.TempDir(), "book"))
	s.within = c.within()
	if err := s.start(nil); !errors.Is(err, errEnded) {
		t.Errorf("start in 3 MiB: got %v, want %v", err, errEnded)
	}
	s.kill()
	if n := c.kills(); n == 0 {
		t.Errorf("got no process killed for want of memory, want the node:\n%s", s.log())
	}
}

// held is what a node holds, in bytes: resident, of that its own, and the same as the cgroup counts it.
type held struct{ rss, anon, used int64 }

func (h held) String() string {
	return fmt.Sprintf("%d MiB resident (%d anonymous, %d by the cgroup)", h.rss>>20, h.anon>>20, h.used>>20)
}

func medianHeld(all []held) held {
	of := func(f func(held) int64) int64 {
		var some []int64
		for _, h := range all {
			some = append(some, f(h))
		}
		if len(some) == 0 {
			return 0
		}
		slices.Sort(some)
		return some[len(some)/2]
	}
	return held{of(func(h held) int64 { return h.rss }), of(func(h held) int64 { return h.anon }), of(func(h held) int64 { return h.used })}
}

// stocked starts the site with the items of the bench, and more of each than can be sold.
func stocked(s *site) *goods.Catalogue {
	s.Helper()
	cat := goods.New(1, memoryItems)
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: "leeds", Dir: s.dir})
	if err != nil {
		s.Fatal(err)
	}
	items := bench.Items(cat)
	if err := book.PutItems(items, uint64(len(items))); err != nil {
		s.Fatal(err)
	}
	if err := book.Close(); err != nil {
		s.Fatal(err)
	}
	s.up()
	var lines []string
	for _, it := range cat.Items() {
		lines = append(lines, fmt.Sprintf(`{"sku":%q,"qty":1000000000}`, it.SKU))
	}
	for part := range slices.Chunk(lines, 1000) {
		s.must(201, "POST", "/v1/receipts", "stock "+part[0], []byte(`{"lines":[`+strings.Join(part, ",")+`]}`))
	}
	return cat
}
