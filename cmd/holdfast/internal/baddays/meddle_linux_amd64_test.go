package baddays_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// meddleEnv makes this test binary start its arguments as a process whose calls it meddles with.
//
// "fail CALL ERRNO N LOG": the N-th call of that kind on a file of the book, counted over all
// threads from 1, fails with ERRNO and is not made; with "N+" all from the N-th on do. LOG then
// holds "hit" and which file it was, and else how many calls there were of each kind. "count LOG"
// lets nothing fail. "lie": every sync says yes and is not made, as a disk that lies. "slow MS LOG":
// every sync begins so many milliseconds late.
const meddleEnv = "HOLDFAST_TEST_MEDDLE"

const canMeddle = true

// A meddler traces a process: the kernel stops it at the calls that a filter names, and no others.
// strace can do as much, but counts a call for each thread by itself, and goroutines change threads.
type meddler struct {
	calls   []uint32
	lie     bool
	slow    time.Duration
	errno   syscall.Errno
	nth     int
	forGood bool // all from the nth on
	log     string
	seen    map[uint32]int
	late    []lateCall
	book    []string // names of its folder
	child   int
}

// A lateCall is a thread that waits before its call.
type lateCall struct {
	thread int
	until  time.Time
}

// What the kernel calls them, on amd64.
var callNumbers = map[string]uint32{
	"pwrite64": syscall.SYS_PWRITE64, "fsync": syscall.SYS_FSYNC, "fdatasync": syscall.SYS_FDATASYNC,
	"ftruncate": syscall.SYS_FTRUNCATE, "renameat": syscall.SYS_RENAMEAT, "unlinkat": syscall.SYS_UNLINKAT,
	"openat": syscall.SYS_OPENAT, "mkdirat": syscall.SYS_MKDIRAT, "write": syscall.SYS_WRITE,
}

var errnos = map[string]syscall.Errno{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}

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
		said := make(chan bool)
		go func() { // in a thread that the filter does not hold
			fmt.Fprintln(os.Stderr, "meddle:", err)
			close(said)
		}()
		<-said
		return 2
	}
	return code
}

func newMeddler(spec string) (*meddler, error) {
	f := strings.Fields(spec)
	m := &meddler{seen: map[uint32]int{}}
	syncs := []uint32{callNumbers["fsync"], callNumbers["fdatasync"]}
	var err error
	switch {
	case spec == "lie":
		m.lie, m.calls = true, syncs
	case len(f) == 3 && f[0] == "slow":
		m.calls, m.log = syncs, f[2]
		m.slow, err = time.ParseDuration(f[1] + "ms")
	case len(f) == 2 && f[0] == "count":
		m.calls, m.log = slices.Sorted(maps.Values(callNumbers)), f[1]
	case len(f) == 5 && f[0] == "fail" && known(f[1]) && errnos[f[2]] > 0:
		m.calls, m.errno, m.log = []uint32{callNumbers[f[1]]}, errnos[f[2]], f[4]
		n, forGood := strings.CutSuffix(f[3], "+")
		m.forGood = forGood
		m.nth, err = strconv.Atoi(n)
	default:
		err = fmt.Errorf("what is %q", spec)
	}
	return m, err
}

