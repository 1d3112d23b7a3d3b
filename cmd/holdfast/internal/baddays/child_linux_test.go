package baddays_test

import (
	"io/fs"
	"os/exec"
	"syscall"
)

// endWithParent takes the process along when the tests are killed.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// onDisk is what a file takes on the disk, in bytes: its holes take nothing.
func onDisk(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}
