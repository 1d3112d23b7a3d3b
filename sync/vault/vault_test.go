package vault_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
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

// A wrapping of head office's opens by what head office has released for this book of this site, and by nothing else.
func TestAWrappingOfHeadOfficesOpensItsOwnBookOnly(t *testing.T) {
	f, key := sample(t)
	secret := [32]byte{1, 2, 3}
	print := vault.Fingerprint(secret)
	q := f.Request()
	book, of, err := q.Parse()
	if err != nil || of != [32]byte{} {
		t.Fatalf("got of %x, %v: it is not wrapped by head office yet", of, err)
	}
	a := vault.ReleaseAnswer{Wrapping: vault.Wrapping(secret, "leeds", book), Of: hex.EncodeToString(print[:])}
	if err := f.WrapByHeadOffice(key, "leeds", a, testworld.New(6).Random("x"), now); err != nil {
		t.Fatal(err)
	}
	if f, err = vault.Parse(f.Marshal()); err != nil {
		t.Fatal(err)
	}
	q = f.Request()
	if _, of, err = q.Parse(); err != nil || of != print {
		t.Errorf("got of %x, %v, want the secret named", of, err)
	}
	if got, err := f.OpenByHeadOffice(a); err != nil || !bytes.Equal(got.Secret(), key.Secret()) {
		t.Errorf("got %v, want the key", err)
	}
	if got, err := f.OpenByPassphrase([]byte(phrase)); err != nil || !bytes.Equal(got.Secret(), key.Secret()) {
		t.Errorf("by the passphrase: got %v, want the key", err)
	}
	for name, w := range map[string][]byte{"another secret": vault.Wrapping([32]byte{9}, "leeds", book), "another site": vault.Wrapping(secret, "york", book),
		"another book": vault.Wrapping(secret, "leeds", [16]byte{9}), "nothing": nil} {
		if _, err := f.OpenByHeadOffice(vault.ReleaseAnswer{Wrapping: w, Of: a.Of}); !errors.Is(err, vault.ErrReleased) {
			t.Errorf("%s: got %v, want %v", name, err, vault.ErrReleased)
		}
	}
	other := *f
	other.Wraps = slices.Clone(f.Wraps)
	other.Wraps[0].Site = "york" // somebody has written over it
	if _, err := other.OpenByHeadOffice(a); !errors.Is(err, vault.ErrReleased) {
		t.Errorf("a site that was written over: got %v", err)
	}
	if text := fmt.Sprintf("%v %+v %#v", a, a, a); strings.Contains(text, fmt.Sprint(a.Wrapping[0])) {
		t.Errorf("got %s, want it hidden", text)
	}
	if err := f.Drop(vault.ByPassphrase); err != nil || f.Has(vault.ByPassphrase) || !f.Has(vault.ByHeadOffice) {
		t.Errorf("drop the passphrase: got %v", err)
	}
	if _, err := f.OpenByPassphrase([]byte(phrase)); !errors.Is(err, vault.ErrNoWrap) {
		t.Errorf("dropped: got %v, want %v", err, vault.ErrNoWrap)
	}
	for _, bad := range []vault.ReleaseRequest{{}, {Book: "zz"}, {Book: f.Book + "00"}, {Book: f.Book, Of: "00"}} {
		if _, _, err := bad.Parse(); err == nil {
			t.Errorf("%+v: got it read, want it refused", bad)
		}
	}
}

// Whatever lies where a file of keys should be is read within bounds or refused, and what was read is written as it was.
func FuzzParse(f *testing.F) {
	raw, err := os.ReadFile("testdata/book.01.key")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"version":1,"book":"00000000000000000000000000000000","wraps":[{"by":"head_office","site":"leeds","of":"00","salt":"AAAAAAAAAAAAAAAAAAAAAA==","box":""}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := vault.Parse(raw)
		if err != nil {
			return
		}
		again, err := vault.Parse(file.Marshal())
		if err != nil || !bytes.Equal(again.Marshal(), file.Marshal()) {
			t.Fatalf("got %v of what was read and written", err)
		}
	})
}

// What head office works out of its secret, and how the key is wrapped by it, never changes: a golden file of today is opened by every
// later build.
func TestAWrappingOfHeadOfficesIsReadAsItWasWritten(t *testing.T) {
	const path = "testdata/book.02.key"
	secret := [32]byte{7, 7, 7}
	print := vault.Fingerprint(secret)
	answer := func(f *vault.File) vault.ReleaseAnswer {
		q := f.Request()
		book, _, err := q.Parse()
		if err != nil {
			t.Fatal(err)
		}
		return vault.ReleaseAnswer{Wrapping: vault.Wrapping(secret, "leeds", book), Of: hex.EncodeToString(print[:])}
	}
	if *update {
		f, key := sample(t)
		if err := errors.Join(f.WrapByHeadOffice(key, "leeds", answer(f), testworld.New(6).Random("x"), now), os.WriteFile(path, f.Marshal(), 0o600)); err != nil {
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
	got, err := f.OpenByHeadOffice(answer(f))
	if _, key := sample(t); err != nil || !bytes.Equal(got.Secret(), key.Secret()) {
		t.Errorf("got %v, want the key", err)
	}
	for from, to := range map[string]string{`"of": "`: `"of": "zz`, `"site": "leeds"`: `"site": ""`} {
		bad := strings.Replace(string(raw), from, to, 1)
		if bad == string(raw) {
			t.Fatalf("%s is not in the file", from)
		}
		if _, err := vault.Parse([]byte(bad)); err == nil {
			t.Errorf("%s: got it read, want it refused", to)
		}
	}
}
