package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// lotted keeps milk by lot and drills by serial number.
func (s *shop) lotted(t *testing.T) {
	t.Helper()
	s.put("MILK", `{"name":"Milk","barcodes":["5012345678900"],"tracking":"lot"}`)
	s.put("DRILL-9", `{"name":"Drill","barcodes":["5012345678924"],"tracking":"serial","warranty_months":24}`)
}

func (s *shop) lots(t *testing.T, path string) []contract.Lot {
	t.Helper()
	return as[contract.LotList](t, s.get(path), 200).Lots
}

func TestGoodsThatAreKeptByLotComeInByLotAndLeaveFirstExpiredFirst(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		for body, want := range map[string]string{
			`{"lines":[{"sku":"MILK","qty":5}]}`:                            "Line 1: MILK (Milk) is kept by lot: say which, or scan the label that has it.",
			`{"lines":[{"sku":"MILK","qty":1,"serials":["S1"]}]}`:           "Line 1: MILK (Milk) is kept by lot, not by serial number: say the lot.",
			`{"lines":[{"sku":"DRILL-9","qty":2,"serials":["S1"]}]}`:        "Line 1: DRILL-9 (Drill) is kept by serial number: scan each of the 2; 1 are named.",
			`{"lines":[{"sku":"TAP-22","qty":2,"lot":"L1"}]}`:               "Line 1: TAP-22 (A TAP-22) is kept neither by lot nor by serial number. Leave them out, or have the item's tracking changed.",
			`{"lines":[{"sku":"DRILL-9","qty":2,"serials":["S1","S1"]}]}`:   "Line 1: serial number S1 of DRILL-9 is named twice: scan each unit once.",
			`{"lines":[{"sku":"MILK","qty":1,"lot":"L 1"}]}`:                "",
			`{"lines":[{"sku":"MILK","qty":1,"lot":"L1","expiry":"soon"}]}`: "",
		} {
			p := s.post("/v1/receipts", body)
			if p.status != 400 {
				t.Errorf("%s: got %d, want it refused", body, p.status)
			} else if got := as[contract.Problem](t, p, 400); want != "" && got.Detail != want || got.Hint == "" {
				t.Errorf("%s: got %q (%s), want %q and a way out", body, got.Detail, got.Hint, want)
			}
		}
		// One scan says article, lot, day and how many.
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"barcode":"(01)05012345678900(17)051231(10)LATE(30)4","bin":"A"},{"sku":"MILK","qty":3,"lot":"SOON","expiry":"2004-01-01","bin":"B"}]}`), 201)
		if got := s.lots(t, "/v1/lots?sku=MILK"); len(got) != 2 || got[0].Lot != "SOON" || got[1].Lot != "LATE" || got[1].Expiry != "2005-12-31" || got[1].OnHand != 4 {
			t.Fatalf("got %+v, want three that are over sooner and four of the label's", got)
		}
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"MILK","qty":4}]}`)
		l := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201)
		if len(l.Rows) != 2 || l.Rows[0].Bin != "A" || l.Rows[0].Qty != 1 || l.Rows[1].Lot != "SOON" || l.Rows[1].Qty != 3 {
			t.Errorf("got %+v, want all that is over soon and one of the other", l.Rows)
		}
		p := as[contract.Problem](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":1,"lots":[{"lot":"GONE"}]}]}`), 400)
		if want := "Line 1: lot GONE of MILK is not here to be sold, or 1 of it are not; here are SOON (3 in B), LATE (4 in A)."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		got := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3,"lots":[{"lot":"LATE","qty":1}]}]}`), 200)
		if len(got.Lots) != 2 || got.Lots[0].Lot != "LATE" || got.Lots[1].Lot != "SOON" || got.Lots[1].Qty != 2 {
			t.Errorf("got %+v, want the one that was named and two that leave first", got.Lots)
		}
		s.post(path+"/pick", `{"lines":[{"line":1,"qty":1,"barcode":"(01)05012345678900(10)NONE"}]}`).want(t, 400, contract.CodeLotWrong)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":1,"barcode":"(01)05012345678900(10)LATE"}]}`), 200)
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200); got.OnHand != 4 || len(got.Sites) != 1 || got.Sites[0].At[1].Condition != "picked" || got.Sites[0].At[1].Qty != 2 || len(got.Orders) != 0 {
			t.Errorf("got %+v, want two on the shelf and two in hand", got)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{"carrier":"DPD"}`), 200)
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200); got.Came != 4 || got.OnHand != 2 || len(got.Orders) != 1 || got.Orders[0].Qty != 2 {
			t.Errorf("got %+v, want two with the order", got)
		}
		s.get("/v1/lots/MILK/NONE").want(t, 404, contract.CodeNotFound)
	})
}

func TestASerialNumberIsScannedUnitByUnit(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"DRILL-9","qty":2,"serials":["S1","S2"]},{"barcode":"(01)05012345678924(21)S3"}]}`), 201)
		p := as[contract.Problem](t, s.post("/v1/receipts", `{"lines":[{"barcode":"(01)05012345678924(21)S3"}]}`), 400)
		if want := "Line 1: serial number S3 of DRILL-9 is here already, in bin MAIN: scan the label of this unit again."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"DRILL-9","qty":2}]}`)
		p = as[contract.Problem](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2,"lots":[{"lot":"S2"}]}]}`), 400)
		if want := "Line 1: DRILL-9 (Drill) is kept by serial number: scan each of the 2; 1 are named."; p.Detail != want || p.Code != contract.CodeLotNeeded {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		got := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2,"lots":[{"lot":"S2"},{"lot":"S3"}]}]}`), 200)
		if len(got.Lots) != 2 {
			t.Errorf("got %+v, want both", got.Lots)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{"carrier":"DPD"}`), 200)
		s.shut()
		s.start() // the story is on the disk, too
		story := as[contract.LotStory](t, s.get("/v1/serials/DRILL-9/S2"), 200)
		if want := time.Now().UTC().AddDate(2, 0, 0).Format(time.DateOnly); story.OnHand != 0 || story.Warranty == nil || story.Warranty.Until != want || len(story.Events) != 3 {
			t.Errorf("got %+v, want it sold, under warranty until %s", story, want)
		}
		p = as[contract.Problem](t, s.post("/v1/receipts", `{"lines":[{"sku":"DRILL-9","qty":1,"serials":["S2"]}]}`), 400)
		if want := "Line 1: serial number S2 of DRILL-9 was sold with order " + string(story.Warranty.Order) + ": take it back as a return of that order."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		s.get("/v1/serials/DRILL-9/NONE").want(t, 404, contract.CodeNotFound)
		s.get("/v1/serials/MILK/NONE").want(t, 404, contract.CodeNotFound)
	})
}

