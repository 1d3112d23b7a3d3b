package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"
)

// A Rebuild makes a new book of head office's copy of a site's journal, beside the old one, which
// may be open meanwhile. What a crash leaves stands in DESIGN.md. Its methods are for one goroutine.
type Rebuild struct {
	env  Env
	cfg  BookConfig // of the new book, in its own folder
	dir  string     // of the old one
	plan RebuildPlan
	copy *Archive
}

// NewRebuild begins a rebuild in cfg.Dir, or goes on with it where that was begun before. What an
// earlier one has fetched for another epoch is removed. When it returns the plan is on the disk, so
// that the epoch which head office has given is not forgotten.
func NewRebuild(env Env, cfg BookConfig, plan RebuildPlan) (*Rebuild, error) {
	if err := cfg.fill(); err != nil {
		return nil, fmt.Errorf("rebuild book: %w", err)
	}
	r := &Rebuild{env: env, cfg: cfg, dir: cfg.Dir, plan: plan}
	r.cfg.Dir = filepath.Join(cfg.Dir, RebuildDir)
	if err := r.begin(); err != nil {
		return nil, fmt.Errorf("rebuild book %s: %w", cfg.Dir, err)
	}
	return r, nil
}

func (r *Rebuild) begin() error {
	if r.plan.Site != r.cfg.Site || r.plan.Epoch == 0 {
		return &FormError{Field: "plan", Why: fmt.Sprintf("is of site %q and epoch %d, and the book is %s's: begin with the plan of its own", r.plan.Site, r.plan.Epoch, r.cfg.Site)}
	}
	old, ok, err := ReadRebuild(r.env, r.dir)
	if err != nil {
		return err
	}
	switch {
	case ok && old.same(r.plan) && old.Phase != RebuildFetch:
		return fmt.Errorf("rebuild has come to phase %s: the book has to be opened", old.Phase)
	case ok && old.Phase == RebuildSwap:
		return errors.New("another rebuild is whole: the book has to be opened")
	case !ok || !old.same(r.plan):
		if err := removeTree(r.env, r.cfg.Dir); err != nil {
			return err
		}
		if r.plan.Phase = RebuildFetch; ok { // it was opened and has not been attested: its book will be set aside too
			r.plan.Replaced = r.plan.Replaced || old.Replaced
		}
		if err := r.env.Disk.MkdirAll(r.dir, 0o700); err != nil {
			return err
		}
		if err := writePlan(r.env, r.dir, r.plan); err != nil {
			return err
		}
	}
	r.plan.Phase = RebuildFetch
	return r.openCopy()
}

func (r *Rebuild) openCopy() (err error) {
	if err := r.env.Disk.MkdirAll(r.cfg.Dir, 0o700); err != nil {
		return err
	}
	if err := syncDir(r.env.Disk, r.dir); err != nil {
		return err
	}
	r.copy, err = OpenArchive(r.env, r.cfg.Site, filepath.Join(r.cfg.Dir, JournalDir))
	return err
}

// Plan is what the book is rebuilt as.
func (r *Rebuild) Plan() RebuildPlan { return r.plan }

// Head is how far the journal has come in.
func (r *Rebuild) Head() Position { return r.copy.End() }

// Whole says whether all of it is in.
func (r *Rebuild) Whole() bool { return r.copy.End().Seq >= r.plan.Stored.Seq }

