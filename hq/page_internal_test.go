// White box: the files of the page, and how long a form of it is open, are seen by nobody outside.
package hq

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/openid"
)

// After --oidc-recheck the page goes to the provider again by itself, which would take away what somebody is typing. So there must be nothing to type into
// that is open for longer than the provider's word holds at least.
func TestAskingTheProviderAgainInterruptsNobody(t *testing.T) {
	if freshPin > openid.RecheckLeast {
		t.Errorf("the form for a PIN is open for %v, and the provider may be asked again after %v", freshPin, openid.RecheckLeast)
	}
	field := regexp.MustCompile(`<(input|textarea|select)\b[^>]*>|(?:el|createElement)\("(?:input|textarea|select)"|contenteditable`)
	quiet := regexp.MustCompile(`\breadonly\b`)
	open := map[string]int{"sign_in.html": 3, "pass.html": 2} // before a sign-in; and the form for a PIN, with the same word once more
	seen := 0
	err := fs.WalkDir(pageFiles, "page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(pageFiles, path)
		if err != nil {
			return err
		}
		seen++
		n := 0
		for _, f := range field.FindAllString(string(raw), -1) {
			if !quiet.MatchString(f) {
				n++
			}
		}
		if n != open[d.Name()] {
			t.Errorf("%s: got %d fields to type into, want %d: what is typed there is lost when the provider is asked again", path, n, open[d.Name()])
		}
		return nil
	})
	if err != nil || seen < 6 {
		t.Errorf("got %d files, %v", seen, err)
	}
}
