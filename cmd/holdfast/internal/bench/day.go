package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Day is what tills, handhelds and the office of a shop ask of its node: clients that each make one errand after another (errands.go),
// every call of it timed by its route. Make it with NewDay.
type Day struct {
	cfg     DayConfig
	items   []ledger.Item
	clients []*dayClient
	total   int // of the weights of all errands
	bySKU   map[ledger.SKU]int
	began   time.Time
	errands []errand

	Calls    atomic.Uint64
	Repeated atomic.Uint64 // requests sent again because no answer came
}

// DayConfig says where a day is played, and on what.
type DayConfig struct {
	URL, Token string
	Site       ledger.SiteID
	Run        string // part of each key and name, so that two runs on one book do not meet
	Clients    int
	Goods      *goods.Catalogue
	Customers  int
	Past       []ledger.OrderID // orders of the years before, paid for
	Pause      time.Duration    // of each client before each call, on average: drawn between none and twice as much; 0: none
}

// An errand is a few calls that belong together; weight says how often it is made.
type errand struct {
	name   string
	weight int
	run    func(*dayClient) error
}

// A dayClient is one till, handheld or desk.
type dayClient struct {
	day    *Day
	conn   conn
	random *rand.Rand
	number int
	n      uint64 // of its last key
	lists  uint64 // that it has read
	ctx    context.Context
	times  map[string]*Histogram // by route
	timed  bool
	till   ledger.TillID
	recent []ledger.OrderID // orders that were placed lately
	placed []ledger.UUID    // all that were placed and accepted
	buf    []byte
}

// RouteTimes are what the calls of one route took.
type RouteTimes struct {
	Route string
	Times Histogram
}

// NewDay makes a day whose clients keep one connection each.
func NewDay(c DayConfig) *Day {
	d := &Day{cfg: c, items: DayItems(c.Goods), errands: errands(), bySKU: map[ledger.SKU]int{}, began: time.Now()}
	for i := range d.items {
		d.bySKU[d.items[i].SKU] = i
	}
	for _, e := range d.errands {
		d.total += e.weight
	}
	for i := range c.Clients {
		d.clients = append(d.clients, &dayClient{day: d, conn: conn{addr: address(c.URL)}, number: i, random: rand.New(rand.NewPCG(uint64(i), 3)),
			times: map[string]*Histogram{}, till: PastTill(i)})
	}
	return d
}

// at is an article's place in the catalogue.
func (d *Day) at(sku ledger.SKU) int { return d.bySKU[sku] }

// Close lets the connections go. No client may be at work.
func (d *Day) Close() error {
	var errs []error
	for _, c := range d.clients {
		errs = append(errs, c.conn.close())
	}
	return errors.Join(errs...)
}

// Timed says whether calls from here on count. No client may be at work.
func (d *Day) Timed(on bool) {
	for _, c := range d.clients {
		c.timed = on
	}
}

// Errand has a client make its next errand.
func (d *Day) Errand(ctx context.Context, client int) error {
	c := d.clients[client]
	c.ctx = ctx
	at := c.random.IntN(d.total)
	for _, e := range d.errands {
		if at -= e.weight; at < 0 {
			if err := e.run(c); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			return nil
		}
	}
	panic("bench: the errands weigh less than their sum")
}

// Seq is the last entry of the node's book.
func (d *Day) Seq(ctx context.Context) (ledger.Seq, error) {
	c := d.clients[0]
	c.ctx = ctx
	var st contract.NodeStatus
	err := c.get("GET /v1/status", "/v1/status", &st)
	return ledger.Seq(st.Seq), err
}

// Open begins the day: every till gets its float.
func (d *Day) Open(ctx context.Context) error {
	return d.each(ctx, func(c *dayClient) error { return c.openDrawer() })
}

