package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnArchiveIsBelievedUpToWhatIsStored(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	s, _ := b.m.Site("hull")
	stored := s.Stored
	tell := func(end ledger.Position) ledger.Position {
		b.ok(&machine.Archived{Ends: []machine.ArchiveEnd{{Site: "nowhere", End: end}, {Site: "hull", End: end}}, At: at})
		s, _ := b.m.Site("hull")
		return s.Archived
	}
	beyond := ledger.Position{Epoch: 1, Seq: stored.Seq + 1}
	if got := tell(beyond); got.Seq != 0 {
		t.Errorf("beyond what is stored: got %d, want it passed over", got.Seq)
	}
	if got := tell(stored); got != stored {
		t.Errorf("got %v, want %v", got, stored)
	}
	if got := tell(ledger.Position{}); got.Seq != 0 {
		t.Errorf("an archive that was lost: got %d, want nothing archived", got.Seq)
	}
}
