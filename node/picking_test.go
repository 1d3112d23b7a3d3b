package node_test

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// binned takes goods in, each in a bin of its own.
func (s *shop) binned(t *testing.T, lines string) {
	t.Helper()
	as[contract.Receipt](t, s.post("/v1/receipts", `{"reference":"DN","lines":[`+lines+`]}`), 201)
}

// A list is by bin, over orders; the orders are its picker's for a time, and stock is nobody's by it.
func TestAPickListIsByBinAndItsPickersForATime(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.item("PIPE")
		s.binned(t, `{"sku":"TAP-22","qty":2,"bin":"B-2"},{"sku":"TAP-22","qty":3,"bin":"A-1"},{"sku":"PIPE","qty":4,"bin":"A-9"}`)
		a, pathA := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":4},{"sku":"PIPE","qty":1}]}`)
		time.Sleep(time.Second) // of the bubble's clock: ids are ranked by it
		b, _ := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":1}]}`)
		first := s.do("POST", "/v1/pick-lists", `{"picker":"ann","minutes":10}`, key("l"))
		l := as[contract.PickList](t, first, 201)
		var got []string
		for _, r := range l.Rows {
			got = append(got, string(r.Bin)+" "+string(r.SKU)+" "+string(rune('0'+r.Qty)))
		}
		if want := []string{"A-1 TAP-22 3", "A-9 PIPE 1", "B-2 TAP-22 2"}; !slices.Equal(got, want) {
			t.Errorf("got rows %v, want %v", got, want)
		}
		if again := as[contract.PickList](t, s.do("POST", "/v1/pick-lists", `{"picker":"ann","minutes":10}`, key("l")), 201); again.ID != l.ID {
			t.Errorf("got list %s under the same key, want %s", again.ID, l.ID)
		}
		// Somebody else gets neither of the two, and may all the same pick what lies there: a list holds no stock.
		s.post("/v1/pick-lists", `{"picker":"bob"}`).want(t, 409, contract.CodePickListNone)
		s.post("/v1/pick-lists", `{"picker":"bob","fulfilments":["`+b.Fulfilments[0].ID+`"]}`).want(t, 409, contract.CodePickListTaken)
		as[contract.FulfilmentAnswer](t, s.post(pathA+"/pick", `{"lines":[{"line":2,"qty":1}]}`), 200)
		if now := as[contract.PickList](t, s.get("/v1/pick-lists/"+l.ID), 200); len(now.Rows) != 2 {
			t.Errorf("got %+v, want what is still to be picked", now.Rows)
		}
		if st := s.stock("TAP-22"); st.Available != 0 || st.Reserved != 5 {
			t.Errorf("got %+v, want stock as before", st)
		}
		time.Sleep(10 * time.Minute) // of the bubble's clock
		s.get("/v1/pick-lists/"+l.ID).want(t, 404, contract.CodeNotFound)
		other := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"bob","orders":1}`), 201)
		if len(other.Fulfilments) != 1 || other.Fulfilments[0] != contract.FulfilmentID(a.ID, "leeds") {
			t.Errorf("got %+v, want the first order", other)
		}
		if lists := as[contract.PickLists](t, s.get("/v1/pick-lists"), 200); len(lists.PickLists) != 1 || lists.PickLists[0].Picker != "bob" {
			t.Errorf("got %+v, want bob's", lists)
		}
		if g := s.post("/v1/pick-lists/"+other.ID+"/release", ``); g.status != 204 {
			t.Errorf("got %+v, want it given up", g)
		}
		s.post("/v1/pick-lists/"+other.ID+"/release", ``).want(t, 404, contract.CodeNotFound)
		for body, why := range map[string]string{
			`{"picker":""}`:                        "picker",
			`{"picker":"bob","minutes":481}`:       "minutes",
			`{"picker":"bob","orders":101}`:        "orders",
			`{"picker":"bob","fulfilments":[]}`:    "fulfilments",
			`{"picker":"bob","fulfilments":["x"]}`: "fulfilments",
		} {
			if p := s.post("/v1/pick-lists", body).want(t, 400, contract.CodeBadValue); p.Field != why {
				t.Errorf("%s: got field %q, want %q", body, p.Field, why)
			}
		}
	})
}

// What is scanned is held against what is wanted, at the bin and at the door. A repeat of what was done gets its answer, whatever is scanned now.
func TestAScanSaysWhatWasScannedAndWhatWasWanted(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.put("TAP-22", `{"name":"Basin tap","barcodes":["5012345678900"]}`)
		s.put("PIPE", `{"name":"Copper pipe","barcodes":["96385074"]}`)
		_, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`)
		pick := func(code, k string) said {
			return s.do("POST", path+"/pick", `{"lines":[{"line":1,"qty":2,"barcode":"`+code+`"}]}`, key(k))
		}
		for code, want := range map[string]string{
			"96385074": "Line 1 wants TAP-22 (Basin tap); PIPE (Copper pipe) was scanned. Nothing was written down.",
		} {
			if p := pick(code, "wrong").want(t, 409, contract.CodeWrongScan); p.Detail != want {
				t.Errorf("got %q, want %q", p.Detail, want)
			}
		}
		pick("4006381333931", "nobody's").want(t, 400, contract.CodeUnknownBarcode)
		first := pick("5012345678900", "p")
		as[contract.FulfilmentAnswer](t, first, 200)
		s.put("TAP-22", `{"name":"Basin tap","barcodes":["4006381333931"]}`)
		first.same(t, pick("5012345678900", "p"))
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		for check, want := range map[string]string{
			`[{"barcode":"4006381333931"}]`:                                "2 of TAP-22 (Basin tap) are to leave, 1 were scanned. Look for the rest, or dispatch fewer. Nothing was written down.",
			`[{"barcode":"4006381333931","qty":3}]`:                        "2 of TAP-22 (Basin tap) are to leave, 3 were scanned. Take out what is too much. Nothing was written down.",
			`[{"barcode":"4006381333931","qty":2},{"barcode":"96385074"}]`: "PIPE (Copper pipe) was scanned, and is no part of what leaves. Take it out. Nothing was written down.",
		} {
			if p := s.post(path+"/dispatch", `{"check":`+check+`}`).want(t, 409, contract.CodeWrongScan); p.Detail != want {
				t.Errorf("%s: got %q, want %q", check, p.Detail, want)
			}
		}
		if st := s.stock("TAP-22"); st.OnHand != 3 {
			t.Errorf("got %+v, want nothing gone", st)
		}
		good := `{"check":[{"barcode":"4006381333931"},{"barcode":"4006381333931"}]}`
		gone := s.do("POST", path+"/dispatch", good, key("d"))
		as[contract.FulfilmentAnswer](t, gone, 200)
		gone.same(t, s.do("POST", path+"/dispatch", good, key("d")))
	})
}
