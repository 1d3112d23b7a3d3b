package baddays_test

import (
	"os/exec"
	"syscall"
)

// endWithParent takes the process along when the tests are killed.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
