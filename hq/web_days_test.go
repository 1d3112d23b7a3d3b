package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Head office lists what tills took, by site, day and tender, from the journals alone.
func TestDaysOfSitesAreListedByTender(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	s := c.addSite("bath", "counter", 4)
	s.counter = true
	s.hello()
	for _, req := range []ledger.Request{
		&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP"},
		&ledger.Pay{Order: "01900000-0000-7000-8000-0000000000aa", Till: "T1", Total: 500, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: 200, Ref: "R"}, {Kind: ledger.TenderCash}}},
		&ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: "T1", Amount: 1300},
		&ledger.EndDay{},
		&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000},
	} {
		if out := s.decide(req); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	s.push()
	var list contract.DayList
	c.must(200, 0, "GET", "/v1/days?site=bath", "", nil, &list)
	if len(list.Days) != 2 || list.Days[0].Status != "ended" || list.Days[0].Date != list.Days[0].At[:10] || list.Days[1].Status != "open" || list.Days[0].Site != "bath" || len(list.Days[0].Tenders) != 2 ||
		list.Days[0].Tenders[0] != (contract.DayTender{Tender: "cash", Taken: 300, Payments: 1}) || list.Days[1].Float != 1000 {
		t.Errorf("got %+v, want the day that ended and the one that lasts", list)
	}
	var first, rest contract.DayList
	c.must(200, 0, "GET", "/v1/days?limit=1", "", nil, &first)
	c.must(200, 0, "GET", "/v1/days?limit=1&cursor="+first.NextCursor, "", nil, &rest)
	if len(first.Days) != 1 || len(rest.Days) != 1 || rest.Days[0].Day != 2 || rest.NextCursor != "" {
		t.Errorf("got %+v and %+v, want a day on each page", first, rest)
	}
	if p := c.problemOf(0, "GET", "/v1/days?site=bat", "", nil); p.Code != contract.CodeUnknownSite {
		t.Errorf("got %+v, want the site that was meant", p)
	}
}
