package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A book that only has to be moved is sound: nobody is told to keep their hands off it.
func TestAnAuditOfAnOlderBookSaysToStartItsNode(t *testing.T) {
	const old = "../../ledger/testdata/book-1"
	packed, err := os.Open(filepath.Join(old, ledger.BookFile+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	book, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ledger.BookFile), book, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"audit", dir}, &stdout, &stderr)
	if code != exitFails || !strings.Contains(stderr.String(), "start the site's node once") || strings.Contains(stderr.String(), "hint: keep") {
		t.Errorf("got %d and %q, want 1 and the way out alone", code, &stderr)
	}
	if stdout.Len() > 0 {
		t.Errorf("got %q of a book that was not opened, want nothing", &stdout)
	}
}
