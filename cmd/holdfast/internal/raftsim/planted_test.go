package raftsim

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// plants are faults that a hand could slip into head office. Each is a text of its source and what
// stands there instead, and must be found within so many seeds.
var plants = map[string]struct {
	file  string
	edits []string // old, new
	seeds int
}{
	"an order is answered before a quorum has it": {"propose.go", []string{
		"import (\n", "import (\n\t\"bytes\"\n",
		"	begun := s.env.Clock.Mono()\n	future := ", `	var frozen *machine.Frozen
	s.View(func(m *machine.Machine) { frozen = m.Freeze() })
	var state bytes.Buffer
	if frozen.Encode(&state) == nil {
		if m, err := machine.Restore(&state); err == nil {
			if res := m.Apply(cmd); res.Answer != nil {
				s.raft.Apply(cmd, s.cfg.ProposeWait)
				given()
				<-s.proposals
				return res, nil
			}
		}
	}
	begun := s.env.Clock.Mono()
	future := `}, 4},
	"a leader answers before its barrier": {"leader.go", []string{
		"if err := s.await(ctx, s.raft.Barrier(s.cfg.ProposeWait), func() {}); err != nil {", "if err := error(nil); err != nil {"}, 16},
	"a follower answers as if it led": {"web_serve.go", []string{
		"case \"\", \"leader\":\n			return leads, nil", "case \"\", \"leader\":\n			return true, nil",
		"if err := s.confirm(r.Context()); err != nil {", "if err := s.confirm(r.Context()); err != nil && s.lead.ready.Load() {"}, 4},
}

// TestPlantedFaultsAreFoundOnRealRaft builds head office with one fault each, and plays seeds until it is found.
func TestPlantedFaultsAreFoundOnRealRaft(t *testing.T) {
	if os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("builds the program once for each fault: HOLDFAST_LONG=1")
	}
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			binary := plant(t, p.file, p.edits)
			for seed := range p.seeds {
				out, err := exec.CommandContext(t.Context(), binary, "sim", "--raft", "--for", "12s", "--seed", strconv.Itoa(seed+1)).CombinedOutput()
				if err != nil && strings.Contains(string(out), "an invariant is broken") {
					_, found, _ := strings.Cut(string(out), "audit: ")
					t.Logf("found with seed %d: %s", seed+1, found)
					return
				}
				if err != nil {
					t.Fatalf("seed %d: got %v and %s, want a broken invariant or none", seed+1, err, out)
				}
			}
			t.Errorf("not found within %d seeds", p.seeds)
		})
	}
}

// plant builds the program with one fault in head office.
func plant(t *testing.T, file string, edits []string) (binary string) {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "hq", file))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(edits); i += 2 {
		if n := strings.Count(text, edits[i]); n != 1 {
			t.Fatalf("%s: %q is there %d times, want once", file, edits[i], n)
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	dir := t.TempDir()
	faulty, list := filepath.Join(dir, file), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: faulty}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{faulty: []byte(text), list: overlay} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary = filepath.Join(dir, "holdfast")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-o", binary, "github.com/holdfast-stock/holdfast/cmd/holdfast").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// Servers whose disk forgets what it said it had kept lose what was answered.
func TestADiskThatForgetsIsFoundOnRealRaft(t *testing.T) {
	if os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("takes up to a minute a seed: HOLDFAST_LONG=1")
	}
	const seeds = 6
	for seed := range seeds {
		got, err := (&Run{Seed: uint64(seed + 1), For: 12 * time.Second, Dir: t.TempDir(), forget: true}).Do(t.Context())
		if err != nil || got.Violations > 0 { // a server may also find for itself that its files do not fit
			t.Logf("found with seed %d: %v %+v", seed+1, err, got)
			return
		}
	}
	t.Errorf("not found within %d seeds", seeds)
}
