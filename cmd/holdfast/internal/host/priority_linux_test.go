package host_test

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
)

// All threads of a process give way, those it starts later, too: in a process of its own, for nobody takes that back.
func TestAProcessGivesWayWhole(t *testing.T) {
	const lonely, by = "HOLDFAST_GIVES_WAY", 7
	if os.Getenv(lonely) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAProcessGivesWayWhole$")
		cmd.Env = append(os.Environ(), lonely+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	if err := host.GiveWay(by); err != nil {
		t.Fatal(err)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil || len(threads) == 0 {
		t.Fatalf("got %d threads, %v", len(threads), err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, id); err == nil && raw != 20-by { // as the system call has it
			t.Errorf("thread %d: got a priority of %d, want %d", id, 20-raw, by)
		}
	}
}
