package archive

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ActOpen is the opening of an archive, for ledger.Disk. What is done to its tapes goes by the
// names of ledger/tape.
const ActOpen ledger.Act = "open archive"

// LockFile is the name of the lock in an archive's folder. It is an empty bbolt file, for bbolt
// locks files on every system.
const LockFile = "archive.lock"

const (
	lockWait  = 200 * time.Millisecond
	copyBytes = 4 << 20 // of frames that one Copy takes
)

// ErrInUse says that another process writes the archive.
var ErrInUse = errors.New("another process has the archive open")

// A Source is a server's journal store.
type Source interface {
	// WholeSeq is the last entry before the first gap.
	WholeSeq(site ledger.SiteID) ledger.Seq
	// Frames gives whole frames from the one that holds entry after+1 on.
	Frames(site ledger.SiteID, after ledger.Seq, maxBytes int) ([][]byte, error)
}

// An Archive is an open archive. It is for one goroutine.
type Archive struct {
	env   ledger.Env
	dir   string
	lock  *bolt.DB
	sites map[ledger.SiteID]*ledger.Archive
}

// Open opens the archive in dir, making it if there is none, and locks it.
func Open(env ledger.Env, dir string) (*Archive, error) {
	a := &Archive{env: env, dir: filepath.Clean(dir), sites: map[ledger.SiteID]*ledger.Archive{}}
	err := env.Disk.Before(ActOpen, dir)
	if err == nil {
		err = env.Disk.MkdirAll(a.dir, 0o700)
	}
	if err == nil {
		a.lock, err = bolt.Open(filepath.Join(a.dir, LockFile), 0o600, &bolt.Options{Timeout: lockWait, OpenFile: env.Disk.OpenFile})
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", dir, err)
	}
	return a, nil
}

// Dir is the folder of one site's tape in the archive dir.
func Dir(dir string, site ledger.SiteID) string { return filepath.Join(dir, string(site)) }

// Copy brings what the archive lacks of a site's journal into it, at most some megabytes a call, and
// says where it ends and whether there is more. After an error the site is opened anew by the next.
func (a *Archive) Copy(site ledger.SiteID, from Source) (end ledger.Position, more bool, err error) {
	t, err := a.open(site, from)
	if err != nil {
		return end, false, err
	}
	whole := from.WholeSeq(site)
	if whole > t.End().Seq {
		var frames [][]byte
		if frames, err = from.Frames(site, t.End().Seq, copyBytes); err == nil {
			err = t.Append(frames)
		}
	}
	if err != nil {
		return t.End(), false, errors.Join(err, a.drop(site))
	}
	return t.End(), t.End().Seq < whole, nil
}

// Behind gives frames of a site that the archive has behind entry after, some of them; none where it
// has no more.
func (a *Archive) Behind(site ledger.SiteID, after ledger.Seq, from Source, maxBytes int) ([][]byte, error) {
	t, err := a.open(site, from)
	if err != nil || t.End().Seq <= after {
		return nil, err
	}
	return t.Frames(after, maxBytes)
}

// open gives the site's tape. Opened for the first time, its end is compared with the journal, as
// soon as that has come there.
func (a *Archive) open(site ledger.SiteID, from Source) (*ledger.Archive, error) {
	if t, ok := a.sites[site]; ok {
		return t, nil
	}
	t, err := ledger.OpenArchive(a.env, site, Dir(a.dir, site))
	if err != nil {
		return nil, err
	}
	if end := t.End().Seq; end > 0 && from.WholeSeq(site) >= end {
		var frames [][]byte
		if frames, err = from.Frames(site, end-1, 1); err == nil {
			err = t.Append(frames)
		}
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	a.sites[site] = t
	return t, nil
}

func (a *Archive) drop(site ledger.SiteID) error {
	t := a.sites[site]
	delete(a.sites, site)
	return t.Close()
}

// Close lets go of the files and the lock. It may be called twice.
func (a *Archive) Close() error {
	var errs []error
	for site := range a.sites {
		errs = append(errs, a.drop(site))
	}
	return errors.Join(append(errs, a.lock.Close())...)
}
