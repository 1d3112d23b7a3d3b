package backup_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
)

var update = flag.Bool("update", false, "write golden files anew")

type part struct {
	name  string
	bytes []byte
}

func header() backup.Header {
	return backup.Header{Kind: backup.KindNode, Name: "leeds", At: time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC), Head: "leeds/1/7/00", Seq: 7}
}

func written(t testing.TB, parts ...part) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, header())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if err := w.Part(p.name); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(p.bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(from io.Reader) (h backup.Header, parts []part, err error) {
	r, err := backup.NewReader(from)
	if err != nil {
		return h, nil, err
	}
	for {
		name, err := r.Next()
		if err == io.EOF {
			return r.Header(), parts, nil
		}
		if err != nil {
			return r.Header(), parts, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return r.Header(), parts, err
		}
		parts = append(parts, part{name, b})
	}
}

func samples() []part {
	large := make([]byte, 700<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range large {
		large[i] = byte(r.Uint32()) // nothing to deflate
	}
	return []part{{"book/index", large}, {"book/empty", nil}, {"book/journal", bytes.Repeat([]byte("entry "), 100_000)}, {"token/owner", []byte("hf_1\n")}}
}

func TestWhatWasBackedUpIsRead(t *testing.T) {
	want := samples()
	h, got, err := read(bytes.NewReader(written(t, want...)))
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %d parts, %v, want %d", len(got), err, len(want))
	}
	for i := range want {
		if got[i].name != want[i].name || !bytes.Equal(got[i].bytes, want[i].bytes) {
			t.Errorf("got part %d %s of %d bytes, want %s of %d", i, got[i].name, len(got[i].bytes), want[i].name, len(want[i].bytes))
		}
	}
	if h.Name != "leeds" || h.Version != backup.Version {
		t.Errorf("got header %+v", h)
	}
}

func TestAPartThatNobodyReadsIsCheckedAllTheSame(t *testing.T) {
	whole := written(t, samples()...)
	skip := func(b []byte) error {
		r, err := backup.NewReader(bytes.NewReader(b))
		for err == nil {
			_, err = r.Next()
		}
		return err
	}
	if err := skip(whole); err != io.EOF {
		t.Fatalf("got %v, want the end", err)
	}
	whole[len(whole)/2] ^= 1
	if err := skip(whole); !errors.Is(err, backup.ErrDamaged) {
		t.Fatalf("got %v, want damage", err)
	}
}

func TestABackupCutShortAnywhereIsNoBackup(t *testing.T) {
	whole := written(t, part{"book/index", []byte("index")}, part{"book/journal", []byte("journal")})
	for n := range whole {
		if _, _, err := read(bytes.NewReader(whole[:n])); !errors.Is(err, backup.ErrCut) && (n > 0 || !errors.Is(err, backup.ErrNotOne)) {
			t.Fatalf("cut to %d of %d bytes: got %v, want cut", n, len(whole), err)
		}
	}
	if _, _, err := read(bytes.NewReader(append(whole, 0))); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("with a byte behind its end: got %v, want damage", err)
	}
}

func TestAFlippedBitAnywhereIsFound(t *testing.T) {
	whole := written(t, part{"book/index", []byte("index")}, part{"book/journal", []byte("journal")})
	for i := range whole {
		for bit := range 8 {
			harmed := bytes.Clone(whole)
			harmed[i] ^= 1 << bit
			if _, _, err := read(bytes.NewReader(harmed)); err == nil {
				t.Fatalf("bit %d of byte %d flipped: it was read as whole", bit, i)
			}
		}
	}
}

func TestRecordsThatWereMovedOrLeftOutAreFound(t *testing.T) {
	short := written(t, part{"a", []byte("1")})
	long := written(t, part{"a", []byte("1")}, part{"b", []byte("2")})
	end := 1 + 4 + 44 + 4 // of the last record
	spliced := append(bytes.Clone(long[:len(long)-end]), short[len(short)-end:]...)
	if _, _, err := read(bytes.NewReader(spliced)); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("got %v, want damage", err)
	}
}

