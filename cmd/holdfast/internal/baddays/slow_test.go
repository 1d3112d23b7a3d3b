package baddays_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

// slowBulks is how many thousand orders are taken while somebody reads slowly.
func slowBulks() int {
	if long {
		return 150
	}
	return 60
}

// slowMay is by how many bytes a slow reader may make the index larger than it is without one: some
// pages, for when a checkpoint is taken differs. Keys and closed orders are not in it.
const slowMay = 32 << 10

// TestASlowReaderDoesNotMakeTheBookGrow sells alike on two nodes. From one of them a client reads
// the journal a page at a time over the whole run, and others stop in the middle of an answer.
func TestASlowReaderDoesNotMakeTheBookGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	alone := sold(t, func(*site) func(int) { return func(int) {} })
	read := sold(t, slowly)
	t.Logf("%d orders; index %d bytes without slow readers, %d with; journal %d and %d",
		1000*slowBulks(), alone.index, read.index, alone.journal, read.journal)
	if more := read.index - alone.index; more > slowMay {
		t.Errorf("got an index that is %d bytes larger, want at most %d", more, slowMay)
	}
	if read.journal != alone.journal {
		t.Errorf("got %d bytes of journal, want %d, as without readers", read.journal, alone.journal)
	}
}

// sizes are bytes on the disk.
type sizes struct{ index, journal int64 }

// sold sells on a new node; reader is told after each thousand, with the entries that are there.
func sold(t *testing.T, reader func(*site) func(int)) sizes {
	t.Helper()
	d := &day{site: newSite(t, filepath.Join(t.TempDir(), "book"))}
	d.site.open()
	read := reader(d.site)
	for n := range slowBulks() {
		d.bulk(1000)
		read(n)
	}
	if d.over() {
		t.Fatalf("got %q, want all orders taken:\n%s", d.refused, d.log())
	}
	got := measure(t, d.dir)
	if err := settled(d.site, "", d.told); err != nil {
		t.Error(err)
	}
	if err := d.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	d.audit()
	return got
}

// measure adds up what a book takes on the disk, not counting holes.
func measure(t *testing.T, dir string) (s sizes) {
	t.Helper()
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		switch {
		case path == ledger.BookFile:
			s.index = onDisk(info)
		case strings.HasSuffix(path, ".tape"):
			s.journal += info.Size()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// slowly reads a page of the journal for every thousand orders, and has eight clients that ask for
// a large answer, take the first bytes of it, and then nothing more.
func slowly(s *site) func(int) {
	s.Helper()
	read := 0
	return func(n int) {
		s.Helper()
		if n == 4 {
			for i := range 8 {
				stall(s, []string{"/v1/entries?limit=1000", "/v1/orders?limit=1000"}[i%2])
			}
		}
		s.must(200, "GET", fmt.Sprintf("/v1/entries?limit=200&after=1.%d", read), "", nil)
		read += 200
	}
}

// stall asks for path and reads a hundred bytes of the answer, which is far from its end.
func stall(s *site, path string) {
	s.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), answerWait)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.Close() }) // the node may have closed it
	if err := c.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		s.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: leeds\r\nAuthorization: Bearer %s\r\n\r\n", path, s.token); err != nil {
		s.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 100)); err != nil {
		s.Fatal(err)
	}
}

// TestAReaderThatHoldsTheIndexMakesItGrow is the control: somebody who stops inside a transaction
// of the index, as no call of the API does, makes it grow beyond the bound.
func TestAReaderThatHoldsTheIndexMakesItGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("takes tens of thousands of orders")
	}
	alone, held := soldInside(t, false), soldInside(t, true)
	t.Logf("%d orders; index %d bytes, %d where somebody holds it", 1000*slowBulks(), alone.index, held.index)
	if more := held.index - alone.index; more <= slowMay {
		t.Errorf("got an index that is %d bytes larger, want more than the %d that a slow reader may cost", more, slowMay)
	}
}

// keyed is the n-th order under a key of its own.
func keyed(n int) *ledger.Place {
	name := fmt.Sprint("key ", n)
	return &ledger.Place{Meta: ledger.Meta{Actor: "anna", Key: ledger.DigestOf([]byte(name)), Request: ledger.DigestOf([]byte("of " + name))},
		Order: ledger.Order{ID: ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), Fulfil: ledger.Take, Shortage: ledger.Refuse,
			Lines: []ledger.Line{{SKU: "A", Qty: 1}}}}
}

// soldInside sells on a book in this process, with a reader that stands still in the middle of a
// list of orders, or without.
func soldInside(t *testing.T, holding bool) sizes {
	t.Helper()
	dir := t.TempDir()
	b, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, letGo, read := make(chan error, 1), make(chan struct{}), make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	reqs := []ledger.Request{&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}},
		&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1 << 30}}}}
	for n := range slowBulks() {
		for i := range 1000 {
			reqs = append(reqs, keyed(n*1000+i))
		}
		for _, out := range b.DoAll(ctx, reqs) {
			if out.Err != nil || out.Outcome.Err != nil {
				t.Fatalf("got %v, %v; want it taken", out.Err, out.Outcome.Err)
			}
		}
		if reqs = reqs[:0]; n == 0 && holding {
			inside := make(chan struct{})
			go func() {
				first := true
				_, _, err := b.Orders(ledger.OrderQuery{Keep: func(*ledger.Order) bool {
					if first {
						first = false
						close(inside)
						<-letGo
					}
					return true
				}})
				read <- err
			}()
			<-inside
		}
	}
	got := measure(t, dir)
	if close(letGo); holding {
		if err := <-read; err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := ledger.AuditBook(world.New(), dir, nil); err != nil {
		t.Errorf("audit: got %v, want no fault", err)
	}
	return got
}
