// White box: what servers tell each other, and the mark of one that stands out, are read where no door leads.
package hq

import (
	"encoding/json"
	"reflect"
	"testing"
)

const (
	goldenTold    = `{"version":1,"server":"hq-1.84a076182f79","shape":"9f","sums":[{"index":77,"sum":"ab"},{"index":99,"sum":"cd"}],"differs":99}`
	goldenDiffers = `{"version":1,"index":99}`
)

// What the first build told is read for ever.
func TestWhatIsToldOfAStateIsRead(t *testing.T) {
	want := StateTold{Version: 1, Server: "hq-1.84a076182f79", Shape: "9f", Sums: []StateSum{{77, "ab"}, {99, "cd"}}, Differs: 99}
	if got, err := decodeTold([]byte(goldenTold)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if now, err := json.Marshal(want); err != nil || string(now) != goldenTold {
		t.Errorf("got %s, want %s", now, goldenTold)
	}
	if got, err := decodeTold([]byte(`{"version":1,"server":"a","later":true}`)); err != nil || got.Server != "a" {
		t.Errorf("with a field that a later build appended: got %+v, %v", got, err)
	}
	for name, text := range map[string]string{"torn": goldenTold[:20], "of another version": `{"version":2,"server":"a"}`, "of nobody": `{"version":1,"server":""}`,
		"of too many checkpoints": `{"version":1,"server":"a","sums":[{},{},{},{},{}]}`} {
		if _, err := decodeTold([]byte(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

// The mark that the first build wrote is read for ever.
func TestTheMarkOfAServerThatStandsOutIsRead(t *testing.T) {
	want := differs{Version: 1, Index: 99}
	if got, err := decodeDiffers([]byte(goldenDiffers)); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if now, err := json.Marshal(want); err != nil || string(now) != goldenDiffers {
		t.Errorf("got %s, want %s", now, goldenDiffers)
	}
	for name, text := range map[string]string{"torn": goldenDiffers[:9], "of another version": `{"version":2,"index":9}`, "of no entry": `{"version":1,"index":0}`,
		"a field more": `{"version":1,"index":9,"x":1}`} {
		if _, err := decodeDiffers([]byte(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func FuzzTold(f *testing.F) {
	f.Add([]byte(goldenTold))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := decodeTold(raw); err == nil && (got.Version != toldVersion || got.Server == "" || len(got.Sums) > sumsKept) {
			t.Errorf("%q was read as %+v", raw, got)
		}
	})
}

func FuzzDiffers(f *testing.F) {
	f.Add([]byte(goldenDiffers))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := decodeDiffers(raw); err == nil && (got.Version != differsVersion || got.Index == 0) {
			t.Errorf("%q was read as %+v", raw, got)
		}
	})
}

// Builds that write a state down in another way may have equal states as other bytes.
func TestSumsOfAnotherShapeAreNotCompared(t *testing.T) {
	c := newComparison()
	c.heard(StateTold{Version: 1, Server: "a", Shape: shape(), Sums: []StateSum{{77, "ab"}, {99, "cd"}}})
	c.heard(StateTold{Version: 1, Server: "b", Shape: "older", Sums: []StateSum{{99, "ef"}}})
	if got := c.at(99); len(got) != 1 || got["a"] != "cd" {
		t.Errorf("got %v, want the sum of a alone", got)
	}
	if got := c.at(88); len(got) != 0 {
		t.Errorf("got %v of a checkpoint that nobody told of, want none", got)
	}
}
