package demo

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
)

// httpSet is the http.Clients of the demo: quick for questions about health, patient for acts.
type httpSet struct {
	quick   *http.Client
	patient *http.Client
}

// newHTTPSet believes servers by roots.
func newHTTPSet(roots ...*x509.Certificate) *httpSet {
	return &httpSet{quick: client.NewHTTP(time.Second, roots...), patient: client.NewHTTP(10*time.Second, roots...)}
}

// believe takes the roots that the first server has begun with.
func (c *company) believe(ctx context.Context) error {
	return until(ctx, readyWait, func() (bool, error) {
		if !c.hq[0].running() {
			return false, fmt.Errorf("%s has ended: %s", c.hq[0].name, c.hq[0].lastWords())
		}
		raw, err := os.ReadFile(c.roots())
		if err != nil {
			return false, nil
		}
		roots, err := authority.ParseCerts(raw)
		if err == nil {
			c.http = newHTTPSet(roots...)
		}
		return err == nil, err
	})
}

// roots is the file of those that the company's servers are believed by.
func (c *company) roots() string { return filepath.Join(c.dir, "hq1", enrol.RootsFile) }

// at is the base URL of an address.
func (c *company) at(addr string) string {
	if c.secure {
		return "https://" + addr
	}
	return "http://" + addr
}

// entry says how a further head office server gets in.
func (c *company) entry(ctx context.Context, first, tokenFile string) ([]string, error) {
	if !c.secure {
		return []string{"--join", first, "--token-file", tokenFile}, nil
	}
	var given struct {
		Token string `json:"token"`
	}
	in := map[string]string{"for": "hq", "by": "demo"}
	if _, err := c.hqClient(20).Do(ctx, "POST", "/v1/join-tokens", "demo-server", in, &given); err != nil {
		return nil, fmt.Errorf("get a server a join token: %w", err)
	}
	return []string{"--join=" + given.Token}, nil
}
