//go:build !linux

package raftlog

import "os"

// syncEach has each write be on disk when it returns.
const syncEach = os.O_SYNC
