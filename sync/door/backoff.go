package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// GuessesFile keeps what wrong guesses cost, beside the book and outside the journal.
const GuessesFile = "guesses"

// How wrong guesses cost. A few are free, for people mistype; behind those each wait is twice the one before. A row is
// forgotten once nobody has guessed for guessForgot since its wait was over.
const (
	guessesFreeOne = 5  // at one device for one name
	guessesFreeAll = 20 // at one device for any name, and for one name at any device
	guessWaitMin   = time.Second
	guessWaitMax   = 15 * time.Minute
	guessNameMax   = time.Minute // of one name at any device: nobody must be able to shut somebody out for longer
	guessForgot    = 15 * time.Minute
	guessRowsMax   = 4_096 // where there are more, those go whose wait ended first
	guessFileMax   = 1 << 20
	guessesVersion = 1
)

// ActGuesses is the writing of the guesses' file.
const ActGuesses ledger.Act = "write guesses"

// guesses is one row: how many wrong guesses there were, and until when no other is looked at.
type guesses struct {
	Of    string    `json:"of"`
	Wrong int       `json:"wrong"`
	Until time.Time `json:"until"`
}

// Backoff makes guessing slow. What it knows is on disk before a wrong guess is answered, so a restart forgets nothing.
// It goes by the wall clock, which alone outlives a restart; a clock that was put back makes no wait longer than the
// longest. It is for many goroutines.
type Backoff struct {
	clock ledger.Clock
	disk  ledger.Disk
	path  string

	mu   sync.Mutex // guards rows; held while the file is written, for a wrong guess has to wait anyway
	rows map[string]*guesses
}

// A WaitError says that too many guesses were wrong: no other is looked at for a while.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("too many wrong guesses: wait %d s", int(e.For.Seconds()))
}

// OpenBackoff reads what is kept in dir. A torn file is one that a crash has left behind while another stood in its
// place: it is never the one that counts.
func OpenBackoff(clock ledger.Clock, disk ledger.Disk, dir string) (_ *Backoff, err error) {
	b := &Backoff{clock: clock, disk: disk, path: filepath.Join(dir, GuessesFile), rows: map[string]*guesses{}}
	f, err := disk.OpenFile(b.path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read guesses: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, guessFileMax))
	if err != nil {
		return nil, fmt.Errorf("read guesses %s: %w", b.path, err)
	}
	rows, err := readGuesses(raw)
	if err != nil {
		return nil, fmt.Errorf("read guesses %s: %w (hint: take the file away; everybody has their first guesses again)", b.path, err)
	}
	for i := range rows {
		b.rows[rows[i].Of] = &rows[i]
	}
	return b, nil
}

// guessesFile is the file, as JSON.
type guessesFile struct {
	Version int       `json:"version"`
	Rows    []guesses `json:"rows"`
}

func readGuesses(raw []byte) ([]guesses, error) {
	var f guessesFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	if f.Version < 1 || len(f.Rows) > guessRowsMax {
		return nil, fmt.Errorf("version %d with %d rows", f.Version, len(f.Rows))
	}
	for _, r := range f.Rows {
		if r.Wrong < 0 {
			return nil, fmt.Errorf("%d wrong guesses", r.Wrong)
		}
	}
	return f.Rows, nil
}

func writeGuesses(rows []guesses) []byte {
	slices.SortFunc(rows, func(a, b guesses) int { return strings.Compare(a.Of, b.Of) })
	raw, err := json.Marshal(guessesFile{Version: guessesVersion, Rows: rows})
	if err != nil { // texts, numbers and times
		panic("door: encode guesses: " + err.Error())
	}
	return append(raw, '\n')
}

// A guess is one that is being looked at.
type guess struct {
	b      *Backoff
	rows   [3]string    // at this device for this name, at this device, for this name
	before [3]time.Time // how long each had to wait before it
	until  [3]time.Time // and since
}

