package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const orderID = "0193a1b2-0000-7000-8000-000000000001"

func codeOf(t testing.TB, err error, at ledger.SiteID) *contract.Problem {
	t.Helper()
	p, ok := contract.FromLedger(err, at)
	if !ok {
		t.Fatalf("got error %v, want a problem", err)
	}
	return p
}

func TestABadBodyIsRefusedWithItsField(t *testing.T) {
	cases := map[string]struct {
		body  string
		code  contract.Code
		field string
	}{
		"nothing":                       {"", contract.CodeBadJSON, ""},
		"blanks only":                   {" \n", contract.CodeBadJSON, ""},
		"not JSON":                      {"qty=1", contract.CodeBadJSON, ""},
		"cut off":                       {`{"lines":[{"sku":"A"`, contract.CodeBadJSON, ""},
		"not UTF-8":                     {"{\"customer\":\"\xff\"}", contract.CodeBadJSON, ""},
		"more after the object":         {`{"lines":[]} {}`, contract.CodeBadJSON, ""},
		"an array":                      {`[]`, contract.CodeWrongType, ""},
		"null":                          {`null`, contract.CodeWrongType, ""},
		"a field that nobody knows":     {`{"colour":"red","lines":[]}`, contract.CodeUnknownField, "colour"},
		"an unknown field of a line":    {`{"lines":[{"sku":"A","qty":1,"bin":"B"}]}`, contract.CodeUnknownField, "bin"},
		"a word for a number":           {`{"lines":[{"sku":"A","qty":1},{"sku":"A","qty":"2"}]}`, contract.CodeWrongType, "lines[1].qty"},
		"a fraction":                    {`{"lines":[{"sku":"A","qty":1.5}]}`, contract.CodeWrongType, "lines[0].qty"},
		"a whole number with a point":   {`{"lines":[{"sku":"A","qty":1.0}]}`, contract.CodeWrongType, "lines[0].qty"},
		"an exponent":                   {`{"lines":[{"sku":"A","qty":1e3}]}`, contract.CodeWrongType, "lines[0].qty"},
		"a number beyond 64 bits":       {`{"lines":[{"sku":"A","qty":9223372036854775808}]}`, contract.CodeWrongType, "lines[0].qty"},
		"a number for a word":           {`{"lines":[{"sku":7,"qty":1}]}`, contract.CodeWrongType, "lines[0].sku"},
		"an object for the lines":       {`{"lines":{"sku":"A"}}`, contract.CodeWrongType, "lines"},
		"a word for a line":             {`{"lines":["A"]}`, contract.CodeWrongType, "lines[0]"},
		"a word for yes or no":          {`{"complete":"yes","lines":[]}`, contract.CodeWrongType, "complete"},
		"a wrong type deep down":        {`{"lines":[{"sku":"A","qty":1,"unit_price":{"amount":"1"}}]}`, contract.CodeWrongType, "lines[0].unit_price.amount"},
		"a price that is a number only": {`{"lines":[{"sku":"A","qty":1,"unit_price":3}]}`, contract.CodeWrongType, "lines[0].unit_price"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var req contract.OrderRequest
			p := codeOf(t, contract.Decode([]byte(c.body), &req), "leeds")
			if p.Code != c.code || p.Field != c.field || p.Status != http.StatusBadRequest {
				t.Errorf("got %d %s at %q (%s), want 400 %s at %q", p.Status, p.Code, p.Field, p.Detail, c.code, c.field)
			}
			if p.Detail == "" || p.Title == "" {
				t.Errorf("got no words for people in %s", p.JSON())
			}
		})
	}
}

func TestTheLastOfTwoEqualFieldsCounts(t *testing.T) {
	var req contract.OrderRequest
	if err := contract.Decode([]byte(`{"customer":"a","customer":"b","lines":[]}`), &req); err != nil || req.Customer != "b" {
		t.Errorf("got %q and %v, want b and no error", req.Customer, err)
	}
}

