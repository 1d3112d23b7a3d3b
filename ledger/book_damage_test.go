package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// busyBook gives the folder of a closed book with a record in every bucket, and a tail behind
// its checkpoint.
func busyBook(t *testing.T) string {
	t.Helper()
	d := newDesk(t)
	h := ledger.Incarnation{Counter: 1}
	d.must(&ledger.AdoptHQ{H: h})
	d.receive("TAP-22", 9)
	d.must(sale("done", "TAP-22", 1))
	open := sale("open", "TAP-22", 1)
	open.Order.Fulfil = ledger.Deliver
	d.must(open)
	asked := sale("asked", "TAP-22", 90)
	asked.Order.Anywhere, asked.AskHQ = true, true
	var hash ledger.Hash
	for i, c := range []ledger.HQCommand{
		{Kind: ledger.CommandBorrow, Lines: []ledger.CommandLine{{SKU: "TAP-22", Qty: 3}}},
		{Kind: ledger.CommandReserve, Order: oid("theirs"), Owner: ledger.HQ, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}},
	} {
		c.H, c.Number, c.ID = h, uint64(i+1), fmt.Sprint("c", i)
		c.Hash = ledger.ChainCommand(hash, &c)
		hash = c.Hash
		if out := d.must(&ledger.Obey{Command: c}); out.Entry.Body.(*ledger.ObeyedBody).Refused != "" {
			t.Fatalf("got %+v, want it obeyed", out.Entry.Body)
		}
	}
	d.must(asked)
	if err := d.book.PutItems([]ledger.Item{{SKU: "TAP-22", Name: "Tap", Version: 3}}, 3); err != nil {
		t.Fatal(err)
	}
	d.close() // its checkpoint holds the open ask
	d.open()  // whose end stands in the tail alone
	d.receive("TAP-22", 1)
	d.kill()
	dir := t.TempDir()
	d.stop()
	<-d.ended
	d.ended <- nil
	d.copyTo(dir)
	return dir
}

func copyBook(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// first gives a bucket's first record.
func first(tx *bbolt.Tx, bucket []byte) (key, value []byte) {
	k, v := tx.Bucket(bucket).Cursor().First()
	return append([]byte(nil), k...), append([]byte(nil), v...)
}

// flip changes one bit in the middle of a bucket's first record.
func flip(bucket []byte) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		k, v := first(tx, bucket)
		v[len(v)/2] ^= 4
		return tx.Bucket(bucket).Put(k, v)
	}
}

func TestOneFlippedBitIsFoundBeforeItIsServed(t *testing.T) {
	clean := busyBook(t)
	for name, c := range map[string]struct {
		bucket []byte
		opens  bool // the record is read later
	}{
		"level": {ledger.BucketLevels, false}, "open order": {ledger.BucketOpen, false}, "served": {ledger.BucketServed, false},
		"item": {ledger.BucketItems, false}, "checkpoint": {ledger.BucketMeta, false},
		"order": {ledger.BucketOrders, false}, "journal": {nil, true},
		"closed order": {[]byte(ledger.OrdersDir + "/"), true}, "key": {[]byte(ledger.KeysDir + "/"), true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyBook(t, clean)
			if c.bucket == nil {
				flipJournal(t, dir)
			} else if folder, ok := strings.CutSuffix(string(c.bucket), "/"); ok {
				flipRuns(t, filepath.Join(dir, folder))
			} else {
				scratch(t, dir, flip(c.bucket))
			}
			if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil {
				t.Error("audit: got no fault, want one")
			}
			b, err := ledger.OpenBook(testworld.New(9).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
			if !c.opens {
				if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
					t.Errorf("open: got %v, want a DamageError", err)
				}
				return
			}
			if err != nil {
				if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
					t.Errorf("open: got %v, want a DamageError or a book", err)
				}
				return
			}
			defer b.Close()
			if !servesDamage(b) && b.View().Quarantine == "" {
				t.Error("got every read through, want one that names the damage, or a quarantine")
			}
		})
	}
}

// servesDamage reads all there is and says whether something refused to be read.
func servesDamage(b *ledger.Book) bool {
	damaged := func(err error) bool {
		_, ok := errors.AsType[*ledger.DamageError](err)
		return ok
	}
	_, _, entries := b.Entries(0, 1000)
	_, _, frames := b.Frames(0, 1<<20)
	_, _, orders := b.Orders(ledger.OrderQuery{})
	if damaged(entries) || damaged(frames) || damaged(orders) {
		return true
	}
	for _, key := range []ledger.Digest{sale("done", "", 1).Key, sale("open", "", 1).Key, ledger.KeyOfCommand("c0"), ledger.KeyOfCommand("c1")} {
		if out, replayed := b.Replay(ledger.Meta{Key: key}); replayed && damaged(out.Err) {
			return true
		}
	}
	return false
}

