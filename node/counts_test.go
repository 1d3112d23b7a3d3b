package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// tolerant is a shop where more than two units of difference, and more than a tenth, are counted again.
func tolerant(c *node.Config) { c.CountUnits, c.CountPercent = 2, 10 }

func TestACountIsBookedWhileTheShopSellsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), tolerant)
		s.item("TAP-22")
		s.receive("TAP-22", 10)
		order := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 6)+`}`), 201)
		sheet := as[contract.CountSheet](t, s.get("/v1/counts/sheet?bin=MAIN"), 200)
		if len(sheet.Rows) != 1 || sheet.Rows[0].SKU != "TAP-22" || *sheet.Rows[0].Expected != 10 || sheet.Rows[0].Name == "" {
			t.Fatalf("got %+v, want a row of ten", sheet)
		}
		s.sell("meanwhile", 2, 201)
		said := func(counted int, more string) string {
			return fmt.Sprintf(`{"at":%q,"counted_by":"anna","lines":[{"sku":"TAP-22","counted":%d}]%s}`, sheet.At, counted, more)
		}
		before := s.node.Status().Seq
		look := as[contract.Count](t, s.do("POST", "/v1/counts", said(7, `,"preview":true`)), 200)
		if l := look.Lines[0]; l.Variance != -3 || l.Moved != -2 || !l.Recount || len(look.Displaced) != 1 || look.Seq != 0 || look.At != sheet.At {
			t.Errorf("preview: got %+v, want three gone, one of them a customer's", look)
		}
		if s.node.Status().Seq != before {
			t.Error("preview: something was written")
		}
		p := s.do("POST", "/v1/counts", said(7, ""), key("a")).want(t, 409, contract.CodeRecountNeeded)
		if len(p.Counts) != 1 || p.Counts[0].Counted != 7 || p.Counts[0].Newer != nil || !strings.Contains(p.Hint, "recounted_by") {
			t.Errorf("got %+v, want the line", p)
		}
		s.do("POST", "/v1/counts", said(7, `,"recounted_by":"anna"`), key("b")).want(t, 400, contract.CodeBadValue)
		again := said(7, `,"recounted_by":"beth","approver":"mo"`)
		got := as[contract.Count](t, s.do("POST", "/v1/counts", again, key("c")), 201)
		if l := got.Lines[0]; l.Expected != 10 || l.Variance != -3 || l.Moved != -2 || got.Reason != "counted" || len(got.Postings) == 0 {
			t.Errorf("got %+v, want three gone, and what was sold left out", got)
		}
		if len(got.Displaced) != 1 || got.Displaced[0].Order != order.ID || got.Displaced[0].Qty != 1 {
			t.Errorf("got %+v, want the order that lacks one", got.Displaced)
		}
		repeat := s.do("POST", "/v1/counts", again, key("c"))
		if repeat.status != 201 || repeat.header.Get(contract.HeaderReplayed) != "true" || string(repeat.body) != string(s.do("POST", "/v1/counts", again, key("c")).body) {
			t.Errorf("again: got %d %s, want its first answer", repeat.status, repeat.body)
		}
		s.do("POST", "/v1/counts", said(7, ""), key("a")).want(t, 409, contract.CodeRecountNeeded)
		if o := as[contract.Order](t, s.get("/v1/orders/"+string(order.ID)), 200); o.Status != ledger.StatusBackordered {
			t.Errorf("got %s, want the order waiting for one", o.Status)
		}
	})
}

func TestAnOlderCountThatArrivesLateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		s.item("TAP-22")
		s.receive("TAP-22", 10)
		early := as[contract.CountSheet](t, s.get("/v1/counts/sheet?blind=true"), 200)
		if early.Rows[0].Expected != nil {
			t.Error("a blind sheet says what the book expects")
		}
		s.sell("o", 1, 201)
		now := as[contract.Count](t, s.do("POST", "/v1/counts", `{"lines":[{"sku":"TAP-22","counted":8}]}`, key("new")), 201)
		before := s.node.Status().Seq
		p := s.do("POST", "/v1/counts", fmt.Sprintf(`{"at":%q,"lines":[{"sku":"TAP-22","counted":10}]}`, early.At), key("old")).want(t, 409, contract.CodeCountOutdated)
		want := fmt.Sprintf("TAP-22 in MAIN was counted at %s: 10. It was counted again at %s: 8. Nothing was changed.", early.At, now.At)
		if p.Detail != want || len(p.Counts) != 1 || *p.Counts[0].Newer.Counted != 8 || p.Counts[0].Newer.At != now.At || p.Counts[0].Newer.Seq != now.Seq {
			t.Errorf("got %+v, want %s", p, want)
		}
		if got := as[contract.NodeStock](t, s.get("/v1/stock/TAP-22"), 200); got.OnHand != 8 || s.node.Status().Seq != before+1 {
			t.Errorf("got %d on hand at entry %d, want 8 and the refusal remembered", got.OnHand, s.node.Status().Seq)
		}
	})
}

func TestACountOfNoUseIsRefused(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		before := s.node.Status().Seq
		one := func(more string) string { return `{"lines":[{"sku":"TAP-22","counted":5` + more + `}]}` }
		for name, c := range map[string]struct {
			body, field string
			code        contract.Code
		}{
			"no lines":              {`{"lines":[]}`, "lines", contract.CodeBadValue},
			"an unknown SKU":        {`{"lines":[{"sku":"NO-1","counted":5}]}`, "lines[0].sku", contract.CodeUnknownSKU},
			"a bin of no name":      {one(`,"bin":"a b"`), "lines[0].bin", contract.CodeBadValue},
			"a bin nobody knows":    {one(`,"bin":"A-O1"`), "lines[0].bin", contract.CodeBadValue},
			"nothing counted":       {`{"lines":[{"sku":"TAP-22"}]}`, "lines[0].counted", contract.CodeBadValue},
			"below zero":            {`{"lines":[{"sku":"TAP-22","counted":-1}]}`, "lines[0].counted", contract.CodeBadValue},
			"too many":              {`{"lines":[{"sku":"TAP-22","counted":9007199254740992}]}`, "lines[0].counted", contract.CodeBadValue},
			"a fraction":            {`{"lines":[{"sku":"TAP-22","counted":1.5}]}`, "lines[0].counted", contract.CodeWrongType},
			"a bin twice":           {`{"lines":[{"sku":"TAP-22","counted":5},{"sku":"TAP-22","bin":"MAIN","counted":5}]}`, "lines[1].bin", contract.CodeBadValue},
			"an unknown field":      {`{"lines":[],"colour":1}`, "colour", contract.CodeUnknownField},
			"a position of no kind": {`{"at":"now","lines":[{"sku":"TAP-22","counted":5}]}`, "at", contract.CodeBadValue},
			"before the first":      {`{"at":"1.0","lines":[{"sku":"TAP-22","counted":5}]}`, "at", contract.CodeBadValue},
			"ahead of the book":     {`{"at":"1.900","lines":[{"sku":"TAP-22","counted":5}]}`, "at", contract.CodeBadValue},
			"another life":          {`{"at":"2.2","lines":[{"sku":"TAP-22","counted":5}]}`, "at", contract.CodeBadValue},
			"a long name":           {`{"counted_by":"` + strings.Repeat("x", 200) + `","lines":[{"sku":"TAP-22","counted":5}]}`, "counted_by", contract.CodeBadValue},
		} {
			if p := s.do("POST", "/v1/counts", c.body, key(name)).want(t, 400, c.code); p.Field != c.field {
				t.Errorf("%s: got field %q, want %q (%s)", name, p.Field, c.field, p.Detail)
			}
		}
		s.do("POST", "/v1/counts", one("")).want(t, 400, contract.CodeKeyMissing)
		for query, field := range map[string]string{"bin=a+b": "bin", "sku=NO-1": "sku", "moved_since=x": "moved_since", "moved_since=1.99": "moved_since",
			"moved_since=7.1": "moved_since", "blind=perhaps": "blind", "category=none": "category", "category=a%01": "category", "cursor=eA": "cursor", "limit=0": "limit", "colour=1": "colour"} {
			if got := s.get("/v1/counts/sheet?" + query); got.status != 400 || as[contract.Problem](t, got, 400).Field != field {
				t.Errorf("%s: got %d %s, want 400 for %s", query, got.status, got.body, field)
			}
		}
		if after := s.node.Status().Seq; after != before {
			t.Errorf("got entry %d, want none after %d", after, before)
		}
	})
}

