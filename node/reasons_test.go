package node_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const reasonsOfAShop = `{"reasons":[{"code":"stolen","way":"out","text":"gone, and nobody knows where"},{"code":"found","way":"in"},{"code":"damaged","way":"out","approve":true,"goods":"blocked"}]}`

// A shop that has set its reasons takes no others, and each goes its own way.
func TestAnAdjustmentGivesAReasonOfTheList(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		adjust := func(reason, rest, line string) string {
			return fmt.Sprintf(`{"reason":%q%s,"lines":[{"sku":"TAP-22",%s}]}`, reason, rest, line)
		}
		before := s.do("POST", "/v1/adjustments", adjust("fell off a lorry", "", `"qty":-1`), key("before"))
		as[contract.Adjustment](t, before, 201)
		if got := as[contract.ReasonList](t, s.get("/v1/policy/reasons"), 200); len(got.Reasons) != 0 {
			t.Errorf("got %+v, want none", got)
		}
		for range 2 {
			got := as[contract.ReasonList](t, s.do("PUT", "/v1/policy/reasons", reasonsOfAShop), 200)
			if len(got.Reasons) != 3 || !reflect.DeepEqual(got.Reasons[0], contract.Reason{Code: "damaged", Way: "out", Approve: true, Goods: "blocked"}) || got.Reasons[1].Goods != "book" {
				t.Errorf("got %+v, want them by code", got.Reasons)
			}
		}
		before.same(t, s.do("POST", "/v1/adjustments", adjust("fell off a lorry", "", `"qty":-1`), key("before"))) // a yes is remembered
		for body, want := range map[string]string{
			adjust("fell off a lorry", "", `"qty":-1`):          `reason is "fell off a lorry", which is none of the company's: give one of damaged, found, stolen.`,
			adjust("stolen", "", `"qty":1`):                     "Line 1: reason stolen is for what is gone, and 1 of TAP-22 are found: give another.",
			adjust("found", "", `"qty":-1`):                     "Line 1: reason found is for what is found, and 1 of TAP-22 are gone: give another.",
			adjust("damaged", `,"approver":"beth"`, `"qty":-1`): "Line 1: bin is missing: for damaged the units of TAP-22 stay where they are, blocked. Say in which bin they lie.",
			adjust("damaged", "", `"qty":-1,"bin":"MAIN"`):      "approver is missing: damaged takes the word of another person than who does it.",
		} {
			if p := s.post("/v1/adjustments", body).want(t, 400, contract.CodeBadValue); p.Detail != want && !strings.EqualFold(p.Detail, want) {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		if p := s.post("/v1/counts", `{"reason":"spring","lines":[{"sku":"TAP-22","bin":"MAIN","counted":4}]}`).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, "give one of damaged, found, stolen") {
			t.Errorf("got %q", p.Detail)
		}
		for _, reason := range []string{"damaged", "found", "stolen"} {
			p := s.post("/v1/counts", `{"reason":"`+reason+`","lines":[{"sku":"TAP-22","bin":"MAIN","counted":3}]}`).want(t, 400, contract.CodeBadValue)
			if p.Field != "reason" || p.Detail != strings.Replace("reason stolen is for an adjustment: a count takes one that goes both ways, and asks for nobody's word. Leave it out, and adjust what is known.", "stolen", reason, 1) {
				t.Errorf("got %q", p.Detail)
			}
		}
		as[contract.Count](t, s.post("/v1/counts", `{"lines":[{"sku":"TAP-22","bin":"MAIN","counted":4}]}`), 201)
		got := as[contract.Adjustment](t, s.post("/v1/adjustments", adjust("damaged", `,"approver":"beth"`, `"qty":-2,"bin":"MAIN"`)), 201)
		if st := s.stock("TAP-22"); !got.Lines[0].Blocked || st.OnHand != 4 || st.Blocked != 2 || st.Available != 2 {
			t.Errorf("got %+v and %+v, want two of four blocked", got.Lines, st)
		}
		as[contract.Adjustment](t, s.post("/v1/adjustments", adjust("stolen", "", `"qty":-1`)), 201)

		// A person has a second one's PIN for it, a program nobody's.
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["stock_controller"],"pin":"4711"}`)
		s.user("beth", `{"roles":["supervisor"],"pin":"9035"}`)
		ann, one := s.signIn(till, "ann", "4711"), adjust("damaged", `,"approver":"beth"`, `"qty":-1,"bin":"MAIN"`)
		if p := s.post("/v1/adjustments", one, ann).want(t, 403, contract.CodeApproverNeeded); p.Detail != "ann may not do this alone: damaged takes the word of another person." {
			t.Errorf("got %q", p.Detail)
		}
		robot := s.user("robot", `{"kind":"program","roles":["stock_controller"]}`)
		s.post("/v1/adjustments", one, bearing(robot)).want(t, 400, contract.CodeBadValue)
		as[contract.Adjustment](t, s.post("/v1/adjustments", one, ann, header(contract.HeaderApproval, "beth:9035")), 201)

		// Ended, it is given no more; what was adjusted for it is read on.
		if p := s.do("PUT", "/v1/policy/reasons", `{"end":["spring"]}`).want(t, 400, contract.CodeBadValue); p.Detail != "There is no reason spring. There are damaged, found, stolen." {
			t.Errorf("got %q", p.Detail)
		}
		as[contract.ReasonList](t, s.do("PUT", "/v1/policy/reasons", `{"end":["stolen"]}`), 200)
		s.post("/v1/adjustments", adjust("stolen", "", `"qty":-1`)).want(t, 400, contract.CodeBadValue)
		for _, v := range []string{`{"reasons":[{"code":"x"}]}`, `{"reasons":[{"code":"x","way":"out","goods":"burnt"}]}`, `{"reasons":[{"way":"out"}]}`} {
			if p := s.do("PUT", "/v1/policy/reasons", v).want(t, 400, contract.CodeBadValue); p.Detail == "" {
				t.Errorf("%s: got nothing said", v)
			}
		}
		var said []string
		for _, f := range as[contract.ReasonFigures](t, s.get("/v1/adjustments/reasons"), 200).Reasons {
			said = append(said, fmt.Sprintf("%s %d -%d !%d", f.Reason, f.Entries, f.GoneQty, f.BlockedQty))
		}
		if got, want := strings.Join(said, "; "), "damaged 2 -0 !3; fell off a lorry 1 -1 !0; stolen 1 -1 !0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// Which counts there were, what differed, and by how much of each lot in all: one call.
func TestTheCountsOfATimeAreOneCall(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		s.put("MILK", `{"name":"Milk","barcodes":["5012345678900"],"tracking":"lot","cost":{"amount":60,"currency":"GBP"}}`)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"A","bin":"X"},{"sku":"MILK","qty":4,"lot":"B","bin":"X"},{"sku":"TAP-22","qty":2}]}`), 201)
		count := func(body string) { t.Helper(); as[contract.Count](t, s.post("/v1/counts", body), 201) }
		count(`{"counted_by":"ann","lines":[{"sku":"MILK","bin":"X","counted":8,"lots":[{"lot":"A","qty":3},{"lot":"B","qty":5}]},{"sku":"TAP-22","bin":"MAIN","counted":2}]}`)
		count(`{"counted_by":"ann","lines":[{"sku":"TAP-22","bin":"MAIN","counted":2}]}`)
		count(`{"counted_by":"carl","recounted_by":"beth","lines":[{"sku":"MILK","bin":"X","counted":6,"lots":[{"lot":"A","qty":1},{"lot":"B","qty":5}]}]}`)
		list := as[contract.CountList](t, s.get("/v1/counts?site=leeds&since=2000-01-01"), 200)
		if len(list.Counts) != 3 || len(list.Counts[0].Lines) != 1 || list.Counts[0].Same != 1 || len(list.Counts[0].Lines[0].Lots) != 2 || list.Counts[1].Same != 1 || list.Counts[2].RecountedBy != "beth" {
			t.Fatalf("got %+v", list.Counts)
		}
		if len(list.Lots) != 2 || list.Lots[0] != (contract.LotVariance{SKU: "MILK", Lot: "A", Counts: 2, Gone: 3}) || list.Lots[1] != (contract.LotVariance{SKU: "MILK", Lot: "B", Counts: 1, Found: 1}) {
			t.Errorf("got %+v, want both lots", list.Lots)
		}
		if got := as[contract.CountList](t, s.get("/v1/counts?sku=MILK&lot=B"), 200); len(got.Counts) != 2 || len(got.Lots) != 1 || got.Counts[1].Lines[0].Lots[0].Variance != 0 {
			t.Errorf("of one lot: got %+v, want each count of it", got)
		}
		if got := as[contract.CountList](t, s.get("/v1/counts?same=true&sku=TAP-22"), 200); len(got.Counts) != 2 || len(got.Counts[0].Lines) != 1 || got.Counts[0].Lines[0].Variance != 0 {
			t.Errorf("what was as the book had it: got %+v", got)
		}
		if got := as[contract.CountList](t, s.get("/v1/counts?until=1999-01-01"), 200); len(got.Counts) != 0 {
			t.Errorf("of another time: got %+v", got)
		}
		f := as[contract.ReasonFigures](t, s.get("/v1/adjustments/reasons?sku=MILK"), 200)
		if len(f.Reasons) != 1 || f.Reasons[0].Reason != ledger.CountReason || f.Reasons[0].GoneQty != 2 || f.Reasons[0].Cost != -120 {
			t.Errorf("got %+v, want two gone, which cost 1.20", f.Reasons)
		}
		for query, want := range map[string]string{
			"since=soon": "since is not a time such as 2026-11-22T09:30:00Z, or a day.", "since=2001-01-02&until=2001-01-01": "until is not after since.",
			"lot=A": "lot goes with the SKU that it is of.", "cursor=x": "cursor is not one that a list gave: take next_cursor of the page before, or leave it out.",
		} {
			if p := s.get("/v1/counts?"+query).want(t, 400, contract.CodeBadValue); p.Detail != want {
				t.Errorf("%s: got %q, want %q", query, p.Detail, want)
			}
		}
		s.get("/v1/counts?sku=MUG").want(t, 400, contract.CodeUnknownSKU)
	})
}