func TestABodyOverOneMebibyteIsTooLarge(t *testing.T) {
	for _, announced := range []bool{true, false} {
		r := httptest.NewRequest(http.MethodPost, "/v1/orders", bytes.NewReader(make([]byte, contract.BodyMax+1)))
		if !announced {
			r.ContentLength = -1
		}
		_, err := contract.ReadBody(httptest.NewRecorder(), r)
		if p := codeOf(t, err, "leeds"); p.Code != contract.CodeBodyTooLarge || p.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("announced %v: got %d %s, want 413 body_too_large", announced, p.Status, p.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/orders", bytes.NewReader(make([]byte, contract.BodyMax)))
	if got, err := contract.ReadBody(httptest.NewRecorder(), r); err != nil || len(got) != contract.BodyMax {
		t.Errorf("got %d bytes and %v, want all of exactly 1 MiB", len(got), err)
	}
}

// cut is a body that breaks off.
func cut(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF))
}

func TestABodyThatIsOnlyAnnouncedCostsNoMemory(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/v1/orders", cut(`{"lines":`))
	var before, after runtime.MemStats
	const tries = 16
	runtime.ReadMemStats(&before)
	for range tries {
		r.Body, r.ContentLength = io.NopCloser(cut(`{"lines":`)), contract.BodyMax
		if _, err := contract.ReadBody(httptest.NewRecorder(), r); codeOf(t, err, "leeds").Code != contract.CodeBadJSON {
			t.Fatalf("got %v, want bad_json", err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / tries; got > contract.BodyMax/8 {
		t.Errorf("got %d KiB set aside for 1 MiB that did not come, want 128 at most", got>>10)
	}
}

// A client that writes all of its body before it reads must not find its connection reset.
func TestABodyThatIsTooLargeIsTakenInBeforeItIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		sent      int
		announced bool
		expect    string
		left      bool
	}{
		"2 MiB":               {2 << 20, true, "", false},
		"2 MiB, in chunks":    {2 << 20, false, "", false},
		"more than is borne":  {32 << 20, true, "", true},
		"nothing is sent yet": {2 << 20, true, "100-continue", true},
	} {
		src := bytes.NewReader(make([]byte, c.sent))
		r := httptest.NewRequest(http.MethodPost, "/v1/orders", src)
		if !c.announced {
			r.ContentLength = -1
		}
		if c.expect != "" {
			r.Header.Set("Expect", c.expect)
		}
		_, err := contract.ReadBody(httptest.NewRecorder(), r)
		if p := codeOf(t, err, "leeds"); p.Code != contract.CodeBodyTooLarge || (src.Len() > 0) != c.left {
			t.Errorf("%s: got %s with %d bytes unread, want some unread: %v", name, p.Code, src.Len(), c.left)
		}
	}
}

func TestAKeyIsPrintableAndShort(t *testing.T) {
	cases := map[string]struct {
		values []string
		ok     bool
	}{
		"none":            {nil, true},
		"one character":   {[]string{"k"}, true},
		"with blanks":     {[]string{"a key"}, true},
		"255 characters":  {[]string{strings.Repeat("k", 255)}, true},
		"256 characters":  {[]string{strings.Repeat("k", 256)}, false},
		"300 characters":  {[]string{strings.Repeat("k", 300)}, false},
		"empty":           {[]string{""}, false},
		"a tab":           {[]string{"a\tb"}, false},
		"not ASCII":       {[]string{"schlüssel"}, false},
		"given two times": {[]string{"a", "a"}, false},
	}
	for name, c := range cases {
		_, err := contract.Key(http.Header{contract.HeaderKey: c.values})
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok %v", name, err, c.ok)
		}
		if err != nil && codeOf(t, err, "leeds").Code != contract.CodeBadKey {
			t.Errorf("%s: got %v, want bad_key", name, err)
		}
	}
}

func TestAKeyIsScopedToCallerAndBook(t *testing.T) {
	base := contract.KeyDigest("owner", "leeds", "k")
	for _, other := range []ledger.Digest{contract.KeyDigest("till", "leeds", "k"), contract.KeyDigest("owner", "york", "k"),
		contract.KeyDigest("owner", "leeds", "l"), contract.KeyDigest("ownerl", "eeds", "k")} {
		if other == base {
			t.Error("got one digest for two scopes, want two")
		}
	}
	if contract.RequestDigest("POST", "/v1/orders", []byte("{}")) == contract.RequestDigest("POST", "/v1/receipts", []byte("{}")) {
		t.Error("got one digest for two paths, want two")
	}
}

