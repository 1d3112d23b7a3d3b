package node_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
)

// benchSKUs are on the shelf of the shop that is measured, more of each than is ever sold.
const benchSKUs = 1000

// A counter is a node with its real book, and its handler without the network: what is measured
// is everything between net/http and the disk. It ends with an audit.
type counter struct {
	node  *node.Node
	token string
	runs  atomic.Int64
}

func openCounter(b *testing.B) *counter {
	b.Helper()
	w, dir := newWorld(), b.TempDir()
	n, err := node.Open(w.Env(), node.Config{Site: "leeds", Dir: dir, Listen: nodeAddr, Standalone: true, Counter: true},
		slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	token, err := os.ReadFile(dir + "/" + node.OwnerTokenFile)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Errorf("run: %v", err)
		}
		if err := n.Close(); err != nil {
			b.Errorf("close: %v", err)
		}
		if _, err := ledger.AuditBook(w.Env(), dir, nil); err != nil {
			b.Errorf("audit: %v", err)
		}
	})
	waitFor(b, "the site to be open", func() bool { return n.Status().State == "open" })
	c := &counter{node: n, token: strings.TrimSpace(string(token))}
	c.stock(b)
	return c
}

// stock puts the articles on the shelf through the API, those of one receipt at a time.
func (c *counter) stock(b *testing.B) {
	b.Helper()
	var lines []string
	for i := range benchSKUs {
		c.must(b, http.MethodPut, "/v1/items/"+benchSKU(i), "", `{"name":"Tap"}`, http.StatusOK)
		lines = append(lines, fmt.Sprintf(`{"sku":%q,"qty":1000000000000}`, benchSKU(i)))
	}
	c.must(b, http.MethodPost, "/v1/receipts", "stock", `{"lines":[`+strings.Join(lines, ",")+`]}`, http.StatusCreated)
}

func benchSKU(i int) string { return fmt.Sprintf("TAP-%04d", i%benchSKUs) }

// benchOrder is an order of three lines, as `holdfast bench till` places it.
func benchOrder(i int) string {
	return fmt.Sprintf(`{"lines":[{"sku":%q,"qty":1},{"sku":%q,"qty":2},{"sku":%q,"qty":3}]}`, benchSKU(i), benchSKU(i+7), benchSKU(i+31))
}

func (c *counter) must(b *testing.B, method, path, key, body string, want int) {
	w := &ear{header: http.Header{}}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	c.sign(r, key)
	c.node.Handler().ServeHTTP(w, r)
	if w.status != want {
		b.Fatalf("%s %s: got %d %s, want %d", method, path, w.status, w.body, want)
	}
}

func (c *counter) sign(r *http.Request, key string) {
	r.Host = "leeds"
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Idempotency-Key", key)
}

// An ear is a ResponseWriter that costs next to nothing.
type ear struct {
	header http.Header
	status int
	body   []byte
}

func (e *ear) Header() http.Header    { return e.header }
func (e *ear) WriteHeader(status int) { e.status = status }
func (e *ear) Write(b []byte) (int, error) {
	e.body = append(e.body[:0], b...)
	return len(b), nil
}

func (e *ear) reset() {
	clear(e.header)
	e.status = 0
}

// BenchmarkAnOrder places orders of three lines, 64 at a time. One operation is one order that
// is on the disk.
func BenchmarkAnOrder(b *testing.B) {
	c := openCounter(b)
	h := c.node.Handler()
	b.SetParallelism(64)
	b.ReportAllocs()
	b.ResetTimer()
	began := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		me := c.runs.Add(1)
		w, body := &ear{header: http.Header{}}, []byte(benchOrder(int(me)))
		r := httptest.NewRequest(http.MethodPost, "/v1/orders", nil)
		read := bytes.NewReader(body)
		for i := 0; pb.Next(); i++ {
			w.reset()
			read.Reset(body)
			r.Body, r.ContentLength = io.NopCloser(read), int64(len(body))
			c.sign(r, fmt.Sprintf("%d-%d", me, i))
			if h.ServeHTTP(w, r); w.status != http.StatusCreated {
				b.Errorf("got %d %s, want 201", w.status, w.body)
				return
			}
		}
	})
	b.ReportMetric(float64((cpuTime()-began)/time.Microsecond)/float64(b.N), "cpu-µs/op")
}

// BenchmarkOrdersInBulk places 500 orders of three lines in each request. One operation is one
// request; the figures beside it are of one order.
func BenchmarkOrdersInBulk(b *testing.B) {
	const orders = 500
	c := openCounter(b)
	h := c.node.Handler()
	b.ReportAllocs()
	w := &ear{header: http.Header{}}
	var spent, took time.Duration
	for run := 0; b.Loop(); run++ {
		b.StopTimer()
		var body bytes.Buffer
		for i := range orders {
			fmt.Fprintf(&body, `,{"key":"%d-%d","order":%s}`, run, i, benchOrder(i))
		}
		text := `{"orders":[` + body.String()[1:] + `]}`
		r := httptest.NewRequest(http.MethodPost, "/v1/orders/bulk", strings.NewReader(text))
		c.sign(r, "bulk")
		w.reset()
		b.StartTimer()
		began, cpu := time.Now(), cpuTime()
		h.ServeHTTP(w, r)
		spent, took = spent+cpuTime()-cpu, took+time.Since(began)
		if n := bytes.Count(w.body, []byte(`"http_status":201`)); w.status != http.StatusOK || n != orders {
			b.Fatalf("got %d and %d orders, want 200 and %d", w.status, n, orders)
		}
	}
	all := float64(b.N * orders)
	b.ReportMetric(float64(spent/time.Microsecond)/all, "cpu-µs/order")
	b.ReportMetric(all/took.Seconds(), "orders/s")
}
