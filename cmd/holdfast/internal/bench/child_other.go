//go:build !linux

package bench

import (
	"os"
	"os/exec"
)

func endWithParent(*exec.Cmd) {}

func peakOf(*os.ProcessState) int64 { return 0 }

// Die ends this process without closing anything.
func Die() error {
	os.Exit(1)
	return nil
}
