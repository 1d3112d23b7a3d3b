package node_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// filled makes a path of a route's pattern.
func filled(pattern string) string {
	return strings.NewReplacer("{sku}", "TAP-22", "{id}", "0193a1b2-0000-7000-8000-000000000001", "{file}", "style.css", "{user}", "nobody").Replace(pattern)
}

// inAddress is a secret under every name by which a server might take it from an address, where logs and histories of browsers keep it.
func inAddress(secret string) string {
	var q strings.Builder
	for _, name := range []string{"token", "access_token", "auth", "authorization", "bearer", "api_key", "key", "session", "cookie", "holdfast_leeds", "pin", "password", "code", "join", "approval"} {
		q.WriteString("&" + name + "=" + url.QueryEscape(secret))
	}
	return q.String()[1:]
}

func TestEveryRouteButHealthNeedsAnIdentity(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		before := s.node.Status().Seq
		for _, rt := range node.Routes() {
			time.Sleep(time.Second) // of the bubble: an address has a rate
			for name, opt := range map[string]with{"no": header("Authorization", ""), "a wrong": header("Authorization", "Bearer x"),
				"the owner's in the address as": func(r *http.Request) {
					r.Header.Del("Authorization")
					r.URL.RawQuery = inAddress(s.token)
				},
				"an empty": header("Authorization", "Bearer "), "another kind of": header("Authorization", "Basic "+s.token),
				"a made-up session as": func(r *http.Request) {
					r.Header.Del("Authorization")
					r.AddCookie(&http.Cookie{Name: "holdfast_leeds", Value: "x"})
				}} {
				got := s.do(rt.Method, filled(rt.Path), "{}", opt)
				if strings.Contains(string(got.body), s.token) {
					t.Errorf("%s %s with %s identity: the answer says the token", rt.Method, rt.Path, name)
				}
				if open := rt.Path == "/healthz" || rt.Path == "/readyz" || rt.Path == "/openapi.json" || rt.Path == "/sign-out" || strings.HasPrefix(rt.Path, "/v1/sign-"); open != (got.status != 401) {
					t.Errorf("%s %s with %s identity: got %d", rt.Method, rt.Path, name, got.status)
				}
			}
		}
		if strings.Contains(string(s.get("/metrics").body), s.token) {
			t.Error("a figure says the token")
		}
		s.get("/v1/nothing", header("Authorization", "")).want(t, 401, contract.CodeNoIdentity)
		s.get("/v1/nothing").want(t, 404, contract.CodeNotFound)
		s.do("DELETE", "/v1/orders", "").want(t, 405, contract.CodeBadMethod)
		if after := s.node.Status().Seq; after != before {
			t.Errorf("got entry %d, want none after %d", after, before)
		}
	})
}

func TestTheDocumentIsTheRoutes(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		doc, err := openapi3.NewLoader().LoadFromData(s.get("/openapi.json").body)
		if err != nil {
			t.Fatalf("load: %v", err)
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Fatalf("validate: %v", err)
		}
		told := 0
		for path, item := range doc.Paths.Map() {
			for method := range item.Operations() {
				told++
				if path == "/v1/events" {
					continue // it lasts; its own test has it
				}
				got := s.do(method, filled(path), "")
				var p contract.Problem
				if json.Unmarshal(got.body, &p) == nil && (got.status == 405 || p.Detail == contract.New(contract.CodeNotFound, "").Detail) {
					t.Errorf("%s %s: got %d, want a call that is served", method, path, got.status)
				}
			}
		}
		if want := len(node.Routes()); told != want {
			t.Errorf("got %d calls in the document, want the %d that are served", told, want)
		}
		for _, must := range strings.Fields("/healthz /readyz /metrics /openapi.json /v1/status /v1/events /v1/items /v1/items/{sku} /v1/receipts " +
			"/v1/stock/{sku} /v1/orders /v1/orders/bulk /v1/orders/{id} /v1/orders/{id}/cancel /v1/entries") {
			if doc.Paths.Value(must) == nil {
				t.Errorf("got no %s in the document, want it", must)
			}
		}
	})
}