func TestARecalledLotIsBlockedAndItsOrdersWait(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"BAD"},{"sku":"MILK","qty":1,"lot":"GOOD"}]}`), 201)
		o, _ := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"MILK","qty":2}]}`)
		first := s.do("POST", "/v1/recalls", `{"sku":"MILK","lot":"BAD","reason":"glass in it"}`, key("r"))
		if got := as[contract.Recall](t, first, 201); got.Blocked != 3 || len(got.Displaced) != 1 || got.Displaced[0].Order != o.ID || got.Displaced[0].Qty != 1 {
			t.Errorf("got %+v, want three blocked, and one unit of the order to wait again", got)
		}
		first.same(t, s.do("POST", "/v1/recalls", `{"sku":"MILK","lot":"BAD","reason":"glass in it"}`, key("r")))
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":1,"lot":"BAD"}]}`), 201)
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/BAD"), 200); got.Held != "glass in it" || got.OnHand != 4 || len(got.Sites[0].At) != 1 || got.Sites[0].At[0].Condition != "blocked" {
			t.Errorf("got %+v, want four blocked", got)
		}
		for _, body := range []string{`{"sku":"MILK","lot":"","reason":"x"}`, `{"sku":"MILK","lot":"BAD","reason":""}`} {
			s.post("/v1/recalls", body).want(t, 400, contract.CodeBadValue)
		}
		s.post("/v1/recalls", `{"sku":"NONE","lot":"BAD","reason":"x"}`).want(t, 400, contract.CodeUnknownSKU)
		s.do("POST", "/v1/recalls", `{"sku":"MILK","lot":"BAD","reason":"x"}`).want(t, 400, contract.CodeKeyMissing)
		if got := as[contract.Recall](t, s.post("/v1/recalls", `{"sku":"MILK","lot":"BAD","reason":"it was another one","release":true}`), 201); !got.Released {
			t.Errorf("got %+v, want it held no more", got)
		}
	})
}

