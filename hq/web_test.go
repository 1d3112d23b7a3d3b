package hq_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestBadInputIsRefusedWithTheContractsErrors(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	line := func(sku string, qty string) string { return fmt.Sprintf(`{"lines":[{"sku":%q,"qty":%s}]}`, sku, qty) }
	many := `{"lines":[` + strings.TrimSuffix(strings.Repeat(`{"sku":"TAP-22","qty":1},`, 5001), ",") + `]}`
	for name, bad := range map[string]struct {
		method, path, key, body string
		status                  int
		code                    contract.Code
	}{
		"unknown SKU":            {"POST", "/v1/orders", "k", line("NONE-1", "1"), 400, contract.CodeUnknownSKU},
		"no such SKU form":       {"POST", "/v1/orders", "k", line("a b", "1"), 400, contract.CodeBadValue},
		"zero":                   {"POST", "/v1/orders", "k", line("TAP-22", "0"), 400, contract.CodeBadValue},
		"negative":               {"POST", "/v1/orders", "k", line("TAP-22", "-1"), 400, contract.CodeBadValue},
		"beyond 2^53":            {"POST", "/v1/orders", "k", line("TAP-22", "9007199254740992"), 400, contract.CodeBadValue},
		"beyond 64 bits":         {"POST", "/v1/orders", "k", line("TAP-22", "99999999999999999999"), 400, contract.CodeWrongType},
		"a sum beyond 2^53":      {"POST", "/v1/orders", "k", `{"lines":[{"sku":"TAP-22","qty":9007199254740991},{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeBadValue},
		"a fraction":             {"POST", "/v1/orders", "k", line("TAP-22", "1.5"), 400, contract.CodeWrongType},
		"a word for a number":    {"POST", "/v1/orders", "k", line("TAP-22", `"1"`), 400, contract.CodeWrongType},
		"unknown field":          {"POST", "/v1/orders", "k", `{"lines":[],"colour":"red"}`, 400, contract.CodeUnknownField},
		"no lines":               {"POST", "/v1/orders", "k", `{"lines":[]}`, 400, contract.CodeBadValue},
		"5001 lines":             {"POST", "/v1/orders", "k", many, 400, contract.CodeBadValue},
		"2 MiB":                  {"POST", "/v1/orders", "k", `{"lines":[` + strings.Repeat(" ", 2<<20) + `]}`, 413, contract.CodeBodyTooLarge},
		"no JSON":                {"POST", "/v1/orders", "k", "hello", 400, contract.CodeBadJSON},
		"no key":                 {"POST", "/v1/orders", "", line("TAP-22", "1"), 400, contract.CodeKeyMissing},
		"a key of 300":           {"POST", "/v1/orders", strings.Repeat("k", 300), line("TAP-22", "1"), 400, contract.CodeBadKey},
		"take at head office":    {"POST", "/v1/orders", "k", `{"fulfil":"take","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeNotSupported},
		"from here":              {"POST", "/v1/orders", "k", `{"from":"here","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeNotSupported},
		"collect nowhere":        {"POST", "/v1/orders", "k", `{"fulfil":"collect","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeBadValue},
		"collect at no site":     {"POST", "/v1/orders", "k", `{"fulfil":"collect","collect_at":"bath","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeUnknownSite},
		"archived":               {"POST", "/v1/orders", "k", `{"durable":"archived","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeNotSupported},
		"an id that is none":     {"POST", "/v1/orders", "k", `{"id":"1","lines":[{"sku":"TAP-22","qty":1}]}`, 400, contract.CodeBadValue},
		"an order of nobody":     {"GET", "/v1/orders/01890000-0000-7000-8000-000000000000", "", "", 404, contract.CodeNotFound},
		"cancel one of nobody":   {"POST", "/v1/orders/01890000-0000-7000-8000-000000000000/cancel", "k", "", 404, contract.CodeNotFound},
		"explain one of nobody":  {"GET", "/v1/orders/01890000-0000-7000-8000-000000000000/explain", "", "", 404, contract.CodeNotFound},
		"an item of nobody":      {"GET", "/v1/items/NONE-1", "", "", 404, contract.CodeNotFound},
		"stock of nothing":       {"GET", "/v1/stock/NONE-1", "", "", 404, contract.CodeNotFound},
		"an unknown parameter":   {"GET", "/v1/items?colour=red", "", "", 400, contract.CodeUnknownField},
		"another read":           {"GET", "/v1/items?read=maybe", "", "", 400, contract.CodeBadValue},
		"a limit of 0":           {"GET", "/v1/orders?limit=0", "", "", 400, contract.CodeBadValue},
		"no such status":         {"GET", "/v1/orders?status=lost", "", "", 400, contract.CodeBadValue},
		"nothing there":          {"GET", "/v1/nothing", "", "", 404, contract.CodeNotFound},
		"a method":               {"DELETE", "/v1/orders", "", "", 405, contract.CodeBadMethod},
		"an item without a name": {"PUT", "/v1/items/TAP-1", "", `{}`, 400, contract.CodeBadValue},
		"a site called hq":       {"POST", "/v1/sites", "k", `{"site":"hq","kind":"counter"}`, 400, contract.CodeBadValue},
		"a kind of site":         {"POST", "/v1/sites", "k", `{"site":"bath","kind":"kiosk"}`, 400, contract.CodeBadValue},
		"a site twice":           {"POST", "/v1/sites", "other", `{"site":"hull","kind":"warehouse"}`, 409, "site_exists"},
		"a server without URL":   {"POST", "/v1/servers", "", `{"name":"x","url":"","raft_addr":"127.0.0.1:1"}`, 400, contract.CodeBadValue},
		"1001 orders":            {"POST", "/v1/orders/bulk", "", `{"orders":[` + strings.TrimSuffix(strings.Repeat(`{"key":"a","order":{}},`, 1001), ",") + `]}`, 400, contract.CodeBadValue},
	} {
		t.Run(name, func(t *testing.T) {
			var in any
			if bad.body != "" {
				in = bad.body
			}
			status, h, raw := c.send(0, bad.method, bad.path, bad.key, in, nil)
			var p contract.Problem
			if err := json.Unmarshal(raw, &p); err != nil || status != bad.status || p.Code != bad.code || h.Get("Content-Type") != contract.ProblemType {
				t.Errorf("got %d %s, want %d %s", status, raw, bad.status, bad.code)
			}
		})
	}
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	var orders contract.OrderList
	c.must(200, 0, "GET", "/v1/orders", "", nil, &orders)
	if stock.Promisable.Sure.Qty != 10 || len(orders.Orders) != 0 {
		t.Errorf("after all that: got %d to be promised and %d orders, want 10 and none", stock.Promisable.Sure.Qty, len(orders.Orders))
	}
	c.must(201, 0, "POST", "/v1/orders", "k", `{"lines":[{"sku":"TAP-22","qty":1},{"sku":"TAP-22","qty":2}]}`, nil) // the key was not used up
}

func TestEachOrderOfABulkStandsAlone(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	raw := func(v any) json.RawMessage {
		b, _ := json.Marshal(v)
		return b
	}
	in := contract.BulkRequest{Orders: []contract.BulkOrder{
		{Key: "a", Order: raw(orderOf("TAP-22", 6))},
		{Key: "b", Order: raw(orderOf("TAP-22", 6))},
		{Key: "c", Order: raw(orderOf("NONE-1", 1))},
		{Key: "", Order: raw(orderOf("TAP-22", 1))},
		{Key: "d", Order: raw(orderOf("TAP-22", 4))},
		{Key: "a", Order: raw(orderOf("TAP-22", 6))},
	}}
	var out contract.BulkAnswer
	c.must(200, 0, "POST", "/v1/orders/bulk", "", in, &out)
	var got []int
	for _, r := range out.Results {
		got = append(got, r.HTTPStatus)
	}
	if want := []int{201, 409, 400, 400, 201, 201}; !slices.Equal(got, want) || out.Results[0].Order.ID != out.Results[5].Order.ID {
		t.Errorf("got %v, want %v and one order under key a", got, want)
	}
	// Alone, under the same key, it is the same request.
	if h := c.must(201, 0, "POST", "/v1/orders", "a", string(in.Orders[0].Order), nil); h.Get(contract.HeaderReplayed) != "true" {
		t.Error("the first order alone: got a new answer, want the first one replayed")
	}
	var page contract.OrderList
	c.must(200, 0, "GET", "/v1/orders?limit=1", "", nil, &page)
	first := page.Orders[0].ID
	var rest contract.OrderList
	c.must(200, 0, "GET", "/v1/orders?limit=1&cursor="+page.NextCursor, "", nil, &rest)
	if len(rest.Orders) != 1 || rest.Orders[0].ID == first || rest.NextCursor != "" {
		t.Errorf("second page: got %+v, want the other order and no more", rest)
	}
}

func TestTheSameItemsAgainChangeNothing(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	in := contract.BulkItems{Items: []contract.BulkItem{{SKU: "TAP-22", ItemRequest: tap}, {SKU: "A/B#1+2", ItemRequest: contract.ItemRequest{Name: "Odd"}}, {SKU: "bad sku", ItemRequest: tap}}}
	var first, again contract.BulkItemsAnswer
	c.must(200, 0, "POST", "/v1/items/bulk", "", in, &first)
	c.must(200, 0, "POST", "/v1/items/bulk", "", in, &again)
	if first.Version != 2 || again.Version != 2 || first.Results[2].HTTPStatus != 400 {
		t.Errorf("got %+v then %+v, want version 2 twice and the third refused", first, again)
	}
	var item contract.Item
	c.must(200, 0, "GET", "/v1/items/"+url.PathEscape("A/B#1+2"), "", nil, &item)
	if item.Name != "Odd" {
		t.Errorf("a SKU with signs in it: got %+v", item)
	}
	var list contract.ItemList
	c.must(200, 0, "GET", "/v1/items?barcode=5012345678900", "", nil, &list)
	if len(list.Items) != 1 || list.Items[0].SKU != "TAP-22" {
		t.Errorf("by barcode: got %+v, want TAP-22", list)
	}
	c.must(200, 0, "GET", "/v1/items?q=basin&limit=1", "", nil, &list)
	if len(list.Items) != 1 || list.NextCursor != "" {
		t.Errorf("by name: got %+v, want one", list)
	}
}

func TestALostJoinTokenIsGivenAnewUnderItsKey(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	var one, two hq.SiteAdded
	in := hq.SiteRequest{Site: "leeds", Kind: "counter"}
	c.must(201, 0, "POST", "/v1/sites", "k", in, &one)
	c.must(201, 0, "POST", "/v1/sites", "k", in, &two)
	if one.Token == two.Token || len(two.Token) < 40 {
		t.Errorf("got %q then %q, want a new long one", one.Token, two.Token)
	}
	in.Kind = "warehouse"
	if status := c.call(0, "POST", "/v1/sites", "k", in, nil); status != 422 {
		t.Errorf("another request under the key: got %d, want 422", status)
	}
}

func TestEveryRouteIsInTheDocumentAndAsksForIdentity(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Limits.AddressRate = 1000 }) // it is asked twice for each route
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Security *[]any `json:"security"`
		} `json:"paths"`
	}
	c.must(200, 0, "GET", "/openapi.json", "", nil, &doc)
	token := c.token
	c.token = ""
	open := []string{"/", "/healthz", "/readyz", "/openapi.json", "/assets/{name}", "/sign-in", "/sign-in/oidc", "/sign-in/oidc/back", "/sign-in/pass", "/sign-in/pin", "/sign-out", "/v1/sign-in"}
	seen := 0
	for _, rt := range c.servers[0].RoutesForTest() {
		method, path, _ := strings.Cut(rt, " ")
		concrete := strings.NewReplacer("{sku}", "TAP-22", "{id}", "01890000-0000-7000-8000-000000000000", "{name}", "board.css", "{user}", "nobody").Replace(path)
		status := c.call(0, method, concrete, "", nil, nil)
		switch {
		case slices.Contains(open, path):
			if status == 401 {
				t.Errorf("%s: got 401, want it open", rt)
			}
		case strings.HasPrefix(path, "/link/") && method == "POST":
			if status < 400 {
				t.Errorf("%s without a message: got %d, want it refused", rt, status)
			}
		case status != 401:
			t.Errorf("%s without a token: got %d, want 401", rt, status)
		}
		var q strings.Builder // the token, under every name by which a server might take it from an address
		for _, name := range []string{"token", "access_token", "auth", "authorization", "bearer", "api_key", "key", "session", "cookie", "holdfast_hq", "pin", "password", "code", "join", "approval"} {
			q.WriteString("&" + name + "=" + token)
		}
		if status, _, said := c.send(0, method, concrete+"?"+q.String()[1:], "", nil, nil); !slices.Contains(open, path) && status < 400 || strings.Contains(string(said), token) {
			t.Errorf("%s with the token in the address: got %d %.200s, want it refused", rt, status, said)
		}
		if strings.HasPrefix(path, "/link/") {
			continue
		}
		seen++
		op, ok := doc.Paths[path][strings.ToLower(method)]
		if !ok {
			t.Errorf("%s is not in the document", rt)
			continue
		}
		if isOpen := op.Security != nil && len(*op.Security) == 0; isOpen != slices.Contains(open, path) {
			t.Errorf("%s: the document says open %v, want %v", rt, isOpen, !isOpen)
		}
	}
	documented := 0
	for _, ops := range doc.Paths {
		documented += len(ops)
	}
	if documented != seen || doc.OpenAPI != "3.1.0" {
		t.Errorf("got %d calls in a document of version %q, want %d of 3.1.0", documented, doc.OpenAPI, seen)
	}
	c.token = token
	if _, _, raw := c.send(0, "GET", "/metrics", "", nil, nil); !strings.Contains(string(raw), "hq_leader 1") || !strings.Contains(string(raw), "hq_apply_seconds") {
		t.Errorf("metrics: got %.200s, want hq_leader 1 and hq_apply_seconds", raw)
	}
}

func TestThePageIsForThoseWhoSignedIn(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 3, 10)
	f := c.follower()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Transport: c.http.Transport}
	base := c.servers[f].URL()
	page := func(res *http.Response, err error) (int, string, http.Header) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw), res.Header
	}
	if _, text, h := page(browser.Get(base + "/")); !strings.Contains(text, `name="token"`) || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("before: got %.80s under %q, want the form under a strict policy", text, h.Get("Content-Security-Policy"))
	}
	if status, _, _ := page(browser.PostForm(base+"/sign-in", url.Values{"token": {"wrong"}})); status != 403 {
		t.Errorf("a wrong token: got %d, want 403", status)
	}
	status, text, _ := page(browser.PostForm(base+"/sign-in", url.Values{"token": {c.token}}))
	if status != 200 || !strings.Contains(text, `id="sites"`) {
		t.Errorf("the token: got %d %.80s, want the board", status, text)
	}
	at, _ := url.Parse(base)
	if cs := jar.Cookies(at); len(cs) != 1 || strings.Contains(cs[0].Value, c.token) {
		t.Errorf("cookies: got %v, want one without the token in it", cs)
	}
	if status, _, _ := page(browser.Post(base+"/v1/items/bulk", "application/json", strings.NewReader("{}"))); status != 401 {
		t.Errorf("a change by cookie alone: got %d, want 401", status)
	}
	// Events come from the leader through the follower.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", base+"/v1/events", nil)
	r.Header.Set("Accept", "text/event-stream")
	res, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var b hq.Board
		if err := json.Unmarshal([]byte(data), &b); err != nil || b.Status.Role != "leader" || len(b.Servers) != 3 || len(b.Sites) != 1 {
			t.Errorf("got %s, %v, want the leader's board of 3 servers and 1 site", data, err)
		}
		return
	}
	t.Errorf("events ended without a board: %v", lines.Err())
}