func TestDefaultsDifferPerBook(t *testing.T) {
	req := contract.OrderRequest{Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: 2}}}
	node, err := req.Ledger(contract.NodeDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if node.Channel != "till" || node.Fulfil != ledger.Take || node.Anywhere || node.Shortage != ledger.Refuse {
		t.Errorf("got %+v, want till, take, here, refuse", node)
	}
	hq, err := req.Ledger(contract.HQDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if hq.Channel != "web" || hq.Fulfil != ledger.Deliver || !hq.Anywhere || hq.Shortage != ledger.Refuse {
		t.Errorf("got %+v, want web, deliver, any, refuse", hq)
	}
}

func TestABadOrderIsRefusedWithItsField(t *testing.T) {
	line := func(s string) string { return `{"lines":[{"sku":"OK","qty":1},` + s + `]}` }
	with := func(s string) string { return `{` + s + `,"lines":[{"sku":"OK","qty":1}]}` }
	cases := map[string]struct {
		body  string
		code  contract.Code
		field string
	}{
		"no lines":                {`{}`, contract.CodeBadValue, "lines"},
		"5,001 lines":             {`{"lines":[` + strings.Repeat(`{"sku":"A","qty":1},`, 5000) + `{"sku":"A","qty":1}]}`, contract.CodeBadValue, "lines"},
		"zero":                    {line(`{"sku":"A","qty":0}`), contract.CodeBadValue, "lines[1].qty"},
		"a negative quantity":     {line(`{"sku":"A","qty":-1}`), contract.CodeBadValue, "lines[1].qty"},
		"a quantity beyond 2^53":  {line(`{"sku":"A","qty":9007199254740992}`), contract.CodeBadValue, "lines[1].qty"},
		"a SKU with a blank":      {line(`{"sku":"A B","qty":1}`), contract.CodeBadValue, "lines[1].sku"},
		"no SKU":                  {line(`{"qty":1}`), contract.CodeBadValue, "lines[1].sku"},
		"a wrong currency":        {line(`{"sku":"A","qty":1,"unit_price":{"amount":1,"currency":"gbp"}}`), contract.CodeBadValue, "lines[1].unit_price.currency"},
		"a negative price":        {line(`{"sku":"A","qty":1,"unit_price":{"amount":-1,"currency":"GBP"}}`), contract.CodeBadValue, "lines[1].unit_price.amount"},
		"a price per minus one":   {line(`{"sku":"A","qty":1,"unit_price":{"amount":1,"currency":"GBP","per":-1}}`), contract.CodeBadValue, "lines[1].unit_price.per"},
		"an unknown tax":          {line(`{"sku":"A","qty":1,"unit_price":{"amount":1,"currency":"GBP","tax":"some"}}`), contract.CodeBadValue, "lines[1].unit_price.tax"},
		"an id that is no UUIDv7": {with(`"id":"7"`), contract.CodeBadValue, "id"},
		"an unknown channel":      {with(`"channel":"fax"`), contract.CodeBadValue, "channel"},
		"an unknown fulfil":       {with(`"fulfil":"throw"`), contract.CodeBadValue, "fulfil"},
		"an unknown from":         {with(`"from":"there"`), contract.CodeBadValue, "from"},
		"an unknown shortage":     {with(`"shortage":"panic"`), contract.CodeBadValue, "shortage"},
		"an unknown durable":      {with(`"durable":"granite"`), contract.CodeBadValue, "durable"},
		"durable shared":          {with(`"durable":"shared"`), contract.CodeNotSupported, "durable"},
		"reserve_for":             {with(`"reserve_for":"15m"`), contract.CodeNotSupported, "reserve_for"},
		"priority 10":             {with(`"priority":10`), contract.CodeBadValue, "priority"},
		"need_by tomorrow":        {with(`"need_by":"tomorrow"`), contract.CodeBadValue, "need_by"},
		"taken_at a day":          {with(`"taken_at":"2026-11-22"`), contract.CodeBadValue, "taken_at"},
		"collect_at and deliver":  {with(`"fulfil":"deliver","collect_at":"york"`), contract.CodeBadValue, "collect_at"},
		"collect_at nowhere":      {with(`"fulfil":"collect","collect_at":"Nirgendwo!"`), contract.CodeUnknownSite, "collect_at"},
		"a country in full":       {with(`"ship_to":{"country":"Britain"}`), contract.CodeBadValue, "ship_to.country"},
		"a long postcode":         {with(`"ship_to":{"postcode":"12345678901234567"}`), contract.CodeBadValue, "ship_to.postcode"},
		"beyond the pole":         {with(`"ship_to":{"lat_e6":90000001}`), contract.CodeBadValue, "ship_to.lat_e6"},
		"beyond the date line":    {with(`"ship_to":{"lon_e6":-180000001}`), contract.CodeBadValue, "ship_to.lon_e6"},
		"a long external id":      {with(`"external_id":"` + strings.Repeat("x", 129) + `"`), contract.CodeBadValue, "external_id"},
		"a customer with a bell":  {with(`"customer":"a\u0007"`), contract.CodeBadValue, "customer"},
		"a long class":            {with(`"class":"` + strings.Repeat("x", 65) + `"`), contract.CodeBadValue, "class"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var req contract.OrderRequest
			err := contract.Decode([]byte(c.body), &req)
			if err == nil {
				_, err = req.Ledger(contract.NodeDefaults())
			}
			p := codeOf(t, err, "leeds")
			if p.Code != c.code || p.Field != c.field || p.Status != http.StatusBadRequest {
				t.Errorf("got %d %s at %q (%s), want 400 %s at %q", p.Status, p.Code, p.Field, p.Detail, c.code, c.field)
			}
		})
	}
}

