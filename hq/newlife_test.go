package hq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// backup reads a backup of server i.
func (c *cluster) backup(i int) []byte {
	c.t.Helper()
	status, _, raw := c.answer(i, "GET", "/v1/backup", "", nil, nil)
	if status != 200 {
		c.t.Fatalf("backup: got %d %s", status, raw)
	}
	return raw
}

func restoreHQ(t testing.TB, raw []byte, since ...*hq.Since) (hq.Stand, string, error) {
	t.Helper()
	env, _ := world()
	dir := t.TempDir()
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		return hq.Stand{}, dir, err
	}
	var said *hq.Since
	if len(since) > 0 {
		said = since[0]
	}
	st, err := hq.Restore(context.Background(), env, r, dir, slog.New(slog.DiscardHandler), said)
	return st, dir, err
}

// anew is a cluster that begins with one server on a folder.
func (c *cluster) anew(dir string) *cluster {
	c.t.Helper()
	out := &cluster{t: c.t, http: c.http, token: c.token}
	s := &server{t: c.t, cfg: c.servers[0].cfg}
	s.cfg.Dir, s.cfg.Name, s.cfg.Listen, s.cfg.RaftListen, s.cfg.Bootstrap = dir, "hq-new", "127.0.0.1:0", "127.0.0.1:0", false
	out.servers = append(out.servers, s)
	s.start()
	return out
}

// join adds a server with a folder of its own.
func (c *cluster) join() {
	c.t.Helper()
	s := &server{t: c.t, cfg: c.servers[0].cfg}
	s.cfg.Dir, s.cfg.Name, s.cfg.Listen, s.cfg.RaftListen = filepath.Join(c.t.TempDir(), "hq"), fmt.Sprintf("hq-new-%d", len(c.servers)+1), "127.0.0.1:0", "127.0.0.1:0"
	s.cfg.Join, s.cfg.TokenFile = c.servers[0].URL(), filepath.Join(c.servers[0].cfg.Dir, hq.OwnerTokenFile)
	c.servers = append(c.servers, s)
	s.start()
	n := len(c.servers)
	c.eventually("a server that joins anew", func() error {
		var list hq.ServerList
		if status := c.call(0, "GET", "/v1/servers", "", nil, &list); status != 200 || len(list.Servers) != n {
			return fmt.Errorf("%d: %+v", status, list)
		}
		return nil
	})
}

// life is the counter of head office's life, once it answers.
func (c *cluster) life() uint64 {
	c.t.Helper()
	var st hq.Status
	c.must(200, c.leader(), "GET", "/v1/status", "", nil, &st)
	return st.Incarnation
}

// auditJournals checks every journal of a server that has ended.
func auditJournals(t testing.TB, dir string) {
	t.Helper()
	env, _ := world()
	if _, err := journal.Audit(env, dir, nil); err != nil {
		t.Errorf("audit of %s: %v", dir, err)
	}
}

// adopts has the site take the new life for the true one, as a node does.
func (s *site) adopts(c *cluster) wire.Welcome {
	s.t.Helper()
	s.c, s.at = c, 0
	var w wire.Welcome
	c.eventually("a welcome in the new life", func() error {
		w = wire.Welcome{}
		return s.post(wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: s.id, NodeKey: s.key,
			Boot: s.boot, Head: s.head(), HQ: s.core.State.HQ, Applied: s.core.State.Commands}, &w)
	})
	return w
}