func TestANewerBackupIsLeftAlone(t *testing.T) {
	whole := written(t, part{"a", nil})
	newer := bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":9`), 1)
	if _, _, err := read(bytes.NewReader(newer)); !errors.Is(err, backup.ErrDamaged) {
		t.Fatalf("with its checksum broken: got %v", err)
	}
	var out bytes.Buffer
	if _, err := backup.NewWriter(&out, backup.Header{Kind: "till"}); !errors.Is(err, backup.ErrNewer) {
		t.Errorf("a kind that this build does not know: got %v", err)
	}
}

func TestNoPartLeadsOutOfItsFolder(t *testing.T) {
	w, err := backup.NewWriter(io.Discard, header())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "/etc/passwd", "a/../b", "..", "a//b", "a/", `a\b`, "a\x00b", "\xff", strings.Repeat("a", 201)} {
		if w.Part(name) == nil {
			t.Errorf("a part may be called %q", name)
		}
	}
}

func TestAFullDiskEndsABackup(t *testing.T) {
	errFull := errors.New("full")
	for room := range 300 {
		w, err := backup.NewWriter(&limited{room, errFull}, header())
		if err == nil {
			err = w.Part("a")
		}
		if err == nil {
			_, err = w.Write([]byte("bytes"))
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil && !errors.Is(err, errFull) {
			t.Fatalf("room for %d bytes: got %v", room, err)
		}
		if err == nil && room < 200 {
			t.Fatalf("room for %d bytes was enough", room)
		}
	}
}

type limited struct {
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.room {
		return 0, l.err
	}
	l.room -= len(p)
	return len(p), nil
}

// The file that the first build wrote is read for ever. How it is deflated is not promised.
func TestTheFirstBackupIsStillRead(t *testing.T) {
	path := filepath.Join("testdata", "backup_v1.hex")
	want := []part{{"book/index", []byte("index index index")}, {"book/journal", []byte("journal")}}
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(written(t, want...))+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	h, got, err := read(bytes.NewReader(raw))
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	if h != (backup.Header{Version: 1, Kind: "node", Name: "leeds", At: header().At, Head: "leeds/1/7/00", Seq: 7}) {
		t.Errorf("got header %+v", h)
	}
}

func FuzzReader(f *testing.F) {
	whole := written(f, part{"book/index", []byte("index")}, part{"b", bytes.Repeat([]byte("x"), 2000)})
	f.Add(whole)
	f.Add(whole[:len(whole)-20])
	f.Add([]byte("HOLDFAST BACKUP\nH\xff\xff\xff\xff"))
	exported, err := os.ReadFile("../transcript/testdata/journal.01.hex")
	if err != nil {
		f.Fatal(err)
	}
	if exported, err = hex.DecodeString(strings.TrimSpace(string(exported))); err != nil {
		f.Fatal(err)
	}
	f.Add(exported)
	f.Fuzz(func(t *testing.T, raw []byte) {
		// The other file that comes from elsewhere: a journal's export. Whatever was done to it, it is not passed as another.
		if r, err := transcript.Check(bytes.NewReader(raw), nil, nil); err == nil && len(r.Faults) == 0 && r.Header.First == 1 && !r.Folded {
			t.Fatalf("a sound journal that was not folded: %+v", r)
		}
		_, parts, err := read(bytes.NewReader(raw))
		if err != nil && !errors.Is(err, backup.ErrCut) && !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrNotOne) && !errors.Is(err, backup.ErrNewer) {
			t.Fatalf("an error without a name: %v", err)
		}
		for _, p := range parts {
			if strings.Contains("/"+p.name+"/", "/../") {
				t.Fatalf("a part leads out of its folder: %q", p.name)
			}
		}
	})
}
