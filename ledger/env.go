package ledger

import (
	"context"
	"io"
	"net"
	"os"
	"time"
)

// Env is what the world supplies to a room: five seams, so that the simulator can run the same
// code with a clock, a random source, a network, a disk and a process of its own. Only cmd
// makes the real one.
type Env struct {
	Clock   Clock
	Random  func(stream string) io.Reader // named streams: taking one event out does not shift the others
	Network Network
	Disk    Disk
	Process Process
	Sealing *Sealing // how its books lie on the disk; nil: in the clear, all of them
}

// Clock tells the moment and measures waits. Wall may jump either way; Mono never goes back.
type Clock interface {
	Wall() time.Time
	Mono() time.Duration
	// After gives a channel that receives once d has passed, and stop, which frees it early.
	After(d time.Duration) (fired <-chan time.Time, stop func())
}

// Network dials and listens. The one place where a tls.Config will come in (a later issue).
type Network interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	Listen(network, address string) (net.Listener, error)
}

// An Act names one thing done to the disk, so that a test can make just that one fail.
type Act string

// The acts of the book on the disk. Those of its journal are ledger/tape's, by the same names.
const (
	ActOpen       Act = "open book"
	ActSyncDir    Act = "sync directory"
	ActCommit     Act = "commit frame"
	ActCheckpoint Act = "commit checkpoint"
	ActWitness    Act = "write head witness"
	ActItems      Act = "commit items"
	ActQuarantine Act = "commit quarantine"
	ActMove       Act = "move book of an older format"
	ActTrim       Act = "commit stubs"
	ActCompact    Act = "write index anew" // before the copy is made, and before it takes the index's name
	ActSyncCopy   Act = "sync index written anew"

	ActRebuildPlan Act = "write plan of rebuild"
	ActRebuildMove Act = "move files of rebuild"
)

// Disk is the door to files. Before is asked ahead of each act; an error makes the act fail as
// if the disk had failed.
type Disk interface {
	Before(act Act, path string) error
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	MkdirAll(path string, perm os.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
}

// Process is this life of the program.
type Process interface {
	Boot() [16]byte // random, new at every start
}
