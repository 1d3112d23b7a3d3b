package hq_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

func isOld(err error) bool {
	_, old := errors.AsType[*hq.OldAuthorityError](err)
	return old
}

// keepAuthority puts an authority into a server's folder.
func (c *trusting) keepAuthority(dir string, raw []byte) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, hq.AuthorityFile), raw, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *trusting) kept(i int, name string) []byte {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.servers[i].cfg.Dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// enrolServer has a server's folder prepared by a token, as --join does.
func (c *trusting) enrolServer(i int, token identity.Token) error {
	env, _ := world()
	return hq.Enrol(c.t.Context(), env, c.servers[i].cfg.Dir, token, func(err error) { c.t.Log(err) })
}

// A server that was away for a whole rotation of the authority is believed by nobody, and believes nobody: it says so, and a join token
// brings it back with its folder. So does one whose authority is an old copy, which does not start as it is.
func TestAServerThatSleptThroughARotationComesBackByAToken(t *testing.T) {
	t.Parallel()
	c := startTrustingOf(t, 3)
	first := c.give("hq") // whoever has a token in a unit file starts with it for ever
	const asleep = 2
	s := c.servers[asleep]
	s.end()
	past, err := authority.New(c.state.Company, rand.Reader, time.Now().Add(-24*time.Hour)) // what the others have long dropped
	if err != nil {
		t.Fatal(err)
	}
	raw, err := past.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c.keepAuthority(s.cfg.Dir, raw)
	roots := authority.MarshalCert(past.Generations[0].Cert.Raw)
	if err := os.WriteFile(filepath.Join(s.cfg.Dir, enrol.RootsFile), roots, 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	told := func(want string) {
		t.Helper()
		c.eventually("the figures say "+want, func() error {
			if _, _, figures := c.answer(asleep, "GET", "/metrics", "", nil, nil); !bytes.Contains(figures, []byte(want)) {
				return errors.New("not yet")
			}
			return nil
		})
	}
	told("hq_authority_foreign 1\n")
	s.end()

	used := c.joinedBy(asleep)
	if err := c.enrolServer(asleep, used); err != nil || !bytes.Equal(c.kept(asleep, hq.AuthorityFile), raw) {
		t.Errorf("started with the token that it joined by once: got %v, want the folder as it is", err)
	}
	if err := c.enrolServer(asleep, first); err != nil {
		t.Fatal(err)
	}
	s.start()
	told("hq_authority_foreign 0\n")
	c.eventually("it hears of what the others do", func() error {
		var list hq.ServerList
		if status := c.call(asleep, "GET", "/v1/servers", "", nil, &list); status != 200 || len(list.Servers) != 3 {
			return fmt.Errorf("%d: %+v", status, list)
		}
		return nil
	})

	s.end()
	c.must(http.StatusOK, 0, "POST", "/v1/authority/rotate", "", hq.RotateRequest{By: "beth", Reason: "spring"}, nil)
	if err := os.WriteFile(filepath.Join(s.cfg.Dir, enrol.RootsFile), c.kept(0, enrol.RootsFile), 0o600); err != nil { // it had heard of the rotation
		t.Fatal(err)
	}
	env, _ := world()
	if _, err := hq.Open(env, s.cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !isOld(err) {
		t.Errorf("with a copy of before the rotation: got %v, want it not to start", err)
	}
	if err := c.enrolServer(asleep, c.give("hq")); err != nil {
		t.Fatal(err)
	}
	if state, err := authority.Parse(c.kept(asleep, hq.AuthorityFile)); err != nil || len(state.Generations) != 2 {
		t.Errorf("by a token: got %d generations, %v; want both", len(state.Generations), err)
	}
	if err := os.WriteFile(filepath.Join(s.cfg.Dir, enrol.RootsFile), roots, 0o600); err != nil { // as a backup of long ago has it: today's authority has dropped it
		t.Fatal(err)
	}
	s.start()
	told("hq_authority_foreign 0\n")

	// Another company's token changes nothing.
	other, err := authority.New("c-other", rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	raw, err = other.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c.keepAuthority(dir, raw)
	want := fmt.Sprintf("join token is of the company %s, and this folder is of c-other: name another --dir", c.state.Company)
	if err := hq.Enrol(t.Context(), env, dir, c.give("hq"), func(err error) { t.Log(err) }); err == nil || err.Error() != want {
		t.Errorf("a folder of another company: got %v, want %q", err, want)
	}
	if now, err := os.ReadFile(filepath.Join(dir, hq.AuthorityFile)); err != nil || !bytes.Equal(now, raw) {
		t.Errorf("a folder of another company: got it changed, %v", err)
	}
	for i := range c.servers {
		c.servers[i].end()
		auditJournals(t, c.servers[i].cfg.Dir)
	}
}

// A server's papers name the token that they were got by, and the authority is kept after them. Where a crash comes in between, the same token finishes
// what it has begun: of a folder with an old authority, and of one with none.
func TestAServerWhoseJoinWasCutShortJoinsByTheSameToken(t *testing.T) {
	t.Parallel()
	c := startTrustingOf(t, 3)
	const asleep = 2
	dir, token := c.servers[asleep].cfg.Dir, c.give("hq")
	c.servers[asleep].end()
	old := c.kept(asleep, hq.AuthorityFile)
	c.must(http.StatusOK, 0, "POST", "/v1/authority/rotate", "", hq.RotateRequest{By: "beth", Reason: "spring"}, nil)
	if err := os.WriteFile(filepath.Join(dir, enrol.RootsFile), c.kept(0, enrol.RootsFile), 0o600); err != nil { // it had heard of the rotation
		t.Fatal(err)
	}
	if err := c.enrolServer(asleep, token); err != nil {
		t.Fatal(err)
	}
	for what, cut := range map[string]func() error{
		"an old authority": func() error { return os.WriteFile(filepath.Join(dir, hq.AuthorityFile), old, 0o600) },
		"no authority":     func() error { return os.Remove(filepath.Join(dir, hq.AuthorityFile)) },
	} {
		if err := cut(); err != nil {
			t.Fatal(err)
		}
		if err := c.enrolServer(asleep, token); err != nil {
			t.Fatalf("%s: got %v, want the join finished", what, err)
		}
		if state, err := authority.Parse(c.kept(asleep, hq.AuthorityFile)); err != nil || len(state.Generations) != 2 {
			t.Errorf("%s: got %d generations, %v; want both", what, len(state.Generations), err)
		}
	}
	c.servers[asleep].start()
	c.eventually("it hears of what the others do", func() error {
		var list hq.ServerList
		if status := c.call(asleep, "GET", "/v1/servers", "", nil, &list); status != 200 || len(list.Servers) != 3 {
			return fmt.Errorf("%d: %+v", status, list)
		}
		return nil
	})
	for i := range c.servers {
		c.servers[i].end()
		auditJournals(t, c.servers[i].cfg.Dir)
	}
}

// joinedBy is the token that a server's folder was prepared by, as far as the folder tells.
func (c *trusting) joinedBy(i int) identity.Token {
	c.t.Helper()
	env, _ := world()
	_, id, err := enrol.Folder{Env: env, Dir: c.servers[i].cfg.Dir}.Papers()
	if err != nil {
		c.t.Fatal(err)
	}
	number, err := identity.ParseTokenID(id)
	if err != nil {
		c.t.Fatal(err)
	}
	return identity.Token{ID: number, Role: identity.RoleHQ, Root: sha256.Sum256(nil), Servers: []string{"https://127.0.0.1:1"}, Ends: time.Now().Add(-time.Hour)}
}

// A rotation that is asked for twice is one, until it signs or somebody says that another is meant.
func TestARotationIsBegunOnce(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	rotate := func(again bool) (p contract.Problem, out hq.AuthorityShown) {
		in := hq.RotateRequest{By: "beth", Reason: "spring", Again: again}
		if status, _, raw := c.send(0, "POST", "/v1/authority/rotate", "", in, nil); status != http.StatusOK {
			if err := json.Unmarshal(raw, &p); err != nil {
				t.Fatal(err)
			}
		}
		c.must(http.StatusOK, 0, "GET", "/v1/authority", "", nil, &out)
		return p, out
	}
	if p, out := rotate(false); p.Code != "" || len(out.Generations) != 2 || out.Generations[1].Stage != "known" {
		t.Fatalf("got %+v, %+v", p, out)
	}
	p, out := rotate(false)
	g := &out.Generations[1]
	want := fmt.Sprintf("A generation was begun at %s already (%s), and signs from %s on: nothing was begun.", g.Since, g.Fingerprint[:12], g.Signs)
	if p.Code != contract.CodeBadValue || p.Field != "again" || p.Detail != want || p.Hint == "" || len(out.Generations) != 2 {
		t.Errorf("once more: got %+v with %d generations, want %q", p, len(out.Generations), want)
	}
	if p, out = rotate(true); p.Code != "" || len(out.Generations) != 3 {
		t.Errorf("said to be meant: got %+v with %d generations, want 3", p, len(out.Generations))
	}
	since, err := time.Parse(time.RFC3339, out.Generations[2].Since)
	if err != nil {
		t.Fatal(err)
	}
	_, _, figures := c.answer(0, "GET", "/metrics", "", nil, nil)
	if want := fmt.Sprintf("hq_authority_newest_timestamp_seconds %v\n", float64(since.Unix())); !bytes.Contains(figures, []byte(want)) {
		t.Errorf("got no figure %s", want)
	}
}

// A copy of the authority from before a rotation is found where nothing in the folder tells of the rotation: join tokens were given under a
// root that it lacks. The server says so, and signs nothing and gives nothing, before any node is told to believe it alone.
func TestAnOldAuthorityWithoutItsFileOfRootsSignsNothing(t *testing.T) {
	t.Parallel()
	c := startTrustingOf(t, 1)
	s := c.servers[0]
	leeds := c.addSite0("leeds")
	if _, err := c.enrol(leeds); err != nil {
		t.Fatal(err)
	}
	york := c.addSite0("york")
	today := c.kept(0, hq.AuthorityFile)
	s.end()
	past, err := authority.New(c.state.Company, rand.Reader, time.Now().Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := past.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c.keepAuthority(s.cfg.Dir, raw)
	if err := os.Remove(filepath.Join(s.cfg.Dir, enrol.RootsFile)); err != nil {
		t.Fatal(err)
	}
	s.start()
	c.eventually("the figures say so", func() error {
		if _, _, figures := c.answer(0, "GET", "/metrics", "", nil, nil); !bytes.Contains(figures, []byte("hq_authority_foreign 1\n")) {
			return errors.New("not yet")
		}
		return nil
	})
	for path, in := range map[string]any{"/v1/join-tokens": hq.JoinTokenRequest{For: "leeds", By: "beth"}, "/v1/sites": hq.SiteRequest{Site: "hull", Kind: "counter"}} {
		if p := c.problemOf(0, "POST", path, "old", in); p.Code != contract.CodeNotReady || !strings.Contains(p.Detail, "is an old copy") || p.Hint == "" {
			t.Errorf("POST %s: got %+v, want it refused in words", path, p)
		}
	}
	if _, err := c.enrol(york); err == nil {
		t.Error("a node with a token of before: got a certificate of the old authority")
	}
	s.end()
	c.keepAuthority(s.cfg.Dir, today)
	if err := os.Remove(filepath.Join(s.cfg.Dir, enrol.RootsFile)); err != nil { // it is the old one's
		t.Fatal(err)
	}
	s.start()
	c.eventually("york comes in by the token that nobody has used up", func() error {
		_, err := c.enrol(york)
		return err
	})
	s.end()
	auditJournals(t, s.cfg.Dir)
}

// addSite0 is addSite where there is one server.
func (c *trusting) addSite0(site string) identity.Token {
	c.t.Helper()
	var out hq.SiteAdded
	c.must(http.StatusCreated, 0, "POST", "/v1/sites", "add-"+site, hq.SiteRequest{Site: site, Kind: "counter"}, &out)
	return c.parse(out.Token)
}
