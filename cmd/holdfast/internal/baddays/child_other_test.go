//go:build !linux

package baddays_test

import "os/exec"

func endWithParent(*exec.Cmd) {}
