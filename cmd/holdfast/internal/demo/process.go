package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
)

// A process is one server of the company. It can be killed and started again with the same
// arguments. Its output goes to a file beside its folder.
type process struct {
	name string
	dir  string // its folder
	logs string
	url  string

	within []string // a command that takes this one's as its arguments

	mu     sync.Mutex // guards what stands below
	args   []string
	binary string // "": this one
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd has ended
	kills  int
}

// stopWait bounds how long a process may take to end when asked to.
const stopWait = 40 * time.Second

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	binary, err := orSelf(p.binary)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(p.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", p.name, err)
	}
	defer out.Close() // the child has its own copy
	words := slices.Concat(p.within, []string{binary}, p.args)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	// A demo that is killed itself takes its company with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) { // ends with the process
		_ = cmd.Wait() // how it ended stands in its log
		close(ended)
	}(p.ended)
	return nil
}

// orSelf gives the binary that was named, or the one that runs.
func orSelf(binary string) (string, error) {
	if binary != "" {
		return binary, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this binary: %w", err)
	}
	return self, nil
}

// become says what the process is at its next start.
func (p *process) become(binary string, args []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.binary = binary
	if args != nil {
		p.args = args
	}
}

// signal sends a signal to a process that runs; one that has ended hears nothing.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	cmd := p.cmd
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// kill is SIGKILL: the process has no chance to write anything more.
func (p *process) kill() error {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.kills++
	p.mu.Unlock()
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-ended
	return nil
}

// stop asks the process to end, and kills it when it does not.
func (p *process) stop() error {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	t := time.NewTimer(stopWait)
	defer t.Stop()
	select {
	case <-ended:
		return nil
	case <-t.C:
		return errors.Join(fmt.Errorf("stop %s: it did not end within %s", p.name, stopWait), p.kill())
	}
}

// running says whether the process is alive.
func (p *process) running() bool {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended == nil {
		return false
	}
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

// lastWords is the end of the process's log, for whoever asks why it ended.
func (p *process) lastWords() string {
	raw, err := os.ReadFile(p.logs)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}

// rss is the resident memory in bytes, 0 where it cannot be read.
func (p *process) rss() int64 {
	p.mu.Lock()
	cmd := p.cmd
	p.mu.Unlock()
	if cmd == nil || !p.running() {
		return 0
	}
	return host.MemoryOf(cmd.Process.Pid).RSS
}

// watchMemory keeps the highest sum of the processes' resident memory until ctx ends.
func watchMemory(ctx context.Context, all []*process) int64 {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var peak int64
	for {
		var sum int64
		for _, p := range all {
			sum += p.rss()
		}
		peak = max(peak, sum)
		select {
		case <-ctx.Done():
			return peak
		case <-tick.C:
		}
	}
}
