package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
)

// access says which book a command talks to, and as whom.
type access struct {
	To        []string `help:"Base URL of the node or of head office; several for its servers." required:"" placeholder:"URL"`
	Token     string   `help:"Token of the book's owner. --token-file goes first." env:"HOLDFAST_TOKEN" placeholder:"TOKEN"`
	TokenFile string   `help:"File with that token, for example owner.token in the server's folder." placeholder:"FILE" type:"existingfile"`
	Approval  string   `name:"approval-file" help:"File with the name and the secret of somebody who approves this one act, where the caller may not do it alone: NAME:PIN at a site, NAME:PASSWORD at head office. The owner's token needs nobody's, and looks at none." placeholder:"FILE" type:"existingfile"`
	CA        string   `name:"ca" help:"File with the roots that servers are believed by, PEM; default ca.pem beside --token-file, then the machine's own." env:"HOLDFAST_CA" placeholder:"FILE" type:"existingfile"`
}

// How an unsure request is repeated before the command gives up.
const (
	callWait  = 30 * time.Second
	callTries = 20
	callPause = 500 * time.Millisecond
)

// client makes a client of what the command line says.
func (a *access) client() (*client.Client, error) {
	for _, to := range a.To {
		if u, err := url.Parse(to); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%w: --to %q is not an http or https URL", errUsage, to)
		}
	}
	token := a.Token
	if a.TokenFile != "" {
		raw, err := os.ReadFile(a.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read token: %w", err)
		}
		token = string(raw)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, fmt.Errorf("%w: a token is needed: --token-file, --token or HOLDFAST_TOKEN", errUsage)
	}
	approval := ""
	if a.Approval != "" {
		raw, err := os.ReadFile(a.Approval)
		if err != nil {
			return nil, fmt.Errorf("read approval: %w", err)
		}
		approval = strings.TrimSpace(string(raw))
	}
	roots, err := a.roots()
	if err != nil {
		return nil, err
	}
	return &client.Client{Approval: approval, URLs: a.To, Token: token, HTTP: client.NewHTTP(callWait, roots...), Tries: callTries, Retry: callPause}, nil
}

// roots are whom servers are believed by; none: the machine's own.
func (a *access) roots() ([]*x509.Certificate, error) {
	path := a.CA
	if path == "" && a.TokenFile != "" {
		path = filepath.Join(filepath.Dir(a.TokenFile), enrol.RootsFile)
		if _, err := os.Stat(path); err != nil {
			return nil, nil
		}
	}
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read roots: %w", err)
	}
	return authority.ParseCerts(raw)
}

// call puts one request, under a key where it changes anything, and reads the answer into out. It says
// what can be done about a fault; the caller says what was to be done.
func (a *access) call(h *house, method, path, key string, in, out any) error {
	cl, err := a.client()
	if err != nil {
		return err
	}
	if _, err := cl.Do(h.ctx, method, path, key, in, out); err != nil {
		return callFault(err, a.To)
	}
	return nil
}

// callFault says what can be done about a call that nobody answered or that was not let in,
// where nothing was said yet.
func callFault(err error, to []string) error {
	if _, said := errors.AsType[*hinted](err); said {
		return err
	}
	if r, ok := errors.AsType[*client.Refusal](err); ok {
		switch {
		case r.Code == string(contract.CodeApproverNeeded) || r.Code == string(contract.CodeApprovalWrong):
			return withHint(err, "give --approval-file, a file with NAME:PIN of somebody who may, at head office NAME:PASSWORD")
		case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
			return withHint(err, "use the token in owner.token of the server's own folder: each book has its own")
		case r.Hint != "":
			return withHint(err, r.Hint)
		}
		return err
	}
	switch host, other := errors.AsType[x509.HostnameError](err); {
	case errors.Is(err, client.ErrSpeaksTLS):
		return withHint(err, "call it by https: https://"+strings.TrimPrefix(to[0], "http://"))
	case errors.Is(err, http.ErrSchemeMismatch):
		return withHint(err, "it speaks in the clear, as on loopback without --tls: call it by http: http://"+strings.TrimPrefix(to[0], "https://"))
	case other:
		return withHint(err, otherName(&host))
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return withHint(err, "give --ca the company's roots: ca.pem in a server's or node's folder, or what holdfast hq ca export prints")
	}
	if errors.Is(err, client.ErrUnsure) && !errors.Is(err, context.Canceled) {
		return withHint(err, "see that a server answers: curl -f "+strings.TrimRight(to[0], "/")+"/readyz")
	}
	return err
}

// otherName says what can be done where a server's certificate is for other names. Names are looked at before it is known who has signed
// it, so it may be anybody's.
func otherName(e *x509.HostnameError) string {
	says := slices.DeleteFunc(authority.Says(e.Certificate), func(name string) bool { return authority.CheckHost(name) != nil })
	if len(says) == 0 {
		return "the certificate that it shows says no name at all; if the server is yours, start it with --names " + e.Host
	}
	return fmt.Sprintf("the certificate that it shows says %s: if the server is yours, call it so, or start it with --names %s", strings.Join(says, ", "), e.Host)
}
