package hq

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Config is what an operator may set of one server of head office.
type Config struct {
	Dir        string   // required; holds raft.db with its tail, snapshots, journal.db, server.id, owner.token; created 0700
	Name       string   // required; the server's name for people: letters, digits and hyphens
	Listen     string   // required; host:port of the API, the link and the page
	Names      []string // hosts by which browsers know this server, beside its URL, its address and names of the inside; its certificate says them
	URL        string   // how sites and the other servers reach Listen; default https://LISTEN, http:// where there are no certificates
	RaftListen string   // required; host:port for the other servers; keep it in a private network
	RaftAddr   string   // how the other servers reach RaftListen; default RaftListen
	Bootstrap  bool     // begin a cluster of one; without effect in a directory that has a past
	Join       string   // URL of any server of a cluster to join
	TokenFile  string   // owner's token of the cluster to join; needed once, kept in Dir
	TLS        bool     // certificates on loopback, too; everywhere else there is nothing but
	Archive    string   // folder outside Dir, the same for all servers, for the copy of all journals that the leader's deputy keeps; "": none, and no site trims

	Heartbeat         time.Duration // a follower without word from the leader so long stands for election; default 750ms
	ProposeWait       time.Duration // how long a proposal may take; default 5s
	HangMax           time.Duration // how long the disk may take over a write to raft's log before this leader gives up leading; default 4 heartbeats, at least 2s
	StopWait          time.Duration // how long requests may take to end at shutdown; default 5s
	CallWait          time.Duration // how long a site may take to answer a call; default 3s
	PullWait          time.Duration // how long a site's pull waits for something to come; default 25s
	DurableWait       time.Duration // how long an order waits for the level it wants to have reached; default 10s, at most 30s
	SnapshotEach      time.Duration // how often raft looks whether a snapshot is due; default 30s
	SnapshotThreshold uint64        // raft entries since the last snapshot that make one due; default 262144
	TrailingLogs      uint64        // raft entries kept behind a snapshot; default 65536, at least 1
	CheckpointEach    time.Duration // how often the servers compare their states, where anything has changed; default 5m
	LogBytes          int64         // bytes of raft's log that make a snapshot due, give or take a quarter, and half of which it keeps; default 128 MiB

	ProposalsMax int // proposals in flight; default 1024
	RequestsMax  int // requests served at once, pulls and events aside; default 512
	WaitersMax   int // asks and orders that wait for other sites; default 256
	PullsMax     int // pulls open at once; default 4096
	EventsMax    int // readers of events at once; default 64
	JournalMap   int // address space mapped for each of the two files at first, in bytes; default 1 GiB

	Limits door.Bounds // of one caller, and of connections

	Office office.Config
	OpenID openid.Config  // the company's identity provider; the zero one: there is none. The same for all servers
	Mail   messenger.Mail // how mail is sent; the zero one: it is not. The same for all servers
	// Letters are what mail says, where an operator has written it; the rest is this program's own. The same for all servers.
	Letters messenger.Letters
}

// Validate reports everything that is wrong with c, in one go.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Dir == "" {
		bad("dir is empty")
	}
	if c.Archive != "" && c.Dir != "" {
		if rel, err := filepath.Rel(c.Dir, c.Archive); err == nil && filepath.IsLocal(rel) {
			bad("archive %q lies in the server's own folder %q, and would be lost with it", c.Archive, c.Dir)
		}
	}
	if !goodName(c.Name) {
		bad("name %q is not 1 to 32 letters, digits and hyphens", c.Name)
	}
	reachable := func(what, listen, advertised, flag string) {
		host, _, err := net.SplitHostPort(listen)
		if err != nil {
			bad("%s %q is not host:port", what, listen)
			return
		}
		if ip := net.ParseIP(host); advertised == "" && (host == "" || ip != nil && ip.IsUnspecified()) {
			bad("%s %q names no host that others can reach: give %s too", what, listen, flag)
		}
	}
	reachable("listen", c.Listen, c.URL, "the URL")
	reachable("raft listen", c.RaftListen, c.RaftAddr, "the raft address")
	for _, u := range []struct{ what, text string }{{"url", c.URL}, {"join", c.Join}} {
		if u.text == "" {
			continue
		}
		if p, err := url.Parse(u.text); err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" {
			bad("%s %q is not an http or https URL", u.what, u.text)
		}
	}
	for _, name := range c.Names {
		if err := authority.CheckHost(name); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Bootstrap && c.Join != "" {
		bad("bootstrap begins a cluster and join enters one: give one of the two")
	}
	if c.Heartbeat < 0 || c.Heartbeat > 0 && c.Heartbeat < 20*time.Millisecond || c.Heartbeat > time.Minute {
		bad("heartbeat is %v; it must be 20ms to 1m", c.Heartbeat)
	}
	for _, d := range []time.Duration{c.ProposeWait, c.StopWait, c.CallWait, c.PullWait, c.SnapshotEach, c.CheckpointEach, c.HangMax, 120 * c.DurableWait} {
		if d < 0 || d > time.Hour {
			bad("a wait is %v; it must be 0 to 1h", d)
		}
	}
	for _, n := range []int64{c.LogBytes, int64(c.ProposalsMax), int64(c.RequestsMax), int64(c.WaitersMax), int64(c.PullsMax), int64(c.EventsMax), int64(c.JournalMap)} {
		if n < 0 {
			bad("a limit is below 0")
		}
	}
	return errors.Join(append(errs, c.Mail.Validate(), c.Limits.Validate(), c.OpenID.Validate())...)
}

func goodName(s string) bool {
	return s != "" && len(s) <= 32 &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// filled is c with defaults where nothing was set.
func (c Config) filled() Config {
	wait := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	count := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	wait(&c.Heartbeat, 750*time.Millisecond)
	wait(&c.ProposeWait, 5*time.Second)
	wait(&c.HangMax, max(4*c.Heartbeat, 2*time.Second))
	wait(&c.StopWait, 5*time.Second)
	wait(&c.CallWait, 3*time.Second)
	wait(&c.PullWait, 25*time.Second)
	wait(&c.DurableWait, 10*time.Second)
	wait(&c.SnapshotEach, 30*time.Second)
	wait(&c.CheckpointEach, 5*time.Minute)
	if c.SnapshotThreshold == 0 {
		c.SnapshotThreshold = 1 << 18
	}
	if c.TrailingLogs == 0 {
		c.TrailingLogs = 1 << 16
	}
	if c.LogBytes == 0 {
		c.LogBytes = 128 << 20
	}
	count(&c.ProposalsMax, 1024)
	count(&c.RequestsMax, 512)
	c.Limits = c.Limits.Filled(16384)
	count(&c.WaitersMax, 256)
	count(&c.PullsMax, 4096)
	count(&c.EventsMax, 64)
	count(&c.JournalMap, 1<<30)
	wait(&c.Office.BorrowWait, 2*time.Second)
	return c
}
