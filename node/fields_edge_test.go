package node_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// What is asked of the wrong book, in two ways at once, or after a place that is none.
func TestAFieldAtTheEdgeOfAShopIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.refuses(t, []wrongField{
			{"POST /v1/transfers", `{"from":"hull","to":"york","lines":[{"sku":"TAP-22","qty":1}]}`, "from", "from is hull, and to is york: this is leeds. Send it there, or to head office."},
			{"POST /v1/sign-in", `{"user":"anna"}`, "pin", "pin or password is missing, or both are given: give one of them."},
			{"POST /v1/sign-in", `{"user":"anna","pin":"1234","password":"0123456789"}`, "pin", "pin or password is missing, or both are given: give one of them."},
		})
	})
}

// What is wrong with how a node is started is said to who starts it.
func TestANodeThatIsToldAnothersNameIsRefusedInWords(t *testing.T) {
	w := testworld.New(1)
	cfg := node.Config{Site: "leeds", Dir: t.TempDir(), Listen: "0.0.0.0:0", Standalone: true, Counter: true}
	n, err := openedAnywhere(t, w, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	other, clear := cfg, cfg
	other.Site, other.Dir = "york", t.TempDir() // which has leeds's papers, and no book yet
	for _, name := range []string{"identity.pem", "ca.pem"} {
		raw, err := os.ReadFile(filepath.Join(cfg.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other.Dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clear.Standalone, clear.HQ, clear.Join = false, []string{"http://hq:1"}, "hf_secret"
	_, errOther := openedAnywhere(t, w, other)
	_, errClear := openedAnywhere(t, w, clear)
	for want, got := range map[string]error{
		"open node york: site is york, and the folder's certificate is leeds's: name that site, or another folder (--dir)": errOther,
		"open node leeds: hq has http://hq:1, and this node has a certificate: give the https address of head office":      errClear,
		"join token is for a server of head office, and this is a site's node: have one given for the site":                node.Enrol(t.Context(), w.Env(), &cfg, identity.Token{Role: identity.RoleHQ}, func(err error) { t.Error(err) }),
	} {
		if fmt.Sprint(got) != want {
			t.Errorf("got %q, want %q", fmt.Sprint(got), want)
		}
	}
}