func TestTheAuditFindsEveryLie(t *testing.T) {
	t.Parallel()
	lies := map[string]struct {
		tell func(tx *bbolt.Tx) error
		want string
	}{
		"a level": {func(tx *bbolt.Tx) error {
			k, _ := first(tx, ledger.BucketLevels)
			l := ledger.Level{Sellable: 70, Available: 70, Bins: []ledger.InBin{{Bin: "MAIN", Sellable: 70}}}
			return tx.Bucket(ledger.BucketLevels).Put(k, ledger.SealValue(ledger.BucketLevels, k, ledger.MarshalLevel(&l)))
		}, "level of TAP-22"},
		"a level out of balance": {func(tx *bbolt.Tx) error {
			k, _ := first(tx, ledger.BucketLevels)
			return tx.Bucket(ledger.BucketLevels).Put(k, ledger.SealValue(ledger.BucketLevels, k, ledger.MarshalLevel(&ledger.Level{Available: 1})))
		}, "level of TAP-22"},
		"a level too many": {func(tx *bbolt.Tx) error {
			return tx.Bucket(ledger.BucketLevels).Put([]byte("Z"), ledger.SealValue(ledger.BucketLevels, []byte("Z"), ledger.MarshalLevel(&ledger.Level{})))
		}, "level of Z"},
		"a missing level": {remove(ledger.BucketLevels), "level of TAP-22"},
		"a key too many in its bucket": {func(tx *bbolt.Tx) error {
			k := make([]byte, 16)
			return tx.Bucket(ledger.BucketKeys).Put(k, ledger.SealValue(ledger.BucketKeys, k, ledger.SeqValue(3)))
		}, "answers another one"},
		"a missing order":  {remove(ledger.BucketOrders), "order"},
		"a missing served": {remove(ledger.BucketServed), "served"},
		"a missing ask":    {func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketOpen).Delete(ledger.OrderKey(oid("asked"))) }, "open order"},
		"another status": {func(tx *bbolt.Tx) error {
			o := sale("done", "TAP-22", 1).Order
			k := ledger.OrderKey(o.ID)
			return tx.Bucket(ledger.BucketOrders).Put(k, ledger.SealValue(ledger.BucketOrders, k, ledger.MarshalOrder(&o)))
		}, "order " + string(oid("done"))},
		"a missing bucket": {func(tx *bbolt.Tx) error { return tx.DeleteBucket(ledger.BucketServed) }, "bucket served"},
		"another entry": {func(tx *bbolt.Tx) error {
			k := ledger.OrderKey(oid("done"))
			return tx.Bucket(ledger.BucketOrders).Put(k, ledger.SealValue(ledger.BucketOrders, k, ledger.SeqValue(3)))
		}, "order " + string(oid("done"))},
		"a checkpoint elsewhere": {func(tx *bbolt.Tx) error {
			k := []byte("checkpoint")
			c := ledger.Checkpoint{Counter: true, Head: ledger.Position{Epoch: 1, Seq: 3}}
			return tx.Bucket(ledger.BucketMeta).Put(k, ledger.SealValue(ledger.BucketMeta, k, ledger.MarshalCheckpoint(c)))
		}, "checkpoint"},
		"a checkpoint ahead of the journal": {func(tx *bbolt.Tx) error {
			k := []byte("checkpoint")
			c := ledger.Checkpoint{Counter: true, Head: ledger.Position{Epoch: 1, Seq: 3000}}
			return tx.Bucket(ledger.BucketMeta).Put(k, ledger.SealValue(ledger.BucketMeta, k, ledger.MarshalCheckpoint(c)))
		}, "no frame of the journal ends"},
		"no site": {func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketMeta).Delete([]byte("site")) }, "site"},
	}
	clean := busyBook(t)
	ticks := 0
	report, err := ledger.AuditBook(testworld.New(1).Env(), clean, func(done, all uint64) {
		if ticks++; done > all {
			t.Errorf("got %d of %d, want no more than all", done, all)
		}
	})
	if err != nil || report.Accepted != 2 || report.Entries != uint64(report.Head.Seq) || ticks != int(report.Frames) {
		t.Fatalf("clean: got %+v, %v after %d ticks; want two orders and no fault", report, err, ticks)
	}
	for name, lie := range map[string]struct {
		folder string
		tell   func([]runs.Row) []runs.Row
		want   string
	}{
		"a missing key": {ledger.KeysDir, func(rows []runs.Row) []runs.Row { return rows[1:] }, "is not remembered"},
		"a key too many": {ledger.KeysDir, func(rows []runs.Row) []runs.Row {
			return append(rows, runs.Row{Name: runs.Name(bytes.Repeat([]byte{255}, 16)), Number: 3})
		}, "answers another one"},
		"a key of another entry": {ledger.KeysDir, func(rows []runs.Row) []runs.Row { rows[0].Number++; return rows }, "answers another one"},
		"a missing order":        {ledger.OrdersDir, func(rows []runs.Row) []runs.Row { return rows[1:] }, "orders"},
		"an order too many": {ledger.OrdersDir, func(rows []runs.Row) []runs.Row {
			return append(rows, runs.Row{Name: runs.Name(bytes.Repeat([]byte{255}, 16)), Number: 3})
		}, "order"},
		"an order elsewhere": {ledger.OrdersDir, func(rows []runs.Row) []runs.Row { rows[0].Number++; return rows }, "order"},
	} {
		t.Run(name+" in runs", func(t *testing.T) {
			dir := copyBook(t, clean)
			rewriteRuns(t, dir, lie.folder, lie.tell)
			if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil || !strings.Contains(err.Error(), lie.want) {
				t.Errorf("got %v, want it to name %s", err, lie.want)
			}
		})
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			dir := copyBook(t, clean)
			scratch(t, dir, lie.tell)
			if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil || !strings.Contains(err.Error(), lie.want) {
				t.Errorf("got %v, want it to name %s", err, lie.want)
			}
		})
	}
}

