package hq_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Each call is let in for exactly those whose role has the permission that the table says, and for the owner. Whoever
// adds a call has to say in hq/web_door.go who may make it. People sign in by password, and are out once anything is
// changed of them; what they do bears their name.
func TestEachRouteIsOpenToTheRolesOfItsPermissionOnly(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	owner := c.token
	set := func(id string, in contract.UserRequest) (out contract.User) {
		c.token = owner
		c.must(200, 0, "PUT", "/v1/users/"+id, "", in, &out)
		return out
	}
	tokens := map[string]string{"device": set("till-1", contract.UserRequest{Kind: "device"}).Token}
	for _, role := range ledger.AllRoles.Names() {
		tokens[role] = set("p-"+strings.ReplaceAll(role, "_", "-"), contract.UserRequest{Kind: "program", Roles: &[]string{role}}).Token
	}
	fill := strings.NewReplacer("{sku}", "TAP-22", "{id}", "01890000-0000-7000-8000-000000000000", "{name}", "board.css", "{user}", "nobody", "{site}", "leeds", "{customer}", "c", "{asset}", "credit:c", "{reference}", "r")
	for _, call := range hq.Calls() {
		if call.Needs == door.Unthought {
			t.Errorf("%s %s is in no table: say in hq/web_door.go who may call it", call.Method, call.Path)
		}
		if call.Needs == door.Anybody || call.Needs == door.Linked || call.Path == "/v1/events" || call.Path == "/v1/backup" {
			continue
		}
		for role, token := range tokens {
			c.token = token
			roles, err := ledger.ParseRoles([]string{role})
			may := err == nil && roles&call.Needs.Roles() != 0
			in := any("no object") // what is let in changes nothing
			if call.Method == http.MethodGet {
				in = nil
			}
			status, header, _ := c.send(0, call.Method, fill.Replace(call.Path), "", in, nil)
			keptFromBrowsers(t, call.Method+" "+call.Path, header)
			if refused := status == 403 || status == 401; refused == may {
				t.Errorf("%s %s as %s: got %d, want it let in: %v", call.Method, call.Path, role, status, may)
			}
		}
	}
	c.token = ""
	for _, path := range []string{"/", "/assets/board.css", "/openapi.json", "/healthz", "/nothing", "/v1/items", "/link/v1/pull"} {
		_, header, _ := c.send(0, "GET", path, "", nil, nil)
		keptFromBrowsers(t, "nobody's GET "+path, header)
	}
	set("olga", contract.UserRequest{Roles: &[]string{"office"}, Password: "correct horse"})
	c.token = ""
	c.no(400, contract.CodeBadValue, "POST", "/v1/sign-in", "", contract.SignInRequest{User: "olga", PIN: "4711"})
	c.no(401, contract.CodeSignInWrong, "POST", "/v1/sign-in", "", contract.SignInRequest{User: "olga", Password: "wrong horse"})
	var in contract.SignedIn
	c.must(200, 0, "POST", "/v1/sign-in", "", contract.SignInRequest{User: "olga", Password: "correct horse"}, &in)
	c.token = in.Token
	c.must(200, 0, "PUT", "/v1/policy", "", map[string]any{"cover_days": 3, "reason": "spring", "by": "somebody else"}, nil)
	var history struct {
		Changes []struct {
			What string `json:"what"`
			By   string `json:"by"`
		} `json:"changes"`
	}
	c.token = owner
	c.must(200, 0, "GET", "/v1/policy/history", "", nil, &history)
	signed := false
	for _, h := range history.Changes {
		signed = signed || h.What == "cover_days" && h.By == "olga"
	}
	if !signed {
		t.Errorf("got %+v, want the change of cover_days signed by olga", history.Changes)
	}
	browser := &http.Client{Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := func(password string) *http.Response {
		t.Helper()
		res, err := browser.PostForm(c.servers[0].URL()+"/sign-in", url.Values{"user": {"olga"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res
	}
	if res := form("wrong horse"); res.StatusCode != 403 || len(res.Cookies()) > 0 {
		t.Errorf("a wrong password at the page: got %d with %v", res.StatusCode, res.Cookies())
	}
	cookies := form("correct horse").Cookies()
	page := func(method, path string) int {
		t.Helper()
		r, err := http.NewRequest(method, c.servers[0].URL()+path, strings.NewReader("{}"))
		if err != nil || len(cookies) != 1 {
			t.Fatal(err, cookies)
		}
		r.AddCookie(cookies[0])
		res, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	if board, write := page("GET", "/v1/board"), page("PUT", "/v1/policy"); board != 200 || write != 401 {
		t.Errorf("olga at the page: got %d for the board and %d for a change, want it to read alone", board, write)
	}
	left := "left"
	set("olga", contract.UserRequest{Disabled: &left})
	c.token = in.Token
	c.no(401, contract.CodeNoIdentity, "GET", "/v1/me", "", nil)
	if status := page("GET", "/v1/board"); status != 401 {
		t.Errorf("olga at the page once she has left: got %d, want 401", status)
	}
}

// A server that has just started, and hears from no other, knows nobody: it says so, and turns nobody away whom the others
// let in. Once it has heard it knows them, and nobody else.
func TestAServerThatHasJustStartedTurnsNobodyAway(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}, Password: "correct horse"}, nil)
	var shop contract.User
	c.must(200, 0, "PUT", "/v1/users/shop", "", contract.UserRequest{Kind: "program", Roles: &[]string{"office"}}, &shop)
	var in contract.SignedIn
	sign := contract.SignInRequest{User: "olga", Password: "correct horse"}
	c.must(200, 0, "POST", "/v1/sign-in", "", sign, &in)
	at := 2
	c.token = shop.Token
	c.must(200, at, "GET", "/v1/me", "", nil, nil)
	for _, s := range c.servers {
		s.end()
	}
	c.servers[at].start()
	for who, token := range map[string]string{"a program": shop.Token, "who has signed in": in.Token, "somebody else": "hf_nobody.x"} {
		c.token = token
		if p := c.problemOf(at, "GET", "/v1/me", "", nil); p.Code != contract.CodeNotReady || !strings.Contains(p.Detail, "has just started") {
			t.Errorf("%s: got %+v, want that it knows nobody yet", who, p)
		}
	}
	if p := c.problemOf(at, "POST", "/v1/sign-in", "", sign); p.Code != contract.CodeNotReady {
		t.Errorf("a sign-in: got %+v", p)
	}
	c.servers[0].start()
	c.token = shop.Token
	c.eventually("it has heard of them", func() error {
		if status := c.call(at, "GET", "/v1/me", "", nil, nil); status != 200 {
			return fmt.Errorf("got %d", status)
		}
		return nil
	})
	c.must(200, at, "POST", "/v1/sign-in", "", sign, nil)
	c.token = "hf_nobody.x"
	c.eventually("it knows who is nobody", func() error {
		if status := c.call(at, "GET", "/v1/me", "", nil, nil); status != 401 {
			return fmt.Errorf("got %d", status)
		}
		return nil
	})
}

// Who was let in at one server is let in at each at once: a balancer sends the next call to another, which may not have heard
// yet. Nobody is let in for having waited, and who waits is counted.
func TestWhoIsLetInAtOneServerIsLetInAtEach(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	owner := c.token
	for i := range 8 {
		c.token = owner
		var shop contract.User
		c.must(200, 0, "PUT", fmt.Sprintf("/v1/users/shop-%d", i), "", contract.UserRequest{Kind: "program", Roles: &[]string{"office"}}, &shop)
		c.token = shop.Token
		for at := range c.servers {
			c.must(200, at, "GET", "/v1/me", "", nil, nil)
		}
		c.token = shop.Token + "x"
		c.no(401, contract.CodeNoIdentity, "GET", "/v1/me", "", nil)
	}
	c.token = "hf_nobody.x"
	for at := range c.servers {
		if p := c.problemOf(at, "GET", "/v1/me", "", nil); p.Code != contract.CodeNoIdentity {
			t.Errorf("a token of nobody at server %d: got %+v", at, p)
		}
	}
}

// keptFromBrowsers says whether an answer, whatever it is, says what a browser must not make of it.
func keptFromBrowsers(t *testing.T, call string, h http.Header) {
	t.Helper()
	for _, want := range door.AnswerHeaders {
		got := h[want.Name]
		page := want.Name == "Content-Security-Policy" && len(got) == 1 && strings.Contains(got[0], "'self'")
		if page && (!strings.HasPrefix(got[0], "default-src 'none';") || strings.Contains(got[0], "unsafe") || !strings.Contains(got[0], "frame-ancestors 'none'")) ||
			!page && (len(got) != 1 || got[0] != want.Value) {
			t.Errorf("%s: got %s %q, want %q", call, want.Name, got, want.Value)
		}
	}
}
