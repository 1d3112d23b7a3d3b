package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/link"
)

// A Node is one site. Open gives one that is ready, Run serves, Close lets go.
type Node struct {
	env      ledger.Env
	cfg      Config
	log      *slog.Logger
	book     *ledger.Book
	link     *link.Link // nil where there is no head office
	desk     *desk
	door     *door.Door
	web      *web
	metrics  *metrics
	listener net.Listener
	keeper   *identity.Keeper // the node's certificate; nil: in the clear, on loopback
	refusals *identity.Refusals
	unproved atomic.Pointer[string] // why the certificate is not renewed; nil: it was, or is not due
	broken   chan error             // holds the first panic of a handler
	rebuild  rebuild
	judged   chan struct{} // closed once something may be promised
	said     chan struct{} // holds one: head office has said something of the company
	full     atomic.Bool   // orders are refused for want of room on the disk, and that was logged

	itemsMu sync.Mutex // held while an item is put: versions have no gaps and no twins
	picks   pickLists  // has a lock of its own
	printer labels     // has a lock of its own
	idsMu   sync.Mutex // guards ids and codes
	ids     io.Reader
	codes   io.Reader // collect codes are drawn from it

	closeOnce func() error
}

// Open opens the site's book, reads or draws its tokens and listens, but serves nobody yet. It
// starts no goroutine. reg must also be a prometheus.Gatherer, as a *prometheus.Registry is:
// /metrics shows what it holds.
func Open(env ledger.Env, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open node: %w", err)
	}
	cfg = cfg.filled()
	gather, ok := reg.(prometheus.Gatherer)
	if !ok {
		return nil, errors.New("open node: the metrics' registry cannot be read")
	}
	n := &Node{env: env, cfg: cfg, log: log.With(slog.String(keySite, string(cfg.Site))), broken: make(chan error, 1), judged: make(chan struct{}), said: make(chan struct{}, 1), ids: env.Random("node ids"), codes: env.Random("collect codes")}
	n.closeOnce = sync.OnceValue(n.release)
	if err := n.open(reg, gather); err != nil {
		return nil, errors.Join(fmt.Errorf("open node %s: %w", cfg.Site, err), n.Close())
	}
	return n, nil
}

// ErrJoined says that a book with a head office was to be run without one. Alone it would name
// items that head office does not know, and sell nothing of what it allotted.
var ErrJoined = errors.New("the site has a head office, so it cannot stand alone")

func (n *Node) open(reg prometheus.Registerer, gather prometheus.Gatherer) (err error) {
	if n.book, err = ledger.OpenBook(n.env, ledger.BookConfig{Site: n.cfg.Site, Dir: n.cfg.Dir, JournalSize: n.cfg.JournalSize}); err != nil {
		return err
	}
	if n.cfg.Standalone && n.book.HQ() != (ledger.Incarnation{}) {
		return ErrJoined
	}
	if n.listener, err = n.env.Network.Listen("tcp", n.cfg.Listen); err != nil {
		return fmt.Errorf("listen on %s: %w", n.cfg.Listen, err)
	}
	if err := n.openIdentity(); err != nil {
		return err
	}
	token, err := ownerToken(n.env, n.cfg.Dir)
	if err != nil {
		return err
	}
	if n.metrics, err = newMetrics(reg, n); err != nil {
		return err
	}
	var hq asker
	if !n.cfg.Standalone {
		if err = n.openLine(reg); err != nil {
			return err
		}
		hq = n.link
		if err = n.openRebuild(); err != nil {
			return err
		}
	} else {
		close(n.judged)
	}
	n.desk = newDesk(n.book, hq, n.env, n.cfg, n.log, n.metrics)
	if n.door, err = door.Open(door.Parts{Site: n.cfg.Site, Users: func(id ledger.UserID) (*ledger.User, bool) { return n.book.People().User(id) },
		Peopled: func() bool { return len(n.book.People().Users) > 0 },
		Clock:   n.env.Clock, Random: n.env.Random("door"), Disk: n.env.Disk, Dir: n.cfg.Dir}); err != nil {
		return err
	}
	n.web = newWeb(n, token, gather)
	return nil
}

