package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Till places orders at one node. Make it with NewTill.
type Till struct {
	url     string
	token   string
	run     string // part of each key, so that two runs on one book do not meet
	lines   int
	pick    func(r *rand.Rand) string
	http    *http.Client
	clients []tillClient

	Answered atomic.Uint64 // orders that were answered with 201
	Repeated atomic.Uint64 // requests sent again because no answer came
}

// tillClient is what one client keeps between its orders.
type tillClient struct {
	random *rand.Rand
	n      uint64
	body   bytes.Buffer
	skus   []string
	_      [64]byte
}

// TillConfig says what a till sells where.
type TillConfig struct {
	URL     string
	Token   string
	Run     string
	Clients int
	Lines   int                       // of each order
	Pick    func(r *rand.Rand) string // draws a SKU
	Seed    uint64
}

const (
	qtyMost    = 3 // units of a line, at most
	repeatsMax = 100
	repeatWait = 50 * time.Millisecond
	answerWait = 30 * time.Second
	answerMax  = 1 << 20 // bytes of an answer
	picksMax   = 1000    // draws for one order, so that few SKUs cannot stop it
)

// NewTill makes a till whose clients keep one connection each.
func NewTill(c TillConfig) *Till {
	t := &Till{url: c.URL + "/v1/orders", token: c.Token, run: c.Run, lines: c.Lines, pick: c.Pick,
		http: kept(c.Clients), clients: make([]tillClient, c.Clients)}
	for i := range t.clients {
		t.clients[i].random = rand.New(rand.NewPCG(c.Seed, uint64(i)))
	}
	return t
}

func kept(clients int) *http.Client {
	return &http.Client{Timeout: answerWait, Transport: &http.Transport{
		MaxIdleConns: clients, MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients, DisableCompression: true}}
}

// Close lets the connections go.
func (t *Till) Close() { t.http.CloseIdleConnections() }

// Order places the next order of a client and checks its answer.
func (t *Till) Order(ctx context.Context, client int) error {
	c := &t.clients[client]
	c.n++
	key := t.run + "-" + strconv.Itoa(client) + "-" + strconv.FormatUint(c.n, 10)
	want := t.compose(c)
	var last error
	for range repeatsMax {
		if last != nil {
			t.Repeated.Add(1)
			if err := wait(ctx, repeatWait); err != nil {
				return err
			}
		}
		status, body, err := post(ctx, t.http, t.url, t.token, key, c.body.Bytes())
		switch {
		case err != nil:
			last = err
		case status == http.StatusCreated:
			if err := check(body, c.skus, want); err != nil {
				return fmt.Errorf("order %s: %w", key, err)
			}
			t.Answered.Add(1)
			return nil
		case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
			last = refused(status, body)
		default:
			return fmt.Errorf("order %s: %w", key, refused(status, body))
		}
	}
	return fmt.Errorf("order %s: given up after %d tries: %w", key, repeatsMax, last)
}

// compose writes the next order and gives the quantities asked for, line by line.
func (t *Till) compose(c *tillClient) (qtys []int64) {
	c.skus = c.skus[:0]
	c.body.Reset()
	c.body.WriteString(`{"lines":[`)
	for draws := 0; len(c.skus) < t.lines && draws < picksMax; draws++ {
		sku := t.pick(c.random)
		if contains(c.skus, sku) {
			continue
		}
		if len(c.skus) > 0 {
			c.body.WriteByte(',')
		}
		qty := 1 + c.random.Int64N(qtyMost)
		fmt.Fprintf(&c.body, `{"sku":%q,"qty":%d}`, sku, qty)
		c.skus, qtys = append(c.skus, sku), append(qtys, qty)
	}
	c.body.WriteString(`]}`)
	return qtys
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// check holds the answer against what was asked: everything is promised, line by line.
func check(body []byte, skus []string, qtys []int64) error {
	var o contract.Order
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if o.ID == "" || len(o.Lines) != len(skus) {
		return fmt.Errorf("answer has id %q and %d lines, %d were asked for", o.ID, len(o.Lines), len(skus))
	}
	for i, l := range o.Lines {
		var promised int64
		for _, r := range l.Reserved {
			promised += int64(r.Qty)
		}
		if string(l.SKU) != skus[i] || promised != qtys[i] || l.Backordered != 0 {
			return fmt.Errorf("line %d promises %d of %s and backorders %d, %d of %s were asked for",
				i+1, promised, l.SKU, l.Backordered, qtys[i], skus[i])
		}
	}
	return nil
}

func refused(status int, body []byte) error {
	var p contract.Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return fmt.Errorf("answered with status %d", status)
	}
	return fmt.Errorf("%s (%s, %d)", p.Detail, p.Code, status)
}

func post(ctx context.Context, hc *http.Client, url, token, key string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(contract.HeaderKey, key)
	resp, err := hc.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, answerMax))
	return resp.StatusCode, answer, errors.Join(err, resp.Body.Close())
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
