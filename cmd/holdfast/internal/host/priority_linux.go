package host

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// GiveWay has this process wait where others want the processor: by so much (nice, 1 to 19). Threads that it starts later do so, too.
func GiveWay(by int) error {
	threads, err := os.ReadDir("/proc/self/task") // the system counts each thread by itself
	if err != nil {
		return fmt.Errorf("give way: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return fmt.Errorf("give way: %w", err)
		}
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, id, by); err != nil && !errors.Is(err, syscall.ESRCH) { // that thread has ended
			return fmt.Errorf("give way: %w", err)
		}
	}
	return nil
}
