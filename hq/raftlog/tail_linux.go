package raftlog

import "syscall"

// syncEach has each write be on disk when it returns. The file's length and blocks never change, so the data alone is
// synced.
const syncEach = syscall.O_DSYNC
