package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type siteSpec struct {
	name      string
	warehouse bool
	rank      int
}

// specs are the three sites of the contract.
func specs() []siteSpec {
	return []siteSpec{{"leeds", false, 2}, {"york", false, 3}, {"hull", true, 1}}
}

const servers = 3

// A company is the processes and the lines between them.
type company struct {
	dir     string
	sites   []siteSpec
	hq      []*process
	hqAddrs []hqAddr
	nodes   []*process
	proxies [][]Line // by site, one a head office server
	between []Line   // before each head office server's raft; nil where they reach each other directly
	http    *httpSet
	secure  bool   // over TLS, with enrolled nodes
	binary  string // of every process; "" this one
	newLine newLine
	net     Net    // where the sites are; nil: on loopback
	goodsIn string // the bin that goods come into at each site, to be put away from there; "": the shelf
	hqToken string
	tokens  []string // owner tokens of the nodes
}

// hqAddr is where a head office server listens, whichever folder it has.
type hqAddr struct{ listen, raft string }

// A Line carries one connection after the other to a target, until Run's ctx ends. It can be cut.
type Line interface {
	Addr() string
	Run(ctx context.Context) error
	Cut(mode cutproxy.Mode)
	Heal()
}

// newLine makes the line from a site (-1: from a head office server) to a target.
type newLine func(ctx context.Context, site int, target func() string) (Line, error)

func cutLine(ctx context.Context, _ int, target func() string) (Line, error) {
	return cutproxy.Listen(ctx, cutproxy.Config{Addr: "127.0.0.1:0", ConnsMax: 512, Target: target})
}

// A Net puts the sites into networks of their own. Head office is reached through every address that
// this process's network has.
type Net interface {
	// Site gives the command that takes a node's own as its arguments, and where its node listens.
	Site(site int) (within []string, listen string)
	// Line gives the line from a site to the head office server at port.
	Line(site, port int) (Line, error)
}

// within makes the lines of a Net.
func within(n Net) newLine {
	return func(_ context.Context, site int, target func() string) (Line, error) {
		_, port, err := net.SplitHostPort(target())
		if err != nil {
			return nil, err
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		return n.Line(site, number)
	}
}

// readyWait bounds each step of starting up.
const readyWait = 60 * time.Second

// ports finds n addresses, each another one.
func ports(n int) ([]string, error) {
	out := make([]string, 0, n)
	for len(out) < n {
		addr, err := host.FreeAddr()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, addr) {
			out = append(out, addr)
		}
	}
	return out, nil
}

// establish starts head office, makes the sites known, and starts their nodes behind lines that
// can be cut. lines is where the proxies run until ctx ends.
func (c *company) establish(ctx context.Context, lines *errgroup.Group) error {
	if err := c.startHQ(ctx, lines); err != nil {
		return err
	}
	for i := range c.sites {
		if err := c.startSite(ctx, i, lines); err != nil {
			return err
		}
	}
	return nil
}

// lay makes the line to a target and lets it run.
func (c *company) lay(ctx context.Context, lines *errgroup.Group, site int, target string) (Line, error) {
	l, err := c.newLine(ctx, site, func() string { return target })
	if err != nil {
		return nil, err
	}
	lines.Go(func() error { return l.Run(ctx) })
	return l, nil
}

func (c *company) startHQ(ctx context.Context, lines *errgroup.Group) error {
	addrs, err := ports(2 * servers)
	if err != nil {
		return err
	}
	first := c.at(addrs[0])
	tokenFile := filepath.Join(c.dir, "hq1", "owner.token")
	for i := range servers {
		name := fmt.Sprintf("hq%d", i+1)
		args := []string{"hq", "--dir", filepath.Join(c.dir, name), "--name", name, "--listen", addrs[2*i], "--raft-listen", addrs[2*i+1]}
		if i == 0 {
			args = append(args, "--bootstrap")
			if c.secure {
				args = append(args, "--tls")
			}
		} else {
			enters, err := c.entry(ctx, first, tokenFile)
			if err != nil {
				return err
			}
			args = append(args, enters...)
		}
		if c.net != nil {
			_, port, _ := strings.Cut(addrs[2*i], ":")
			args[slices.Index(args, "--listen")+1] = "0.0.0.0:" + port
			args = append(args, "--url", c.at(addrs[2*i]))
		}
		if c.between != nil {
			l, err := c.lay(ctx, lines, -1, addrs[2*i+1])
			if err != nil {
				return err
			}
			c.between = append(c.between, l)
			args = append(args, "--raft-address", l.Addr())
		}
		c.hqAddrs = append(c.hqAddrs, hqAddr{addrs[2*i], addrs[2*i+1]})
		p := &process{name: name, dir: filepath.Join(c.dir, name), args: args, binary: c.binary, url: c.at(addrs[2*i]), logs: filepath.Join(c.dir, name+".log")}
		c.hq = append(c.hq, p)
		if err := p.start(); err != nil {
			return err
		}
		if i == 0 && c.secure {
			if err := c.believe(ctx); err != nil {
				return err
			}
		}
		if err := c.ready(ctx, p); err != nil {
			return err
		}
		if i == 0 {
			if c.hqToken, err = readToken(tokenFile); err != nil {
				return err
			}
		}
	}
	return nil
}

