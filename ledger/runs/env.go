package runs

import (
	"errors"
	"io"
	"os"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// Config says which set, and how much memory it may take.
type Config struct {
	Dir    string // required; must exist, its own entry synced by the caller
	Owner  string // required, at most 255 bytes: whose set it is. Another's is refused
	Memory int64  // bytes of filters held in memory; default 8 MiB

	Key *sealed.Key // seals each page for its place; nil: they lie in the clear
}

// Env is what the world supplies.
type Env struct {
	Disk   Disk
	Before func(act Act, path string) error // asked ahead of each act, which fails with its error; nil asks nobody
	Random io.Reader                        // salts of runs
}

// An Act names one thing done to the disk, so that a test can make just that one fail.
type Act string

// The acts of a set on the disk. A run is written, then synced, then its folder is; a merge
// does so slice by slice.
const (
	ActWrite   Act = "write run"
	ActSync    Act = "sync run"
	ActSyncDir Act = "sync runs directory"
	ActRemove  Act = "remove run"
)

// Disk is the door to files, as the os package has them.
type Disk interface {
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	Remove(name string) error
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
	if c.Memory < 0 {
		errs = append(errs, errors.New("config has a Memory below zero"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Memory == 0 {
		c.Memory = 8 << 20
	}
	return c
}

func (e Env) before(act Act, path string) error {
	if e.Before == nil {
		return nil
	}
	return e.Before(act, path)
}
