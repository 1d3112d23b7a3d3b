package runs_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

var update = flag.Bool("update", false, "write the golden file of a run anew")

const goldenRun = "testdata/golden/run.01.hex"

// hexed is b with its long runs of zeros in words.
func hexed(b []byte) string {
	var text bytes.Buffer
	zeros := 0
	for at := 0; at <= len(b); at += 32 {
		line := b[at:min(at+32, len(b))]
		if len(line) == 32 && bytes.Equal(line, make([]byte, 32)) {
			zeros += 32
			continue
		}
		if zeros > 0 {
			fmt.Fprintf(&text, "zeros %d\n", zeros)
			zeros = 0
		}
		if len(line) > 0 {
			fmt.Fprintf(&text, "%x\n", line)
		}
	}
	return text.String()
}

func unhexed(t testing.TB, text []byte) (b []byte) {
	t.Helper()
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		var zeros int
		if _, err := fmt.Sscanf(string(line), "zeros %d", &zeros); err == nil {
			b = append(b, make([]byte, zeros)...)
			continue
		}
		part, err := hex.DecodeString(string(line))
		must(t, err)
		b = append(b, part...)
	}
	return b
}

// sample is a run of 300 rows, in two pages, and the list that names it.
func sample(t testing.TB, w *world) []byte {
	t.Helper()
	s := w.open(t)
	must(t, w.add(s, rowsOf(0, 300, func(n int) uint64 { return uint64(n * n) })))
	must(t, s.Close())
	return contents(t, w.dir)["0000000000000001.run"]
}

func TestARunIsOnDiskAsItWasInTheFirstVersion(t *testing.T) {
	w := newWorld(t)
	got := sample(t, w)
	if *update {
		must(t, os.MkdirAll(filepath.Dir(goldenRun), 0o755))
		must(t, os.WriteFile(goldenRun, []byte(hexed(got)), 0o644))
	}
	text, err := os.ReadFile(goldenRun)
	must(t, err)
	golden := unhexed(t, text)
	if !bytes.Equal(got, golden) {
		t.Errorf("got a run that differs from %s, want the same bytes", goldenRun)
	}
	restore(t, w.dir, map[string][]byte{"0000000000000001.run": golden})
	want := map[runs.Name]uint64{}
	for n := 1; n < 300; n++ {
		want[name(n)] = uint64(n * n)
	}
	must(t, holds(w.open(t), want, name(0)))
}

func TestANewerRunIsRefusedByItsVersion(t *testing.T) {
	w := newWorld(t)
	b := sample(t, w)
	b[len(b)-runs.PageSize+16]++
	must(t, os.WriteFile(filepath.Join(w.dir, "0000000000000001.run"), runs.SealAll(b), 0o600))
	if _, err := runs.Open(w.config(), w.env(), w.list); err == nil || !bytes.Contains([]byte(err.Error()), []byte("format version 2")) {
		t.Errorf("got %v, want the version named", err)
	}
}

func FuzzFooter(f *testing.F) {
	b := sample(f, newWorld(f))
	f.Add(b[len(b)-runs.PageSize:], int64(len(b)))
	f.Add([]byte("short"), int64(4096))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		for _, b := range [][]byte{b, runs.SealFooter(b, size)} {
			foot, err := runs.DecodeFooter(b, size)
			if err != nil {
				continue
			}
			again, err := runs.DecodeFooter(runs.EncodeFooter(foot), size)
			if foot, again = runs.WithoutSum(foot), runs.WithoutSum(again); err != nil || !reflect.DeepEqual(foot, again) {
				t.Fatalf("got %+v, %v after writing it again; want %+v", again, err, foot)
			}
		}
	})
}

// FuzzRun reads a run of anything, also with the checksums put right: no read may panic or loop.
func FuzzRun(f *testing.F) {
	w := newWorld(f)
	b := sample(f, w)
	f.Add(b, uint32(0))
	f.Add(b[runs.PageSize:], uint32(7))
	f.Fuzz(func(t *testing.T, b []byte, flip uint32) {
		if len(b) < runs.PageSize || len(b) > 64<<10 {
			return
		}
		b = bytes.Clone(b)
		b[int(flip)%len(b)] ^= byte(flip >> 24)
		for _, b := range [][]byte{b, runs.SealAll(b)} {
			must(t, os.WriteFile(filepath.Join(w.dir, "0000000000000001.run"), b, 0o600))
			list := w.list
			if foot, err := runs.DecodeFooter(b[len(b)-runs.PageSize:], int64(len(b))); err == nil {
				list = runs.ListOf(foot)
			}
			s, err := runs.OpenReadOnly(w.config(), w.env(), list)
			if err != nil {
				continue
			}
			v := s.View()
			_ = v.Check()
			for n := range 3 {
				id := name(n)
				_, _, _ = v.Find(id)
				_, _ = walk(v, &id, n == 1)
			}
			v.Close()
			must(t, s.Close())
		}
	})
}
