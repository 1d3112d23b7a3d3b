// White box: it starts the binary that TestMain makes of this test.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo-terminal with what was shown on it.
type terminal struct {
	t     *testing.T
	keys  *os.File // what is written here was typed
	slave *os.File

	mu    sync.Mutex // guards shown
	shown bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	out := &terminal{t: t, keys: keys, slave: slave}
	go func() { // ends when keys is closed, or nobody has the other end any more
		_, _ = io.Copy(writerFunc(func(p []byte) (int, error) {
			out.mu.Lock()
			defer out.mu.Unlock()
			return out.shown.Write(p)
		}), keys)
	}()
	return out
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (c *terminal) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.String()
}

// types waits for a prompt, and until the terminal shows nothing of what is typed: a person types after the prompt.
func (c *terminal) types(prompt, text string) {
	c.t.Helper()
	for end := time.Now().Add(scriptAwait); ; time.Sleep(10 * time.Millisecond) {
		mode, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
		if err != nil {
			c.t.Fatal(err)
		}
		if strings.Contains(c.text(), prompt) && mode.Lflag&unix.ECHO == 0 {
			break
		}
		if time.Now().After(end) {
			c.t.Fatalf("not within %v: %q, unseen; on the terminal: %q", scriptAwait, prompt, c.text())
		}
	}
	if _, err := io.WriteString(c.keys, text+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// A passphrase is asked for at a terminal, twice where it is new, and nothing of it is seen there, then or in the log; the terminal shows
// again what is typed once it is over.
func TestAPassphraseIsTypedUnseen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := filepath.Join(t.TempDir(), "leeds")
	const secret = "a kettle of very cold tea"
	self, err := exec.LookPath("holdfast")
	if err != nil {
		t.Skip("no binary of this test is on the path")
	}
	run := func(args ...string) (*terminal, *exec.Cmd) {
		c := newTerminal(t)
		cmd := exec.CommandContext(t.Context(), self, args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = c.slave, c.slave, c.slave
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return c, cmd
	}
	seen := func(c *terminal) {
		t.Helper()
		mode, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
		if err != nil || mode.Lflag&unix.ECHO == 0 {
			t.Errorf("got a terminal that shows nothing any more (%v)", err)
		}
		if strings.Contains(c.text(), "kettle") {
			t.Errorf("got the passphrase on the terminal: %q", c.text())
		}
	}
	c, cmd := run("node", "--dir", dir, "--site", "leeds", "--standalone", "--listen", "127.0.0.1:0", "--seal", "--seal-by", "passphrase")
	c.types("passphrase of the book: ", secret)
	c.types("the same again: ", secret)
	for end := time.Now().Add(scriptAwait); !strings.Contains(c.text(), "leeds serves at"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the node does not serve; on the terminal: %q", c.text())
		}
	}
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Errorf("%v; on the terminal: %q", err, c.text())
	}
	seen(c)

	wrong, cmd := run("audit", dir)
	wrong.types("passphrase of the book: ", "another kettle")
	if err := cmd.Wait(); err == nil || !strings.Contains(wrong.text(), "type it again") {
		t.Errorf("a wrong one: got %v and %q", err, wrong.text())
	}
	seen(wrong)
	right, cmd := run("audit", dir)
	right.types("passphrase of the book: ", secret)
	if err := cmd.Wait(); err != nil || !strings.Contains(right.text(), "audit: ok") {
		t.Errorf("the right one: got %v and %q", err, right.text())
	}
	seen(right)
}
