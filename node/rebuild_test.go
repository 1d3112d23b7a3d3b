package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// openStrict opens a shop whose head office judges each hello by its head, with 10 taps that it knows of.
func openStrict(t testing.TB) (*shop, *hub) {
	t.Helper()
	s, h := openJoined(t, nil)
	h.mu.Lock()
	h.strict = true
	h.mu.Unlock()
	s.receive("TAP-22", 10)
	s.shared()
	return s, h
}

// shared waits until head office has all.
func (s *shop) shared() {
	s.t.Helper()
	waitFor(s.t, "head office to have all", func() bool { st := s.node.Status(); return st.Link.Online && st.Link.Unshared == 0 })
}

// sell sells so many taps under a key, as a till does.
func (s *shop) sell(key_ string, qty int, want int) said {
	s.t.Helper()
	got := s.do("POST", "/v1/orders", `{`+line("TAP-22", qty)+`}`, key(key_))
	if got.status != want {
		s.t.Fatalf("sale %s: got %d %s, want %d", key_, got.status, got.body, want)
	}
	return got
}

// inHand sells what the customer holds.
func (s *shop) inHand(key_ string, qty int) said {
	s.t.Helper()
	return s.do("POST", "/v1/orders", `{"in_hand":true,"approver":"mo",`+line("TAP-22", qty)+`}`, key(key_))
}

func (s *shop) available() ledger.Qty {
	s.t.Helper()
	return as[contract.NodeStock](s.t, s.do("GET", "/v1/stock/TAP-22", ""), 200).Available
}

// backup copies the folder of the shop while it is shut, and opens it again.
func (s *shop) backup() string {
	s.t.Helper()
	s.shut()
	dir := s.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
	s.start()
	return dir
}

// restore puts a copy in the place of the shop's folder; "" empties it.
func (s *shop) restore(from string) {
	s.t.Helper()
	s.shut()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
	if from == "" {
		from = s.t.TempDir()
	}
	if err := os.CopyFS(s.dir, os.DirFS(from)); err != nil {
		s.t.Fatal(err)
	}
}

// rejoins waits until Run ends because the book was rebuilt, and opens the node again, as cmd does.
func (s *shop) rejoins() {
	s.t.Helper()
	s.client.http.CloseIdleConnections()
	if err := <-s.ended; !errors.Is(err, node.ErrRejoined) {
		s.t.Fatalf("run: got %v, want %v", err, node.ErrRejoined)
	}
	s.cfg.Rebuilds = s.node.Rebuilds()
	if err := s.node.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.node = nil
	s.start()
}

func (s *shop) opens() {
	s.t.Helper()
	waitFor(s.t, "the site to be open again", func() bool { st := s.node.Status(); return st.State == "open" && st.Rebuild == nil && st.Link.Online })
	s.shared()
}

func idOf(t *testing.T, s said) ledger.OrderID {
	t.Helper()
	return as[contract.Order](t, s, 201).ID
}

func TestACopiedFolderWhoseLineIsUpPromisesNothingBeforeItIsJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		old := s.backup()
		s.opens()
		s.sell("shared", 3, 201)
		s.shared()
		s.restore(old)
		h.mu.Lock()
		h.refuses = "another node of this site is heard"
		h.mu.Unlock()
		s.start()
		got := s.do("POST", "/v1/orders", `{`+line("TAP-22", 9)+`}`, key("early")) // at once
		if got.status != 503 {
			t.Fatalf("got %d %s, want it to wait for the verdict and be refused", got.status, got.body)
		}
		p := as[contract.Problem](t, got, 503)
		if p.Code != contract.CodeQuarantined || !strings.Contains(p.Hint, "in_hand") {
			t.Errorf("got %+v, want quarantined, and what can be done", p)
		}
		waitFor(t, "the status to say what it waits for", func() bool {
			st := s.node.Status()
			return st.State == "quarantined" && st.Rebuild != nil && strings.Contains(st.Rebuild.Why, "another node of this site")
		})
		p = as[contract.Problem](t, s.do("POST", "/v1/orders", `{`+line("TAP-22", 9)+`}`, key("early")), 503)
		if !strings.Contains(p.Detail, "waits for head office") || !strings.Contains(p.Detail, "another node of this site") {
			t.Errorf("got %q, want in plain words what it waits for", p.Detail)
		}
		if s.do("GET", "/readyz", "").status != 503 {
			t.Error("got ready, want not")
		}
		// The customer is at the till all the same.
		if got := s.inHand("held", 1); got.status != 201 {
			t.Errorf("in the hand: got %d %s, want it sold", got.status, got.body)
		}
		h.mu.Lock()
		h.refuses = "" // the other one was switched off
		h.mu.Unlock()
		s.rejoins()
		s.opens()
		if got := s.available(); got != 6 {
			t.Errorf("got %d available, want 10-3-1", got)
		}
	})
}

