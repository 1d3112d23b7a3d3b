package baddays_test

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

// clockEnv names a file that says how many seconds the clock of a binary built here is wrong.
const clockEnv = "HOLDFAST_TEST_CLOCK"

// wrongClocks builds a holdfast whose clock reads by how much it is wrong: nothing of it is different but
// the one line behind the clock's seam, which is laid over the source while it is built.
func wrongClocks(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, err := filepath.Abs("../world/world.go")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const right = "func (clock) Wall() time.Time       { return time.Now().UTC() }"
	const wrong = `func (clock) Wall() time.Time {
	raw, _ := os.ReadFile(os.Getenv("` + clockEnv + `"))
	var off int64
	for _, c := range raw {
		if c >= '0' && c <= '9' {
			off = 10*off + int64(c-'0')
		}
	}
	if len(raw) > 0 && raw[0] == '-' {
		off = -off
	}
	return time.Now().UTC().Add(time.Duration(off) * time.Second)
}`
	if strings.Count(string(raw), right) != 1 {
		t.Fatalf("%s: the clock is not where it was", source)
	}
	laid, list := filepath.Join(dir, "world.go"), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: laid}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{laid: []byte(strings.Replace(string(raw), right, wrong, 1)), list: overlay} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "holdfast")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-o", binary, "github.com/holdfast-stock/holdfast/cmd/holdfast").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// TestAClockThatJumpsChangesNoOrder moves a selling node's clock by a year to and fro: every order is in
// the book once, as ever, and the order of entries is the order of their numbers.
func TestAClockThatJumpsChangesNoOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	binary, clock := wrongClocks(t), filepath.Join(t.TempDir(), "clock")
	t.Setenv(clockEnv, clock)
	set := func(off time.Duration) {
		t.Helper()
		next := clock + ".next" // a reader sees the one or the other
		if err := os.WriteFile(next, []byte(strconv.Itoa(int(off.Seconds()))), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, clock); err != nil {
			t.Fatal(err)
		}
	}
	const day = 24 * time.Hour
	s, all := newSite(t, t.TempDir()), newCrowd()
	s.binary = binary
	set(0)
	s.open()
	seen := map[int]bool{}
	for _, off := range []time.Duration{0, 365 * day, -30 * day, 2 * time.Minute, -365 * day, 0} {
		set(off)
		if _, err := all.sell(s, 4, func() {}); err != nil {
			t.Fatal(err)
		}
		s.kill() // and a start under a clock that is wrong
		s.up()
		if _, err := all.sell(s, 4, func() {}); err != nil {
			t.Fatal(err)
		}
		var st struct {
			At time.Time `json:"at"`
		}
		if err := json.Unmarshal(s.must(200, "GET", "/v1/status", "", nil), &st); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(st.At) - off; got > time.Minute || got < -time.Minute {
			t.Errorf("got a clock that is wrong by %v, want %v", time.Until(st.At), off)
		}
		seen[st.At.Year()] = true
	}
	if len(seen) < 3 {
		t.Errorf("got the years %v, want three", seen)
	}
	if err := settled(s, "", all.told()); err != nil {
		t.Error(err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
}
