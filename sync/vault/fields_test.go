package vault_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/vault"
)

// A request for the key of a book that names no book is refused in words.
func TestARequestForAKeyThatNamesNoBookIsRefusedInWords(t *testing.T) {
	for want, r := range map[string]vault.ReleaseRequest{
		"book is not 32 hexadecimal digits": {Book: "no"},
		"of is not 64 hexadecimal digits":   {Book: strings.Repeat("ab", 16), Of: "no"},
	} {
		if _, _, err := r.Parse(); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
