package machine // white-box: pages do not show in what is exported

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

func numbered(n int) ledger.OrderID {
	return ledger.OrderID(fmt.Sprintf("0190%04x-%04x-7000-8000-%012x", n>>16&0xffff, n&0xffff, n))
}

// rowsOf lists all rows, and says whether they come in slices of the given length but for the last.
func rowsOf(t *rapid.T, of *ownerPages, length int) []Owned {
	var all []Owned
	short := false
	for rows := range of.chunks(length) {
		if short || len(rows) > length || len(rows) == 0 {
			t.Fatalf("got a slice of %d rows behind a shorter one, want %d", len(rows), length)
		}
		short = len(rows) < length
		all = append(all, rows...)
	}
	return all
}

func sameRows(t *rapid.T, what string, of *ownerPages, want map[ledger.OrderID]Owned) {
	got := rowsOf(t, of, 7)
	var rows []Owned
	for _, id := range slices.Sorted(maps.Keys(want)) {
		rows = append(rows, want[id])
	}
	if of.Len() != len(rows) || !slices.Equal(got, rows) {
		t.Fatalf("%s: got %d rows, %d of them listed, want the model's %d", what, of.Len(), len(got), len(rows))
	}
}

func TestOwnersAgreeWithAPlainMap(t *testing.T) {
	type pair struct {
		of   *ownerPages
		want map[ledger.OrderID]Owned
	}
	rapid.Check(t, func(t *rapid.T) {
		all, model := newOwners(), map[ledger.OrderID]Owned{}
		var kept []pair
		put := func(n int) {
			o := Owned{Order: numbered(n), Owner: ledger.SiteID(fmt.Sprint("site-", n%5)), Seq: ledger.Seq(n) << 20}
			all.put(o)
			model[o.Order] = o
		}
		t.Repeat(map[string]func(*rapid.T){
			"new ones": func(t *rapid.T) {
				from := rapid.IntRange(0, 50_000).Draw(t, "from")
				for n := range rapid.IntRange(1, 700).Draw(t, "count") {
					put(from + n)
				}
				all.commit()
			},
			"old ones again": func(t *rapid.T) {
				put(rapid.IntRange(0, 50_000).Draw(t, "n"))
				all.commit()
			},
			"one that does not land": func(t *rapid.T) {
				n := rapid.IntRange(50_001, 60_000).Draw(t, "n")
				all.put(Owned{Order: numbered(n), Owner: "york", Seq: 1})
				if _, _, ok := all.get(numbered(n)); !ok {
					t.Fatal("a staged row is not seen by its own command")
				}
				all.drop()
			},
			"snapshot": func(*rapid.T) {
				if len(kept) < 3 {
					kept = append(kept, pair{all.Snapshot(), maps.Clone(model)})
				}
			},
		})
		sameRows(t, "the rows", &all.ownerPages, model)
		for _, p := range kept {
			sameRows(t, "a snapshot", p.of, p.want)
		}
		for n := 0; n < 60_000; n += 41 {
			want, had := model[numbered(n)]
			if owner, seq, ok := all.get(numbered(n)); ok != had || owner != want.Owner || seq != want.Seq {
				t.Fatalf("%s: got %s %d %t, want %+v", numbered(n), owner, seq, ok, want)
			}
		}
	})
}

func TestOnlyAnIDHasARow(t *testing.T) {
	all := newOwners()
	all.put(Owned{Order: "00000000-0000-0000-0000-000000000000", Owner: "leeds", Seq: 1})
	all.commit()
	for _, bad := range []ledger.OrderID{"", "------------------------------------", "0190ABCD-0000-7000-8000-000000000000"} {
		if owner, seq, ok := all.get(bad); ok {
			t.Errorf("%q: got entry %d of %s, want no row", bad, seq, owner)
		}
	}
}

// Most of a million ids are new; one in ten comes late, from a site that was cut off.
func TestAMillionOwnersTakeLessThan50MB(t *testing.T) {
	all := newOwners()
	for n := range 1_000_000 {
		at := 2 * n
		if n%10 == 0 {
			at = max(0, at-40_001)
		}
		all.put(Owned{Order: numbered(at), Owner: "leeds", Seq: ledger.Seq(n)})
		all.commit()
	}
	const pageBytes = 8 << 10
	if got := len(all.pages) * pageBytes; got > 50<<20 || all.Len() < 990_000 {
		t.Errorf("got %d rows in %d MiB of pages, want a million in at most 50", all.Len(), got>>20)
	} else {
		t.Logf("%d rows in %d MiB", all.Len(), got>>20)
	}
}
