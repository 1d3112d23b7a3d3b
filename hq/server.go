package hq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/hq/raftlog"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// A Server is one server of head office. Make it with Open.
type Server struct {
	cfg     Config
	env     ledger.Env
	log     *slog.Logger
	reg     *prometheus.Registry
	metrics *metrics

	id        string // raft's name for this life of the directory
	token     string // the owner's
	door      *door.Door
	browser   *door.Browser
	turnstile *door.Turnstile
	conns     *door.Connections
	refusals  *identity.Refusals
	url       string // how sites and servers reach us
	trust     *trust // nil: in the clear, on loopback
	build     machine.Build

	listener     net.Listener
	raftListener net.Listener
	logStore     *raftlog.Store
	journal      *journal.Store
	fsm          *fsm

	raft      *raft.Raft  // set by Run before anything else starts
	running   atomic.Bool // raft is set
	past      past        // what was on disk when this process began; set before raft
	informed  atomic.Bool // knowsPeople was so once
	client    *http.Client
	poster    *messenger.Poster
	mailer    *messenger.Mailer // nil: this server sends no mail
	streams   *streams          // raft's network; set before raft
	lead      leadership
	claims    claims
	calls     *calls
	polls     *polls
	pushes    *pushes
	archivist archivist
	desk      *desk
	issuer    *openid.Issuer // nil: there is none
	trips     trips
	hands     atomic.Bool // every server knows whose act a command is
	compared  *comparison
	house     atomic.Pointer[ledger.Company] // what head office's own orders are held against, as it was looked up last
	proposals chan struct{}                  // room for proposals in flight
	requests  chan struct{}                  // room for requests being served
	waiters   chan struct{}                  // room for asks and orders that wait for other sites
	readers   chan struct{}                  // room for readers of events
	adding    chan struct{}                  // held by the request that adds a site
	backups   chan struct{}                  // held by the request that reads a backup
	hearing   chan struct{}                  // room for those who are looked for again (heardOf)
	exports   chan struct{}                  // held by the requests that read a site's journal
	whatIfs   chan struct{}                  // room for what-ifs being answered
	life      *newLife                       // that is to begin; nil: none. Of Run's, then of the leading goroutine
	futures   sync.WaitGroup
	inFlight  *inFlight

	itemTurn *itemTurn

	left leftOrders

	closeOnce sync.Once
	closeErr  error
}

// Open opens the server's files and takes its addresses. It starts no goroutine.
func Open(env ledger.Env, cfg Config, log *slog.Logger, reg *prometheus.Registry) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure hq: %w", err)
	}
	s := &Server{cfg: cfg.filled(), env: env, log: log, reg: reg, metrics: newMetrics(), build: machine.ThisBuild()}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open hq %s: %w", cfg.Name, err), s.Close())
	}
	return s, nil
}

func (s *Server) open() error {
	dir := s.cfg.Dir
	err := s.env.Disk.MkdirAll(dir, 0o700)
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if s.life, err = readNewLife(s.env, dir); err != nil {
		return err
	}
	if s.life != nil && s.cfg.Join != "" {
		return ErrNewLifeJoins
	}
	out, err := readDiffers(s.env, dir)
	if err != nil {
		return err
	}
	s.lead.out.Store(out)
	if s.token, err = ownerToken(s.env, &s.cfg); err != nil {
		return err
	}
	if err := s.openDoor(); err != nil {
		return err
	}
	s.browser = door.NewBrowser(append(s.cfg.Names, hostOf(s.cfg.URL))...)
	s.turnstile = door.NewTurnstile(s.env.Clock, s.cfg.Limits, s.metrics.limited)
	s.conns = door.NewConnections(s.env.Clock, s.cfg.Limits.Connections, s.metrics.limited)
	s.refusals = identity.NewRefusals(s.log, s.env.Clock.Mono)
	if s.id, err = serverID(s.env, &s.cfg); err != nil {
		return err
	}
	if s.listener, err = s.env.Network.Listen("tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.raftListener, err = s.env.Network.Listen("tcp", s.cfg.RaftListen); err != nil {
		return fmt.Errorf("listen for raft: %w", err)
	}
	if err = s.openTrust(); err != nil {
		return err
	}
	s.url = s.reachedAt()
	s.logStore, err = raftlog.Open(filepath.Join(dir, RaftFile), raftlog.Options{
		MapSize: s.cfg.JournalMap, OpenFile: s.env.Disk.OpenFile, SyncDir: func(d string) error { return syncDir(s.env.Disk, d) }, Fault: s.beforeLog})
	if err != nil {
		return inUse(err)
	}
	s.journal, err = journal.Open(s.env, filepath.Join(dir, journal.File), journal.Options{MapSize: s.cfg.JournalMap, Told: s.telling()})
	if err != nil {
		return inUse(err)
	}
	s.fsm = &fsm{journal: s.journal, clock: s.env.Clock, metrics: s.metrics, m: machine.New(),
		changed: newBell(), gaps: newBell(), sites: newBells(), broken: make(chan error, 1), ended: make(chan struct{})}
	s.fsm.sums.marked = make(chan marked, 1)
	s.client, s.compared, s.poster = s.newClient(), newComparison(), messenger.NewPoster(s.env.Network)
	s.mailer = messenger.NewMailer(s.env.Network, s.cfg.Mail)
	s.openIssuer()
	s.calls, s.polls, s.pushes, s.itemTurn = newCalls(), newPolls(s.cfg.PullsMax), newPushes(), newItemTurn()
	s.proposals = make(chan struct{}, s.cfg.ProposalsMax)
	s.requests = make(chan struct{}, s.cfg.RequestsMax)
	s.hearing = make(chan struct{}, hearRoom)
	s.desk = newDesk(s.cfg.ProposalsMax)
	s.waiters = make(chan struct{}, s.cfg.WaitersMax)
	s.readers = make(chan struct{}, s.cfg.EventsMax)
	s.adding = make(chan struct{}, 1)
	s.backups, s.exports = make(chan struct{}, 1), make(chan struct{}, 2)
	s.whatIfs = make(chan struct{}, whatIfsMax)
	s.inFlight = newInFlight()
	return s.metrics.register(s.reg, s)
}

