package hq

import (
	"fmt"
	"time"

	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

type metrics struct {
	apply     prometheus.Histogram
	batch     prometheus.Histogram
	commit    prometheus.Histogram
	groups    prometheus.Histogram
	snapshots prometheus.Histogram
	sums      prometheus.Histogram
	requests  *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	leads     prometheus.Counter
	waiting   prometheus.Gauge
	moved     *prometheus.CounterVec
	again     *prometheus.CounterVec

	archiveFailures prometheus.Counter
	hangs           prometheus.Counter
	tells           *prometheus.CounterVec
	unreleased      *prometheus.CounterVec
}

func newMetrics() *metrics {
	seconds := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16)})
	}
	return &metrics{
		apply:     seconds("hq_apply_seconds", "One batch of commands applied to the state."),
		commit:    seconds("hq_raft_commit_seconds", "A proposal from being sent to being applied here."),
		snapshots: seconds("hq_snapshot_seconds", "A snapshot written, the journal store flushed first."),
		sums:      seconds("hq_state_sum_seconds", "A state summed up at a checkpoint: work, without its pauses."),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "hq_apply_batch_commands", Help: "Commands of one batch.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "hq_group_orders", Help: "Orders that were planned and committed together.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hq_request_seconds", Help: "Requests by call and status.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16)}, []string{"call", "status"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hq_refused_total", Help: "Requests refused because a queue was full, or because one caller asked too often (caller_rate) or for too much at once (caller_at_once); and connections that gave way to others, or found no place (caller_connections)."}, []string{"why"}),
		leads:   prometheus.NewCounter(prometheus.CounterOpts{Name: "hq_leaderships_total", Help: "How often this server began to lead."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hq_pulls_open", Help: "Pulls of sites that are open now."}),
		moved: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hq_advance_units_total",
			Help: "Units that head office passed on to counters in advance, or called back because they were needed elsewhere."}, []string{"act"}),
		again: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hq_replan_total",
			Help: "Planning again: rounds that began, orders looked at, orders moved, pairs that changed units, those of which one made room or gave up its own, and parcels saved."}, []string{"what"}),
		archiveFailures: prometheus.NewCounter(prometheus.CounterOpts{Name: "hq_archive_failures_total",
			Help: "How often the archive could not be brought up to date."}),
		tells: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hq_webhook_tries_total",
			Help: "Tries to tell somebody of an event, by what came of them: ok or failed."}, []string{"outcome"}),
		unreleased: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hq_book_keys_refused_total",
			Help: "How often a node was not given what opens its book: its certificate is not good (identity), its site was declared lost, it was replaced (fenced), or the book is of another secret."}, []string{"why"}),
		hangs: prometheus.NewCounter(prometheus.CounterOpts{Name: "hq_disk_hangs_total",
			Help: "How often this server's disk hung while it led, so that it gave up leading."}),
	}
}

