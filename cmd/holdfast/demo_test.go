package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// buildHoldfast builds this very tree's binary: the demo starts its company from the file that
// it runs from, which a test binary is not.
func buildHoldfast(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "holdfast")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// lastLine is the JSON object that a command ends its output with.
func lastLine(t testing.TB, out []byte) map[string]any {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var v map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &v); err != nil {
		t.Fatalf("last line: %v\n%s", err, out)
	}
	return v
}

func TestACompanySellsThroughAnOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts six processes for some thirty seconds")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, buildHoldfast(t), "demo", "--for", "12s", "--seed", "11", "--json")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("demo: got %v, want exit 0\n%s\n%s", err, out, stderr.Bytes())
	}
	got := lastLine(t, out)
	for _, zero := range []string{"oversold", "lost", "duplicated", "altered_after_receipt", "unsynced", "displaced",
		"over_returned", "goods_unsettled", "counts_undone", "goods_untold",
		"money_untold", "over_refunded", "receipt_gaps", "drawers_wrong", "days_wrong", "over_credit", "acts_unnamed"} {
		if got[zero] != float64(0) {
			t.Errorf("%s: got %v, want 0", zero, got[zero])
		}
	}
	if got["audit"] != "ok" {
		t.Errorf("audit: got %v, want ok", got["audit"])
	}
	for _, some := range []string{"orders_accepted", "accepted_offline", "cross_site", "nodes_killed", "leaders_killed", "lines_cut"} {
		if n, _ := got[some].(float64); n < 1 {
			t.Errorf("%s: got %v, want at least 1", some, got[some])
		}
	}
	done, _ := got["done"].(map[string]any)
	for _, some := range []string{"purchase_orders", "transfers_received", "counts", "returns", "returns_elsewhere", "dispatched", "collected", "collected_elsewhere",
		"payments", "refunds", "sales_on_account", "drawers_counted", "days_ended", "discounts", "gift_cards_sold", "paid_with_gift_cards",
		"exchanges", "quotes_placed", "second_tabs_refused", "put_away", "manifests_closed", "lots_received", "sold_by_lot", "lots_refused"} {
		if n, _ := done[some].(float64); n < 1 {
			t.Errorf("%s: got %v, want at least 1", some, done[some])
		}
	}
}
