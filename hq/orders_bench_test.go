package hq_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkOrders: clients place orders of three lines at the leader of three servers, over HTTP. The servers and the clients are one process, so a
// profile shows all that an order costs; a small catalogue leaves out what the size of the state costs, which is BenchmarkCompany's (hq/machine).
// An operation is one order, answered once a quorum has it.
func BenchmarkOrders(b *testing.B) {
	const sites, skus = 20, 400
	c := startCluster(b, 3, func(cfg *hq.Config) { cfg.JournalMap, cfg.Heartbeat = 64<<20, 5*time.Second })
	for k := range skus {
		c.must(200, 0, "PUT", "/v1/items/"+articleOf(k), fmt.Sprint("item ", k), `{"name":"an article"}`, nil)
	}
	for i := range sites {
		w := c.addSite(fmt.Sprintf("w%02d", i), "warehouse", i)
		w.hello()
		var lines []ledger.ReceiptLine
		for k := i % 10; k < skus; k += 10 { // two sites have each article
			lines = append(lines, ledger.ReceiptLine{SKU: ledger.SKU(articleOf(k)), Qty: 1 << 40, Bin: ledger.BinDefault})
		}
		if out := w.decide(&ledger.Receive{ID: "stock", Lines: lines}); out.Err != nil {
			b.Fatal(out.Err)
		}
		w.push()
	}
	at := c.servers[c.leader()].URL() + "/v1/orders"
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { c.placeOrders(b, at, clients, skus) })
	}
}

func articleOf(k int) string { return fmt.Sprintf("A-%05d", k) }

// runs makes the keys of one run others than those of the run before.
var runs atomic.Int64

// placeOrders has clients place b.N orders between them.
func (c *cluster) placeOrders(b *testing.B, url string, clients, skus int) {
	pool := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer pool.CloseIdleConnections()
	run := runs.Add(1)
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(run), uint64(k)))
			for n := 0; left.Add(-1) >= 0; n++ {
				var body strings.Builder
				body.WriteString(`{"lines":[`)
				for i := range 3 {
					fmt.Fprintf(&body, `%s{"sku":"%s","qty":1}`, ",,"[:min(i, 1)], articleOf(r.IntN(skus)))
				}
				body.WriteString(`]}`)
				status, answer := c.post(pool, url, fmt.Sprintf("%d/%d/%d", run, k, n), body.String())
				if status != http.StatusCreated {
					b.Errorf("got %d %s, want 201", status, answer)
					return
				}
			}
		})
	}
	all.Wait()
}

// post sends one request with a key and no patience.
func (c *cluster) post(client *http.Client, url, key, body string) (int, []byte) {
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, []byte(err.Error())
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Idempotency-Key", key)
	res, err := client.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := io.Copy(&answer, res.Body); err != nil {
		return 0, []byte(err.Error())
	}
	return res.StatusCode, answer.Bytes()
}
