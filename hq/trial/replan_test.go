package trial_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

func TestPlanningAgainMovesClaimsAndMakesNone(t *testing.T) {
	w := trial.NewWaiting(1, 50)
	w.Half(300, false)
	before := w.Claimed()
	if w.Again() == 0 {
		t.Error("nothing moved")
	}
	if !slices.Equal(w.Claimed(), before) || w.Least() < 0 {
		t.Errorf("claims and stock changed in sum, or went below 0 (%d)", w.Least())
	}
	for range 3 {
		w.Again()
	}
	if moved := w.Again(); moved != 0 {
		t.Errorf("%d orders moved a third time or for nothing", moved)
	}
}

func TestPlanningAgainShipsFewerParcels(t *testing.T) {
	kept, again := trial.NewWaiting(1, 50).Half(400, false), trial.NewWaiting(1, 50).Half(400, true)
	if again.Short > kept.Short || again.Parcels*100 > kept.Parcels*99 {
		t.Errorf("got %+v with planning again, %+v without", again, kept)
	}
}
