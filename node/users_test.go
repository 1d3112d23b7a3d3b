package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

func bearing(token string) with { return header("Authorization", "Bearer "+token) }

// user sets a user at a site that stands alone, and gives its token where it is given one.
func (s *shop) user(id, body string) string {
	s.t.Helper()
	return as[contract.User](s.t, s.do("PUT", "/v1/users/"+id, body), 200).Token
}

// signIn signs somebody in at a device.
func (s *shop) signIn(device, user, pin string) with {
	s.t.Helper()
	return bearing(as[contract.SignedIn](s.t, s.do("POST", "/v1/sign-in", fmt.Sprintf(`{"user":%q,"pin":%q}`, user, pin), bearing(device)), 200).Token)
}

// Each call is let in for exactly those whose role has the permission that the table says, and for the owner. Whoever
// adds a call has to say in node/web_door.go who may make it.
func TestEachRouteIsOpenToTheRolesOfItsPermissionOnly(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		tokens := map[string]string{"device": s.user("till-9", `{"kind":"device"}`)}
		for _, role := range ledger.AllRoles.Names() {
			tokens[role] = s.user("p-"+role, `{"kind":"program","roles":["`+role+`"]}`)
		}
		calls := node.Calls()
		if len(calls) != len(node.Routes()) {
			t.Errorf("got %d calls, want each of %d routes once", len(calls), len(node.Routes()))
		}
		for _, c := range calls {
			if c.Needs == door.Unthought {
				t.Errorf("%s %s is in no table: say in node/web_door.go who may call it", c.Method, c.Path)
			}
			if c.Needs == door.Anybody || c.Path == "/v1/events" || c.Path == "/v1/backup" {
				continue
			}
			for role, token := range tokens {
				roles, err := ledger.ParseRoles([]string{role})
				may := err == nil && roles&c.Needs.Roles() != 0
				got := s.do(c.Method, filled(c.Path), "{", bearing(token)) // no JSON: what is let in changes nothing
				keptFromBrowsers(t, c.Method+" "+c.Path, got.header)
				if refused := got.status == 403 || got.status == 401; refused == may {
					t.Errorf("%s %s as %s: got %d, want it let in: %v", c.Method, c.Path, role, got.status, may)
				}
			}
		}
	})
}

// keptFromBrowsers says whether an answer, whatever it is, says what a browser must not make of it.
func keptFromBrowsers(t *testing.T, call string, h http.Header) {
	t.Helper()
	for _, want := range door.AnswerHeaders {
		got := h[want.Name]
		page := want.Name == "Content-Security-Policy" && len(got) == 1 && strings.HasPrefix(h.Get("Content-Type"), "text/html")
		if page && (!strings.HasPrefix(got[0], "default-src 'none';") || strings.Contains(got[0], "unsafe") || !strings.Contains(got[0], "frame-ancestors 'none'")) ||
			!page && (len(got) != 1 || got[0] != want.Value) {
			t.Errorf("%s: got %s %q, want %q", call, want.Name, got, want.Value)
		}
	}
}

// Answers of all kinds say so: to nobody, to a page of another site, of no route, of a route that does not take the method;
// and each cookie is out of reach of scripts and of other sites, and, where there is TLS or another machine, of the clear.
func TestEveryAnswerIsKeptFromWhatABrowserMightMakeOfIt(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		anon := header("Authorization", "")
		for _, c := range node.Calls() {
			time.Sleep(time.Second) // of the bubble: an address has a rate
			if c.Path != "/v1/events" && c.Path != "/v1/backup" {
				keptFromBrowsers(t, "nobody's "+c.Method+" "+c.Path, s.do(c.Method, filled(c.Path), "", anon).header)
			}
			if c.Method != "GET" {
				got := s.do(c.Method, filled(c.Path), "{}", header("Origin", "https://elsewhere.example"))
				got.want(t, 403, contract.CodeCrossOrigin)
				keptFromBrowsers(t, "a foreign page's "+c.Method+" "+c.Path, got.header)
			}
		}
		rebound := s.do("GET", "/v1/status", "", func(r *http.Request) { r.Host = "rebound.example" })
		rebound.want(t, 421, contract.CodeUnknownHost)
		keptFromBrowsers(t, "another name", rebound.header)
		keptFromBrowsers(t, "no route", s.get("/nothing").header)
		keptFromBrowsers(t, "no method", s.do("DELETE", "/v1/orders", "").header)

		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		for text, device := range map[string]string{"token=" + s.token: "", "token=" + till: "", "user=ann&pin=4711": till, "out": ""} {
			path := "/sign-in"
			if text == "out" {
				path = "/sign-out"
			}
			r := httptest.NewRequest("POST", path, strings.NewReader(text)) // of another machine, in the clear: only a test can
			r.RemoteAddr, r.Host = "192.0.2.7:4000", "leeds"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "holdfast_leeds_device", Value: device})
			w := httptest.NewRecorder()
			s.node.Handler().ServeHTTP(w, r)
			got := w.Result()
			cookies := got.Cookies()
			if got.StatusCode != 303 || len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Path != "/" {
				t.Errorf("%.9s: got %d with %v, want one that is HttpOnly, Secure and of this site alone", text, got.StatusCode, got.Header["Set-Cookie"])
			}
		}
	})
}

