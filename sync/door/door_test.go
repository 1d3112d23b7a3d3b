package door_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

var update = flag.Bool("update", false, "write DESIGN.md and golden files anew")

func TestThePermissionsStandInDesign(t *testing.T) {
	raw, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- permissions -->\n", "<!-- /permissions -->\n"
	before, rest, _ := strings.Cut(string(raw), from)
	has, after, ends := strings.Cut(rest, to)
	switch {
	case !ends:
		t.Fatal("DESIGN.md has no place for the permissions")
	case has == door.Table():
	case *update:
		if err := os.WriteFile("DESIGN.md", []byte(before+from+door.Table()+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("DESIGN.md has another table than the code, which prints\n%s", door.Table())
	}
}

// clock is one that a test sets.
type clock struct{ at time.Time }

func (c *clock) Wall() time.Time     { return c.at }
func (c *clock) Mono() time.Duration { return 0 }
func (c *clock) After(d time.Duration) (<-chan time.Time, func()) {
	return make(chan time.Time), func() {}
}

// disk is the machine's, which fails when it is told to.
type disk struct{ fail error }

func (d *disk) Before(ledger.Act, string) error { return d.fail }
func (d *disk) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}
func (d *disk) MkdirAll(path string, perm os.FileMode) error { return os.MkdirAll(path, perm) }
func (d *disk) Rename(from, to string) error                 { return os.Rename(from, to) }
func (d *disk) Remove(name string) error                     { return os.Remove(name) }

type place struct {
	*door.Door
	clock *clock
	disk  *disk
	users map[ledger.UserID]*ledger.User
	dir   string
}

func newPlace(t *testing.T) *place {
	p := &place{clock: &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}, disk: &disk{}, users: map[ledger.UserID]*ledger.User{}, dir: t.TempDir()}
	p.open(t)
	pin, err := p.Secrets().Hash(t.Context(), "4711")
	if err != nil {
		t.Fatal(err)
	}
	p.users["ann"] = &ledger.User{ID: "ann", Kind: ledger.UserPerson, PIN: pin, Roles: ledger.RolesOf(ledger.Cashier)}
	return p
}

func (p *place) open(t *testing.T) {
	t.Helper()
	var err error
	if p.Door, err = door.Open(door.Parts{Site: "leeds", Clock: p.clock, Random: rand.Reader, Disk: p.disk, Dir: p.dir,
		Users: func(id ledger.UserID) (*ledger.User, bool) { u, ok := p.users[id]; return u, ok }}); err != nil {
		t.Fatal(err)
	}
}

func (p *place) guess(ctx context.Context, from, name, pin string) error {
	_, err := p.SignIn(ctx, from, door.ByPIN, name, pin)
	return err
}

// Within a day a four-digit PIN is guessed at one device a few hundred times at most, of 10,000, whatever restarts come between.
func TestADayOfGuessingAtOneDeviceComesToLittle(t *testing.T) {
	p := newPlace(t)
	// A hash says what it costs: this one costs little, so that a day takes no longer than a test.
	p.users["ann"].PIN = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
	looked := 0
	for end := p.clock.at.Add(24 * time.Hour); p.clock.at.Before(end); {
		err := p.guess(t.Context(), "device till-1", "ann", "0000")
		wait, waits := errors.AsType[*door.WaitError](err)
		switch {
		case waits:
			p.clock.at = p.clock.at.Add(wait.For)
		case errors.Is(err, door.ErrWrong):
			looked++
		default:
			t.Fatalf("got %v", err)
		}
		if looked%40 == 0 {
			p.open(t)
		}
	}
	if looked < 5 || looked > 200 {
		t.Errorf("got %d guesses looked at in a day, want some, and 200 at most", looked)
	}
	t.Logf("%d guesses in a day", looked)
}

// Whoever has a PIN of their own does not go on guessing others' by signing in between.
func TestASignInOfOnesOwnTakesNoGuessForOthersBack(t *testing.T) {
	p := newPlace(t)
	looked := 0
	for i := range 40 {
		if errors.Is(p.guess(t.Context(), "device till-1", fmt.Sprintf("nobody-%d", i), "0000"), door.ErrWrong) {
			looked++
		}
		if _, waits := errors.AsType[*door.WaitError](p.guess(t.Context(), "device till-1", "ann", "4711")); waits {
			break
		}
	}
	if looked > 20 {
		t.Errorf("got %d guesses looked at in no time, want 20 at most", looked)
	}
}

