package sealed_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

var update = flag.Bool("update", false, "write golden files anew")

func goldenKey(t testing.TB) *sealed.Key {
	t.Helper()
	k, err := sealed.KeyOf(bytes.Repeat([]byte{7}, sealed.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func twoPages() []byte {
	return append(bytes.Repeat([]byte("left "), 4096)[:4096], bytes.Repeat([]byte("right"), 4096)[:4096]...)
}

// written makes a file of two pages at path.
func written(t testing.TB, path string, key *sealed.Key, kind string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := sealed.MakePages(f, key, kind, testworld.New(3).Random(path))
	if err == nil {
		_, err = p.WriteAt(twoPages(), 0)
	}
	if err == nil {
		err = p.Finish()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string, key *sealed.Key, kind string) ([]byte, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := sealed.OpenPages(f, key, kind, nil)
	if err != nil {
		return nil, err
	}
	size, err := p.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	_, err = p.ReadAt(b, 0)
	return b, err
}

// A nonce is drawn for each page, so a file is never the same twice: the golden one is only ever read.
func TestAFileOfPagesIsReadAsItWasWritten(t *testing.T) {
	const path = "testdata/pages.01"
	if *update {
		written(t, path, goldenKey(t), "index")
	}
	got, err := read(t, path, goldenKey(t), "index")
	if err != nil || !bytes.Equal(got, twoPages()) {
		t.Errorf("got %d bytes and %v, want the two pages", len(got), err)
	}
}

func TestAPageOpensAtItsPlaceOnly(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	key := goldenKey(t)
	written(t, a, key, "index")
	written(t, b, key, "index")
	rawA, _ := os.ReadFile(a)
	rawB, _ := os.ReadFile(b)
	const slot = 4608
	other, err := sealed.NewKey(testworld.New(8).Random("other"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(raw []byte) []byte
		key    *sealed.Key
		kind   string
		want   func(err error) bool
	}{
		"the same":                  {func(b []byte) []byte { return b }, key, "index", func(err error) bool { return err == nil }},
		"no key":                    {func(b []byte) []byte { return b }, nil, "index", func(err error) bool { return errors.Is(err, sealed.ErrSealed) }},
		"another key":               {func(b []byte) []byte { return b }, other, "index", func(err error) bool { return errors.Is(err, sealed.ErrKey) }},
		"another kind":              {func(b []byte) []byte { return b }, key, "run", altered},
		"two pages swapped":         {func(b []byte) []byte { copy(b[slot:], rawA[2*slot:]); return b }, key, "index", altered},
		"another file's":            {func(b []byte) []byte { copy(b[slot:], rawB[slot:2*slot]); return b }, key, "index", altered},
		"padding changed":           {func(b []byte) []byte { b[2*slot-1] = 1; return b }, key, "index", altered},
		"cut off":                   {func(b []byte) []byte { return b[:2*slot+9] }, key, "index", func(err error) bool { return err == nil }}, // of one page: who reads knows how many there are
		"never finished":            {func(b []byte) []byte { clear(b[:slot]); return b }, key, "index", func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"in the clear":              {func([]byte) []byte { return twoPages() }, key, "index", func(err error) bool { return errors.Is(err, sealed.ErrOpen) }},
		"header of no such version": {func(b []byte) []byte { b[8] = 9; return b }, key, "index", altered},
	} {
		if err := os.WriteFile(a, c.change(bytes.Clone(rawA)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, a, c.key, c.kind); !c.want(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func altered(err error) bool {
	_, ok := errors.AsType[*sealed.PageError](err)
	return ok
}

// The rule: a book in the clear pays nothing for what it does not use.
func TestAFileInTheClearIsReadWithoutACopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain")
	written(t, path, nil, "index")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, b := sealed.Plain(f), make([]byte, 4096)
	if n := testing.AllocsPerRun(100, func() { _, _ = p.ReadAt(b, 4096) }); n > 0 {
		t.Errorf("got %v allocations for a page, want none", n)
	}
	if !bytes.Equal(b, twoPages()[4096:]) {
		t.Error("got another page")
	}
}

// A header is written once, in nine sectors. What a power failure leaves of one is told from what somebody has changed.
func TestAHeaderThatWasCutSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages")
	key := goldenKey(t)
	written(t, path, key, "index")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(head []byte)
		cut    bool
	}{
		"the last sector is missing":        {func(h []byte) { clear(h[4096:]) }, true},
		"the first sector is missing":       {func(h []byte) { clear(h[:512]) }, true},
		"the last is missing, one changed":  {func(h []byte) { clear(h[4096:]); h[700] = 1 }, false},
		"the last is missing, another file": {func(h []byte) { clear(h[4096:]); h[0] = 'x' }, false},
		"the last is missing, rest of it":   {func(h []byte) { clear(h[4096:]); h[300] = 1 }, false},
		"the checksum is another":           {func(h []byte) { h[4607] ^= 1 }, false},
	} {
		raw := bytes.Clone(whole)
		c.change(raw[:4608])
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, path, key, "index"); err == nil || errors.Is(err, sealed.ErrCut) != c.cut {
			t.Errorf("%s: got %v, want it refused, and said to be cut: %v", name, err, c.cut)
		}
	}
}

// Whatever lies where a file of pages should be is read or refused; what is read is what was sealed.
func FuzzPages(f *testing.F) {
	dir := f.TempDir()
	path, key := filepath.Join(dir, "whole"), goldenKey(f)
	written(f, path, key, "index")
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:4608])
	f.Add(whole[:100])
	f.Add(append(make([]byte, 4608), whole[4608:]...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64<<10 {
			return
		}
		path := filepath.Join(t.TempDir(), "fuzzed")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, path, key, "index")
		if err != nil {
			return
		}
		want := twoPages()
		if len(got) > len(want) || !bytes.Equal(got, want[:len(got)]) {
			t.Fatalf("got %d bytes that nobody has sealed", len(got))
		}
	})
}
