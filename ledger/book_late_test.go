package ledger_test

import (
	"bytes"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// lifeTwo is a book in its second life, told of a sale of the first, with units of hull's in hand.
func lifeTwo(t testing.TB, change func(*ledger.BookConfig)) (d *desk, sold *ledger.Place) {
	d = newDesk(t, change)
	d.receive("TAP-22", 3)
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{7}}
	d.must(&ledger.AdoptHQ{H: h})
	c := ledger.HQCommand{H: h, Number: 1, ID: "c1", Kind: ledger.CommandCredit, Owner: "hull", Lines: []ledger.CommandLine{{SKU: "TAP-22", Qty: 5}}}
	c.Hash = ledger.ChainCommand(ledger.Hash{}, &c)
	d.must(&ledger.Obey{Command: c})
	d.must(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true, Rebuilt: true}})

	other := newStage(t, "leeds", true)
	other.play(`receive TAP-22 1`)
	sold = sale("lost", "TAP-22", 1)
	other.do(sold)
	for _, e := range other.entries {
		d.must(&ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{2}}})
	}
	return d, sold
}

func TestARebuildAndWhatIsHeldOutliveCheckpointAndCrash(t *testing.T) {
	for name, again := range map[string]func(*desk){"closed": (*desk).reopen, "killed": (*desk).kill} {
		for _, every := range []int{1, 1 << 30} {
			t.Run(name, func(t *testing.T) {
				d, sold := lifeTwo(t, func(c *ledger.BookConfig) { c.CheckpointEvery = every })
				again(d)
				again(d)
				if out := d.do(sale("o1", "TAP-22", 1)); out.Err != ledger.ErrRebuilding {
					t.Errorf("got %+v, want %v", out, ledger.ErrRebuilding)
				}
				if out := d.do(sold); !out.Replayed || out.Err != nil {
					t.Errorf("got %+v, want the answer of the first life", out)
				}
				v := d.book.View()
				if !v.Rebuilding || v.Holdings != 1 || v.Attested.Known() || v.Owing != 0 {
					t.Errorf("got %+v, want a book that is being rebuilt and holds units of hull's", v)
				}
				if o, err := d.book.Order(oid("lost")); err != nil || o.Status != ledger.StatusCompleted {
					t.Errorf("got %+v, %v; want the sale of the first life", o, err)
				}
				if held := d.book.Holdings(); len(held) != 1 || held[0] != (ledger.Holding{Site: "hull", SKU: "TAP-22", Qty: 5}) {
					t.Errorf("got %+v, want 5 of hull's", held)
				}
				d.must(&ledger.Attest{})
				again(d)
				d.must(sale("o1", "TAP-22", 1))
				if v := d.book.View(); v.Rebuilding || v.Attested.Counter != 1 {
					t.Errorf("got %+v, want the rebuild ended", v)
				}
			})
		}
	}
}

func TestHoldingsThatVanishFromTheIndexAreMissed(t *testing.T) {
	d, _ := lifeTwo(t, func(*ledger.BookConfig) {})
	d.close()
	key := []byte("holdings")
	var was []byte
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error {
		was = bytes.Clone(tx.Bucket(ledger.BucketMeta).Get(key))
		return tx.Bucket(ledger.BucketMeta).Delete(key)
	})
	if _, err := ledger.OpenBook(d.world.Env(), d.cfg); err == nil {
		t.Fatal("got a book that has forgotten what it holds, want it refused")
	}
	if _, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil); err == nil {
		t.Error("got no fault from the audit, want one")
	}
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error { return tx.Bucket(ledger.BucketMeta).Put(key, was) })
}

func TestALateSaleOutlivesItsPlaceInTheJournal(t *testing.T) {
	t.Parallel()
	d, sold := lifeTwo(t, smallFiles)
	d.must(&ledger.Attest{})
	hand := sale("hand", "D", 1)
	hand.InHand = true
	d.must(hand)
	for i := range 80 {
		d.must(big(i))
	}
	copied := t.TempDir()
	d.trim(d.archive(copied), d.soon())
	if got := d.book.Trimmed(); got < 12 {
		t.Fatalf("got trimmed up to %d, want all of it trimmed", got)
	}
	for range 2 {
		for name, p := range map[string]*ledger.Place{"lost": sold, "hand": hand} {
			if out := d.do(p); !out.Replayed || out.Err != nil {
				t.Errorf("%s again: got %+v, want the first answer", name, out)
			}
			if o, err := d.book.Order(oid(name)); err != nil || o.Status != ledger.StatusCompleted {
				t.Errorf("%s: got %+v, %v; want the order as it was", name, o, err)
			}
		}
		d.reopen()
	}
	report, err := auditWith(d, copied)
	if err != nil {
		t.Fatalf("with the archive: got %v, want no fault", err)
	}
	alone, err := ledger.AuditBook(d.world.Env(), d.cfg.Dir, nil)
	if err != nil || alone.Accepted != report.Accepted || alone.Refused != report.Refused || alone.Head != report.Head {
		t.Errorf("alone: got %+v, %v; want what it is with the archive, %+v", alone, err, report)
	}
}
