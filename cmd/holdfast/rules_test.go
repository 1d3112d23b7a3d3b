package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A ruleLine is what the rules have of one alert: they are written so that a line holds each.
type ruleLine struct{ alert, expr, page string }

func readRules(t *testing.T) []ruleLine {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "prometheus-rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []ruleLine
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "- alert: "); ok {
			rules = append(rules, ruleLine{alert: name})
		}
		if len(rules) == 0 {
			continue
		}
		last := &rules[len(rules)-1]
		if expr, ok := strings.CutPrefix(line, "expr: "); ok {
			last.expr = strings.Trim(expr, "'")
		}
		if page, ok := strings.CutPrefix(line, "page: "); ok {
			last.page = page
		}
	}
	if len(rules) < 10 {
		t.Fatalf("read %d rules", len(rules))
	}
	return rules
}

// names lists the figures that an expression asks for.
func names(expr string) []string {
	bare := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expr, "")
	var out []string
	for _, n := range regexp.MustCompile(`\b[a-z]+(_[a-z]+)+\b`).FindAllString(bare, -1) {
		if n != "histogram_quantile" {
			out = append(out, strings.TrimSuffix(n, "_bucket"))
		}
	}
	return out
}

// shown lists what a running server shows under /metrics.
func shown(t *testing.T, url, token string) map[string]bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("metrics of %s: got %d, %v", url, res.StatusCode, err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			out[strings.Fields(name)[0]] = true
		}
	}
	return out
}

// A rule that names a figure which nobody has never rings.
func TestEveryRuleAsksForFiguresThatThereAre(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	hqDir, nodeDir := t.TempDir(), t.TempDir()
	server, err := hq.Open(world.New(), hq.Config{Dir: hqDir, Name: "hq1", Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", Bootstrap: true,
		Archive: filepath.Join(t.TempDir(), "archive"), JournalMap: 1 << 20}, quiet, registry(hqDir))
	if err != nil {
		t.Fatal(err)
	}
	stopHQ := start(t, server)
	defer stopHQ()
	token := readToken(t, hqDir)
	cl := &client.Client{URLs: []string{server.URL()}, Token: token, HTTP: client.NewHTTP(10 * time.Second), Tries: 200, Retry: 100 * time.Millisecond}
	var added hq.SiteAdded
	if _, err := cl.Do(t.Context(), http.MethodPost, "/v1/sites", "k", hq.SiteRequest{Site: "leeds", Kind: "counter"}, &added); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(world.New(), node.Config{Site: "leeds", Dir: nodeDir, Listen: "127.0.0.1:0", HQ: []string{server.URL()}, Join: added.Token}, quiet, registry(nodeDir))
	if err != nil {
		t.Fatal(err)
	}
	stopNode := start(t, n)
	defer stopNode()
	at := "http://" + n.Addr().String()
	// One order, which is refused, so that there is a time of one; an exception, for its word.
	own := &client.Client{URLs: []string{at}, Token: readToken(t, nodeDir), HTTP: client.NewHTTP(10 * time.Second)}
	_, _ = own.Do(t.Context(), http.MethodPost, "/v1/orders", "k", map[string]any{"lines": []any{}}, nil)
	if _, err := cl.Do(t.Context(), http.MethodPost, "/v1/sites/leeds/token", "k", hq.SignedRequest{Reason: "a test"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := cl.Do(t.Context(), http.MethodPost, "/v1/webhooks", "k", contract.WebhookRequest{To: "http://127.0.0.1:1/", Events: []string{"order.ready"}}, nil); err != nil {
		t.Fatal(err)
	}
	all := []string{"up"}
	scrape := func() []string {
		found := all
		for name := range shown(t, server.URL(), token) {
			found = append(found, name)
		}
		for name := range shown(t, at, readToken(t, nodeDir)) {
			found = append(found, name)
		}
		return found
	}
	var missing []string
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for { // the sums over all stock come a moment after the leader
		missing = nil
		have := scrape()
		for _, rule := range readRules(t) {
			for _, name := range names(rule.expr) {
				if !slices.Contains(have, name) {
					missing = append(missing, fmt.Sprintf("%s asks for %s", rule.alert, name))
				}
			}
		}
		if len(missing) == 0 || ctx.Err() != nil {
			break
		}
	}
	for _, m := range missing {
		t.Errorf("%s, and nobody has it", m)
	}
}

func readToken(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "owner.token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

func TestEveryAlertHasItsPageAndEveryPageItsAlert(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "ALERTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	var pages, alerts []string
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			pages = append(pages, strings.TrimSpace(name))
		}
	}
	for _, r := range readRules(t) {
		alerts = append(alerts, r.alert)
		if r.expr == "" || r.page != "ALERTS.md#"+strings.ToLower(r.alert) {
			t.Errorf("%s: got expr %q, page %q", r.alert, r.expr, r.page)
		}
	}
	slices.Sort(pages)
	slices.Sort(alerts)
	if !slices.Equal(pages, alerts) {
		t.Errorf("got pages %v, want one for each alert %v", pages, alerts)
	}
}
