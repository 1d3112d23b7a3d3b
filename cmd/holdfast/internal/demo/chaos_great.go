package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// greatOne lets one great thing happen, and waits until the company is well again.
func (c *chaos) greatOne(ctx context.Context, m mishap) error {
	names := []string{c.company.sites[m.site].name}
	act := map[string]func(context.Context, mishap) error{
		badFolderBack: c.folderBack, badBackup: c.nodeBackup, badCopy: c.folderTwice, badDiskLost: c.diskLost,
		badMajority: c.majorityLost, badHQRestored: c.hqBack,
	}[m.what]
	if m.what == badCopy {
		// A copy that cannot reach head office cannot know what it is (protocol.md, section 6): it may promise.
		names = append(names, "hq")
	}
	if m.what == badMajority || m.what == badHQRestored {
		names = []string{"hq"}
		for _, s := range c.company.sites { // what is told again has to reach them
			names = append(names, s.name)
		}
	}
	c.want(names...)
	defer c.want()
	for _, n := range names {
		for !c.take(n) {
			if err := world.Rest(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
		defer c.give(n)
	}
	if c.left() <= 0 {
		return nil
	}
	if err := act(ctx, m); err != nil {
		return fmt.Errorf("%s: %w", m.what, err)
	}
	return nil
}

// run runs this company's own command, as its operator would.
func (c *chaos) run(ctx context.Context, args ...string) (string, error) {
	binary, err := orSelf(c.cfg.Binary)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("holdfast %s: %w: %s", strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
}

// aside moves a folder away, as evidence.
func (c *chaos) aside(dir string) error {
	c.mu.Lock()
	c.lives++
	to := filepath.Join(c.cfg.Dir, "aside", fmt.Sprintf("%d-%s", c.lives, filepath.Base(dir)))
	c.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.Rename(dir, to)
}

// copyAtRest ends a node, copies its folder and starts it again.
func (c *chaos) copyAtRest(ctx context.Context, i int) (string, error) {
	p := c.company.nodes[i]
	if err := p.stop(); err != nil {
		return "", err
	}
	c.mu.Lock()
	c.lives++
	to := filepath.Join(c.cfg.Dir, "copies", fmt.Sprintf("%d-%s", c.lives, p.name))
	c.mu.Unlock()
	if err := errors.Join(os.CopyFS(to, os.DirFS(p.dir)), p.start()); err != nil {
		return "", err
	}
	return to, c.company.ready(ctx, p)
}

// age lets the company sell on, so that a copy grows old.
func (c *chaos) age(ctx context.Context) error {
	return world.Rest(ctx, min(max(c.cfg.For/30, 2*time.Second), 30*time.Second))
}

// folderBack puts a node's folder back as it was a while ago.
func (c *chaos) folderBack(ctx context.Context, m mishap) error {
	old, err := c.copyAtRest(ctx, m.site)
	if err == nil {
		err = c.age(ctx)
	}
	if err != nil {
		return err
	}
	p := c.company.nodes[m.site]
	gone, err := c.loseDisk(ctx, m.site)
	if err != nil {
		return err
	}
	c.note(&m, p.name)
	if err := errors.Join(os.Rename(old, p.dir), p.start()); err != nil {
		return err
	}
	return c.back(ctx, m.site, gone)
}

// nodeBackup restores a node from what holdfast backup has written.
func (c *chaos) nodeBackup(ctx context.Context, m mishap) error {
	p := c.company.nodes[m.site]
	file := filepath.Join(c.cfg.Dir, fmt.Sprintf("%s-%d.backup", p.name, time.Since(c.began).Milliseconds()))
	if _, err := c.run(ctx, "backup", p.url, file, "--token-file", filepath.Join(p.dir, "owner.token")); err != nil {
		return err
	}
	if err := c.age(ctx); err != nil {
		return err
	}
	gone, err := c.loseDisk(ctx, m.site)
	if err != nil {
		return err
	}
	c.note(&m, p.name)
	if _, err := c.run(ctx, "restore", file, p.dir); err != nil {
		return err
	}
	if err := errors.Join(os.Remove(file), p.start()); err != nil {
		return err
	}
	return c.back(ctx, m.site, gone)
}

// diskLost replaces a node whose disk is gone.
func (c *chaos) diskLost(ctx context.Context, m mishap) error {
	p := c.company.nodes[m.site]
	token := c.company.tokens[m.site]
	gone, err := c.loseDisk(ctx, m.site)
	if err != nil {
		return err
	}
	c.note(&m, p.name)
	hq := c.company.hq[max(0, c.company.leader(ctx))].url
	var join string
	if err := until(ctx, wellWait, func() (bool, error) {
		join, err = c.run(ctx, "site", "replace", p.name, "--reason", "its disk is lost", "--force", "--to", hq, "--token-file", c.tokenFile())
		return err == nil, nil
	}); err != nil {
		return err
	}
	// The demo looks at the node with its owner's token: it is put where the new node looks for it.
	if err := errors.Join(os.MkdirAll(p.dir, 0o700), os.WriteFile(filepath.Join(p.dir, "owner.token"), []byte(token+"\n"), 0o600)); err != nil {
		return err
	}
	args := slices.DeleteFunc(slices.Clone(p.args), func(a string) bool { return a == "--replace" || strings.HasPrefix(a, "--join=") })
	p.become(c.cfg.Binary, append(args, "--replace", "--join="+strings.TrimSpace(join)))
	if err := p.start(); err != nil {
		return err
	}
	return c.back(ctx, m.site, gone)
}

// loseDisk kills a node, moves its folder away, and says which orders went with it: those that
// were answered and that head office has not got.
func (c *chaos) loseDisk(ctx context.Context, i int) ([]*told, error) {
	p := c.company.nodes[i]
	if err := p.kill(); err != nil {
		return nil, err
	}
	if err := c.aside(p.dir); err != nil {
		return nil, err
	}
	var stored uint64
	if err := until(ctx, wellWait, func() (bool, error) {
		var sites []contract.Site
		if _, err := c.company.hqClient(1).Do(ctx, http.MethodGet, "/v1/sites", "", nil, &sites); err != nil {
			return false, nil
		}
		for _, s := range sites {
			if string(s.Site) == p.name {
				stored = s.Seq
			}
		}
		return true, nil
	}); err != nil {
		return nil, err
	}
	return c.paper.after(p.name, stored), nil
}

// back waits until a site that went back in time is well, and lets its clients tell again what
// only they know.
func (c *chaos) back(ctx context.Context, i int, gone []*told) error {
	if err := c.well(ctx, i); err != nil {
		return err
	}
	c.mu.Lock()
	deliveries := slices.Clone(c.keys[i])
	c.mu.Unlock()
	for _, d := range deliveries { // goods in before goods out; what is known is not taken in twice
		if err := c.receiveAgain(ctx, i, d); err != nil {
			return err
		}
	}
	return c.tellAgain(ctx, c.again[i], gone)
}

func (c *chaos) receiveAgain(ctx context.Context, i int, d delivery) error {
	cl := c.porter[i] // keys are their caller's
	for at := 0; at < len(d.lines); at += 500 {
		part := d.lines[at:min(at+500, len(d.lines))]
		key := fmt.Sprintf("demo-%s-%s-%d", c.company.sites[i].name, d.reference, at)
		if _, err := cl.Do(ctx, http.MethodPost, "/v1/receipts", key, contract.ReceiptRequest{Reference: d.reference, Lines: part}, nil); err != nil {
			return fmt.Errorf("tell of goods again: %w", err)
		}
	}
	return nil
}

// folderTwice runs a copy of a node beside its original, which is in touch all the while.
func (c *chaos) folderTwice(ctx context.Context, m mishap) error {
	old, err := c.copyAtRest(ctx, m.site)
	if err == nil {
		err = c.well(ctx, m.site)
	}
	if err != nil {
		return err
	}
	p := c.company.nodes[m.site]
	addr, err := host.FreeAddr()
	if err != nil {
		return err
	}
	args := slices.Clone(p.args)
	args[slices.Index(args, "--dir")+1], args[slices.Index(args, "--listen")+1] = old, addr
	twin := &process{name: p.name + "-copy", dir: old, args: args, binary: c.cfg.Binary, url: "http://" + addr, logs: filepath.Join(c.cfg.Dir, p.name+"-copy.log")}
	c.note(&m, p.name)
	if err := twin.start(); err != nil {
		return err
	}
	c.askCopy(ctx, twin, c.company.tokens[m.site])
	if err := twin.kill(); err != nil {
		return err
	}
	return c.wellAgain(ctx, true, m.site) // the README says to start it again if it stays in quarantine
}

// askCopy asks a copy for promises, for a while; it may not make one.
func (c *chaos) askCopy(ctx context.Context, twin *process, token string) {
	cl := &client.Client{URLs: []string{twin.url}, Token: token, HTTP: c.company.http.patient, Tries: 1}
	asked := 0
	for end := time.Now().Add(min(max(c.cfg.For/40, 3*time.Second), 15*time.Second)); time.Now().Before(end) && ctx.Err() == nil; {
		body := contract.OrderRequest{Lines: []contract.LineRequest{{SKU: c.stock.Items()[0].SKU, Qty: 1}}}
		a, err := cl.Do(ctx, http.MethodPost, "/v1/orders", fmt.Sprintf("%s-%d", twin.name, asked), body, nil)
		if _, no := errors.AsType[*client.Refusal](err); no {
			asked++
		}
		if err == nil {
			c.paper.fault("%s: a copy of the node took an order: %s", twin.name, a.Body)
		}
		_ = world.Rest(ctx, 50*time.Millisecond)
	}
	if asked == 0 {
		c.say("%s gave no answer in its time", twin.name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried += asked
}

func (c *chaos) tokenFile() string { return filepath.Join(c.cfg.Dir, "hq.token") }

// newServer makes a server's place for a new folder and a new name: an old one never comes back.
func (c *chaos) newServer(i int) *process {
	c.mu.Lock()
	c.lives++
	n := c.lives
	c.mu.Unlock()
	p := c.company.hq[i]
	p.name = fmt.Sprintf("hq%d-%d", i+1, n)
	p.dir = filepath.Join(c.cfg.Dir, p.name)
	return p
}

// serverArgs are the words that a server is started with; join is the one to join, "" none.
func (c *chaos) serverArgs(i int, join string) []string {
	p := c.company.hq[i]
	a := c.company.hqAddrs[i]
	args := []string{"hq", "--dir", p.dir, "--name", p.name, "--listen", a.listen, "--raft-listen", a.raft, "--raft-address", c.company.between[i].Addr()}
	if join != "" {
		args = append(args, "--join", join, "--token-file", c.tokenFile())
	}
	return args
}

// alone starts server i as a head office of one and lets the others join it with new folders.
func (c *chaos) alone(ctx context.Context, i int) error {
	first := c.company.hq[i]
	first.become(c.cfg.Binary, c.serverArgs(i, ""))
	if err := first.start(); err != nil {
		return err
	}
	if err := c.company.ready(ctx, first); err != nil {
		return err
	}
	for j := range c.company.hq {
		if j == i {
			continue
		}
		p := c.newServer(j)
		p.become(c.cfg.Binary, c.serverArgs(j, first.url))
		if err := p.start(); err != nil {
			return err
		}
		if err := c.company.ready(ctx, p); err != nil {
			return err
		}
	}
	all := make([]int, len(c.company.sites))
	for i := range all {
		all[i] = i
	}
	return c.well(ctx, all...)
}

// unspread is how long before a server's end its answers may stand at the others alone.
const unspread = 10 * time.Second

// majorityLost destroys two of the three servers and recovers head office from the third.
func (c *chaos) majorityLost(ctx context.Context, m mishap) error {
	for _, l := range c.company.between {
		l.Heal()
	}
	gone := c.paper.since("hq", time.Now().Add(-unspread))
	keep := m.server
	for j, p := range c.company.hq {
		if j == keep {
			continue
		}
		if err := errors.Join(p.kill(), c.aside(p.dir)); err != nil {
			return err
		}
	}
	c.note(&m, "all but "+c.company.hq[keep].name)
	if err := world.Rest(ctx, min(c.cfg.For/30, 10*time.Second)); err != nil { // the sites sell on
		return err
	}
	p := c.company.hq[keep]
	if err := p.stop(); err != nil {
		return err
	}
	if _, err := c.run(ctx, "recover", "--dir", p.dir); err != nil {
		return err
	}
	gone = append(gone, c.paper.since("hq", time.Now().Add(-unspread))...)
	if err := c.alone(ctx, keep); err != nil {
		return err
	}
	return c.tellAgain(ctx, c.again[len(c.company.sites)], gone)
}

// hqBack destroys head office and restores it from a backup that is a while old.
func (c *chaos) hqBack(ctx context.Context, m mishap) error {
	// A server that has only just started holds what it had at its last snapshot, and a copy of it is no younger: the one that leads has all.
	from := -1
	if err := until(ctx, wellWait, func() (bool, error) {
		from = c.company.leader(ctx)
		return from >= 0, nil
	}); err != nil {
		return err
	}
	taken := time.Now()
	file := filepath.Join(c.cfg.Dir, fmt.Sprintf("hq-%d.backup", time.Since(c.began).Milliseconds()))
	if _, err := c.run(ctx, "backup", c.company.hq[from].url, file, "--token-file", c.tokenFile()); err != nil {
		return err
	}
	if err := c.age(ctx); err != nil {
		return err
	}
	for _, p := range c.company.hq {
		if err := errors.Join(p.kill(), c.aside(p.dir)); err != nil {
			return err
		}
	}
	gone := c.paper.since("hq", taken.Add(-unspread))
	c.note(&m, "hq")
	p := c.newServer(m.server)
	if _, err := c.run(ctx, "restore", file, p.dir, "--nobody-erased"); err != nil {
		return err
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	if err := c.alone(ctx, m.server); err != nil {
		return err
	}
	return c.tellAgain(ctx, c.again[len(c.company.sites)], gone)
}