// A browser is enrolled by its device's token, once; from then on it asks for a name and a PIN.
func TestAPageOfAnEnrolledDeviceAsksForNameAndPIN(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		jar := map[string]string{}
		at := func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for name, value := range jar {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		}
		send := func(form string, status int) {
			t.Helper()
			got := s.do("POST", "/sign-in", form, at)
			if got.status != status {
				t.Fatalf("%.8s: got %d %s, want %d", form, got.status, got.body, status)
			}
			for _, c := range (&http.Response{Header: got.header}).Cookies() {
				jar[c.Name] = c.Value
			}
		}
		shows := func(status int, text string) {
			t.Helper()
			if got := s.get("/", at); got.status != status || !strings.Contains(string(got.body), text) {
				t.Errorf("got %d %s, want %d with %q", got.status, got.body, status, text)
			}
		}
		shows(401, "A till or handheld is enrolled by its own token")
		send("token="+till, 303)
		shows(401, "This is till-1.")
		shows(401, `name="pin"`)
		if got := s.do("POST", "/sign-in", "user=ann&pin=4712", at); got.status != 401 || !strings.Contains(string(got.body), "Nobody here has that name and PIN.") {
			t.Errorf("got %d %s", got.status, got.body)
		}
		if got := s.do("POST", "/sign-in", "token=hf_wrong", at); got.status != 401 || !strings.Contains(string(got.body), "That is not this site's token.") {
			t.Errorf("got %d %s", got.status, got.body)
		}
		send("user=ann&pin=4711", 303)
		shows(200, "page.js")
		s.user("till-1", `{"disabled":"left in a taxi"}`)
		shows(401, "A till or handheld is enrolled by its own token")
		for _, c := range []struct{ what, want string }{ // the one after the other
			{"turned away", "till-1 is turned away, so its token lets nobody in. Ask an administrator"},
			{"ended", "The token of till-1 ended at "},
		} {
			what, want := c.what, c.want
			if what == "ended" {
				s.user("till-1", `{"disabled":"","expires_at":"`+contract.Moment(time.Now().Add(time.Minute))+`"}`)
				time.Sleep(2 * time.Minute)
			}
			if got := s.do("POST", "/sign-in", "token="+till, at); got.status != 401 || !strings.Contains(string(got.body), want) || strings.Contains(string(got.body), "That is not") {
				t.Errorf("a token whose device was %s: got %d %s", what, got.status, got.body)
			}
			if got := s.do("POST", "/sign-in", "token="+till+"x", at); got.status != 401 || !strings.Contains(string(got.body), "That is not this site's token.") {
				t.Errorf("somebody who does not have it: got %d %s, want to be told nothing", got.status, got.body)
			}
		}
	})
}

func TestARefusalSaysWhoCanDoIt(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device","name":"Till by the door"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		for body, want := range map[string]string{
			`{"kind":"device","roles":["cashier"]}`: "roles are not a device's: people who sign in at it have them",
			`{"pin":"1234"}`:                        "pin is one that is guessed first, such as 1234 or 0000: take another",
			`{"pin":"12"}`:                          "pin is not 4 to 12 digits",
			`{"password":"short"}`:                  "password is not 10 to 128 bytes long",
			`{"kind":"program","pin":"4712"}`:       "pin and password are a person's: a program has a token",
			`{"kind":"program","scope":["king"]}`:   `scope has "king"; there are look`,
		} {
			if p := s.do("PUT", "/v1/users/bob", body).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, want) {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		ann := s.signIn(till, "ann", "4711")
		p := s.do("PUT", "/v1/users/bob", `{}`, ann).want(t, 403, contract.CodeForbidden)
		if p.Detail != "ann may not do this: it takes an administrator." {
			t.Errorf("got %q", p.Detail)
		}
		p = s.post("/v1/adjustments", `{}`, ann).want(t, 403, contract.CodeApproverNeeded)
		if p.Detail != "ann may not do this alone: it takes a supervisor, a stock controller or an administrator." || !strings.Contains(p.Hint, "PIN") {
			t.Errorf("got %q, %q", p.Detail, p.Hint)
		}
		if p := s.get("/v1/stock/TAP-22", bearing(till)).want(t, 403, contract.CodeForbidden); !strings.HasPrefix(p.Detail, "Nobody is signed in at till-1.") {
			t.Errorf("got %q", p.Detail)
		}
		s.do("POST", "/v1/sign-in", `{"user":"ann","pin":"4711"}`, header("Authorization", "")).want(t, 403, contract.CodeDeviceNeeded)
	})
}

