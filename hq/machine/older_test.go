package machine_test

import (
	"bytes"
	"encoding/hex"
	"errors"
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

// The build before lines of lost lives were learnt wrote testdata's logs: each begins with the state of a restored head office, or an empty one, to which sites
// tell of lines that it does not know, or of an order whose all has left, and whose client sends the order again. As long as a server may have that build, each
// command comes to the same state as there; where that build stopped, nothing is changed. Once all have this build the order is taken.
func TestBeforeEveryServerLearnsLinesTheStateIsThatOfTheBuildBefore(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "log_before_lines_are_learnt.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var m *machine.Machine
	var exists machine.Command // an order that was sent again, and refused
	logs, commands, refused, stops := 0, 0, 0, 0
	agrees := func() {
		if exists == nil {
			return
		}
		refused++
		o := exists.(*machine.Place).Order
		if known := m.Forgotten(o.ID); known == nil || !m.Unlike(known, &o) {
			t.Errorf("log %d: got the order passed on to servers that would differ", logs)
		}
		m.Apply(machine.Marshal(&machine.Agree{Commands: machine.LeastCommands, At: at}))
		if known := m.Forgotten(o.ID); known == nil || m.Unlike(known, &o) {
			t.Errorf("log %d: got the order held back once all agree", logs)
		}
		if res := m.Apply(machine.Marshal(exists)); res.Err != nil || res.Answer.Err() != nil {
			t.Errorf("log %d: got %v once all agree, want it taken", logs, res.Err)
		}
		if err := m.Check(); err != nil {
			t.Errorf("log %d: %v", logs, err)
		}
	}
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		b, err := hex.DecodeString(words[1])
		if err != nil {
			t.Fatal(err)
		}
		if words[0] == "state" {
			agrees()
			if m, err = machine.Restore(bytes.NewReader(b)); err != nil {
				t.Fatal(err)
			}
			logs, exists = logs+1, nil
			continue
		}
		commands++
		c, err := machine.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		want := words[2]
		if want == "stops" {
			stops++
			want = digestOf(t, m, 1)
		}
		res := m.Apply(b)
		if got := digestOf(t, m, 0); got != want {
			t.Fatalf("log %d, command %d, a %T (%v): got state %s, want %s as in the build before", logs, commands, c, res.Err, got, want)
		}
		if _, ok := c.(*machine.Place); ok && errors.Is(res.Err, ledger.ErrOrderExists) {
			exists = c
		}
	}
	agrees()
	if logs != 10 || commands != 113 || refused < 4 || stops != 1 {
		t.Errorf("got %d logs of %d commands, %d orders refused, %d stops", logs, commands, refused, stops)
	}
}

// digestOf is the digest of a machine, after so many commands more that change nothing.
func digestOf(t *testing.T, m *machine.Machine, more int) string {
	t.Helper()
	if more > 0 {
		var err error
		if m, err = machine.Restore(bytes.NewReader(encode(t, m))); err != nil {
			t.Fatal(err)
		}
	}
	for range more {
		m.Apply(nil)
	}
	d, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}
