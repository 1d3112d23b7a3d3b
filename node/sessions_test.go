package node

// White-box: the door hands out sign-ins by name and PIN alone, and each of those takes a quarter of a second.

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A till at which people change all day signs nobody out anywhere else: whoever is signed in longest makes room only where all places are taken.
func TestSignInsThatAreOverTakeNobodysPlace(t *testing.T) {
	s := newSessions(testworld.New(1).Env())
	open := func(user, device string) string {
		t.Helper()
		id, err := s.open(ledger.UserID(user), ledger.UserID(device), 1)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	quiet := open("carl", "till-2")
	for range 2 * sessionsMax {
		open("ann", "till-1")
		s.end(open("", ""))
	}
	if v, ok := s.find(quiet); !ok || v.user != "carl" {
		t.Errorf("got %+v, %t; want carl signed in at till-2", v, ok)
	}
	for range sessionsMax {
		open("", "")
	}
	if _, ok := s.find(quiet); ok || len(s.byID) != sessionsMax || len(s.queue) != sessionsMax {
		t.Errorf("got %d signed in, %d in turn, carl %t; want %d, and the eldest gone", len(s.byID), len(s.queue), ok, sessionsMax)
	}
}
