package raftsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	serversAll = 3
	itemsAll   = 60 // few, so that they run short
	heartbeat  = 200 * time.Millisecond
	readyWait  = 30 * time.Second
)

type siteSpec struct {
	name      string
	warehouse bool
	rank      int
}

func specs() []siteSpec {
	return []siteSpec{{"leeds", false, 2}, {"york", false, 3}, {"hull", true, 1}}
}

// A company is head office and its sites, in this process.
type company struct {
	dir     string
	lines   *lines
	servers []*party
	nodes   []*party
	sites   []siteSpec
	token   string   // head office's owner's
	tokens  []string // the nodes' owners'
	http    []*http.Client
}

func newCompany(dir string, seed uint64) *company {
	return &company{dir: dir, lines: newLines(seed), sites: specs()}
}

// web makes an HTTP client that reaches the company over its lines.
func (c *company) web(party string, most time.Duration) *http.Client {
	h := &http.Client{Timeout: most, Transport: &http.Transport{DialContext: c.lines.of(party).Dial, MaxIdleConnsPerHost: client.Connections, DisableCompression: true}}
	c.http = append(c.http, h)
	return h
}

// customers and overseer are parties that listen nowhere.
const (
	customers = "customers"
	overseer  = "overseer"
)

// hqClient speaks to head office, the server at first.
func (c *company) hqClient(h *http.Client, at, tries int) *client.Client {
	urls := make([]string, len(c.servers))
	for i := range c.servers {
		urls[i] = c.servers[(at+i)%len(c.servers)].url()
	}
	return &client.Client{URLs: urls, Token: c.token, HTTP: h, Tries: tries, Retry: 50 * time.Millisecond}
}

func (c *company) nodeClient(h *http.Client, site, tries int) *client.Client {
	return &client.Client{URLs: []string{c.nodes[site].url()}, Token: c.tokens[site], HTTP: h, Tries: tries, Retry: 50 * time.Millisecond}
}

// establish starts head office, makes the sites and the items known, and starts the nodes.
func (c *company) establish(ctx context.Context, stock *goods.Catalogue) error {
	h := c.web(overseer, 10*time.Second)
	for i := range serversAll {
		if err := c.startServer(ctx, h, i); err != nil {
			return err
		}
	}
	if err := c.putItems(ctx, h, stock); err != nil {
		return err
	}
	for i := range c.sites {
		if err := c.startSite(ctx, h, i); err != nil {
			return err
		}
	}
	return nil
}

func (c *company) startServer(ctx context.Context, h *http.Client, i int) (err error) {
	// Snapshots come often and little is kept behind them, so that a server that was away is sent one.
	cfg := hq.Config{Heartbeat: heartbeat, ProposeWait: 2 * time.Second, PullWait: 2 * time.Second, CallWait: time.Second, StopWait: 500 * time.Millisecond,
		SnapshotEach: 500 * time.Millisecond, SnapshotThreshold: 150, TrailingLogs: 50, JournalMap: 1 << 20}
	if cfg.Bootstrap = i == 0; i > 0 {
		cfg.Join, cfg.TokenFile = c.servers[0].url(), filepath.Join(c.servers[0].dir, hq.OwnerTokenFile)
	}
	p := serverParty(c.lines, c.dir, fmt.Sprintf("hq%d", i+1), cfg)
	c.servers = append(c.servers, p)
	if err := p.start(); err != nil {
		return err
	}
	if c.token == "" {
		if c.token, err = ownerToken(filepath.Join(p.dir, hq.OwnerTokenFile)); err != nil {
			return err
		}
	}
	return c.ready(ctx, h, p)
}

