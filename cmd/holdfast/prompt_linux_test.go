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

// asks waits for a prompt, and until the terminal shows nothing of what is typed: a person types after the prompt.
func (c *terminal) asks(prompt string) {
	c.t.Helper()
	for end := time.Now().Add(scriptAwait); ; time.Sleep(10 * time.Millisecond) {
		mode, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
		if err != nil {
			c.t.Fatal(err)
		}
		if strings.Contains(c.text(), prompt) && mode.Lflag&unix.ECHO == 0 {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("not within %v: %q, unseen; on the terminal: %q", scriptAwait, prompt, c.text())
		}
	}
}

// types answers a prompt.
func (c *terminal) types(prompt, text string) {
	c.t.Helper()
	c.asks(prompt)
	if _, err := io.WriteString(c.keys, text+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// atTerminal starts this program at a terminal, with more in its environment.
func atTerminal(t *testing.T, env []string, args ...string) (*terminal, *exec.Cmd) {
	t.Helper()
	self, err := exec.LookPath("holdfast")
	if err != nil {
		t.Skip("no binary of this test is on the path")
	}
	c := newTerminal(t)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = c.slave, c.slave, c.slave, append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c, cmd
}

// unseen wants the terminal to show what is typed again, and never to have shown a secret.
func (c *terminal) unseen(secrets ...string) {
	c.t.Helper()
	mode, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil || mode.Lflag&unix.ECHO == 0 {
		c.t.Errorf("got a terminal that shows nothing any more (%v)", err)
	}
	for _, secret := range secrets {
		if strings.Contains(c.text(), secret) {
			c.t.Errorf("got a secret on the terminal: %q", c.text())
		}
	}
}

// shows waits until something stands on the terminal, and gives what stands behind it in that line.
func (c *terminal) shows(text string) string {
	c.t.Helper()
	for end := time.Now().Add(scriptAwait); ; time.Sleep(10 * time.Millisecond) {
		if _, rest, found := strings.Cut(c.text(), text); found {
			if line, _, whole := strings.Cut(rest, "\n"); whole {
				return strings.TrimSpace(line)
			}
		}
		if time.Now().After(end) {
			c.t.Fatalf("not within %v: %q; on the terminal: %q", scriptAwait, text, c.text())
		}
	}
}

// interrupts has somebody think better of it at a prompt: the command ends, says that it did nothing, and the terminal shows what is typed.
func (c *terminal) interrupts(prompt string, cmd *exec.Cmd) {
	c.t.Helper()
	c.asks(prompt)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		c.t.Errorf("%s: got no error; on the terminal: %q", prompt, c.text())
	}
	c.shows("interrupted")
	c.unseen()
}

// A passphrase is asked for at a terminal, twice where it is new, and nothing of it is seen there, then or in the log; the terminal shows
// again what is typed once it is over.
func TestAPassphraseIsTypedUnseen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := filepath.Join(t.TempDir(), "leeds")
	const secret = "a kettle of very cold tea"
	run := func(args ...string) (*terminal, *exec.Cmd) {
		t.Helper()
		return atTerminal(t, nil, args...)
	}
	seen := func(c *terminal) {
		t.Helper()
		c.unseen("kettle")
	}
	begin := []string{"node", "--dir", dir, "--site", "leeds", "--standalone", "--listen", "127.0.0.1:0", "--seal", "--seal-by", "passphrase"}
	left, cmd := run(begin...)
	left.interrupts("passphrase of the book: ", cmd)
	c, cmd := run(begin...)
	c.types("passphrase of the book: ", secret)
	c.types("the same again: ", secret)
	c.shows("leeds serves at")
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Errorf("%v; on the terminal: %q", err, c.text())
	}
	seen(c)

	wrong, cmd := run("audit", dir)
	wrong.types("passphrase of the book: ", "another kettle")
	if err := cmd.Wait(); err == nil {
		t.Errorf("a wrong one: got no error and %q", wrong.text())
	}
	wrong.shows("type it again")
	seen(wrong)
	right, cmd := run("audit", dir)
	right.types("passphrase of the book: ", secret)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the right one: got %v and %q", err, right.text())
	}
	right.shows("audit: ok")
	seen(right)
}

// A PIN and a password are typed at a terminal unseen, whether they are taken or not, and they are what was typed.
func TestAPINAndAPasswordAreTypedUnseen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := filepath.Join(t.TempDir(), "leeds")
	node, serving := atTerminal(t, nil, "node", "--dir", dir, "--site", "leeds", "--standalone", "--listen", "127.0.0.1:0")
	url := node.shows("leeds serves at ")
	token, err := os.ReadFile(filepath.Join(dir, "owner.token"))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"HOLDFAST_TOKEN=" + strings.TrimSpace(string(token))}
	add, cmd := atTerminal(t, env, "user", "add", "ann", "--roles", "cashier", "--to", url)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v; on the terminal: %q", err, add.text())
	}
	for _, typed := range []struct {
		act, prompt, secret, says string
		taken                     bool
	}{
		{"set-pin", "PIN: ", "4444", "guessed first", false},
		{"set-pin", "PIN: ", "471962", "ann has a new PIN", true},
		{"set-password", "password: ", "short", "10 to 128 bytes", false},
		{"set-password", "password: ", "a kettle of very cold tea", "ann has a new password", true},
	} {
		c, cmd := atTerminal(t, env, "user", typed.act, "ann", "--to", url)
		c.types(typed.prompt, typed.secret)
		if err := cmd.Wait(); (err == nil) != typed.taken {
			t.Errorf("%s: got %v; on the terminal: %q", typed.act, err, c.text())
		}
		c.shows(typed.says)
		c.unseen(typed.secret)
	}
	left, cmd := atTerminal(t, env, "user", "set-pin", "ann", "--to", url)
	left.interrupts("PIN: ", cmd)
	list, cmd := atTerminal(t, env, "user", "list", "--to", url)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v; on the terminal: %q", err, list.text())
	}
	list.shows("PIN, password")
	if err := errors.Join(serving.Process.Signal(syscall.SIGTERM), serving.Wait()); err != nil {
		t.Errorf("%v; on the terminal: %q", err, node.text())
	}
	node.unseen("471962", "kettle")
	audit, cmd := atTerminal(t, nil, "audit", dir)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v; on the terminal: %q", err, audit.text())
	}
}
