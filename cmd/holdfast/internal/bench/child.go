package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Waits for a child process.
const (
	startWait = 30 * time.Second
	stopWait  = 30 * time.Second
)

// A Child is this binary again as a process of its own, serving at an address.
type Child struct {
	URL   string
	cmd   *exec.Cmd
	ended chan error // holds how it ended
	logs  *tail
}

// StartChild runs this binary with args and waits for the line that says where it serves: its
// last word is the address.
func StartChild(ctx context.Context, args ...string) (*Child, error) {
	return StartLogged(ctx, io.Discard, args...)
}

// StartLogged is StartChild with all that the process logs written to logs, which must take it from a goroutine of its own.
func StartLogged(ctx context.Context, logs io.Writer, args ...string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	c := &Child{cmd: exec.Command(self, args...), ended: make(chan error, 1), logs: &tail{}}
	c.cmd.Stderr = io.MultiWriter(c.logs, logs)
	endWithParent(c.cmd)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	line := make(chan string, 1)
	go func() { // ends with the process
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n') // without a line there is none to wait for
		line <- first
		_, _ = io.Copy(io.Discard, r) // to its end, so that the child never blocks
		c.ended <- c.cmd.Wait()
		close(c.ended) // who stops it a second time finds it ended
	}()
	t := time.NewTimer(startWait)
	defer t.Stop()
	select {
	case first := <-line:
		words := strings.Fields(first)
		if len(words) == 0 {
			return nil, errors.Join(fmt.Errorf("start %s: it ended at once: %s", args[0], c.logs), c.Stop())
		}
		c.URL = words[len(words)-1]
		return c, nil
	case <-t.C:
		return nil, errors.Join(fmt.Errorf("start %s: not ready within %s", args[0], startWait), c.Stop())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), c.Stop())
	}
}

// Stop asks the process to end, and kills it when it does not. It gives the process's fault.
func (c *Child) Stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop child: %w", err)
	}
	t := time.NewTimer(stopWait)
	defer t.Stop()
	select {
	case err := <-c.ended:
		if err != nil {
			return fmt.Errorf("child ended: %w: %s", err, c.logs)
		}
		return nil
	case <-t.C:
		err := c.cmd.Process.Kill()
		<-c.ended
		return errors.Join(fmt.Errorf("stop child: it did not end within %s", stopWait), err)
	}
}

// Kill is SIGKILL: the process has no chance to write anything more.
func (c *Child) Kill() error {
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill child: %w", err)
	}
	<-c.ended
	return nil
}

// Pid is the process's number, for what the system tells of it.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Ran says what a child that ran to its end has used.
type Ran struct {
	Elapsed time.Duration
	CPU     time.Duration
	Peak    int64 // resident memory at its highest, in bytes; 0 where the system does not tell
}

// RunChild runs this binary with args to its end. each is told every line that it prints, and says
// whether the child may die after it: one that leaves its book as a crash would kills itself.
func RunChild(ctx context.Context, each func(line string) (mayDie bool), args ...string) (r Ran, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, fmt.Errorf("find this binary: %w", err)
	}
	cmd, logs := exec.CommandContext(ctx, self, args...), &tail{}
	cmd.Stderr = logs
	endWithParent(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, fmt.Errorf("start %s: %w", args[0], err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("start %s: %w", args[0], err)
	}
	mayDie := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		mayDie = each(lines.Text())
	}
	err = errors.Join(lines.Err(), cmd.Wait())
	r.Elapsed, r.CPU, r.Peak = time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peakOf(cmd.ProcessState)
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case err != nil && !mayDie:
		return r, fmt.Errorf("child %s ended: %w: %s", strings.Join(args[:min(len(args), 2)], " "), err, logs)
	}
	return r, nil
}
