package contract

// White-box: which of the two readings took a body cannot be seen from outside, and must not be.

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// FuzzQuickReading holds the reading by hand against encoding/json: what it takes, the other takes
// with the same value. What it does not take is the other's anyway.
func FuzzQuickReading(f *testing.F) {
	for _, body := range []string{
		`{"lines":[{"sku":"TAP-22","qty":2}]}`,
		` { "id" : "0193a1b2-0000-7000-8000-000000000001" , "channel":"web","fulfil":"collect","from":"any","collect_at":"york", "lines":[ {"sku":"A","qty":-0,"unit_price":{"amount":1299,"currency":"GBP","per":1000,"tax":"included"}} , {} ] } ` + "\n",
		`{"price_group":"trade","deliver_to":"a-1","bill_to":"a-2","channel":"import","lines":[{"sku":"A","qty":1,"unit_price":{"amount":5,"currency":"GBP"},"price_reason":"agreed","discount":{"amount":{"amount":1,"currency":"GBP"},"ppm":0,"reason":"damaged","approver":"beth"},"tax_rate_ppm":0}]}`,
		`{"in_hand":true,"approver":"mo","fulfil":"take","lines":[{"sku":"TAP-22","qty":1}]}`,
		`{"external_id":"a\u0041\n","ship_to":{"country":"GB","postcode":"LS1 1AA","lat_e6":53800000,"lon_e6":-1549000},"complete":true,"need_by":"2026-11-22","customer":"M\u00fcller \ud83d\ude00 \ud800","class":"x","priority":9,"taken_at":"2026-11-22T09:30:00Z","durable":"accepted","reserve_for":"15m","shortage":"partial"}`,
		`{"lines":[],"lines":[{"sku":"A"}]}`, `{"lines":null}`, `{"Lines":[]}`, `{"lines":[{"qty":1.0}]}`, `{"lines":[{"qty":01}]}`,
		`{"lines":[{"qty":999999999999999999}]}`, `{"lines":[{"qty":9223372036854775807}]}`, `{"priority":1e1}`, `{}x`, "{}\x00", `{"complete":truefalse}`, `{"a":1}`, `{"lines":[{}],}`,
		`{"orders":[{"key":"a","order":{"lines":[{"sku":"A","qty":1}]}},{"order": {"customer":"<\u003e"} }]}`,
		`{"orders":[{"key":"a","order":{"x":1}}]}`, `{"orders":[{"order":[]}]}`, `{"orders":[{"order":{},"order":{}}]}`, `{"orders":[]}`, `{"orders":[{"Key":"a"}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return // Decode refuses it before it is read
		}
		var quick, slow OrderRequest
		if quickly(body, &quick) {
			if err := slowly(body, &slow); err != nil || !reflect.DeepEqual(quick, slow) {
				t.Errorf("%q: got %+v, want %+v and %v", body, quick, slow, err)
			}
		}
		var quickBulk, slowBulk BulkRequest
		if !quickly(body, &quickBulk) {
			return
		}
		if err := slowly(body, &slowBulk); err != nil || len(quickBulk.Orders) != len(slowBulk.Orders) {
			t.Fatalf("%q: got %d orders, want %d and %v", body, len(quickBulk.Orders), len(slowBulk.Orders), err)
		}
		for i := range quickBulk.Orders {
			quick, slow := &quickBulk.Orders[i], &slowBulk.Orders[i]
			if quick.Key != slow.Key || !bytes.Equal(quick.Order, slow.Order) {
				t.Errorf("%q: got order %d with key %q: %q, want %q: %q", body, i, quick.Key, quick.Order, slow.Key, slow.Order)
			}
			if quick.read == nil {
				continue
			}
			var alone OrderRequest
			if err := slowly(slow.Order, &alone); err != nil || !reflect.DeepEqual(*quick.read, alone) {
				t.Errorf("%q: got order %d %+v, want %+v and %v", body, i, *quick.read, alone, err)
			}
		}
	})
}

// drawRequest draws an order whose texts JSON writes as they are.
func drawRequest(t *rapid.T) *OrderRequest {
	text := rapid.StringMatching(`[A-Za-z0-9 ./:@äß-]{0,12}`)
	word := func(all ...string) string { return rapid.SampledFrom(append(all, "", "other")).Draw(t, "word") }
	o := &OrderRequest{ID: text.Draw(t, "id"), ExternalID: text.Draw(t, "external"), Channel: ledger.Channel(word("till", "web")),
		Fulfil: ledger.Fulfil(word("take", "deliver")), From: From(word("here", "any")), CollectAt: text.Draw(t, "collect at"),
		Shortage: ledger.Shortage(word("refuse", "partial")), Complete: rapid.Bool().Draw(t, "complete"), NeedBy: text.Draw(t, "need by"),
		PriceGroup: text.Draw(t, "group"), DeliverTo: text.Draw(t, "deliver to"), BillTo: text.Draw(t, "bill to"),
		ReserveFor: text.Draw(t, "reserve for"), Draft: rapid.SampledFrom([]*Draft{nil, {}, {Kind: "quote", ValidUntil: "2026-11-30", HoldPrices: true, Note: "n"}}).Draw(t, "draft"), Customer: text.Draw(t, "customer"), Class: text.Draw(t, "class"),
		Priority: rapid.IntRange(-9, 99).Draw(t, "priority"), TakenAt: text.Draw(t, "taken at"), Durable: Durable(word("accepted", "owner")),
		Lines: []LineRequest{}}
	whole := rapid.Int64Range(-1e18+1, 1e18-1)
	if rapid.Bool().Draw(t, "ship") {
		o.ShipTo = &Address{Country: text.Draw(t, "country"), Postcode: text.Draw(t, "postcode"), LatE6: whole.Draw(t, "lat"), LonE6: whole.Draw(t, "lon")}
	}
	for range rapid.IntRange(0, 9).Draw(t, "lines") {
		l := LineRequest{SKU: text.Draw(t, "sku"), Pack: text.Draw(t, "pack"), Qty: ledger.Qty(whole.Draw(t, "qty"))}
		if rapid.Bool().Draw(t, "priced") {
			l.UnitPrice = &Price{Amount: whole.Draw(t, "amount"), Currency: word("GBP"), Per: whole.Draw(t, "per"), Tax: word("included")}
			l.Approver = text.Draw(t, "approver")
			l.Why, l.TaxPPM = text.Draw(t, "why"), new(whole.Draw(t, "tax"))
			l.Discount = &Discount{PPM: whole.Draw(t, "ppm"), Reason: text.Draw(t, "reason"), Approver: text.Draw(t, "approver")}
			if rapid.Bool().Draw(t, "amount off") {
				l.Discount.Amount = &Money{Amount: whole.Draw(t, "off"), Currency: word("EUR")}
			}
		}
		o.Lines = append(o.Lines, l)
	}
	return o
}

func TestUsualOrdersAreReadQuickly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRequest(t)
		body, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got OrderRequest
		if !quickly(body, &got) || !reflect.DeepEqual(&got, want) {
			t.Errorf("%s: got %+v, want it read", body, got)
		}
		bulk := []byte(`{"orders":[{"key":"k","order":` + string(body) + `}]}`)
		var all BulkRequest
		if !quickly(bulk, &all) || all.Orders[0].Key != "k" || !bytes.Equal(all.Orders[0].Order, body) {
			t.Fatalf("%s: got %+v, want it read", bulk, all)
		}
		if one, err := all.Orders[0].Request(); err != nil || !reflect.DeepEqual(one, want) {
			t.Errorf("%s: got %+v and %v, want the order", bulk, one, err)
		}
	})
}

// FuzzForeignNames lets no body keep the walk over its names going, and holds what it finds
// against the names that a plain reading into maps finds.
func FuzzForeignNames(f *testing.F) {
	for _, body := range []string{`{"lines":[{"sku":"A","QTY":1}]}`, `{"Lines":[]}`, `{"ship_to":{"country":"GB"},"lines":[{"unit_price":null,"qty":-1.5e3}]}`,
		`{"orders":[{"order":{"X":["}",{"Y":"\""}]},"KEY":"a"}]}`, `{"\u006cines":[ ] , "complete" : true }`, `{"customer":"a","Customer":"b"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []any{new(OrderRequest), new(BulkRequest), new(ItemRequest)} {
			dec := json.NewDecoder(bytes.NewReader(body))
			dec.DisallowUnknownFields()
			if !utf8.Valid(body) || dec.Decode(v) != nil || !json.Valid(body) {
				continue // refused before its names are looked at
			}
			var plain any
			if err := json.Unmarshal(body, &plain); err != nil {
				t.Fatal(err)
			}
			got, want := foreignName(body, reflect.TypeOf(v)), strangers(plain, reflect.TypeOf(v))
			if (got == "") != (len(want) == 0) || got != "" && !want[got] {
				t.Errorf("%q as %T: got %q, want one of %v", body, v, got, want)
			}
		}
	})
}

// strangers gives the names in a value that are not those of t's fields.
func strangers(value any, t reflect.Type) map[string]bool {
	found := map[string]bool{}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return found
		}
		known := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			known[name] = t.Field(i).Type
		}
		for name, inside := range value {
			of, ok := known[name]
			if !ok || name == "" {
				found[name] = true
				continue
			}
			maps.Copy(found, strangers(inside, of))
		}
	case []any:
		if t.Kind() != reflect.Slice || t == reflect.TypeFor[json.RawMessage]() {
			return found
		}
		for _, one := range value {
			maps.Copy(found, strangers(one, t.Elem()))
		}
	}
	return found
}