// What a person does at a till, a second one approving, stands in the journal with all three names.
func TestEntriesNamePersonDeviceAndApprover(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		s.user("beth", `{"roles":["supervisor"],"pin":"9035"}`)
		s.user("carl", `{"roles":["cashier"],"pin":"6602"}`)
		ann := s.signIn(till, "ann", "4711")
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`, ann), 201)
		const lost = `{"reason":"lost","lines":[{"sku":"TAP-22","qty":-1}]}`
		approval := func(text string) with { return header(contract.HeaderApproval, text) }
		if p := s.post("/v1/adjustments", lost, ann, approval("ann:4711")).want(t, 403, contract.CodeApprovalWrong); p.Detail != "Nobody approves what they do themselves: it takes a second person." ||
			p.Hint != "Have somebody else who may let it be type their name and their PIN or password." {
			t.Errorf("got %q, %q", p.Detail, p.Hint)
		}
		s.post("/v1/adjustments", lost, ann, approval("beth:0000")).want(t, 403, contract.CodeApprovalWrong)
		s.post("/v1/adjustments", lost, ann, approval("carl:6602")).want(t, 403, contract.CodeApproverNeeded)
		s.post("/v1/adjustments", lost, bearing(till), approval("beth:9035")).want(t, 403, contract.CodeForbidden) // of nobody's act
		robot := s.user("robot", `{"kind":"program","scope":["look"]}`)
		s.post("/v1/adjustments", lost, bearing(robot), approval("beth:9035")).want(t, 403, contract.CodeDeviceNeeded)
		if got := s.post("/v1/adjustments", lost, ann, approval("beth:9035")); got.status != 201 {
			t.Fatalf("got %d %s, want the adjustment taken", got.status, got.body)
		}
		// A second person lends no permission that is not there to be lent.
		s.do("PUT", "/v1/items/TAP-22", `{}`, ann, approval("beth:9035")).want(t, 403, contract.CodeApproverNeeded) // beth may not herself
		s.do("PUT", "/v1/users/ann", `{}`, ann, approval("beth:9035")).want(t, 403, contract.CodeForbidden)
		list := as[contract.EntryList](t, s.get("/v1/entries"), 200).Entries
		sold, gone := list[len(list)-2], list[len(list)-1]
		if sold.Actor != "ann" || sold.Device != "till-1" || sold.Approver != "" || gone.Actor != "ann" || gone.Device != "till-1" || gone.Approver != "beth" {
			t.Errorf("got %+v and %+v, want ann's at till-1, the second one approved by beth", sold, gone)
		}
	})
}

// Whoever signs in at a till takes the place of who was there; a till that is declared lost, and a person who left, are out at once.
func TestSignInsEndWithWhatTheyStandOn(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		till, other := s.user("till-1", `{"kind":"device"}`), s.user("till-2", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		s.user("beth", `{"roles":["cashier"],"pin":"9035"}`)
		look := func(who with, status int) {
			t.Helper()
			if got := s.get("/v1/stock/TAP-22", who); got.status != status {
				t.Errorf("got %d, want %d", got.status, status)
			}
		}
		ann := s.signIn(till, "ann", "4711")
		beth := s.signIn(till, "beth", "9035")
		look(ann, 401)
		look(beth, 200)
		elsewhere := s.signIn(other, "ann", "4711")
		s.user("till-1", `{"disabled":"left in a taxi"}`)
		look(beth, 401)
		look(elsewhere, 200)
		s.user("ann", `{"disabled":"left the company"}`)
		look(elsewhere, 401)
		s.do("POST", "/v1/sign-in", `{"user":"ann","pin":"4711"}`, bearing(other)).want(t, 401, contract.CodeSignInWrong)
		s.user("ann", `{"disabled":""}`)
		again := s.signIn(other, "ann", "4711")
		s.do("POST", "/v1/sign-out", "", again)
		look(again, 401)
		last := s.signIn(other, "ann", "4711")
		time.Sleep(door.SignInLife) // of the bubble
		look(last, 401)
	})
}

// A stream tells entries to those who may read the journal, and tells nothing any more to whoever was turned away.
func TestAStreamTellsNoMoreThanTheReaderMayKnow(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		tills := s.user("tills", `{"kind":"program","roles":["cashier"]}`)
		books := s.user("books", `{"kind":"program","roles":["auditor"]}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.get("/v1/events?only=entries", bearing(tills), func(r *http.Request) { *r = *r.WithContext(ctx) }).want(t, 403, contract.CodeForbidden)
		listen := func(token string) (events, func()) {
			return (&client{t: t, http: s.http, token: token}).listen("/v1/events", "")
		}
		till, hangUp := listen(tills)
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		for range 3 {
			if e := till.next(t); e.name != "status" {
				t.Errorf("a cashier's program: got %+v, want the status alone", e)
			}
		}
		hangUp()
		audit, hangUp := listen(books)
		defer hangUp()
		audit.next(t)
		s.user("books", `{"disabled":"its contract has ended"}`)
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		for e := audit.next(t); e.name != ""; e = audit.next(t) {
			if e.name == "entry" {
				t.Fatalf("an auditor's program that was turned away: got %+v", e)
			}
		}
	})
}

