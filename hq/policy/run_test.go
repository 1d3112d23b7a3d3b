package policy_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

func wish(sku string, holder ledger.SiteID) policy.Wish {
	return policy.Wish{Owner: "hull", Holder: holder, SKU: ledger.SKU(sku), Level: 1}
}

func drain(r *policy.Run) (steps [][]policy.Wish) {
	for r.Gives() {
		steps = append(steps, r.Next())
	}
	return steps
}

func TestARunGivesByHolderWhatItsStepsGathered(t *testing.T) {
	var r policy.Run
	r.Gather([]ledger.SKU{"A"}, []policy.Wish{wish("A", "york"), wish("A", "bath")}, false)
	if r.Gives() || r.Left() != 2 {
		t.Fatalf("got gives %v with %d left after one step of two, want it to go on gathering 2", r.Gives(), r.Left())
	}
	r.Gather([]ledger.SKU{"B"}, []policy.Wish{wish("B", "york"), wish("B", "bath")}, true)
	steps := drain(&r)
	if len(steps) != 1 || policy.Told(steps[0]) != 3 {
		t.Fatalf("got %v, want one step of which three books are told", steps)
	}
	for i, want := range []string{"bath A", "bath B", "york A", "york B"} {
		if w := steps[0][i]; fmt.Sprintf("%s %s", w.Holder, w.SKU) != want {
			t.Errorf("got %+v at %d, want %s", w, i, want)
		}
	}
	if r.Gives() || r.Left() != 0 {
		t.Error("it did not end")
	}
}

func TestWhatIsLookedAtAgainIsWishedAnew(t *testing.T) {
	var r policy.Run
	r.Gather([]ledger.SKU{"A"}, []policy.Wish{wish("A", "york")}, false)
	r.Gather([]ledger.SKU{"A"}, nil, true)
	if r.Gives() || r.Left() != 0 {
		t.Errorf("got %d left, want none: the second look wished nothing", r.Left())
	}
}

// No run gathers without end, and no step carries out more than it may; nothing is lost between the two.
func TestARunAndItsStepsAreBounded(t *testing.T) {
	for what, each := range map[string]int{"few of each step": 1, "many of each step": 100} {
		var r policy.Run
		gathered, given := 0, 0
		for n := range 400 {
			sku := fmt.Sprintf("A%03d", n)
			var wishes []policy.Wish
			for k := range each {
				wishes = append(wishes, wish(sku, ledger.SiteID(fmt.Sprintf("s%03d", k))))
			}
			r.Gather([]ledger.SKU{ledger.SKU(sku)}, wishes, n == 399)
			gathered += each
			if r.Left() > 1024+each {
				t.Fatalf("%s: %d wishes wait, want about 1024 at most", what, r.Left())
			}
			for _, step := range drain(&r) {
				given += len(step)
				if len(step) > 64 {
					t.Fatalf("%s: a step of %d, want 64 at most", what, len(step))
				}
			}
		}
		if given != gathered {
			t.Errorf("%s: %d given of %d gathered", what, given, gathered)
		}
	}
}
