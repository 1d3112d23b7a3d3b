package machine_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Who was erased is known by site: which node has done it since when, which has not, and whose disk nobody answers for. A node
// that was replaced is asked after until somebody signs for its disk, and what was said lives through a snapshot.
func TestEveryNodeIsAskedWhetherAPersonIsErased(t *testing.T) {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"leeds", "york"} {
		b.site(id, true)
		b.ok(b.cut(id))
	}
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	put := func(v ledger.CustomerAccount, when time.Time) uint64 {
		t.Helper()
		return b.ok(&machine.PutCustomers{Customers: []ledger.CustomerAccount{v}, By: "olga", Reason: "r", At: when}).Version
	}
	known := put(ledger.CustomerAccount{ID: "ACME-1", Person: ledger.Person{Name: "Ada"}}, at)
	if b.m.OwesForgetting("leeds", known) {
		t.Error("leeds owes something though nobody was erased")
	}
	gone := put(ledger.CustomerAccount{ID: "ACME-1", Erased: true}, at)
	look := func(what string, wantOpen, wantOverdue int) {
		t.Helper()
		open, overdue := b.m.ErasuresOpen(at.Add(time.Hour))
		if open != wantOpen || overdue != wantOverdue {
			t.Errorf("%s: got %d open, %d overdue, want %d and %d", what, open, overdue, wantOpen, wantOverdue)
		}
	}
	look("at first", 1, 1)
	if b.m.OwesForgetting("leeds", known) || !b.m.OwesForgetting("leeds", gone) {
		t.Error("what is to be taken down is what the node has stored of erasures, no more and no less")
	}
	heard := func(id ledger.SiteID, upTo uint64, when time.Time) {
		t.Helper()
		b.ok(&machine.Forget{Do: machine.ForgetHeard, Site: id, UpTo: upTo, At: when})
	}
	heard("leeds", gone, at.Add(time.Minute))
	heard("leeds", gone, at.Add(time.Hour)) // said again: the first moment stays
	if got := b.m.Forgetting("leeds").Since(gone); !got.Equal(at.Add(time.Minute)) {
		t.Errorf("leeds: got %v, want a minute after", got)
	}
	look("york has said nothing", 1, 1)

	york, _ := b.m.Site("york")
	epoch := york.Epoch
	answer := func(e ledger.Epoch, by string) error {
		return b.m.Apply(machine.Marshal(&machine.Forget{Do: machine.ForgetAnswer, Site: "york", Epoch: e, By: by, Reason: "shredded", At: at})).Err
	}
	if err := answer(epoch, "olga"); err == nil {
		t.Error("somebody answers for a node that is there")
	}
	b.ok(&machine.DeclareLost{Site: "york", Reason: "stolen", By: "olga", At: at})
	b.ok(&machine.Reissue{Site: "york", NodeKey: [16]byte{77}, Boot: [16]byte{78}, Replace: true, LetIn: b.m.LetIn("york"), At: at})
	heard("york", gone, at.Add(2*time.Minute)) // the new node
	look("nobody answers for the stolen node", 1, 1)
	if err := answer(epoch, ""); err == nil {
		t.Error("nobody signed for a disk, and it counts")
	}
	if err := answer(epoch, "olga"); err != nil {
		t.Fatal(err)
	}
	look("all is done", 0, 0)
	later := put(ledger.CustomerAccount{ID: "BOLT-2", Erased: true}, at.Add(2*time.Hour))
	look("a later one", 1, 0)

	for days, fine := range map[int]bool{0: false, 30: true, machine.RotationDaysMax + 1: false} {
		err := b.m.Apply(machine.Marshal(&machine.Forget{Do: machine.ForgetRotation, Days: days, By: "olga", Reason: "r", At: at})).Err
		if (err == nil) != fine {
			t.Errorf("a rotation of %d days: got %v", days, err)
		}
	}
	var snapshot bytes.Buffer
	if err := b.m.Freeze().Encode(&snapshot); err != nil {
		t.Fatal(err)
	}
	again, err := machine.Restore(&snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.ErasedSince(0, 10); len(got) != 2 || got[1].Version != later || again.Forgetting(ledger.HQ).Days != 30 {
		t.Errorf("after a snapshot: got %d erased, %d days", len(got), again.Forgetting(ledger.HQ).Days)
	}
}

// What is kept of one site is bounded: of an erasure before the oldest mark it is said that it was done by then, and never earlier
// than it was; of nodes nobody answers for none is forgotten.
func TestWhatIsKeptOfErasuresIsBounded(t *testing.T) {
	b := newBench(t)
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	b.ok(&machine.PutCustomers{Customers: []ledger.CustomerAccount{{ID: "ACME-1"}}, By: "olga", At: at})
	for i := range machine.ForgetMarksMax + 10 {
		b.ok(&machine.Forget{Do: machine.ForgetHeard, Site: "leeds", UpTo: uint64(i + 1), At: at.Add(time.Duration(i) * time.Second)})
	}
	f := b.m.Forgetting("leeds")
	if len(f.Marks) != machine.ForgetMarksMax || !f.Since(1).Equal(at.Add(10*time.Second)) {
		t.Errorf("got %d marks, the first erasure by %v", len(f.Marks), f.Since(1))
	}
	for i := range byte(machine.GoneMax + 3) {
		b.ok(&machine.Reissue{Site: "leeds", NodeKey: [16]byte{i, 77}, Boot: [16]byte{i, 78}, Replace: true, At: at})
	}
	if f = b.m.Forgetting("leeds"); len(f.Gone) != machine.GoneMax || f.Gone[0].Epoch != 4 {
		t.Errorf("got %d nodes that are gone, the first of epoch %d, want %d from epoch 4 on", len(f.Gone), f.Gone[0].Epoch, machine.GoneMax)
	}
}
