package hq_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order that a lost life of head office accepted is sent again, and a check of today would refuse it: its goods are reserved, so it is taken, as it was. One that
// nobody has accepted is refused, and so is another order under the id, and what goes beyond that which is reserved.
func TestAnAcceptedOrderThatIsSentAgainIsNotHeldAgainstTodaysChecks(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Archive = filepath.Join(t.TempDir(), "archive") })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	basin := tap
	basin.Name, basin.Barcodes = "Basin", nil
	c.must(200, 0, "PUT", "/v1/items/BASIN", "", basin, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 10)
	hull.push()
	c.must(200, 0, "PUT", "/v1/users/sue", "", contract.UserRequest{Roles: &[]string{"supervisor"}}, nil)
	raw := c.backup(0)
	const id = ledger.OrderID("0193a1b2-0000-7000-8000-0000000000a1")
	order := func(id ledger.OrderID, sku ledger.SKU) contract.OrderRequest {
		return contract.OrderRequest{ID: string(id), Lines: []contract.LineRequest{{SKU: string(sku), Qty: 6}}}
	}
	var first, again contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", order(id, "TAP-22"), &first)
	let := order("0193a1b2-0000-7000-8000-0000000000a3", "TAP-22") // at a price that somebody let be who has left since
	let.Lines[0].Qty, let.Lines[0].UnitPrice, let.Lines[0].Approver = 1, &contract.Price{Amount: 1, Currency: "GBP"}, "sue"
	c.must(201, 0, "POST", "/v1/orders", "let", let, nil)
	hull.obey(2)
	hull.push()
	c.eventually("all is archived", func() error {
		var rows hq.SiteRows
		if status := c.call(0, "GET", "/v1/sites", "", nil, &rows); status != 200 || len(rows) != 1 || rows[0].Archived != uint64(hull.head().Seq) {
			return fmt.Errorf("%d %+v, want entry %d archived", status, rows, hull.head().Seq)
		}
		return nil
	})
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	n := c.anew(dir)
	n.eventually("what hull has reserved is known", func() error {
		if status := n.call(0, "GET", "/v1/orders/"+string(id), "", nil, nil); status != 200 {
			return fmt.Errorf("%d", status)
		}
		return nil
	})
	n.must(200, 0, "PUT", "/v1/policy/checks", "", hq.ChecksRequest{SignedRequest: hq.SignedRequest{Reason: "five each", By: "beth"},
		Checks: []contract.Check{{Name: "bulk", Kind: "quantity", Limit: 5, Then: "refuse"}}}, nil)
	if p := n.problemOf(0, "POST", "/v1/orders", "other", order(id, "BASIN")); p.Status != 503 || p.Code != contract.CodeBusy || !strings.Contains(p.Detail, "waits for its sites to tell what they know") {
		t.Errorf("another order under the id, before the site has attested: got %+v, want it to wait", p)
	}
	n.must(200, 0, "POST", "/v1/sites/hull/waive", "", hq.SignedRequest{By: "olga", Reason: "nothing else is waited for"}, nil)
	other := order(id, "BASIN")
	other.Lines[0].Qty = 5 // which no check minds
	if status, _, raw := n.answer(0, "POST", "/v1/orders", "other, too", other, nil); status != 409 || !strings.Contains(string(raw), string(contract.CodeOrderExists)) {
		t.Errorf("another order under the id: got %d %s, want it said that there is one", status, raw)
	}
	more, line := order(id, "TAP-22"), order(id, "TAP-22")
	more.Lines[0].Qty = 80000
	line.Lines = append(line.Lines, contract.LineRequest{SKU: "BASIN", Qty: 9})
	var waits contract.Order
	n.must(201, 0, "POST", "/v1/orders", "more of the line", more, &waits)
	if v := waits.Review; waits.Status != ledger.StatusWaiting || v == nil || v.Owner == "" || v.Due == "" || v.Default != "cancel" {
		t.Errorf("more than is reserved: got %s, %+v, want it to wait for somebody's word about the rest", waits.Status, v)
	}
	if status, _, raw := n.answer(0, "POST", "/v1/orders", "another line", line, nil); status != 409 {
		t.Errorf("another line beside one that waits: got %d %s, want a no", status, raw)
	}
	n.must(201, 0, "POST", "/v1/orders", "k", order(id, "TAP-22"), &again)
	if again.ID != first.ID || again.Status != ledger.StatusAllocated || len(again.Lines) != 1 || len(again.Lines[0].Reserved) != 1 || again.Lines[0].Reserved[0].Qty != 6 {
		t.Errorf("got %+v, want it as it was", again)
	}
	left := "left"
	n.must(200, 0, "PUT", "/v1/users/sue", "", contract.UserRequest{Disabled: &left}, nil)
	if status, _, raw := n.answer(0, "POST", "/v1/orders", "let", let, &again); status != 201 || again.Status != ledger.StatusAllocated {
		t.Errorf("at a price that sue let be, who has left: got %d %s, want it as it was", status, raw)
	}
	if status, _, raw := n.answer(0, "POST", "/v1/orders", "new", order("0193a1b2-0000-7000-8000-0000000000a2", "TAP-22"), nil); status != 409 || !strings.Contains(string(raw), string(contract.CodeCheckRefused)) {
		t.Errorf("a new order: got %d %s, want it held against the check", status, raw)
	}
	n.servers[0].end()
	auditJournals(t, dir)
}
