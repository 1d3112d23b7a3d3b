package hq_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order of head office's own is taken without a promise where its customer wants that and the goods were last seen
// behind a line that is cut, and it is confirmed once the line is back.
func TestAnOrderIsTakenToBeConfirmedWhereTheGoodsAreBehindACutLine(t *testing.T) {
	t.Parallel()
	c, _, york := shops(t, func(cfg *hq.Config) { cfg.Office.OnlineFor = 300 * time.Millisecond })
	c.eventually("york is away", func() error {
		var sites []hq.SiteRow
		c.must(200, 0, "GET", "/v1/sites", "", nil, &sites)
		if sites[1].State == contract.SiteOnline {
			return fmt.Errorf("%+v", sites)
		}
		return nil
	})
	want := orderOf("TAP-22", 3)
	want.Shortage = ledger.Confirm
	var got contract.Order
	tries := 0
	c.eventually("every server knows how to take it", func() error { // until then it is as refuse
		tries++
		if status, _, raw := c.answer(0, "POST", "/v1/orders", fmt.Sprint("unsure-", tries), want, &got); status != 201 {
			return fmt.Errorf("%d %s", status, raw)
		}
		return nil
	})
	if got.Status != ledger.StatusUnconfirmed || got.Lines[0].ToConfirm != 3 || len(got.Lines[0].Reserved) != 0 {
		t.Fatalf("got %+v, want all 3 to be confirmed", got)
	}
	want = orderOf("TAP-22", 9)
	want.Shortage = ledger.Confirm
	if status, _, raw := c.answer(0, "POST", "/v1/orders", "too-many", want, nil); status != 409 {
		t.Errorf("more than york was seen with: got %d %s, want 409", status, raw)
	}
	york.attend()
	c.eventually("it is confirmed", func() error {
		var now contract.Order
		c.must(200, 0, "GET", "/v1/orders/"+string(got.ID), "", nil, &now)
		if now.Status != ledger.StatusAllocated || now.Lines[0].ToConfirm != 0 {
			return fmt.Errorf("%+v", now)
		}
		return nil
	})
}
