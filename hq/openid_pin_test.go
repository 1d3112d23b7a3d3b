package hq_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// provided starts a head office that a provider signs people in at, which asks it again after as long as it may, and its clock's hand.
func provided(t *testing.T) (*cluster, *provider, func(time.Duration)) {
	t.Helper()
	p := newProvider(t)
	c := startCluster(t, 1, func(cfg *hq.Config) {
		cfg.OpenID = openid.Config{Issuer: p.server.URL, ClientID: "holdfast", Secret: "s3cret", Recheck: 20 * time.Minute}
	})
	return c, p, func(d time.Duration) {
		c.servers[0].lag.ahead.Store(int64(d))
		p.claims = map[string]any{"iat": time.Now().Add(d).Unix(), "exp": time.Now().Add(d + time.Minute).Unix()}
	}
}

// passed has the page give whoever has signed in what their calls go with.
func (b *traveller) passed() string {
	b.t.Helper()
	status, _, page := b.sends("POST", "/sign-in/pass", "", "")
	_, rest, found := strings.Cut(page, `value="`)
	pass, _, _ := strings.Cut(rest, `"`)
	if status != 200 || !found {
		b.t.Fatalf("got %d %s", status, page)
	}
	return pass
}

// The provider's word holds for as long as an operator says; then it is asked again, and whoever was turned away there alone is out: at the
// page, with what they show with their calls, and in a stream that they have open. Nobody makes it last longer by asking for another pass.
func TestWhoeverIsTurnedAwayAtTheProviderAloneIsSoonOut(t *testing.T) {
	t.Parallel()
	c, p, at := provided(t)
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}}, nil)
	b := &traveller{cluster: c, p: p, cookies: map[string]*http.Cookie{}}
	if status, _, page := b.goes(b.begins()); status != 200 || b.board() != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	at(19 * time.Minute)
	if b.board() != 200 {
		t.Error("19 minutes on: got her turned away, want her in")
	}
	pass := b.passed()
	owner := c.token
	c.token = pass
	c.must(200, 0, "GET", "/v1/me", "", nil, nil)
	r, err := http.NewRequest("GET", c.servers[0].URL()+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+pass)
	stream, err := c.http.Do(r)
	if err != nil || stream.StatusCode != 200 {
		t.Fatalf("got %v, %v", stream, err)
	}
	defer stream.Body.Close()
	at(21 * time.Minute)
	if _, err := io.Copy(io.Discard, stream.Body); err != nil { // it ends
		t.Errorf("the stream: got %v, want it to end", err)
	}
	c.no(401, contract.CodeNoIdentity, "GET", "/v1/me", "", nil)
	if b.board() != 401 {
		t.Error("21 minutes on: got her in still")
	}
	if status, to, _ := b.goes("/"); status != 303 || to != openid.PathBegin {
		t.Errorf("the page: got %d to %q, want the provider asked again", status, to)
	}
	if status, _, page := b.goes(b.begins()); status != 200 || b.board() != 200 { // it knows her: she types nothing
		t.Errorf("asked again: got %d %s", status, page)
	}
	at(42 * time.Minute)
	back := b.begins()
	if status, _, page := b.goes(strings.Replace(back, "code=c-1", "error=access_denied", 1)); status != 403 || !strings.Contains(page, "did not sign you in") {
		t.Errorf("turned away there: got %d %s", status, page)
	}
	if status, to, _ := b.goes("/"); status != 200 || to != "" || b.board() != 401 {
		t.Errorf("the page: got %d to %q, want the form, and no more trips by themselves", status, to)
	}
	c.token = owner
}