// begin lets a guess in, or says how long to wait. It counts as wrong until it is known to be right: many at once are
// not looked at for the price of one.
func (b *Backoff) begin(from string, user ledger.UserID) (*guess, error) {
	g := &guess{b: b, rows: [3]string{from + "/" + string(user), from, "/" + string(user)}}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Wall()
	b.forget(now)
	wait := time.Duration(0)
	for i, of := range g.rows {
		if r := b.rows[of]; r != nil {
			wait = max(wait, min(r.Until.Sub(now), longest(i)))
		}
	}
	if wait > 0 {
		return nil, &WaitError{For: wait.Round(time.Second) + time.Second}
	}
	for i, of := range g.rows {
		r := b.rows[of]
		if r == nil {
			r = &guesses{Of: of, Until: now.UTC().Truncate(time.Millisecond)}
			b.rows[of] = r
		}
		g.before[i] = r.Until
		r.Wrong++
		r.Until = now.Add(waitAfter(r.Wrong, i)).UTC().Truncate(time.Millisecond)
		g.until[i] = r.Until
	}
	return g, nil
}

func longest(row int) time.Duration {
	if row == 2 {
		return guessNameMax
	}
	return guessWaitMax
}

// waitAfter is how long nothing is looked at after so many wrong guesses.
func waitAfter(wrong, row int) time.Duration {
	free := guessesFreeAll
	if row == 0 {
		free = guessesFreeOne
	}
	if wrong < free {
		return 0
	}
	wait := guessWaitMin
	for range min(wrong-free, 20) {
		wait *= 2
	}
	return min(wait, longest(row))
}

// right takes back what begin counted, and what was wrong before for this name. What was wrong at this device stays for
// others' names: whoever has a PIN of their own must not be able to go on guessing another's.
func (g *guess) right() {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	g.uncount()
	delete(g.b.rows, g.rows[0])
	delete(g.b.rows, g.rows[2])
}

// unseen takes back what begin counted and no more, for the guess was not looked at: whoever breaks sign-ins off must not
// win back what they have guessed.
func (g *guess) unseen() {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	g.uncount()
}

// uncount takes back what begin counted. A wait that another guess has begun since stays. The caller holds mu.
func (g *guess) uncount() {
	for i, of := range g.rows {
		r := g.b.rows[of]
		if r == nil {
			continue // forgotten meanwhile
		}
		if r.Wrong--; r.Wrong <= 0 {
			delete(g.b.rows, of)
		} else if r.Until.Equal(g.until[i]) {
			r.Until = g.before[i]
		}
	}
}

// wrong writes the guess down. It must be called before the guess is answered.
func (g *guess) wrong() error {
	b := g.b
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := make([]guesses, 0, len(b.rows))
	for _, r := range b.rows {
		rows = append(rows, *r)
	}
	if err := put(b.disk, ActGuesses, b.path, writeGuesses(rows)); err != nil {
		return fmt.Errorf("write guesses: %w", err)
	}
	return nil
}

// put puts a new file in the place of the old one, and is sure that it stands there.
func put(disk ledger.Disk, act ledger.Act, path string, raw []byte) (err error) {
	next := path + ".next"
	if err := disk.Before(act, path); err != nil {
		return err
	}
	f, err := disk.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := disk.Rename(next, path); err != nil {
		return err
	}
	dir, err := disk.OpenFile(filepath.Dir(path), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // or a power cut would take it back
}

// forget drops rows that are over, and where there are too many those whose wait ended first. The caller holds mu.
func (b *Backoff) forget(now time.Time) {
	for of, r := range b.rows {
		if now.Sub(r.Until) > guessForgot {
			delete(b.rows, of)
		}
	}
	if len(b.rows) <= guessRowsMax-len(guess{}.rows) {
		return
	}
	rows := make([]*guesses, 0, len(b.rows))
	for _, r := range b.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(x, y *guesses) int { return x.Until.Compare(y.Until) })
	for _, r := range rows[:guessRowsMax/8] {
		delete(b.rows, r.Of)
	}
}
