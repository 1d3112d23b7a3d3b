package baddays_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
)

// insideEnv says to this test binary that it runs in a network of its own.
const insideEnv = "HOLDFAST_INSIDE"

// TestALineThatDropsPacketsLosesNoOrder puts each site into a network namespace of its own, behind a pair
// of virtual cards. A line is cut by the kernel's packet filter: packets are dropped one way, or the other,
// or at random, or answered with a reset, while nodes and a leader are killed as well.
func TestALineThatDropsPacketsLosesNoOrder(t *testing.T) {
	if os.Getenv(insideEnv) == "" {
		outside(t)
		return
	}
	must(t, "ip", "link", "set", "lo", "up")
	n := &spaces{T: t, cuts: map[string]int{}}
	for site := range 3 {
		n.add(site)
	}
	r := play(t, demo.Config{For: 12 * time.Second, Net: n, Seed: 5})
	if r.LinesCut == 0 || r.Offline == 0 || r.NodesKilled == 0 || r.LeadersKilled == 0 {
		t.Errorf("got %d lines cut, %d orders offline, %d nodes and %d leaders killed; want some of each", r.LinesCut, r.Offline, r.NodesKilled, r.LeadersKilled)
	}
	if len(n.cuts) != 4 {
		t.Errorf("got lines cut in the ways %v, want four of them", n.cuts)
	}
	t.Logf("lines were cut so: %v", n.cuts)
}

// outside runs this test again in a network, and with mounts, of its own: nothing of it outlives it.
func outside(t *testing.T) {
	t.Helper()
	switch {
	case !chaos:
		t.Skip("needs HOLDFAST_CHAOS=1")
	case os.Geteuid() != 0:
		t.Skip("needs root, for network namespaces")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s (packages iproute2 and nftables)", tool)
		}
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	probe := exec.Command("nft", "add", "table", "inet", "holdfast")
	probe.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET}
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this machine allows no packet filter in a network namespace: %v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), insideEnv+"=1", "HOLDFAST_BINARY="+binary)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("got %v, want it passed\n%s", err, out)
	}
	t.Logf("%s", out)
}

func must(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(words, " "), err, out)
	}
}

// spaces are the networks of the sites.
type spaces struct {
	*testing.T
	cuts map[string]int // of each kind, how often
	turn int
}

func space(site int) string { return fmt.Sprintf("holdfast-%d-%d", os.Getpid(), site) }

// near and far are the two ends of a site's pair of cards: here, and where its node is.
func near(site int) string { return fmt.Sprintf("10.77.%d.1", site+1) }
func far(site int) string  { return fmt.Sprintf("10.77.%d.2", site+1) }

func (n *spaces) add(site int) {
	n.Helper()
	ns, here, there := space(site), fmt.Sprintf("hf%d", site), fmt.Sprintf("hf%df", site)
	must(n.T, "ip", "netns", "add", ns)
	n.Cleanup(func() { must(n.T, "ip", "netns", "del", ns) })
	must(n.T, "ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", ns)
	must(n.T, "ip", "addr", "add", near(site)+"/24", "dev", here)
	must(n.T, "ip", "link", "set", here, "up")
	must(n.T, "ip", "-n", ns, "addr", "add", far(site)+"/24", "dev", there)
	must(n.T, "ip", "-n", ns, "link", "set", there, "up")
	must(n.T, "ip", "-n", ns, "link", "set", "lo", "up")
	n.filter(site, "add table inet holdfast")
}

// filter has the packet filter of a site's network do something.
func (n *spaces) filter(site int, what ...string) {
	n.Helper()
	must(n.T, "ip", "netns", "exec", space(site), "nft", strings.Join(what, "; "))
}

func (n *spaces) Site(site int) (within []string, listen string) {
	return []string{"ip", "netns", "exec", space(site)}, far(site) + ":8080"
}

func (n *spaces) Line(site, port int) (demo.Line, error) {
	n.filter(site, fmt.Sprintf("add chain inet holdfast out%d { type filter hook output priority 0; }", port),
		fmt.Sprintf("add chain inet holdfast in%d { type filter hook input priority 0; }", port))
	return &wireLine{n, site, port}, nil
}

// A wireLine is what the packet filter lets through between a site and one head office server.
type wireLine struct {
	n          *spaces
	site, port int
}

func (l *wireLine) Addr() string { return fmt.Sprintf("%s:%d", near(l.site), l.port) }

func (l *wireLine) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (l *wireLine) Heal() {
	l.n.filter(l.site, fmt.Sprintf("flush chain inet holdfast out%d", l.port), fmt.Sprintf("flush chain inet holdfast in%d", l.port))
}

// Cut goes through the ways in which a line can be cut, for all three lines of a site alike; the plan's
// own two have a turn each.
func (l *wireLine) Cut(cutproxy.Mode) {
	l.Heal()
	out := fmt.Sprintf("add rule inet holdfast out%d ip daddr %s tcp dport %d ", l.port, near(l.site), l.port)
	in := fmt.Sprintf("add rule inet holdfast in%d ip saddr %s tcp sport %d ", l.port, near(l.site), l.port)
	const some = "numgen random mod 100 < 40 drop"
	ways := []struct {
		name  string
		rules []string
	}{
		{"two packets in five are lost", []string{out + some, in + some}},
		{"nothing reaches head office", []string{out + "drop"}},
		{"connections are reset", []string{out + "reject with tcp reset"}},
		{"nothing comes from head office", []string{in + "drop"}},
	}
	way := ways[l.n.turn/3%len(ways)]
	l.n.turn++
	l.n.cuts[way.name]++
	l.n.filter(l.site, way.rules...)
}
