package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// partsIn is a catalogue of kits.
type partsIn map[ledger.SKU][]ledger.Component

func (p partsIn) of(sku ledger.SKU) []ledger.Component { return p[sku] }

// Whatever is ordered, as kits, as components, several times: of each SKU as many units are claimed as a customer
// would count who unpacks all of it, and each line that was asked for keeps its number.
func TestAKitClaimsItsPartsAndNothingElse(t *testing.T) {
	kits := partsIn{"SET-1": {{"TAP", 1}, {"PIPE", 2}}, "SET-2": {{"PIPE", 3}}, "SET-3": {{"CLIP", 10}, {"TAP", 2}, {"BEND", 1}}}
	skus := []ledger.SKU{"TAP", "PIPE", "CLIP", "SET-1", "SET-2", "SET-3"}
	r := rand.New(rand.NewPCG(30, 1))
	for range 5000 {
		var o ledger.Order
		want := map[ledger.SKU]ledger.Qty{}
		asked := make([]ledger.Line, 1+r.IntN(6))
		for i := range asked {
			asked[i] = ledger.Line{SKU: skus[r.IntN(len(skus))], Qty: ledger.Qty(1 + r.IntN(9))}
			if components := kits[asked[i].SKU]; components == nil {
				want[asked[i].SKU] += asked[i].Qty
			} else {
				for _, p := range components {
					want[p.SKU] += p.Qty * asked[i].Qty
				}
			}
		}
		o.Lines = append(o.Lines, asked...)
		if err := o.Explode(kits.of); err != nil {
			t.Fatal(err)
		}
		got := map[ledger.SKU]ledger.Qty{}
		for i := range o.Lines {
			got[o.Lines[i].SKU] += o.Lines[i].Qty
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v: got %v, want %v", asked, got, want)
		}
		for i := range asked {
			k, component := o.KitOf(i + 1)
			if isKit := kits[asked[i].SKU] != nil; isKit != (k != nil) || isKit && (component != 0 || k.Line != i+1 || k.SKU != asked[i].SKU || k.Qty != asked[i].Qty) {
				t.Fatalf("%v: line %d is %+v", asked, i+1, k)
			}
		}
	}
}

func TestAKitThatCannotBeTakenApartIsRefused(t *testing.T) {
	kits := partsIn{"SET": {{"TAP", 2}}, "BIG": {{"SET", 1}}, "MANY": {{"TAP", 1}, {"PIPE", 1}}}
	for name, c := range map[string]struct {
		line  ledger.Line
		lines int
		field string
	}{
		"a kit in a kit":              {ledger.Line{SKU: "BIG", Qty: 1}, 1, "sku"},
		"more units than are counted": {ledger.Line{SKU: "SET", Qty: ledger.QtyMax/2 + 1}, 1, "qty"},
		"more lines than an order":    {ledger.Line{SKU: "MANY", Qty: 1}, ledger.LinesMax, "lines"},
	} {
		o := ledger.Order{Lines: make([]ledger.Line, c.lines)}
		o.Lines[0] = c.line
		err := o.Explode(kits.of)
		if fe, ok := errors.AsType[*ledger.FormError](err); !ok || fe.Field != c.field {
			t.Errorf("%s: got %v, want %s refused", name, err, c.field)
		}
	}
}

func TestAKitIsMadeAsOftenAsItsScarcestPartAllows(t *testing.T) {
	components := []ledger.Component{{"TAP", 1}, {"PIPE", 3}}
	for _, c := range []struct{ tap, pipe, want ledger.Qty }{{5, 15, 5}, {5, 14, 4}, {1, 100, 1}, {0, 100, 0}, {7, 2, 0}, {-1, 9, 0}} {
		have := map[ledger.SKU]ledger.Qty{"TAP": c.tap, "PIPE": c.pipe}
		if got := ledger.Makes(components, func(sku ledger.SKU) ledger.Qty { return have[sku] }); got != c.want {
			t.Errorf("of %v: got %d, want %d", have, got, c.want)
		}
	}
	k := ledger.Kit{Components: []ledger.KitComponent{{Line: 1, Qty: 2}, {Line: 2, Qty: 3}}}
	units := map[int]ledger.Qty{1: 5, 2: 9}
	at := func(line int) ledger.Qty { return units[line] }
	if k.Whole(at) != 2 || k.Touched(at) != 3 {
		t.Errorf("got %d whole and %d touched, want 2 and 3", k.Whole(at), k.Touched(at))
	}
}