const reasonsOfActs = `{"reasons":[{"code":"broken","for":["return","inspection"],"text":"it does not work"},{"code":"too-small","for":["return"]},
	{"code":"not-found","for":["short_pick"]},{"code":"damaged","way":"out","for":["adjustment","short_pick"]},{"code":"nobody-in","for":["undelivered"]}]}`

// Why goods come back, are scrapped, are not found or not delivered is one of the list as soon as there is one for it. Whoever is refused is told
// what is so and which words there are, and a yes from before is remembered.
func TestEachActGivesAReasonOfItsOwn(t *testing.T) {
	inShop(t, 20, func(t *testing.T, s *shop) {
		sold := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":9}]}`), 201)
		back := func(reason, more string) string {
			return fmt.Sprintf(`{"order":%q,"reason":%q,"lines":[{"line":1,"qty":1%s}]}`, sold.ID, reason, more)
		}
		before := s.do("POST", "/v1/returns", back("she did not like it", ""), key("before"))
		first := as[contract.Return](t, before, 201)
		look := func(reason, does string) string {
			return fmt.Sprintf(`{"reason":%q,"lines":[{"line":1,"qty":1,"disposition":%q}]}`, reason, does)
		}
		got := as[contract.ReasonList](t, s.do("PUT", "/v1/policy/reasons", reasonsOfActs), 200)
		if want := (contract.Reason{Code: "broken", Text: "it does not work", For: []string{"return", "inspection"}}); !reflect.DeepEqual(got.Reasons[0], want) {
			t.Errorf("got %+v, want %+v", got.Reasons[0], want)
		}
		before.same(t, s.do("POST", "/v1/returns", back("she did not like it", ""), key("before")))

		no := func(path, body, want string) {
			t.Helper()
			if p := s.post(path, body).want(t, 400, contract.CodeBadValue); p.Detail != want || p.Field == "" {
				t.Errorf("%s: got %q of field %q, want %q", body, p.Detail, p.Field, want)
			}
		}
		no("/v1/returns", back("she did not like it", ""), `reason is "she did not like it", which is none of the company's: give one of broken, too-small.`)
		no("/v1/returns", back("", ""), "reason is missing: this company has goods that come back say why: give one of broken, too-small.")
		no("/v1/returns", back("damaged", ""), "reason damaged is not given for goods that come back: give one of broken, too-small.")
		no("/v1/returns", back("too-small", `,"disposition":"scrap"`), "reason too-small is not given for goods that stay blocked or are scrapped: give one of broken, or leave disposition out and inspect them by themselves.")
		as[contract.Return](t, s.post("/v1/returns", back("too-small", `,"disposition":"restock"`)), 201)
		if r := as[contract.Return](t, s.post("/v1/returns", back("broken", `,"disposition":"scrap"`)), 201); r.Reason != "broken" || r.Lines[0].Scrapped != 1 {
			t.Errorf("got %+v, want it scrapped", r)
		}
		exchange := fmt.Sprintf(`{"order":%q,"till":"T1","reason":"another size","lines":[{"line":1,"qty":1}],"sale":{"lines":[{"sku":"TAP-22","qty":1}]}}`, sold.ID)
		no("/v1/exchanges", exchange, `reason is "another size", which is none of the company's: give one of broken, too-small.`)

		at := "/v1/returns/" + string(first.ID) + "/inspect"
		no(at, look("", "scrap"), "reason is missing: this company has goods that stay blocked or are scrapped say why: give one of broken.")
		no(at, look("too-small", "block"), "reason too-small is not given for goods that stay blocked or are scrapped: give one of broken.")
		scrapped := s.do("POST", at, look("broken", "scrap"), key("scrap"))
		as[contract.Return](t, scrapped, 200)
		s.do("PUT", "/v1/policy/reasons", `{"end":["broken"],"reasons":[{"code":"faulty","for":["inspection"]}]}`)
		scrapped.same(t, s.do("POST", at, look("broken", "scrap"), key("scrap")))
		as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"damaged","lines":[{"sku":"TAP-22","qty":-1}]}`), 201)

		no("/v1/blocked/inspect", `{"reason":"wet","lines":[{"sku":"TAP-22","qty":1,"disposition":"scrap"}]}`, `reason is "wet", which is none of the company's: give one of faulty.`)
		s.post("/v1/blocked/inspect", `{"reason":"dry again","lines":[{"sku":"TAP-22","qty":1,"disposition":"restock"}]}`).want(t, 409, contract.CodeBlockedShort) // no word is asked for of what is fit to be sold

		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":4}]}`)
		no(path+"/pick", `{"lines":[{"line":1,"qty":2,"short":1}]}`, "Line 1: reason is missing: this company has goods that a pick did not find say why: give one of damaged, not-found.")
		no(path+"/pick", `{"lines":[{"line":1,"qty":2,"short":1,"reason":"too-small"}]}`, "Line 1: reason too-small is not given for goods that a pick did not find: give one of damaged, not-found.")
		no(path+"/pick", `{"lines":[{"line":1,"qty":2,"reason":"not-found"}]}`, "Line 1: reason goes with what was not found (short): all of the line was.")
		picked := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3,"short":1,"reason":"not-found"}]}`), 200)
		if picked.Lines[0].Reason != "not-found" {
			t.Errorf("got %+v, want why it was short", picked.Lines)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{}`), 200)
		no(path+"/undelivered", `{"reason":"gone away"}`, `reason is "gone away", which is none of the company's: give one of nobody-in.`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/undelivered", `{"reason":"nobody-in"}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/come-back", `{}`), 200) // a carrier's parcel is undelivered: nobody is asked why it comes back
	})
}

