package tape_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// harm damages one file at a random place, and says where.
func harm(r *rand.Rand, files map[string][]byte, name string) (kind string, at int) {
	b := bytes.Clone(files[name])
	at = r.IntN(len(b))
	switch r.IntN(3) {
	case 0:
		kind, b = "cut", b[:at]
	case 1:
		kind = "page"
		at &^= 4095
		for i := at; i < at+4096; i++ {
			b[i] = byte(r.Uint32())
		}
	case 2:
		kind = "bit"
		b[at] ^= 1 << r.IntN(8)
	}
	files[name] = b
	return kind, at
}

// A book's owner holds the last answered number elsewhere, in the witness. So the tape may end
// early where its very end was hit; it may not have a hole, nor give other bytes.
func TestDamageAnywhereIsRefusedOrMissingAtTheEndAlone(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	r := newRand(9)
	var all []tape.Record
	for len(files(t, w.dir)) < 5 || p.Room() > 8<<10 {
		all = append(all, fill(t, p, 1, 1+r.IntN([]int{200, 6000}[r.IntN(2)]))...)
	}
	shut(t, p)
	whole := contents(t, w.dir)
	names := []string{}
	for _, path := range files(t, w.dir) {
		names = append(names, filepath.Base(path))
	}
	outcomes := map[string]int{}
	for n := range 1500 {
		damaged := map[string][]byte{}
		for name, b := range whole {
			damaged[name] = b
		}
		name := names[r.IntN(len(names))]
		if r.IntN(3) == 0 {
			name = names[len(names)-1] // where it hurts most
		}
		kind, at := harm(r, damaged, name)
		restore(t, w.dir, damaged)
		after := r.Uint64N(all[len(all)-1].Last() + 1)
		found, lost, err := judge(w, all, after)
		if err != nil {
			t.Fatalf("case %d, %s of %s at %d, opened after %d: %v", n, kind, name, at, after, err)
		}
		if lost > 0 {
			var size int64 // of those between the first lost and the last: one page has hit them all
			for _, r := range all[len(all)-lost:][1:max(lost-1, 1)] {
				size += tape.Cost(len(r.Bytes))
			}
			if name != names[len(names)-1] || size > 4096 || kind == "bit" && lost > 1 {
				t.Fatalf("case %d, %s of %s at %d: %d records are lost in silence", n, kind, name, at, lost)
			}
		}
		outcomes[found]++
	}
	for _, want := range []string{"whole", "open", "walk", "short"} {
		if outcomes[want] == 0 {
			t.Errorf("no case of %q among %v", want, outcomes)
		}
	}
}

