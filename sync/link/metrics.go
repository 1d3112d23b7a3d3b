package link

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meters are the link's figures. A nil *meters measures nothing.
type meters struct {
	registry prometheus.Registerer
	all      []prometheus.Collector
	seconds  *prometheus.HistogramVec
	pushes   prometheus.Histogram
	bytes    prometheus.Counter
	failures *prometheus.CounterVec
}

func newMeters(registry prometheus.Registerer, l *Link) (*meters, error) {
	if registry == nil {
		return nil, nil
	}
	gauge := func(name, help string, value func(Status) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(l.Status()) })
	}
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 5, 10, 25}
	m := &meters{
		registry: registry,
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "link_exchange_seconds",
			Help: "Time of exchanges with head office by lane, pushes aside; a pull is held up to 20 s.", Buckets: buckets}, []string{"lane"}),
		pushes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "link_push_seconds",
			Help: "Time until a quorum of head office had a batch of entries.", Buckets: buckets}),
		bytes:    prometheus.NewCounter(prometheus.CounterOpts{Name: "link_bytes_sent_total", Help: "Bytes of bodies sent to head office, packed."}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "link_failures_total", Help: "Exchanges with head office that failed, by lane."}, []string{"lane"}),
	}
	m.all = []prometheus.Collector{m.seconds, m.pushes, m.bytes, m.failures,
		gauge("link_up", "1 while head office may be asked.", func(s Status) float64 {
			if s.Online {
				return 1
			}
			return 0
		}),
		gauge("link_unsent_entries", "Entries that head office is not known to have.", func(s Status) float64 { return float64(s.Unsent) }),
		gauge("link_unsent_age_seconds", "Age of the oldest entry that head office is not known to have.", func(s Status) float64 { return s.UnsentAge.Seconds() }),
		gauge("link_archived_seq", "The last entry that head office's archive is known to have; 0: not known.", func(s Status) float64 { return float64(s.Archived) }),
		gauge("link_skew_seconds", "How far head office's clock is ahead of the site's.", func(s Status) float64 { return float64(s.SkewMS) / 1000 }),
	}
	for i, c := range m.all {
		if err := registry.Register(c); err != nil {
			m.all = m.all[:i]
			m.unregister()
			return nil, errors.Join(errors.New("register metrics"), err)
		}
	}
	return m, nil
}

func (m *meters) unregister() {
	if m == nil {
		return
	}
	for _, c := range m.all {
		m.registry.Unregister(c)
	}
	m.all = nil
}

func (m *meters) sent(bytes int64) {
	if m != nil {
		m.bytes.Add(float64(max(0, bytes)))
	}
}

func (m *meters) exchanged(lane Lane, took time.Duration, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.failures.WithLabelValues(lane.String()).Inc()
	case lane == LanePush:
		m.pushes.Observe(took.Seconds())
	default:
		m.seconds.WithLabelValues(lane.String()).Observe(took.Seconds())
	}
}
