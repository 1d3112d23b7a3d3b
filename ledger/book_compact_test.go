package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// emptied gives a closed book whose index is mostly free pages.
func emptied(t testing.TB) *desk {
	d := newDesk(t)
	d.receive("A", 50)
	d.must(sale("o1", "A", 1))
	if err := d.book.PutItems([]ledger.Item{{SKU: "I-1", Name: "an item", Version: 9000}}, 9000); err != nil {
		t.Fatal(err)
	}
	d.close()
	junk := []byte("junk")
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(junk)
		for i := 0; i < 500 && err == nil; i++ {
			err = b.Put(fmt.Append(nil, i), make([]byte, 2000))
		}
		return err
	})
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error { return tx.DeleteBucket(junk) })
	d.cfg.CompactFrom = 64 << 10
	return d
}

// indexSize is the bytes of the closed book's index that hold pages: the file itself grows in steps.
func (d *desk) indexSize() (size int64) {
	d.Helper()
	db, err := bbolt.Open(filepath.Join(d.cfg.Dir, ledger.BookFile), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	return size
}

func (d *desk) leftover() bool {
	_, err := os.Stat(filepath.Join(d.cfg.Dir, ledger.BookFile+".new"))
	return err == nil
}

// whole checks that nothing was lost by writing the index anew, or by not doing so.
func (d *desk) whole() {
	d.Helper()
	if out := d.do(sale("o1", "A", 1)); !out.Replayed || out.Err != nil {
		d.Errorf("got %+v, want the first answer", out)
	}
	if v := d.book.RefVersion(); v != 9000 {
		d.Errorf("got items of version %d, want 9000", v)
	}
	if it, ok := d.book.Item("I-1"); !ok || it.Version != 9000 {
		d.Errorf("got %+v, want the item", it)
	}
}

func TestAnIndexThatIsMostlyEmptyIsWrittenAnew(t *testing.T) {
	d := emptied(t)
	before, key := d.indexSize(), [16]byte{}
	d.open()
	key = d.book.NodeKey()
	d.whole()
	d.must(sale("o2", "A", 1))
	d.close()
	small := d.indexSize()
	if small >= before/2 || d.leftover() {
		t.Errorf("got %d bytes of %d, a copy left over: %v; want less than half and none", small, before, d.leftover())
	}
	d.open()
	if d.book.NodeKey() != key {
		t.Error("the node key is another one")
	}
	d.whole()
	d.close()
	if again := d.indexSize(); again != small {
		t.Errorf("got %d bytes, want %d: nothing to gain", again, small)
	}
}

func TestASmallOrFullIndexIsLeftAsItIs(t *testing.T) {
	d := emptied(t)
	d.cfg.CompactFrom = 1 << 30
	before := d.indexSize()
	d.open()
	d.whole()
	d.close()
	if got := d.indexSize(); got != before {
		t.Errorf("got %d bytes, want %d", got, before)
	}
}

func TestWritingTheIndexAnewFailsWithoutLoss(t *testing.T) {
	for _, c := range []struct {
		act ledger.Act
		nth int
	}{{ledger.ActCompact, 1}, {ledger.ActCompact, 2}, {ledger.ActSyncCopy, 1}, {ledger.ActSyncDir, 1}} {
		t.Run(fmt.Sprint(c.act, c.nth), func(t *testing.T) {
			d := emptied(t)
			before, n := d.indexSize(), 0
			d.world.Disk.Fail(func(a ledger.Act, _ string) error {
				if a == c.act {
					if n++; n == c.nth {
						return testworld.ErrDisk
					}
				}
				return nil
			})
			if b, err := ledger.OpenBook(d.world.Env(), d.cfg); !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("got a book: %v, %v; want the failure", b != nil, err)
			}
			d.world.Disk.Fail(nil)
			if d.leftover() {
				t.Error("a part of a copy was left")
			}
			d.audit()
			d.open()
			d.whole()
			d.close()
			if got := d.indexSize(); got >= before/2 {
				t.Errorf("got %d bytes of %d after another try, want less than half", got, before)
			}
		})
	}
}

func TestADiskWithoutRoomForACopyKeepsTheOldIndex(t *testing.T) {
	d := emptied(t)
	before := d.indexSize()
	d.world.Disk.Fail(func(a ledger.Act, _ string) error {
		if a == ledger.ActCompact {
			return syscall.ENOSPC
		}
		return nil
	})
	d.open()
	d.world.Disk.Fail(nil)
	d.whole()
	d.close()
	if got := d.indexSize(); got < before || d.leftover() {
		t.Errorf("got %d bytes, a copy left over: %v; want the old %d and none", got, d.leftover(), before)
	}
}

// A process that was killed while it copied leaves a part of the copy.
func TestAPartOfACopyIsRemoved(t *testing.T) {
	d := emptied(t)
	if err := os.WriteFile(filepath.Join(d.cfg.Dir, ledger.BookFile+".new"), []byte("half a copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.audit()
	d.open()
	d.whole()
	if d.leftover() {
		t.Error("got it still there, want it removed")
	}
}
