//go:build unix

package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Leeds holds 5 of hull's taps and sells 2 of them while its line is down. Somebody declares it lost and
// writes off what it holds; hull's taps are all sold. Then leeds turns up: it is turned away, and once it is
// let in again under a new epoch, what it sold is a fact. It is recorded, and the 2 customers' units are
// sourced again or wait, with an exception that somebody owns.
func TestWhatALostHolderSoldIsRecordedWhenItTurnsUp(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel()
	s := openBackShop(t, buildHoldfast(t))
	hq := []string{"--to", s.o.url, "--token-file", filepath.Join(s.o.dir, "owner.token")}
	s.line.Cut(cutproxy.ModeReset)
	eventually(t, "leeds to know that it is cut off", func() bool { return !s.leeds.status().Link.Online })
	for n := range 7 {
		if ok, _ := s.sells(fmt.Sprint("cut off", n)); !ok {
			t.Fatalf("order %d, cut off: got no promise, want 5 of its own and 2 of hull's", n)
		}
	}
	s.run(append([]string{"site", "declare-lost", "leeds", "--force", "--reason", "it burnt down"}, hq...)...)
	allots := func(want string) {
		t.Helper()
		if got := s.run(append([]string{"allotments", "list"}, hq...)...); !strings.Contains(got, want) {
			t.Errorf("got the allotments %q, want %q", got, want)
		}
	}
	allots("leeds is lost: this stays claimed until holdfast site write-off leeds")
	s.run(append([]string{"site", "write-off", "leeds", "--reason", "it burnt down"}, hq...)...)
	allots("leeds is lost; 5 written off")
	hullSells := func(key string) bool {
		var o contract.Order
		return s.o.ask("POST", "/v1/orders", `{"external_id":"`+key+`","fulfil":"deliver","from":"any","lines":[{"sku":"TAP-22","qty":1}]}`, &o)
	}
	eventually(t, "what leeds held to come back to hull", func() bool {
		var st contract.NodeStock
		s.hull.call("GET", "/v1/stock/TAP-22", "", "", &st)
		for _, a := range st.Allotments {
			if a.Holder == "leeds" && a.Qty > 0 {
				return false
			}
		}
		return true
	})
	s.hull.settled()
	sold := 0
	for n := 0; hullSells(fmt.Sprint("hull", n)); n++ {
		sold++
	}
	if sold != 20 {
		t.Errorf("got %d of hull's sold, want all 20 that lie there", sold)
	}

	s.line.Heal()
	eventually(t, "leeds to be turned away", func() bool { return s.leeds.status().State != "open" })
	if ok, _ := s.sells("turned away"); ok {
		t.Error("got a promise of a site that was declared lost, want none")
	}
	staysLost := func(when string) { // whoever has the node may start it as they like: it is the site no more, and asks for an epoch in vain
		t.Helper()
		var knew struct {
			State string `json:"state"`
			Lost  any    `json:"lost"`
		}
		if !s.o.ask("GET", "/v1/sites/leeds/knew", "", &knew) || knew.State != string(contract.SiteLost) || knew.Lost == nil {
			t.Errorf("%s: got %+v, want leeds lost still", when, knew)
		}
		if got := s.run(append([]string{"site", "list"}, hq...)...); !strings.Contains(got, "lost") {
			t.Errorf("%s: got the sites %q, want leeds lost", when, got)
		}
	}
	staysLost("turned away")
	s.leeds.end(syscall.SIGTERM)
	s.start()
	eventually(t, "leeds to be turned away again", func() bool { return s.leeds.status().State != "open" })
	staysLost("started once more")
	s.leeds.end(syscall.SIGTERM)
	s.join = s.run(append([]string{"site", "replace", "leeds", "--reason", "it did not burn down", "--force"}, hq...)...)
	s.start("--replace")
	s.leeds.settled()
	s.hull.settled()
	eventually(t, "all 7 orders to be known at leeds", func() bool {
		for n := range 7 {
			var o contract.Order
			if status, _ := s.leeds.call("POST", "/v1/orders", fmt.Sprint("cut off", n), `{"fulfil":"deliver","from":"any","lines":[{"sku":"TAP-22","qty":1}]}`, &o); status != 201 {
				return false
			}
		}
		return true
	})
	if got := s.run(append([]string{"exception", "list"}, hq...)...); !strings.Contains(got, "leeds") {
		t.Errorf("got the exceptions %q, want those of leeds", got)
	}
	var orders contract.OrderList
	s.leeds.call("GET", "/v1/orders?limit=100", "", "", &orders)
	promised, waiting := ledger.Qty(0), ledger.Qty(0)
	for _, o := range orders.Orders {
		for _, l := range o.Lines {
			for _, r := range l.Reserved {
				promised += r.Qty
			}
			waiting += l.Backordered
		}
	}
	if promised != 5 || waiting != 2 {
		t.Errorf("got %d promised and %d waiting at leeds, want its own 5, and 2 that wait", promised, waiting)
	}
	s.leeds.end(syscall.SIGTERM)
	s.hull.end(syscall.SIGTERM)
	for _, of := range []string{s.dir, s.hull.dir} {
		s.run("audit", of)
	}
}
