package journal_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// older gives a folder with a store that the build before the stories of lots has written: of leeds and york, each with a lot that was received and held.
func older(t *testing.T) (dir string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", "before_lots.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	raw, err := io.ReadAll(io.LimitReader(r, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, journal.File), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tells gives the story of lot A of MILK in a store.
func tells(t *testing.T, s *journal.Store) string {
	t.Helper()
	var out []string
	if err := s.EachLotRow("MILK", "A", func(site ledger.SiteID, r *ledger.LotRow) error {
		out = append(out, fmt.Sprintf("%s/%d %s", site, r.Seq, r.Kind))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

const olderTells = "leeds/3 receipt; leeds/4 lot_held; york/3 receipt; york/4 lot_held"

// A store that is older than the stories of lots is whole: an audit finds no fault with it, and whoever opens it has them all, for a recall goes by them.
func TestAStoreOfABuildBeforeTheStoriesOfLotsIsWholeAndTellsThem(t *testing.T) {
	w, dir := testworld.New(1), older(t)
	audit := func() {
		t.Helper()
		if reports, err := journal.Audit(w.Env(), dir, nil); err != nil || len(reports) != 2 {
			t.Fatalf("got %d sites and %v, want two and no fault", len(reports), err)
		}
	}
	audit()
	b := open(t, w, dir, journal.Options{})
	if got := tells(t, b.Store); got != olderTells {
		t.Errorf("got %s, want %s", got, olderTells)
	}
	b.Close()
	audit()
	// From here on the stories are whole, and one that is missing is missed.
	change(t, dir, func(tx *bolt.Tx) error {
		rows := tx.Bucket([]byte("lots"))
		k, _ := rows.Cursor().First()
		return rows.Delete(k)
	})
	if _, err := journal.Audit(w.Env(), dir, nil); err == nil || !strings.Contains(err.Error(), "entry 3 of leeds: it is not in the story of its lot: lot A of MILK") {
		t.Errorf("a row is gone: got %v", err)
	}
}

// What an older build has told of some frames, or told otherwise, is no fault until the stories were made anew; what no entry tells, and what is torn, is.
func TestWhatAnOlderBuildToldOfLotsIsMadeAnewAndNothingElseIsLetPass(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(rows *bolt.Bucket, key, value []byte) error
		want  string
	}{
		"some frames were told": {func(rows *bolt.Bucket, key, _ []byte) error { return rows.Delete(key) }, ""},
		"a row is torn": {func(rows *bolt.Bucket, key, value []byte) error {
			return rows.Put(key, append(value[:len(value)-1:len(value)-1], value[len(value)-1]^1))
		}, "the story of its lot says something else"},
		"nobody told it": {func(rows *bolt.Bucket, key, value []byte) error {
			return rows.Put(append(key[:len(key)-1:len(key)-1], 99), value)
		}, "entries tell"},
	} {
		t.Run(name, func(t *testing.T) {
			w, dir := testworld.New(1), older(t)
			open(t, w, dir, journal.Options{}).Close()
			change(t, dir, func(tx *bolt.Tx) error {
				rows := tx.Bucket([]byte("lots"))
				k, v := rows.Cursor().First()
				return errors.Join(tx.DeleteBucket([]byte("lots told")), c.spoil(rows, append([]byte(nil), k...), append([]byte(nil), v...)))
			})
			_, err := journal.Audit(w.Env(), dir, nil)
			if got := err != nil; got != (c.want != "") || got && !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if c.want != "" {
				return
			}
			b := open(t, w, dir, journal.Options{})
			if got := tells(t, b.Store); got != olderTells {
				t.Errorf("opened: got %s, want %s", got, olderTells)
			}
			b.Close()
			if _, err := journal.Audit(w.Env(), dir, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A disk that fails while the stories are made leaves the store as it was, and the next start makes them. A damaged frame stops no start.
func TestTheStoriesOfLotsAreMadeAfterAStartThatFailed(t *testing.T) {
	w, dir := testworld.New(1), older(t)
	broken := errors.New("the disk is gone")
	w.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == journal.ActCommit {
			return broken
		}
		return nil
	})
	if s, err := journal.Open(w.Env(), filepath.Join(dir, journal.File), journal.Options{MapSize: 1 << 20}); !errors.Is(err, broken) {
		if err == nil {
			s.Close()
		}
		t.Fatalf("got %v, want the disk's fault", err)
	}
	w.Disk.Fail(nil)
	change(t, dir, func(tx *bolt.Tx) error {
		frames := tx.Bucket([]byte("frames")).Bucket([]byte("york"))
		k, v := frames.Cursor().Last()
		return frames.Put(append([]byte(nil), k...), append(append([]byte(nil), v[:len(v)-1]...), v[len(v)-1]^1))
	})
	b := open(t, w, dir, journal.Options{})
	defer b.Close()
	if got, want := tells(t, b.Store), "leeds/3 receipt; leeds/4 lot_held; york/3 receipt"; got != want {
		t.Errorf("got %s, want %s: all but what the damaged frame says", got, want)
	}
}

// change writes into the file while nobody has it open.
func change(t *testing.T, dir string, f func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, journal.File), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// The stories are made site by site, and a start that fails between two of them says how far it was: the next goes on there and reads nothing
// twice. What a build by other rules has marked is not gone by.
func TestTheStoriesOfLotsGoOnWhereAStartWasCutShort(t *testing.T) {
	w, dir := testworld.New(1), older(t)
	broken, commits := errors.New("the disk is gone"), 0
	w.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == journal.ActCommit {
			if commits++; commits == 2 {
				return broken
			}
		}
		return nil
	})
	var heard []journal.Telling
	opts := journal.Options{MapSize: 1 << 20, Told: func(at journal.Telling) { heard = append(heard, at) }}
	if s, err := journal.Open(w.Env(), filepath.Join(dir, journal.File), opts); !errors.Is(err, broken) {
		if err == nil {
			s.Close()
		}
		t.Fatalf("got %v, want the disk's fault", err)
	}
	w.Disk.Fail(nil)
	if len(heard) != 1 || heard[0].Site != "leeds" || heard[0].End < 4 || heard[0].Next != heard[0].End+1 {
		t.Errorf("got %+v told, want leeds, to its end", heard)
	}
	if reports, err := journal.Audit(w.Env(), dir, nil); err != nil || len(reports) != 2 {
		t.Errorf("in between: got %d sites and %v, want two and no fault", len(reports), err)
	}
	var gone, value []byte
	change(t, dir, func(tx *bolt.Tx) error { // so that whoever reads leeds again shows it
		rows := tx.Bucket([]byte("lots"))
		k, v := rows.Cursor().First()
		gone, value = append([]byte(nil), k...), append([]byte(nil), v...)
		return rows.Delete(k)
	})
	b := open(t, w, dir, opts)
	if got, want := tells(t, b.Store), "leeds/4 lot_held; york/3 receipt; york/4 lot_held"; got != want {
		t.Errorf("got %s, want %s: york's made, and leeds' not again", got, want)
	}
	b.Close()
	if len(heard) != 3 || heard[1].Site != "leeds" || heard[2].Site != "york" {
		t.Errorf("got %+v told, want leeds looked at behind its end, and york", heard)
	}
	change(t, dir, func(tx *bolt.Tx) error {
		marks := tx.Bucket([]byte("lots told"))
		if n := marks.Stats().KeyN; n != 1 {
			t.Errorf("got %d marks once all is told, want the rules alone", n)
		}
		return errors.Join(marks.Delete([]byte("rules")), marks.Put([]byte("from/leeds"), []byte{99, 0, 0, 0, 0, 0, 0, 0, 9}))
	})
	b = open(t, w, dir, opts)
	if got := tells(t, b.Store); got != olderTells {
		t.Errorf("marked by other rules: got %s, want %s", got, olderTells)
	}
	b.Close()
	change(t, dir, func(tx *bolt.Tx) error {
		if got := tx.Bucket([]byte("lots")).Get(gone); string(got) != string(value) {
			t.Errorf("got the row made anew as %x, want %x", got, value)
		}
		return nil
	})
	if _, err := journal.Audit(w.Env(), dir, nil); err != nil {
		t.Error(err)
	}
}