// Guessing costs more each time, at the device and for the name, and a restart takes nothing of that back.
func TestGuessesAreSlowOverRestarts(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		s.user("beth", `{"roles":["cashier"],"pin":"9035"}`)
		guess := func(user, pin string) said {
			return s.do("POST", "/v1/sign-in", fmt.Sprintf(`{"user":%q,"pin":%q}`, user, pin), bearing(till))
		}
		wrong := guess("ann", "0000")
		if nobody := guess("nobody", "0000"); string(nobody.body) != string(wrong.body) || nobody.status != wrong.status {
			t.Errorf("got %s and %s: the answer says whether there is such a name", wrong.body, nobody.body)
		}
		looked := 0
		for range 12 {
			if guess("ann", "0000").status == 401 {
				looked++
			}
			s.shut() // by kill or not: what was wrong is on disk before it is answered
			s.start()
		}
		if looked > 5 {
			t.Errorf("got %d guesses looked at in no time, want 5 at most", looked)
		}
		p := guess("ann", "4711").want(t, 429, contract.CodeGuessesMany)
		if !strings.Contains(p.Detail, "none is looked at for") {
			t.Errorf("got %q", p.Detail)
		}
		s.signIn(till, "beth", "9035") // others go on
		guess("ann", "4711").want(t, 429, contract.CodeGuessesMany)
		time.Sleep(time.Hour) // of the bubble
		s.signIn(till, "ann", "4711")
	})
}

// A program may do what its roles and its scope both have, until its token ends.
func TestATokenHasAScopeAndAnEnd(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		shop := s.user("shop", `{"kind":"program","roles":["office"],"scope":["sell"],"expires_at":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`, bearing(shop)), 201)
		s.get("/v1/stock/TAP-22", bearing(shop)).want(t, 403, contract.CodeForbidden)
		if got := s.user("shop", `{"name":"web shop"}`); got != "" {
			t.Errorf("got a token shown a second time")
		}
		fresh := s.user("shop", `{"new_token":true}`)
		s.get("/v1/me", bearing(shop)).want(t, 401, contract.CodeNoIdentity)
		if me := as[contract.Me](t, s.get("/v1/me", bearing(fresh)), 200); me.User != "shop" || len(me.Permissions) != 1 || me.Permissions[0] != "sell" {
			t.Errorf("got %+v", me)
		}
		time.Sleep(2 * time.Hour) // of the bubble
		if p := s.get("/v1/me", bearing(fresh)).want(t, 401, contract.CodeNoIdentity); !strings.Contains(p.Detail, "The token of shop ended at ") || !strings.Contains(p.Hint, "holdfast user new-token shop") {
			t.Errorf("got %+v, want it to say that the token has ended, and what to do", p)
		}
		if p := s.get("/v1/me", bearing(shop)).want(t, 401, contract.CodeNoIdentity); strings.Contains(p.Detail, "shop") {
			t.Errorf("got %+v for a token that is not the program's", p)
		}
		past := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		for _, body := range []string{`{"kind":"program","roles":["office"],"expires_at":"` + past + `"}`, `{"expires_at":"` + past + `"}`} {
			if p := s.do("PUT", "/v1/users/web", body).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, "expires_at is over already: say when the token is to end, or turn the user away to end it now") {
				t.Errorf("got %+v", p)
			}
		}
		s.user("shop", `{"name":"the web shop"}`) // whose end is over: what is not about it is taken
	})
}

