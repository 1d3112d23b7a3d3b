package vault_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

var update = flag.Bool("update", false, "write golden files anew")

const phrase = "five words drawn by dice"

var now = time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)

func sample(t testing.TB) (*vault.File, *sealed.Key) {
	t.Helper()
	random := testworld.New(4).Random("vault")
	f, key, err := vault.NewFile(random)
	if err == nil {
		err = f.WrapByPassphrase(key, []byte(phrase), random, now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f, key
}

func TestAPassphraseOpensItsOwnBookOnly(t *testing.T) {
	f, key := sample(t)
	got, err := f.OpenByPassphrase([]byte(phrase))
	if err != nil || !bytes.Equal(got.Secret(), key.Secret()) {
		t.Fatalf("got %v, want the key", err)
	}
	if _, err := f.OpenByPassphrase([]byte("five words drawn by dies")); !errors.Is(err, vault.ErrPassphrase) {
		t.Errorf("another passphrase: got %v, want %v", err, vault.ErrPassphrase)
	}
	other, _, err := vault.NewFile(testworld.New(5).Random("another"))
	if err != nil {
		t.Fatal(err)
	}
	other.Wraps = f.Wraps
	if _, err := other.OpenByPassphrase([]byte(phrase)); !errors.Is(err, vault.ErrPassphrase) {
		t.Errorf("another book's file: got %v, want %v: a wrapping is its book's", err, vault.ErrPassphrase)
	}
	for _, short := range []string{"", "elevenbytes"} {
		if err := f.WrapByPassphrase(key, []byte(short), testworld.New(1).Random("x"), now); err == nil {
			t.Errorf("%q: got it taken, want it refused", short)
		}
	}
}

func TestAPassphraseThatWasChangedOpensNothingAnyMore(t *testing.T) {
	f, key := sample(t)
	if err := f.WrapByPassphrase(key, []byte("six words drawn by dice now"), testworld.New(9).Random("x"), now); err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenByPassphrase([]byte(phrase)); !errors.Is(err, vault.ErrPassphrase) || len(f.Wraps) != 1 {
		t.Errorf("got %v and %d wrappings, want the old one gone", err, len(f.Wraps))
	}
	if err := f.Drop(vault.ByPassphrase); err == nil || !f.Has(vault.ByPassphrase) {
		t.Error("the last wrapping went, want it kept: nobody would open the book again")
	}
}

// The golden file is what a build of today writes; every later one must open it.
func TestTheFileOfAKeyIsReadAsItWasWritten(t *testing.T) {
	const path = "testdata/book.01.key"
	if *update {
		f, _ := sample(t)
		if err := os.WriteFile(path, f.Marshal(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := vault.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenByPassphrase([]byte(phrase)); err != nil {
		t.Errorf("got %v, want the key", err)
	}
	for from, to := range map[string]string{`"version": 1`: `"version": 2`, `"memory_kib": 65536`: `"memory_kib": 99999999`, `"passes": 3`: `"passes": 900`,
		`"lanes": 1`: `"lanes": 200`, `"book": "`: `"book": "zz`, `"salt": "`: `"salt": "AAAA`} {
		bad := strings.Replace(string(raw), from, to, 1)
		if bad == string(raw) {
			t.Fatalf("%s is not in the file", from)
		}
		if _, err := vault.Parse([]byte(bad)); err == nil {
			t.Errorf("%s: got it read, want it refused before anything is worked out", to)
		}
	}
}

// BenchmarkTry is what one try of a passphrase costs, right or wrong.
func BenchmarkTry(b *testing.B) {
	f, _ := sample(b)
	for b.Loop() {
		if _, err := f.OpenByPassphrase([]byte("five words drawn by dies")); !errors.Is(err, vault.ErrPassphrase) {
			b.Fatal(err)
		}
	}
}
