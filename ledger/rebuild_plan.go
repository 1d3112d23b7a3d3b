package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The names of a rebuild's files inside the book's folder.
const (
	RebuildFile  = "rebuild.plan"  // what the book is rebuilt as, and how far that has come
	RebuildDir   = "rebuild"       // the new book, until it takes the old one's place
	asidePrefix  = "before-epoch-" // and the epoch that followed: the old book, kept for late facts and as evidence
	planFileNew  = RebuildFile + ".new"
	planBytesMax = 1 << 10
)

// RebuildPhase says how far a rebuild has come. It is stored.
type RebuildPhase uint8

// The phases. DESIGN.md says what a crash in each leaves.
const (
	RebuildFetch RebuildPhase = 1 // head office's copy of the journal comes in beside the old book
	RebuildSwap  RebuildPhase = 2 // the new book is whole; it takes the old one's place at the next opening
	RebuildFacts RebuildPhase = 3 // it is the book; commands and late facts come in, then it is attested
)

var rebuildPhases = map[RebuildPhase]string{RebuildFetch: "fetch", RebuildSwap: "swap", RebuildFacts: "facts"}

func (p RebuildPhase) String() string {
	if name, ok := rebuildPhases[p]; ok {
		return name
	}
	return fmt.Sprintf("phase_%d", uint8(p))
}

// A RebuildPlan is what head office has answered to a rejoin: the journal up to Stored, then Epoch,
// whose first entry is chained to Stored.
type RebuildPlan struct {
	Phase    RebuildPhase
	Site     SiteID
	NodeKey  [16]byte // the epoch is bound to it
	Epoch    Epoch
	H        Incarnation
	Counter  bool
	Stored   Position
	Replaced bool // a person said that the node known before is gone: that word is used up
}

// same says whether two plans are of one rebuild, however far each has come.
func (p RebuildPlan) same(q RebuildPlan) bool {
	p.Phase = q.Phase
	return p == q
}

// ReadRebuild gives the plan of the rebuild that is under way in dir; ok is false where none is.
func ReadRebuild(env Env, dir string) (plan RebuildPlan, ok bool, err error) {
	return readPlan(env, filepath.Join(dir, RebuildFile))
}

func readPlan(env Env, path string) (plan RebuildPlan, ok bool, err error) {
	f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return plan, false, nil
	}
	if err != nil {
		return plan, false, fmt.Errorf("read plan of rebuild: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, planBytesMax))
	if err = errors.Join(err, f.Close()); err != nil {
		return plan, false, fmt.Errorf("read plan of rebuild: %w", err)
	}
	value, err := openValue(nil, []byte(RebuildFile), raw)
	if err != nil {
		return plan, false, &DamageError{Where: "plan of a rebuild, " + path, Why: "its checksum does not match"}
	}
	plan, err = unmarshalPlan(value)
	return plan, err == nil, err
}

// writePlan replaces the plan as a whole: its file is synced before it gets its name.
func writePlan(env Env, dir string, plan RebuildPlan) error {
	path, fresh := filepath.Join(dir, RebuildFile), filepath.Join(dir, planFileNew)
	if err := env.Disk.Before(ActRebuildPlan, path); err != nil {
		return fmt.Errorf("%s: %w", ActRebuildPlan, err)
	}
	f, err := env.Disk.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", ActRebuildPlan, err)
	}
	_, err = f.Write(sealValue(nil, []byte(RebuildFile), marshalPlan(&plan)))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", ActRebuildPlan, err)
	}
	if err := move(env, fresh, path); err != nil {
		return err
	}
	return syncDir(env.Disk, dir)
}

// move gives a file or a folder another name. It is on the disk once both folders are synced.
func move(env Env, from, to string) error {
	err := env.Disk.Before(ActRebuildMove, to)
	if err == nil {
		err = env.Disk.Rename(from, to)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", ActRebuildMove, to, err)
	}
	return nil
}

// exists says whether there is a file or folder of that name.
func exists(disk Disk, path string) (bool, error) {
	f, err := disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// namesIn lists what is in a folder; nothing where there is no such folder.
func namesIn(disk Disk, dir string) ([]string, error) {
	f, err := disk.OpenFile(dir, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}

// asideDir is where the book lies that was replaced when the epoch began.
func asideDir(dir string, epoch Epoch) string {
	return filepath.Join(dir, asidePrefix+strconv.FormatUint(uint64(epoch), 10))
}

// asides lists the epochs before which a book was set aside, lowest first.
func asides(env Env, dir string) ([]Epoch, error) {
	names, err := namesIn(env.Disk, dir)
	if err != nil {
		return nil, fmt.Errorf("look for books set aside: %w", err)
	}
	var out []Epoch
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimPrefix(name, asidePrefix), 10, 64); err == nil && strings.HasPrefix(name, asidePrefix) {
			out = append(out, Epoch(n))
		}
	}
	return sorted(out), nil
}

// RebuildReplaced says whether a rebuild in dir has used up a person's word that the node known
// before is gone. It is good once: a start script that keeps saying it must not fence a twin.
func RebuildReplaced(env Env, dir string) (bool, error) {
	plan, ok, err := ReadRebuild(env, dir)
	if err != nil || ok && plan.Replaced {
		return ok && plan.Replaced, err
	}
	before, err := asides(env, dir)
	for _, epoch := range before {
		plan, ok, readErr := readPlan(env, filepath.Join(asideDir(dir, epoch), RebuildFile))
		if readErr != nil || ok && plan.Replaced {
			return true, readErr
		}
	}
	return false, err
}
