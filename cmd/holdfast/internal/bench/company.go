package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Company is three head office servers and the nodes of some sites, each a process of its own on
// loopback.
type Company struct {
	dir     string
	Servers []*Child
	urls    []string
	hq      *client.Client
	nodes   []*Site

	hangUp []context.CancelFunc // of the long lines
	lines  sync.WaitGroup
}

// A Site is one node with its folder. A node that was stopped starts again at the same address.
type Site struct {
	Name  ledger.SiteID
	Dir   string
	Child *Child // nil while it is stopped
	addr  string
	join  string
	hq    []string // where it reaches head office
	cl    *client.Client
}

const (
	servers   = 3
	readyWait = 2 * time.Minute // a large book takes its time to open
	pollLeast = 2 * time.Millisecond
	pollMost  = 50 * time.Millisecond
	callWait  = 30 * time.Second
	callTries = 100
)

// StartCompany starts head office. Each server writes to the folder profiles where its processor time goes, unless that is
// empty. Close the company also after an error.
func StartCompany(ctx context.Context, dir, profiles string) (*Company, error) {
	c := &Company{dir: dir}
	tokenFile := filepath.Join(c.ServerDir(0), "owner.token")
	for i := range servers {
		listen, err := host.FreeAddr()
		if err != nil {
			return c, err
		}
		raft, err := host.FreeAddr()
		if err != nil {
			return c, err
		}
		args := []string{"hq", "--dir", c.ServerDir(i), "--name", fmt.Sprintf("hq%d", i+1), "--listen", listen, "--raft-listen", raft, "--log-level", "warn"}
		if i == 0 {
			args = append(args, "--bootstrap")
		} else {
			args = append(args, "--join", c.urls[0], "--token-file", tokenFile)
		}
		if profiles != "" {
			args = append(args, "--cpu-profile", filepath.Join(profiles, fmt.Sprintf("hq%d.prof", i+1)))
		}
		s, err := StartChild(ctx, args...)
		if err != nil {
			return c, err
		}
		c.Servers, c.urls = append(c.Servers, s), append(c.urls, s.URL)
		if err := ready(ctx, s.URL); err != nil {
			return c, err
		}
	}
	token, err := readToken(tokenFile)
	c.hq = caller(c.urls, token)
	return c, err
}

// ServerDir is the folder of the ith server.
func (c *Company) ServerDir(i int) string { return filepath.Join(c.dir, fmt.Sprintf("hq%d", i+1)) }

// Close stops every process, the nodes first.
func (c *Company) Close() error {
	var errs []error
	for _, s := range c.nodes {
		errs = append(errs, s.Stop())
	}
	for _, s := range c.Servers {
		errs = append(errs, s.Stop())
	}
	c.Servers = nil
	for _, f := range c.hangUp {
		f()
	}
	c.lines.Wait()
	return errors.Join(errs...)
}

func readToken(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

func caller(urls []string, token string) *client.Client {
	return &client.Client{URLs: urls, Token: token, HTTP: client.NewHTTP(callWait), Tries: callTries}
}

// ready waits until a server or a node takes requests.
func ready(ctx context.Context, url string) error {
	cl := client.Client{URLs: []string{url}, HTTP: client.NewHTTP(callWait)}
	return Until(ctx, readyWait, func() (bool, error) {
		_, err := cl.Do(ctx, http.MethodGet, "/readyz", "", nil, nil)
		return err == nil, nil
	})
}

// Until asks f again and again until it says yes or fails, or the time is up. It asks more seldom the
// longer it takes, so that the moment is known to a hundredth and the asking costs little.
func Until(ctx context.Context, most time.Duration, f func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("not within %v", most))
	defer cancel()
	for began := time.Now(); ; {
		if ok, err := f(); ok || err != nil {
			return err
		}
		pause := min(max(time.Since(began)/100, pollLeast), pollMost)
		if err := world.Rest(ctx, pause); err != nil {
			return context.Cause(ctx)
		}
	}
}

// Kinds of sites.
const (
	Counter   = "counter"
	Warehouse = "warehouse"
)

// AddSite makes a site of a kind known to head office. Its node is not started.
func (c *Company) AddSite(ctx context.Context, name ledger.SiteID, kind string) (*Site, error) {
	var added hq.SiteAdded
	if _, err := c.hq.Do(ctx, http.MethodPost, "/v1/sites", "bench-site-"+string(name), hq.SiteRequest{Site: string(name), Kind: kind}, &added); err != nil {
		return nil, fmt.Errorf("add site %s: %w", name, err)
	}
	addr, err := host.FreeAddr()
	if err != nil {
		return nil, err
	}
	s := &Site{Name: name, Dir: filepath.Join(c.dir, string(name)), addr: addr, join: added.Token, hq: c.urls}
	c.nodes = append(c.nodes, s)
	return s, nil
}

// Away has the site reach head office over a line of its own that takes so long each way. It is for a node
// that is started after it.
func (c *Company) Away(ctx context.Context, s *Site, oneWay time.Duration) error {
	ctx, hangUp := context.WithCancel(context.WithoutCancel(ctx)) // Close ends them, behind the nodes
	c.hangUp, s.hq = append(c.hangUp, hangUp), nil
	for _, url := range c.urls {
		target := strings.TrimPrefix(url, "http://")
		line, err := badline.Listen(ctx, badline.Config{Addr: "127.0.0.1:0", Target: func() string { return target }})
		if err != nil {
			return err
		}
		line.Set(badline.Faults{Far: oneWay})
		c.lines.Go(func() { _ = line.Run(ctx) }) // a line that ends is seen by the node
		s.hq = append(s.hq, "http://"+line.Addr())
	}
	return nil
}

