package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// sellMany sells n articles over the counter, and cancels every nth of as many collected ones; it gives those that were cancelled.
func (d *desk) sellMany(name string, n, every int) (canceled []string) {
	d.Helper()
	for i := range n {
		id := fmt.Sprint(name, i)
		if i%every != 0 {
			d.must(sale(id, "TAP", 1))
			continue
		}
		o := sale(id, "TAP", 1)
		o.Order.Fulfil = ledger.Collect
		d.must(o)
		d.must(&ledger.CancelOrder{Order: o.Order.ID})
		canceled = append(canceled, string(o.Order.ID))
	}
	slices.Sort(canceled)
	return canceled
}

// worked pages through a list to its end, and says on how many pages and with how much work.
func (d *desk) worked(q ledger.OrderQuery) (ids []string, pages, read, passed int) {
	d.Helper()
	for {
		page, next, r, p, err := ledger.OrdersWork(d.book, q)
		if err != nil {
			d.Fatal(err)
		}
		pages, read, passed = pages+1, read+r, passed+p
		for _, o := range page {
			ids = append(ids, string(o.ID))
		}
		if next == "" {
			return ids, pages, read, passed
		}
		q.After = next
	}
}

// A list of orders in a state looks at the orders in that state: with ten times as many past ones it does as much.
func TestAListOfAStateLooksAtNoOrderInAnother(t *testing.T) {
	for _, n := range []int{400, 4_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d := newDesk(t, smallFiles)
			d.receive("TAP", 10_000)
			want := d.sellMany("s", n, n/4)
			d.reopen() // all of them behind the checkpoint
			for _, down := range []bool{false, true} {
				got, pages, read, passed := d.worked(ledger.OrderQuery{State: ledger.StatusCanceled, Descending: down})
				if down {
					slices.Reverse(got)
				}
				if !slices.Equal(got, want) || pages != 1 || read != len(want) || passed != 0 {
					t.Errorf("cancelled, down %v: got %d orders on %d pages, %d read, %d passed over; want %d on 1, as many read, none passed over", down, len(got), pages, read, passed, len(want))
				}
			}
			if got, pages, read, _ := d.worked(ledger.OrderQuery{State: ledger.StatusDeclined}); len(got)+read != 0 || pages != 1 {
				t.Errorf("declined: got %d orders on %d pages, %d read; want none", len(got), pages, read)
			}
			got, next, read, _, err := ledger.OrdersWork(d.book, ledger.OrderQuery{State: ledger.StatusCompleted, Limit: 20})
			if err != nil || len(got) != 20 || next == "" || read != 20 {
				t.Errorf("completed: got %d orders, %d read, next %q, %v; want a page of 20, as many read", len(got), read, next, err)
			}
			if got, _, read, _ := d.worked(ledger.OrderQuery{State: ledger.StatusCompleted, Limit: 1000}); len(got) != n-len(want) || read != len(got) {
				t.Errorf("completed: got %d orders, %d read; want %d, and none of another state read", len(got), read, n-len(want))
			}
		})
	}
}

// A page reads a bounded number of orders, however many are asked for.
func TestAPageOfOrdersReadsABoundedNumber(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 1_000)
	d.sellMany("s", 600, 100)
	d.reopen()
	q := ledger.OrderQuery{Limit: 1000}
	for all := 0; ; {
		page, next, read, _, err := ledger.OrdersWork(d.book, q)
		if err != nil || read > 150 {
			t.Fatalf("got %d orders read for a page, %v; want 150 at most", read, err)
		}
		if all += len(page); next == "" {
			if all != 600 {
				t.Errorf("got %d orders, want 600", all)
			}
			return
		}
		q.After = next
	}
}