// End counts every drawer and ends the day, in a loop of days that have nothing else in them: so there are times of calls that are
// made once a day.
func (d *Day) End(ctx context.Context, days int) error {
	for n := range days {
		if err := d.each(ctx, (*dayClient).closeDrawer); err != nil {
			return err
		}
		if err := d.clients[0].endDay(); err != nil || n == days-1 {
			return err
		}
		if err := d.Open(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *Day) each(ctx context.Context, f func(*dayClient) error) error {
	for _, c := range d.clients {
		c.ctx = ctx
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

// Routes gives what the calls took, by route. No client may be at work.
func (d *Day) Routes() []RouteTimes {
	var out []RouteTimes
	for _, c := range d.clients {
		for route, h := range c.times {
			i, ok := slices.BinarySearchFunc(out, route, func(r RouteTimes, name string) int { return strings.Compare(r.Route, name) })
			if !ok {
				out = slices.Insert(out, i, RouteTimes{Route: route})
			}
			out[i].Times.Merge(h)
		}
	}
	return out
}

// Placed gives the ids of all orders that were accepted. No client may be at work.
func (d *Day) Placed() (all []ledger.UUID) {
	for _, c := range d.clients {
		all = append(all, c.placed...)
	}
	return all
}

// DayCalls lists the routes that a day calls.
func DayCalls() []string { return slices.Clone(dayCalls[:]) }

// An ask is one call: its route as the node's table has it, the path with what is asked for, a body where there is one, and the answers
// beside 200 and 201 that are no fault: what two clients want at once one of them does not get.
type ask struct {
	route string
	path  string
	body  any
	also  []int
}

// call makes a call and times it, from its first try on. out is filled from a good answer; no says that it was another one of those
// that are no fault.
func (c *dayClient) call(a ask, out any) (no bool, err error) {
	if !slices.Contains(dayCalls[:], a.route) {
		panic("bench: a day's list of calls lacks " + a.route)
	}
	if err := c.compose(&a); err != nil {
		return false, err
	}
	if err := c.rest(); err != nil {
		return false, err
	}
	started := time.Now()
	answer, err := c.sendAsk()
	if err != nil {
		return false, fmt.Errorf("%s: %w", a.route, err)
	}
	c.day.Calls.Add(1)
	if c.timed {
		h := c.times[a.route]
		if h == nil {
			h = &Histogram{}
			c.times[a.route] = h
		}
		h.Add(time.Since(started))
	}
	switch {
	case slices.Contains(a.also, answer.Status):
		return true, nil
	case answer.Status != http.StatusOK && answer.Status != http.StatusCreated && answer.Status != http.StatusNoContent:
		return false, fmt.Errorf("%s: %w", a.path, refused(answer))
	case out != nil:
		if err := c.read(answer.Body, out); err != nil {
			return false, fmt.Errorf("%s: read answer: %w", a.path, err)
		}
	}
	return false, nil
}

// read reads an answer into out.
func (c *dayClient) read(body []byte, out any) error {
	if list, ok := out.(*skim); ok {
		c.lists++
		return list.read(body, c.lists)
	}
	return json.Unmarshal(body, out)
}

// rest pauses before a call, as whoever stands at a till does.
func (c *dayClient) rest() error {
	if c.day.cfg.Pause <= 0 {
		return nil
	}
	return world.Rest(c.ctx, time.Duration(c.random.Int64N(2*int64(c.day.cfg.Pause))))
}

// compose writes the request. What changes something has a key.
func (c *dayClient) compose(a *ask) error {
	method, _, _ := strings.Cut(a.route, " ")
	var body []byte
	if a.body != nil {
		var err error
		if body, err = json.Marshal(a.body); err != nil {
			return fmt.Errorf("%s: encode: %w", a.route, err)
		}
	}
	b := append(c.buf[:0], method...)
	b = append(append(append(b, ' '), a.path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, c.conn.addr...), "\r\nAuthorization: Bearer "...)
	b = append(append(b, c.day.cfg.Token...), "\r\nContent-Type: application/json\r\n"...)
	if method != http.MethodGet {
		b = append(append(b, contract.HeaderKey...), ": "...)
		b = append(append(b, c.name("key")...), "\r\n"...)
	}
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10)
	c.buf = append(append(b, "\r\n\r\n"...), body...)
	return nil
}

// name makes a name that nobody had before.
func (c *dayClient) name(what string) string {
	c.n++
	return fmt.Sprintf("%s-%s-%d-%d", c.day.cfg.Run, what, c.number, c.n)
}

// sendAsk sends what was composed until an answer comes.
func (c *dayClient) sendAsk() (Answer, error) {
	var last error
	for range repeatsMax {
		if last != nil {
			c.day.Repeated.Add(1)
			if err := world.Rest(c.ctx, repeatWait); err != nil {
				return Answer{}, err
			}
		}
		a, err := c.conn.exchange(c.ctx, c.buf)
		switch {
		case err != nil:
			last = err
		case a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests:
			last = refused(a)
		default:
			return a, nil
		}
	}
	return Answer{}, fmt.Errorf("given up after %d tries: %w", repeatsMax, last)
}
