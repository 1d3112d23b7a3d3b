package mapped_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/mapped"
)

func bucket() []byte { return []byte("b") }

// filled is a file of n records of 4 KiB each, every one made of its own number.
func filled(t *testing.T, n int) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "f.db"), 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: got %v, want nil", err)
		}
	})
	put(t, db, 0, n)
	return db
}

func put(t testing.TB, db *bolt.DB, from, to int) {
	t.Helper()
	err := db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket())
		for i := from; i < to && err == nil; i++ {
			err = b.Put(key(i), record(i))
		}
		return err
	})
	if err != nil {
		t.Errorf("put %d to %d: got %v, want nil", from, to, err)
	}
}

func key(i int) []byte    { return binary.BigEndian.AppendUint64(nil, uint64(i)) }
func record(i int) []byte { return bytes.Repeat(key(i), 512) }

// readAll reads the first n records and says which is not what was put.
func readAll(db *bolt.DB, n int) error {
	return db.View(func(tx *bolt.Tx) error {
		for i := range n {
			if got := tx.Bucket(bucket()).Get(key(i)); !bytes.Equal(got, record(i)) {
				return fmt.Errorf("record %d: got %d bytes that are not its own", i, len(got))
			}
		}
		return nil
	})
}

// resident is how many bytes of the file are mapped into this process.
func resident(t *testing.T, path string) (size int) {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	in := false
	for line := range strings.Lines(string(raw)) {
		if strings.Contains(line, "-") && strings.Contains(line, " r") && !strings.HasPrefix(line, "VmFlags") {
			in = strings.HasSuffix(strings.TrimSpace(line), path)
		}
		var kb int
		if in && strings.HasPrefix(line, "Rss:") {
			if _, err := fmt.Sscanf(line, "Rss: %d kB", &kb); err != nil {
				t.Fatal(err)
			}
			size += kb << 10
		}
	}
	return size
}

func TestPagesThatWereReadAreHandedBackAndReadAgain(t *testing.T) {
	const records = 4096
	db := filled(t, records)
	for range 2 {
		if err := readAll(db, records); err != nil {
			t.Fatal(err)
		}
		before := resident(t, db.Path())
		if before < records*4096 {
			t.Fatalf("resident after reading all: got %d bytes, want at least %d", before, records*4096)
		}
		if err := mapped.Release(db); err != nil {
			t.Fatalf("release: got %v, want nil", err)
		}
		if after := resident(t, db.Path()); after > before/8 {
			t.Fatalf("resident after the release: got %d of %d bytes, want less than an eighth", after, before)
		}
	}
}

// The file grows out of its first mapping several times meanwhile, which is when an address goes stale.
func TestReleaseHarmsNeitherReadersNorAWriter(t *testing.T) {
	const first, last, step = 256, 8192, 64
	db := filled(t, first)
	var writer, others sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		for i := first; i < last; i += step {
			put(t, db, i, i+step)
		}
	})
	again := func(act func() error) {
		others.Go(func() {
			for {
				if err := act(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	again(func() error { return readAll(db, first) })
	again(func() error { return mapped.Release(db) })
	again(func() error { return mapped.Release(db) })
	writer.Wait()
	close(done)
	others.Wait()
	if err := readAll(db, last); err != nil {
		t.Fatal(err)
	}
}

func TestAClosedFileIsRefused(t *testing.T) {
	db := filled(t, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mapped.Release(db); err == nil {
		t.Fatal("release of a closed file: got nil, want an error")
	}
}