// A till whose token has ended is told so, and not that nobody knows it; one that is turned away, too.
func TestATillIsToldWhyItIsLetInNoMore(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		till := s.user("till-1", `{"kind":"device","expires_at":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
		signsIn := func(token string) said {
			return s.post("/v1/sign-in", `{"user":"ann","pin":"4711"}`, bearing(token))
		}
		as[contract.SignedIn](t, signsIn(till), 200)
		time.Sleep(2 * time.Hour) // of the bubble
		if p := signsIn(till).want(t, 401, contract.CodeNoIdentity); !strings.Contains(p.Detail, "The token of till-1 ended at ") || !strings.Contains(p.Hint, "enrol the device with it") {
			t.Errorf("got %+v", p)
		}
		signsIn(till+"x").want(t, 403, contract.CodeDeviceNeeded)
		s.user("till-1", `{"expires_at":"","disabled":"left in a taxi"}`)
		if p := signsIn(till).want(t, 401, contract.CodeNoIdentity); p.Detail != "till-1 is turned away, so its token lets nobody in." || !strings.Contains(p.Hint, "holdfast user enable till-1") {
			t.Errorf("got %+v", p)
		}
	})
}

// What a browser was told to send by a page of somebody else's changes nothing, nor does what was meant for another name.
func TestForeignPagesAndForeignNamesAreTurnedAway(t *testing.T) {
	inShopOf(t, func(c *node.Config) { c.Names = []string{"stock.example.com"} }, func(t *testing.T, s *shop) {
		s.receive("TAP-22", 1)
		host := func(name string) with { return func(r *http.Request) { r.Host = name } }
		order := `{` + line("TAP-22", 1) + `}`
		s.post("/v1/orders", order, header("Sec-Fetch-Site", "cross-site")).want(t, 403, contract.CodeCrossOrigin)
		s.post("/v1/orders", order, header("Origin", "http://evil.example")).want(t, 403, contract.CodeCrossOrigin)
		s.post("/v1/orders", order, host("evil.example:8080")).want(t, 421, contract.CodeUnknownHost)
		s.get("/healthz", host("evil.example")).want(t, 421, contract.CodeUnknownHost)
		for _, name := range []string{"leeds", "localhost:8080", "192.168.1.7", "[::1]:8080", "pos.leeds.local", "stock.example.com:443"} {
			if got := s.get("/v1/status", host(name)); got.status != 200 {
				t.Errorf("%s: got %d %s", name, got.status, got.body)
			}
		}
		as[contract.Order](t, s.post("/v1/orders", order, header("Sec-Fetch-Site", "same-origin")), 201)
	})
}

// A browser is one of a device once it has shown the device's token; then people sign in at its page by PIN, and may do what they may.
func TestAPageOfADeviceTakesPINs(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		form := header("Content-Type", "application/x-www-form-urlencoded")
		anon := header("Authorization", "")
		s.do("POST", "/sign-in", "user=ann&pin=4711", form, anon).want(t, 403, contract.CodeDeviceNeeded)
		cookie := func(got said) with {
			t.Helper()
			list := (&http.Response{Header: got.header}).Cookies()
			if got.status != 303 || len(list) != 1 || !list[0].HttpOnly || list[0].SameSite != http.SameSiteStrictMode {
				t.Fatalf("got %d with %v, want 303 and a strict cookie", got.status, list)
			}
			return func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(list[0]) }
		}
		device := cookie(s.do("POST", "/sign-in", "token="+till, form, anon))
		if got := s.do("POST", "/sign-in", "user=ann&pin=0000", form, device); got.status != 401 {
			t.Errorf("got %d for a wrong PIN", got.status)
		}
		ann := cookie(s.do("POST", "/sign-in", "user=ann&pin=4711", form, device))
		o := s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`, ann)
		as[contract.Order](t, o, 201)
		var last contract.Entry
		list := as[contract.EntryList](t, s.get("/v1/entries"), 200).Entries
		if last = list[len(list)-1]; last.Actor != "ann" || last.Device != "till-1" {
			b, _ := json.Marshal(last)
			t.Errorf("got %s, want ann's at till-1", b)
		}
	})
}