// What was done with goods, act by act and day by day: what came back and why, what was scrapped, what a pick did not find.
func TestWhatIsDoneWithGoodsIsAddedUpByActAndDay(t *testing.T) {
	inShop(t, 20, func(t *testing.T, s *shop) {
		sold := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":9}]}`), 201)
		back := func(reason, more string) contract.Return {
			return as[contract.Return](t, s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"reason":%q,"lines":[{"line":1,"qty":2%s}]}`, sold.ID, reason, more)), 201)
		}
		s.do("PUT", "/v1/policy/reasons", reasonsOfActs)
		day := func() string { return time.Now().UTC().Format("2006-01-02") }
		one := day()
		small := back("too-small", "")
		back("broken", `,"disposition":"scrap"`)
		as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"damaged","lines":[{"sku":"TAP-22","qty":-1},{"sku":"TAP-22","qty":-2}]}`), 201)
		time.Sleep(24 * time.Hour) // of the bubble's clock
		two := day()
		back("too-small", "")
		as[contract.Return](t, s.post("/v1/returns/"+string(small.ID)+"/inspect", `{"reason":"broken","lines":[{"line":1,"qty":1,"disposition":"block"}]}`), 200)
		as[contract.Return](t, s.post("/v1/returns/"+string(small.ID)+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"restock"}]}`), 200)
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":4}]}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3,"short":1,"reason":"not-found"}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/undelivered", `{"reason":"nobody-in"}`), 200)
		as[contract.Count](t, s.post("/v1/counts", `{"lines":[{"sku":"TAP-22","bin":"MAIN","counted":9}]}`), 201)

		said := func(query string) (out []string) {
			f := as[contract.ReasonFigures](t, s.get("/v1/adjustments/reasons?by=day"+query), 200)
			if len(f.Reasons) != 0 {
				t.Errorf("got %+v beside the days", f.Reasons)
			}
			for _, d := range f.Days {
				out = append(out, fmt.Sprintf("%s %s %s %s %d %d %d", d.Day, d.Act, d.Reason, d.Did, d.Entries, d.Lines, d.Qty))
			}
			return out
		}
		got := said("&sku=TAP-22")
		var counted string
		for _, row := range got {
			if strings.HasPrefix(row, two+" count counted ") {
				counted = row
			}
		}
		want := []string{
			one + " adjustment damaged gone 1 2 3",
			one + " inspection broken scrapped 1 1 2",
			one + " return broken came_back 1 1 2",
			one + " return too-small came_back 1 1 2",
			counted,
			two + " inspection  restocked 1 1 1",
			two + " inspection broken blocked 1 1 1",
			two + " return too-small came_back 1 1 2",
			two + " short_pick not-found not_found 1 1 1",
			two + " undelivered nobody-in undelivered 1 1 3",
		}
		if counted == "" || !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got := said("&until=" + two); len(got) != 4 {
			t.Errorf("got %q, want the first day", got)
		}
		s.item("PIPE")
		if got := said("&sku=PIPE"); len(got) != 0 {
			t.Errorf("got %q of another article", got)
		}
		f := as[contract.ReasonFigures](t, s.get("/v1/adjustments/reasons?by=day&until="+two), 200)
		if f.Days[1].Text != "it does not work" {
			t.Errorf("got %+v, want what the reason means", f.Days[1])
		}
		f.Add(&contract.ReasonFigures{Days: f.Days[:1]})
		if len(f.Days) != 4 || f.Days[0].Qty != 6 || f.Days[0].Entries != 2 || f.Days[0].Lines != 4 {
			t.Errorf("got %+v, want the same day of two pages added up", f.Days)
		}
		if p := s.get("/v1/adjustments/reasons?by=week").want(t, 400, contract.CodeBadValue); p.Detail != "by is not day; left out, all days are added up." {
			t.Errorf("got %q", p.Detail)
		}
	})
}
