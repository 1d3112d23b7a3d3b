package hq_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// The counts of entries that raft itself goes by would let the log grow without end here.
func TestRaftsLogIsKeptSmallInBytes(t *testing.T) {
	t.Parallel()
	const most = 200_000
	c := startCluster(t, 1, func(cfg *hq.Config) {
		cfg.SnapshotEach, cfg.LogBytes = 50*time.Millisecond, most
		cfg.SnapshotThreshold, cfg.TrailingLogs = 1<<40, 1<<40
	})
	heavy := contract.ItemRequest{Name: strings.Repeat("Basin tap, chrome ", 10)}
	// Few items, put often: a state larger than the log would be a reason to keep the log.
	const puts = 1500
	if puts*len(heavy.Name) < most*5/4 {
		t.Fatalf("%d puts are not enough to fill the log", puts)
	}
	for i := range puts {
		c.must(200, 0, "PUT", fmt.Sprintf("/v1/items/TAP-%d", i%20), "", heavy, nil)
	}
	c.eventually("the log is cut", func() error {
		_, _, raw := c.send(0, "GET", "/metrics", "", nil, nil)
		for line := range strings.Lines(string(raw)) {
			text, ok := strings.CutPrefix(line, "hq_raft_log_bytes ")
			if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); ok && (err != nil || n > most) {
				return fmt.Errorf("it weighs %s, %v; want at most %d", text, err, most)
			} else if ok {
				return nil
			}
		}
		return errors.New("nobody says what the log weighs")
	})
	// What is left is enough to start from, and the snapshot has the rest.
	c.servers[0].end()
	c.servers[0].start()
	c.eventually("it has all items", func() error {
		var it contract.Item
		if status := c.call(0, "GET", "/v1/items/TAP-7", "", nil, &it); status != 200 || it.Name != heavy.Name {
			return fmt.Errorf("%d %q", status, it.Name)
		}
		return nil
	})
}