func (m *metrics) register(reg prometheus.Registerer, s *Server) error {
	for _, c := range []prometheus.Collector{m.apply, m.batch, m.commit, m.groups, m.snapshots, m.sums, m.requests, m.refused, m.leads, m.waiting, m.moved, m.again, m.archiveFailures, m.hangs, m.tells, m.unreleased, newFigures(s)} {
		if err := reg.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// limited counts a limit that one caller met, by one of the door's few reasons.
func (m *metrics) limited(why string) { m.refused.WithLabelValues("caller_" + why).Inc() }

func (m *metrics) applied(n int, took time.Duration) {
	m.apply.Observe(took.Seconds())
	m.batch.Observe(float64(n))
}

func (m *metrics) advanced(moved office.Moved) {
	m.moved.WithLabelValues("passed_on").Add(float64(moved.Passed))
	m.moved.WithLabelValues("recalled").Add(float64(moved.Recalled))
}

func (m *metrics) replanned(done office.Replanned) {
	m.again.WithLabelValues("rounds").Add(float64(done.Rounds))
	m.again.WithLabelValues("orders").Add(float64(done.Looked))
	m.again.WithLabelValues("moves").Add(float64(done.Moved))
	m.again.WithLabelValues("parcels").Add(float64(done.Parcels))
	m.again.WithLabelValues("exchanges").Add(float64(done.Exchanged))
	m.again.WithLabelValues("made_room").Add(float64(done.MadeRoom))
	m.again.WithLabelValues("gave_up").Add(float64(done.GaveUp))
}

func (m *metrics) told(ok bool) {
	outcome := "failed"
	if ok {
		outcome = "ok"
	}
	m.tells.WithLabelValues(outcome).Inc()
}

func (m *metrics) snapshot(took time.Duration) { m.snapshots.Observe(took.Seconds()) }

// figures are read from the state when they are asked for. They are labelled by site: as many as
// there are sites, never by SKU or order.
type figures struct {
	server *Server
	descs  map[string]*prometheus.Desc
}

func newFigures(s *Server) *figures {
	f := &figures{server: s, descs: map[string]*prometheus.Desc{}}
	for name, help := range map[string]string{
		"hq_leader": "1 on the server that leads and answers.", "hq_raft_term": "Raft's term.",
		"hq_raft_applied_index": "Raft's last applied entry.", "hq_raft_commit_index": "Raft's last committed entry.",
		"hq_sites": "Sites known.", "hq_orders": "Orders known.", "hq_items": "Items known.", "hq_asks": "Asks open.",
		"hq_commands_outstanding": "Commands that no entry has embedded yet.", "hq_exceptions_total": "Exceptions ever raised.",
		"hq_life": "Counter of head office's life: it rises at a restore and at a recovery.", "hq_disk_hanging": "1 while this server's disk hangs and it has given up leading.",
		"hq_state_differs":          "1 while this server is out of service because its state is not the one of the others.",
		"hq_servers_differing":      "Other servers whose state this one found to be another.",
		"hq_state_agreed_index":     "The last entry of raft's log at which all servers had one state, as far as this one has heard.",
		"hq_orders_to_be_confirmed": "Orders that were taken without a promise, and are neither confirmed nor declined yet.",
		"hq_deliveries_expected":    "Deliveries that suppliers are to bring.", "hq_delivery_promises": "Lines of orders that are promised something of a delivery, once for each delivery and day.",
		"hq_authority_newest_timestamp_seconds": "When the authority's newest generation was made known here, since 1970: a copy of authority.pem from before that is old. Left out where there is none.",
		"hq_authority_foreign":                  "1 while another server is under an authority that this one does not know: one of the two slept through a rotation, or has an old copy of authority.pem.",
		"hq_erasures_open":                      "Persons erased here whom a node may have still, or nobody answers for.", "hq_erasures_overdue": "Of these, the ones that were to be gone everywhere by now.",
		"hq_waiting_skus": "SKUs that an order waits for.", "hq_raft_log_bytes": "Weight of the entries that raft's log keeps here.",
	} {
		f.descs[name] = prometheus.NewDesc(name, help, nil, nil)
	}
	for name, help := range map[string]string{
		"hq_site_age_seconds":       "Since the site was last heard of; on the leader.",
		"hq_site_unsynced_entries":  "Entries that the site has shown and that are not here yet.",
		"hq_archive_lag_entries":    "Entries of the site that are here and not in the archive yet; where there is one.",
		"hq_site_journal_lag_count": "Entries of the site that this server's journal store lacks.",
	} {
		f.descs[name] = prometheus.NewDesc(name, help, []string{"site"}, nil)
	}
	for name, help := range healthOfSites() {
		f.descs[name] = prometheus.NewDesc(name, help, []string{"site"}, nil)
	}
	for name, help := range healthOfHooks() {
		f.descs[name] = prometheus.NewDesc(name, help, []string{"webhook"}, nil)
	}
	f.descs["hq_exceptions_open"] = prometheus.NewDesc("hq_exceptions_open", "Exceptions that nobody has seen to yet, by word.", []string{"what"}, nil)
	return f
}

func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range f.descs {
		ch <- d
	}
}

func (f *figures) Collect(ch chan<- prometheus.Metric) {
	s := f.server
	if !s.running.Load() {
		return
	}
	put := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(f.descs[name], prometheus.GaugeValue, v, labels...)
	}
	off, err := s.leader()
	leads := 0.0
	if err == nil {
		leads = 1
	}
	put("hq_leader", leads)
	put("hq_raft_term", float64(s.raft.CurrentTerm()))
	put("hq_raft_applied_index", float64(s.raft.AppliedIndex()))
	put("hq_raft_commit_index", float64(s.raft.CommitIndex()))
	put("hq_raft_log_bytes", float64(s.logStore.Bytes()))
	var counts machine.Counts
	var sites []*machine.Site
	var h ledger.Incarnation
	var open map[string]int
	closed := map[ledger.SiteID]bool{}
	erasing, overdue := 0, 0
	s.View(func(m *machine.Machine) {
		erasing, overdue = m.ErasuresOpen(s.now().Add(-erasureDue))
		counts, sites, h, open = m.Counts(), m.Sites(), m.H(), openExceptions(m)
		for _, site := range sites {
			closed[site.ID] = m.Closed(site) != ""
		}
	})
	f.healthOfTelling(put)
	put("hq_life", float64(h.Counter))
	put("hq_disk_hanging", truth(s.lead.hangs.Load()))
	differing, agreed := s.compared.figures()
	s.trust.figures(put)
	put("hq_state_differs", truth(s.lead.out.Load() > 0))
	put("hq_servers_differing", float64(differing))
	put("hq_state_agreed_index", float64(agreed))
	for what, n := range open {
		put("hq_exceptions_open", float64(n), what)
	}
	put("hq_erasures_open", float64(erasing))
	put("hq_erasures_overdue", float64(overdue))
	put("hq_sites", float64(counts.Sites))
	put("hq_orders", float64(counts.Orders))
	put("hq_items", float64(counts.Items))
	put("hq_asks", float64(counts.Asks))
	put("hq_commands_outstanding", float64(counts.Commands))
	put("hq_orders_to_be_confirmed", float64(counts.Unconfirmed))
	put("hq_deliveries_expected", float64(counts.Deliveries))
	put("hq_delivery_promises", float64(counts.DuePromises))
	put("hq_waiting_skus", float64(counts.WaitingSKUs))
	put("hq_exceptions_total", float64(counts.Exceptions))
	for _, site := range sites {
		name := string(site.ID)
		put("hq_site_unsynced_entries", float64(unsynced(site)), name)
		put("hq_site_journal_lag_count", float64(less(site.Stored.Seq, s.journal.WholeSeq(site.ID))), name)
		if s.cfg.Archive != "" {
			put("hq_archive_lag_entries", float64(less(site.Stored.Seq, site.Archived.Seq)), name)
		}
		if off != nil {
			put("hq_site_age_seconds", s.contact(off, site).Age.Seconds(), name)
		}
		put("hq_site_frozen", truth(closed[site.ID]), name)
		f.healthOf(put, off, site, h)
	}
}

// unsynced counts the entries that a site has shown and that are not here.
func unsynced(site *machine.Site) ledger.Seq { return less(site.Shown.Seq, site.Stored.Seq) }

func less(a, b ledger.Seq) ledger.Seq {
	if a < b {
		return 0
	}
	return a - b
}

// role is raft's word for what this server is.
func (s *Server) role() string {
	switch s.raft.State() {
	case raft.Leader:
		return "leader"
	case raft.Candidate:
		return "candidate"
	case raft.Follower:
		return "follower"
	default:
		return "closing"
	}
}
