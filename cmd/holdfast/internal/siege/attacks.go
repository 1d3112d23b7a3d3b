package siege

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/sync/identity"
)

// An attack is something that has to be refused. try gives an error where it was not.
type attack struct {
	what string
	try  func(context.Context, *town) error
}

// attacks are all of them, in the order of the issue that asks for them.
func attacks() []attack {
	return slices.Concat(identityAttacks(), lineAttacks(), peopleAttacks(), requestAttacks(), fileAttacks(), textAttacks())
}

// A said is what an attacker was answered.
type said struct {
	status int
	header http.Header
	body   string
}

// one of statuses, or an error that names what was tried.
func (s said) want(what string, statuses ...int) error {
	if slices.Contains(statuses, s.status) {
		return nil
	}
	return fmt.Errorf("%s: got %d %.200s, want %v", what, s.status, s.body, statuses)
}

// as makes a client that shows a certificate, or none where p is nil. An attacker believes anybody.
func as(p *identity.Papers) *http.Client {
	conf := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} // #nosec G402 -- it is not the attacker who is to be protected
	if p != nil {
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &p.Chain, nil }
	}
	return &http.Client{Timeout: callWait, Transport: &http.Transport{TLSClientConfig: conf, DialContext: (&net.Dialer{Timeout: callWait}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask sends one request; more changes it before it goes.
func (t *town) ask(ctx context.Context, cl *http.Client, method, url, token string, body []byte, more ...func(*http.Request)) (said, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return said{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, m := range more {
		m(r)
	}
	return t.send(cl, r)
}

func (t *town) send(cl *http.Client, r *http.Request) (said, error) {
	defer cl.CloseIdleConnections()
	res, err := cl.Do(r)
	if err != nil {
		return said{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return said{}, err
	}
	t.hears(raw)
	return said{res.StatusCode, res.Header, string(raw)}, nil
}

// refused asks and wants one of statuses.
func (t *town) refused(ctx context.Context, what string, cl *http.Client, method, url, token string, body []byte, statuses []int, more ...func(*http.Request)) error {
	got, err := t.ask(ctx, cl, method, url, token, body, more...)
	if err != nil {
		return fmt.Errorf("%s: no answer: %w", what, err)
	}
	return got.want(what, statuses...)
}

// raw writes bytes to an address, in the clear, and gives what comes back within a few seconds.
func raw(ctx context.Context, addr string, send []byte) (string, error) {
	c, err := (&net.Dialer{Timeout: callWait}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(rawWait)); err != nil {
		return "", err
	}
	if _, err := c.Write(send); err != nil {
		return "", nil // it was hung up on
	}
	got, err := io.ReadAll(io.LimitReader(c, 1<<16))
	if ne, ok := err.(net.Error); err != nil && (!ok || !ne.Timeout()) {
		err = nil // reset: refused
	}
	return string(got), err
}

const rawWait = 12 * time.Second // raft's port gives whoever connects 10 s to prove who they are

func (t *town) address(url string) string { return strings.TrimPrefix(url, "https://") }
