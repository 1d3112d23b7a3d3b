package baddays_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A cgroup holds a process to so much memory, the pages of the system's cache for it included. The
// kernel knows two kinds of them, and their files have other names.
type cgroup struct {
	testing.TB
	dir string
	v2  bool
}

const (
	cgroupRoot   = "/sys/fs/cgroup"
	cgroupRootV1 = "/sys/fs/cgroup/memory"
)

// newCgroup makes one with a limit in bytes, and skips where that may not be done.
func newCgroup(t *testing.T, limit int64) *cgroup {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a cgroup of its own needs root")
	}
	c := &cgroup{TB: t, dir: cgroupRootV1}
	if _, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers")); err == nil {
		c.dir, c.v2 = cgroupRoot, true
		// It may be set for the children already, and where it cannot be the limit is missing below.
		_ = os.WriteFile(filepath.Join(c.dir, "cgroup.subtree_control"), []byte("+memory"), 0o600)
	}
	c.dir = filepath.Join(c.dir, fmt.Sprint("holdfast-baddays-", os.Getpid()))
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		t.Skipf("a cgroup cannot be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(c.dir); err != nil {
			t.Errorf("remove cgroup: %v", err)
		}
	})
	name := c.name("memory.limit_in_bytes", "memory.max")
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(strconv.FormatInt(limit, 10)), 0o600); err != nil {
		t.Skipf("memory cannot be limited here: %v", err)
	}
	return c
}

func (c *cgroup) name(v1, v2 string) string {
	if c.v2 {
		return v2
	}
	return v1
}

func (c *cgroup) read(v1, v2 string) string {
	c.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, c.name(v1, v2)))
	if err != nil {
		c.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// within is a command line that enters the cgroup and then runs what follows it.
func (c *cgroup) within() []string {
	return []string{"/bin/sh", "-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(c.dir, "cgroup.procs")}
}

// kills is how many processes in it were killed for want of memory.
func (c *cgroup) kills() int64 {
	c.Helper()
	return field(c.TB, c.read("memory.oom_control", "memory.events"), "oom_kill")
}

// peak is the most that was used, of which the system takes back what is cache. It is 0 where the
// kernel does not keep it.
func (c *cgroup) peak() int64 {
	c.Helper()
	if _, err := os.Stat(filepath.Join(c.dir, c.name("memory.max_usage_in_bytes", "memory.peak"))); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	n, err := strconv.ParseInt(c.read("memory.max_usage_in_bytes", "memory.peak"), 10, 64)
	if err != nil {
		c.Fatal(err)
	}
	return n
}

// used is what its processes have now that no cache can give back.
func (c *cgroup) used() int64 {
	c.Helper()
	return field(c.TB, c.read("memory.stat", "memory.stat"), c.name("rss", "anon"))
}

// field is the number behind a name, in a file of a name and a number a line.
func field(t testing.TB, text, name string) int64 {
	t.Helper()
	for line := range strings.Lines(text) {
		if w := strings.Fields(line); len(w) >= 2 && strings.TrimSuffix(w[0], ":") == name {
			n, err := strconv.ParseInt(w[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("got no %s in %q", name, text)
	return 0
}