func known(call string) bool {
	_, ok := callNumbers[call] // that of read is 0, of write 1
	return ok
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
	m.child, m.book = p.Pid, folders(args)
	var status syscall.WaitStatus
	if _, err := wait(m.child, &status, 0); err != nil { // stopped at its exec
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

func wait(pid int, status *syscall.WaitStatus, options int) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, wallNoThread|options, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}

func (m *meddler) trace() (int, error) {
	at, resume := m.child, 0
	for {
		if at > 0 {
			if err := goOn(at, resume); err != nil {
				return 0, err
			}
		}
		var status syscall.WaitStatus
		for {
			var err error
			if at, err = m.next(&status); err != nil {
				return 0, fmt.Errorf("wait: %w", err)
			}
			if status.Stopped() {
				break
			}
			if at == m.child {
				return status.ExitStatus(), m.note(m.counts()) // -1 for a signal
			}
		}
		resume = 0
		switch sig := status.StopSignal(); {
		case sig == syscall.SIGTRAP && int(status)>>16 == eventSeccomp && m.slow > 0:
			m.seen[0]++
			m.late = append(m.late, lateCall{at, time.Now().Add(m.slow)})
			at = 0 // it stays where it is
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

func goOn(thread, signal int) error {
	if err := syscall.PtraceCont(thread, signal); err != nil && err != syscall.ESRCH { // one that was just killed is waited for
		return fmt.Errorf("go on: %w", err)
	}
	return nil
}

// next waits for the next stop or end of a thread, and lets those go on whose time has come.
func (m *meddler) next(status *syscall.WaitStatus) (int, error) {
	for len(m.late) > 0 {
		if !time.Now().Before(m.late[0].until) {
			if err := goOn(m.late[0].thread, 0); err != nil {
				return 0, err
			}
			m.late = m.late[1:]
			continue
		}
		if at, err := wait(-1, status, syscall.WNOHANG); at != 0 || err != nil {
			return at, err
		}
		time.Sleep(time.Millisecond) // a thread that waits for another cannot wait for the clock
	}
	return wait(-1, status, 0)
}

// stopped decides about a call that thread at is about to make.
func (m *meddler) stopped(at int) error {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(at, &r); err != nil {
		return err
	}
	call := uint32(r.Orig_rax)
	if !slices.Contains(m.calls, call) {
		return nil
	}
	if m.lie {
		r.Orig_rax, r.Rax = ^uint64(0), 0
		return syscall.PtraceSetRegs(at, &r)
	}
	path := m.path(at, &r)
	if path == "" {
		return nil
	}
	if m.seen[call]++; m.nth == 0 || m.seen[call] < m.nth || m.seen[call] > m.nth && !m.forGood {
		return nil
	}
	r.Orig_rax, r.Rax = ^uint64(0), uint64(-int64(m.errno))
	if err := syscall.PtraceSetRegs(at, &r); err != nil {
		return err
	}
	return m.note("hit " + path)
}

// path is the file that a call is about, or the folder; "" for what is not the book's.
func (m *meddler) path(at int, r *syscall.PtraceRegs) string {
	switch uint32(r.Orig_rax) {
	case callNumbers["renameat"], callNumbers["unlinkat"], callNumbers["mkdirat"]:
		return m.ofBook(m.text(at, r.Rsi))
	case callNumbers["openat"]:
		if r.Rdx&(syscall.O_WRONLY|syscall.O_RDWR) == 0 {
			return ""
		}
		return m.ofBook(m.text(at, r.Rsi))
	}
	to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", m.child, r.Rdi))
	if err != nil {
		return err.Error()
	}
	return m.ofBook(to)
}

// text is a name in the memory of a thread. One that cannot be read is told and not passed over.
func (m *meddler) text(at int, address uint64) string {
	name := make([]byte, 256)
	n, err := syscall.PtracePeekData(at, uintptr(address), name)
	if end := bytes.IndexByte(name[:n], 0); end >= 0 {
		return string(name[:end])
	}
	return filepath.Join(m.book[0], fmt.Sprint("name of ", n, " bytes, ", err))
}

// ofBook gives the last part of a file's name, and "" for what is not in the folder of the book.
func (m *meddler) ofBook(path string) string {
	for _, dir := range m.book {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return filepath.Base(path)
		}
	}
	return ""
}

// folders are the names of the folder behind --dir: as it is given, and as the system has it.
func folders(args []string) []string {
	at := slices.Index(args, "--dir") + 1
	if at == 0 || at == len(args) {
		return nil
	}
	dir := args[at]
	if above, err := filepath.EvalSymlinks(filepath.Dir(dir)); err == nil { // dir itself may not be there yet
		return []string{dir, filepath.Join(above, filepath.Base(dir))}
	}
	return []string{dir}
}

// counts are the calls that were seen, by name.
func (m *meddler) counts() string {
	if m.slow > 0 {
		return strconv.Itoa(m.seen[0])
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(callNumbers)) {
		if slices.Contains(m.calls, callNumbers[name]) {
			all = append(all, fmt.Sprintf("%s=%d", name, m.seen[callNumbers[name]]))
		}
	}
	return strings.Join(all, " ")
}

// note writes what happened for the test: the first time, for good. It does so in a thread that the
// filter does not hold.
func (m *meddler) note(what string) error {
	if m.log == "" {
		return nil
	}
	done := make(chan error)
	go func() { done <- writeNew(m.log, what) }()
	return <-done
}

func writeNew(path, what string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(what)
	return errors.Join(err, f.Close())
}