func TestItemsAreKeptAndFoundAtAStandaloneNode(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		first := as[contract.Item](t, s.do("PUT", "/v1/items/B%2F2", `{"name":"Bolt","barcodes":["777"],"price":{"amount":5,"currency":"GBP","per":100}}`), 200)
		if first.SKU != "B/2" || first.Price.Per != 100 {
			t.Errorf("got %+v, want B/2", first)
		}
		if got := as[contract.Item](t, s.get("/v1/items/B%2F2"), 200); got.Name != "Bolt" || got.Version != first.Version {
			t.Errorf("got %+v, want the bolt", got)
		}
		if got := as[contract.ItemList](t, s.get("/v1/items?q=bol"), 200); len(got.Items) != 1 {
			t.Errorf("got %+v, want the bolt", got)
		}
		if got := as[contract.ItemList](t, s.get("/v1/items?barcode=777"), 200); len(got.Items) != 1 {
			t.Errorf("got %+v, want the bolt", got)
		}
		if got := as[contract.ItemList](t, s.get("/v1/items?barcode=778"), 200); got.Items == nil || len(got.Items) != 0 {
			t.Errorf("got %+v, want an empty list", got)
		}
		page := as[contract.ItemList](t, s.get("/v1/items?limit=1"), 200)
		next := as[contract.ItemList](t, s.get("/v1/items?limit=1&cursor="+page.NextCursor), 200)
		if page.Items[0].SKU != "B/2" || next.Items[0].SKU != "TAP-22" || next.NextCursor != "" {
			t.Errorf("got %+v and %+v, want B/2, then TAP-22, then no more", page, next)
		}
		s.do("PUT", "/v1/items/C", `{"name":"Copy","barcodes":["777"]}`).want(t, 409, contract.CodeBarcodeTaken)
		s.do("PUT", "/v1/items/a%20b", `{"name":"x"}`).want(t, 400, contract.CodeBadValue)
		s.do("PUT", "/v1/items/D", `{"name":"x","tracking":"smell"}`).want(t, 400, contract.CodeBadValue)
		s.get("/v1/items/NONE").want(t, 404, contract.CodeNotFound)
		s.get("/v1/items?q="+strings.Repeat("x", 101)).want(t, 400, contract.CodeBadValue)
	})
}

func TestTheJournalIsPaged(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		head := s.node.Status()
		var all []contract.Entry
		for after := "0.0"; after != ""; {
			page := as[contract.EntryList](t, s.get("/v1/entries?limit=1&after="+after), 200)
			all, after = append(all, page.Entries...), page.NextCursor
		}
		last := all[len(all)-1]
		if uint64(len(all)) != head.Seq || last.Kind != "order_placed" || !strings.HasSuffix(head.Position, last.Hash) {
			t.Errorf("got %d entries, the last %+v, want %d up to %s", len(all), last, head.Seq, head.Position)
		}
		sum := ledger.Qty(0)
		for _, p := range last.Postings {
			if strings.HasPrefix(p.Account, "where/") {
				sum += p.Qty
			}
		}
		if sum != 0 {
			t.Errorf("got postings %+v, want them to sum to zero", last.Postings)
		}
		s.get("/v1/entries?after=7").want(t, 400, contract.CodeBadValue)
		s.get("/v1/entries?after=99.1").want(t, 400, contract.CodeBadValue)
		s.get("/v1/entries?after=1.1&cursor=1.1").want(t, 400, contract.CodeBadValue)
	})
}

