package allocate_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/hq/allocate"
)

// metres is the same in floats, by the chord: another way than the one that is tested.
func metres(a, b allocate.Place) float64 {
	vector := func(p allocate.Place) [3]float64 {
		lat, lon := float64(p.LatE6)*math.Pi/180e6, float64(p.LonE6)*math.Pi/180e6
		return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	}
	u, v := vector(a), vector(b)
	chord := math.Sqrt((u[0]-v[0])*(u[0]-v[0]) + (u[1]-v[1])*(u[1]-v[1]) + (u[2]-v[2])*(u[2]-v[2]))
	return 2 * 6_371_009 * math.Asin(min(chord/2, 1))
}

func TestMetresAreThoseOfASphere(t *testing.T) {
	hull, york := allocate.Place{LatE6: 53_745_671, LonE6: -336_741}, allocate.Place{LatE6: 53_959_965, LonE6: -1_087_298}
	if got := allocate.Metres(hull, york); got < 54_500 || got > 55_500 {
		t.Errorf("Hull to York: got %d m, want about 55 km", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		place := func(name string) allocate.Place {
			return allocate.Place{LatE6: rapid.Int64Range(-90_000_000, 90_000_000).Draw(t, name+" lat"), LonE6: rapid.Int64Range(-180_000_000, 180_000_000).Draw(t, name+" lon")}
		}
		a, b := place("a"), place("b")
		if rapid.Bool().Draw(t, "near") { // most customers are
			within := rapid.SampledFrom([]int64{10, 1_000, 100_000, 3_000_000}).Draw(t, "within")
			b.LatE6 = min(max(a.LatE6+rapid.Int64Range(-within, within).Draw(t, "north"), -90_000_000), 90_000_000)
			b.LonE6 = min(max(a.LonE6+rapid.Int64Range(-within, within).Draw(t, "east"), -180_000_000), 180_000_000)
		}
		got, want := allocate.Metres(a, b), metres(a, b)
		if off := math.Abs(float64(got) - want); off > want*0.005+1.5 {
			t.Errorf("%v to %v: got %d m, want %.1f m", a, b, got, want)
		}
		if back := allocate.Metres(b, a); back != got {
			t.Errorf("got %d m there and %d m back", got, back)
		}
		if got < 0 || got > allocate.Farthest {
			t.Errorf("got %d m, want 0 to %d", got, allocate.Farthest)
		}
	})
}

func TestAPlaceIsAtItself(t *testing.T) {
	for _, p := range []allocate.Place{{}, {LatE6: 90_000_000}, {LatE6: -33_868_820, LonE6: 151_209_290}} {
		if got := allocate.Metres(p, p); got != 0 {
			t.Errorf("%v: got %d m to itself", p, got)
		}
	}
}
