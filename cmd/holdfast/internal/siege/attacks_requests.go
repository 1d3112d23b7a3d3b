package siege

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func requestAttacks() []attack {
	return []attack{
		{"plain HTTP to every port", plainEverywhere},
		{"each call with each role, and with none", eachCall},
		{"secrets in addresses, at each call", inAddresses},
		{"a page of another site posts", crossSite},
		{"a name of somebody's that points here", rebound},
		{"a body of 2 GB, declared and in chunks", largeBodies},
		{"msgpack that is deep, that lies, that explodes when unpacked", hostileMessages},
		{"names that lead out of their folder", pathsOut},
	}
}

func silent() *log.Logger { return slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) }

func plainEverywhere(ctx context.Context, t *town) error {
	for _, addr := range []string{t.address(t.shop.URL), t.address(t.office.URL), t.raft} {
		got, err := raw(ctx, addr, []byte("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+t.leeds.Token+"\r\nConnection: close\r\n\r\n"))
		if err != nil {
			return err
		}
		t.hears([]byte(got))
		if strings.Contains(got, " 200 ") || strings.Contains(got, `"site"`) {
			return fmt.Errorf("%s: got %.200q in the clear", addr, got)
		}
	}
	return nil
}

// eachCall makes each call as whoever may not: with a role that has no permission of it, and with nobody's name. What is
// let in is not tried; the tests of both rooms hold that it is.
func eachCall(ctx context.Context, t *town) error {
	fill := strings.NewReplacer("{sku}", sku, "{id}", "01890000-0000-7000-8000-000000000000", "{user}", "nobody", "{site}", "leeds")
	cl := as(nil)
	cl.Transport.(*http.Transport).MaxIdleConnsPerHost = 1
	defer cl.CloseIdleConnections()
	for at, calls := range map[string][]door.Call{t.shop.URL: node.Calls(), t.office.URL: hq.Calls()} {
		for _, c := range calls {
			if c.Needs == door.Anybody || c.Needs == door.Linked {
				continue
			}
			tokens := map[string]string{"nobody": "", "somebody who is not known": "hf_p-cashier.AAAA"}
			for _, role := range []string{"cashier", "picker", "stock_controller", "office", "auditor", "supervisor"} {
				if !mayAs(role, c.Needs) {
					tokens[role] = t.roles[role]
				}
			}
			for who, token := range tokens {
				r, err := http.NewRequestWithContext(ctx, c.Method, at+fill.Replace(c.Path), strings.NewReader("{"))
				if err != nil {
					return err
				}
				r.Header.Set("Authorization", "Bearer "+token)
				res, err := cl.Do(r)
				if err != nil {
					return fmt.Errorf("%s %s as %s: %w", c.Method, c.Path, who, err)
				}
				body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
				if err := errors.Join(err, res.Body.Close()); err != nil {
					return err
				}
				t.hears(body)
				page := c.Path == "/" && res.StatusCode == http.StatusUnauthorized
				got := said{res.StatusCode, res.Header, string(body)}
				if err := got.want(c.Method+" "+c.Path+" as "+who, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests); err != nil && !page {
					return err
				}
			}
		}
	}
	return nil
}

// inAddresses makes each call with a secret in its address, where histories and proxies keep it: none is taken from there. That none
// stands in a log, a figure or the journal afterwards is looked for by settle.
func inAddresses(ctx context.Context, t *town) error {
	fill := strings.NewReplacer("{sku}", sku, "{id}", "01890000-0000-7000-8000-000000000000", "{user}", "nobody", "{site}", "leeds")
	cl := as(nil)
	cl.Transport.(*http.Transport).MaxIdleConnsPerHost = 1
	defer cl.CloseIdleConnections()
	for at, calls := range map[string][]door.Call{t.shop.URL: node.Calls(), t.office.URL: hq.Calls()} {
		owner, session := t.leeds.Token, t.signedIn[2]
		if at == t.office.URL {
			owner, session = t.hq.Token, t.roles["office"]
		}
		q := url.Values{"token": {owner}, "access_token": {owner}, "authorization": {"Bearer " + owner}, "api_key": {t.roles["supervisor"]}, "session": {session}, "holdfast_leeds": {session},
			"key": {t.roles["office"]}, "join": {t.used}, "approval": {"sue:" + supervisorPIN}, "user": {"sue"}, "pin": {supervisorPIN}, "password": {password}}.Encode()
		for _, c := range calls {
			if c.Needs == door.Anybody || c.Needs == door.Linked {
				continue
			}
			r, err := http.NewRequestWithContext(ctx, c.Method, at+fill.Replace(c.Path)+"?"+q, strings.NewReader("{}"))
			if err != nil {
				return err
			}
			res, err := cl.Do(r)
			if err != nil {
				return fmt.Errorf("%s %s: %w", c.Method, c.Path, err)
			}
			body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
			if err := errors.Join(err, res.Body.Close()); err != nil {
				return err
			}
			t.hears(body)
			if err := (said{res.StatusCode, res.Header, string(body)}).want(c.Method+" "+c.Path+" with secrets in its address", http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests); err != nil {
				return err
			}
		}
	}
	return nil
}

func crossSite(ctx context.Context, t *town) error {
	for _, at := range []string{t.shop.URL, t.office.URL} {
		for what, set := range map[string]func(*http.Request){
			"by its origin": func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") },
			"as a browser says": func(r *http.Request) {
				r.Header.Set("Sec-Fetch-Site", "cross-site")
				r.Header.Set("Content-Type", "text/plain")
			},
			"from a frame": func(r *http.Request) { r.Header.Set("Origin", "null"); r.Header.Set("Sec-Fetch-Site", "cross-site") },
		} {
			for _, path := range []string{"/v1/orders", "/sign-in", "/sign-out"} {
				if err := t.refused(ctx, path+" "+what, as(nil), http.MethodPost, at+path, t.hq.Token, []byte("{}"), []int{http.StatusForbidden}, set); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func rebound(ctx context.Context, t *town) error {
	for _, at := range []string{t.shop.URL, t.office.URL} {
		for _, name := range []string{"rebound.example", "127.0.0.1.nip.example:8080", "localhost.example.com", "leeds.local.example.com"} {
			set := func(r *http.Request) { r.Host = name }
			if err := t.refused(ctx, name, as(nil), http.MethodGet, at+"/v1/status", t.leeds.Token, nil, []int{http.StatusMisdirectedRequest}, set); err != nil {
				return err
			}
		}
	}
	return nil
}

// endless is a body that goes on for as long as somebody reads.
type endless struct{ left, sent int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := int64(len(p))
	if n > e.left {
		n = e.left
	}
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left, e.sent = e.left-n, e.sent+n
	return int(n), nil
}

func largeBodies(ctx context.Context, t *town) error {
	// What both ends' buffers take before the other is seen to be gone: up to 32 MiB to receive and 4 to send, as Linux comes since 6.16.
	const size, taken = 2 << 30, 48 << 20
	for _, at := range []string{t.shop.URL + "/v1/orders", t.office.URL + "/v1/orders", t.shop.URL + "/sign-in", t.office.URL + "/v1/sign-in"} {
		for _, declared := range []bool{true, false} {
			body := &endless{left: size}
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, io.NopCloser(body))
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+t.roles["supervisor"])
			r.Header.Set("Idempotency-Key", "large")
			r.ContentLength = -1
			if declared {
				r.ContentLength = size
			}
			got, err := t.send(as(nil), r)
			if body.sent > taken || err == nil && got.status < 400 {
				return fmt.Errorf("%s: got %d after %d bytes, want it refused, and no more sent than the system holds", at, got.status, body.sent)
			}
		}
	}
	return nil
}

// bomb is zstd (RFC 8878) of so many zeros: a frame with a window of 1 MiB, and blocks that say "this byte, 128 KiB of it".
func bomb(size int) []byte {
	const block = 128 << 10
	out := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3}
	for left := size; left > 0; left -= block {
		head := 1<<1 | block<<3 // RLE, and its size
		if left <= block {
			head |= 1 // the last
		}
		out = append(out, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return out
}

func hostileMessages(ctx context.Context, t *town) error {
	before := host.MemoryOf(t.office.Pid()).RSS
	for what, body := range map[string][]byte{
		"five bytes that ask for 200 GB": {0xdd, 0xff, 0xff, 0xff, 0xff},
		"a map that says it is large":    {0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0},
		"a text that is not there":       {0x91, 0xdb, 0x7f, 0xff, 0xff, 0xff},
		"a megabyte of nesting":          bytes.Repeat([]byte{0x91}, 1<<20),
		"1 GB of nothing, packed":        bomb(1 << 30),
	} {
		for _, path := range []string{wire.PathHello, wire.PathPush, wire.PathPull, wire.PathAsk, wire.PathRejoin} {
			set := func(r *http.Request) {
				r.Header.Set("Content-Type", wire.ContentType)
				r.Header.Set(wire.HeaderProtocol, fmt.Sprint(wire.VersionMax))
				r.Header.Set(wire.HeaderSum, fmt.Sprintf("%08x", crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))))
				if strings.Contains(what, "packed") {
					r.Header.Set("Content-Encoding", "zstd")
				}
			}
			if err := t.refused(ctx, what+" to "+path, as(t.stolen["york"]), http.MethodPost, t.office.URL+path, "", body, []int{400, 401, 413}, set); err != nil {
				return err
			}
		}
	}
	if grew := host.MemoryOf(t.office.Pid()).RSS - before; grew > 128<<20 {
		return fmt.Errorf("head office's memory grew by %d MiB", grew>>20)
	}
	return nil
}

// pathsOut tries every name of a request that is part of a path, or becomes a file: pages' files, sites (a folder of the
// archive), users, carriers (manifests), servers.
func pathsOut(ctx context.Context, t *town) error {
	const up = "..%2f..%2fowner.token"
	for _, at := range []string{t.shop.URL + "/page/" + up, t.shop.URL + "/page/..%2fweb.go", t.office.URL + "/assets/" + up, t.office.URL + "/assets/%2e%2e%2f%2e%2e%2fowner.token",
		t.shop.URL + "/v1/carriers/" + up + "/manifest/last", t.shop.URL + "/v1/cartons/" + up + "/label"} {
		if err := t.refused(ctx, at, as(nil), http.MethodGet, at, t.leeds.Token, nil, []int{400, 401, 404, 409}); err != nil && !strings.Contains(at, t.office.URL) {
			return err
		}
		if err := t.refused(ctx, at, as(nil), http.MethodGet, at, t.hq.Token, nil, []int{400, 401, 404, 409}); err != nil {
			return err
		}
	}
	for _, name := range []string{"../evil", "..", "a/../../evil", "evil\x00", "/tmp/evil"} {
		key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "out-"+fmt.Sprintf("%x", name)) }
		for path, body := range map[string]any{
			"/v1/sites":       map[string]any{"site": name, "kind": "counter"},
			"/v1/join-tokens": map[string]any{"for": name, "by": "olga"},
		} {
			if err := t.refused(ctx, path+" "+name, t.http, http.MethodPost, t.office.URL+path, t.hq.Token, encode(body), []int{400, 404, 409}, key); err != nil {
				return err
			}
		}
	}
	var out []string
	for _, dir := range []string{t.dir, filepath.Dir(t.dir)} {
		files, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			if strings.Contains(f.Name(), "evil") {
				out = append(out, filepath.Join(dir, f.Name()))
			}
		}
	}
	if len(out) > 0 {
		return fmt.Errorf("got %q, want nothing outside", out)
	}
	return nil
}
