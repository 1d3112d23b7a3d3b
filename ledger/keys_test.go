package ledger_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// keysWindow is how many entries make a checkpoint due in the test below. Memory holds what came
// since the last one, four windows and a group at most.
const keysWindow = 512

// keysHeapMay is by how many bytes the heap may grow while keys and closed orders come by the
// hundred thousand: what it holds, at some 1,100 bytes for a key with its order, and half as much again.
const keysHeapMay = (4*keysWindow + 1000) * 1650

// keyed is the n-th sale of three lines under a key of its own, its id as a node draws it.
func keyed(t testing.TB, d *desk, n int, ids io.Reader) ledger.Request {
	t.Helper()
	p := threeLines(n)
	id, err := ledger.NewOrderID(d.world.Clock.Wall(), ids)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprint("key ", n)
	p.Order.ID, p.Meta.Key, p.Meta.Request = id, ledger.DigestOf([]byte(name)), ledger.DigestOf([]byte("of "+name))
	return p
}

func sellKeyed(t testing.TB, d *desk, from, to int) {
	t.Helper()
	ids := d.world.Random(fmt.Sprint("ids from ", from))
	for n := from; n < to; {
		d.world.Clock.Advance(36 * time.Second) // 100,000 an hour
		reqs := make([]ledger.Request, 0, 1000)
		for ; n < to && len(reqs) < cap(reqs); n++ {
			reqs = append(reqs, keyed(t, d, n, ids))
		}
		for _, out := range d.book.DoAll(context.Background(), reqs) {
			if out.Err != nil || out.Outcome.Err != nil {
				t.Fatalf("got %v, %v; want it sold", out.Err, out.Outcome.Err)
			}
		}
	}
}

// atRest waits until no checkpoint is being written: what it reads and writes of the index is in
// memory too, some pages for each key.
func atRest(t testing.TB, d *desk) {
	t.Helper()
	for began := time.Now(); !d.book.Landed(); runtime.Gosched() {
		if time.Since(began) > time.Minute {
			t.Fatal("not within a minute: the checkpoint lands")
		}
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first leaves what finalisers hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryFollowsNoKeysAndNoClosedOrders sells 50,000 orders under as many keys, or 500,000 with
// HOLDFAST_LONG=1, and says what each takes on the disk.
func TestMemoryFollowsNoKeysAndNoClosedOrders(t *testing.T) {
	if testing.Short() {
		t.Skip("sells tens of thousands of orders")
	}
	keys := 50_000
	if os.Getenv("HOLDFAST_LONG") == "1" {
		keys = 500_000
	}
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = keysWindow })
	for i := range 100 {
		d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
	}
	sellKeyed(t, d, 0, keys/10)
	atRest(t, d)
	few := heapInUse()
	sellKeyed(t, d, keys/10, keys)
	writing := heapInUse()
	atRest(t, d)
	many := heapInUse()
	if many-few > keysHeapMay {
		t.Errorf("got %d bytes of heap after %d keys and %d after %d, want at most %d more", few, keys/10, many, keys, keysHeapMay)
	}
	d.reopen()
	opened := heapInUse()
	if opened-few > keysHeapMay {
		t.Errorf("got %d bytes of heap when %d keys were opened again, want at most %d more than %d", opened, keys, keysHeapMay, few)
	}
	for n := 0; n < keys; n += keys / 50 {
		if out := d.must(keyed(t, d, n, d.world.Random("other ids"))); !out.Replayed {
			t.Errorf("key %d again: got %+v, want its first answer", n, out)
		}
	}
	d.close()
	t.Logf("heap: %d bytes after %d keys, %d after %d, %d opened again; %d a moment after the last answer", few, keys/10, many, keys, opened, writing)
	sayDisk(t, d.cfg.Dir, keys)
	d.open()
}

// sayDisk logs what a key and its order take on the disk.
func sayDisk(t *testing.T, dir string, keys int) {
	t.Helper()
	total := 0
	for _, f := range journal(t, dir) {
		total += len(f)
	}
	t.Logf("journal: %d bytes a key with its order", total/keys)
	db, err := bbolt.Open(filepath.Join(dir, ledger.BookFile), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error {
		for _, name := range []string{"keys", "orders", "levels"} {
			s := tx.Bucket([]byte(name)).Stats()
			t.Logf("index, %s: %d records, %d bytes of pages a key", name, s.KeyN, (s.LeafAlloc+s.BranchAlloc)/keys)
		}
		t.Logf("index: %d bytes of file a key", tx.Size()/int64(keys))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestKeysThatNoCheckpointTakesAreFoundInTheHeap is the control: while a checkpoint hangs, memory
// keeps what came since, and the bound above is passed.
func TestKeysThatNoCheckpointTakesAreFoundInTheHeap(t *testing.T) {
	if testing.Short() {
		t.Skip("sells tens of thousands of orders")
	}
	const keys = 45_000 // the writer would wait at 65,536 changed records, two for each
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 1 << 30 })
	for i := range 100 {
		d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
	}
	letGo := make(chan struct{})
	defer close(letGo)
	d.world.Disk.Slow(func(act ledger.Act) {
		if act == ledger.ActCheckpoint {
			<-letGo
		}
	})
	few := heapInUse()
	sellKeyed(t, d, 0, keys/2)
	if more := heapInUse() - few; more <= keysHeapMay {
		t.Errorf("got %d bytes of heap more while a checkpoint hangs, want more than %d", more, keysHeapMay)
	} else {
		t.Logf("%d keys that no checkpoint has taken: %d bytes of heap, %d each", keys/2, more, more/(keys/2))
	}
}