func TestAShopThatIsCutOffAndRestoredStillSellsWhatTheCustomerHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openStrict(t)
		old := s.backup()
		s.opens()
		s.sell("shared", 3, 201)
		seen := s.do("GET", "/v1/stock/TAP-22", "").header.Get(contract.HeaderPosition)
		s.shared()
		s.restore(old)
		s.w.net.setCut(hqAddr, true)
		s.start()
		if got := s.do("GET", "/v1/stock/TAP-22", "", header(contract.HeaderPosition, seen)); got.status != 503 {
			t.Errorf("got %d, want the client's position to quarantine it", got.status)
		}
		s.sell("book", 1, 503)
		if got := s.inHand("held", 1); got.status != 201 {
			t.Fatalf("got %d %s, want it sold", got.status, got.body)
		}
		s.shut() // a restart in between ends nothing
		s.start()
		s.sell("book", 1, 503)
		if got := s.inHand("held", 1); got.status != 201 || got.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("again: got %d %s, want its first answer", got.status, got.body)
		}
		s.w.net.setCut(hqAddr, false)
		s.rejoins()
		s.opens()
		if got := s.available(); got != 6 {
			t.Errorf("got %d available, want 10-3-1", got)
		}
	})
}

func TestANodeThatFoundOutByItselfIsRebuiltThoughHeadOfficeFindsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		at := s.node.Status()
		lost := fmt.Sprintf("leeds/1/%d/%064x", at.Seq+5, 7) // accepted, answered, and gone before it was shared
		if got := s.do("GET", "/v1/stock/TAP-22", "", header(contract.HeaderPosition, lost)); got.status != 503 {
			t.Errorf("got %d, want it quarantined", got.status)
		}
		s.rejoins()
		s.opens()
		// The client still shows what it has seen of the closed epoch: that is no new evidence.
		if got := s.do("GET", "/v1/stock/TAP-22", "", header(contract.HeaderPosition, lost)); got.status != 200 {
			t.Errorf("got %d, want the site to stay open", got.status)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.epoch != 2 {
			t.Errorf("got epoch %d, want 2", h.epoch)
		}
	})
}

func TestAReplacedNodeIsRebuiltFromNothingAndTheWordIsGoodOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		s.sell("shared", 3, 201)
		s.shared()
		s.restore("")
		s.start()
		time.Sleep(5 * time.Minute) // of the bubble
		h.mu.Lock()
		n := len(h.rejoins)
		h.mu.Unlock()
		if n != 0 {
			t.Fatalf("got %d rejoins, want none: nobody has said that the old one is gone", n)
		}
		s.shut()
		s.cfg.Replace = true
		s.start()
		s.rejoins()
		s.opens()
		if got := s.available(); got != 7 {
			t.Errorf("got %d available, want 10-3", got)
		}
		h.mu.Lock()
		if len(h.rejoins) != 1 || !h.rejoins[0].Replace {
			t.Errorf("got %+v, want one rejoin that replaces", h.rejoins)
		}
		h.key = [16]byte{1} // somebody has replaced it in its turn
		h.mu.Unlock()
		s.shut()
		s.start()
		time.Sleep(5 * time.Minute) // of the bubble
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.rejoins) != 1 {
			t.Errorf("got %d rejoins, want no second one by the same word", len(h.rejoins))
		}
	})
}

// TestAReplacementReadsAsSaidOnce says that the process that has just replaced a node does not warn of its own
// word, and that a later start with it does.
func TestAReplacementReadsAsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openStrict(t)
		s.sell("shared", 3, 201)
		s.shared()
		s.restore("")
		var said bytes.Buffer
		s.log = slog.New(slog.NewTextHandler(&said, nil))
		s.cfg.Replace = true
		s.start()
		s.rejoins()
		s.opens()
		s.shut()
		if strings.Contains(said.String(), "replace was said again") {
			t.Errorf("got a warning of the word that was said once:\n%s", said.String())
		}
		s.cfg.Rebuilds = 0
		s.start()
		s.shut()
		if !strings.Contains(said.String(), "replace was said again") {
			t.Error("got no warning at a later start with the same word, want one")
		}
	})
}

