package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A restored is a shop whose folder was copied back from a backup: head office has more of its
// journal than it has, and it has sold on since. Nobody has the writer running.
type restored struct {
	testing.TB
	world  *testworld.World
	cfg    ledger.BookConfig
	shared [][]byte // head office's copy, from entry 1
	plan   ledger.RebuildPlan
	h      ledger.Incarnation
}

// newRestored: 10 taps came in and 2 were sold before the backup; 3 more were sold and shared after it.
// Then the backup was restored, and before head office was met 1 tap was sold, 5 came in, and in
// quarantine 1 was sold in the hand.
func newRestored(t testing.TB) *restored {
	t.Helper()
	d := newDesk(t)
	r := &restored{TB: t, world: d.world, h: ledger.Incarnation{Counter: 1, Random: fill16(9)}}
	d.must(&ledger.AdoptHQ{H: r.h})
	d.receive("TAP-22", 10)
	d.must(sale("before", "TAP-22", 2))
	d.close()
	r.cfg = ledger.BookConfig{Site: "leeds", Dir: filepath.Join(t.TempDir(), "leeds")}
	d.copyTo(r.cfg.Dir)
	d.open()
	d.must(sale("shared", "TAP-22", 3))
	d.close()
	r.shared = journal(t, d.cfg.Dir)
	last, err := ledger.DecodeFrame(r.shared[len(r.shared)-1])
	if err != nil {
		t.Fatal(err)
	}
	own := &desk{TB: t, world: r.world, cfg: r.cfg}
	own.open()
	own.must(sale("own", "TAP-22", 1))
	own.receive("TAP-22", 5)
	key := own.book.NodeKey()
	own.book.Quarantine("head office says fork")
	own.must(inHand("held", "TAP-22", 1))
	own.close()
	r.plan = ledger.RebuildPlan{Site: "leeds", NodeKey: key, Epoch: 2, H: r.h, Counter: true, Stored: last.End()}
	return r
}

func inHand(name string, sku ledger.SKU, q ledger.Qty) *ledger.Place {
	p := sale(name, sku, q)
	p.InHand, p.Approver = true, "mo"
	return p
}

// again gives the same shop in a folder and a world of its own.
func (r *restored) again() *restored {
	r.Helper()
	c := *r
	c.world, c.cfg.Dir = testworld.New(11), filepath.Join(r.TempDir(), "leeds")
	if err := os.CopyFS(c.cfg.Dir, os.DirFS(r.cfg.Dir)); err != nil {
		r.Fatal(err)
	}
	return &c
}

// fetch brings what is missing of head office's copy, frame by frame, and makes the book whole.
func (r *restored) fetch() error {
	reb, err := ledger.NewRebuild(r.world.Env(), r.cfg, r.plan)
	if err != nil {
		return err
	}
	for _, raw := range r.shared {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			return errors.Join(err, reb.Close())
		}
		if f.End().Seq <= reb.Head().Seq {
			continue
		}
		if err := reb.Append([][]byte{raw}); err != nil {
			return errors.Join(err, reb.Close())
		}
	}
	return errors.Join(reb.Finish(), reb.Close())
}

// tell opens the book and does what is left to be done: adopt, late facts, attest.
func (r *restored) tell() (err error) {
	r.world.Reboot()
	b, err := ledger.OpenBook(r.world.Env(), r.cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended, b.Close()) }()
	do := func(req ledger.Request) error {
		out, err := b.Do(ctx, req)
		return errors.Join(err, out.Err)
	}
	if b.View().HQ != r.h {
		if err := do(&ledger.AdoptHQ{H: r.h}); err != nil {
			return err
		}
	}
	if b.View().Rebuilding {
		if err := b.EachLate(func(l ledger.LateFact) error { return do(&ledger.RecordLate{Origin: l.Origin, Entry: l.Entry}) }); err != nil {
			return err
		}
		moved, err := b.Moved()
		if err != nil {
			return err
		}
		if err := do(&ledger.Attest{Moved: moved}); err != nil {
			return err
		}
	}
	return b.EndRebuild()
}

