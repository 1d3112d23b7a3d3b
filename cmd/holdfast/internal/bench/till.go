package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Till places orders at one node. Make it with NewTill.
type Till struct {
	cfg     TillConfig
	head    []byte // of every request, up to the key
	clients []tillClient
	done    []byte // what a glance at a good answer finds

	Answered atomic.Uint64 // orders that were answered with 201
	Repeated atomic.Uint64 // requests sent again because no answer came
}

// tillClient is what one client keeps between its orders.
type tillClient struct {
	conn    conn
	n       uint64 // of its last order
	request []byte
	body    []byte // of a bulk request
	key     []byte
	ids     []ledger.UUID
	calls   uint64
	_       [64]byte
}

// TillConfig says what a till sells where.
type TillConfig struct {
	URL     string
	Token   string
	Run     string // part of each key, so that two runs on one book do not meet
	Clients int
	Orders  *Orders
	Bulk    int  // orders of a call; 0: each alone, as a till does
	Nothing bool // the handler that does nothing answers: there is no order in its answer

	Path    string // default /v1/orders, or that of a bulk
	Created int    // the status of a good answer; default 201
	Status  string // the order's status in a good answer; default completed
}

const (
	repeatsMax = 100
	repeatWait = 50 * time.Millisecond
	fullEach   = 64 // one call in so many, and each client's first, is checked field by field
)

// NewTill makes a till whose clients keep one connection each.
func NewTill(c TillConfig) *Till {
	path := "/v1/orders"
	if c.Bulk > 0 {
		path = "/v1/orders/bulk"
	}
	path = cmp.Or(c.Path, path)
	c.Created, c.Status = cmp.Or(c.Created, http.StatusCreated), cmp.Or(c.Status, "completed")
	t := &Till{cfg: c, clients: make([]tillClient, c.Clients), done: fmt.Appendf(nil, "%q:%q", "status", c.Status)}
	t.head = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s: ",
		path, address(c.URL), c.Token, contract.HeaderKey)
	for i := range t.clients {
		t.clients[i].conn.addr = address(c.URL)
	}
	return t
}

// Close lets the connections go. No client may be at work.
func (t *Till) Close() error {
	var errs []error
	for i := range t.clients {
		errs = append(errs, t.clients[i].conn.close())
	}
	return errors.Join(errs...)
}

// IDs gives the ids of all orders that were answered, client by client. No client may be at work.
func (t *Till) IDs() []ledger.UUID {
	var all []ledger.UUID
	for i := range t.clients {
		all = append(all, t.clients[i].ids...)
	}
	return all
}

// Orders tells of each order that was answered. No client may be at work. Bulks are not told of.
func (t *Till) Orders(each func(id ledger.UUID, lines []Line)) {
	for client := range t.clients {
		for n, id := range t.clients[client].ids {
			_, lines := t.cfg.Orders.order(client, uint64(n))
			each(id, lines)
		}
	}
}

// Order places the next order of a client, or the next bulk of them, and checks the answer.
func (t *Till) Order(ctx context.Context, client int) error {
	c := &t.clients[client]
	t.compose(c, client)
	var last error
	for range repeatsMax {
		if last != nil {
			t.Repeated.Add(1)
			if err := world.Rest(ctx, repeatWait); err != nil {
				return err
			}
		}
		a, err := c.conn.exchange(ctx, c.request)
		switch {
		case err != nil:
			last = err
		case a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests:
			last = refused(a)
		default:
			if err := t.take(c, client, a); err != nil {
				return fmt.Errorf("order %s: %w", c.key, err)
			}
			return nil
		}
	}
	return fmt.Errorf("order %s: given up after %d tries: %w", c.key, repeatsMax, last)
}

// compose writes the client's next request: its orders are those from c.n on.
func (t *Till) compose(c *tillClient, client int) {
	var body []byte
	if t.cfg.Bulk == 0 {
		body, _ = t.cfg.Orders.order(client, c.n)
	} else {
		c.body = append(c.body[:0], `{"orders":[`...)
		for i := range t.cfg.Bulk {
			if i > 0 {
				c.body = append(c.body, ',')
			}
			one, _ := t.cfg.Orders.order(client, c.n+uint64(i))
			c.body = append(append(c.body, `{"key":"`...), t.keyOf(c, client, c.n+uint64(i))...)
			c.body = append(append(append(c.body, `","order":`...), one...), '}')
		}
		c.body = append(c.body, "]}"...)
		body = c.body
	}
	r := append(append(c.request[:0], t.head...), t.keyOf(c, client, c.n)...)
	r = strconv.AppendInt(append(r, "\r\nContent-Length: "...), int64(len(body)), 10)
	c.request = append(append(r, "\r\n\r\n"...), body...)
}

// keyOf is the key of a client's order; it is good until the next one is asked for.
func (t *Till) keyOf(c *tillClient, client int, n uint64) []byte {
	c.key = append(append(c.key[:0], t.cfg.Run...), '-')
	c.key = append(strconv.AppendInt(c.key, int64(client), 10), '-')
	c.key = strconv.AppendUint(c.key, n+1, 10)
	return c.key
}

// take checks the answer to what was composed, counts it, and goes on to the next orders.
func (t *Till) take(c *tillClient, client int, a Answer) error {
	full := c.calls%fullEach == 0
	var err error
	switch {
	case t.cfg.Nothing:
		if a.Status != t.cfg.Created {
			err = refused(a)
		}
	case t.cfg.Bulk == 0 && a.Status != t.cfg.Created, t.cfg.Bulk > 0 && a.Status != http.StatusOK:
		err = refused(a)
	case t.cfg.Bulk == 0:
		_, lines := t.cfg.Orders.order(client, c.n)
		var id ledger.UUID
		if id, err = t.checkOrder(a.Body, lines, full); err == nil {
			c.ids = append(c.ids, id)
		}
	default:
		var ids []ledger.UUID
		if ids, err = t.checkBulk(c, client, a.Body, full); err == nil {
			c.ids = append(c.ids, ids...)
		}
	}
	if err != nil {
		return err
	}
	n := max(t.cfg.Bulk, 1)
	c.calls, c.n = c.calls+1, c.n+uint64(n)
	t.Answered.Add(uint64(n))
	return nil
}

func refused(a Answer) error {
	var p contract.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil || p.Code == "" {
		return fmt.Errorf("answered with status %d", a.Status)
	}
	return fmt.Errorf("%s (%s, %d)", p.Detail, p.Code, a.Status)
}
