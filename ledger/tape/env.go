package tape

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// Config says which tape, and how its files grow.
type Config struct {
	Dir     string // required; must exist, its own entry synced by the caller
	Owner   string // required, at most 255 bytes: whose tape it is, for example a site. Another's is refused
	SizeMin int64  // bytes of the smallest segment; default 1 MiB
	SizeMax int64  // bytes of the largest, but for a record that needs more; default 16 MiB

	Key *sealed.Key // seals each record for its numbers; nil: the bytes lie in the clear
}

// Env is what the world supplies.
type Env struct {
	Disk   Disk
	Before func(act Act, path string) error // asked ahead of each act, which fails with its error; nil asks nobody
	Clock  Clock                            // only Prepare waits
	Random io.Reader                        // salts of segments
}

// An Act names one thing done to the disk, so that a test can make just that one fail.
type Act string

// The acts of a tape on the disk. Those that an append does: write and sync always; roll,
// sync directory and seal when a segment is full; prewrite when no spare was ready.
const (
	ActMend     Act = "mend tape's end"      // write the last record again, or clear what a torn write left
	ActPrewrite Act = "prewrite segment"     // write and sync the zeros of a spare
	ActWrite    Act = "write record"         //
	ActSync     Act = "sync record"          //
	ActRoll     Act = "roll segment"         // write and sync the spare's header, and rename it
	ActSyncDir  Act = "sync tape directory"  //
	ActSeal     Act = "write segment footer" //
	ActTrim     Act = "remove segment"       //
)

// Disk is the door to files, as the os package has them.
type Disk interface {
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	Rename(from, to string) error
	Remove(name string) error
}

// Clock measures the pause between two tries to make a spare.
type Clock interface {
	// After gives a channel that receives once d has passed, and stop, which frees it early.
	After(d time.Duration) (fired <-chan time.Time, stop func())
}

// Validate reports everything wrong in one go.
func (c Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("config has no Dir"))
	}
	if c.Owner == "" || len(c.Owner) > ownerMax {
		errs = append(errs, errors.New("config has no Owner, or one longer than 255 bytes"))
	}
	if c.SizeMin < 0 || c.SizeMax < 0 || c.SizeMax > 0 && c.SizeMax < c.SizeMin {
		errs = append(errs, errors.New("config has SizeMin and SizeMax that are not two sizes, the smaller first"))
	}
	return errors.Join(errs...)
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.SizeMin == 0 {
		c.SizeMin = 1 << 20
	}
	if c.SizeMax == 0 {
		c.SizeMax = max(16<<20, c.SizeMin)
	}
	return c
}

func (e Env) before(act Act, path string) error {
	if e.Before == nil {
		return nil
	}
	return e.Before(act, path)
}