// URL is how this server is reached.
func (s *Server) URL() string { return s.url }

// RaftAddr is how the other servers reach this one's raft.
func (s *Server) RaftAddr() string {
	if s.cfg.RaftAddr != "" {
		return s.cfg.RaftAddr
	}
	return s.raftListener.Addr().String()
}

// ID is this server's raft id.
func (s *Server) ID() string { return s.id }

// Run serves until ctx ends and then returns nil. Any other return is a fault that an operator
// must see. When Run returns, no goroutine of s is alive.
func (s *Server) Run(ctx context.Context) error {
	// Raft's appliers need the journal store until raft has ended, so it has a life of its own.
	store, stopStore := context.WithCancel(context.Background())
	stored := make(chan error, 1)
	go func() { stored <- s.journal.Run(store) }()

	err := s.runRaft(ctx)
	stopStore()
	if storeErr := <-stored; err == nil && storeErr != nil {
		err = storeErr
	}
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

func (s *Server) runRaft(ctx context.Context) error {
	node, transport, err := s.startRaft(ctx)
	if err != nil {
		return err
	}
	s.raft = node
	s.running.Store(true)
	err = s.work(ctx)
	close(s.fsm.ended)
	s.lead.ready.Store(false)
	if node.State() == raft.Leader && !s.lead.hangs.Load() && s.lead.out.Load() == 0 {
		// Another leads at once, rather than after a heartbeat has been missed. Best effort: where
		// there is no other, raft says so and we end all the same.
		if e := node.LeadershipTransfer().Error(); e != nil {
			s.log.LogAttrs(context.Background(), slog.LevelDebug, "leadership kept to the end", slog.Any(keyErr, e))
		}
	}
	s.futures.Wait() // raft still answers them
	// Raft waits for what it has asked the others: up to raftIOWait for each that says nothing, unless
	// the connections end first.
	ended := node.Shutdown()
	closeErr := transport.Close()
	return errors.Join(err, ended.Error(), closeErr)
}

// work runs everything that needs raft.
func (s *Server) work(ctx context.Context) error {
	// Requests in flight are answered after ctx has ended, so the desk outlives what serves them.
	open, shut := context.WithCancel(context.WithoutCancel(ctx))
	var beside sync.WaitGroup
	beside.Go(func() { s.runDesk(open) })
	defer beside.Wait()
	defer shut()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.watch(gctx) })
	g.Go(func() error { return s.runWatchdog(gctx) })
	g.Go(func() error { return s.runClaims(gctx) })
	g.Go(func() error { return s.runLeading(gctx) })
	g.Go(func() error { return s.runAnnounce(gctx) })
	g.Go(func() error { return s.runFetch(gctx) })
	g.Go(func() error { return s.runTrust(gctx) })
	g.Go(func() error { return s.runSeen(gctx) })
	g.Go(func() error { return s.runTrim(gctx) })
	g.Go(func() error { return s.runSums(gctx) })
	g.Go(func() error { return s.runCompare(gctx) })
	g.Go(func() error { return s.runArchivist(gctx) })
	g.Go(func() error { return s.runWeb(gctx) })
	err := g.Wait()
	if left := s.leaveArchive(); errors.Is(left, errArchiveBusy) {
		s.log.LogAttrs(context.Background(), slog.LevelWarn, "archive left open: its folder does not answer", slog.String(keyPath, s.cfg.Archive))
	} else {
		err = errors.Join(err, left)
	}
	s.client.CloseIdleConnections()
	s.poster.Close()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// watch ends the server when one of its files has broken: raft itself would go on.
func (s *Server) watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.fsm.broken:
		return err
	case <-s.logStore.Failed():
		return fmt.Errorf("keep raft's log: %w", s.logStore.Err())
	case <-s.journal.Failed():
		return fmt.Errorf("keep journals: %w", s.journal.Err())
	}
}

// reachedAt is how sites and other servers reach this one.
func (s *Server) reachedAt() string {
	switch {
	case s.cfg.URL != "":
		return s.cfg.URL
	case s.trust != nil:
		return "https://" + s.listener.Addr().String()
	default:
		return "http://" + s.listener.Addr().String()
	}
}

// Close lets go of files and addresses. Run must have returned. It may be called twice.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		var errs []error
		if s.issuer != nil {
			s.issuer.Close()
		}
		if s.journal != nil {
			errs = append(errs, s.journal.Close())
		}
		if s.logStore != nil {
			errs = append(errs, s.logStore.Close())
		}
		for _, l := range []net.Listener{s.raftListener, s.listener} {
			if l != nil {
				if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
					errs = append(errs, err)
				}
			}
		}
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}