// TestANodeAsksAgainWhenHeadOfficeGoesBackWhileItFetches has a restored node be given an epoch and a journal of
// which head office then forgets the end, the epoch with it.
func TestANodeAsksAgainWhenHeadOfficeGoesBackWhileItFetches(t *testing.T) {
	for name, c := range map[string]struct {
		sold int // the first of five sales that are left to head office; the node's backup has three
		want ledger.Qty
	}{
		"to after the node's backup":  {4, 10 - 4},
		"to before the node's backup": {2, 10 - 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, h := openStrict(t)
				frames := map[int]int{} // that head office has after so many sales
				sell := func(n int) {
					s.sell(fmt.Sprint("sale", n), 1, 201)
					s.shared()
					h.mu.Lock()
					frames[n] = len(h.frames)
					h.mu.Unlock()
				}
				for n := range 3 {
					sell(n + 1)
				}
				old := s.backup()
				s.opens()
				sell(4)
				sell(5)
				h.mu.Lock()
				pages := 0
				h.page, h.fetched = 1, func() {
					if pages++; pages == 2 {
						h.goesBack(frames[c.sold])
					}
				}
				h.mu.Unlock()
				s.restore(old)
				s.start()
				waitFor(t, "it to ask again", func() bool {
					h.mu.Lock()
					defer h.mu.Unlock()
					return len(h.rejoins) > 1
				})
				s.rejoins()
				s.opens()
				if got := s.available(); got != c.want {
					t.Errorf("got %d available, want %d", got, c.want)
				}
				for n := range max(c.sold, 3) {
					if got := s.sell(fmt.Sprint("sale", n+1), 1, 201); got.header.Get(contract.HeaderReplayed) != "true" {
						t.Errorf("sale %d again: got a new one, want its first answer", n+1)
					}
				}
				h.mu.Lock()
				defer h.mu.Unlock()
				if at := s.node.Status(); at.Epoch != uint64(h.epoch) || h.epoch != 2 || h.waits {
					t.Errorf("got the node in epoch %d, head office in %d, waiting %t; want both in 2, and it attested", at.Epoch, h.epoch, h.waits)
				}
			})
		})
	}
}

// Each page of the journal, and each act on the disk, may be the last.
func TestARebuildGoesOnWhereverTheNodeWasKilled(t *testing.T) {
	for _, kill := range []string{"asked", "fetching", "whole", "facts", "attested"} {
		t.Run(kill, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, h := openStrict(t)
				old := s.backup()
				s.opens()
				for i := range 5 {
					s.sell(fmt.Sprint("shared", i), 1, 201)
					s.shared()
				}
				s.restore(old)
				s.w.net.setCut(hqAddr, true)
				s.start()
				s.sell("own", 2, 201)
				h.mu.Lock()
				h.page = 1
				h.mu.Unlock()
				s.killAt(h, kill)
				s.w.net.setCut(hqAddr, false)
				if kill != "facts" && kill != "attested" {
					s.rejoins()
				}
				s.opens()
				if got := s.available(); got != 3 {
					t.Errorf("got %d available, want 10-5-2", got)
				}
				if _, err := ledger.AuditBook(testworld.New(1).Env(), filepath.Join(s.dir, "before-epoch-"+fmt.Sprint(s.node.Status().Epoch)), nil); err != nil {
					t.Errorf("audit of the book set aside: %v", err)
				}
			})
		})
	}
}

// killAt lets the rebuild come to a point, ends the node there and starts it again, cut off.
func (s *shop) killAt(h *hub, point string) {
	s.t.Helper()
	n := 0
	stopAt := func(act ledger.Act, path string) error {
		switch {
		case point == "asked" && act == ledger.ActRebuildPlan, point == "fetching" && strings.Contains(path, ledger.RebuildDir) && act == "sync record":
			if n++; n > 1 || point == "asked" {
				return testworld.ErrDisk
			}
		case point == "whole" && act == ledger.ActRebuildPlan:
			if n++; n == 2 {
				return testworld.ErrDisk
			}
		}
		return nil
	}
	switch point {
	case "facts", "attested":
		s.w.net.setCut(hqAddr, false)
		s.rejoins()
		waitFor(s.t, "it to come so far", func() bool {
			st := s.node.Status()
			return point == "facts" && st.State == "rebuilding" || point == "attested" && st.State == "open"
		})
	default:
		s.w.Disk.Fail(stopAt)
		s.w.net.setCut(hqAddr, false)
		waitFor(s.t, "the rebuild to fail there", func() bool {
			st := s.node.Status().Rebuild
			return st != nil && strings.Contains(st.Why, testworld.ErrDisk.Error())
		})
	}
	s.w.net.setCut(hqAddr, true)
	s.shut()
	s.w.Disk.Fail(nil)
	s.start()
}
