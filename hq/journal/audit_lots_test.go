package journal_test

import (
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A recall goes by the stories of lots. An audit makes them anew, and misses a row that is gone, one that says something else, and one that nobody told.
func TestAnAuditHoldsTheStoriesOfLotsAgainstTheEntries(t *testing.T) {
	w := testworld.New(1)
	for name, c := range map[string]struct {
		spoil func(rows *bolt.Bucket, key, value []byte) error
		want  string
	}{
		"whole":         {func(*bolt.Bucket, []byte, []byte) error { return nil }, ""},
		"a row is gone": {func(rows *bolt.Bucket, key, _ []byte) error { return rows.Delete(key) }, "entry 3 of leeds: it is not in the story of its lot: lot A of MILK"},
		"a row is another's": {func(rows *bolt.Bucket, key, value []byte) error {
			return rows.Put(key, append(value[:len(value)-1:len(value)-1], 9))
		}, "the story of its lot says something else: lot A of MILK"},
		"nobody told it": {func(rows *bolt.Bucket, key, value []byte) error {
			return rows.Put(append(key[:len(key)-1:len(key)-1], 99), value)
		}, "lots: it has 4 rows, and entries tell 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, w, dir, journal.Options{}).run(t)
			b.take(t, lotted(t, "leeds")...)
			flush(t, b)
			if err := b.stop(); err != nil {
				t.Fatal(err)
			}
			b.Close()
			db, err := bolt.Open(filepath.Join(dir, journal.File), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(func(tx *bolt.Tx) error {
				rows := tx.Bucket([]byte("lots"))
				k, v := rows.Cursor().First()
				return c.spoil(rows, append([]byte(nil), k...), append([]byte(nil), v...))
			}); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			_, err = journal.Audit(w.Env(), dir, nil)
			if got := err != nil; got != (c.want != "") || got && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