func TestAPositionBeyondTheBookQuarantinesIt(t *testing.T) {
	other := ledger.Head{Site: "york", Position: ledger.Position{Epoch: 1, Seq: 99}}
	cases := map[string]func(ledger.Head) ledger.Head{
		"beyond the head":  func(h ledger.Head) ledger.Head { h.Seq++; return h },
		"another past":     func(h ledger.Head) ledger.Head { h.Hash[0]++; return h },
		"an older, of one": func(h ledger.Head) ledger.Head { h.Seq--; return h },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			inShop(t, 3, func(t *testing.T, s *shop) {
				seen := s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`).header.Get(contract.HeaderPosition)
				head, err := ledger.ParseHead(seen)
				if err != nil || seen != s.node.Status().Position {
					t.Fatalf("got position %q, want %s", seen, s.node.Status().Position)
				}
				for range 2 { // the second time from memory
					s.get("/v1/status", header(contract.HeaderPosition, seen))
					s.get("/v1/status", header(contract.HeaderPosition, other.String()))
				}
				as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`, header(contract.HeaderPosition, seen)), 201)
				// Nobody without an identity can stop a site.
				bad := header(contract.HeaderPosition, change(head).String())
				s.get("/v1/status", bad, header("Authorization", "")).want(t, 401, contract.CodeNoIdentity)
				head2, err := ledger.ParseHead(s.node.Status().Position)
				if err != nil || s.node.Status().State != "open" {
					t.Fatalf("got %s, want open", s.node.Status().State)
				}
				s.get("/v1/status", header(contract.HeaderPosition, change(head2).String())).want(t, 503, contract.CodeQuarantined)
				s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`).want(t, 503, contract.CodeQuarantined)
				if st := s.node.Status(); st.State != "quarantined" || st.Why == "" {
					t.Errorf("got %s, %q, want quarantined and why", st.State, st.Why)
				}
			})
		})
	}
}

func TestEveryPlaceTakenIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, func(c *node.Config) { c.RequestsMax, c.EventsMax = 1, 1 })
		h.answers(silent)
		ended := make(chan said, 1)
		go func() { ended <- s.post("/v1/orders", anywhere+line("TAP-22", 5)+`}`) }()
		time.Sleep(100 * time.Millisecond) // of the bubble: the one place is taken
		p := s.get("/v1/status")
		p.want(t, 503, contract.CodeBusy)
		if p.header.Get("Retry-After") == "" {
			t.Error("got no Retry-After, want one")
		}
		if got := s.get("/readyz"); got.status != 200 {
			t.Errorf("got %d, want ready: a crowded node is not a dead one", got.status)
		}
		(<-ended).want(t, 409, contract.CodeStockShort)
		stream, hangUp := s.listen("/v1/events", "")
		stream.next(t)
		s.get("/v1/events").want(t, 503, contract.CodeBusy)
		s.get("/v1/status")
		hangUp()
	})
}

// events reads a stream.
type events struct{ *bufio.Scanner }

type event struct{ id, name, data string }

func (c *client) listen(path, last string) (events, func()) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+nodeAddr+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Errorf("got %d %s, want a stream", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(nil, 1<<20)
	return events{sc}, func() { cancel(); resp.Body.Close() }
}

// next gives the next event, passing over comments; its name is "" at the stream's end.
func (e events) next(t testing.TB) event {
	t.Helper()
	var out event
	for e.Scan() {
		name, value, _ := strings.Cut(e.Text(), ": ")
		switch name {
		case "id":
			out.id = value
		case "event":
			out.name = value
		case "data":
			out.data = value
		case "":
			if out.name != "" {
				return out
			}
		}
	}
	return event{}
}

func TestEventsTellWhatHappensAndGoOnWhereTheyWere(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		stream, hangUp := s.listen("/v1/events", "")
		first := stream.next(t)
		var st contract.NodeStatus
		if err := json.Unmarshal([]byte(first.data), &st); err != nil || first.name != "status" || st.Seq != s.node.Status().Seq {
			t.Fatalf("got %+v, want the status", first)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		var got []event
		for len(got) < 2 {
			got = append(got, stream.next(t))
		}
		var e contract.Entry
		if err := json.Unmarshal([]byte(got[1].data), &e); err != nil || got[0].name != "status" || e.Kind != "order_placed" || e.Ref != string(o.ID) {
			t.Errorf("got %+v, want a status and the order's entry", got)
		}
		hangUp()
		s.receive("TAP-22", 1)
		s.receive("TAP-22", 1)
		stream, hangUp = s.listen("/v1/events?only=entries", got[1].id)
		for want := o.Seq + 1; want <= o.Seq+2; want++ {
			if e := stream.next(t); e.id != fmt.Sprintf("1.%d", want) {
				t.Errorf("got entry %s, want 1.%d", e.id, want)
			}
		}
		hangUp()
		s.get("/v1/events?only=x").want(t, 400, contract.CodeBadValue)
		if p := s.get("/v1/events", header("Last-Event-ID", "x")).want(t, 400, contract.CodeBadValue); p.Field != "Last-Event-ID" ||
			p.Detail != "Last-Event-ID is not EPOCH.SEQ, such as 1.240: send the id of the last event that was read, or leave it out." {
			t.Errorf("got %q, %q", p.Field, p.Detail)
		}

		beats, hangUp := s.listen("/v1/events?only=status", "")
		began := time.Now()
		beats.next(t)
		beats.next(t)
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("got the second status after %v, want a heartbeat", took)
		}
		s.stop() // a node that closes ends its streams
		if last := beats.next(t); last.name == "entry" {
			t.Errorf("got %+v, want the end", last)
		}
		hangUp()
	})
}

func TestAReaderThatDoesNotReadIsLetGo(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		_, hangUp := s.listen("/v1/events", "") // nobody reads: a pipe has no buffer
		defer hangUp()
		s.receive("TAP-22", 1)
		time.Sleep(10 * time.Second) // of the bubble: longer than a write may take
		s.stop()                     // would hang on a reader that is still served
	})
}

func TestThePageNeedsASignInThatOnlyReads(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		anon := header("Authorization", "")
		gate := s.get("/", anon)
		policy := gate.header.Get("Content-Security-Policy")
		if gate.status != 401 || !strings.Contains(string(gate.body), `action="/sign-in"`) || !strings.Contains(policy, "nonce-") || strings.Contains(policy, "unsafe") {
			t.Errorf("got %d %s under %q, want a form to sign in under a strict policy", gate.status, gate.body, policy)
		}
		form := header("Content-Type", "application/x-www-form-urlencoded")
		if got := s.do("POST", "/sign-in", "token=wrong", anon, form); got.status != 401 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("got %d with cookie %q for a wrong token, want 401 and none", got.status, got.header.Get("Set-Cookie"))
		}
		s.do("POST", "/sign-in", "token="+strings.Repeat("x", 1<<20), anon, form).want(t, 413, contract.CodeBodyTooLarge)
		in := s.do("POST", "/sign-in", "token="+s.token, anon, form)
		cookies := (&http.Response{Header: in.header}).Cookies()
		if in.status != 303 || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
			t.Fatalf("got %d with %v, want 303 and a strict cookie", in.status, cookies)
		}
		signed := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookies[0]) }
		page := s.get("/", signed)
		if policy := page.header.Get("Content-Security-Policy"); page.status != 200 || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("got %d under %q, want the page under a strict policy", page.status, policy)
		}
		if text := string(page.body); strings.Contains(text, "<script>") || strings.Contains(text, " style=") || strings.Contains(text, " on") && strings.Contains(text, "onclick") {
			t.Error("got something inline in the page, which its policy forbids")
		}
		for _, file := range []string{"page.js", "style.css", "icon.svg"} {
			if got := s.get("/page/"+file, signed); got.status != 200 || len(got.body) == 0 {
				t.Errorf("%s: got %d, want it", file, got.status)
			}
		}
		for _, file := range []string{"page.html", "nothing.css", "..%2Fnode.go"} {
			s.get("/page/"+file, signed).want(t, 404, contract.CodeNotFound)
		}
		as[contract.NodeStatus](t, s.get("/v1/status", signed), 200)
		s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`, signed, key("x")).want(t, 403, contract.CodeForbidden)
		s.do("POST", "/sign-out", "", signed)
		s.get("/v1/status", signed).want(t, 401, contract.CodeNoIdentity)
	})
}

