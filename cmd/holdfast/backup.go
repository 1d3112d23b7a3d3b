package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/ledger/backup"
)

type backupCmd struct {
	URL       string        `arg:"" name:"url" help:"Base URL of the node, or of one head office server."`
	File      string        `arg:"" help:"Where the backup is written; it must not be there yet." type:"path"`
	Token     string        `help:"Token of the book's owner. --token-file goes first." env:"HOLDFAST_TOKEN" placeholder:"TOKEN"`
	TokenFile string        `help:"File with that token, for example owner.token in the server's folder." placeholder:"FILE" type:"existingfile"`
	CA        string        `name:"ca" help:"File with the roots that the server is believed by, PEM; default ca.pem beside --token-file, then the machine's own." env:"HOLDFAST_CA" placeholder:"FILE" type:"existingfile"`
	Stall     time.Duration `help:"How long the server may send nothing before the backup is given up." default:"1m"`
	JSON      bool          `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*backupCmd) Help() string {
	return "The server goes on working meanwhile. The file is written under FILE.part, read through as it comes, and gets its name only when it is whole and " +
		"on the disk. It holds the server's tokens: keep it as you keep them. holdfast restore FILE DIR makes a folder of it."
}

// backupLine is what a backup or a restore prints of a file.
type backupLine struct {
	File       string `json:"file"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	At         string `json:"at"`
	Seq        uint64 `json:"seq,omitempty"`
	Head       string `json:"head,omitempty"`
	Quarantine string `json:"quarantine,omitempty"`
	Life       uint64 `json:"life,omitempty"`
	Index      uint64 `json:"index,omitempty"`
	Sites      int    `json:"sites,omitempty"`
	Bytes      int64  `json:"bytes"`
}

func backupLineOf(file string, h backup.Header, bytes int64) backupLine {
	return backupLine{File: file, Kind: h.Kind, Name: h.Name, At: h.At.UTC().Format(time.RFC3339), Seq: h.Seq, Head: h.Head,
		Quarantine: h.Why, Life: h.Life, Index: h.Index, Sites: h.Sites, Bytes: bytes}
}

// what says in words what a backup is of.
func (l *backupLine) what() string {
	if l.Kind == backup.KindNode {
		return fmt.Sprintf("site %s as of %s, entry %d", l.Name, l.At, l.Seq)
	}
	return fmt.Sprintf("head office server %s as of %s: life %d, %d sites", l.Name, l.At, l.Life, l.Sites)
}

// Run fetches a backup.
func (c *backupCmd) Run(h *house) error {
	if _, err := os.Lstat(c.File); err == nil {
		return withHint(fmt.Errorf("back up to %s: it is there already", c.File), "name another file; a backup never overwrites one")
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up to %s: %w", c.File, err)
	}
	to := access{To: []string{c.URL}, Token: c.Token, TokenFile: c.TokenFile, CA: c.CA}
	cl, err := to.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(h.ctx)
	defer cancel(nil)
	body, err := cl.Stream(ctx, "/v1/backup")
	if err != nil {
		return fmt.Errorf("back up %s: %w", c.URL, callFault(err, to.To))
	}
	defer body.Close()
	line, err := c.fetch(h, body, cancel)
	if err != nil {
		switch cause := context.Cause(ctx); {
		case h.ctx.Err() != nil:
			err = errors.New("interrupted: nothing was written")
		case cause != nil:
			err = cause
		}
		return backupFault(fmt.Errorf("back up %s: %w", c.URL, err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(line)
	}
	_, err = fmt.Fprintf(h.stdout, "%s: %s, %d bytes, whole\n", c.File, line.what(), line.Bytes)
	return err
}

// fetch writes the body to the file, reading it as a backup on the way.
func (c *backupCmd) fetch(h *house, body io.Reader, cancel context.CancelCauseFunc) (line backupLine, err error) {
	part := c.File + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return line, withHint(fmt.Errorf("%s is there already", part), "another backup writes it, or one was broken off: then remove it")
	}
	if err != nil {
		return line, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(part))
		}
	}()
	watch := watchStall(c.Stall, cancel)
	defer watch.stop()
	bar := bar(h.stderr, "backup bytes", 0)
	r, err := backup.NewReader(io.TeeReader(&counted{from: body, watch: watch, bar: bar}, f))
	for err == nil {
		_, err = r.Next()
	}
	if err != io.EOF {
		return line, err
	}
	_ = bar.Finish() // a bar that cannot be drawn changes nothing
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return line, err
	}
	if _, err := os.Lstat(c.File); err == nil {
		return line, fmt.Errorf("%s was made by somebody else meanwhile", c.File)
	}
	if err := errors.Join(os.Rename(part, c.File), syncFolder(filepath.Dir(c.File))); err != nil {
		return line, err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return line, err
	}
	return backupLineOf(c.File, r.Header(), info.Size()), nil
}

// backupFault says what can be done about a file that is no backup, or not all of one.
func backupFault(err error) error {
	switch {
	case errors.Is(err, backup.ErrCut):
		return withHint(err, "the copying was broken off: make another backup, or take an older one")
	case errors.Is(err, backup.ErrDamaged):
		return withHint(err, "its bytes have changed: copy it again from where it came from, or take another backup")
	case errors.Is(err, backup.ErrNewer):
		return withHint(err, "use the holdfast that wrote it, or a later one")
	case errors.Is(err, backup.ErrNotOne):
		return withHint(err, "a backup is what holdfast backup URL FILE writes")
	}
	return err
}

// counted counts what is read, for the bar, and tells the watch.
type counted struct {
	from  io.Reader
	watch *stall
	bar   *progress.Bar
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if n > 0 {
		c.watch.moved()
		c.bar.Add(int64(n))
	}
	return n, err
}

// A stall ends what it watches when nothing has moved for a while.
type stall struct {
	timer *time.Timer
	after time.Duration
}

func watchStall(after time.Duration, cancel context.CancelCauseFunc) *stall {
	return &stall{after: after, timer: time.AfterFunc(after, func() {
		cancel(withHint(fmt.Errorf("the server sent nothing for %v", after), "see that it is well: its log, its disk; then again"))
	})}
}

func (s *stall) moved() { s.timer.Reset(s.after) }
func (s *stall) stop()  { s.timer.Stop() }

// syncFolder brings names in a folder to the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
