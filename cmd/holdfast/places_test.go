package main

import (
	"runtime"
	"testing"
)

// A node has a place for each processor, and for each of the two that wait for its disk; who says how many there are has the last word.
func TestANodeHasPlacesForWhoWaitsForTheDisk(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Setenv("GOMAXPROCS", "")
	back := morePlaces()
	if got := runtime.GOMAXPROCS(0); got != before+placesMore {
		t.Errorf("got %d places, want %d and %d more", got, before, placesMore)
	}
	if back(); runtime.GOMAXPROCS(0) != before {
		t.Errorf("got %d places afterwards, want %d", runtime.GOMAXPROCS(0), before)
	}
	t.Setenv("GOMAXPROCS", "3")
	defer morePlaces()()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("GOMAXPROCS is set: got %d places, want it left at %d", got, before)
	}
}
