package enrol_test

import (
	"crypto"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// A folder whose file is another's, or half of one, says so to who starts its program, and what can be done.
func TestAnIdentityThatIsNoneIsRefusedInWords(t *testing.T) {
	now := time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)
	s, err := authority.New("c-1", rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	env := testworld.New(1).Env()
	folder := enrol.Folder{Env: env, Dir: t.TempDir()}
	key, err := enrol.NewKey(env)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(key crypto.Signer) (a enrol.Answer) {
		csr, err1 := authority.Request(key, nil, rand.Reader)
		if err1 != nil {
			t.Fatal(err1)
		}
		ders, err := s.Issue(identity.Name{Company: "c-1", Role: identity.RoleSite, Who: "leeds", Epoch: 1}, csr, rand.Reader, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, der := range ders {
			a.Certificate += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		}
		a.Roots = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Generations[0].Cert.Raw}))
		return a
	}
	good := answer(key)
	if _, err := folder.Take(good, key, "t-1"); err != nil {
		t.Fatal(err)
	}
	if p, token, err := folder.Papers(); err != nil || p.Name.Who != "leeds" || token != "t-1" {
		t.Fatalf("got %+v, %s, %v", p, token, err)
	}
	other, err := enrol.NewKey(env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Take(answer(other), key, "t-2"); fmt.Sprint(err) != "identity has a certificate of another key: put the file back as it was, or join with a new token" {
		t.Errorf("got %v, want that the certificate is another key's", err)
	}
	if err := folder.Write(enrol.IdentityFile, []byte(good.Certificate)); err != nil {
		t.Fatal(err)
	}
	want := "read " + filepath.Join(folder.Dir, enrol.IdentityFile) + ": " + "identity does not begin with a key: put the file back as it was, or join with a new token"
	if _, _, err := folder.Papers(); fmt.Sprint(err) != want {
		t.Errorf("got %q, want %q", fmt.Sprint(err), want)
	}
}
