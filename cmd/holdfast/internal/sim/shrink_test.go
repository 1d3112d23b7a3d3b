package sim

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden plan anew")

// With a guard switched off a company of an hour breaks; what is left of its plan is a few acts that
// still break the same, also when it is read back from its file.
func TestAPlanThatBreaksIsMadeSmall(t *testing.T) {
	for what, c := range map[string]struct {
		off  guard
		bad  Disaster
		same string
		most int // acts left
	}{
		"a hold outlives its ask":       {guardHoldReleased, 0, "", 12},
		"goods are written down twice":  {guardReceiptOnce, 0, "duplicated", 6},
		"promised before it is judged":  {guardFirstVerdict, Restores, "hasty", 8},
		"answered before it is durable": {guardSynced, 0, "lost", 6},
	} {
		t.Run(what, func(t *testing.T) {
			whole := NewPlan(1, time.Hour, 3, c.bad)
			tried := 0
			s := &Shrinker{Plan: whole, Tries: 400, Tick: func(n, _ int) { tried = n }, off: c.off}
			p, r, err := s.Do(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.same == "" {
				c.same = s.same
			}
			if len(p.Acts) > c.most || broke(r) != c.same || tried == 0 || p.Length > whole.Length {
				t.Errorf("got %d acts that break %q after %d tries, want at most %d and %q", len(p.Acts), broke(r), tried, c.most, c.same)
			}
			for i := range p.Acts {
				t.Log(p.Acts[i].Words())
			}
			var file bytes.Buffer
			if err := p.Write(&file); err != nil {
				t.Fatal(err)
			}
			back, err := ReadPlan(&file)
			if err != nil {
				t.Fatal(err)
			}
			again, err := runWithout(t.Context(), back, c.off, noTick)
			if err != nil || again.Digest != r.Digest || broke(again) != c.same {
				t.Errorf("read back: got %q, digest %s, %v, want %q, %s", broke(again), again.Digest, err, c.same, r.Digest)
			}
			if honest, err := runWithout(t.Context(), back, guardNone, noTick); err != nil || honest.Violations != 0 {
				t.Errorf("with the guard on: got %v %v, want no violation", err, honest.Broken)
			}
		})
	}
}

func TestAPlanThatHoldsIsNotMadeSmaller(t *testing.T) {
	s := (&Run{Seed: 1, Hours: 1, Sites: 3}).Shrinker()
	if p, _, err := s.Do(t.Context()); !errors.Is(err, ErrHolds) {
		t.Errorf("got %v, %v, want %v", p, err, ErrHolds)
	}
}

func TestAPlanIsReadBackAsItWas(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		p := NewPlan(seed, time.Hour, int(3*(seed%2)), AllDisasters)
		var file bytes.Buffer
		if err := p.Write(&file); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPlan(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		back.Temper = p.Temper // the plan follows from it; nothing reads it afterwards
		if !reflect.DeepEqual(p, back) {
			t.Errorf("seed %d: got another plan back", seed)
		}
	}
}

func TestAPlanOfTheFirstVersionStaysReadable(t *testing.T) {
	p := NewPlan(5, 4*time.Minute, 3, AllDisasters)
	kinds := map[ActKind]bool{}
	var acts []Act
	for _, bad := range []Disaster{AllDisasters &^ Losses, Losses} {
		for _, a := range NewPlan(5, 8*time.Hour, 3, bad).Acts { // one of each kind
			if !kinds[a.Kind] {
				kinds[a.Kind] = true
				acts = append(acts, a)
			}
		}
	}
	p.Acts, p.Length = acts, 8*time.Hour
	var now bytes.Buffer
	if err := p.Write(&now); err != nil {
		t.Fatal(err)
	}
	const picks, trade = "plan_picks.v1.json", "plan_trade.v1.json"
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", trade), now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, last := range map[string]ActKind{"plan.v1.json": ActDiskFull, picks: ActReject, trade: ActExchange} { // before anybody picked, after, and with money, gift cards and what a supplier sends
		goldenPlan(t, name, last)
	}
}

// goldenPlan reads a plan that was written once, with an act of each kind up to last.
func goldenPlan(t *testing.T, name string, last ActKind) {
	t.Helper()
	golden, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadPlan(bytes.NewReader(golden))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := back.Write(&again); err != nil || !bytes.Equal(again.Bytes(), golden) {
		t.Errorf("%s: got another file from the golden plan (%v)", name, err)
	}
	kinds := map[ActKind]bool{}
	for _, a := range back.Acts {
		kinds[a.Kind] = true
	}
	for k := range kindNames() {
		if !kinds[k] && k <= last {
			t.Errorf("%s: got no %s in the golden plan, want each kind", name, k)
		}
	}
}

func TestAFileThatIsNoPlanIsRefused(t *testing.T) {
	var file bytes.Buffer
	if err := NewPlan(5, 10*time.Minute, 3, AllDisasters).Write(&file); err != nil {
		t.Fatal(err)
	}
	good := file.String()
	for what, bad := range map[string]string{
		"another version":      strings.Replace(good, `"version": 1`, `"version": 2`, 1),
		"an unknown field":     strings.Replace(good, `"seed"`, `"speed"`, 1),
		"an unknown act":       strings.Replace(good, `"kind": "order"`, `"kind": "flood"`, 1),
		"an unknown site":      strings.Replace(good, `"id": "york"`, `"id": "bath"`, 1),
		"a site twice":         strings.Replace(good, `"id": "york"`, `"id": "leeds"`, 1),
		"an unknown disaster":  strings.Replace(good, `"bad": "`, `"bad": "floods,`, 1),
		"negative goods":       strings.Replace(good, `"qty": `, `"qty": -`, 1),
		"something behind it":  good + "{}",
		"half of it":           good[:len(good)/2],
		"nothing":              "",
		"an act at no time":    strings.Replace(good, `"at_ns": `, `"at_ns": 99999999999999`, 1),
		"an order without one": strings.Replace(good, `"kind": "order"`, `"kind": "crash"`, 1),
	} {
		if bad == good {
			t.Errorf("%s: the plan has nothing to spoil", what)
		}
		if p, err := ReadPlan(strings.NewReader(bad)); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: got %v, %v, want it refused", what, p, err)
		}
	}
}

// Whatever a file says, it is a plan or refused; a plan that was read is read again as itself.
func FuzzReadPlan(f *testing.F) {
	var file bytes.Buffer
	if err := NewPlan(5, time.Minute, 3, AllDisasters).Write(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(`{"version":1,"sites":[{"id":"a"}],"acts":[{"kind":"weather","weather":{}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ReadPlan(bytes.NewReader(raw))
		if err != nil {
			if !errors.Is(err, ErrPlan) {
				t.Errorf("got %v, want a refusal", err)
			}
			return
		}
		var again bytes.Buffer
		if err := p.Write(&again); err != nil {
			t.Fatal(err)
		}
		back, err := ReadPlan(&again)
		if err != nil || !reflect.DeepEqual(p, back) {
			t.Errorf("got %v %v back, want %v", back, err, p)
		}
	})
}