// Nobody asks the site for anything, and what is over is blocked all the same.
func TestWhatIsOverIsBlockedAtASiteAtRest(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":2,"lot":"SOON","expiry":"`+tomorrow+`"}]}`), 201)
		time.Sleep(24 * time.Hour) // of the bubble's clock
		if st := s.stock("MILK"); st.Available != 2 {
			t.Errorf("on its last day: got %+v, want two to be sold", st)
		}
		time.Sleep(25 * time.Hour)
		if st := s.stock("MILK"); st.Available != 0 || st.Blocked != 2 {
			t.Errorf("got %+v, want both blocked", st)
		}
	})
}

// Who takes goods back is told what the order had, where several lots could be meant; without the order each unit is named. The scan of a label says it.
func TestALotIsNamedWhenItComesBack(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"OLD","expiry":"2031-01-01"},{"sku":"MILK","qty":3,"lot":"NEW","expiry":"2032-01-01"},{"sku":"DRILL-9","qty":1,"serials":["S1"]}]}`), 201)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"take","lines":[{"sku":"MILK","qty":4}]}`), 201)
		back := func(lines string) said {
			return s.post("/v1/returns", `{"order":"`+string(o.ID)+`","lines":[`+lines+`]}`)
		}
		for lines, want := range map[string]string{
			`{"line":1,"qty":1}`: "Line 1: say which of MILK come back, or scan the label: this order had OLD (3), NEW (1).",
			`{"line":1,"barcode":"(01)05012345678900(10)NEW","qty":2}`: "Line 1: 2 of NEW of MILK come back, and of this order 1 can: it had OLD (3), NEW (1). Look at the label again.",
		} {
			if p := as[contract.Problem](t, back(lines), 400); p.Detail != want || p.Code != contract.CodeLotWrong {
				t.Errorf("%s: got %q %q, want %q", lines, p.Code, p.Detail, want)
			}
		}
		r := as[contract.Return](t, back(`{"line":1,"barcode":"(01)05012345678900(10)NEW","qty":1},{"line":1,"qty":1,"lots":[{"lot":"OLD"}]}`), 201)
		if l := r.Lines[0].Lots; len(l) != 2 || l[0].Lot != "NEW" || l[0].Here != 1 || l[0].Expiry != "2032-01-01" {
			t.Errorf("got %+v, want one of each lot, with its day", r.Lines)
		}
		inspect := "/v1/returns/" + string(r.ID) + "/inspect"
		s.post(inspect, `{"lines":[{"line":1,"qty":1,"disposition":"restock"}]}`).want(t, 400, contract.CodeLotWrong)
		as[contract.Return](t, s.post(inspect, `{"lines":[{"line":1,"qty":1,"disposition":"restock","lot":"OLD"}]}`), 200)
		p := as[contract.Problem](t, s.post("/v1/returns", `{"lines":[{"sku":"MILK","qty":2,"lots":[{"lot":"OLD"}]}]}`), 400)
		if want := "Line 1: MILK (Milk) is kept by lot, and this book does not know which was sold: say the lot of each, or scan the label that has it; 1 of 2 are named."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		s.post("/v1/moves", `{"lines":[{"sku":"MILK","qty":1,"from":"MAIN","to":"A"}]}`).want(t, 400, contract.CodeLotWrong)
		as[contract.BinMoveAnswer](t, s.post("/v1/moves", `{"lines":[{"barcode":"(01)05012345678900(10)NEW","qty":1,"from":"MAIN","to":"A"}]}`), 201)
		story := as[contract.LotStory](t, s.get("/v1/lots/MILK/NEW"), 200)
		if story.OnHand != 3 || story.Orders[0].Returned != 1 {
			t.Errorf("got %+v, want the one that came back counted", story)
		}
	})
}