// Addr is where the node listens.
func (n *Node) Addr() net.Addr { return n.listener.Addr() }

// Run serves until ctx ends and then returns nil. Any other return is a fault that an operator
// must see. When Run returns, no goroutine of n is alive.
//
// A disk that fails does not end Run: nothing more is taken, but what is there can be read
// until somebody comes, and Run gives the failure at its end. ErrRejoined says that the node is to be
// closed and opened again.
func (n *Node) Run(ctx context.Context) error {
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	alive, died := context.WithCancel(context.WithoutCancel(ctx))
	taking, stopTaking := context.WithCancel(context.WithoutCancel(ctx))
	defer func() { stopWriting(); died(); stopTaking() }()

	var writer, takers errgroup.Group
	writer.Go(func() error {
		defer died()
		err := n.book.Run(writing)
		if err != nil {
			n.log.LogAttrs(ctx, slog.LevelError, "book stopped, nothing more is taken", slog.Any(keyErr, err))
		}
		return err
	})
	takers.Go(func() error { return n.desk.run(taking, alive) })
	serveErr := n.serve(ctx)
	// Who asks goes before who answers: the web and the line, the desk, the writer.
	stopTaking()
	takeErr := takers.Wait()
	stopWriting()
	return errors.Join(serveErr, takeErr, writer.Wait())
}

// serve runs what brings requests to the book. The first fault ends all of it.
func (n *Node) serve(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.web.run(gctx, n.secured(n.web.conns.Listener(n.listener))) })
	if n.link != nil {
		g.Go(func() error { return n.runLine(gctx) })
		g.Go(func() error { return n.awaitVerdict(gctx) })
		g.Go(func() error { return n.runRebuild(gctx) })
	} else {
		g.Go(func() error { return n.openAlone(gctx) })
	}
	g.Go(func() error { return n.handBack(gctx) })
	g.Go(func() error { return n.runIdentity(gctx) })
	g.Go(func() error { return n.keepSeen(gctx) })
	g.Go(func() error { return n.decideDue(gctx) })
	g.Go(func() error { return n.trim(gctx) })
	g.Go(func() error { return n.touchLots(gctx) })
	g.Go(func() error { return n.obeyRecalls(gctx) })
	g.Go(func() error { return n.printLabels(gctx) })
	g.Go(func() error {
		select {
		case err := <-n.broken:
			return err
		case <-gctx.Done():
			return nil
		}
	})
	n.log.LogAttrs(ctx, slog.LevelInfo, "node serves", slog.String(keyAddr, n.Addr().String()), slog.Uint64(keySeq, uint64(n.book.Head().Seq)))
	if err := g.Wait(); ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// handBackEach is how often the pages of the book that are mapped are handed back.
const handBackEach = 5 * time.Second

// handBack keeps what was read of the book once from counting as this process's memory for good.
func (n *Node) handBack(ctx context.Context) error {
	for {
		fired, stop := n.env.Clock.After(handBackEach)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-fired:
		}
		if err := n.book.HandBack(); err != nil {
			return err
		}
	}
}

// openAlone begins the life of a site that has no head office to give it an epoch.
func (n *Node) openAlone(ctx context.Context) error {
	if n.book.View().Epoch > 0 {
		return nil
	}
	_, err := n.book.Do(ctx, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: n.cfg.Counter, Standalone: true, Boot: n.book.Boot()}})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("open standalone site: %w", err)
	}
	return nil
}

// faulty says whether the book was stopped by its disk, not by us.
func (n *Node) faulty() bool {
	err := n.book.Err()
	return err != nil && err != ledger.ErrClosed
}

// Close lets go of everything in reverse order. Run must have returned. It may be called twice.
func (n *Node) Close() error { return n.closeOnce() }

func (n *Node) release() error {
	var errs []error
	if n.listener != nil {
		if err := n.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if n.link != nil {
		errs = append(errs, n.link.Close())
	}
	if n.metrics != nil {
		n.metrics.close()
	}
	if n.book != nil {
		errs = append(errs, n.book.Close())
	}
	return errors.Join(errs...)
}