func TestARestoredHeadOfficeBeginsANewLifeBeforeItAnswers(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 3, 10)
	var kept, lost contract.Order
	c.must(201, 0, "POST", "/v1/orders", "kept", orderOf("TAP-22", 3), &kept)
	from := c.follower()
	c.eventually("the follower has the order", func() error {
		if status := c.call(from, "GET", "/v1/orders/"+string(kept.ID)+"?read=local", "", nil, nil); status != 200 {
			return fmt.Errorf("%d", status)
		}
		return nil
	})
	raw := c.backup(from)
	c.must(201, 0, "POST", "/v1/orders", "lost", orderOf("TAP-22", 1), &lost)
	hull.receive("TAP-22", 5)
	hull.push()
	before := c.life()
	for _, s := range c.servers {
		s.end()
	}

	st, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	if st.Life != before || st.Orders != 1 || len(st.Sites) != 1 || st.Sites[0].Site != "hull" || st.Sites[0].Seq == 0 {
		t.Errorf("got %+v, want what the backup shows", st)
	}
	auditJournals(t, dir)
	n := c.anew(dir)
	life := n.life()
	if life <= before {
		t.Errorf("got life %d, want a later one than %d", life, before)
	}
	if _, err := os.Stat(filepath.Join(dir, hq.NewLifeFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the mark is still there: %v", err)
	}
	n.must(200, 0, "GET", "/v1/orders/"+string(kept.ID), "", nil, nil)
	n.must(404, 0, "GET", "/v1/orders/"+string(lost.ID), "", nil, nil)
	n.join()
	n.servers[0].end()
	n.servers[0].start()
	if got := n.life(); got != life {
		t.Errorf("after a restart: got life %d, want %d still", got, life)
	}
	n.servers[1].end()
	n.servers[0].end()
	auditJournals(t, dir)
	auditJournals(t, n.servers[1].cfg.Dir)
}

func TestWhatIsLeftOfALostMajorityIsRecoveredAndTheOthersJoinAnew(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 3, 10)
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), &o)
	hull.obey(1)
	before := c.life()
	env, _ := world()
	if _, err := hq.Survive(env, c.servers[2].cfg.Dir, slog.New(slog.DiscardHandler)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("a server that runs: got %v, want that it is in use", err)
	}
	for _, s := range c.servers {
		s.end() // two of them for good
	}
	dir := c.servers[2].cfg.Dir

	for range 2 { // the second after a crash that let nothing of the first be told
		v, err := hq.Survive(env, dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if st := v.Stand(); st.Life != before || st.Orders != 1 || st.Index == 0 || len(st.Sites) != 1 {
			t.Errorf("got %+v", st)
		}
		if err := errors.Join(v.Recover(), v.Close()); err != nil {
			t.Fatal(err)
		}
	}
	n := c.anew(dir)
	n.must(200, n.leader(), "GET", "/v1/orders/"+string(o.ID), "", nil, nil)
	life := n.life()
	if life <= before {
		t.Errorf("got life %d, want a later one than %d", life, before)
	}
	n.join()
	n.join()
	var list hq.ServerList
	n.must(200, 0, "GET", "/v1/servers", "", nil, &list)
	if len(list.Servers) != 3 {
		t.Errorf("got servers %+v, want three", list)
	}
	if w := hull.adopts(n); w.H.Counter != life {
		t.Errorf("the site is welcomed by life %d, want %d", w.H.Counter, life)
	}
	for _, s := range n.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}

