package ledger_test

import (
	"errors"
	wide "math/big"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TestPackConversionNeverMakesOrLosesAUnit: units go into packs and loose ones and come back as they were, packs
// go into units as a wider integer says, and what no Qty holds is refused with the numbers, never cut short.
func TestPackConversionNeverMakesOrLosesAUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 1))
	some := func() ledger.Qty { return ledger.Qty(r.Int64N(1 << (1 + r.IntN(53)))) }
	fits, refused := 0, 0
	for range 20_000 {
		p := ledger.Pack{Name: "CASE", Units: 1 + some()}
		q := some()
		told, err := p.Told("qty", q/p.Units, q%p.Units)
		if err != nil {
			t.Fatal(err)
		}
		if back, ok := told.Qty(); !ok || back != q || !told.Says(q) || told.Says(q+1) {
			t.Fatalf("%d units as %+v: got %d back", q, told, back)
		}
		count := some()
		if r.IntN(2) == 0 {
			count = -count
		}
		want := new(wide.Int).Mul(wide.NewInt(int64(p.Units)), wide.NewInt(int64(count)))
		told, err = p.Told("qty", count, 0)
		if new(wide.Int).Abs(want).Cmp(wide.NewInt(int64(ledger.QtyMax))) > 0 {
			if fe, ok := errors.AsType[*ledger.FormError](err); !ok || fe.Field != "qty" {
				t.Fatalf("%d of %d: got %v, want it refused", count, p.Units, err)
			}
			refused++
			continue
		}
		fits++
		if got, ok := told.Qty(); err != nil || !ok || int64(got) != want.Int64() {
			t.Fatalf("%d of %d: got %d, %v; want %s", count, p.Units, got, err, want)
		}
	}
	if fits < 1000 || refused < 1000 {
		t.Errorf("%d fit and %d were refused, want many of both", fits, refused)
	}
}

func TestWhatIsBeyondAllBoundsIsNoPack(t *testing.T) {
	p := ledger.Pack{Name: "CASE", Units: ledger.QtyMax}
	for _, c := range []struct{ count, loose ledger.Qty }{{2, 0}, {1, 1}, {-2, 0}, {-1, 1}, {1 << 62, 0}, {-1 << 63, 0}, {0, -1}, {0, 1 << 62}} {
		if told, err := p.Told("qty", c.count, c.loose); err == nil {
			t.Errorf("%d and %d loose: got %+v, want it refused", c.count, c.loose, told)
		}
	}
	if told, err := p.Told("qty", -1, 0); err != nil || !told.Says(-ledger.QtyMax) {
		t.Errorf("got %+v, %v; want the least there is", told, err)
	}
}
