//go:build unix

package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A backShop is leeds, a shop behind a line that can be cut, beside hull, a warehouse, which has passed 5
// of its 20 taps on to it; leeds has 5 of its own.
type backShop struct {
	*testing.T
	bin   string
	o     *headOffice
	line  *cutproxy.Proxy
	join  string
	dir   string
	leeds *process
	hull  *process
	told  int // units that clients were promised
}

func openBackShop(t *testing.T, bin string) *backShop {
	t.Helper()
	s := &backShop{T: t, bin: bin, o: startHQ(t, bin), dir: filepath.Join(t.TempDir(), "leeds")}
	to, err := url.Parse(s.o.url)
	if err != nil {
		t.Fatal(err)
	}
	if s.line, err = cutproxy.Listen(t.Context(), cutproxy.Config{Addr: "127.0.0.1:0", ConnsMax: 64, Target: func() string { return to.Host }}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.line.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.join = s.o.add("leeds", "counter")
	s.hull = startSite(t, bin, "hull", filepath.Join(t.TempDir(), "hull"), s.o.url, s.o.add("hull", "warehouse"))
	s.start()
	s.hull.settled()
	s.leeds.settled()
	s.hull.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":20}]}`, nil)
	s.leeds.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":5}]}`, nil)
	s.hull.settled()
	s.run("allotments", "set", "TAP-22", "--owner", "hull", "--holder", "leeds", "--qty", "5", "--to", s.o.url, "--token-file", filepath.Join(s.o.dir, "owner.token"))
	eventually(t, "leeds to hold 5 of hull's", func() bool {
		var st contract.NodeStock
		s.leeds.call("GET", "/v1/stock/TAP-22", "", "", &st)
		return st.Promisable.Sure.Qty == 10
	})
	s.leeds.settled()
	return s
}

func (s *backShop) start(more ...string) {
	s.Helper()
	s.leeds = startSite(s.T, s.bin, "leeds", s.dir, "http://"+s.line.Addr(), s.join, more...)
}

func (s *backShop) run(args ...string) string {
	s.Helper()
	out, err := exec.CommandContext(s.Context(), s.bin, args...).Output()
	if err != nil {
		s.Fatalf("holdfast %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// sells asks for one unit of anybody's, and says whether it was promised, and by which epoch of the book.
func (s *backShop) sells(key string) (ok bool, epoch ledger.Epoch) {
	s.Helper()
	var o contract.Order
	status, answered := s.leeds.call("POST", "/v1/orders", key, `{"fulfil":"deliver","from":"any","lines":[{"sku":"TAP-22","qty":1}]}`, &o)
	if !answered || status != 201 {
		return false, 0
	}
	return true, ledger.Epoch(s.leeds.status().Epoch)
}

// goingBack is how a node goes back in time; after sets the folder that it is then started from.
type goingBack struct {
	before func(*backShop) string // on a good day: what is kept
	after  func(*backShop, string)
	more   []string
}

func waysBack() map[string]goingBack {
	return map[string]goingBack{
		"its folder is copied back": {
			before: func(s *backShop) string {
				s.leeds.end(syscall.SIGTERM)
				kept := copyFolder(s.T, s.dir)
				s.start()
				s.leeds.settled()
				return kept
			},
			after: func(s *backShop, kept string) { s.dir = kept },
		},
		"it is restored from a backup": {
			before: func(s *backShop) string {
				file := filepath.Join(s.TempDir(), "leeds.backup")
				s.run("backup", s.leeds.url, file, "--token-file", filepath.Join(s.dir, "owner.token"))
				return file
			},
			after: func(s *backShop, kept string) {
				s.dir = filepath.Join(s.TempDir(), "restored")
				s.run("restore", kept, s.dir)
			},
		},
		"it is emptied and replaced": {
			before: func(*backShop) string { return "" },
			after: func(s *backShop, _ string) {
				s.dir = filepath.Join(s.TempDir(), "new")
				s.join = s.run("site", "replace", "leeds", "--reason", "its disk is lost", "--force", "--to", s.o.url, "--token-file", filepath.Join(s.o.dir, "owner.token"))
			},
			more: []string{"--replace"},
		},
	}
}

// From its first moment on customers ask the node that went back for anything it can promise, while head
// office has seen what it sold, and what it had passed on to it. What it promises has to lie in an epoch
// that head office gave it, and all that was promised has to be there.
func TestANodeThatWentBackPromisesNothingBeforeHeadOfficeHasSettledIt(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel() // it waits, mostly
	bin := buildHoldfast(t)
	for name, way := range waysBack() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openBackShop(t, bin)
			kept := way.before(s)
			s.line.Cut(cutproxy.ModeReset) // cut off, it promises 3 of hull's
			eventually(t, "leeds to know that it is cut off", func() bool { return !s.leeds.status().Link.Online })
			for n := range 8 {
				if ok, _ := s.sells(fmt.Sprint("cut off", n)); !ok {
					t.Fatalf("order %d, cut off: got no promise, want 5 of its own and 3 of hull's", n)
				}
				s.told++
			}
			s.line.Heal()
			s.leeds.settled()
			s.leeds.end(syscall.SIGKILL)
			old := s.dir
			way.after(s, kept)
			s.start(way.more...)
			for n, settled := 0, false; !settled; n++ {
				settled = s.leeds.status().State == "open" && s.leeds.status().Epoch > 1
				ok, epoch := s.sells(fmt.Sprint("back", n))
				if ok {
					s.told++
				}
				if ok && epoch < 2 {
					t.Errorf("got a promise in epoch %d, want none before head office has given another one", epoch)
				}
			}
			s.leeds.settled()
			s.hull.settled()
			s.sellOut()
			for _, of := range []string{s.dir, s.hull.dir, old} {
				s.run("audit", of)
			}
		})
	}
}

// sellOut sells until nothing is left: 25 came in, so 25 are promised and no more.
func (s *backShop) sellOut() {
	s.Helper()
	const came = 25
	refused := 0
	for n := 0; s.told <= came && refused < 20; n++ { // what is on its way back to head office comes
		ok, _ := s.sells(fmt.Sprint("rest", n))
		if ok {
			s.told, refused = s.told+1, 0
		} else {
			refused++
		}
	}
	if s.told > came {
		s.Errorf("got %d promised, %d came in", s.told, came)
	}
	s.leeds.settled()
	s.leeds.end(syscall.SIGTERM)
	s.hull.settled()
	s.hull.end(syscall.SIGTERM)
	s.Logf("%d of %d promised", s.told, came)
}

// A copy of the folder runs beside its original and is asked all the while: it must not make one promise.
func TestACopyOfANodePromisesNothingBesideItsOriginal(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel()
	s := openBackShop(t, buildHoldfast(t))
	s.leeds.end(syscall.SIGTERM)
	kept := copyFolder(t, s.dir)
	s.start()
	s.leeds.settled()
	twin := startSite(t, s.bin, "leeds", kept, s.o.url, s.join)
	stop := make(chan struct{})
	var customers sync.WaitGroup
	customers.Go(func() { // those of the original
		for n := 0; ; n++ {
			if ok, _ := s.sells(fmt.Sprint("original", n)); ok {
				s.told++
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	asked := 0
	eventually(t, "the copy to be refused", func() bool {
		asked++
		if status, _ := twin.call("POST", "/v1/orders", fmt.Sprint("copy", asked), `{"fulfil":"deliver","from":"any","lines":[{"sku":"TAP-22","qty":1}]}`, nil); status == 201 {
			t.Error("the copy promised a unit, want none")
		}
		st := twin.status()
		return st.State == "quarantined" && st.Rebuild != nil && st.Rebuild.Why != ""
	})
	twin.end(syscall.SIGKILL)
	close(stop)
	customers.Wait()
	s.sellOut()
	for _, of := range []string{s.dir, s.hull.dir, kept} {
		s.run("audit", of)
	}
}

// The shop was restored from a backup and its line is down: nobody can say what it may promise. What the
// customer holds in the hand is sold all the same, and told to head office once the line is up.
func TestAShopThatIsCutOffAndRestoredSellsGoodsInTheHand(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel()
	s := openBackShop(t, buildHoldfast(t))
	way := waysBack()["it is restored from a backup"]
	kept := way.before(s)
	for n := range 2 {
		if ok, _ := s.sells(fmt.Sprint("after the backup", n)); !ok {
			t.Fatal("got no promise, want one")
		}
		s.told++
	}
	s.leeds.settled()
	s.leeds.end(syscall.SIGKILL)
	s.line.Cut(cutproxy.ModeReset)
	old := s.dir
	way.after(s, kept)
	s.start()
	if st := s.leeds.status(); st.State != "quarantined" {
		t.Fatalf("got %s, want quarantined", st.State)
	}
	if ok, _ := s.sells("promised"); ok {
		t.Error("got a promise of a restored shop that is cut off, want none")
	}
	const hand = `{"in_hand":true,"approver":"mo","lines":[{"sku":"TAP-22","qty":1}]}`
	var sold, again contract.Order
	if status, _ := s.leeds.call("POST", "/v1/orders", "hand", hand, &sold); status != 201 || sold.Status != ledger.StatusCompleted {
		t.Fatalf("goods in the hand: got %d %s, want them sold", status, sold.Status)
	}
	s.told++
	s.leeds.end(syscall.SIGKILL) // and it is on the disk
	s.start()
	if status, _ := s.leeds.call("POST", "/v1/orders", "hand", hand, &again); status != 201 || again.ID != sold.ID {
		t.Errorf("again: got %d %s, want %s", status, again.ID, sold.ID)
	}
	s.line.Heal()
	s.leeds.settled()
	if status, _ := s.leeds.call("POST", "/v1/orders", "hand", hand, &again); status != 201 || again.ID != sold.ID {
		t.Errorf("once it is rebuilt: got %d %s, want %s", status, again.ID, sold.ID)
	}
	if got := s.leeds.stock(); got != 2 {
		t.Errorf("got %d available, want 5 less 2 and what was in the hand", got)
	}
	s.sellOut()
	for _, of := range []string{s.dir, s.hull.dir, old} {
		s.run("audit", of)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "before-epoch-2")); err != nil {
		t.Errorf("the book of the quarantine: %v, want it kept", err)
	}
}