func TestALookAtASurvivorChangesNothing(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 3, 10)
	c.must(201, 0, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), nil)
	c.eventually("the survivor has heard that there are three", func() error { // a quorum may do without it
		var list hq.ServerList
		if status := c.call(1, "GET", "/v1/servers?read=local", "", nil, &list); status != 200 || len(list.Servers) != 3 {
			return fmt.Errorf("%d %+v", status, list)
		}
		return nil
	})
	for _, s := range c.servers {
		s.end()
	}
	env, _ := world()
	v, err := hq.Survive(env, c.servers[1].cfg.Dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Others(); len(got) != 2 || got[0].URL == "" || v.Term() == 0 {
		t.Errorf("got others %+v, term %d", got, v.Term())
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range c.servers {
		s.start()
	}
	if got := c.life(); got != 1 {
		t.Errorf("got life %d, want the first one still", got)
	}
	c.must(201, 0, "POST", "/v1/orders", "k2", orderOf("TAP-22", 3), nil)
}

func TestASurvivorMustHaveAPast(t *testing.T) {
	env, _ := world()
	for name, make := range map[string]func(dir string) error{
		"an empty folder":   func(string) error { return nil },
		"a folder of a log": func(dir string) error { return os.WriteFile(filepath.Join(dir, hq.RaftFile), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := make(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := hq.Survive(env, dir, slog.New(slog.DiscardHandler)); !errors.Is(err, hq.ErrNoPast) {
				t.Errorf("got %v, want that it has no past", err)
			}
		})
	}
}

func TestAServerThatBeginsANewLifeJoinsNone(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	raw := c.backup(0)
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := world()
	cfg := hq.Config{Dir: dir, Name: "hq-9", Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", Join: c.servers[0].URL(), JournalMap: 1 << 20}
	if _, err := hq.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !errors.Is(err, hq.ErrNewLifeJoins) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestAHeadOfficeIsNotRestoredFromWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	raw := c.backup(0)
	for _, n := range []int{len(raw) - 1, len(raw) / 2} {
		if _, dir, err := restoreHQ(t, raw[:n]); !errors.Is(err, backup.ErrCut) {
			t.Errorf("cut to %d of %d: got %v", n, len(raw), err)
		} else if _, err := os.Stat(filepath.Join(dir, hq.NewLifeFile)); !errors.Is(err, os.ErrNotExist) {
			t.Error("it was marked as one that may be started")
		}
	}
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	var names []string
	for {
		name, err := r.Next()
		if err == io.EOF {
			break
		}
		names = append(names, name)
		if parts[name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, without := range names {
		var out bytes.Buffer
		w, err := backup.NewWriter(&out, r.Header())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == without {
				continue
			}
			_, writeErr := io.Copy(partOf(t, w, name), bytes.NewReader(parts[name]))
			if writeErr != nil {
				t.Fatal(writeErr)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := restoreHQ(t, out.Bytes()); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("without %s: got %v, want damage", without, err)
		}
	}
}

func partOf(t testing.TB, w *backup.Writer, name string) io.Writer {
	t.Helper()
	if err := w.Part(name); err != nil {
		t.Fatal(err)
	}
	return w
}

// Whoever restores a backup goes back to what is in it: a server that has just started, and has heard of the last while little, gives none before it
// has all that the leader had answered.
func TestABackupHasAllThatWasAnsweredBefore(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	at := c.follower()
	c.servers[at].end()
	for i := range 20 {
		c.must(200, c.leader(), "PUT", fmt.Sprintf("/v1/users/shop-%d", i), "", contract.UserRequest{Kind: "program", Roles: &[]string{"office"}}, nil)
	}
	want := backupIndex(t, c.backup(c.leader()))
	c.servers[at].start()
	c.eventually("it gives a backup, and that has all", func() error {
		status, _, raw := c.send(at, "GET", "/v1/backup", "", nil, nil)
		if status == http.StatusServiceUnavailable {
			return fmt.Errorf("got %d %s", status, raw)
		}
		if got := backupIndex(t, raw); status != http.StatusOK || got < want {
			t.Fatalf("%d: the backup is as of %d, the leader's was as of %d before", status, got, want)
		}
		return nil
	})
}

// backupIndex is how much of raft's log is in a backup.
func backupIndex(t testing.TB, raw []byte) uint64 {
	t.Helper()
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return r.Header().Index
}

func TestABackupOfHeadOfficeIsTheOwners(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	for name, change := range map[string]func(*http.Request){
		"nobody":    func(r *http.Request) { r.Header.Del("Authorization") },
		"a session": func(r *http.Request) { r.Header.Del("Authorization"); c.signIn(r) },
	} {
		r, err := http.NewRequest("GET", c.servers[0].URL()+"/v1/backup", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		change(r)
		res, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		want := map[string]int{"nobody": 401, "a session": 403}[name]
		if res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", name, res.StatusCode, want)
		}
	}
}

// signIn puts the cookie of a session on r.
func (c *cluster) signIn(r *http.Request) {
	c.t.Helper()
	keep := &http.Client{Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := keep.PostForm(c.servers[0].URL()+"/sign-in", map[string][]string{"token": {c.token}})
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body.Close()
	for _, k := range res.Cookies() {
		r.AddCookie(k)
	}
}

func TestARestoredHeadOfficeLearnsFromTheArchiveWhatItLacks(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "archive")
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Archive = folder })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 10)
	hull.push()
	raw := c.backup(0)
	for range 20 {
		hull.receive("TAP-22", 1)
	}
	hull.push()
	row := func(c *cluster, archived bool) error {
		var rows hq.SiteRows
		if status := c.call(0, "GET", "/v1/sites", "", nil, &rows); status != 200 || len(rows) != 1 || rows[0].Seq != uint64(hull.head().Seq) ||
			archived && rows[0].Archived != rows[0].Seq {
			return fmt.Errorf("%d %+v, want entry %d", status, rows, hull.head().Seq)
		}
		return nil
	}
	c.eventually("all is archived", func() error { return row(c, true) })
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	n := c.anew(dir)
	n.eventually("it has what the archive has, without a word of the site", func() error { return row(n, false) })
	var stock contract.HQStock
	n.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.OnHand != 30 || stock.Promisable.Sure.Qty != 0 {
		t.Errorf("got %d on hand, %d sure; want 30 on hand, and nothing promised before the site has attested", stock.OnHand, stock.Promisable.Sure.Qty)
	}
	if w := hull.adopts(n); w.Verdict != wire.VerdictOK {
		t.Errorf("the site's hello: got %v %s, want ok", w.Verdict, w.Why)
	}
	n.servers[0].end()
	auditJournals(t, dir)
}

func TestASiteThatIsTurnedAwayWasLastSeenWhenItWasLastWelcome(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	raw := c.backup(0)
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	n := c.anew(dir)
	hull.c, hull.core.State.HQ = n, ledger.Incarnation{Counter: n.life(), Random: [16]byte{7}} // of another head office
	var w wire.Welcome
	err = hull.post(wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: hull.id, NodeKey: hull.key, Boot: hull.boot, Head: hull.head(), HQ: hull.core.State.HQ}, &w)
	if err != nil || w.Verdict != wire.VerdictStranger {
		t.Fatalf("got %+v, %v, want it turned away", w, err)
	}
	var rows hq.SiteRows
	n.must(200, 0, "GET", "/v1/sites", "", nil, &rows)
	if len(rows) != 1 || rows[0].AgeMS > patience.Milliseconds() {
		t.Errorf("got %+v, want the age of its last welcome", rows)
	}
	n.servers[0].end()
	auditJournals(t, dir)
}

// A head office that is restored would tell every site again of whoever was erased since the backup: it is not made before somebody has
// said who was, and what they said stands in its record. Nobody has to say anything where there are no persons.
func TestHeadOfficeIsNotRestoredBeforeSomebodySaysWhoWasErasedSince(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	empty := c.backup(0)
	for _, id := range []string{"ACME-1", "BOLT-2"} {
		c.must(200, 0, "PUT", "/v1/customers/"+id, "", map[string]any{"name": "Ada"}, nil)
	}
	raw := c.backup(0)
	c.must(200, 0, "POST", "/v1/customers/ACME-1/erase", "e", hq.EraseRequest{Reason: "by letter", By: "olga"}, nil)
	c.servers[0].end()
	if st, _, err := restoreHQ(t, empty); err != nil || st.Customers != 0 {
		t.Errorf("without persons: got %+v, %v", st, err)
	}
	_, dir, err := restoreHQ(t, raw)
	if no, ok := errors.AsType[*hq.UntoldError](err); !ok || no.Customers != 2 || no.At.IsZero() {
		t.Errorf("nobody has said who was erased: got %v, want that it has two persons", err)
	}
	if _, err := os.Stat(filepath.Join(dir, hq.NewLifeFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got a folder that a server would begin a new life in: %v", err)
	}
	if st, _, err := restoreHQ(t, raw, &hq.Since{}); err != nil || st.Customers != 2 {
		t.Errorf("nobody was: got %+v, %v", st, err)
	}
	st, dir, err := restoreHQ(t, raw, &hq.Since{Erased: []ledger.CustomerID{"ACME-1", "NOBODY-9"}})
	if err != nil || st.Customers != 1 {
		t.Fatalf("one was: got %+v, %v", st, err)
	}
	if why, err := os.ReadFile(filepath.Join(dir, hq.NewLifeFile)); err != nil || !strings.Contains(string(why), "; of 2 persons who were erased, as whoever restored it says, it had 1") {
		t.Errorf("the record of the new life: got %s, %v", why, err)
	}
	var back contract.Customer
	again := c.anew(dir)
	again.eventually("it is served", func() error {
		if status := again.call(0, "GET", "/v1/customers/ACME-1", "", nil, &back); status != 200 {
			return fmt.Errorf("got %d", status)
		}
		return nil
	})
	if !back.Erased || back.Name != "" {
		t.Errorf("got %+v, want nothing of ACME-1", back)
	}
}

// A site that was cut off when somebody was erased, and knew customers whom head office lost with its disk, hears of the erasure from a
// head office that was restored and told of it: and is not taken for one that has erased before it has heard.
func TestARestoredErasureReachesASiteThatKnewMoreThanTheBackup(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	york := c.addSite("york", "counter", 1)
	york.hello()
	var last contract.Customer
	put := func(id string) {
		c.must(200, 0, "PUT", "/v1/customers/"+id, "", map[string]any{"name": "Ada"}, &last)
	}
	put("ACME-1")
	raw := c.backup(0)
	put("BOLT-2")
	put("CORK-3")
	stored := last.Version                            // york has them all, and no erasure
	for _, id := range []string{"ACME-1", "CORK-3"} { // and head office will never have heard of the second
		c.must(200, 0, "POST", "/v1/customers/"+id+"/erase", "e "+id, hq.EraseRequest{Reason: "by letter", By: "olga"}, nil)
	}
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw, &hq.Since{Erased: []ledger.CustomerID{"ACME-1", "CORK-3"}})
	if err != nil {
		t.Fatal(err)
	}
	again := c.anew(dir)
	york.adopts(again)
	var reply wire.PullReply
	if err := york.post(wire.PathPull, &wire.Pull{Site: york.id, Head: york.head(), HQ: york.core.State.HQ, Customers: stored + 1}, &reply); err != nil {
		t.Fatal(err)
	}
	if got := reply.Customers; len(got) != 2 || got[0].ID != "ACME-1" || !got[0].Erased || got[1].ID != "CORK-3" || !got[1].Erased || got[0].Version <= stored {
		t.Errorf("got %+v, want york to hear of both, as news", got)
	}
	var list hq.ErasureList
	again.must(200, 0, "GET", "/v1/erasures", "", nil, &list)
	for _, e := range list.Erasures {
		if len(e.Sites) != 1 || e.Sites[0].State != "outstanding" {
			t.Errorf("got %+v, want york asked after", e)
		}
	}
	if len(list.Erasures) != 2 {
		t.Errorf("got %d erasures, want 2", len(list.Erasures))
	}
}

// What is set of items after a restore reaches a site that had heard of more items than the backup has.
func TestItemsOfANewLifeReachSitesThatKnewMore(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	york := c.addSite("york", "counter", 1)
	york.hello()
	put := func(c *cluster, sku, name string) {
		c.must(200, 0, "PUT", "/v1/items/"+sku, "", map[string]any{"name": name}, nil)
	}
	pull := func(from uint64) (reply wire.PullReply) {
		if err := york.post(wire.PathPull, &wire.Pull{Site: york.id, Head: york.head(), HQ: york.core.State.HQ, RefVersion: from}, &reply); err != nil {
			t.Fatal(err)
		}
		return reply
	}
	put(c, "TAP-22", "Tap")
	raw := c.backup(0)
	put(c, "A", "a")
	put(c, "B", "b")
	put(c, "C", "c")
	had := pull(0).RefVersion
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw, &hq.Since{})
	if err != nil {
		t.Fatal(err)
	}
	again := c.anew(dir)
	york.adopts(again)
	put(again, "TAP-22", "Tap, recalled")
	if got := pull(had); len(got.Items) != 1 || got.Items[0].Name != "Tap, recalled" {
		t.Errorf("york had items up to %d: got %+v up to %d, want the item that was set since", had, got.Items, got.RefVersion)
	}
}