// Start starts the site's node and gives it back when it serves, which may be before it is ready.
func (c *Company) Start(ctx context.Context, s *Site) (err error) {
	s.Child, err = StartChild(ctx, "node", "--dir", s.Dir, "--site", string(s.Name), "--listen", s.addr, "--hq", strings.Join(s.hq, ","),
		"--join="+s.join, "--log-level", "warn")
	if err != nil {
		return err
	}
	token, err := readToken(filepath.Join(s.Dir, "owner.token"))
	s.cl = caller([]string{s.Child.URL}, token)
	return err
}

// Sites are all that were added.
func (c *Company) Sites() []*Site { return c.nodes }

// Ready waits until the node takes orders.
func (s *Site) Ready(ctx context.Context) error { return ready(ctx, s.Child.URL) }

// Stop stops the node, if it runs.
func (s *Site) Stop() error {
	if s.Child == nil {
		return nil
	}
	child := s.Child
	s.Child = nil
	return child.Stop()
}

// Client speaks to the node.
func (s *Site) Client() *client.Client { return s.cl }

// Status is the node in a few figures.
func (s *Site) Status(ctx context.Context) (out contract.NodeStatus, err error) {
	_, err = s.cl.Do(ctx, http.MethodGet, "/v1/status", "", nil, &out)
	return out, err
}

// Office is head office in a few figures, as its leader has them.
func (c *Company) Office(ctx context.Context) (out hq.Status, err error) {
	_, err = c.hq.Do(ctx, http.MethodGet, "/v1/status", "", nil, &out)
	return out, err
}

// Stored is the last entry of a site that a quorum of head office has, as its leader says.
func (c *Company) Stored(ctx context.Context, site ledger.SiteID) (uint64, error) {
	return stored(ctx, c.hq, site, "")
}

func stored(ctx context.Context, cl *client.Client, site ledger.SiteID, query string) (uint64, error) {
	row, err := rowOf(ctx, cl, site, query)
	return row.Seq, err
}

func rowOf(ctx context.Context, cl *client.Client, site ledger.SiteID, query string) (hq.SiteRow, error) {
	var rows hq.SiteRows
	if _, err := cl.Do(ctx, http.MethodGet, "/v1/sites"+query, "", nil, &rows); err != nil {
		return hq.SiteRow{}, fmt.Errorf("ask for the sites: %w", err)
	}
	for _, row := range rows {
		if row.Site.Site == site {
			return row, nil
		}
	}
	return hq.SiteRow{}, fmt.Errorf("head office knows no site %s", site)
}

// Leader is what a till is told of head office: where it leads now, and the token.
func (c *Company) Leader(ctx context.Context) (url, token string, err error) {
	st, err := c.Office(ctx)
	if err != nil {
		return "", "", err
	}
	if st.LeaderURL == "" {
		return "", "", errors.New("head office does not say where its leader is")
	}
	return st.LeaderURL, c.hq.Token, nil
}

// LeaderPid is the process that leads now.
func (c *Company) LeaderPid(ctx context.Context) (int, error) {
	url, _, err := c.Leader(ctx)
	if err != nil {
		return 0, err
	}
	at := slices.Index(c.urls, url)
	if at < 0 {
		return 0, fmt.Errorf("no server of this company is at %s", url)
	}
	return c.Servers[at].Pid(), nil
}

// Obeyed says whether every command that head office has for a site is embedded in an entry of its
// journal that a quorum has, and no entry of the site is on its way.
func (c *Company) Obeyed(ctx context.Context, site ledger.SiteID) (bool, error) {
	row, err := rowOf(ctx, c.hq, site, "")
	return err == nil && row.Commands == 0 && row.Unsynced == 0, err
}

// Everywhere waits until each single server has the site's entries up to seq.
func (c *Company) Everywhere(ctx context.Context, site ledger.SiteID, seq uint64) error {
	for _, url := range c.urls {
		one := caller([]string{url}, c.hq.Token)
		err := Until(ctx, readyWait, func() (bool, error) {
			has, err := stored(ctx, one, site, "?read=local")
			return has >= seq, err
		})
		if err != nil {
			return fmt.Errorf("wait for %s to have entry %d: %w", url, seq, err)
		}
	}
	return nil
}

// itemsAtOnce is how many items one request puts.
const itemsAtOnce = 500

// PutItems sets a catalogue at head office. done is told how many are in.
func (c *Company) PutItems(ctx context.Context, items []ledger.Item, done func(n int)) error {
	for from := 0; from < len(items); from += itemsAtOnce {
		part := items[from:min(from+itemsAtOnce, len(items))]
		body := contract.BulkItems{Items: make([]contract.BulkItem, len(part))}
		for i, it := range part {
			body.Items[i] = contract.BulkItem{SKU: string(it.SKU), ItemRequest: contract.ItemRequest{Name: it.Name, Barcodes: it.Barcodes,
				Price: &contract.Price{Amount: it.Price.Amount, Currency: it.Price.Currency}}}
		}
		var answer contract.BulkItemsAnswer
		if _, err := c.hq.Do(ctx, http.MethodPost, "/v1/items/bulk", "bench-items", body, &answer); err != nil {
			return fmt.Errorf("put items: %w", err)
		}
		for _, r := range answer.Results {
			if r.Problem != nil {
				return fmt.Errorf("put item %s: %s (%d)", r.SKU, r.Problem.Detail, r.HTTPStatus)
			}
		}
		done(from + len(part))
	}
	return nil
}
