package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

type nodeCmd struct {
	service
	Dir        string        `help:"Folder of the site's book and tokens; made if there is none." required:"" placeholder:"DIR"`
	Site       string        `help:"Name of the site, for example leeds; a join token says it, too." placeholder:"NAME"`
	Names      []string      `help:"Names or addresses by which tills and browsers call this node, beside the one address that it listens on: its certificate says them; a public one that is given after the node has joined takes another --join. Names of the inside (one word, .local, .internal, .lan) are let in unsaid; requests for others are turned away." placeholder:"NAME"`
	Listen     string        `help:"Where the API and the page are served, for example 10.20.0.10:8080." required:"" placeholder:"ADDR"`
	HQ         []string      `name:"hq" help:"Base URLs of head office's servers." placeholder:"URL"`
	Join       string        `help:"Token that site add printed. What it gets is kept in DIR, so given once. --join-file goes first." placeholder:"TOKEN" env:"HOLDFAST_JOIN"`
	JoinFile   string        `help:"File with that token; a command line can be read by every user of the machine." placeholder:"FILE" type:"existingfile"`
	Replace    bool          `help:"A new node for a site whose old one is gone: the site is rebuilt here from head office's copy under a new epoch, and the old one is fenced. Good once in a folder."`
	Standalone bool          `help:"There is no head office; items are kept here."`
	CheckWait  time.Duration `help:"How long a check may take of a book whose last opening never ended; it runs in a process of its own." default:"10m"`
	Retention  time.Duration `help:"How long an entry stays in the site's journal once head office's archive has it; 0 keeps all. Keys and orders are remembered for ever." default:"2160h"`
	Labels     string        `help:"Folder that the labels of what has left are written into, as ZPL, for a printer to take. A label that could not be written follows once it can be." placeholder:"DIR"`
	Carriers   string        `help:"A JSON file of the carriers that this site sends with, and their services: {\"version\":1,\"carriers\":[{\"name\":\"PostHaste\",\"services\":[\"24\",\"48\"]}]}. Without it a dispatch may name any." placeholder:"FILE"`
	GS1Prefix  string        `name:"gs1-prefix" help:"The company's GS1 prefix: packed cartons get numbers of their own (SSCC) under it." placeholder:"DIGITS"`
	Range      string        `name:"carton-range" help:"With it: digits that the numbers of this site's cartons go on with, and no other site's. Needed where there is a head office. A restored or rebuilt node repeats no number." placeholder:"DIGITS"`
	GoodsIn    []string      `name:"goods-in-bin" help:"A bin that goods come into, to be put away from there (bin put-away); the first takes what names no bin. May be given several times; without it goods lie in MAIN." placeholder:"BIN"`
	Tolerance  int64         `name:"count-tolerance" help:"By how many units a counted bin may differ before another person must count it again. With neither this nor the next, by any number; with both, the wider one holds." placeholder:"UNITS"`
	Percent    int           `name:"count-tolerance-percent" help:"By how much of what the book has there it may differ." placeholder:"PERCENT"`
	Over       int           `name:"over-tolerance" help:"How many percent beyond what this site's purchase order says come in without being asked about; -1: any number." default:"10" placeholder:"PERCENT"`
	Discount   int           `name:"discount-limit" help:"How many percent a line may be sold below what it costs by the price list, by a discount or by another price, before the order must name who approved it. Without it, any number." placeholder:"PERCENT"`
	Seal       bool          `help:"Seal a new book: nobody reads it on the disk without what opens it (--seal-by), which is asked for now and at each start. A book that is there already: holdfast book seal."`
	sealFlags
	passphraseFlags
	Counter bool `help:"With --standalone: the site sells over a counter. Otherwise head office says so."`

	env ledger.Env // with the key of the book, where it is sealed
}

// Run serves one site until it is told to stop.
func (c *nodeCmd) Run(h *house) error {
	cfg := node.Config{Site: ledger.SiteID(c.Site), Dir: c.Dir, Listen: c.Listen, Names: c.Names, HQ: c.HQ, Join: c.Join,
		Standalone: c.Standalone, Counter: c.Counter, Replace: c.Replace, Retention: c.Retention,
		CountUnits: ledger.Qty(c.Tolerance), CountPercent: c.Percent, DiscountPercent: c.Discount, OverPercent: c.Over}
	cfg.Labels, cfg.Limits = c.Labels, c.limits()
	if c.Carriers != "" {
		raw, err := os.ReadFile(c.Carriers)
		if err != nil {
			return fmt.Errorf("read carriers: %w", err)
		}
		if cfg.Carriers, err = contract.ReadCarriers(raw); err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, c.Carriers, err)
		}
	}
	cfg.Cartons = ledger.CartonNumbers{Prefix: c.GS1Prefix, Range: c.Range}
	for _, bin := range c.GoodsIn {
		cfg.GoodsIn = append(cfg.GoodsIn, ledger.Bin(bin))
	}
	if c.Counter && !c.Standalone {
		return fmt.Errorf("%w: --counter goes with --standalone; head office's site add says it otherwise", errUsage)
	}
	if c.JoinFile != "" {
		token, err := os.ReadFile(c.JoinFile)
		if err != nil {
			return fmt.Errorf("read join token: %w", err)
		}
		cfg.Join = strings.TrimSpace(string(token))
	}
	if err := c.enrol(h, &cfg); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return invalid(err)
	}
	if err := c.unlock(h, cfg.HQ); err != nil {
		return err
	}
	defer morePlaces()()
	return c.serve(h, cfg, c.logger(h.stderr))
}

