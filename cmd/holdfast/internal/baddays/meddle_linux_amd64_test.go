package baddays_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// meddleEnv makes this test binary start its arguments as a process whose calls it meddles with.
//
// "fail CALL ERRNO N LOG": the N-th call of that kind on a file of the book, counted over all
// threads from 1, fails with ERRNO and is not made; LOG then holds which file it was, and else
// how many calls there were. "lie": every sync says yes and is not made, as a disk that lies.
const meddleEnv = "HOLDFAST_TEST_MEDDLE"

const canMeddle = true

// A meddler traces a process: the kernel stops it at the calls that a filter names, and no others.
// strace can do as much, but counts a call for each thread by itself, and goroutines change threads.
type meddler struct {
	calls []uint32
	lie   bool
	errno syscall.Errno
	nth   int
	log   string
	seen  int
	child int
}

// What the kernel calls them, on amd64.
var callNumbers = map[string]uint32{
	"pwrite64": syscall.SYS_PWRITE64, "fsync": syscall.SYS_FSYNC, "fdatasync": syscall.SYS_FDATASYNC,
	"ftruncate": syscall.SYS_FTRUNCATE, "renameat": syscall.SYS_RENAMEAT, "unlinkat": syscall.SYS_UNLINKAT,
}

// What the syscall package has no name for.
const (
	prSetNoNewPrivs    = 38
	prSetSeccomp       = 22
	seccompModeFilter  = 2
	seccompRetTrace    = 0x7ff00000
	seccompRetAllow    = 0x7fff0000
	ptraceExitKill     = 0x100000
	ptraceTraceSeccomp = 0x80
	eventSeccomp       = 7
	wallNoThread       = 0x40000000 | 0x20000000 // __WALL, __WNOTHREAD
)

func meddle(spec string, args []string) int {
	runtime.LockOSThread() // a tracer is a thread
	m, err := newMeddler(spec)
	code := 0
	if err == nil {
		code, err = m.run(args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "meddle:", err)
		return 2
	}
	return code
}

func newMeddler(spec string) (*meddler, error) {
	f := strings.Fields(spec)
	if spec == "lie" {
		return &meddler{lie: true, calls: []uint32{callNumbers["fsync"], callNumbers["fdatasync"]}}, nil
	}
	if len(f) != 5 || f[0] != "fail" || callNumbers[f[1]] == 0 {
		return nil, fmt.Errorf("what is %q", spec)
	}
	m := &meddler{calls: []uint32{callNumbers[f[1]]}, errno: map[string]syscall.Errno{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}[f[2]], log: f[4]}
	var err error
	m.nth, err = strconv.Atoi(f[3])
	return m, err
}

// run starts args under the filter, traces it to its end, and gives its exit code.
func (m *meddler) run(args []string) (int, error) {
	if err := m.filter(); err != nil {
		return 0, err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	p, err := os.StartProcess(args[0], args, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}})
	if err != nil {
		return 0, err
	}
	m.child = p.Pid
	var status syscall.WaitStatus
	if _, err := wait(m.child, &status); err != nil { // stopped at its exec
		return 0, err
	}
	const follow = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK
	if err := syscall.PtraceSetOptions(m.child, follow|ptraceExitKill|ptraceTraceSeccomp); err != nil {
		return 0, err
	}
	_ = os.Stdout.Close() // whoever reads it waits for the child's end, not for ours
	go func() {           // ends with this process
		<-asked
		_ = p.Signal(syscall.SIGTERM) // one that has ended needs none
	}()
	return m.trace()
}

// filter has the kernel stop every child of this thread at the calls that are looked for.
func (m *meddler) filter() error {
	load := func(offset uint32) syscall.SockFilter {
		return syscall.SockFilter{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: offset}
	}
	code := []syscall.SockFilter{load(0)} // the call's number
	for i, nr := range m.calls {
		code = append(code, syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jt: uint8(len(m.calls) - i), K: nr})
	}
	code = append(code, syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: seccompRetAllow},
		syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: seccompRetTrace})
	prog := syscall.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("give up new rights: %w", e)
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&prog))); e != 0 {
		return fmt.Errorf("set filter: %w", e)
	}
	runtime.KeepAlive(code)
	return nil
}

func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, wallNoThread, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}

func (m *meddler) trace() (int, error) {
	at, resume := m.child, 0
	for {
		if err := syscall.PtraceCont(at, resume); err != nil && err != syscall.ESRCH { // one that was just killed is waited for
			return 0, fmt.Errorf("go on: %w", err)
		}
		var status syscall.WaitStatus
		for {
			var err error
			if at, err = wait(-1, &status); err != nil {
				return 0, fmt.Errorf("wait: %w", err)
			}
			if status.Stopped() {
				break
			}
			if at == m.child {
				return status.ExitStatus(), m.note(strconv.Itoa(m.seen)) // -1 for a signal
			}
		}
		resume = 0
		switch sig := status.StopSignal(); {
		case sig == syscall.SIGTRAP && int(status)>>16 == eventSeccomp:
			if err := m.stopped(at); err != nil && !errors.Is(err, syscall.ESRCH) {
				return 0, err
			}
		case sig == syscall.SIGTRAP || sig == syscall.SIGSTOP: // a new thread, or news of one
		default:
			resume = int(sig) // the runtime's own, and SIGTERM
		}
	}
}

// stopped decides about a call that thread at is about to make.
func (m *meddler) stopped(at int) error {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(at, &r); err != nil {
		return err
	}
	if !slices.Contains(m.calls, uint32(r.Orig_rax)) {
		return nil
	}
	if m.lie {
		r.Orig_rax, r.Rax = ^uint64(0), 0
		return syscall.PtraceSetRegs(at, &r)
	}
	path := m.path(uint32(r.Orig_rax), r.Rdi)
	if m.seen++; m.seen != m.nth {
		return nil
	}
	r.Orig_rax, r.Rax = ^uint64(0), uint64(-int64(m.errno))
	if err := syscall.PtraceSetRegs(at, &r); err != nil {
		return err
	}
	return m.note("hit " + path)
}

// path is the file that a call is about; those that name a file are known by their call.
func (m *meddler) path(call uint32, fd uint64) string {
	if call == callNumbers["renameat"] || call == callNumbers["unlinkat"] {
		return "folder"
	}
	to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", m.child, fd))
	if err != nil {
		return err.Error()
	}
	return filepath.Base(to)
}

// note writes what happened for the test: the first time, for good.
func (m *meddler) note(what string) error {
	if m.log == "" {
		return nil
	}
	f, err := os.OpenFile(m.log, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(what)
	return errors.Join(err, f.Close())
}
