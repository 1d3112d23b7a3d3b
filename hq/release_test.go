package hq_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// release asks a server for what opens a file of keys, with somebody's papers.
func (c *trusting) release(i int, papers *identity.Papers, file *vault.File) (vault.ReleaseAnswer, error) {
	env, _ := world()
	o := vault.Office{Env: env, Papers: papers, Servers: []string{c.servers[i].URL()}}
	return o.Ask(c.t.Context(), file.Request(), time.Minute, func(err error, _ time.Duration) bool { c.t.Log(err); return true })
}

// sealedBy makes the key of a book that a site's node has head office wrap, at a server.
func (c *trusting) sealedBy(i int, papers *identity.Papers, seed uint64) (*vault.File, *sealed.Key) {
	c.t.Helper()
	random := testworld.New(seed).Random("book")
	file, key, err := vault.NewFile(random)
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := c.release(i, papers, file)
	if err == nil {
		err = file.WrapByHeadOffice(key, "leeds", a, random, time.Now())
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return file, key
}

func (c *trusting) opens(what string, i int, papers *identity.Papers, file *vault.File, key *sealed.Key) {
	c.t.Helper()
	a, err := c.release(i, papers, file)
	if err != nil {
		c.t.Errorf("%s: got %v, want it released", what, err)
		return
	}
	got, err := file.OpenByHeadOffice(a)
	if err != nil || !bytes.Equal(got.Secret(), key.Secret()) {
		c.t.Errorf("%s: got %v, want the key", what, err)
	}
}

func (c *trusting) shut(what string, i int, papers *identity.Papers, file *vault.File, words string) {
	c.t.Helper()
	_, err := c.release(i, papers, file)
	if no, ok := errors.AsType[*vault.RefusedError](err); !ok || !strings.Contains(no.Detail, words) || no.Hint == "" {
		c.t.Errorf("%s: got %v, want it refused with %q and a way out", what, err, words)
	}
}

// What opens a sealed book is given to its own site's node, whichever server it asks; to nobody once the site is declared
// lost. Head office's own keys may change meanwhile.
func TestHeadOfficeOpensABookForItsOwnNodeAlone(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	leeds, err1 := c.enrol(c.addSite("leeds"))
	york, err2 := c.enrol(c.addSite("york"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if status, _ := c.hello(0, "leeds", leeds); status != http.StatusOK {
		t.Fatalf("hello: got %d", status)
	}
	file, key := c.sealedBy(1, leeds, 1)
	c.opens("its own node", 0, leeds, file, key)
	c.must(200, 0, "POST", "/v1/authority/rotate", "", hq.RotateRequest{By: "olga", Reason: "spring"}, nil)
	c.opens("under a new generation of the authority", 1, leeds, file, key)
	other, _ := c.sealedBy(0, leeds, 2)
	a, err := c.release(0, leeds, other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.OpenByHeadOffice(a); !errors.Is(err, vault.ErrReleased) {
		t.Errorf("another book's: got %v, want %v", err, vault.ErrReleased)
	}
	if a, err = c.release(0, york, &vault.File{Book: file.Book}); err != nil {
		t.Fatal(err)
	}
	if _, err := file.OpenByHeadOffice(a); !errors.Is(err, vault.ErrReleased) {
		t.Errorf("york's, for leeds' book: got %v, want %v", err, vault.ErrReleased)
	}
	c.shut("york's node", 1, york, file, "sealed by a secret that head office has not")
	ended := c.made(c.state, leeds.Name, time.Now().Add(-100*24*time.Hour))
	c.shut("a certificate that has ended", 0, ended, file, "has ended")
	if status := c.call(0, "POST", vault.PathRelease, "", file.Request(), nil); status != http.StatusUnauthorized {
		t.Errorf("the owner's token without a certificate: got %d, want 401", status)
	}

	var knew hq.Knew
	c.must(200, 0, "GET", "/v1/sites/leeds/knew", "", nil, &knew)
	if n := len(knew.BookKeys.Latest); knew.BookKeys.Count != 5 || n != 5 || knew.BookKeys.Latest[0].Book != file.Book || knew.BookKeys.Latest[n-1].Book != other.Book || knew.BookKeys.Destroyed != nil ||
		!strings.Contains(strings.Join(knew.Next, "\n"), "noise for ever") {
		t.Errorf("got %+v, want five releases to leeds", knew.BookKeys)
	}
	var rows hq.SiteRows
	c.must(200, 0, "GET", "/v1/sites", "", nil, &rows)
	if len(rows) != 2 || rows[0].BookKeyAt != knew.BookKeys.Latest[4].At {
		t.Errorf("got %+v, want leeds with its last release", rows)
	}
	_, _, figures := c.answer(0, "GET", "/metrics", "", nil, nil)
	for _, want := range []string{`hq_site_book_keys_count{site="leeds"} 5`, `hq_book_keys_refused_total{why="other"} 1`} {
		if !bytes.Contains(figures, []byte(want)) {
			t.Errorf("got no figure %s", want)
		}
	}
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "l1", hq.LostRequest{SignedRequest: hq.SignedRequest{By: "beth", Reason: "stolen"}}, nil)
	c.shut("lost", 1, leeds, file, "declared lost")
	c.must(200, 0, "GET", "/v1/sites/leeds/knew", "", nil, &knew)
	if d := knew.BookKeys.Destroyed; d == nil || d.By != "beth" || knew.BookKeys.Count != 5 {
		t.Errorf("got %+v, want it destroyed by beth", knew.BookKeys)
	}
	var out hq.SiteAdded
	c.must(http.StatusOK, 0, "POST", "/v1/sites/leeds/token", "r1", hq.SignedRequest{By: "beth", Reason: "a new machine"}, &out)
	next, err := c.enrol(c.parse(out.Token))
	if err != nil {
		t.Fatal(err)
	}
	c.shut("the node that was replaced", 0, leeds, file, "")
	c.shut("the new node, for the lost book", 0, next, file, "sealed by a secret that head office has not")
	file, key = c.sealedBy(0, next, 3)
	c.opens("the new node, for its own", 1, next, file, key)
}

// In the clear nobody can show who they are, so no key goes over the line.
func TestNoKeyGoesOverALineInTheClear(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	c.no(400, contract.CodeNotSupported, "POST", vault.PathRelease, "", vault.ReleaseRequest{Book: strings.Repeat("a", 32)})
}
