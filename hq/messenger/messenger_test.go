package messenger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// The vector of the reference libraries (standard-webhooks/standard-webhooks, libraries/go/webhook_test.go).
func TestASignatureIsTheOneOfStandardWebhooks(t *testing.T) {
	secret, err := messenger.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := messenger.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if text := messenger.SecretText(secret); text != "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" {
		t.Errorf("got %s", text)
	}
}

func TestASecretThatIsNoneIsNotRepeated(t *testing.T) {
	for _, text := range []string{"", "hunter2hunter2hunter2hunter2hunter2", "whsec_hunter2!", "whsec_aHVudGVyMg==", "whsec_" + strings.Repeat("aHVu", 30)} {
		_, err := messenger.ParseSecret(text)
		if form, ok := errors.AsType[*ledger.FormError](err); !ok || form.Field != "secret" || strings.Contains(err.Error(), "aHVu") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want the field and not what stood there", text, err)
		}
	}
}

func TestOnlyWhereNobodyListensInIsAnybodyTold(t *testing.T) {
	for text, want := range map[string]string{
		"https://shop.example/in?a=1":         "https://shop.example/in?a=1",
		" https://shop.example ":              "https://shop.example",
		"http://127.0.0.1:8080/x":             "http://127.0.0.1:8080/x",
		"http://[::1]/x":                      "http://[::1]/x",
		"http://localhost:1/x":                "http://localhost:1/x",
		"mailto:orders@example.com":           "mailto:orders@example.com",
		"http://shop.example/in":              "",
		"http://127.0.0.1.shop.example/":      "",
		"https://user:pass@shop.example/":     "",
		"https://shop.example/#x":             "",
		"ftp://shop.example/":                 "",
		"https:///x":                          "",
		"https:shop.example":                  "",
		"mailto:a@b.example,c@d.example":      "",
		"mailto:Olga <o@b.example>":           "",
		"mailto:olga":                         "",
		"https://shop.example/\nHost: x":      "",
		"":                                    "",
		"https://" + strings.Repeat("a", 600): "",
	} {
		got, err := messenger.ParseAddress(text)
		form, _ := errors.AsType[*ledger.FormError](err)
		if got != want || (want == "") != (form != nil && form.Field == "to") {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
}

// TestWaitsGrowToABoundAndDiffer: the first is some seconds, none is longer than four hours, and two that failed together come apart.
func TestWaitsGrowToABoundAndDiffer(t *testing.T) {
	random := testworld.New(3).Random("waits")
	seen := map[time.Duration]bool{}
	for tries := -1; tries < 100; tries++ {
		d, err := messenger.Wait(tries, random)
		whole := 4 * time.Hour
		if n := max(tries, 1) - 1; n < 12 {
			whole = min(whole, 5*time.Second<<n)
		}
		if err != nil || d < whole/2 || d > whole {
			t.Fatalf("after %d tries: got %v (%v), want between half of %v and all of it", tries, d, err, whole)
		}
		seen[d] = true
	}
	if len(seen) < 90 {
		t.Errorf("got %d different waits of 101", len(seen))
	}
	again, _ := messenger.Wait(3, testworld.New(3).Random("waits"))
	first, _ := messenger.Wait(3, testworld.New(3).Random("waits"))
	if again != first {
		t.Errorf("one seed gave %v and %v", first, again)
	}
}

// post posts to a receiver that answers by serve.
func post(t *testing.T, serve http.HandlerFunc) messenger.Outcome {
	t.Helper()
	srv := httptest.NewServer(serve)
	t.Cleanup(srv.Close)
	p := messenger.NewPoster(testworld.Loopback{})
	t.Cleanup(p.Close)
	return p.Post(t.Context(), srv.URL+"/in/hush?key=hush", []byte("0123456789abcdef01234567"), "evt_1", time.Unix(1614265330, 0), []byte(`{"a":1}`))
}

func TestWhatAReceiverAnswersIsFollowed(t *testing.T) {
	redirected := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { redirected = true }))
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  messenger.Outcome
	}{
		"200": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }, messenger.Outcome{Status: 200, OK: true}},
		"204": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, messenger.Outcome{Status: 204, OK: true}},
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, messenger.Outcome{Status: 500, Why: "answered 500"}},
		"410": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, messenger.Outcome{Status: 410, Gone: true, Why: "answered 410"}},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, messenger.Outcome{Status: 307, Why: "answered 307: a redirect is not followed, give the address itself"}},
		"later": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(429) }, messenger.Outcome{Status: 429, Wait: 90 * time.Second, Why: "answered 429"}},
		"much later": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999")
			w.WriteHeader(503)
		}, messenger.Outcome{Status: 503, Wait: messenger.AskMost, Why: "answered 503"}},
		"without end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<12)); err != nil {
					return
				}
			}
		}, messenger.Outcome{Status: 200, OK: true}},
	} {
		if got := post(t, c.serve); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if redirected {
		t.Error("a redirect was followed")
	}
}

func TestWhatIsSentIsSigned(t *testing.T) {
	var got *http.Request
	var body bytes.Buffer
	post(t, func(_ http.ResponseWriter, r *http.Request) { got = r; _, _ = body.ReadFrom(r.Body) })
	if got == nil {
		t.Fatal("nothing came")
	}
	want := messenger.Sign([]byte("0123456789abcdef01234567"), "evt_1", time.Unix(1614265330, 0), []byte(`{"a":1}`))
	for header, w := range map[string]string{"webhook-id": "evt_1", "webhook-timestamp": "1614265330", "webhook-signature": want, "content-type": "application/json"} {
		if g := got.Header.Get(header); g != w {
			t.Errorf("%s: got %q, want %q", header, g, w)
		}
	}
	if got.Method != http.MethodPost || body.String() != `{"a":1}` {
		t.Errorf("got %s %s", got.Method, body.String())
	}
}

// A network that refuses, or whose other end is where no receiver may be.
type network struct {
	testworld.Loopback
	err  error
	addr net.Addr
}

func (n network) Dial(context.Context, string, string) (net.Conn, error) {
	if n.err != nil {
		return nil, n.err
	}
	c, _ := net.Pipe()
	return addressed{c, n.addr}, nil
}

type addressed struct {
	net.Conn
	addr net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.addr }

// TestNoAddressIsInAnError: its path and its query may be a receiver's secret.
func TestNoAddressIsInAnError(t *testing.T) {
	for name, n := range map[string]network{
		"refused":  {err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}},
		"unknown":  {err: &net.DNSError{Err: "no such host", Name: "shop.example"}},
		"metadata": {addr: &net.TCPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 443}},
		"nowhere":  {addr: &net.TCPAddr{IP: net.IPv4zero, Port: 443}},
	} {
		p := messenger.NewPoster(n)
		got := p.Post(t.Context(), "https://shop.example/in/hush?key=hush", []byte("s"), "evt_1", time.Unix(1, 0), nil)
		if got.OK || got.Why == "" || strings.Contains(fmt.Sprint(got), "hush") {
			t.Errorf("%s: got %+v, want a reason without the address", name, got)
		}
	}
	p := messenger.NewPoster(network{err: errors.New("dialled")})
	if got := p.Post(t.Context(), "http://10.0.0.1/hush", nil, "evt_1", time.Unix(1, 0), nil); got.Why != "no webhook may be at that address" {
		t.Errorf("http to another machine: got %+v, want it not dialled", got)
	}
}
