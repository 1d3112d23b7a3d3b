package bench_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

// answers serves one answer after the other, the last for ever.
func answers(t *testing.T, all ...func(w http.ResponseWriter)) (url string, keys *[]string) {
	t.Helper()
	keys = new([]string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*keys = append(*keys, r.Header.Get("Idempotency-Key"))
		all[min(len(*keys), len(all))-1](w)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, keys
}

func say(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func till(url string) *bench.Till {
	return bench.NewTill(bench.TillConfig{URL: url, Run: "r", Clients: 1, Lines: 3, Seed: 1,
		Pick: func(*rand.Rand) string { return "TAP-1" }})
}

// sound is the answer to the first order of till: one line, for there is but one SKU.
const sound = `{"id":"x","lines":[{"line":1,"sku":"TAP-1","qty":2,"reserved":[{"site":"a","qty":1},{"site":"b","qty":1}]}]}`

func TestAnAnswerThatPromisesSomethingElseEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"too little":    {strings.Replace(sound, `"site":"b","qty":1`, `"site":"b","qty":0`, 1), "promises 1 of TAP-1"},
		"another SKU":   {strings.ReplaceAll(sound, "TAP-1", "TAP-2"), "promises 2 of TAP-2"},
		"a backorder":   {strings.Replace(sound, `"line":1`, `"line":1,"backordered":1`, 1), "backorders 1"},
		"a line more":   {strings.Replace(sound, `"lines":[`, `"lines":[{},`, 1), "2 lines, 1 were asked for"},
		"no id":         {strings.Replace(sound, `"id":"x",`, "", 1), `has id ""`},
		"nothing sound": {"{", "read answer"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := answers(t, say(http.StatusCreated, c.body))
			tl := till(url)
			defer tl.Close()
			if err := tl.Order(t.Context(), 0); err == nil || !strings.Contains(err.Error(), c.want) || tl.Answered.Load() != 0 {
				t.Errorf("got %v with %d counted; want an error with %q and none", err, tl.Answered.Load(), c.want)
			}
		})
	}
}

func TestARequestWithoutAnAnswerIsRepeatedUnderItsKey(t *testing.T) {
	url, keys := answers(t, func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		say(http.StatusServiceUnavailable, `{"code":"busy","detail":"x"}`), say(http.StatusCreated, sound))
	tl := till(url)
	defer tl.Close()
	if err := tl.Order(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if len(*keys) != 3 || (*keys)[0] != "r-0-1" || (*keys)[1] != (*keys)[0] || (*keys)[2] != (*keys)[0] {
		t.Errorf("sent the keys %q, want three times r-0-1", *keys)
	}
	if tl.Answered.Load() != 1 || tl.Repeated.Load() != 2 {
		t.Errorf("counted %d answered and %d repeated, want 1 and 2", tl.Answered.Load(), tl.Repeated.Load())
	}
}

func TestARefusalEndsTheRun(t *testing.T) {
	url, keys := answers(t, say(http.StatusConflict, `{"code":"stock_short","detail":"There is not enough stock."}`))
	tl := till(url)
	defer tl.Close()
	err := tl.Order(t.Context(), 0)
	if want := "order r-0-1: There is not enough stock. (stock_short, 409)"; err == nil || err.Error() != want || len(*keys) != 1 {
		t.Errorf("got %v after %d requests, want %q after 1", err, len(*keys), want)
	}
}

func TestADiskThatIsNotThereIsAFault(t *testing.T) {
	if _, err := bench.Disk(t.TempDir()+"/none", 0); err == nil {
		t.Error("measured a folder that does not exist")
	}
	h, err := bench.Disk(t.TempDir(), 0)
	if err != nil || h.Count() != 1 {
		t.Errorf("got %v and %d appends, want one", err, h.Count())
	}
}
