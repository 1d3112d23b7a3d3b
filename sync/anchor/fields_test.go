package anchor_test

import (
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/anchor"
)

// A file that calls itself a statement, and says what none says, is refused in words: it is of another version, or was changed.
func TestAStatementThatIsNoneIsRefusedInWords(t *testing.T) {
	s := company(t)
	good := signed(t, s, headAt(journal(1), 2))
	block, rest := pem.Decode(good)
	open := func(now, then string) error {
		t.Helper()
		if !strings.Contains(string(block.Bytes), now) {
			t.Fatalf("got no %q in %s", now, block.Bytes)
		}
		changed := pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: []byte(strings.Replace(string(block.Bytes), now, then, 1))})
		_, _, err := anchor.Open(append(changed, rest...), roots(s))
		return err
	}
	_, many := anchor.Sign(anchor.Statement{Company: "c-1", At: start, Heads: make([]ledger.Head, anchor.HeadsMax+1)}, papers(t, s, server, start), rand.Reader)
	for says, got := range map[string]error{
		"statement of heads does not begin as one of this version does: check it with the program that made it, or a newer one": open("holdfast heads 1", "holdfast heads 9"),
		"statement of heads does not say when it was signed: ask for the file again":                                            open("at 2026-11-27T01:00:00Z", "at noon"),
		"statement of heads is not in its one spelling: it was changed, so ask for the file again":                              open("T01:00:00Z", "T01:00:00+00:00"),
		"heads are 50001; a statement has 50000 at most: ask for one site at a time":                                            many,
		"position is not site/epoch/seq/hash, such as leeds/1/240/ and 64 hexadecimal digits":                                   open("leeds/1/", "leeds/one/"),
	} {
		if fmt.Sprint(got) != says {
			t.Errorf("got %q, want %q", fmt.Sprint(got), says)
		}
	}
}