// Append brings whole frames that follow Head to the disk, verbatim. Their chain is checked; what
// does not follow is a *DamageError, and nothing of it was written. What lies beyond the position
// that head office has named is passed over: it belongs to nobody.
func (r *Rebuild) Append(frames [][]byte) error {
	for i, raw := range frames {
		f, err := DecodeFrame(raw)
		if err != nil {
			return fmt.Errorf("rebuild %s: %w", r.cfg.Site, err)
		}
		if f.First > r.plan.Stored.Seq {
			frames = frames[:i]
			break
		}
	}
	if err := r.copy.Append(frames); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

// Restart forgets what has come in. Frames are checked against their neighbours; that they are of
// the chain which head office meant shows at its end only.
func (r *Rebuild) Restart() error {
	if err := r.Close(); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if err := removeTree(r.env, r.cfg.Dir); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return r.openCopy()
}

// Finish makes the index of the journal that is in, folding all of it, and lets the next opening of
// the old book put the new one in its place. A *DamageError says that the journal is not the one
// that head office has named: Restart, and fetch it from another server.
func (r *Rebuild) Finish() error {
	if end := r.copy.End(); end.Seq != r.plan.Stored.Seq || end.Hash != r.plan.Stored.Hash {
		return &DamageError{Where: "rebuild of " + string(r.cfg.Site),
			Why: fmt.Sprintf("entry %d with hash %s came in, head office has named entry %d with hash %s", end.Seq, end.Hash, r.plan.Stored.Seq, r.plan.Stored.Hash)}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if err := r.makeIndex(); err != nil {
		return fmt.Errorf("rebuild: make index: %w", err)
	}
	b, err := openBook(r.env, r.cfg, true)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	err = b.writeWitness(b.Head())
	if err = errors.Join(err, b.Close()); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	for _, dir := range []string{r.cfg.Dir, r.dir} {
		if err := syncDir(r.env.Disk, dir); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
	}
	r.plan.Phase = RebuildSwap
	return writePlan(r.env, r.dir, r.plan)
}

// makeIndex makes an index without a checkpoint. One that a crash has left is made anew.
func (r *Rebuild) makeIndex() error {
	path := filepath.Join(r.cfg.Dir, BookFile)
	if err := notThere(r.env.Disk.Remove(path)); err != nil {
		return err
	}
	db, err := openIndex(r.env, r.cfg, path)
	if err != nil {
		return err
	}
	return errors.Join(db.Update(func(tx *bbolt.Tx) error {
		return makeBuckets(tx, r.cfg.Site, sealValue(bucketMeta, keyNode, r.plan.NodeKey[:]))
	}), db.Close())
}

// Close lets go of the files. It may be called twice.
func (r *Rebuild) Close() error {
	if r.copy == nil {
		return nil
	}
	return r.copy.Close()
}

// removeTree removes a folder and what is in it: a part of a rebuild, two levels deep.
func removeTree(env Env, dir string) error {
	for _, sub := range []string{filepath.Join(dir, JournalDir), filepath.Join(dir, KeysDir), filepath.Join(dir, OrdersDir), dir} {
		names, err := namesIn(env.Disk, sub)
		if err != nil {
			return fmt.Errorf("remove %s: %w", sub, err)
		}
		for _, name := range append(names, "") { // at last the folder itself
			if err := notThere(env.Disk.Remove(filepath.Join(sub, name))); err != nil {
				return fmt.Errorf("remove %s: %w", sub, err)
			}
		}
	}
	return nil
}

// bookNames are what makes a book, in the order in which a rebuilt one takes the old one's place.
// The index goes last: who opens a book looks for it first.
func bookNames() []string { return []string{WitnessFile, JournalDir, KeysDir, OrdersDir, BookFile} }

// swapRebuilt puts a rebuilt book in the old one's place, if one is whole, and gives the plan of the
// rebuild that is under way. First all of the old book is moved away, and only when that is on the
// disk the new one is moved in: whatever a crash leaves, no file of either is overwritten, and the next
// opening goes on.
func swapRebuilt(env Env, cfg BookConfig) (*RebuildPlan, error) {
	plan, ok, err := ReadRebuild(env, cfg.Dir)
	if err != nil || !ok {
		return nil, err
	}
	if plan.Site != cfg.Site {
		return nil, &FormError{Field: "site", Why: fmt.Sprintf("is %s, but the book that is being rebuilt belongs to %s: name that site, or another folder", cfg.Site, plan.Site)}
	}
	if plan.Phase != RebuildSwap {
		return &plan, nil
	}
	unlock, err := lockSwap(env, cfg)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(swap(env, cfg.Dir, plan.Epoch), unlock()); err != nil {
		return nil, err
	}
	plan.Phase = RebuildFacts
	return &plan, writePlan(env, cfg.Dir, plan)
}

// lockSwap keeps other processes off while the files move: the lock is on the index that would be
// opened next, whatever its name is by then.
func lockSwap(env Env, cfg BookConfig) (unlock func() error, err error) {
	path := filepath.Join(cfg.Dir, BookFile)
	here, err := exists(env.Disk, path)
	if err != nil {
		return nil, err
	}
	if !here { // moved away already
		path = filepath.Join(cfg.Dir, RebuildDir, BookFile)
	}
	db, err := openIndex(env, cfg, path)
	if err != nil {
		return nil, err
	}
	return db.Close, nil
}

func swap(env Env, dir string, epoch Epoch) error {
	aside, fresh := asideDir(dir, epoch), filepath.Join(dir, RebuildDir)
	if err := env.Disk.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("set the old book aside: %w", err)
	}
	for _, name := range bookNames() {
		from, to := filepath.Join(dir, name), filepath.Join(aside, name)
		// What is not here was moved away before, what is not in the rebuild was moved in.
		if err := moveIf(env, from, to, filepath.Join(fresh, name), from); err != nil {
			return err
		}
	}
	for _, d := range []string{aside, dir} {
		if err := syncDir(env.Disk, d); err != nil {
			return err
		}
	}
	for _, name := range bookNames() {
		from := filepath.Join(fresh, name)
		if err := moveIf(env, from, filepath.Join(dir, name), from); err != nil {
			return err
		}
	}
	for _, d := range []string{fresh, dir} {
		if err := syncDir(env.Disk, d); err != nil {
			return err
		}
	}
	return nil
}

// moveIf moves from where all of these are there. A name that is taken is never taken over.
func moveIf(env Env, from, to string, these ...string) error {
	for _, path := range these {
		if here, err := exists(env.Disk, path); err != nil || !here {
			return err
		}
	}
	if taken, err := exists(env.Disk, to); err != nil {
		return err
	} else if taken {
		return fmt.Errorf("%s: %w", to, os.ErrExist)
	}
	return move(env, from, to)
}

// rejoin begins the epoch of a rebuilt book at its first opening, chained to the head that head office
// has named. Its opened entry names the boot and makes a copy diverge; the boot entry drops the asks
// that the old book left open.
func (b *Book) rejoin() error {
	plan := b.plan.Load()
	if plan == nil || plan.Phase != RebuildFacts || b.core.State.Epoch >= plan.Epoch {
		return nil
	}
	if head := b.Head(); head.Seq != plan.Stored.Seq || head.Hash != plan.Stored.Hash {
		return &DamageError{Where: "book", Why: fmt.Sprintf("it ends at %s, and was rebuilt up to entry %d of epoch %d", head, plan.Stored.Seq, plan.Stored.Epoch)}
	}
	out := b.core.Decide(&OpenSite{Epoch: plan.Epoch, Body: OpenedBody{Counter: plan.Counter, Boot: b.boot, Rebuilt: true}}, b.env.Clock.Wall())
	return out.Err
}

// Rebuild is the plan by which the book is being rebuilt; ok is false where all is attested, or
// nothing was to be rebuilt. It takes no lock.
func (b *Book) Rebuild() (plan RebuildPlan, ok bool) {
	if p := b.plan.Load(); p != nil {
		return *p, true
	}
	return RebuildPlan{}, false
}

// EndRebuild notes that the rebuilt book has been attested and that nothing more is to be told of
// the books set aside so far. They stay, as evidence; their plans say that they are done with.
func (b *Book) EndRebuild() error {
	b.landing.Lock()
	defer b.landing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	plan, ok := b.Rebuild()
	if !ok || plan.Phase != RebuildFacts || b.core.State.Rebuilding {
		return nil
	}
	if err := endRebuild(b.env, b.cfg.Dir, plan); err != nil {
		return fmt.Errorf("end rebuild: %w", err)
	}
	b.plan.Store(nil)
	return nil
}

// endRebuild marks the books set aside as done with, the newest last: while the plan lies in the
// book's own folder all of this is done again.
func endRebuild(env Env, dir string, plan RebuildPlan) error {
	pending, err := pendingAsides(env, dir)
	if err != nil {
		return err
	}
	for _, epoch := range pending {
		if epoch == plan.Epoch {
			continue
		}
		done := plan
		done.Epoch = epoch
		if err := writePlan(env, asideDir(dir, epoch), done); err != nil {
			return err
		}
	}
	aside := asideDir(dir, plan.Epoch)
	if err := move(env, filepath.Join(dir, RebuildFile), filepath.Join(aside, RebuildFile)); err != nil {
		return err
	}
	return errors.Join(syncDir(env.Disk, aside), syncDir(env.Disk, dir))
}

// pendingAsides lists the books set aside that are not done with, the oldest first.
func pendingAsides(env Env, dir string) ([]Epoch, error) {
	all, err := asides(env, dir)
	if err != nil {
		return nil, err
	}
	var out []Epoch
	for _, epoch := range all {
		done, err := exists(env.Disk, filepath.Join(asideDir(dir, epoch), RebuildFile))
		if err != nil {
			return nil, err
		}
		if !done {
			out = append(out, epoch)
		}
	}
	return out, nil
}

func sorted(epochs []Epoch) []Epoch { slices.Sort(epochs); return epochs }