func TestEveryWordOfAnOrderIsKept(t *testing.T) {
	body := `{"id":"` + orderID + `","external_id":"W-1","channel":"phone","fulfil":"collect","from":"any","collect_at":"york",
		"ship_to":{"country":"GB","postcode":"LS1 4DY","lat_e6":53799000,"lon_e6":-1549000},"shortage":"backorder","complete":true,
		"need_by":"2026-12-01","customer":"c-9","class":"trade","priority":7,"taken_at":"2026-11-22T10:00:00+01:00","durable":"accepted",
		"lines":[{"sku":"TAP-22","qty":3,"unit_price":{"amount":1299,"currency":"GBP","per":1000,"tax":"excluded"}}]}`
	var req contract.OrderRequest
	if err := contract.Decode([]byte(body), &req); err != nil {
		t.Fatal(err)
	}
	o, err := req.Ledger(contract.NodeDefaults())
	if err != nil {
		t.Fatal(err)
	}
	o.Owner, o.Serial, o.Status, o.Offline = "leeds", 12, ledger.StatusBackordered, true
	o.Lines[0].Here, o.Lines[0].Backordered = 1, 1
	o.Lines[0].Away = []ledger.Leg{{Site: "york", Qty: 1}}
	got, err := json.Marshal(contract.RenderOrder(&o, contract.Seen{Seq: 40, Ack: contract.Accepted}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"` + orderID + `","number":"LEEDS-000012","owner":"leeds","status":"backordered","lines":[{"line":1,"sku":"TAP-22","qty":3,` +
		`"status":"backordered","reserved":[{"site":"leeds","qty":1},{"site":"york","qty":1}],"backordered":1,"taken":0,` +
		`"unit_price":{"amount":1299,"currency":"GBP","per":1000,"tax":"excluded"}}],"fulfilments":[{"id":"` + orderID + `@leeds","site":"leeds","status":"reserved"},` +
		`{"id":"` + orderID + `@york","site":"york","status":"reserved"}],"ack":"accepted","offline":true,"seq":40,"external_id":"W-1","channel":"phone",` +
		`"fulfil":"collect","from":"any","collect_at":"york","ship_to":{"country":"GB","postcode":"LS1 4DY","lat_e6":53799000,"lon_e6":-1549000},` +
		`"shortage":"backorder","complete":true,"need_by":"2026-12-01","customer":"c-9","class":"trade","priority":7,"taken_at":"2026-11-22T09:00:00.000Z"}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWhenAnOrderIsNeededIsKeptInUTC, by an order and by an amendment of it: dates and moments sort as texts, and begin with their day.
func TestWhenAnOrderIsNeededIsKeptInUTC(t *testing.T) {
	for said, want := range map[string]string{
		"":                              "",
		"2026-12-01":                    "2026-12-01",
		"2026-12-01T10:00:00Z":          "2026-12-01T10:00:00Z",
		"2026-12-01T00:30:00+01:00":     "2026-11-30T23:30:00Z",
		"2026-12-01T23:30:00-05:00":     "2026-12-02T04:30:00Z",
		"2026-12-01T10:00:00.75+00:00":  "2026-12-01T10:00:00Z",
		"0000-01-01T00:00:00+01:00":     "refused",
		"9999-12-31T23:59:59-01:00":     "refused",
		"2026-12-01T10:00:00":           "refused",
		"2026-12-01T10:00:00 or before": "refused",
	} {
		order := contract.OrderRequest{NeedBy: said, Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: 1}}}
		o, err := order.Ledger(contract.NodeDefaults())
		amend := contract.AmendRequest{Version: 1, NeedBy: &said}
		a, no := amend.Ledger()
		if want == "refused" {
			if p, q := codeOf(t, err, "leeds"), codeOf(t, no, "leeds"); p.Field != "need_by" || q.Field != "need_by" {
				t.Errorf("%q: got %v and %v, want both refused", said, err, no)
			}
			continue
		}
		if err != nil || no != nil || o.NeedBy != want || a.NeedBy == nil || *a.NeedBy != want {
			t.Errorf("%q: got %q (%v) and %v (%v), want %q", said, o.NeedBy, err, a.NeedBy, no, want)
		}
	}
}

