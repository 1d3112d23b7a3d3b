package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// client speaks to a node over the wire and holds each answer against the OpenAPI document.
type client struct {
	t     testing.TB
	http  *http.Client
	token string
	doc   *openapi3.T
	mu    sync.Mutex // guards keys
	keys  int
}

// said is what a node answered.
type said struct {
	status int
	header http.Header
	body   []byte
}

// document is the node's, read once for all clients.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(contract.OpenAPI(contract.Info{Title: "Holdfast node", Version: "1"}, node.Routes()))
})

func newClient(t testing.TB, p *pipes, address, token string) *client {
	doc, err := document()
	if err != nil {
		t.Fatalf("load OpenAPI: %v", err)
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) { return p.Dial(ctx, network, address) }
	return &client{t: t, token: strings.TrimSpace(token), doc: doc, http: &http.Client{
		Transport:     &http.Transport{DialContext: dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type with func(*http.Request)

func key(k string) with              { return header(contract.HeaderKey, k) }
func header(name, value string) with { return func(r *http.Request) { r.Header.Set(name, value) } }

func (c *client) do(method, path, body string, opts ...with) said {
	c.t.Helper()
	got, err := c.try(method, path, body, opts...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (c *client) try(method, path, body string, opts ...with) (said, error) {
	c.t.Helper()
	r, err := http.NewRequest(method, "http://"+nodeAddr+path, strings.NewReader(body))
	if err != nil {
		return said{}, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	for _, o := range opts {
		o(r)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return said{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return said{}, err
	}
	got := said{status: resp.StatusCode, header: resp.Header, body: b}
	c.check(method, path, got)
	return got, nil
}

// check holds an answer against the document: its status and the shape of its JSON.
func (c *client) check(method, path string, got said) {
	c.t.Helper()
	if got.header.Get(contract.HeaderPosition) == "" {
		c.t.Errorf("%s %s: got no position in the answer, want one", method, path)
	}
	kind := got.header.Get("Content-Type")
	if got.status == http.StatusMethodNotAllowed || !strings.HasSuffix(kind, "json") {
		return
	}
	op := c.operation(method, path)
	if op == nil {
		return
	}
	answer := op.Responses.Value(fmt.Sprint(got.status))
	if answer == nil {
		c.t.Errorf("%s %s: got %d, which the document does not know: %s", method, path, got.status, got.body)
		return
	}
	media := answer.Value.Content.Get(kind)
	if media == nil {
		c.t.Errorf("%s %s: got %d as %s, which the document does not know", method, path, got.status, kind)
		return
	}
	if media.Schema == nil || media.Schema.Value.Properties == nil {
		return
	}
	var v any
	if err := json.Unmarshal(got.body, &v); err != nil {
		c.t.Errorf("%s %s: %v in %s", method, path, err, got.body)
		return
	}
	if err := media.Schema.Value.VisitJSON(v); err != nil {
		c.t.Errorf("%s %s: got %s, which does not fit the document: %v", method, path, got.body, err)
	}
}

func (c *client) operation(method, path string) *openapi3.Operation {
	path, _, _ = strings.Cut(path, "?")
	if item := c.doc.Paths.Value(path); item != nil {
		return item.GetOperation(method)
	}
	parts := strings.Split(path, "/")
	for pattern, item := range c.doc.Paths.Map() {
		names := strings.Split(pattern, "/")
		fits := len(names) == len(parts)
		for i := 0; fits && i < len(names); i++ {
			fits = names[i] == parts[i] || strings.HasPrefix(names[i], "{")
		}
		if fits {
			return item.GetOperation(method)
		}
	}
	return nil
}

// post sends with a key of its own.
func (c *client) post(path, body string, opts ...with) said {
	c.t.Helper()
	c.mu.Lock()
	c.keys++
	k := fmt.Sprintf("key %d", c.keys)
	c.mu.Unlock()
	return c.do("POST", path, body, append([]with{key(k)}, opts...)...)
}

func (c *client) get(path string, opts ...with) said {
	c.t.Helper()
	return c.do("GET", path, "", opts...)
}

func (g said) want(t testing.TB, status int, code contract.Code) *contract.Problem {
	t.Helper()
	var p contract.Problem
	if err := json.Unmarshal(g.body, &p); err != nil {
		t.Fatalf("got %d %s, want %d %s", g.status, g.body, status, code)
	}
	if g.status != status || p.Code != code || g.header.Get("Content-Type") != contract.ProblemType {
		t.Errorf("got %d %s, want %d %s", g.status, g.body, status, code)
	}
	return &p
}

func as[T any](t testing.TB, g said, status int) T {
	t.Helper()
	var v T
	if g.status != status {
		t.Fatalf("got %d %s, want %d", g.status, g.body, status)
	}
	if err := json.Unmarshal(g.body, &v); err != nil {
		t.Fatalf("got %s: %v", g.body, err)
	}
	return v
}

func (g said) same(t testing.TB, again said) {
	t.Helper()
	if again.status != g.status || !bytes.Equal(again.body, g.body) {
		t.Errorf("got %d %s\nwant the first answer %d %s", again.status, again.body, g.status, g.body)
	}
	if again.header.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("got %s %q, want true", contract.HeaderReplayed, again.header.Get(contract.HeaderReplayed))
	}
}

// item and receive put goods on the shelf of a standalone shop.
func (c *client) item(sku string) {
	c.t.Helper()
	as[contract.Item](c.t, c.do("PUT", "/v1/items/"+sku, `{"name":"A `+sku+`","barcodes":["50`+sku+`"]}`), 200)
}

func (c *client) receive(sku string, qty int) {
	c.t.Helper()
	as[contract.Receipt](c.t, c.post("/v1/receipts", fmt.Sprintf(`{"reference":"DN-1","lines":[{"sku":%q,"qty":%d}]}`, sku, qty)), 201)
}

func (c *client) stock(sku string) contract.NodeStock {
	c.t.Helper()
	return as[contract.NodeStock](c.t, c.get("/v1/stock/"+sku), 200)
}

func line(sku string, qty int) string {
	return fmt.Sprintf(`"lines":[{"sku":%q,"qty":%d}]`, sku, qty)
}
