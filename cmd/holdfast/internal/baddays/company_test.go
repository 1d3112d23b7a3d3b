package baddays_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// companyWait bounds one story of a whole company, whatever the machine; it ends a test that hangs.
const companyWait = 4 * time.Hour

// A story is told to the test's log once it has ended badly.
type story struct{ strings.Builder }

// play plays a company of real processes and holds what clients were told against its books.
func play(t *testing.T, cfg demo.Config) *demo.Result {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	if cfg.Binary == "" {
		binary, err := built()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Binary = binary
	}
	ctx, cancel := context.WithTimeout(t.Context(), companyWait)
	defer cancel()
	var told story
	cfg.Env, cfg.Dir, cfg.Out = world.New(), t.TempDir(), io.Writer(&told)
	if keep := os.Getenv("HOLDFAST_KEEP"); keep != "" {
		cfg.Dir = filepath.Join(keep, t.Name())
	}
	if long {
		cfg.Out = io.MultiWriter(&told, os.Stderr) // it takes a while
	}
	r, err := demo.Run(ctx, cfg)
	if err != nil {
		t.Fatalf("got %v, want it played to its end\n%s", err, told.String())
	}
	if !r.Holds() {
		t.Errorf("got oversold %d, lost %d, doubled %d, altered %d, unsynced %d, audit %s; want none and ok: %s\n%s",
			r.Oversold, r.Lost, r.Duplicated, r.Altered, r.Unsynced, r.Audit, strings.Join(r.Faults, "; "), told.String())
	}
	if r.Accepted == 0 || r.CrossSite == 0 {
		t.Errorf("got %d orders accepted, %d across sites; want some of each", r.Accepted, r.CrossSite)
	}
	t.Logf("%d orders offered, %d accepted, %d of them offline, %d across sites; oversold %d, lost %d, doubled %d; audit %s",
		r.Offered, r.Accepted, r.Offline, r.CrossSite, r.Oversold, r.Lost, r.Duplicated, r.Audit)
	return r
}

// TestNodesAndServersKilledUnderLoadLoseAndDoubleNothing kills nodes and head office's servers, leaders
// among them, 20 times, or 5,000 times with HOLDFAST_LONG=1, or HOLDFAST_KILLS times. Every order that was answered is looked for
// in the books, and every book is audited.
func TestNodesAndServersKilledUnderLoadLoseAndDoubleNothing(t *testing.T) {
	kills := 20
	if long {
		kills = 5000
	}
	if n, err := strconv.Atoi(os.Getenv("HOLDFAST_KILLS")); err == nil {
		kills = n
	}
	began := time.Now()
	r := play(t, demo.Config{For: companyWait, Kills: kills, Seed: 4})
	t.Logf("%d kills in %v, %v each", r.Kills, time.Since(began).Round(time.Second), (time.Since(began) / time.Duration(kills)).Round(time.Millisecond))
}

// previousBuilds are the commits whose builds the company runs before it is moved to this one: what was landed before, and in long runs, for
// to build a commit takes a minute of two processors, also the last before the formats of rebuilds, lives of head office and late facts.
func previousBuilds() []string {
	if long {
		return []string{"c46f900", "539465b"}
	}
	return []string{"c46f900"}
}

// buildPrevious builds a commit of this very repository.
func buildPrevious(t *testing.T, commit string) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) { return exec.CommandContext(t.Context(), "git", args...).Output() }
	top, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		t.Skip("not in a git checkout: there is no previous build to move from")
	}
	root := strings.TrimSpace(string(top))
	if _, err := git("-C", root, "cat-file", "-e", commit+"^{commit}"); err != nil {
		t.Skipf("this checkout does not have commit %s: there is no previous build to move from", commit)
	}
	tree := filepath.Join(t.TempDir(), "previous")
	if out, err := exec.CommandContext(t.Context(), "git", "-C", root, "worktree", "add", "--detach", tree, commit).CombinedOutput(); err != nil {
		t.Fatalf("check out the previous build: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("git", "-C", root, "worktree", "remove", "--force", tree).CombinedOutput(); err != nil {
			t.Errorf("remove the previous build's tree: %v: %s", err, out)
		}
	})
	binary := filepath.Join(t.TempDir(), "holdfast-previous")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/holdfast")
	build.Dir = tree
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the previous build: %v: %s", err, out)
	}
	return binary
}

// TestACompanyIsMovedToThisBuildWhileItSells moves head office's servers first, one after the other,
// and then the nodes. Between two steps builds of both kinds talk with one another.
func TestACompanyIsMovedToThisBuildWhileItSells(t *testing.T) {
	if !chaos {
		t.Skip("needs HOLDFAST_CHAOS=1: it builds another commit")
	}
	newer, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, commit := range previousBuilds() {
		t.Run(commit, func(t *testing.T) {
			r := play(t, demo.Config{For: 12 * time.Second, Binary: buildPrevious(t, commit), Newer: newer, Seed: 6})
			if r.Moved != 6 {
				t.Errorf("got %d processes moved, want 6", r.Moved)
			}
		})
	}
}

// TestACompanyStandsWhateverHappensToIt is holdfast demo --chaos for 25 seconds, or for 30 minutes with
// HOLDFAST_LONG=1; which of the great things happen in that time, the seed says.
func TestACompanyStandsWhateverHappensToIt(t *testing.T) {
	if !chaos {
		t.Skip("needs HOLDFAST_CHAOS=1")
	}
	d := 25 * time.Second
	if long {
		d = 30 * time.Minute
	}
	r := play(t, demo.Config{For: d, Chaos: true, Seed: 8})
	t.Log(fmt.Sprint(r.Happened))
}
