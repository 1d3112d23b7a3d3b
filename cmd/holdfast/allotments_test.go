//go:build unix

package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A shop that is cut off sells units that lie in a warehouse: they were passed on to it before.
func TestAShopThatIsCutOffSellsWhatItHoldsOfAWarehouse(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	bin := buildHoldfast(t)
	o := startHQ(t, bin)
	hullDir, leedsDir := filepath.Join(t.TempDir(), "hull"), filepath.Join(t.TempDir(), "leeds")
	hull := startSite(t, bin, "hull", hullDir, o.url, o.add("hull", "warehouse"))
	leeds := startSite(t, bin, "leeds", leedsDir, o.url, o.add("leeds", "counter"))
	hull.settled()
	leeds.settled()
	hull.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":5}]}`, nil)
	hull.settled()

	allot := func(act ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), bin, append(append([]string{"allotments"}, act...), "--to", o.url, "--token-file", filepath.Join(o.dir, "owner.token"))...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("allotments %v: %v: %s", act, err, out)
		}
		return string(out)
	}
	if got := allot("set", "TAP-22", "--owner", "hull", "--holder", "leeds", "--qty", "3"); !strings.Contains(got, "leeds may promise 3 of hull's TAP-22 from now on") || !strings.Contains(got, "3 are on their way") {
		t.Errorf("got %q, want what becomes of it", got)
	}
	stock := func(p *process) (s contract.NodeStock) {
		p.t.Helper()
		p.call("GET", "/v1/stock/TAP-22", "", "", &s)
		return s
	}
	eventually(t, "leeds to hold them", func() bool { return stock(leeds).Promisable.Sure.Qty == 3 })
	if s := stock(leeds); s.Available != 0 || len(s.Held) != 1 || s.Held[0] != (contract.Held{Site: "hull", Qty: 3}) {
		t.Errorf("got %+v, want 3 of hull's and none of its own", s)
	}
	const two = `{"fulfil":"deliver","from":"any","lines":[{"sku":"TAP-22","qty":2}]}`

	o.stops()
	var sold contract.Order
	status, _ := leeds.call("POST", "/v1/orders", "cut off", two, &sold)
	if status != 201 || !sold.Offline || len(sold.Lines) != 1 || len(sold.Lines[0].Reserved) != 1 || sold.Lines[0].Reserved[0].Site != "hull" || sold.Ack != "accepted" {
		t.Errorf("cut off: got %d %+v, want 2 of hull's promised, offline", status, sold)
	}
	if status, _ := leeds.call("POST", "/v1/orders", "too many", two, nil); status != 409 {
		t.Errorf("got %d, want it refused: it holds one more", status)
	}
	if s := stock(leeds); s.Promisable.Sure.Qty != 1 {
		t.Errorf("got %+v, want one left to promise", s.Promisable)
	}
	_ = o.cmd.Process.Signal(syscall.SIGCONT)

	eventually(t, "hull to have reserved it", func() bool { s := stock(hull); return s.Reserved == 2 && s.OnHand == 5 })
	allot("set", "TAP-22", "--owner", "hull", "--holder", "leeds", "--qty", "0")
	eventually(t, "the rest to be back at head office", func() bool {
		s := stock(hull)
		return len(s.Allotments) == 1 && s.Allotments[0] == (contract.Allotment{Holder: ledger.HolderHQ, Qty: 3}) && stock(leeds).Promisable.Sure.Qty == 0
	})
	eventually(t, "the list to say so", func() bool {
		return strings.Contains(allot("list", "TAP-22", "--json"), `"holder":"hq","qty":3`)
	})
	for _, p := range []*process{leeds, hull} {
		p.settled()
		p.end(syscall.SIGTERM)
	}
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	_ = o.cmd.Wait()
	for _, dir := range []string{leedsDir, hullDir, o.dir} {
		if out, err := exec.CommandContext(t.Context(), bin, "audit", dir).CombinedOutput(); err != nil {
			t.Errorf("audit: got %v: %s", err, out)
		}
	}
}

// stops holds head office's process, and waits until it answers nobody: on a busy machine it may run on for a moment.
func (o *headOffice) stops() {
	o.t.Helper()
	if err := o.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		o.t.Fatal(err)
	}
	client := http.Client{Timeout: time.Second}
	eventually(o.t, "head office to answer nobody", func() bool {
		res, err := client.Get(o.url + "/healthz")
		if err == nil {
			_ = res.Body.Close()
		}
		return os.IsTimeout(err)
	})
}