func remove(bucket []byte) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		k, _ := first(tx, bucket)
		return tx.Bucket(bucket).Delete(k)
	}
}

// The journal is rewritten as frames of one entry each, chained anew, as someone would who knows
// the format and wants to hide what happened.
func TestTheAuditFindsAForgedJournal(t *testing.T) {
	dir := busyBook(t)
	world := testworld.New(1)
	b, err := ledger.OpenBook(world.Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := b.Entries(0, 1000)
	head := b.Head()
	if err = errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func([]*ledger.Entry) []*ledger.Entry{
		"changed":   func(es []*ledger.Entry) []*ledger.Entry { es[2].Postings[1].Qty++; return es },
		"balanced":  func(es []*ledger.Entry) []*ledger.Entry { scale(es[2]); return es },
		"removed":   func(es []*ledger.Entry) []*ledger.Entry { return append(es[:3], es[4:]...) },
		"reordered": func(es []*ledger.Entry) []*ledger.Entry { es[2], es[3] = es[3], es[2]; return es },
		"inserted": func(es []*ledger.Entry) []*ledger.Entry {
			return append(es[:4:4], append([]*ledger.Entry{es[2]}, es[4:]...)...)
		},
		"twice": func(es []*ledger.Entry) []*ledger.Entry {
			return append(es[:5:5], append([]*ledger.Entry{es[3]}, es[5:]...)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			forged := make([]*ledger.Entry, len(entries))
			for i, e := range entries {
				forged[i], _ = ledger.UnmarshalEntry(ledger.MarshalEntry(e))
			}
			frames := framesOf("leeds", forge(forged))
			aud := ledger.NewAuditor("leeds")
			var fault error
			for _, f := range frames {
				if fault = aud.Frame(f); fault != nil {
					break
				}
			}
			// A forger who chains all anew is found by the head that others have seen.
			if fault == nil && aud.State.Head() == head {
				t.Error("got a forged journal with the head that was shown, want it found out")
			}
			rewrite(t, dir, frames)
			if _, err := ledger.AuditBook(world.Env(), dir, nil); err == nil {
				t.Error("got no fault, want one")
			}
		})
	}
}

// scale doubles an entry's postings, which keeps it in balance.
func scale(e *ledger.Entry) {
	for i := range e.Postings {
		e.Postings[i].Qty *= 2
	}
}

// framesOf numbers and chains entries anew, one a frame.
func framesOf(site ledger.SiteID, entries []*ledger.Entry) [][]byte {
	var out [][]byte
	var before ledger.Hash
	for i, e := range entries {
		e.Seq = ledger.Seq(i + 1)
		raw := ledger.MarshalEntry(e)
		h := ledger.Chain(before, site, e.Epoch, e.Seq, raw)
		out = append(out, ledger.EncodeFrame(&ledger.Frame{Site: site, Epoch: e.Epoch, First: e.Seq, Before: before, Hashes: []ledger.Hash{h}, Entries: [][]byte{raw}}))
		before = h
	}
	return out
}

func TestABookOfAnotherFormatIsLeftAlone(t *testing.T) {
	for name, change := range map[string]func(tx *bbolt.Tx) error{
		"format 5":   func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketMeta).Put([]byte("format"), []byte{5}) },
		"no served":  func(tx *bbolt.Tx) error { return tx.DeleteBucket(ledger.BucketServed) },
		"a node key": func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketMeta).Put([]byte("node key"), []byte{2}) },
		"a version": func(tx *bbolt.Tx) error {
			return tx.Bucket(ledger.BucketMeta).Put([]byte("ref version"), []byte{2, 0, 0, 0, 0, 0, 0, 9})
		},
	} {
		dir := busyBook(t)
		scratch(t, dir, change)
		_, err := ledger.OpenBook(testworld.New(9).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
		if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
			t.Errorf("%s: got %v, want a DamageError", name, err)
		}
	}
}
