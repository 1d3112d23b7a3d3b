package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	redrawEach = 100 * time.Millisecond
	lineEach   = 5 * time.Second
	widthLeast = 20
	widthPlain = 80
)

// Config says what a Bar shows and where.
type Config struct {
	Out        io.Writer
	IsTerminal bool
	Width      func() int       // columns of the terminal now; nil or below 20: 80
	Now        func() time.Time // required
	Label      string           // what is being done, for example "orders"
	Total      int64            // units of work in all; 0 or below: not known
}

// A Bar shows the progress of one piece of work. Make one with New.
type Bar struct {
	cfg     Config
	started time.Time

	mu       sync.Mutex // guards all below
	done     int64
	drawn    time.Time // when something was last written
	tenths   int64     // tenths of the work when something was last written
	width    int       // columns of the bar on the screen, to be wiped
	finished bool
	err      error // the first failure to write; nothing is written after it
}

// New starts the clock of a piece of work. Nothing is written before there is progress.
func New(cfg Config) *Bar {
	now := cfg.Now()
	return &Bar{cfg: cfg, started: now, drawn: now}
}

// ForFile returns a Bar on a file, usually os.Stderr, that looks whether it is a terminal.
func ForFile(f *os.File, label string, total int64, now func() time.Time) *Bar {
	fd := int(f.Fd())
	return New(Config{
		Out: f, IsTerminal: term.IsTerminal(fd), Now: now, Label: label, Total: total,
		Width: func() int {
			width, _, err := term.GetSize(fd)
			if err != nil {
				return 0
			}
			return width
		},
	})
}

// Add counts n more units of work.
func (b *Bar) Add(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.move(b.done + n)
}

// Set says how many units of work are done in all.
func (b *Bar) Set(done int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.move(done)
}

// Finish writes the last line, whatever the share done, and returns the first error met in writing.
// After it the Bar writes nothing. It may be called twice.
func (b *Bar) Finish() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finished {
		return b.err
	}
	b.finished = true
	last := b.line(b.cfg.Now())
	if b.cfg.IsTerminal {
		last = b.wiped(last)
	}
	b.write(last + "\n")
	return b.err
}

// move takes a new count and shows it if it is time to. The caller holds mu.
func (b *Bar) move(done int64) {
	if b.finished {
		return
	}
	b.done = max(done, 0)
	now := b.cfg.Now()
	waited := now.Sub(b.drawn)
	if b.cfg.IsTerminal {
		if waited >= redrawEach || b.width == 0 {
			b.drawn = now
			b.write(b.wiped(b.line(now)))
		}
		return
	}
	tenths := b.tenthsDone()
	// The last tenth is left to Finish, which follows.
	if waited >= lineEach || tenths > b.tenths && tenths < 10 {
		b.drawn, b.tenths = now, tenths
		b.write(b.line(now) + "\n")
	}
}

func (b *Bar) tenthsDone() int64 {
	if b.cfg.Total <= 0 {
		return 0
	}
	return int64(float64(b.done) / float64(b.cfg.Total) * 10)
}

// wiped returns text that takes the place of what stands on the terminal's line.
func (b *Bar) wiped(text string) string {
	before := b.width
	b.width = len([]rune(text))
	return "\r" + text + strings.Repeat(" ", max(before-b.width, 0))
}

func (b *Bar) write(text string) {
	if b.err != nil {
		return
	}
	if _, err := io.WriteString(b.cfg.Out, text); err != nil {
		b.err = fmt.Errorf("show progress: %w", err)
	}
}
