package machine_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// While a cluster is moved to a new build, servers of both kinds apply one log, and a server that starts
// applies again what the older build has applied: the commands that sites have carried out must come out
// as they were given. testdata has two logs that the build before lives of head office wrote, and how far their
// streams of commands went: of a counter and a warehouse (orders across both, cancels, goods in for a waiting
// order), and of three sites to which most of what that build could do has happened.
func TestALogOfAnOlderBuildGivesTheCommandsThatItGave(t *testing.T) {
	for file, want := range map[string]int{"log_of_an_older_build.txt": 2, "log_of_an_older_build_storm.txt": 3} {
		t.Run(file, func(t *testing.T) { replaysOlder(t, file, want) })
	}
}

func replaysOlder(t *testing.T, file string, want int) {
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	m, applied, sites := machine.New(), 0, 0
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		switch words[0] {
		case "log":
			cmd, err := hex.DecodeString(words[1])
			if err != nil {
				t.Fatal(err)
			}
			m.Apply(cmd)
			applied++
		case "site":
			site, ok := m.Site(ledger.SiteID(words[1]))
			if !ok {
				t.Fatalf("got no site %s", words[1])
			}
			if got := fmt.Sprintf("%d %s", site.Issue.Number, site.Issue.Hash); got != words[2]+" "+words[3] {
				t.Errorf("%s: got the stream up to command %s, want %s %s as it was given", words[1], got, words[2], words[3])
			}
			if site.Broken != "" || site.Frozen != "" {
				t.Errorf("%s: got broken %q, frozen %q; want neither", words[1], site.Broken, site.Frozen)
			}
			sites++
		}
	}
	if applied < 30 || sites != want {
		t.Errorf("applied %d entries for %d sites, want a log of %d", applied, sites, want)
	}
}