// A site hears head office's recall with its next pull and carries it out once; what comes in later is blocked, too.
func TestASiteCarriesOutARecallOfHeadOffice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := openHub(t, w)
		h.items = append(h.items, ledger.Item{SKU: "MILK", Name: "Milk", Tracking: ledger.TrackLot, Version: h.items[len(h.items)-1].Version + 1})
		s := openShop(t, w, joinConfig)
		waitFor(t, "the items to come", func() bool {
			st := s.node.Status()
			return st.State == "open" && st.Link.Online && st.ItemVersion == h.items[len(h.items)-1].Version
		})
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":2,"lot":"BAD"}]}`), 201)
		say := func(version uint64, r ledger.Recall) {
			h.mu.Lock()
			h.company = ledger.Company{Version: version, Recalls: []ledger.Recall{r}}
			h.mu.Unlock()
		}
		say(7, ledger.Recall{SKU: "MILK", Lot: "BAD", Reason: "glass in it", Number: 1})
		waitFor(t, "the recall to be carried out", func() bool { l := s.lots(t, "/v1/lots?sku=MILK"); return len(l) == 1 && l[0].Held == "glass in it" })
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":1,"lot":"BAD"}]}`), 201)
		if l := s.lots(t, "/v1/lots?sku=MILK"); len(l[0].At) != 1 || l[0].At[0].Condition != "blocked" || l[0].OnHand != 3 {
			t.Errorf("got %+v, want all of it blocked", l)
		}
		say(8, ledger.Recall{SKU: "MILK", Lot: "BAD", Reason: "it was another lot", Number: 2, Released: true})
		waitFor(t, "the recall to be over", func() bool { return s.lots(t, "/v1/lots?sku=MILK")[0].Held == "" })
	})
}

// A serial number that was recalled while a customer had it comes back to that order, and stays blocked; sold and brought back before, it was sold again.
func TestARecalledSerialNumberComesBackBlocked(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"DRILL-9","qty":3,"serials":["S1","S2","S3"]}]}`), 201)
		for recalled := range 2 {
			o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"take","lines":[{"sku":"DRILL-9","qty":1,"lots":[{"lot":"S1"}]}]}`), 201)
			if recalled == 1 {
				as[contract.Recall](t, s.post("/v1/recalls", `{"sku":"DRILL-9","lot":"S1","reason":"it sparks"}`), 201)
			}
			as[contract.Return](t, s.post("/v1/returns", `{"order":"`+string(o.ID)+`","lines":[{"line":1,"qty":1,"disposition":"restock","lots":[{"lot":"S1"}]}]}`), 201)
			if got, want := s.stock("DRILL-9"), ledger.Qty(recalled); got.OnHand != 3 || got.Blocked != want {
				t.Errorf("got %+v, want three here and %d of them blocked", got, want)
			}
		}
		if got := as[contract.LotStory](t, s.get("/v1/serials/DRILL-9/S1"), 200); !got.Serial || got.Held != "it sparks" || got.OnHand != 1 {
			t.Errorf("got %+v, want it here and held", got)
		}
		s.post("/v1/orders", `{"fulfil":"take","lines":[{"sku":"DRILL-9","qty":1,"lots":[{"lot":"S1"}]}]}`).want(t, 400, contract.CodeLotWrong)
	})
}