// A book that an older build kept lists what it closed, and what it closes from now on without looking at others; also where an older
// build was there again in between, and where all of the index is made anew.
func TestABookOfAnOlderBuildListsOrdersByState(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 10_000)
	var want []string
	older := func() {
		d.close()
		scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error {
			return errors.Join(tx.DeleteBucket(ledger.BucketEnded), tx.Bucket(ledger.BucketMeta).Delete(ledger.KeyEnded))
		})
		d.audit()
		d.open()
	}
	check := func(when string) {
		t.Helper()
		if got, _, _, _ := d.worked(ledger.OrderQuery{State: ledger.StatusCanceled, Limit: 7}); !slices.Equal(got, want) {
			t.Errorf("%s: got %d orders, want %d: %s", when, len(got), len(want), firstOther(got, want))
		}
		for _, id := range d.all(ledger.OrderQuery{State: ledger.StatusCompleted}) {
			if slices.Contains(want, id) {
				t.Errorf("%s: order %s is among the completed ones", when, id)
			}
		}
	}
	more := func(name string) {
		want = append(want, d.sellMany(name, 120, 30)...)
		slices.Sort(want)
	}
	more("a")
	older()
	check("an older build's book")
	more("b")
	check("more in it")
	d.reopen()
	check("opened again")
	// An older build was there: it went on and left the bucket behind.
	d.close()
	var bucket [][2][]byte
	var span []byte
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error {
		span = slices.Clone(tx.Bucket(ledger.BucketMeta).Get(ledger.KeyEnded))
		return tx.Bucket(ledger.BucketEnded).ForEach(func(k, v []byte) error {
			bucket = append(bucket, [2][]byte{slices.Clone(k), slices.Clone(v)})
			return nil
		})
	})
	d.open()
	more("c")
	d.close()
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket(ledger.BucketEnded); err != nil {
			return err
		}
		b, err := tx.CreateBucket(ledger.BucketEnded)
		for _, kv := range bucket {
			err = errors.Join(err, b.Put(kv[0], kv[1]))
		}
		return errors.Join(err, tx.Bucket(ledger.BucketMeta).Put(ledger.KeyEnded, span))
	})
	d.audit()
	d.open()
	check("an older build went on with it")
	more("d")
	d.reopen()
	check("and this one after it")
	d.trim(d.book.Head().Seq, d.soon())
	check("trimmed")
	d.close()
	if err := os.RemoveAll(filepath.Join(d.cfg.Dir, ledger.OrdersDir)); err != nil {
		t.Fatal(err)
	}
	d.open()
	check("made anew")
	if got, pages, read, passed := d.worked(ledger.OrderQuery{State: ledger.StatusCanceled}); pages != 1 || passed != 0 || read > len(got) {
		t.Errorf("made anew: got %d orders on %d pages, %d read, %d passed over; want no other looked at", len(got), pages, read, passed)
	}
}

func TestAnAuditFindsAnOrderThatIsSaidToHaveEndedOtherwise(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 100)
	d.sellMany("s", 40, 10)
	d.close()
	for name, change := range map[string]func(*bbolt.Bucket, []byte, []byte) error{
		"one bit": func(b *bbolt.Bucket, k, v []byte) error { v[len(v)/2] ^= 4; return b.Put(k, v) },
		"missing": func(b *bbolt.Bucket, k, _ []byte) error { return b.Delete(k) },
		"declined": func(b *bbolt.Bucket, k, v []byte) error {
			return b.Put(k, ledger.SealValue(ledger.BucketEnded, k, append([]byte{2}, v[1:len(v)-4]...)))
		},
		"at a loss": func(b *bbolt.Bucket, k, _ []byte) error {
			return b.Put(k, ledger.SealValue(ledger.BucketEnded, k, []byte{1, 1}))
		},
		"another": func(b *bbolt.Bucket, k, v []byte) error { return b.Put(append(slices.Clone(k[:15]), k[15]^1), v) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyBook(t, d.cfg.Dir)
			scratch(t, dir, func(tx *bbolt.Tx) error {
				k, v := first(tx, ledger.BucketEnded)
				return change(tx.Bucket(ledger.BucketEnded), k, v)
			})
			_, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil)
			if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
				t.Errorf("audit: got %v, want a DamageError", err)
			}
		})
	}
}
