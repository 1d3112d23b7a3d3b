package door_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// seenPlace is a place with two tills, of which one was here with ann.
func seenPlace(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	for _, id := range []ledger.UserID{"till-1", "till-2"} {
		p.users[id] = &ledger.User{ID: id, Kind: ledger.UserDevice}
	}
	if _, err := p.Standing("ann", "till-1", p.users["ann"].Seal()); err != nil {
		t.Fatal(err)
	}
	return p
}

// The file of what was seen is a stored form: what is written stays readable. One that cannot be read is as none, keeps nobody from working,
// and is written anew.
func TestWhatWasSeenIsReadAsItWasWritten(t *testing.T) {
	golden := filepath.Join("testdata", "seen.01.json")
	p := seenPlace(t)
	heard := p.clock.at.Add(-time.Minute)
	if err := p.Keep(heard); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.dir, door.SeenFile)
	wrote, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, wrote, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(golden); err != nil || !bytes.Equal(kept, wrote) {
		t.Errorf("got %s, want %s (%v)", wrote, kept, err)
	}
	p.open(t)
	if v, ok := p.Seen("till-1"); !ok || !v.At.Equal(p.clock.at) || v.User != "ann" || !p.Heard().Equal(heard) {
		t.Errorf("got %+v, %v, heard %v; want ann's, and %v", v, ok, p.Heard(), heard)
	}
	if v, ok := p.Seen("till-2"); ok {
		t.Errorf("got %+v of a till that was never here", v)
	}
	for _, bad := range []string{"", "{", `{"version":0}`} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		p.open(t)
		if _, ok := p.Seen("till-1"); ok || !p.Heard().IsZero() {
			t.Errorf("%q: got something of it", bad)
		}
		if _, err := p.Standing("ann", "till-1", p.users["ann"].Seal()); err != nil {
			t.Fatal(err)
		}
		if err := p.Keep(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if p.open(t); p.Heard() != (time.Time{}) {
			t.Errorf("%q: got head office heard at %v", bad, p.Heard())
		}
		if _, ok := p.Seen("till-1"); !ok {
			t.Errorf("%q: got nothing written in its place", bad)
		}
	}
}

// Where nothing is new nothing is written; what could not be written is written the next time; a device that is none any more is left out;
// and head office was never heard earlier than it was.
func TestWhatWasSeenIsWrittenOnceAndNoLessThanWas(t *testing.T) {
	p := seenPlace(t)
	gone := errors.New("no disk")
	p.disk.fail = gone
	if err := p.Keep(p.clock.at); !errors.Is(err, gone) {
		t.Errorf("got %v, want the disk's", err)
	}
	p.disk.fail = nil
	if err := p.Keep(time.Time{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.dir, door.SeenFile)
	if err := os.Remove(path); err != nil {
		t.Fatalf("what could not be written was not written: %v", err)
	}
	if err := p.Keep(p.clock.at.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want nothing written where nothing is new", err)
	}
	if !p.Heard().Equal(p.clock.at) {
		t.Errorf("got head office heard at %v, want %v still", p.Heard(), p.clock.at)
	}
	if _, err := p.Standing("ann", "till-2", p.users["ann"].Seal()); err != nil {
		t.Fatal(err)
	}
	delete(p.users, "till-1")
	if err := p.Keep(time.Time{}); err != nil {
		t.Fatal(err)
	}
	p.open(t)
	if _, ok := p.Seen("till-1"); ok {
		t.Error("got a device that is none any more kept")
	}
	if _, ok := p.Seen("till-2"); !ok {
		t.Error("got till-2 lost")
	}
}