func TestASheetIsReadPageByPage(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		s.item("PIN-1")
		s.do("POST", "/v1/receipts", `{"lines":[{"sku":"TAP-22","qty":2,"bin":"B-1"},{"sku":"PIN-1","qty":3,"bin":"B-1"}]}`, key("r"))
		page := as[contract.CountSheet](t, s.get("/v1/counts/sheet?limit=2"), 200)
		next := as[contract.CountSheet](t, s.get("/v1/counts/sheet?limit=2&cursor="+page.NextCursor), 200)
		if len(page.Rows) != 2 || page.Rows[0].SKU != "PIN-1" || page.Rows[1].Bin != "B-1" || len(next.Rows) != 1 || next.Rows[0].Bin != "MAIN" || next.NextCursor != "" {
			t.Errorf("got %+v and %+v, want B-1 and then MAIN", page, next)
		}
		if got := as[contract.CountSheet](t, s.get("/v1/counts/sheet?moved_since="+page.At), 200); len(got.Rows) != 0 || got.Rows == nil {
			t.Errorf("got %+v, want an empty sheet: nothing has moved", got)
		}
		s.do("PUT", "/v1/items/PIN-1", `{"name":"pin","category":"pins"}`)
		if got := as[contract.CountSheet](t, s.get("/v1/counts/sheet?category=pins"), 200); len(got.Rows) != 1 || got.Rows[0].SKU != "PIN-1" {
			t.Errorf("got %+v, want the sheet of a category", got)
		}
	})
}

// What has moved since a moment is counted, to the entry: nobody who counts in the morning knows a place in the journal.
func TestASheetIsOfWhatHasMovedSinceAMoment(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		s.item("PIN-1")
		as[contract.Company](t, s.do("PUT", "/v1/policy/company", `{"time_zones":[{"site":"leeds","time_zone":"Asia/Tokyo"}]}`), 200)
		stamp := func() string { return time.Now().UTC().Format(time.RFC3339) }
		time.Sleep(time.Minute)
		began := stamp()
		time.Sleep(10 * time.Minute)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"PIN-1","qty":3,"bin":"B-1"}]}`), 201)
		time.Sleep(10 * time.Minute)
		noon := stamp()
		time.Sleep(10 * time.Minute)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"TAP-22","qty":2,"bin":"B-2"}]}`), 201)
		time.Sleep(time.Minute)
		bins := func(since string) string {
			t.Helper()
			var out []string
			for _, r := range as[contract.CountSheet](t, s.get("/v1/counts/sheet?moved_since="+since), 200).Rows {
				out = append(out, string(r.Bin)+" "+string(r.SKU))
			}
			return strings.Join(out, ", ")
		}
		today := time.Now().In(time.FixedZone("", 9*3600)).Format(time.DateOnly)
		for since, want := range map[string]string{began: "B-1 PIN-1, B-2 TAP-22", noon: "B-2 TAP-22", stamp(): "", today: "B-1 PIN-1, B-2 TAP-22, MAIN TAP-22", "2009-01-01": "", "1999-01-01": "B-1 PIN-1, B-2 TAP-22, MAIN TAP-22"} {
			if got := bins(since); got != want {
				t.Errorf("since %s: got %q, want %q", since, got, want)
			}
		}
		p := as[contract.Problem](t, s.get("/v1/counts/sheet?moved_since=yesterday"), 400)
		if want := "moved_since is neither EPOCH.SEQ, for example 1.240, nor a time such as 2026-11-22T09:30:00Z, nor a day."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
	})
}