func TestSessionsEndAndAreBounded(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		signIn := func() with {
			in := s.do("POST", "/sign-in", "token="+s.token, header("Content-Type", "application/x-www-form-urlencoded"))
			c := (&http.Response{Header: in.header}).Cookies()[0]
			return func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(c) }
		}
		first := signIn()
		for range 99 {
			signIn()
		}
		as[contract.NodeStatus](t, s.get("/v1/status", first), 200)
		last := signIn()
		s.get("/v1/status", first).want(t, 401, contract.CodeNoIdentity)
		as[contract.NodeStatus](t, s.get("/v1/status", last), 200)
		time.Sleep(12 * time.Hour) // of the bubble
		s.get("/v1/status", last).want(t, 401, contract.CodeNoIdentity)
	})
}

func TestFiguresAreMeasured(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		s.post("/v1/orders", `{`+line("TAP-22", 9)+`}`).want(t, 409, contract.CodeStockShort)
		text := string(s.get("/metrics").body)
		for _, want := range []string{`node_http_request_seconds_count{class="2xx",route="POST /v1/orders"} 1`,
			`node_orders_total{outcome="completed"} 1`, `node_orders_total{outcome="short"} 1`, "node_book_quarantined 0", "node_book_stopped 0"} {
			if !strings.Contains(text, want) {
				t.Errorf("got no %s among the figures", want)
			}
		}
	})
}

func TestAConfigurationSaysAllThatIsWrong(t *testing.T) {
	bad := node.Config{Site: "Leeds!", Listen: "x", HQ: []string{"ftp://x"}, Standalone: true, AskWait: -1, RequestsMax: -1}
	err := bad.Validate()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 7 {
		t.Errorf("got %v, want seven faults", err)
	}
	if _, err := node.Open(newWorld().Env(), bad, nil, nil); err == nil {
		t.Error("got a node of a bad configuration")
	}
	good := node.Config{Site: "leeds", Dir: "x", Listen: ":0", HQ: []string{"http://hq:1"}}
	if err := good.Validate(); err != nil {
		t.Errorf("got %v, want no fault", err)
	}
}