func (c *company) startSite(ctx context.Context, h *http.Client, i int) error {
	spec, kind := c.sites[i], "counter"
	if spec.warehouse {
		kind = "warehouse"
	}
	var joined struct {
		Token string `json:"token"`
	}
	if _, err := c.hqClient(h, 0, 50).Do(ctx, http.MethodPost, "/v1/sites", "site-"+spec.name,
		map[string]any{"site": spec.name, "kind": kind, "rank": spec.rank}, &joined); err != nil {
		return fmt.Errorf("add site %s: %w", spec.name, err)
	}
	cfg := node.Config{Join: joined.Token, StopWait: 500 * time.Millisecond}
	for _, s := range c.servers {
		cfg.HQ = append(cfg.HQ, s.url())
	}
	p := nodeParty(c.lines, c.dir, spec.name, cfg)
	c.nodes = append(c.nodes, p)
	if err := p.start(); err != nil {
		return err
	}
	token, err := ownerToken(filepath.Join(p.dir, node.OwnerTokenFile))
	if err != nil {
		return err
	}
	c.tokens = append(c.tokens, token)
	return c.ready(ctx, h, p)
}

func ownerToken(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// ready waits until a party says that it is.
func (c *company) ready(ctx context.Context, h *http.Client, p *party) error {
	cl := client.Client{URLs: []string{p.url()}, HTTP: h}
	err := until(ctx, readyWait, func() error {
		_, err := cl.Do(ctx, http.MethodGet, "/readyz", "", nil, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w", p.name, err)
	}
	return nil
}

// until tries until it works or the time is up.
func until(ctx context.Context, most time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		if world.Rest(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("not within %s: %w", most, err)
		}
	}
}

func (c *company) putItems(ctx context.Context, h *http.Client, stock *goods.Catalogue) error {
	type bulkItem struct {
		SKU string `json:"sku"`
		contract.ItemRequest
	}
	var items []bulkItem
	for _, it := range stock.Items() {
		items = append(items, bulkItem{SKU: it.SKU, ItemRequest: contract.ItemRequest{Name: it.Name, Barcodes: []string{it.GTIN}}})
	}
	if _, err := c.hqClient(h, 0, 50).Do(ctx, http.MethodPost, "/v1/items/bulk", "items", map[string]any{"items": items}, nil); err != nil {
		return fmt.Errorf("put items: %w", err)
	}
	return nil
}

// awaitItems waits until every node knows the range.
func (c *company) awaitItems(ctx context.Context, h *http.Client, stock *goods.Catalogue) error {
	list := stock.Items()
	last := list[len(list)-1].SKU
	for i, spec := range c.sites {
		if err := until(ctx, readyWait, func() error {
			_, err := c.nodeClient(h, i, 1).Do(ctx, http.MethodGet, "/v1/items/"+last, "", nil, nil)
			return err
		}); err != nil {
			return fmt.Errorf("wait for the items at %s: %w", spec.name, err)
		}
	}
	return nil
}

// names lists parties by their names, all but one.
func names(all []*party, but *party) (out []string) {
	for _, p := range all {
		if p != but {
			out = append(out, p.name)
		}
	}
	return out
}

// mendHQ ends whatever is wrong at head office.
func (c *company) mendHQ() error {
	for _, p := range c.servers {
		for _, o := range c.servers {
			c.lines.hear(p.name, o.name)
		}
		c.lines.delay(p.name, names(c.servers, p), 0)
	}
	return startAll(c.servers)
}

// mendSite ends whatever is wrong with a site's lines.
func (c *company) mendSite(site int) {
	name := c.nodes[site].name
	for _, s := range c.servers {
		c.lines.hear(name, s.name)
	}
	c.lines.delay(name, names(c.servers, nil), 0)
}

// mendAll ends all that is wrong.
func (c *company) mendAll() error {
	c.lines.crack(0)
	for i := range c.sites {
		c.mendSite(i)
	}
	return errors.Join(c.mendHQ(), startAll(c.nodes))
}

func startAll(all []*party) error {
	for _, p := range all {
		if err := p.start(); err != nil {
			return err
		}
	}
	return nil
}

func endAll(all []*party) error {
	var errs []error
	for _, p := range all {
		errs = append(errs, p.end())
	}
	return errors.Join(errs...)
}

// close ends everything that runs.
func (c *company) close() error {
	err := errors.Join(endAll(c.nodes), endAll(c.servers))
	for _, h := range c.http {
		h.CloseIdleConnections()
	}
	return err
}
