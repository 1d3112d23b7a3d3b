package machine_test

import (
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// goldenEntries are entries of every kind with every body that a book writes: those that the ledger's format is held by.
func goldenEntries(t *testing.T) map[string]*ledger.Entry {
	t.Helper()
	files, err := filepath.Glob("../../ledger/testdata/golden/entry_*.hex")
	if err != nil || len(files) < 40 {
		t.Fatalf("got %d files, %v; want the ledger's golden entries", len(files), err)
	}
	out := map[string]*ledger.Entry{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		e, err := ledger.UnmarshalEntry(raw)
		if err != nil || e.Kind > ledger.KindLast {
			continue // of a kind that only a newer build knows: the stream would park
		}
		out[filepath.Base(f)] = e
	}
	return out
}

// Whatever a field of an entry says, in a chain that is right, the machine stands and stands sound: a site's word stops no server.
func TestNoFieldOfAnEntryStopsTheMachine(t *testing.T) {
	b := shops(t)
	b.agrees()
	n, of, at := 0, 0, ""
	each := 8 // of the extremes one is told
	if os.Getenv("HOLDFAST_LONG") != "" {
		each = 1
	}
	all := goldenEntries(t)
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s: %v", at, p)
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		tell := func(path string) {
			if at, of = path, of+1; of%each != 0 {
				return
			}
			s, _ := b.m.Site("york")
			raw := func() (out []byte) {
				defer func() {
					if recover() != nil {
						out = nil // no book can write it
					}
				}()
				return stored(s, e)
			}()
			if raw != nil {
				b.m.Apply(machine.Marshal(next(s, raw)))
				n++
			}
		}
		tell(name)
		if body := reflect.ValueOf(e.Body); body.IsValid() {
			eachExtreme(name, body, tell)
		}
		if err := b.m.Check(); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
	}
	b.restarts()
	if s, _ := b.m.Site("york"); n < 1000 || s.Parked != "" || s.Broken != "" {
		t.Errorf("%d entries were told, and the stream is parked %q, broken %q: little was tried", n, s.Parked, s.Broken)
	}
}
