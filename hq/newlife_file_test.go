// White box: the mark of a new life is read where no door leads.
package hq

import (
	"encoding/json"
	"testing"
)

// The mark that the first build wrote is read for ever.
func TestTheMarkOfANewLifeIsRead(t *testing.T) {
	const golden = `{"version":1,"after":3,"why":"restored from a backup of hq-1 of 2026-11-25T03:00:00Z","configure":true}`
	want := newLife{Version: 1, After: 3, Why: "restored from a backup of hq-1 of 2026-11-25T03:00:00Z", Configure: true}
	got, err := decodeNewLife([]byte(golden))
	if err != nil || *got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if now, err := json.Marshal(want); err != nil || string(now) != golden {
		t.Errorf("got %s, want %s", now, golden)
	}
	for name, text := range map[string]string{"torn": golden[:20], "newer": `{"version":2,"after":3,"why":"x","configure":true}`,
		"a field more": `{"version":1,"after":3,"why":"x","configure":true,"x":1}`, "no life": `{"version":1,"after":0,"why":"x","configure":true}`} {
		if _, err := decodeNewLife([]byte(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func FuzzNewLife(f *testing.F) {
	f.Add([]byte(`{"version":1,"after":3,"why":"restored","configure":true}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if l, err := decodeNewLife(raw); err == nil && (l.Version != newLifeVersion || l.After == 0 || l.Why == "") {
			t.Errorf("%q was read as %+v", raw, l)
		}
	})
}
