package raftsim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
)

// A party is a server of head office or a site's node. It is of the plan's goroutine.
type party struct {
	name  string // and the host of its addresses
	dir   string
	lines *lines
	open  func(ledger.Env, *slog.Logger) (runner, error)

	runs   runner // nil while it is down
	cancel context.CancelFunc
	ended  chan error
	log    *os.File
}

// A runner is what a party runs: a hq.Server or a node.Node.
type runner interface {
	Run(ctx context.Context) error
	Close() error
}

func (p *party) url() string { return "http://" + p.name + ":80" }

// start opens the party on its folder, as a new process would.
func (p *party) start() (err error) {
	if p.runs != nil {
		return nil
	}
	p.lines.plug(p.name)
	env := world.New()
	env.Network = p.lines.of(p.name)
	if p.log, err = os.OpenFile(p.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("open log of %s: %w", p.name, err)
	}
	r, err := p.open(env, slog.New(slog.NewTextHandler(p.log, nil)))
	if err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", p.name, err), p.log.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.runs, p.cancel, p.ended = r, cancel, make(chan error, 1)
	go func() { p.ended <- r.Run(ctx) }() // end waits for it
	return nil
}

// end stops the party as SIGTERM would. One that has ended by itself is a fault.
func (p *party) end() error {
	if p.runs == nil {
		return nil
	}
	var err error
	select {
	case err = <-p.ended:
		err = fmt.Errorf("%s has ended by itself: %w", p.name, errors.Join(errEnded, err))
		p.cancel()
	default:
		p.cancel()
		err = <-p.ended
	}
	err = errors.Join(err, p.runs.Close(), p.log.Close())
	p.runs = nil
	return err
}

var errEnded = errors.New("nobody had asked it to")

// crash takes the party's lines away and then ends it. It can tell nobody, and answer nobody, what it
// does from then on; what its disk has it keeps.
func (p *party) crash() error {
	p.lines.tear(p.name)
	return p.end()
}

func serverParty(l *lines, dir, name string, cfg hq.Config) *party {
	cfg.Dir, cfg.Name, cfg.Listen, cfg.RaftListen = filepath.Join(dir, name), name, name+":80", name+":90"
	return &party{name: name, dir: cfg.Dir, lines: l, open: func(env ledger.Env, log *slog.Logger) (runner, error) {
		s, err := hq.Open(env, cfg, log, prometheus.NewRegistry())
		if err != nil {
			return nil, err
		}
		return s, nil
	}}
}

func nodeParty(l *lines, dir, name string, cfg node.Config) *party {
	cfg.Dir, cfg.Site, cfg.Listen = filepath.Join(dir, name), ledger.SiteID(name), name+":80"
	return &party{name: name, dir: cfg.Dir, lines: l, open: func(env ledger.Env, log *slog.Logger) (runner, error) {
		n, err := node.Open(env, cfg, log, prometheus.NewRegistry())
		if err != nil {
			return nil, err
		}
		return n, nil
	}}
}

// server is the party's server; it must be up and one.
func (p *party) server() *hq.Server { return p.runs.(*hq.Server) }

// node is the party's node; it must be up and one.
func (p *party) node() *node.Node { return p.runs.(*node.Node) }
