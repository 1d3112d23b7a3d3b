package bench

import (
	"os/exec"
	"syscall"
)

// endWithParent takes the child along when this process is killed.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
