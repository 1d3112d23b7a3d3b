//go:build !linux

package baddays_test

import (
	"io/fs"
	"os/exec"
)

func endWithParent(*exec.Cmd) {}

func onDisk(info fs.FileInfo) int64 { return info.Size() }
