package bench_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/ledger"
)

// answers serves one answer after the other, the last for ever, and keeps what it was asked.
func answers(t *testing.T, all ...func(w http.ResponseWriter)) (url string, keys, bodies *[]string) {
	t.Helper()
	keys, bodies = new([]string), new([]string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*keys, *bodies = append(*keys, r.Header.Get("Idempotency-Key")), append(*bodies, r.URL.Path+" "+string(raw))
		all[min(len(*keys), len(all))-1](w)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, keys, bodies
}

func say(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// till sells one SKU, so its orders have one line; the first of seed 1 is of two units.
func till(t *testing.T, url string, bulk int) *bench.Till {
	t.Helper()
	tl := bench.NewTill(bench.TillConfig{URL: url, Token: "secret", Run: "r", Clients: 1, Bulk: bulk,
		Orders: bench.NewOrders(1, 1, func(*rand.Rand) string { return "TAP-1" })})
	t.Cleanup(func() {
		if err := tl.Close(); err != nil {
			t.Error(err)
		}
	})
	return tl
}

const (
	anID   = "01996f5a-0000-7000-8000-0000000000ff"
	sound  = `{"id":"` + anID + `","status":"completed","lines":[{"line":1,"sku":"TAP-1","qty":%d,"reserved":[{"site":"a","qty":%[1]d}],"backordered":0}]}`
	worded = `{"code":"busy","detail":"There is no room."}`
)

// qtyOf is what the first order of till asks for.
func qtyOf(t *testing.T, body string) (qty int) {
	t.Helper()
	if _, err := fmt.Sscanf(body, `/v1/orders {"lines":[{"sku":"TAP-1","qty":%d}]}`, &qty); err != nil {
		t.Fatalf("asked with %q: %v", body, err)
	}
	return qty
}

// firstAnswer is the sound answer to till's first order.
func firstAnswer(t *testing.T) string {
	t.Helper()
	url, _, bodies := answers(t, say(http.StatusConflict, worded))
	if err := till(t, url, 0).Order(t.Context(), 0); err == nil {
		t.Fatal("a refusal was taken for an order")
	}
	return fmt.Sprintf(sound, qtyOf(t, (*bodies)[0]))
}

func TestAnAnswerThatPromisesSomethingElseEndsTheRun(t *testing.T) {
	good := firstAnswer(t)
	for name, c := range map[string]struct{ from, to, want string }{
		"too little":      {`"site":"a","qty":`, `"site":"a","qty":-`, "promises -"},
		"another SKU":     {"TAP-1", "TAP-2", "of TAP-2"},
		"a backorder":     {`"backordered":0`, `"backordered":1`, "backorders 1"},
		"a line more":     {`"lines":[`, `"lines":[{},`, "2 lines, 1 were asked for"},
		"no id":           {`"id":"` + anID + `",`, "", `has id ""`},
		"another's id":    {anID, "x", `has id "x"`},
		"not handed over": {"completed", "allocated", "status allocated"},
		"nothing sound":   {"{", "", "read answer"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _, _ := answers(t, say(http.StatusCreated, strings.Replace(good, c.from, c.to, 1)))
			tl := till(t, url, 0)
			if err := tl.Order(t.Context(), 0); err == nil || !strings.Contains(err.Error(), c.want) || tl.Answered.Load() != 0 || len(tl.IDs()) != 0 {
				t.Errorf("got %v with %d counted; want an error with %q and none", err, tl.Answered.Load(), c.want)
			}
		})
	}
}

// Most answers are only glanced at. What a glance cannot vouch for must still be refused.
func TestAGlanceSeesWhatIsNotAsItShouldBe(t *testing.T) {
	good := firstAnswer(t)
	for name, c := range map[string]struct{ from, to string }{
		"a backorder":     {`"backordered":0`, `"backordered":1`},
		"a line more":     {`"lines":[`, `"lines":[{"line":9,"backordered":0},`},
		"no id":           {`"id":"` + anID + `",`, ""},
		"not handed over": {"completed", "allocated"},
	} {
		t.Run(name, func(t *testing.T) {
			// The second order may be of another quantity, which a glance does not see.
			url, _, _ := answers(t, say(http.StatusCreated, good), say(http.StatusCreated, strings.Replace(good, c.from, c.to, 1)))
			tl := till(t, url, 0)
			if err := tl.Order(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if err := tl.Order(t.Context(), 0); err == nil || tl.Answered.Load() != 1 {
				t.Errorf("got %v with %d counted; want an error and 1", err, tl.Answered.Load())
			}
		})
	}
}

func TestARequestWithoutAnAnswerIsRepeatedUnderItsKey(t *testing.T) {
	url, keys, bodies := answers(t, func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		say(http.StatusServiceUnavailable, worded), say(http.StatusCreated, firstAnswer(t)))
	tl := till(t, url, 0)
	if err := tl.Order(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if len(*keys) != 3 || (*keys)[0] != "r-0-1" || (*keys)[1] != (*keys)[0] || (*keys)[2] != (*keys)[0] || (*bodies)[2] != (*bodies)[0] {
		t.Errorf("sent the keys %q, want three times r-0-1, and one body", *keys)
	}
	if ids := tl.IDs(); tl.Answered.Load() != 1 || tl.Repeated.Load() != 2 || len(ids) != 1 || ids[0].String() != anID {
		t.Errorf("counted %d answered and %d repeated, ids %v; want 1, 2 and %s", tl.Answered.Load(), tl.Repeated.Load(), ids, anID)
	}
}

func TestARefusalEndsTheRun(t *testing.T) {
	url, keys, _ := answers(t, say(http.StatusConflict, `{"code":"stock_short","detail":"There is not enough stock."}`))
	err := till(t, url, 0).Order(t.Context(), 0)
	if want := "order r-0-1: There is not enough stock. (stock_short, 409)"; err == nil || err.Error() != want || len(*keys) != 1 {
		t.Errorf("got %v after %d requests, want %q after 1", err, len(*keys), want)
	}
}

// bulkOf answers a bulk as a node does, with ids that end in n and on.
func bulkOf(t *testing.T, body string, n int) string {
	t.Helper()
	var out []string
	for i, part := range strings.Split(strings.TrimPrefix(body, "/v1/orders/bulk "), `{"key":"`)[1:] {
		key, rest, _ := strings.Cut(part, `"`)
		var qty int
		if _, err := fmt.Sscanf(rest, `,"order":{"lines":[{"sku":"TAP-1","qty":%d}]}}`, &qty); err != nil {
			t.Errorf("asked with %q: %v", part, err)
		}
		order := strings.Replace(fmt.Sprintf(sound, qty), anID, fmt.Sprintf("%s%02x", anID[:len(anID)-2], n+i), 1)
		out = append(out, fmt.Sprintf(`{"key":%q,"http_status":201,"order":%s}`, key, order))
	}
	return `{"results":[` + strings.Join(out, ",") + `]}`
}

func TestEachOrderOfABulkIsCheckedAndCounted(t *testing.T) {
	broken := ""
	url, keys, bodies := "", (*[]string)(nil), (*[]string)(nil)
	url, keys, bodies = answers(t, func(w http.ResponseWriter) {
		last := (*bodies)[len(*bodies)-1]
		say(http.StatusOK, strings.Replace(bulkOf(t, last, 3*len(*bodies)), `"http_status":201`, `"http_status":201`+broken, 1))(w)
	})
	tl := till(t, url, 3)
	for range 2 {
		if err := tl.Order(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if tl.Answered.Load() != 6 || len(tl.IDs()) != 6 || (*keys)[1] != "r-0-4" || !strings.Contains((*bodies)[1], `"key":"r-0-6"`) {
		t.Errorf("counted %d orders and %d ids, keys %q, the second body %s", tl.Answered.Load(), len(tl.IDs()), *keys, (*bodies)[1])
	}
	if lost, untold, twice := bench.Compare(tl.IDs(), tl.IDs()); lost+untold+twice != 0 {
		t.Errorf("the same ids differ: %d, %d, %d", lost, untold, twice)
	}
	broken = "0" // of one order: 2010 is no success
	if err := tl.Order(t.Context(), 0); err == nil || tl.Answered.Load() != 6 {
		t.Errorf("got %v and %d orders; want an error and still 6", err, tl.Answered.Load())
	}
}

func TestAnOrderThatIsMissingOrTwiceIsSeen(t *testing.T) {
	a, b, c := ledger.UUID{1}, ledger.UUID{2}, ledger.UUID{3}
	for name, v := range map[string]struct {
		told, booked        []ledger.UUID
		lost, untold, twice int
	}{
		"all is well":    {[]ledger.UUID{c, a, b}, []ledger.UUID{a, b, c}, 0, 0, 0},
		"one is missing": {[]ledger.UUID{a, b, c}, []ledger.UUID{c, a}, 1, 0, 0},
		"one is untold":  {[]ledger.UUID{a, c}, []ledger.UUID{a, b, c}, 0, 1, 0},
		"one came twice": {[]ledger.UUID{a, b}, []ledger.UUID{a, b, b}, 0, 0, 1},
		"one for one":    {[]ledger.UUID{a, b}, []ledger.UUID{a, c}, 1, 1, 0},
		"nothing at all": {nil, nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if lost, untold, twice := bench.Compare(v.told, v.booked); lost != v.lost || untold != v.untold || twice != v.twice {
				t.Errorf("got %d lost, %d untold, %d twice; want %d, %d, %d", lost, untold, twice, v.lost, v.untold, v.twice)
			}
		})
	}
}

func TestADiskThatIsNotThereIsAFault(t *testing.T) {
	for name, measure := range map[string]func(string, time.Duration) (*bench.Histogram, error){"append": bench.Append, "overwrite": bench.Overwrite} {
		if _, err := measure(t.TempDir()+"/none", 0); err == nil {
			t.Errorf("%s: measured a folder that does not exist", name)
		}
		dir := t.TempDir()
		h, err := measure(dir, 0)
		if err != nil || h.Count() != 1 {
			t.Errorf("%s: got %v and %d writes, want one", name, err, h.Count())
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s: left %v (%v)", name, left, err)
		}
	}
}

func TestSpaceThatIsSetAsideIsToldFromSpaceInUse(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "journal"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, used, size int) {
		t.Helper()
		raw := make([]byte, size)
		for i := range used {
			raw[i] = 'x'
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("book.db", 5000, 8192)
	write("journal/1", 1<<20, 1<<20)
	write("journal/2", 1, 1<<20)
	sum, parts, err := bench.SpaceOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b := parts["book.db"]; b.Used != 5000 || b.Size != 8192 || b.Allocated < 8192 {
		t.Errorf("book.db takes %+v, want 5000 of 8192", b)
	}
	if j := parts["journal"]; j.Used != 1<<20+1 || j.Size != 2<<20 || len(parts) != 2 {
		t.Errorf("the journal takes %+v of %v, want 1 MiB and a byte of 2 MiB", j, parts)
	}
	if g := sum.Less(parts["book.db"]); g.Used != 1<<20+1 || g.Size != 2<<20 {
		t.Errorf("beside book.db there are %+v, want the journal", g)
	}
}

func TestAMedianIsInTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		all  []int64
		want int64
	}{"none": {nil, 0}, "one": {[]int64{4}, 4}, "two": {[]int64{9, 4}, 4}, "three": {[]int64{9, 1, 4}, 4}} {
		if got := bench.Median(c.all); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