// What was picked of one lot leaves of that lot: who scans another one before it leaves is told so, and nothing has left.
func TestAnotherLotThanWasPickedDoesNotLeave(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"OLD","expiry":"2031-01-01"},{"sku":"MILK","qty":3,"lot":"NEW","expiry":"2032-01-01"},{"sku":"DRILL-9","qty":2,"serials":["S1","S2"]}]}`), 201)
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"MILK","qty":3},{"sku":"DRILL-9","qty":1}]}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3,"lots":[{"lot":"OLD","qty":2},{"lot":"NEW"}]},{"line":2,"qty":1,"lots":[{"lot":"S2"}]}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		const milk, drill = "(01)05012345678900(10)", "(01)05012345678924(21)"
		check := func(codes ...string) string {
			return `{"carrier":"DPD","check":[{"barcode":"` + strings.Join(codes, `"},{"barcode":"`) + `"}]}`
		}
		for body, want := range map[string]string{
			check(milk+"OLD", milk+"OLD", milk+"GONE", drill+"S2"): "GONE of MILK (Milk) was scanned, and was not picked for this order: OLD (2), NEW (1). Take it out, and put in what was picked. Nothing was written down.",
			check(milk+"OLD", milk+"NEW", milk+"NEW", drill+"S2"):  "1 of NEW of MILK (Milk) were picked for this order, and more were scanned: OLD (2), NEW (1). Take out what is too much. Nothing was written down.",
			check(milk+"OLD", milk+"OLD", milk+"NEW", drill+"S1"):  "S1 of DRILL-9 (Drill) was scanned, and was not picked for this order: S2 (1). Take it out, and put in what was picked. Nothing was written down.",
			check(milk+"OLD", milk+"OLD", drill+"S2"):              "3 of MILK (Milk) are to leave, 2 were scanned. Look for the rest, or dispatch fewer. Nothing was written down.",
		} {
			if p := s.post(path+"/dispatch", body).want(t, 409, contract.CodeWrongScan); p.Detail != want {
				t.Errorf("got %q, want %q", p.Detail, want)
			}
		}
		if st := s.stock("MILK"); st.OnHand != 6 {
			t.Errorf("got %+v, want all of it here", st)
		}
		good := check(milk+"OLD", "5012345678900", milk+"NEW", drill+"S2") // the plain barcode of one says nothing of its lot
		first := s.do("POST", path+"/dispatch", good, key("d"))
		as[contract.FulfilmentAnswer](t, first, 200)
		first.same(t, s.do("POST", path+"/dispatch", good, key("d"))) // a repeat gets the first answer: nothing is in hand any more
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/OLD"), 200); got.OnHand != 1 || len(got.Orders) != 1 || got.Orders[0].Qty != 2 {
			t.Errorf("got %+v, want two with the order", got)
		}
	})
}

// A sale that is parked remembers what was scanned: placed, also by another tab and after a restart, it takes these lots and serial numbers, unless
// others are named then. What somebody else has taken meanwhile is said.
func TestAParkedSaleRemembersWhatWasScanned(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"OLD","expiry":"2031-01-01"},{"sku":"MILK","qty":3,"lot":"NEW","expiry":"2032-01-01"},{"sku":"DRILL-9","qty":3,"serials":["S1","S2","S3"]}]}`), 201)
		park := func() string {
			t.Helper()
			o := as[contract.Order](t, s.post("/v1/orders", `{"draft":{"kind":"parked"},"lines":[{"sku":"MILK","qty":2,"lots":[{"lot":"NEW","qty":2}]},{"barcode":"(01)05012345678924(21)S2","qty":1}]}`), 201)
			if got := fmt.Sprint(o.Draft.Lots); got != "[{1 NEW 2} {2 S2 1}]" {
				t.Errorf("got %s, want what was scanned", got)
			}
			return "/v1/orders/" + string(o.ID)
		}
		takes := func(path, sku, lot string, want int) {
			t.Helper()
			n := 0
			for _, o := range as[contract.LotStory](t, s.get("/v1/lots/"+sku+"/"+lot), 200).Orders {
				if strings.HasSuffix(path, string(o.Order)) {
					n = int(o.Qty)
				}
			}
			if n != want {
				t.Errorf("%d of %s of %s went with it, want %d", n, lot, sku, want)
			}
		}
		first, second := park(), park()
		s.shut()
		s.start()
		if o := as[contract.Order](t, s.get(first), 200); len(o.Draft.Lots) != 2 {
			t.Errorf("after a restart: got %+v", o.Draft)
		}
		as[contract.Order](t, s.post(first+"/place", ``), 201)
		takes(first, "MILK", "NEW", 2)
		takes(first, "MILK", "OLD", 0)
		takes(first, "DRILL-9", "S2", 1)
		s.post(second+"/place", ``).want(t, 400, contract.CodeLotWrong) // its lots are sold: whoever places it scans others
		if st := s.stock("MILK"); st.OnHand != 4 {
			t.Errorf("got %+v, want nothing taken", st)
		}
		as[contract.Order](t, s.post(second+"/place", `{"lots":[{"line":1,"lot":"OLD","qty":2},{"line":2,"lot":"S3"}]}`), 201)
		takes(second, "MILK", "OLD", 2)
		takes(second, "DRILL-9", "S3", 1)
		if p := s.post("/v1/orders", `{"draft":{"kind":"parked","lots":[{"line":1,"lot":"X"}]},"lines":[{"sku":"MILK","qty":1}]}`).want(t, 400, contract.CodeBadValue); p.Field != "draft" || p.Detail != "draft has a number, expired or lots, which only answers have: lots stand with the lines." {
			t.Errorf("got %q", p.Detail)
		}
	})
}