// judge says how a damaged tape shows it: not at all ("whole": nothing that counts was hit),
// refused at "open", by a "walk", or ending "short" by so many records.
func judge(w *world, all []tape.Record, after uint64) (found string, lost int, err error) {
	p, err := tape.Open(w.config(), w.env(), after)
	if _, ok := errors.AsType[*tape.DamageError](err); ok {
		return "open", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	got, err := walk(p, 0)
	if _, ok := errors.AsType[*tape.DamageError](err); err != nil && !ok {
		return "", 0, err
	}
	if len(got) > len(all) {
		return "", 0, errors.New("there are more records than were written")
	}
	if err := same(got, all[:len(got)]); err != nil {
		return "", 0, err
	}
	for _, want := range all[:min(len(all), 40)] {
		got, err := p.Read(want.Last(), nil)
		if _, ok := errors.AsType[*tape.DamageError](err); ok {
			continue
		}
		if err = errors.Join(err, same([]tape.Record{got}, []tape.Record{want})); err != nil {
			return "", 0, err
		}
	}
	switch lost = len(all) - len(got); {
	case err != nil:
		return "walk", 0, nil
	case lost == 0:
		return "whole", 0, nil
	case p.Last() != got[len(got)-1].Last():
		return "", 0, errors.New("the walk ends before the last number, without a word")
	}
	next := tape.Record{First: p.Last() + 1, Count: 1, Bytes: []byte("next")}
	if err := p.Append(next.First, next.Count, next.Bytes); err != nil {
		return "", 0, err
	}
	more, err := walk(p, 0)
	return "short", lost, errors.Join(err, same(more, append(got, next)))
}

func TestWhatIsWrongIsNamedWithThePlaceAndAWayOut(t *testing.T) {
	change := func(t *testing.T, path string, at int64, b ...byte) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteAt(b, at)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		harm  func(t *testing.T, all []string)
		owner string
		after uint64
		file  int // index of the file that is named
		why   string
	}{
		"a segment is missing in the middle": {file: 1, why: "not the file before it",
			harm: func(t *testing.T, all []string) { remove(t, all[1]) }},
		"the beginning is missing": {file: 0, why: "the tape begins here", after: 10,
			harm: func(t *testing.T, all []string) { remove(t, all[0]) }},
		"the end is missing": {file: -2, why: "the tape ends here", after: 200,
			harm: func(t *testing.T, all []string) { remove(t, all[len(all)-1]) }},
		"another's tape": {owner: "york", why: `it is "leeds"'s, not "york"'s`},
		"a header": {file: 2, why: "header does not match",
			harm: func(t *testing.T, all []string) { change(t, all[2], 20, 9) }},
		"a stranger's file": {file: 2, why: "not a segment of a tape",
			harm: func(t *testing.T, all []string) { change(t, all[2], 0, 'x') }},
		"a file under another's name": {file: 0, why: "not at the one that it is named for",
			harm: func(t *testing.T, all []string) {
				if err := os.Rename(all[0], filepath.Join(filepath.Dir(all[0]), "00000000000000000002.tape")); err != nil {
					t.Fatal(err)
				}
			}},
		"a file cut off": {file: 1, why: "bytes of",
			harm: func(t *testing.T, all []string) { truncate(t, all[1], 9000) }},
		"a file cut off in its header": {file: -1, why: "header is cut off",
			harm: func(t *testing.T, all []string) { truncate(t, all[len(all)-1], 100) }},
		"a record before others": {file: 1, why: "does not check",
			harm: func(t *testing.T, all []string) { change(t, all[1], 5000, 1, 2, 3) }},
		"a record before others of the last file": {file: -1, why: "stands behind it",
			harm: func(t *testing.T, all []string) { change(t, all[len(all)-1], 4200, 1, 2, 3) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.create(t, 1)
			fill(t, p, 100, 1500)
			shut(t, p)
			if c.harm != nil {
				c.harm(t, files(t, w.dir))
			}
			cfg := w.config()
			if c.owner != "" {
				cfg.Owner = c.owner
			}
			p, err := tape.Open(cfg, w.env(), c.after)
			if err == nil {
				shut(t, p)
			}
			damage, ok := errors.AsType[*tape.DamageError](err)
			if !ok {
				t.Fatalf("open: %v, want a DamageError", err)
			}
			left := files(t, w.dir)
			at := c.file
			if at == -2 {
				at = -1
			}
			if want := left[(at+len(left))%len(left)]; damage.File != want {
				t.Errorf("names %s, want %s", damage.File, want)
			}
			if !strings.Contains(damage.Error(), c.why) || damage.Hint == "" || !strings.Contains(damage.Error(), damage.Hint) {
				t.Errorf("says %q, want %q and a hint", damage, c.why)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func TestALookupWithoutAFooterReadsTheHeaders(t *testing.T) {
	for name, spoil := range map[string]func(b []byte){
		"missing":          func(b []byte) { clear(b) },
		"damaged":          func(b []byte) { b[40] ^= 1 },
		"of a longer tape": func(b []byte) { b[16] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sizeMin, w.sizeMax = 512<<10, 512<<10
			p := w.create(t, 1)
			all := fill(t, p, 700, 1500)
			shut(t, p)
			path := files(t, w.dir)[0]
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.LastIndex(b, []byte("tapefoot"))
			if at < 0 {
				t.Fatal("a sealed segment has no footer")
			}
			spoil(b[at:])
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			holds(t, w.open(t, 0), all)
		})
	}
}

func TestADamagedRecordOfAnOpenTapeIsNeverServed(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 40, 1500)
	path := files(t, w.dir)[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[4096+tape.Cost(1500)+700] ^= 4
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, read := p.Read(all[1].First, nil)
	got, walked := walk(p, 0)
	for _, err := range []error{read, walked} {
		damage, ok := errors.AsType[*tape.DamageError](err)
		if !ok || damage.File != path || damage.Number != all[1].First || damage.Offset != 4096+tape.Cost(1500) {
			t.Errorf("got %v, want the damage of number %d named", err, all[1].First)
		}
	}
	if len(got) != 1 {
		t.Errorf("the walk gave %d records before the damage, want 1", len(got))
	}
	rest := slices.Clone(all[2:])
	for _, want := range rest { // what is whole is still read
		got, err := p.Read(want.First, nil)
		if err = errors.Join(err, same([]tape.Record{got}, []tape.Record{want})); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileCutOffUnderAnOpenTapeIsDamage(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 60, 1500)
	truncate(t, files(t, w.dir)[0], 6000)
	_, read := p.Read(all[3].First, nil)
	_, walked := walk(p, 0)
	for _, err := range []error{read, walked} {
		if damage, ok := errors.AsType[*tape.DamageError](err); !ok || damage.Offset != 6000 {
			t.Errorf("got %v, want damage at byte 6000", err)
		}
	}
}

func TestANewerFormatIsRefusedWithAWordOnTheProgram(t *testing.T) {
	w := newWorld(t)
	shut(t, w.create(t, 1))
	path := files(t, w.dir)[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, tape.NewerHeader(b), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = tape.Open(w.config(), w.env(), 0)
	if damage, ok := errors.AsType[*tape.DamageError](err); !ok || !strings.Contains(err.Error(), "format version 3") || !strings.Contains(damage.Hint, "newer") {
		t.Errorf("open: %v, want version 3 and a newer program named", err)
	}
}
