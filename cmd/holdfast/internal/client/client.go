// Package client speaks the public API of nodes and head office for the tools of cmd: it
// repeats an unsure request under its key until it is answered or the caller's time is up.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// A Client talks to one book. Head office is one book behind several URLs: they are tried in
// turn. The zero HTTP means http.DefaultClient is not used but one of our own.
type Client struct {
	URLs  []string // base addresses, for example http://127.0.0.1:8080
	Token string
	HTTP  *http.Client
	Retry time.Duration // pause before an unsure request is repeated; default 100ms
	Tries int           // attempts at most; default 1

	Person   *Person // who works with it, in the place of Token; nil: nobody who signs in
	Approval string  // NAME:SECRET of somebody who approves; "" for nobody
}

// Connections bounds what one client keeps open to one address.
const Connections = 128

// bodyMax bounds what is read of an answer.
const bodyMax = 32 << 20

// NewHTTP makes the http.Client that the tools share: kept connections, bounded waits. Servers are believed by roots, or
// by the machine's own where none are given.
func NewHTTP(timeout time.Duration, roots ...*x509.Certificate) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			TLSClientConfig:     believing(roots),
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			MaxIdleConns:        4 * Connections,
			MaxIdleConnsPerHost: Connections,
			IdleConnTimeout:     time.Minute,
		},
	}
}

func believing(roots []*x509.Certificate) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(roots) > 0 {
		c.MinVersion, c.RootCAs = tls.VersionTLS13, x509.NewCertPool()
		for _, r := range roots {
			c.RootCAs.AddCert(r)
		}
	}
	return c
}

// An Answer is what a book said.
type Answer struct {
	Status   int
	Replayed bool   // the key had been answered before
	Position string // Holdfast-Position
	Body     []byte
}

// A Refusal is a problem document: the book's no, in its own words.
type Refusal struct {
	Status int             `json:"-"`
	Code   string          `json:"code"`
	Title  string          `json:"title"`
	Detail string          `json:"detail"`
	Hint   string          `json:"hint"`
	Lines  json.RawMessage `json:"lines"`
	Counts json.RawMessage `json:"counts"`

	FirstStatus int `json:"first_status"` // of a key that was used before: what its first request was answered with; 0: not said
}

func (r *Refusal) Error() string {
	text := r.Title
	if r.Detail != "" {
		text = r.Detail
	}
	return fmt.Sprintf("%s (%s, %d)", text, r.Code, r.Status)
}

// ErrUnsure says that no answer came: the request may or may not have been done.
var ErrUnsure = errors.New("no answer came")

// ErrSpeaksTLS says that an http address was given for a server that speaks TLS alone.
var ErrSpeaksTLS = errors.New("it speaks TLS, and was called in the clear")

// refusal reads a no from what a server answered.
func refusal(status int, raw []byte) error {
	if status == http.StatusBadRequest && bytes.Contains(raw, []byte("HTTP request to an HTTPS server")) { // net/http's words, before any of ours
		return ErrSpeaksTLS
	}
	r := &Refusal{Status: status, Title: http.StatusText(status)}
	if err := json.Unmarshal(tame(raw), r); err != nil || r.Code == "" {
		r.Code = "unknown"
	}
	return r
}

// Do sends a request and reads in's JSON answer into out (either may be nil). With a key, an
// unsure request (no answer, or 5xx, or 429) is repeated up to Tries times.
func (c *Client) Do(ctx context.Context, method, path, key string, in, out any) (*Answer, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
	}
	retry := c.Retry
	if retry == 0 {
		retry = 100 * time.Millisecond
	}
	var last error
	for try := range max(c.Tries, 1) {
		if try > 0 {
			if err := world.Rest(ctx, retry); err != nil {
				return nil, errors.Join(last, err)
			}
		}
		a, err := c.as(ctx, c.URLs[try%len(c.URLs)], method, path, key, body)
		if err == nil {
			if out != nil {
				if err := json.Unmarshal(tame(a.Body), out); err != nil {
					return a, fmt.Errorf("decode answer of %s %s: %w", method, path, err)
				}
			}
			return a, nil
		}
		last = err
		if !unsure(err) || key == "" && method != http.MethodGet && method != http.MethodPut {
			return a, err
		}
		if hopeless(err) && try >= len(c.URLs)-1 { // each was called once
			return a, err
		}
	}
	return nil, last
}

// hopeless says whether calling the same address again cannot help: whoever answers there is not believed, or does not speak so.
func hopeless(err error) bool {
	_, other := errors.AsType[x509.HostnameError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return other || unknown || errors.Is(err, http.ErrSchemeMismatch)
}

func unsure(err error) bool {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Status >= 500 || r.Status == http.StatusTooManyRequests
	}
	return errors.Is(err, ErrUnsure)
}

func (c *Client) once(ctx context.Context, base, token, method, path, key string, body []byte) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if c.Approval != "" {
		req.Header.Set("Holdfast-Approval", c.Approval)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, bodyMax))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	a := &Answer{Status: resp.StatusCode, Replayed: resp.Header.Get("Idempotent-Replayed") == "true",
		Position: resp.Header.Get("Holdfast-Position"), Body: raw}
	if resp.StatusCode < 300 {
		return a, nil
	}
	return a, refusal(resp.StatusCode, raw)
}
