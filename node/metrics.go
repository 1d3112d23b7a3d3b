package node

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
)

// metrics are the node's figures. Labels name kinds, never a SKU or an order.
type metrics struct {
	reg      prometheus.Registerer
	requests *prometheus.HistogramVec
	orders   *prometheus.CounterVec
	asks     *prometheus.CounterVec
	limits   *prometheus.CounterVec
	all      []prometheus.Collector
}

func newMetrics(reg prometheus.Registerer, n *Node) (*metrics, error) {
	book, r, p := n.book, &n.rebuild, &n.printer
	m := &metrics{reg: reg,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "node_http_request_seconds",
			Help:    "How long requests took, by route and class of status.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .4, 1, 5}}, []string{"route", "class"}),
		orders: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "node_orders_total",
			Help: "Orders decided, by what became of them."}, []string{"outcome"}),
		asks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "node_asks_total",
			Help: "Questions to head office, by its answer."}, []string{"answer"}),
		limits: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "node_limits_met_total",
			Help: "Requests of callers who asked too often (rate) or for too much at once (at_once), and connections that gave way to others, or found no place (connections)."}, []string{"why"}),
	}
	gauge := func(name, help string, value func(ledger.Summary) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(book.View()) })
	}
	counter := func(name, help string, value func(ledger.Summary) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(book.View()) })
	}
	m.all = []prometheus.Collector{m.requests, m.orders, m.asks, m.limits,
		gauge("node_book_seq", "The last entry of the journal.", func(s ledger.Summary) float64 { return float64(s.Head.Seq) }),
		gauge("node_book_epoch", "The epoch of the book.", func(s ledger.Summary) float64 { return float64(s.Epoch) }),
		gauge("node_book_skus", "SKUs that the site ever had.", func(s ledger.Summary) float64 { return float64(s.SKUs) }),
		gauge("node_book_open_orders", "Orders held in memory.", func(s ledger.Summary) float64 { return float64(s.OpenOrders) }),
		gauge("node_book_open_asks", "Questions to head office without an answer.", func(s ledger.Summary) float64 { return float64(s.OpenAsks) }),
		gauge("node_book_drafts", "Parked sales and quotes that nobody has placed or put away.", func(s ledger.Summary) float64 { return float64(s.Drafts) }),
		gauge("node_book_waiting", "Orders that wait for somebody's word, for the checks that they tripped.", func(s ledger.Summary) float64 { return float64(s.Reviews) }),
		gauge("node_book_to_be_confirmed", "Orders that are to be confirmed.", func(s ledger.Summary) float64 { return float64(s.ToConfirm) }),
		counter("node_orders_confirmed_total", "Orders that were to be confirmed, of which all was promised later.", func(s ledger.Summary) float64 { return float64(s.Confirmed) }),
		counter("node_orders_declined_total", "Orders that were to be confirmed, of which some was declined.", func(s ledger.Summary) float64 { return float64(s.Declined) }),
		gauge("node_book_quarantined", "1 while the book promises nothing.", func(s ledger.Summary) float64 { return truth(s.Quarantine != "") }),
		gauge("node_book_rebuilding", "1 from the new epoch of a rebuilt book until it is attested.", func(s ledger.Summary) float64 { return truth(s.Rebuilding) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_rebuild_left", Help: "Entries to be fetched, or late facts to be recorded, by the rebuild under way."}, r.left),
		gauge("node_book_full", "1 while the disk has no room for new promises.", func(s ledger.Summary) float64 { return truth(s.Full) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_book_stopped", Help: "1 once writing to the disk has failed."},
			func() float64 { return truth(book.Err() != nil) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_book_trimmed_seq", Help: "The journal was trimmed up to this entry; 0 where it is whole."},
			func() float64 { return float64(book.Trimmed()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_certificate_left_seconds",
			Help: "Until the node's certificate ends; below 0 it has ended, and neither head office nor tills that look at it believe the node. +Inf where it needs none."}, n.certificateLeft),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_users_age_seconds",
			Help: "Since head office last said who may call here: whoever it has turned away since may still come in. +Inf: nobody knows. 0 where there is no head office."}, n.usersAge),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "node_labels_failing", Help: "1 while labels cannot be written into their folder."},
			func() float64 { return truth(p.now().failing != "") }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "node_labels_total", Help: "Labels of parcels that this process has written."},
			func() float64 { return float64(p.now().made) }),
	}
	for i, c := range m.all {
		if err := reg.Register(c); err != nil {
			m.all = m.all[:i]
			m.close()
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// close takes the figures back, so that a node may be opened again in the same process.
func (m *metrics) close() {
	for _, c := range m.all {
		m.reg.Unregister(c)
	}
}

// A routeTimes has the figures of one route at hand: looking them up by their labels costs more
// than counting. A class of status gets its figures when the first answer has it.
type routeTimes struct {
	all     *prometheus.HistogramVec
	name    string
	classes [6]atomic.Pointer[prometheus.Observer] // by the status's first digit; 0 is no answer
}

// route gives the figures of a route. Two of one name share them.
func (m *metrics) route(name string) *routeTimes { return &routeTimes{all: m.requests, name: name} }

func (t *routeTimes) observe(status int, took time.Duration) {
	class := status / 100 // 0 to 5: we write no other status
	at := t.classes[class].Load()
	if at == nil {
		o := t.all.WithLabelValues(t.name, strconv.Itoa(class)+"xx")
		at = &o
		t.classes[class].Store(at)
	}
	(*at).Observe(took.Seconds())
}

func (m *metrics) ordered(out ledger.Outcome, err error) {
	m.orders.WithLabelValues(outcomeWord(out, err)).Inc()
}

// limited counts a limit that somebody met, by one of the door's few reasons.
func (m *metrics) limited(why string) { m.limits.WithLabelValues(why).Inc() }

func outcomeWord(out ledger.Outcome, err error) string {
	switch {
	case err != nil:
		return "failed"
	case out.Replayed:
		return "replayed"
	case out.Err != nil:
		if _, short := errors.AsType[*ledger.ShortError](out.Err); short {
			return "short"
		}
		return "refused"
	}
	if body, ok := out.Entry.Body.(*ledger.OrderBody); ok {
		return string(body.Order.Status)
	}
	return "other"
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
