package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
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
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	c := &Child{cmd: exec.Command(self, args...), ended: make(chan error, 1), logs: &tail{}}
	c.cmd.Stderr = c.logs
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

// CPU is the processor time that the child has used in all. It must have been stopped.
func (c *Child) CPU() time.Duration {
	s := c.cmd.ProcessState
	return s.UserTime() + s.SystemTime()
}

// Memory is the child's resident memory now and at its highest, in bytes; 0 where the system
// does not tell.
func (c *Child) Memory() (now, peak int64) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	read := func(field string) int64 {
		for line := range strings.Lines(string(raw)) {
			if rest, ok := strings.CutPrefix(line, field+":"); ok {
				kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				if err == nil {
					return kb << 10
				}
			}
		}
		return 0
	}
	return read("VmRSS"), read("VmHWM")
}