func readToken(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// ready waits until the process answers /readyz with 200.
func (c *company) ready(ctx context.Context, p *process) error {
	return c.readyEach(ctx, p, 50*time.Millisecond)
}

func (c *company) readyEach(ctx context.Context, p *process, each time.Duration) error {
	cl := client.Client{URLs: []string{p.url}, HTTP: c.http.quick}
	err := untilEach(ctx, readyWait, each, func() (bool, error) {
		if !p.running() {
			return false, fmt.Errorf("it has ended: %s", p.lastWords())
		}
		_, err := cl.Do(ctx, "GET", "/readyz", "", nil, nil)
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w", p.name, err)
	}
	return nil
}

// until polls f until it says yes, an error, or the time is up.
func until(ctx context.Context, most time.Duration, f func() (bool, error)) error {
	return untilEach(ctx, most, 50*time.Millisecond, f)
}

func untilEach(ctx context.Context, most, each time.Duration, f func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		ok, err := f()
		if ok || err != nil {
			return err
		}
		if err := world.Rest(ctx, each); err != nil {
			return fmt.Errorf("not within %s: %w", most, err)
		}
	}
}

// startSite makes a site known to head office and starts its node.
func (c *company) startSite(ctx context.Context, i int, lines *errgroup.Group) error {
	spec := c.sites[i]
	kind := "counter"
	if spec.warehouse {
		kind = "warehouse"
	}
	var joined struct {
		Token string `json:"token"`
	}
	hq := c.hqClient(20)
	if _, err := hq.Do(ctx, "POST", "/v1/sites", "demo-site-"+spec.name, map[string]any{"site": spec.name, "kind": kind, "rank": spec.rank}, &joined); err != nil {
		return fmt.Errorf("add site %s: %w", spec.name, err)
	}
	var urls []string
	var proxies []Line
	for _, p := range c.hq {
		target, err := url.Parse(p.url)
		if err != nil {
			return err
		}
		proxy, err := c.lay(ctx, lines, i, target.Host)
		if err != nil {
			return err
		}
		proxies = append(proxies, proxy)
		urls = append(urls, c.at(proxy.Addr()))
	}
	c.proxies = append(c.proxies, proxies)
	addr, err := host.FreeAddr()
	if err != nil {
		return err
	}
	var inside []string
	if c.net != nil {
		inside, addr = c.net.Site(i)
	}
	dir := filepath.Join(c.dir, spec.name)
	p := &process{within: inside, name: spec.name, dir: dir, url: c.at(addr), binary: c.binary, logs: filepath.Join(c.dir, spec.name+".log"),
		args: []string{"node", "--dir", dir, "--site", spec.name, "--listen", addr, "--hq", strings.Join(urls, ","), "--join=" + joined.Token}}
	if c.goodsIn != "" {
		p.args = append(p.args, "--goods-in-bin", c.goodsIn)
	}
	c.nodes = append(c.nodes, p)
	if err := p.start(); err != nil {
		return err
	}
	if err := c.ready(ctx, p); err != nil {
		return err
	}
	token, err := readToken(filepath.Join(dir, "owner.token"))
	c.tokens = append(c.tokens, token)
	return err
}

// hqClient speaks to head office, whichever server answers.
func (c *company) hqClient(tries int) *client.Client {
	urls := make([]string, len(c.hq))
	for i, p := range c.hq {
		urls[i] = p.url
	}
	return &client.Client{URLs: urls, Token: c.hqToken, HTTP: c.http.patient, Tries: tries, Retry: 200 * time.Millisecond}
}

// nodeClient speaks to one site's node.
func (c *company) nodeClient(site, tries int) *client.Client {
	return &client.Client{URLs: []string{c.nodes[site].url}, Token: c.tokens[site], HTTP: c.http.patient, Tries: tries, Retry: 100 * time.Millisecond}
}

func (c *company) all() []*process { return append(append([]*process(nil), c.hq...), c.nodes...) }

// cut breaks or silences all lines of a site; heal mends them.
func (c *company) cut(site int, mode cutproxy.Mode) {
	for _, p := range c.proxies[site] {
		p.Cut(mode)
	}
}

func (c *company) heal(site int) {
	for _, p := range c.proxies[site] {
		p.Heal()
	}
}

// leader finds the server that leads, or -1.
func (c *company) leader(ctx context.Context) int {
	for i, p := range c.hq {
		var status struct {
			Raft string `json:"raft"`
			Role string `json:"role"`
		}
		cl := client.Client{URLs: []string{p.url}, Token: c.hqToken, HTTP: c.http.quick}
		if _, err := cl.Do(ctx, "GET", "/v1/status?read=local", "", nil, &status); err == nil && (status.Raft == "leader" || status.Role == "leader") {
			return i
		}
	}
	return -1
}

// close ends every process, the nodes first.
func (c *company) close() error {
	var errs []error
	for _, p := range append(append([]*process(nil), c.nodes...), c.hq...) {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}

// settled waits until head office has every entry of every site and nothing moves any more.
func (c *company) settled(ctx context.Context, most time.Duration) error {
	var last string
	calm := 0
	return until(ctx, most, func() (bool, error) {
		var now strings.Builder
		var sites []contract.Site
		hq := c.hqClient(1)
		if _, err := hq.Do(ctx, "GET", "/v1/sites", "", nil, &sites); err != nil {
			return false, nil
		}
		level := true
		for i, spec := range c.sites {
			var status contract.NodeStatus
			if _, err := c.nodeClient(i, 1).Do(ctx, "GET", "/v1/status", "", nil, &status); err != nil {
				return false, nil
			}
			for _, s := range sites {
				if string(s.Site) == spec.name {
					level = level && s.Seq == status.Seq && s.Epoch == status.Epoch && s.State == contract.SiteOnline
				}
			}
			fmt.Fprintf(&now, "%s %s %d;", spec.name, status.Position, status.OpenAsks)
			level = level && status.OpenAsks == 0 && status.ToConfirm == 0
		}
		if !level || now.String() != last {
			calm, last = 0, now.String()
			return false, nil
		}
		calm++
		return calm > 30, nil // one and a half seconds without a change
	})
}