func TestGoodsHandedOverArePromisedAndCollected(t *testing.T) {
	o := ledger.Order{ID: orderID, Owner: "leeds", Status: ledger.StatusCompleted, Lines: []ledger.Line{{SKU: "A", Qty: 2, Taken: 2}, {SKU: "B", Qty: 2}}}
	got := contract.RenderOrder(&o, contract.Seen{})
	if l := got.Lines[0]; len(l.Reserved) != 1 || l.Reserved[0].Qty != 2 || l.Taken != 2 || l.Status != ledger.StatusCompleted {
		t.Errorf("got %+v, want 2 at leeds, taken, completed", l)
	}
	if l := got.Lines[1]; l.Reserved == nil || len(l.Reserved) != 0 {
		t.Errorf("got reserved %v, want an empty list", l.Reserved)
	}
	if len(got.Fulfilments) != 1 || got.Fulfilments[0].Status != contract.FulfilmentCollected {
		t.Errorf("got %+v, want one, collected", got.Fulfilments)
	}
}

func TestAShortageIsToldInWords(t *testing.T) {
	one := &ledger.ShortError{Lines: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 5, Have: 3}}}
	cases := map[string]struct {
		err  error
		at   ledger.SiteID
		want string
	}{
		"some left":      {one, "leeds", "Only 3 left in Leeds."},
		"two words":      {one, "new-york", "Only 3 left in New York."},
		"at head office": {one, ledger.HQ, "Only 3 can be promised."},
		"none left":      {&ledger.ShortError{Lines: []ledger.Short{{Line: 2, SKU: "A", Want: 1}}}, "leeds", "None left in Leeds."},
		"two lines":      {&ledger.ShortError{Lines: []ledger.Short{{Line: 1, SKU: "A", Want: 1}, {Line: 2, SKU: "B", Want: 1}}}, "leeds", "2 lines are short. None of A left in Leeds."},
	}
	for name, c := range cases {
		p := codeOf(t, fmt.Errorf("place: %w", c.err), c.at)
		if p.Detail != c.want || p.Status != http.StatusConflict || p.Code != contract.CodeStockShort || !p.Remembered() || p.Hint == "" {
			t.Errorf("%s: got %s, want 409 with %q", name, p.JSON(), c.want)
		}
	}
	p := codeOf(t, one, "leeds")
	if len(p.Lines) != 1 || fmt.Sprint(p.Lines[0]) != "{1 TAP-22 5 3 0 []}" {
		t.Errorf("got lines %+v, want line 1, TAP-22, want 5, have 3", p.Lines)
	}
}

