package enrol

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// The routes of the exchange, both POST with JSON.
const (
	PathEnrol = "/link/v1/enrol" // with a token; no certificate is needed
	PathRenew = "/link/v1/renew" // with a certificate that has not ended
)

// A Request asks for a certificate.
type Request struct {
	Token string `json:"token,omitempty" jsonschema:"the join token; none to renew"`
	CSR   []byte `json:"csr" jsonschema:"PKCS #10 request signed by the key, in base64"`
}

// An Answer brings a certificate.
type Answer struct {
	Certificate string   `json:"certificate" jsonschema:"PEM: the certificate, then what it was signed by"`
	Roots       string   `json:"roots" jsonschema:"PEM: whom to believe from now on"`
	Servers     []string `json:"servers" jsonschema:"base URLs of head office"`

	// For a server of head office alone.
	Authority  string `json:"authority,omitempty" jsonschema:"PEM: the authority with its keys"`
	OwnerToken string `json:"owner_token,omitempty"`
}

// Bounds of an exchange.
const (
	answerMax = 128 << 10 // bytes
	askWait   = 15 * time.Second
)

// A RefusedError is head office's no. Asking again does not help.
type RefusedError struct{ Detail, Hint string }

func (e *RefusedError) Error() string { return e.Detail }

// Ask uses a token up: at one server after the other, until one answers. Whoever answers is checked against the token's
// root before the secret is sent.
func Ask(ctx context.Context, env ledger.Env, t identity.Token, servers []string, csr []byte) (Answer, error) {
	client := newClient(env, identity.Pinned(t.Root, env.Clock.Wall, func(identity.Trust) {}))
	defer client.CloseIdleConnections()
	var errs []error
	for _, server := range servers {
		a, err := Post(ctx, client, strings.TrimRight(server, "/")+PathEnrol, Request{Token: t.Text(), CSR: csr})
		if err == nil {
			return a, nil
		}
		if _, refused := errors.AsType[*RefusedError](err); refused {
			return Answer{}, err
		}
		errs = append(errs, err)
	}
	return Answer{}, errors.Join(errs...)
}

func newClient(env ledger.Env, conf *tls.Config) *http.Client {
	return &http.Client{
		Timeout: askWait,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return env.Network.Dial(ctx, network, addr)
			},
			TLSClientConfig: conf, TLSHandshakeTimeout: askWait, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Post sends one request and reads its answer. A no is a *RefusedError; anything else may be tried again.
func Post(ctx context.Context, client *http.Client, url string, in Request) (Answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		var a Answer
		if err := json.Unmarshal(raw, &a); err != nil {
			return Answer{}, fmt.Errorf("read certificate: %w", err)
		}
		return a, nil
	case resp.StatusCode/100 == 4 && resp.StatusCode != http.StatusTooManyRequests:
		var p struct{ Detail, Title, Hint string }
		_ = json.Unmarshal(raw, &p) // a proxy's words are none of ours
		if p.Detail == "" {
			p.Detail = "head office refused it"
		}
		return Answer{}, &RefusedError{Detail: p.Detail, Hint: p.Hint}
	default:
		return Answer{}, fmt.Errorf("ask for a certificate: answered %d", resp.StatusCode)
	}
}
