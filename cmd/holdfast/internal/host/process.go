package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Memory is a process's resident memory in bytes. File is what it has mapped from files, as a book;
// the system takes it back when others need it.
type Memory struct {
	RSS, Peak, Anon, File int64
}

// MemoryOf reads a process's memory; zero where the system does not tell.
func MemoryOf(pid int) (m Memory) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(raw)) {
		name, rest, _ := strings.Cut(line, ":")
		var to *int64
		switch name {
		case "VmRSS":
			to = &m.RSS
		case "VmHWM":
			to = &m.Peak
		case "RssAnon":
			to = &m.Anon
		case "RssFile":
			to = &m.File
		default:
			continue
		}
		if kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64); err == nil {
			*to = kb << 10
		}
	}
	return m
}

// tick is how finely Linux tells processor time (USER_HZ).
const tick = time.Second / 100

// CPUOf is the processor time that a process has used so far, to the hundredth of a second; 0 where
// the system does not tell.
func CPUOf(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is a name in brackets that may hold anything; utime and stime are 14 and 15.
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	const utime = 14 - 3
	if len(fields) < utime+2 {
		return 0
	}
	var sum time.Duration
	for _, f := range fields[utime : utime+2] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0
		}
		sum += time.Duration(n) * tick
	}
	return sum
}

// BusyCPU is the processor time that all processes and the system itself have used so far, and what
// the machine below took; 0 where the system does not tell.
func BusyCPU() time.Duration {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	fields := strings.Fields(first)
	var busy time.Duration
	const last = 8 // cpu user nice system idle iowait irq softirq steal; guests are in user
	for i := 1; i <= last && i < len(fields); i++ {
		const idle, iowait = 4, 5
		if n, err := strconv.ParseInt(fields[i], 10, 64); err == nil && i != idle && i != iowait {
			busy += time.Duration(n) * tick
		}
	}
	return busy
}

// A Watch looks at a process's memory now and then. End it with Stop.
type Watch struct {
	stop chan struct{}
	most chan Memory
}

const lookEach = 100 * time.Millisecond

// WatchMemory begins a watch.
func WatchMemory(pid int) *Watch {
	w := &Watch{stop: make(chan struct{}), most: make(chan Memory, 1)}
	go func() { // ends with Stop
		t := time.NewTicker(lookEach)
		defer t.Stop()
		most := MemoryOf(pid)
		for {
			select {
			case <-w.stop:
				w.most <- most
				return
			case <-t.C:
				if m := MemoryOf(pid); m.RSS > most.RSS {
					most = m
				}
			}
		}
	}()
	return w
}

// Stop ends the watch and gives the memory as it stood at its highest.
func (w *Watch) Stop() Memory {
	close(w.stop)
	return <-w.most
}