func TestEveryErrorOfTheLedgerHasItsAnswer(t *testing.T) {
	cases := []struct {
		err    error
		status int
		code   contract.Code
	}{
		{ledger.ErrKeyReused, 422, contract.CodeKeyReused},
		{ledger.ErrOrderExists, 409, contract.CodeOrderExists},
		{ledger.ErrOrderUnknown, 404, contract.CodeNotFound},
		{ledger.ErrInProgress, 503, contract.CodeInProgress},
		{ledger.ErrQuarantined, 503, contract.CodeQuarantined},
		{ledger.ErrRebuilding, 503, contract.CodeQuarantined},
		{ledger.ErrNotOpened, 503, contract.CodeNotOpened},
		{ledger.ErrFull, 503, contract.CodeDiskFull},
		{ledger.ErrClosed, 503, contract.CodeSiteClosing},
		{ledger.ErrUnsure, 503, contract.CodeUnsure},
		{ledger.ErrBusy, 503, contract.CodeBusy},
		{&ledger.FormError{Field: "qty", Line: 2, Why: "is 0"}, 400, contract.CodeBadValue},
		{&ledger.StateError{Status: ledger.StatusCanceled}, 409, contract.CodeOrderCanceled},
		{&ledger.StateError{Status: ledger.StatusCompleted}, 409, contract.CodeOrderCompleted},
		{&ledger.StateError{Status: ledger.StatusSourcing, Why: "does not allow it"}, 409, contract.CodeOrderState},
		{contract.New(contract.CodeBusy, ""), 503, contract.CodeBusy},
		{contract.UnknownSKU("A", 3), 400, contract.CodeUnknownSKU},
	}
	for _, c := range cases {
		p := codeOf(t, fmt.Errorf("act: %w", c.err), "leeds")
		if p.Status != c.status || p.Code != c.code {
			t.Errorf("%v: got %d %s, want %d %s", c.err, p.Status, p.Code, c.status, c.code)
		}
	}
	if p, ok := contract.FromLedger(os.ErrClosed, "leeds"); ok {
		t.Errorf("got %s for a foreign error, want none", p.JSON())
	}
}

func TestAProblemIsWrittenAsOne(t *testing.T) {
	w := httptest.NewRecorder()
	p := contract.New(contract.CodeBusy, "")
	p.RetryAfter = 1100 * time.Millisecond
	p.Write(w)
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("got Retry-After %q, want 2", got)
	}
	if w.Code != 503 || w.Header().Get("Content-Type") != contract.ProblemType {
		t.Errorf("got %d %s, want 503 %s", w.Code, w.Header().Get("Content-Type"), contract.ProblemType)
	}
	w = httptest.NewRecorder()
	contract.New(contract.CodeNoIdentity, "").Write(w)
	if w.Header().Get("WWW-Authenticate") == "" {
		t.Error("got no WWW-Authenticate with 401, want one")
	}
	if _, ok := errors.AsType[*contract.Problem](fmt.Errorf("x: %w", p)); !ok {
		t.Error("got no problem out of a wrapped one, want it")
	}
}

func TestAListTakesOnlyWhatItKnows(t *testing.T) {
	if err := contract.Query(url.Values{"staus": {"open"}}, "status"); codeOf(t, err, "").Field != "staus" {
		t.Errorf("got %v, want the parameter's name", err)
	}
	if err := contract.Query(url.Values{"q": {"a", "b"}}, "q"); err == nil {
		t.Error("got no error for a parameter given twice")
	}
	for _, bad := range []string{"limit=0", "limit=1001", "limit=x", "cursor=!", "cursor=" + strings.Repeat("A", 300)} {
		q, err := url.ParseQuery(bad)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := contract.ReadPage(q); err == nil {
			t.Errorf("%s: got %+v, want an error", bad, got)
		}
	}
	p, err := contract.ReadPage(url.Values{"cursor": {contract.Cursor("TAP-22")}, "limit": {"7"}})
	if err != nil || p.After != "TAP-22" || p.Limit != 7 {
		t.Errorf("got %+v and %v, want TAP-22 and 7", p, err)
	}
	if _, err := contract.ReadStatus("lost"); err == nil {
		t.Error("got no error for an unknown status")
	}
	if s, err := contract.ReadStatus("waiting"); err != nil || s != "waiting" {
		t.Errorf("got %q and %v, want waiting", s, err)
	}
	for _, bad := range []string{"1", "x.1", "1.x", "1.2.3", "-1.2"} {
		if e, s, err := contract.ReadAfter(bad); err == nil {
			t.Errorf("after %s: got %d.%d, want an error", bad, e, s)
		}
	}
}