// Somebody whom the provider signs in has no password of ours. They approve others' acts by a PIN that they set themselves, long enough and
// soon after the provider's word; until then whoever asks them is told so.
func TestWhoeverSignsInByTheProviderApprovesByTheirOwnPIN(t *testing.T) {
	t.Parallel()
	c, p, at := provided(t)
	d := c.desk("sue", "supervisor")
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}, PIN: "4711"}, nil) // for tills
	approved := func(by string) (p contract.Problem) {
		t.Helper()
		r, err := http.NewRequest("PUT", c.servers[0].URL()+"/v1/items/TAP-22", strings.NewReader(`{"name":"Tap"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+d.token)
		r.Header.Set(contract.HeaderApproval, by)
		res, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, by := range []string{"olga:4711", "olga"} {
		if got := approved(by); got.Code != contract.CodeApprovalWrong || !strings.Contains(got.Detail, "olga signs in by the company's identity provider and has set no PIN") || !strings.Contains(got.Hint, "of 8 digits or more") {
			t.Errorf("%s: got %+v, want it said what is missing", by, got)
		}
	}
	b := &traveller{cluster: c, p: p, cookies: map[string]*http.Cookie{}}
	sets := func(pin, again string) (int, string) {
		t.Helper()
		status, _, page := b.sends("POST", "/sign-in/pin", url.Values{"pin": {pin}, "again": {again}}.Encode(), "")
		return status, page
	}
	if status, page := sets("27182818", "27182818"); status != 403 || !strings.Contains(page, "Nobody is signed in") {
		t.Errorf("nobody: got %d %s", status, page)
	}
	if status, _, page := b.goes(b.begins()); status != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	if status, _, page := b.sends("POST", "/sign-in/pin", "pin=27182818&again=27182818", "https://elsewhere.example"); status != 403 {
		t.Errorf("a page of another origin: got %d %s", status, page)
	}
	at(6 * time.Minute)
	if status, page := sets("27182818", "27182818"); status != 403 || !strings.Contains(page, "Sign in by it once more") {
		t.Errorf("6 minutes on: got %d %s", status, page)
	}
	if status, _, page := b.goes(b.begins()); status != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	for pin, want := range map[string]string{"4711": "has 8 to 12 digits", "2718281x": "is not 4 to 12 digits", "12345678": "guessed first", "2718281828459": "is not 4 to 12 digits"} {
		if status, page := sets(pin, pin); status != 400 || !strings.Contains(page, want) {
			t.Errorf("%s: got %d %s", pin, status, page)
		}
	}
	if status, page := sets("27182818", "27182819"); status != 400 || !strings.Contains(page, "not the same") {
		t.Errorf("mistyped: got %d %s", status, page)
	}
	if got := approved("olga:27182818"); got.Code != contract.CodeApprovalWrong {
		t.Errorf("before it is set: got %+v", got)
	}
	if status, page := sets("27182818", "27182818"); status != 200 || !strings.Contains(page, "Your PIN is set") || b.board() != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	if got := approved("olga:27182818"); got.Code != "" {
		t.Errorf("by her PIN: got %+v, want it approved", got)
	}
	if got := approved("olga:27182817"); got.Code != contract.CodeApprovalWrong || strings.Contains(got.Detail, "set no PIN") {
		t.Errorf("by a wrong one: got %+v", got)
	}
	var h contract.History
	c.must(200, 0, "GET", "/v1/history?limit=5", "", nil, &h)
	if a := h.Acts[0]; a.By != "sue" || a.Approver != "olga" {
		t.Errorf("got %+v, want sue's act, approved by olga", a)
	}
	if a := h.Acts[1]; a.By != "olga" || a.Call != "POST /sign-in/pin" {
		t.Errorf("got %+v, want that olga set it herself", a)
	}
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Password: "a word of our own"}, nil)
	if got := approved("olga:27182818"); got.Code != contract.CodeApprovalWrong {
		t.Errorf("once she has a password: got %+v, want that and nothing else taken", got)
	}
	if status, _, page := b.goes(b.begins()); status != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	if status, page := sets("31415926", "31415926"); status != 403 || !strings.Contains(page, "You have a password") {
		t.Errorf("got %d %s", status, page)
	}
}
