package node

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Config is what an operator may set of a node.
type Config struct {
	Site       ledger.SiteID // required
	Dir        string        // required; holds the book and the tokens; created 0700
	Listen     string        // required; host:port of the API and the page
	Names      []string      // hosts by which tills and browsers know this node, beside its address and names of the inside; its certificate says the first of them, and others are turned away
	HQ         []string      // base URLs of head office's servers; required unless Standalone
	Join       string        // the token that `site add` gave; kept in Dir, so needed once
	Standalone bool          // there is no head office: items are kept here
	Replace    bool          // a person says that the node which head office knows is gone: once in a folder
	Counter    bool          // Standalone: the site sells over a counter; else head office says
	Rebuilds   int           // how many times in a row the site was rebuilt before this opening: Node.Rebuilds of the last one

	Retention   time.Duration // entries older than this leave the journal once they are archived; 0: none ever do
	JournalSize int64         // bytes of the journal's first files, which leave it as a whole; default 4 MiB

	Labels  string               // folder that parcels' labels are written into as ZPL; "": nobody prints any
	Cartons ledger.CartonNumbers // that this node may give; the zero one: none, every carton comes with its number
	GoodsIn []ledger.Bin         // bins that goods come into and are put away from; the first takes what names no bin. None: ledger.BinDefault takes it, and nothing is to be put away

	Carriers *contract.CarrierList // who takes parcels from here; nil: a dispatch may name any

	CountUnits   ledger.Qty // a count's line that differs by more, and by more than CountPercent of what the book has, is to be counted again; both 0: none is
	CountPercent int        // 0 to 100

	OverPercent     int // beyond what a purchase order of this site says, that comes in unasked; 0: none; ledger.OverAny: any number
	DiscountPercent int // of what a line costs, by how much it may be lowered before a named person must have approved it; 0: by all of it; else 1 to 100

	AskWait     time.Duration // how long head office may take over an order; default 300ms
	LookWait    time.Duration // how long head office may take over a look; default 300ms
	ForwardWait time.Duration // how long another book may take over a cancel; default 2s
	StopWait    time.Duration // how long requests may take to end at shutdown; default 5s
	RequestsMax int           // requests served at once; default 256
	EventsMax   int           // readers of events at once; default 64
	OrdersMax   int           // orders being decided at once; default 1024
	Limits      door.Bounds   // of one caller, and of connections
}

// The default of each limit.
const (
	askWaitDefault     = 300 * time.Millisecond
	forwardWaitDefault = 2 * time.Second
	stopWaitDefault    = 5 * time.Second
	requestsMaxDefault = 256
	eventsMaxDefault   = 64
	ordersMaxDefault   = 1024
	connectionsDefault = 4096
)

// Validate reports everything that is wrong with c, in one go.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := ledger.ParseSite(string(c.Site)); err != nil {
		errs = append(errs, err)
	}
	if c.Dir == "" {
		bad("dir is empty")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen %q is not host:port", c.Listen)
	}
	for _, name := range c.Names {
		if err := authority.CheckHost(name); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Standalone == (len(c.HQ) > 0) {
		bad("either name head office's servers or say standalone")
	}
	if c.Replace && c.Standalone {
		bad("replace goes with head office, which has the site's copy")
	}
	for _, s := range c.HQ {
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			bad("hq %q is not an http or https URL", s)
		}
	}
	for _, w := range []struct {
		name string
		wait time.Duration
		most time.Duration
	}{{"ask wait", c.AskWait, 5 * time.Second}, {"look wait", c.LookWait, 5 * time.Second},
		{"forward wait", c.ForwardWait, 20 * time.Second}, {"stop wait", c.StopWait, time.Minute}} {
		if w.wait < 0 || w.wait > w.most {
			bad("%s is %v; it must be 0 to %v", w.name, w.wait, w.most)
		}
	}
	if c.Retention < 0 || c.JournalSize < 0 {
		bad("retention or journal size is below 0")
	}
	if err := c.Cartons.Check(); err != nil {
		errs = append(errs, err)
	}
	if c.Cartons.Prefix != "" && c.Cartons.Range == "" && !c.Standalone {
		bad("the site's range of cartons is empty: give each site digits of its own, or two sites would give the same numbers")
	}
	for _, bin := range c.GoodsIn {
		if _, err := ledger.ParseBin(string(bin)); err != nil || bin == "" {
			bad("goods-in bin %q is no bin's name: letters, digits, dots, hyphens and underscores", bin)
		}
	}
	if c.CountUnits < 0 || c.CountUnits > ledger.QtyMax || c.CountPercent < 0 || c.CountPercent > 100 {
		bad("the tolerance of counts is %d units and %d percent; it must be 0 or more units, 0 to 100 percent", c.CountUnits, c.CountPercent)
	}
	if c.OverPercent < ledger.OverAny || c.OverPercent > 1000 {
		bad("the tolerance of deliveries is %d percent; it must be 0 to 1000, or %d to take in any number", c.OverPercent, ledger.OverAny)
	}
	if c.DiscountPercent < 0 || c.DiscountPercent > 100 {
		bad("the limit of discounts is %d percent; it must be 0 to 100", c.DiscountPercent)
	}
	if c.Rebuilds < 0 || c.RequestsMax < 0 || c.EventsMax < 0 || c.OrdersMax < 0 {
		bad("a limit is below 0")
	}
	return errors.Join(append(errs, c.Limits.Validate())...)
}

// filled is c with defaults where nothing was set.
func (c Config) filled() Config {
	wait := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	count := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	wait(&c.AskWait, askWaitDefault)
	wait(&c.LookWait, askWaitDefault)
	wait(&c.ForwardWait, forwardWaitDefault)
	wait(&c.StopWait, stopWaitDefault)
	count(&c.RequestsMax, requestsMaxDefault)
	count(&c.EventsMax, eventsMaxDefault)
	count(&c.OrdersMax, ordersMaxDefault)
	c.Limits = c.Limits.Filled(connectionsDefault)
	return c
}