// enrol gets the node its certificate where a join token was given, and says of site and head office what the folder
// knows and nobody has said.
func (c *nodeCmd) enrol(h *house, cfg *node.Config) error {
	if identity.IsToken(cfg.Join) {
		token, err := identity.ParseToken(cfg.Join)
		switch {
		case err != nil:
			return fmt.Errorf("%w: --join: %w", errUsage, err)
		case cfg.Site != "" && token.Role == identity.RoleSite && token.Site != cfg.Site:
			return fmt.Errorf("%w: --join: the token is for %s, and --site says %s", errUsage, token.Site, cfg.Site)
		}
		if err := node.Enrol(h.ctx, world.New(), cfg, token, waitsFor(c.logger(h.stderr))); err != nil {
			return joinFault(err)
		}
		cfg.Join = ""
	}
	site, servers, err := node.Enrolled(world.New(), cfg.Dir)
	if err != nil {
		return withHint(err, "give the node another: holdfast hq token add NAME at head office, then --join TOKEN here")
	}
	if cfg.Site == "" {
		cfg.Site = site
	}
	if len(cfg.HQ) == 0 && !cfg.Standalone {
		cfg.HQ = servers
	}
	c.Site = string(cfg.Site)
	return nil
}

// unlock gets the key of a sealed book, before anything of it is opened, and makes one where a new book is to be sealed.
func (c *nodeCmd) unlock(h *house, servers []string) (err error) {
	c.servers = servers
	if c.env, err = c.withKey(h, c.Dir); err == nil && c.Seal && c.env.Sealing.Key == nil {
		c.env.Sealing.Key, err = c.sealNew(h, c.env, &c.sealFlags, c.Dir)
	}
	return err
}

// serve opens the node and runs it. One whose book was rebuilt from head office's copy is opened
// again at once, at the same address: the new book takes the old one's place then.
func (c *nodeCmd) serve(h *house, cfg node.Config, log *slog.Logger) error {
	for {
		addr, rebuilds, err := c.serveOnce(h, cfg, log)
		if !errors.Is(err, node.ErrRejoined) {
			return err
		}
		cfg.Listen, cfg.Rebuilds = addr, rebuilds
	}
}

func (c *nodeCmd) serveOnce(h *house, cfg node.Config, log *slog.Logger) (addr string, rebuilds int, err error) {
	n, err := c.open(h.ctx, cfg, log)
	if err != nil {
		return "", 0, c.openFault(err)
	}
	addr = n.Addr().String()
	switch s := n.Status(); s.State {
	case "quarantined":
		// It goes on serving: what is there can be read, and head office hears of it.
		log.LogAttrs(h.ctx, slog.LevelError, "site is in quarantine and promises nothing but goods in the hand", slog.String("why", s.Why))
	case "rebuilding":
		log.LogAttrs(h.ctx, slog.LevelWarn, "site is being rebuilt", slog.String("why", s.Why))
	}
	fmt.Fprintf(h.stdout, "%s serves at %s\n", c.Site, n.URL())
	err = errors.Join(c.profiled(func() error { return lean(h.ctx, nodeRoom(), n.Run) }), n.Close())
	if err != nil && !errors.Is(err, node.ErrRejoined) {
		err = withHint(fmt.Errorf("run node %s: %w", c.Site, err), "what was answered is safe; look at the disk, then start the node again")
	}
	return addr, n.Rebuilds(), err
}

// openFault says what can be done about a node that does not open.
func (c *nodeCmd) openFault(err error) error {
	if _, hinted := errors.AsType[*hinted](err); hinted {
		return err
	}
	if strings.Contains(err.Error(), "no join token") {
		return withHint(err, "holdfast site add "+c.Site+" --to URL prints one, holdfast site replace "+c.Site+" where its node is gone; give it with --join or --join-file")
	}
	return startFault(err, "node", c.Dir, c.Listen)
}

// open opens the node, and has a book checked first whose last opening never ended.
func (c *nodeCmd) open(ctx context.Context, cfg node.Config, log *slog.Logger) (*node.Node, error) {
	if err := checkSuspect(ctx, c.Dir, c.CheckWait, c.env.Sealing.Key, log); err != nil {
		return nil, err
	}
	ended, err := noteOpening(c.Dir)
	if err != nil {
		return nil, err
	}
	defer ended()
	return node.Open(c.env, cfg, log, registry(c.Dir))
}
