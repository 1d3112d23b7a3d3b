package hq_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// steady is a heartbeat with which nobody else is elected on a loaded machine either.
const steady = 2 * time.Second

// archivedTo waits until every server knows that the archive has the site's journal up to its head,
// and the site has heard it.
func (s *site) archivedTo() {
	s.t.Helper()
	s.c.eventually("the archive has the journal of "+string(s.id), func() error {
		for i, srv := range s.c.servers {
			if srv.stopped() {
				continue
			}
			var rows hq.SiteRows
			if status := s.c.call(i, "GET", "/v1/sites?read=local", "", nil, &rows); status != 200 || len(rows) != 1 || rows[0].Archived != uint64(s.head().Seq) {
				return fmt.Errorf("server %d: %d %+v, want %d", i, status, rows, s.head().Seq)
			}
		}
		r, err := s.pull(0)
		if err == nil && r.Archived != s.head().Seq {
			err = fmt.Errorf("the site hears %d", r.Archived)
		}
		return err
	})
}

// keeps says whether a server has the archive open, which nobody else then can.
func (c *cluster) keeps(at int) bool {
	c.t.Helper()
	return c.call(at, "POST", "/link/v1/archive", "", nil, nil) == 200
}

// TestTheLeadersDeputyKeepsTheArchive: not the leader but another server copies, and where that one is gone
// the third; where nobody else is left that can, the leader.
func TestTheLeadersDeputyKeepsTheArchive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "archive")
	c := startCluster(t, 3, func(cfg *hq.Config) { cfg.Archive, cfg.Heartbeat = dir, steady })
	s := c.addSite("leeds", "counter", 0)
	s.at = c.leader()
	s.hello()
	more := func() {
		t.Helper()
		s.receive("TAP-22", 1)
		s.push()
		s.archivedTo()
	}
	more()
	c.eventually("the leader has let go of it", func() error { // it began alone
		if c.keeps(s.at) {
			return errors.New("the leader keeps the archive itself, although there are two who could")
		}
		return nil
	})
	deputy := -1
	for i := range c.servers {
		if i != s.at && c.keeps(i) {
			deputy = i
		}
	}
	if deputy < 0 {
		t.Fatal("nobody keeps the archive")
	}
	c.servers[deputy].end()
	more()
	if c.keeps(s.at) {
		t.Error("the deputy has gone, and the leader keeps the archive in place of the third server")
	}
}

// TestALeaderWithoutADeputyKeepsTheArchiveItself: the others were given no archive.
func TestALeaderWithoutADeputyKeepsTheArchiveItself(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "archive")
	made := 0
	c := startCluster(t, 3, func(cfg *hq.Config) {
		cfg.Heartbeat = steady
		if made++; made == 1 { // the one that begins the cluster, and leads
			cfg.Archive = dir
		}
	})
	s := c.addSite("leeds", "counter", 0)
	s.at = c.leader()
	s.hello()
	s.receive("TAP-22", 1)
	s.push()
	s.archivedTo()
	if !c.keeps(s.at) {
		t.Error("the leader does not keep the archive")
	}
	if status := c.call(c.follower(), "POST", "/link/v1/archive", "", nil, nil); status != 404 {
		t.Errorf("a server without an archive: got %d, want 404", status)
	}
}

func TestANewLeaderGoesOnWithTheArchive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "archive")
	c := startCluster(t, 3, func(cfg *hq.Config) { cfg.Archive = dir })
	s := c.addSite("leeds", "counter", 0)
	s.at = c.leader()
	s.hello()
	for range 20 {
		s.receive("TAP-22", 1)
	}
	s.push()
	s.archivedTo()
	old := c.leader()
	c.servers[old].end()
	s.at = c.leader()
	s.hello()
	s.receive("TAP-22", 1)
	s.push()
	s.archivedTo()
	end := s.head()
	for _, srv := range c.servers {
		if !srv.stopped() {
			srv.end()
		}
	}
	read, err := ledger.ReadArchive(testworld.New(1).Env(), "leeds", archive.Dir(dir, "leeds"))
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if read.End() != end {
		t.Errorf("got the archive's end at %v, want %v", read.End(), end)
	}
}

// An archive that another process has locked holds nothing up, and is caught up with when it is free.
func TestAnArchiveThatIsAwayHoldsNothingUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "archive")
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Archive = dir })
	c.servers[0].end()
	held, err := archive.Open(testworld.New(1).Env(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c.servers[0].start()
	c.leader()
	s := c.addSite("leeds", "counter", 0)
	s.hello()
	s.receive("TAP-22", 1)
	s.push()
	if r, err := s.pull(0); err != nil || r.Archived != 0 {
		t.Errorf("got %+v, %v; want nothing archived", r, err)
	}
	if status := c.call(0, "GET", "/readyz", "", nil, nil); status != 200 {
		t.Errorf("readyz: got %d, want 200", status)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.archivedTo()
}

func TestAnArchiveInTheServersOwnFolderIsRefused(t *testing.T) {
	for archive, bad := range map[string]bool{"/data/hq": true, "/data/hq/archive": true, "/data/hq/../hq/x": true,
		"/data/hq-archive": false, "/data/archive": false, "/mnt/archive": false, "": false} {
		cfg := hq.Config{Dir: "/data/hq", Name: "a", Listen: "127.0.0.1:1", RaftListen: "127.0.0.1:2", Archive: archive, Heartbeat: time.Second}
		if err := cfg.Validate(); (err != nil) != bad {
			t.Errorf("%q: got %v, want refused: %v", archive, err, bad)
		}
	}
}