// Whoever breaks sign-ins off between guesses wins none of them back, neither for the name nor for the device.
func TestABrokenOffSignInTakesNoGuessBack(t *testing.T) {
	for what, name := range map[string]func(i int) string{"one name": func(int) string { return "ann" }, "one device": func(i int) string { return fmt.Sprintf("nobody-%d", i) }} {
		p := newPlace(t)
		off, cancel := context.WithCancel(t.Context())
		cancel()
		looked := 0
		for i := range 40 {
			if errors.Is(p.guess(t.Context(), "device till-1", name(i), "0000"), door.ErrWrong) {
				looked++
			}
			if err := p.guess(off, "device till-1", name(i), "0000"); err == nil {
				t.Fatal("a sign-in that was broken off: got nil")
			}
		}
		if looked > 20 || what == "one name" && looked > 5 {
			t.Errorf("%s: got %d guesses looked at in no time", what, looked)
		}
	}
}

// A disk that cannot keep a wrong guess makes the sign-in fail for another reason than the guess, and it still counts.
func TestAGuessThatCannotBeKeptCountsAllTheSame(t *testing.T) {
	p := newPlace(t)
	p.disk.fail = errors.New("no disk")
	for range 5 {
		if err := p.guess(t.Context(), "device till-1", "ann", "0000"); !errors.Is(err, door.ErrWrong) || !strings.Contains(err.Error(), "no disk") {
			t.Fatalf("got %v, want both", err)
		}
	}
	if _, ok := errors.AsType[*door.WaitError](p.guess(t.Context(), "device till-1", "ann", "4711")); !ok {
		t.Error("got the PIN looked at, want a wait")
	}
	if err := p.guess(t.Context(), "device till-2", "ann", "4711"); err != nil {
		t.Errorf("got %v at another till, want ann signed in", err)
	}
}

// The file of guesses is a stored form: what is written stays readable, and what nobody wrote is refused with a way out.
func TestGuessesAreReadAsTheyWereWritten(t *testing.T) {
	golden := filepath.Join("testdata", "guesses.01.json")
	p := newPlace(t)
	for range 6 {
		p.guess(t.Context(), "device till-1", "ann", "0000")
	}
	wrote, err := os.ReadFile(filepath.Join(p.dir, door.GuessesFile))
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
	for _, bad := range []string{"", "{", `{"version":0}`, `{"version":1,"rows":[{"wrong":-1}]}`} {
		if err := os.WriteFile(filepath.Join(p.dir, door.GuessesFile), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := door.OpenBackoff(p.clock, p.disk, p.dir); err == nil || !strings.Contains(err.Error(), "hint: take the file away") {
			t.Errorf("%q: got %v, want it refused with a way out", bad, err)
		}
	}
}

// A hash keeps its parameters with it, and one that would take the machine's memory is refused before it is worked out.
func TestAHashSaysWhatItCosts(t *testing.T) {
	p := newPlace(t)
	pin := p.users["ann"].PIN
	if !strings.HasPrefix(pin, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %s", pin)
	}
	for _, kept := range []string{strings.Replace(pin, "m=19456", "m=4000000", 1), strings.Replace(pin, "t=2", "t=9999", 1), "$argon2i$", "x", pin[:40]} {
		if ok, err := p.Secrets().Is(t.Context(), kept, "4711"); err == nil || ok {
			t.Errorf("%s: got %v, want it refused", kept, ok)
		}
	}
	if ok, err := p.Secrets().Is(t.Context(), "", "4711"); ok || err != nil {
		t.Errorf("got %v %v of nobody's secret, want no", ok, err)
	}
}

func TestAPINThatIsGuessedFirstIsRefused(t *testing.T) {
	for pin, ok := range map[string]bool{"1234": false, "0000": false, "9876": false, "4711": true, "1357": true, "123": false, "12a4": false, "1234567890123": false} {
		if got := door.CheckPIN(pin) == nil; got != ok {
			t.Errorf("%s: got %v, want %v", pin, got, ok)
		}
	}
}

func TestANameThatSomebodyOutsideCanHaveIsNotOurs(t *testing.T) {
	b := door.NewBrowser("stock.example.com")
	for host, ok := range map[string]bool{"127.0.0.1:80": true, "[fe80::1]:80": true, "::1": true, "node": true, "node:8080": true, "till.shop.lan": true,
		"Stock.Example.COM.": true, "example.com": false, "1.2.3.4.evil.net": false, "evil.net:80": false, "stock.example.com.evil.net": false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if r.Host = host; (b.Check(r) == nil) != ok {
			t.Errorf("%s: got %v, want it taken: %v", host, b.Check(r), ok)
		}
	}
}
