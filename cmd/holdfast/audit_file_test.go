package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/anchor"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// toldBy is what one command said.
type toldBy struct {
	code        int
	out, stderr string
}

func saying(t *testing.T, args ...string) toldBy {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &stdout, &stderr)
	return toldBy{code, stdout.String(), stderr.String()}
}

// tlsCompany is head office over TLS, with one site.
func tlsCompany(t *testing.T) (hqDir string, to []string, site *client.Client) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	hqDir, dir := t.TempDir(), t.TempDir()
	server, err := hq.Open(world.New(), hq.Config{Dir: hqDir, Name: "hq1", Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", Bootstrap: true, TLS: true, JournalMap: 1 << 20}, quiet, registry(hqDir))
	if err != nil {
		t.Fatal(err)
	}
	start(t, server)
	raw, err := os.ReadFile(filepath.Join(hqDir, enrol.RootsFile))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := authority.ParseCerts(raw)
	if err != nil {
		t.Fatal(err)
	}
	office := &client.Client{URLs: []string{server.URL()}, Token: readToken(t, hqDir), HTTP: client.NewHTTP(10*time.Second, roots...), Tries: 200, Retry: 100 * time.Millisecond}
	var added hq.SiteAdded
	if _, err := office.Do(t.Context(), http.MethodPost, "/v1/sites", "k", hq.SiteRequest{Site: "leeds", Kind: "counter"}, &added); err != nil {
		t.Fatal(err)
	}
	if _, err := office.Do(t.Context(), http.MethodPut, "/v1/items/TAP-22", "", map[string]any{"name": "Tap"}, nil); err != nil {
		t.Fatal(err)
	}
	token, err := identity.ParseToken(added.Token)
	if err != nil {
		t.Fatal(err)
	}
	env, cfg := world.New(), node.Config{Site: "leeds", Dir: dir, Listen: "127.0.0.1:0", HQ: []string{server.URL()}}
	if err := node.Enrol(t.Context(), env, &cfg, token, func(err error) { t.Log(err) }); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(env, cfg, quiet, registry(dir))
	if err != nil {
		t.Fatal(err)
	}
	start(t, n)
	site = &client.Client{URLs: []string{"https://" + n.Addr().String()}, Token: readToken(t, dir), HTTP: client.NewHTTP(10*time.Second, roots...), Tries: 200, Retry: 100 * time.Millisecond}
	return hqDir, []string{"--to", server.URL(), "--token-file", filepath.Join(hqDir, "owner.token")}, site
}

// An auditor takes three files away and checks them where there is no database: what the company says stands, and what
// somebody has changed is named.
func TestAnAuditorTrustsNoDatabase(t *testing.T) {
	_, to, site := tlsCompany(t)
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	with := func(args ...string) []string { return append(args, to...) }
	for _, id := range []string{"GRN-1", "GRN-2", "GRN-3"} {
		if _, err := site.Do(t.Context(), http.MethodPost, "/v1/receipts", id, map[string]any{"reference": id, "lines": []map[string]any{{"sku": "TAP-22", "qty": 5}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	roots := saying(t, with("hq", "ca", "export")...)
	if err := os.WriteFile(in("roots.pem"), []byte(roots.out), 0o600); err != nil || roots.code != exitHolds {
		t.Fatal(err, roots)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := saying(t, with("journal", "export", "leeds", in("j"), "--json")...)
		if got.code == exitHolds {
			// The last of them: heads that are signed meanwhile are of nothing that the journal lacks.
			if got = saying(t, with("journal", "prove", in("j"), in("last"), "--ref", "GRN-3")...); got.code == exitHolds {
				break
			}
			if err := os.Remove(in("j")); err != nil {
				t.Fatal(err)
			}
		}
		if time.Now().After(end) {
			t.Fatalf("the receipts are not at head office: %+v", got)
		}
	}
	if got := saying(t, with("journal", "prove", in("j"), in("p"), "--ref", "GRN-2")...); got.code != exitHolds {
		t.Fatalf("a proof: got %+v", got)
	}
	if got := saying(t, with("journal", "heads", in("h"))...); got.code != exitHolds {
		t.Fatalf("heads: got %+v", got)
	}
	sound := saying(t, "audit", in("j"), "--heads", in("h"), "--roots", in("roots.pem"))
	if sound.code != exitHolds || !strings.Contains(sound.out, "passes through 1 signed heads\nentries 1 to ") || !strings.Contains(sound.out, " of leeds are what company c-") || !strings.HasSuffix(sound.out, "audit: ok\n") || !strings.Contains(sound.out, "worked out anew") {
		t.Errorf("a sound journal: got %+v", sound)
	}
	if got := saying(t, "audit", in("p"), "--roots", in("roots.pem")); got.code != exitHolds || !strings.Contains(got.out, ": receipt ") || !strings.Contains(got.out, "signed by holdfast://c-") {
		t.Errorf("a proof: got %+v", got)
	}
	if got := saying(t, "audit", in("h"), "--roots", in("roots.pem")); got.code != exitHolds || !strings.Contains(got.out, "leeds/1/") {
		t.Errorf("heads: got %+v", got)
	}
	whole, err := os.ReadFile(in("j"))
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Replace(whole, []byte("GRN-1"), []byte("GRN-8"), 1)
	if err := os.WriteFile(in("bad"), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	got := saying(t, "audit", in("bad"), "--against", in("j"), "--json")
	var line fileAudit
	if err := json.Unmarshal([]byte(got.out), &line); err != nil || got.code != exitFails || len(line.Faults) == 0 || line.Faults[0].Kind != "receipt" || line.Faults[0].Fault != "changed" {
		t.Errorf("a changed one: got %+v, %v", got, err)
	}
	if !strings.Contains(got.out, "the postings are not the same") {
		t.Errorf("against another copy: got %s, want what differs", got.out)
	}
	for _, c := range []struct {
		want int
		says string
		args []string
	}{
		{exitUsage, "--roots is missing", []string{"audit", in("p")}},
		{exitUsage, "--roots is missing", []string{"audit", in("j"), "--heads", in("h")}},
		{exitUsage, "go with a file", []string{"audit", dir, "--heads", in("h")}},
		{exitUsage, "--archive goes with a node's folder", []string{"audit", in("j"), "--archive", dir}},
		{exitUsage, "go with an exported journal", []string{"audit", in("p"), "--roots", in("roots.pem"), "--against", in("j")}},
		{exitFails, "no proof and no signed heads", []string{"audit", in("roots.pem"), "--roots", in("roots.pem")}},
		{exitUsage, "hint: name a folder", []string{"audit", in("nothing")}},
		{exitFails, "never overwritten", with("journal", "export", "leeds", in("j"))},
		{exitFails, "unknown_site", with("journal", "export", "lees", in("new"))},
		{exitFails, "no such entry", with("journal", "prove", in("j"), in("new"), "--ref", "GRN-77")},
		{exitFails, "no such entry", with("journal", "prove", in("j"), in("new"), "--seq", "7777")},
		{exitUsage, "name --ref or --seq", with("journal", "prove", in("j"), in("new"))},
		{exitFails, "another entry there", with("journal", "prove", in("bad"), in("new"), "--ref", "GRN-8")},
	} {
		if got := saying(t, c.args...); got.code != c.want || !strings.Contains(got.stderr, c.says) {
			t.Errorf("%v: got %+v, want %d and %q", c.args, got, c.want, c.says)
		}
	}
	if left, err := filepath.Glob(in("*.part")); err != nil || len(left) > 0 {
		t.Errorf("got %v left of what failed, %v", left, err)
	}
}

// Heads that say nothing of the journal prove nothing of it, whether they are of other sites or of none.
func TestHeadsThatDoNotNameTheJournalDoNotPassIt(t *testing.T) {
	dir, at := t.TempDir(), time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)
	in := func(name string) string { return filepath.Join(dir, name) }
	ca, err := authority.New("c-1", rand.Reader, at)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	who := identity.Name{Company: "c-1", Role: identity.RoleHQ, Who: "hq-1"}
	request, err1 := authority.Request(key, nil, rand.Reader)
	chain, err2 := ca.Issue(who, request, rand.Reader, at)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	papers := &identity.Papers{Name: who, Chain: tls.Certificate{Certificate: chain, PrivateKey: key}}
	journal := func(site ledger.SiteID) ledger.Head {
		core := ledger.NewCore(ledger.NewState(site), nil)
		core.Decide(&ledger.OpenSite{Epoch: 1}, at)
		var out bytes.Buffer
		w, err := transcript.NewWriter(&out, transcript.Header{Site: site, First: 1, At: at, From: "hq-1"})
		if err != nil {
			t.Fatal(err)
		}
		frames := core.Cut()
		end := frames[len(frames)-1].End()
		for _, f := range frames {
			err = errors.Join(err, w.Frame(ledger.EncodeFrame(f)))
		}
		if err := errors.Join(err, w.Close(end), os.WriteFile(in(string(site)), out.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
		return ledger.Head{Site: site, Position: end}
	}
	leeds, york := journal("leeds"), journal("york")
	err = os.WriteFile(in("roots"), authority.MarshalCert(ca.Generations[0].Cert.Raw), 0o600)
	for name, heads := range map[string][]ledger.Head{"none": nil, "of york": {york}, "of both": {leeds, york}} {
		raw, signErr := anchor.Sign(anchor.Statement{Company: "c-1", At: at, Heads: heads}, papers, rand.Reader)
		err = errors.Join(err, signErr, os.WriteFile(in(name), raw, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"none": exitFails, "of york": exitFails, "of both": exitHolds} {
		got := saying(t, "audit", in("leeds"), "--heads", in(name), "--roots", in("roots"))
		if got.code != want || want == exitFails && !strings.Contains(got.stderr, "no head of leeds was signed") {
			t.Errorf("heads %s: got %+v, want %d", name, got, want)
		}
	}
}
