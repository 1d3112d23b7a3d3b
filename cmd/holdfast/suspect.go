package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// A damaged index can make the process that opens it fall over, loop or ask for all memory there
// is. Panics and faults come back as damage (ledger); what does not come back at all is caught
// here: a note lies in the folder while a book is being opened. Whoever finds one there knows that
// the last opening never ended, by damage or by a power cut, and has the book checked in a process
// of its own first, with limits on time and memory. Only if that process does not end by itself
// either is the book left alone.
const openingNote = "opening"

// suspectMiB bounds the address space of the check, beside the size of the book's own files.
const suspectMiB = 4 << 10

// noteOpening leaves the note and gives what removes it again. A folder that is not there yet has
// no book to be suspected.
func noteOpening(dir string) (ended func(), err error) {
	path := filepath.Join(dir, openingNote)
	if err := os.WriteFile(path, nil, 0o600); errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	} else if err != nil {
		return nil, fmt.Errorf("note that the book is being opened: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil // left behind it costs one check
}

// checkSuspect checks the book of dir in a process of its own, if its last opening never ended.
func checkSuspect(ctx context.Context, dir string, wait time.Duration, key *sealed.Key, log *slog.Logger) error {
	if _, err := os.Stat(filepath.Join(dir, openingNote)); err != nil {
		return nil // nothing is suspected, or the opening will say what is wrong with the folder
	}
	index, err := os.Stat(filepath.Join(dir, ledger.BookFile))
	if err != nil {
		return nil // no book was made yet
	}
	log.LogAttrs(ctx, slog.LevelWarn, "last opening of the book never ended, checking it in a process of its own",
		slog.String("dir", dir), slog.Duration("at_most", wait))
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("check the book of %s: %w", dir, err)
	}
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var said bytes.Buffer
	args := []string{"audit", "--memory-max", strconv.FormatInt(suspectMiB+index.Size()>>20, 10)}
	pipe, err := keyPipe(key)
	if err != nil {
		return fmt.Errorf("check the book of %s: %w", dir, err)
	}
	if pipe != nil {
		defer pipe.Close() // the child has a handle of its own
		args = append(args, "--key-fd", "3")
	}
	child := exec.CommandContext(bounded, self, append(args, dir)...)
	if pipe != nil {
		child.ExtraFiles = []*os.File{pipe}
	}
	child.Stdout, child.Stderr = &said, &said
	child.WaitDelay = time.Second
	err = child.Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("check the book of %s: %w", dir, ctx.Err())
	case bounded.Err() != nil:
		return suspect(dir, fmt.Sprintf("it was not done within %v", wait))
	case err == nil, ended && exit.ExitCode() == exitFails:
		// It ended by itself. If it found a fault, opening finds it too and knows what to do about it.
		log.LogAttrs(ctx, slog.LevelInfo, "check of the book ended", slog.String("said", lastLine(said.Bytes())))
		return nil
	case ended:
		return suspect(dir, fmt.Sprintf("it ended with %v", exit.ProcessState))
	default:
		return fmt.Errorf("check the book of %s: %w", dir, err)
	}
}

// keyPipe gives what a child reads the key of a sealed book from: no argument and no environment has it. Nil where
// there is none.
func keyPipe(key *sealed.Key) (*os.File, error) {
	if key == nil {
		return nil, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	secret := key.Secret()
	defer clear(secret)
	_, err = w.Write(secret) // 32 bytes: a pipe takes them without a reader
	return r, errors.Join(err, w.Close())
}

func suspect(dir, why string) error {
	return withHint(fmt.Errorf("open book of %s: the last opening never ended, and neither did a check of it: %s", dir, why),
		"keep the folder; put a whole copy of "+ledger.BookFile+", of any age since the journal was last trimmed, in its place: what it lacks is read from the journal")
}

func lastLine(said []byte) string {
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return string(lines[len(lines)-1])
}
