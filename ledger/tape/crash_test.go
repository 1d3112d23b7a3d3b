package tape_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// A moment is the folder as it stood just before an act, and what had been answered by then.
// All that the acts before it wrote is synced, but for what one act writes and the next syncs.
type moment struct {
	act      tape.Act
	files    map[string][]byte
	answered int // records
}

// record plays the appends and keeps every moment on the way.
func (w *world) record(t testing.TB, sizes []int, play func(p *tape.Tape, size int)) (moments []moment) {
	t.Helper()
	p, err := tape.Open(w.config(), w.env(), 0)
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	keep := func(act tape.Act, _ string) error {
		if act != callRename && act != callOpen && act != callRead { // what lies between a name's sync and its rename is the act's own
			moments = append(moments, moment{act, contents(t, w.dir), answered})
		}
		return nil
	}
	w.mu.Lock()
	w.fail = keep
	w.mu.Unlock()
	for _, size := range sizes {
		play(p, size)
		answered++
	}
	_ = keep("end", "")
	w.failAlways("", nil)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return moments
}

// cut is what a power cut between two moments can leave: each sector that differs as it was, as
// it is, or torn between; files made or renamed meanwhile under their old name or their new.
func cut(r *rand.Rand, from, to moment) map[string][]byte {
	if len(from.files) != len(to.files) || !sameNames(from.files, to.files) {
		if r.IntN(2) == 0 {
			return to.files
		}
		return from.files
	}
	left := map[string][]byte{}
	for name, old := range from.files {
		left[name] = mix(r, old, to.files[name])
	}
	return left
}

func sameNames(a, b map[string][]byte) bool {
	return maps.EqualFunc(a, b, func([]byte, []byte) bool { return true })
}

func mix(r *rand.Rand, old, changed []byte) []byte {
	const sector = 512
	if len(old) != len(changed) || bytes.Equal(old, changed) {
		return changed
	}
	b := bytes.Clone(old)
	style := r.IntN(4) // now and then all of it, or most
	for at := 0; at < len(b); at += sector {
		end := min(at+sector, len(b))
		switch pick := r.IntN(4); {
		case style == 0 || pick < style:
			copy(b[at:end], changed[at:end])
		case pick == 3:
			copy(b[at:at+r.IntN(end-at)], changed[at:end])
		}
	}
	return b
}

func restore(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name := range contents(t, dir) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPowerCutAtAnyMomentLeavesAllThatWasAnsweredAndNothingHalf(t *testing.T) {
	const cases = 4000 // a second and a half, for the folder is in memory
	r := newRand(5)
	seen := map[string]int{}
	for done := 0; done < cases; {
		w := newWorld(t)
		w.sizeMin, w.sizeMax = 12<<10, 24<<10
		p := w.create(t, 1)
		all := fill(t, p, r.IntN(12), 700)
		shut(t, p)
		if r.IntN(3) == 0 {
			tear(t, w, 1+r.IntN(900))
		}
		before := len(all)
		sizes := make([]int, 12)
		for i := range sizes {
			sizes[i] = 1 + r.IntN([]int{100, 3000, 14000}[r.IntN(3)])
		}
		moments := w.record(t, sizes, func(p *tape.Tape, size int) { all = append(all, fill(t, p, 1, size)...) })
		for range 200 {
			i := r.IntN(len(moments) - 1)
			restore(t, w.dir, cut(r, moments[i], moments[i+1]))
			got, err := reopened(w, all, before+moments[i].answered)
			if err != nil {
				t.Fatalf("case %d, power cut in %q: %v", done, moments[i].act, err)
			}
			seen[fmt.Sprint(moments[i].act, " ", got)]++
			done++
		}
	}
	for _, want := range []string{"write record unsure", "write record answered", "write record torn", "mend tape's end torn",
		"roll segment answered", "sync tape directory answered", "write segment footer answered", "prewrite segment answered"} {
		if seen[want] == 0 {
			t.Errorf("no case of %q among %v", want, seen)
		}
	}
}

// reopened says what opening found after a cut: all that was answered; with it the one record
// that was under way (unsure); or its remains (torn). Then it goes on writing, cuts the power
// once more with all synced, and looks again.
func reopened(w *world, all []tape.Record, answered int) (found string, err error) {
	var after uint64
	if answered > 0 {
		after = all[answered/2].First - 1
	}
	p, err := tape.Open(w.config(), w.env(), after)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	found = "answered"
	if _, torn := p.Torn(); torn {
		found = "torn"
	}
	want := all[:answered]
	if answered < len(all) && p.Last() == all[answered].Last() {
		found, want = "unsure", all[:answered+1]
	}
	got, err := walk(p, 0)
	if err = errors.Join(err, same(got, want)); err != nil {
		return "", err
	}
	next := tape.Record{First: p.Last() + 1, Count: 1, Bytes: []byte("shorter than what was torn")}
	if err := p.Append(next.First, next.Count, next.Bytes); err != nil {
		return "", err
	}
	again, err := tape.OpenReadOnly(w.config(), w.env())
	if err != nil {
		return "", err
	}
	if _, torn := again.Torn(); torn {
		err = errors.New("an append has left remains behind it")
	}
	got, walked := walk(again, 0)
	want = append(want[:len(want):len(want)], next)
	return found, errors.Join(err, walked, same(got, want), again.Close())
}