// through goes on from wherever the rebuild stands, as a node that was started again does.
func (r *restored) through() error {
	plan, ok, err := ledger.ReadRebuild(r.world.Env(), r.cfg.Dir)
	if err != nil {
		return err
	}
	if !ok {
		if done, err := os.Stat(filepath.Join(r.cfg.Dir, "before-epoch-2", ledger.RebuildFile)); err == nil && done.Size() > 0 {
			return nil
		}
	}
	if !ok || plan.Phase == ledger.RebuildFetch {
		if err := r.fetch(); err != nil {
			return err
		}
	}
	return r.tell()
}

// told gives the kinds of the entries behind the one up to which the book was rebuilt.
func (r *restored) told() (kinds []string) {
	r.Helper()
	for _, raw := range journal(r, r.cfg.Dir) {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			r.Fatal(err)
		}
		entries, err := f.Open()
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range entries {
			if e.Seq <= r.plan.Stored.Seq {
				continue
			}
			kind := e.Kind.String()
			if late, ok := e.Body.(*ledger.LateBody); ok {
				kind += " " + late.Was.String()
			}
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (r *restored) audit() {
	r.Helper()
	for _, dir := range []string{r.cfg.Dir, filepath.Join(r.cfg.Dir, "before-epoch-2")} {
		if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err != nil {
			r.Errorf("audit %s: got %v, want no fault", filepath.Base(dir), err)
		}
	}
}

func TestARebuiltBookHoldsHeadOfficesCopyAndThenItsOwnFacts(t *testing.T) {
	r := newRestored(t)
	if err := r.fetch(); err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, world: r.world, cfg: r.cfg}
	d.open()
	head := d.book.Head()
	if v := d.book.View(); v.Epoch != 2 || !v.Rebuilding || v.Quarantine != "" || !v.Counter || v.HQ != r.h {
		t.Errorf("got %+v, want epoch 2 and a rebuild under way", v)
	}
	if head.Seq != r.plan.Stored.Seq+2 {
		t.Errorf("got head %v, want an opened and a boot entry behind entry %d", head, r.plan.Stored.Seq)
	}
	if d.book.NodeKey() != r.plan.NodeKey {
		t.Error("got another node key, want the one that the epoch is bound to")
	}
	if out := d.do(sale("new", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrRebuilding) {
		t.Errorf("a sale from the book: got %v, want %v", out.Err, ledger.ErrRebuilding)
	}
	if out := d.do(sale("shared", "TAP-22", 3)); !out.Replayed || out.Err != nil {
		t.Errorf("a sale that was shared: got %+v, want its first answer", out)
	}
	d.must(inHand("hand", "TAP-22", 1))
	if l, _ := d.book.Level("TAP-22"); l.Available != 4 {
		t.Errorf("got %d available, want 10-2-3-1", l.Available)
	}
	d.close()
	if err := r.tell(); err != nil {
		t.Fatal(err)
	}
	want := []string{"opened", "boot", "order_placed", "boot", "recorded_late receipt", "recorded_late order_placed", "recorded_late order_placed", "attested"}
	if got := r.told(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.open()
	if v := d.book.View(); v.Rebuilding || v.Attested != r.h {
		t.Errorf("got %+v, want it attested", v)
	}
	if _, ok := d.book.Rebuild(); ok {
		t.Error("got a rebuild under way, want it ended")
	}
	if l, _ := d.book.Level("TAP-22"); l.Available != 7 {
		t.Errorf("got %d available, want 10-2-3-1 and of the late facts 5-1-1", l.Available)
	}
	d.must(sale("new", "TAP-22", 7))
	d.close()
	r.audit()
}

func TestARebuildGoesOnWhereverItWasKilled(t *testing.T) {
	stride := 1 // every act of a rebuild, or each fourth of them in a short run
	if testing.Short() {
		stride = 4
	}
	const lanes = 2 // side by side: what takes long is the disk
	for lane := range lanes {
		t.Run(fmt.Sprintf("from act %d", lane*stride), func(t *testing.T) {
			t.Parallel()
			killedAt(t, lane*stride, lanes*stride)
		})
	}
}

// killedAt kills a rebuild at an act, and at each one that is so many further on.
func killedAt(t *testing.T, steps, stride int) {
	t.Helper()
	first := newRestored(t)
	for ; ; steps += stride {
		r := first.again()
		left := steps
		failed := ledger.Act("")
		r.world.Disk.Fail(func(act ledger.Act, _ string) error {
			if left--; left < 0 { // this act and all later ones: the process is gone
				if failed == "" {
					failed = act
				}
				return testworld.ErrDisk
			}
			return nil
		})
		err := r.through()
		r.world.Disk.Fail(nil)
		if failed == "" && err == nil {
			break
		}
		if !errors.Is(err, testworld.ErrDisk) {
			t.Fatalf("step %d, %s: got %v, want the disk's failure", steps, failed, err)
		}
		if err := r.through(); err != nil {
			t.Fatalf("step %d, %s: going on: got %v, want it to end", steps, failed, err)
		}
		if got := r.told(); count(got, "recorded_late") != 3 || count(got, "attested") != 1 || count(got, "opened") != 1 || got[0] != "opened" {
			t.Errorf("step %d, %s: got %q, want one epoch, each late fact once, and one attest", steps, failed, got)
		}
		r.audit()
	}
	if steps < 30 {
		t.Errorf("got %d steps, want each act of a rebuild to be one", steps)
	}
}

func count(in []string, what string) (n int) {
	for _, s := range in {
		if strings.HasPrefix(s, what) {
			n++
		}
	}
	return n
}

func TestARebuildTakesOnlyTheChainThatHeadOfficeNamed(t *testing.T) {
	r := newRestored(t)
	reb, err := ledger.NewRebuild(r.world.Env(), r.cfg, r.plan)
	if err != nil {
		t.Fatal(err)
	}
	defer reb.Close()
	damaged := func(what string, err error) {
		t.Helper()
		if _, ok := errors.AsType[*ledger.DamageError](err); !ok {
			t.Errorf("%s: got %v, want a DamageError", what, err)
		}
	}
	damaged("too little", reb.Finish())
	damaged("a gap", reb.Append(r.shared[1:]))
	bad := bytes.Clone(r.shared[0])
	bad[len(bad)-2] ^= 1
	if err := reb.Append([][]byte{bad}); err == nil || reb.Head().Seq != 0 {
		t.Errorf("a flipped bit: got %v and head %v, want it refused", err, reb.Head())
	}
	own := journal(t, r.cfg.Dir) // of the fork: whole, but not what head office has
	if err := reb.Append(own[:len(r.shared)]); err != nil {
		t.Fatal(err)
	}
	damaged("another chain", reb.Finish())
	if err := reb.Restart(); err != nil || reb.Head().Seq != 0 {
		t.Fatalf("restart: got %v and head %v, want to begin anew", err, reb.Head())
	}
	if err := reb.Append(append(r.shared, own[len(own)-1])); err != nil || !reb.Whole() {
		t.Errorf("with more than was named: got %v, want it passed over", err)
	}
	if err := errors.Join(reb.Finish(), r.tell()); err != nil {
		t.Error(err)
	}
	r.audit()
}

func TestABookThatIsOpenKeepsARebuildFromTakingItsPlace(t *testing.T) {
	r := newRestored(t)
	old := &desk{TB: t, world: r.world, cfg: r.cfg}
	old.open()
	if err := r.fetch(); err != nil {
		t.Fatal(err)
	}
	old.must(inHand("later", "TAP-22", 1)) // the old book goes on while the new one is made
	if _, err := ledger.OpenBook(r.world.Env(), r.cfg); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, want %v", err, ledger.ErrClosed)
	}
	old.close()
	if err := r.tell(); err != nil {
		t.Fatal(err)
	}
	if got := r.told(); count(got, "recorded_late") != 4 {
		t.Errorf("got %q, want what was sold meanwhile too", got)
	}
	r.audit()
}

// A second restore comes before the first rebuild has told all: each book that was set aside still
// tells what it has, and what both tell is one fact.
func TestARebuildThatIsRebuiltLosesNoFactAndTellsNoneTwice(t *testing.T) {
	r := newRestored(t)
	if err := r.fetch(); err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, world: r.world, cfg: r.cfg}
	d.open()
	n := 0
	if err := d.book.EachLate(func(l ledger.LateFact) error { // two of three, none of them shared
		if n++; n < 3 {
			d.must(&ledger.RecordLate{Origin: l.Origin, Entry: l.Entry})
		}
		return nil
	}); err != nil || n < 3 {
		t.Fatalf("got %d facts, %v; want at least three", n, err)
	}
	d.must(inHand("second", "TAP-22", 1))
	d.book.Quarantine("head office says closed epoch")
	d.close()
	r.plan.Epoch = 3
	if err := errors.Join(r.fetch(), r.tell()); err != nil {
		t.Fatal(err)
	}
	if got := r.told(); count(got, "recorded_late") != 4 || count(got, "attested") != 1 {
		t.Errorf("got %q, want three facts of the first book and one of the second", got)
	}
	d.open()
	if err := d.book.EachLate(func(l ledger.LateFact) error { return fmt.Errorf("got %v, want nothing left to tell", l.Origin) }); err != nil {
		t.Error(err)
	}
	d.close()
	r.audit()
}

func TestTheWordThatANodeIsGoneIsUsedUpOnce(t *testing.T) {
	r := newRestored(t)
	replaced := func(want bool) {
		t.Helper()
		if got, err := ledger.RebuildReplaced(r.world.Env(), r.cfg.Dir); err != nil || got != want {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	replaced(false)
	r.plan.Replaced = true
	if err := r.fetch(); err != nil {
		t.Fatal(err)
	}
	replaced(true)
	if err := r.tell(); err != nil {
		t.Fatal(err)
	}
	replaced(true)
	r.audit()
}

func TestABookFromNothingIsRebuiltToo(t *testing.T) {
	r := newRestored(t)
	r.cfg.Dir = t.TempDir()
	d := &desk{TB: t, world: r.world, cfg: r.cfg}
	d.open()
	r.plan.NodeKey, r.plan.Replaced = d.book.NodeKey(), true
	d.book.Quarantine("head office says stranger")
	d.close()
	if err := errors.Join(r.fetch(), r.tell()); err != nil {
		t.Fatal(err)
	}
	d.open()
	if l, _ := d.book.Level("TAP-22"); l.Available != 5 {
		t.Errorf("got %d available, want 10-2-3", l.Available)
	}
	d.close()
	d.audit()
}

func TestASaleInTheHandKeepsTheQuarantineThatOnlyAWitnessShowed(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.must(sale("o1", "TAP-22", 1))
	dir := t.TempDir()
	d.copyTo(dir)
	d.must(sale("o2", "TAP-22", 1))
	d.close()
	witness, err := os.ReadFile(filepath.Join(d.cfg.Dir, ledger.WitnessFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, ledger.WitnessFile), witness, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.cfg.Dir = dir
	d.open()
	for i := range 3 {
		if d.book.View().Quarantine == "" {
			t.Fatalf("round %d: got no quarantine, want it to last", i)
		}
		if out := d.do(sale(fmt.Sprint("p", i), "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
			t.Errorf("got %v, want %v", out.Err, ledger.ErrQuarantined)
		}
		d.must(inHand(fmt.Sprint("h", i), "TAP-22", 1))
		d.reopen()
	}
}

// Head office counts goods by the purchase order that they came of: heard of the goods first, it would have them due in for ever.
func TestPurchaseOrdersAreToldBeforeTheirGoods(t *testing.T) {
	entry := func(k ledger.Kind) *ledger.Entry { return &ledger.Entry{Kind: k} }
	late := func(k ledger.Kind) *ledger.Entry {
		return &ledger.Entry{Kind: ledger.KindLate, Body: &ledger.LateBody{Was: k}}
	}
	inTurn := [][]*ledger.Entry{
		{entry(ledger.KindPurchase), late(ledger.KindPurchase)},
		{entry(ledger.KindReceipt), late(ledger.KindReceipt)},
		{entry(ledger.KindPlaced), late(ledger.KindPlaced), entry(ledger.KindTendered)},
	}
	for want, list := range inTurn {
		for _, e := range list {
			if got := ledger.LateRank(e); got != want {
				t.Errorf("%s, a fact told late: %t: got turn %d, want %d", e.Kind, e.Body != nil, got, want)
			}
		}
	}
	r := newRestored(t)
	if err := r.fetch(); err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, world: r.world, cfg: r.cfg}
	d.open()
	last := 0
	if err := d.book.EachLate(func(l ledger.LateFact) error {
		if got := ledger.LateRank(l.Entry); got < last {
			t.Errorf("%s is told behind a fact of turn %d", l.Entry.Kind, last)
		} else {
			last = got
		}
		return nil
	}); err != nil || last != 2 {
		t.Errorf("got %v, and a last fact of turn %d, want 2", err, last)
	}
	d.close()
}
