package hq

// White-box: a trip ends at a server only behind a conversation with a provider, of which nobody has thousands in a test.

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/openid"
)

// No trip ends twice, and whoever ends thousands shuts nobody out: they drive out their own.
func TestWhoeverEndsManyTripsShutsNobodyOut(t *testing.T) {
	var list trips
	now := time.Unix(1_800_000_000, 0)
	if !list.end("ann's", "10.0.0.1", now) || list.end("ann's", "10.0.0.2", now) {
		t.Error("a trip ends once, wherever it comes from")
	}
	for i := range 3 * tripsMax {
		if !list.end(fmt.Sprint("flood ", i), "10.6.6.6", now) {
			t.Fatalf("trip %d of one address did not end", i)
		}
	}
	if len(list.over) > tripsOfOne+1 || list.end("ann's", "10.0.0.1", now) {
		t.Errorf("got %d remembered, and ann's ended again; want the flood to have driven out its own", len(list.over))
	}
	for i := range 2 * tripsMax {
		if !list.end(fmt.Sprint("many ", i), fmt.Sprint("10.1.", i/250, ".", i%250), now) {
			t.Fatalf("trip %d of many addresses did not end", i)
		}
	}
	if len(list.over) > tripsMax {
		t.Errorf("got %d remembered, want at most %d", len(list.over), tripsMax)
	}
	if !list.end("beth's", "10.0.0.3", now) || list.end("beth's", "10.0.0.3", now.Add(openid.TripLife-1)) {
		t.Error("somebody else is shut out, or ends a trip twice")
	}
	if list.end("last", "10.0.0.3", now.Add(openid.TripLife)); len(list.over) != 1 {
		t.Errorf("got %d remembered once all are over, want the new one", len(list.over))
	}
}