func TestAPositionIsReadOrRefused(t *testing.T) {
	head := ledger.Head{Site: "leeds", Position: ledger.Position{Epoch: 2, Seq: 9, Hash: ledger.Hash{1}}}
	got, shown, err := contract.Position(http.Header{contract.HeaderPosition: {head.String()}})
	if err != nil || !shown || got != head {
		t.Errorf("got %v, %v, %v, want %v", got, shown, err, head)
	}
	if _, shown, err := contract.Position(http.Header{}); shown || err != nil {
		t.Errorf("got %v and %v without a header, want nothing", shown, err)
	}
	if _, _, err := contract.Position(http.Header{contract.HeaderPosition: {"leeds/1"}}); err == nil {
		t.Error("got no error for half a position")
	}
}

func TestAReceiptAndAnItemAreChecked(t *testing.T) {
	receipts := []string{`{}`, `{"lines":[{"sku":"A","qty":0}]}`, `{"lines":[{"sku":"","qty":1}]}`, `{"lines":[{"sku":"A","qty":1,"bin":"a b"}]}`,
		`{"reference":"` + strings.Repeat("x", 129) + `","lines":[{"sku":"A","qty":1}]}`}
	for _, body := range receipts {
		var r contract.ReceiptRequest
		if err := contract.Decode([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Ledger(); err == nil {
			t.Errorf("%.60s: got no error", body)
		}
	}
	items := map[string]contract.Code{
		`{}`:                                contract.CodeBadValue,
		`{"name":"x","tracking":"smell"}`:   contract.CodeBadValue,
		`{"name":"x","barcodes":[""]}`:      contract.CodeBadValue,
		`{"name":"x","price":{"amount":1}}`: contract.CodeBadValue,
	}
	for body, want := range items {
		var r contract.ItemRequest
		if err := contract.Decode([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Ledger("A"); codeOf(t, err, "").Code != want {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
	}
	ok := contract.ItemRequest{Name: "Tap", Price: &contract.Price{Amount: 5, Currency: "GBP"}}
	item, err := ok.Ledger("A")
	if err != nil {
		t.Fatal(err)
	}
	if got := contract.RenderItem(&item); got.Barcodes == nil || got.Tracking != ledger.TrackNone || got.Price == nil {
		t.Errorf("got %+v, want an empty list of barcodes, tracking none and the price", got)
	}
}

func TestOrdersToBeConfirmedAreTakenEverywhere(t *testing.T) {
	req := contract.OrderRequest{Shortage: ledger.Confirm, Lines: []contract.LineRequest{{SKU: "A", Qty: 1}}}
	for _, d := range []contract.Defaults{contract.NodeDefaults(), contract.HQDefaults()} {
		if o, err := req.Ledger(d); err != nil || o.Shortage != ledger.Confirm {
			t.Errorf("%+v: got %+v, %v; want it taken", d, o, err)
		}
	}
}

// What is to be confirmed is promised by nobody, so it stands apart from what waits for goods.
func TestALineSaysWhatIsToBeConfirmedAndWhatIsDeclined(t *testing.T) {
	o := ledger.Order{Owner: "leeds", Status: ledger.StatusUnconfirmed, Lines: []ledger.Line{{SKU: "A", Qty: 9, Here: 1, Backordered: 5, Unconfirmed: 3, Declined: 2}}}
	got := contract.RenderOrder(&o, contract.Seen{}).Lines[0]
	if got.Backordered != 2 || got.ToConfirm != 3 || got.Declined != 2 || got.Status != "to_be_confirmed" || len(got.Reserved) != 1 {
		t.Errorf("got %+v, want 1 promised, 2 waiting, 3 to be confirmed, 2 declined", got)
	}
}

func TestAFulfilmentIsNamedByOrderAndSite(t *testing.T) {
	order := ledger.OrderID("01900000-0000-7000-8000-000000000001")
	if got, site, ok := contract.ParseFulfilmentID(contract.FulfilmentID(order, "york-2")); !ok || got != order || site != "york-2" {
		t.Errorf("got %s, %s, %t; want what was written", got, site, ok)
	}
	for _, bad := range []string{"", "@", "x@york", string(order)} {
		if _, _, ok := contract.ParseFulfilmentID(bad); ok {
			t.Errorf("got %q taken for a fulfilment", bad)
		}
	}
}
