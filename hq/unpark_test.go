package hq_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *server) site(id ledger.SiteID) (out machine.Site) {
	s.View(func(m *machine.Machine) {
		if site, ok := m.Site(id); ok {
			out = *site
		}
	})
	return out
}

func (s *server) held(id ledger.SiteID, sku ledger.SKU) (q ledger.Qty) {
	s.View(func(m *machine.Machine) {
		if st, ok := m.Stock(id, sku); ok {
			q = st.Held
		}
	})
	return q
}

// delivery is goods-in of a hundred articles: some 20 KB of journal.
func delivery(n int) *ledger.Receive {
	r := &ledger.Receive{ID: fmt.Sprintf("delivery %d", n)}
	for i := range 100 {
		r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprintf("P-%03d", i)), Qty: 1, Bin: ledger.BinDefault})
	}
	return r
}

// A build before this one has raised the kinds, and some server still has it. It would not know the command
// that reads the stream on, and would hold another state from there on.
func TestNothingIsReadOnBeforeEveryServerKnowsTheCommand(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 1, true, func(int) ledger.Network { return nil }, nil)
	s := c.servers[0]
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 9)
	hull.decide(&ledger.Adjust{Reason: "stolen", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -2}}})
	hull.push()
	if res, err := s.Propose(t.Context(), machine.Marshal(&machine.Raise{Kind: ledger.KindLast, At: time.Now()})); err != nil || res.Err != nil {
		t.Fatal(err, res.Err)
	}
	if _, err := s.RaiseForTest(); err != nil || s.site("hull").Parked == "" {
		t.Fatalf("got %v, parked %q, want nothing read on", err, s.site("hull").Parked)
	}
	site := s.site("hull")
	if err := s.LeadsOnForTest(site); err != nil {
		t.Errorf("got %v, want the journal store to lead from what is folded to what is stored", err)
	}
	for name, change := range map[string]func(*machine.Site){
		"another journal":      func(at *machine.Site) { at.Stored.Hash[0]++ },
		"a store with a gap":   func(at *machine.Site) { at.Stored.Seq++ },
		"a store that is bare": func(at *machine.Site) { at.ID = "york" },
	} {
		wrong := site
		if change(&wrong); s.LeadsOnForTest(wrong) == nil {
			t.Errorf("%s: got no error, want it not read on", name)
		}
	}
	s.upgrade()
	c.eventually("it is read on", func() error {
		known := false
		if s.View(func(m *machine.Machine) { _, known = m.Site("hull") }); !known {
			return errors.New("it has not read its log yet")
		}
		if site := s.site("hull"); site.Parked != "" || site.Folded != hull.head().Seq {
			return fmt.Errorf("parked %q, folded %d", site.Parked, site.Folded)
		}
		return nil
	})
	if got := s.held("hull", "TAP-22"); got != 7 {
		t.Errorf("got %d held, want 7", got)
	}
	c.ends(hull, 7, nil)
}

// A site was upgraded before head office. Its journal is kept and not read; it goes on serving what head office held,
// taking goods in, and telling of both, over more than one piece can carry. The servers are upgraded one after the
// other, with snapshots in between, and each leads for a while; then all of it counts, once, on every server.
func TestWhatAnOlderBuildParkedIsCountedByThisOne(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 3, true, func(int) ledger.Network { return nil },
		func(cfg *hq.Config) {
			cfg.SnapshotEach, cfg.SnapshotThreshold, cfg.TrailingLogs = 100*time.Millisecond, 8, 2
		})
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 9)
	hull.push()
	told := map[ledger.OrderID]ledger.Qty{}
	sell := func(key string) {
		t.Helper()
		var o contract.Order
		c.must(201, c.leader(), "POST", "/v1/orders", key, orderOf("TAP-22", 3), &o)
		told[o.ID] = 3
	}
	sell("before")
	hull.decide(&ledger.Adjust{Reason: "stolen", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -2}}})
	hull.receive("TAP-22", 4)
	hull.push()
	sell("while parked")
	hull.obey(2)
	for n := range 60 {
		hull.decide(delivery(n))
		if n%10 == 9 {
			hull.push()
		}
	}
	parked := c.servers[c.leader()].site("hull")
	if parked.Parked == "" || parked.Ack.Number != 0 || parked.Folded >= parked.Stored.Seq {
		t.Fatalf("got parked %q, %d answers, folded %d of %d, want nothing read behind the loss", parked.Parked, parked.Ack.Number, parked.Folded, parked.Stored.Seq)
	}
	for i, s := range c.servers {
		if site := c.servers[c.leader()].site("hull"); site.Folded != parked.Folded {
			t.Fatalf("%d of 3 upgraded: got %d folded, want the %d of before: the others do not know the command", i, site.Folded, parked.Folded)
		}
		s.upgrade()
		hull.at = c.leader()
		hull.decide(delivery(100 + i))
		hull.push()
	}
	for _, s := range c.servers {
		c.eventually("all of it is folded at "+s.cfg.Name, func() error {
			site := s.site("hull")
			if site.Parked != "" || site.Stored != hull.head() || site.Folded != site.Stored.Seq || site.Ack.Number != 2 {
				return fmt.Errorf("parked %q, folded %d of %d of %d, %d answers", site.Parked, site.Folded, site.Stored.Seq, hull.head().Seq, site.Ack.Number)
			}
			return nil
		})
		if tap, p := s.held("hull", "TAP-22"), s.held("hull", "P-042"); tap != 5 || p != 63 { // 9 - 2 + 4 - 6
			t.Errorf("%s: got %d and %d held, want 5 and 63", s.cfg.Name, tap, p)
		}
	}
	var list hq.ExceptionList
	c.must(200, c.leader(), "GET", "/v1/exceptions", "", nil, &list)
	for _, e := range list.Exceptions {
		if e.What == "parked" && e.Resolved == nil {
			t.Errorf("got %+v open, want it resolved", e)
		}
	}
	sell("after")
	c.ends(hull, 11, told)
}
