package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// The folders of what is looked up by a name of 16 bytes and does not change any more.
const (
	KeysDir   = "keys"   // idempotency key -> the entry that answered it
	OrdersDir = "orders" // id of a closed order -> the last entry that holds it
)

// filterMemory bounds the filters of one set that are held in memory.
const filterMemory = 8 << 20

// runLists names the runs of a checkpoint.
type runLists struct{ Keys, Orders []runs.Run }

// pastRuns are the two sets of a book.
type pastRuns struct{ keys, orders *runs.Set }

// openRuns opens the sets that lists names. Only the writer's own removes what they do not name.
func openRuns(env Env, site SiteID, dir string, lists runLists, open func(runs.Config, runs.Env, []runs.Run) (*runs.Set, error)) (*pastRuns, error) {
	p := &pastRuns{}
	for _, one := range []struct {
		name string
		list []runs.Run
		set  **runs.Set
	}{{KeysDir, lists.Keys, &p.keys}, {OrdersDir, lists.Orders, &p.orders}} {
		s, err := open(runs.Config{Dir: filepath.Join(dir, one.name), Owner: one.name + " of " + string(site), Memory: filterMemory, Key: env.key()},
			runs.Env{Disk: env.Disk, Random: env.Random("runs of " + one.name),
				Before: func(act runs.Act, path string) error { return env.Disk.Before(Act(act), path) }}, one.list)
		if errors.Is(err, os.ErrNotExist) {
			err = errors.Join(runs.ErrStale, err) // the folder is gone
		}
		if err != nil {
			return nil, errors.Join(damageOf(err), p.close())
		}
		*one.set = s
	}
	return p, nil
}

func (p *pastRuns) close() error {
	var errs []error
	for _, s := range []*runs.Set{p.keys, p.orders} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// openRuns opens the runs of the checkpoint. Where they are not those that it names, because a file was
// taken away or an older index put in its place, all that journal, base and stubs can make anew is.
func (b *Book) openRuns() error {
	var lists runLists
	err := b.view(func(tx *bbolt.Tx) (err error) {
		lists, err = storedRuns(tx)
		return err
	})
	if err != nil {
		return err
	}
	b.runs, err = openRuns(b.env, b.cfg.Site, b.cfg.Dir, lists, runs.Open)
	if !errors.Is(err, runs.ErrStale) {
		return err
	}
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := b.commit(ActMove, forgetCheckpoint); err != nil {
		return err
	}
	b.runs, err = openRuns(b.env, b.cfg.Site, b.cfg.Dir, runLists{}, runs.Open)
	return err
}

// storedRuns gives the lists of tx; none where an older format has none.
func storedRuns(tx *bbolt.Tx) (runLists, error) {
	stored := tx.Bucket(bucketMeta).Get(keyRuns)
	if stored == nil {
		return runLists{}, nil
	}
	raw, err := openValue(bucketMeta, keyRuns, stored)
	if err != nil {
		return runLists{}, err
	}
	return unmarshalRuns(raw)
}

// A runsChange is what a checkpoint adds.
type runsChange struct{ keys, orders *runs.Change }

func (c *runsChange) lists() runLists { return runLists{c.keys.List(), c.orders.List()} }

// add writes what a parcel has for the runs. ErrFull says that nothing is left of it.
func (p *pastRuns) add(parcel *parcel) (c *runsChange, err error) {
	c = &runsChange{}
	if c.keys, err = p.keys.Add(parcel.keyRows()); err != nil {
		return nil, fullOf(err)
	}
	if c.orders, err = p.orders.Add(parcel.orderRows()); err != nil {
		return nil, errors.Join(fullOf(err), p.keys.Abort(c.keys))
	}
	return c, nil
}

func (p *pastRuns) land(c *runsChange) error {
	return errors.Join(p.keys.Land(c.keys), p.orders.Land(c.orders))
}

func (p *pastRuns) abort(c *runsChange) error {
	return errors.Join(p.keys.Abort(c.keys), p.orders.Abort(c.orders))
}

func (p *pastRuns) leave(c *runsChange) error {
	return errors.Join(p.keys.Leave(c.keys), p.orders.Leave(c.orders))
}

func fullOf(err error) error {
	if errors.Is(err, runs.ErrFull) {
		return errors.Join(ErrFull, err)
	}
	return err
}

// mergeRuns does one slice of what is to be merged and says whether there is more. A disk without room
// for it is no fault: checkpoints say so.
func (b *Book) mergeRuns() (more bool) {
	if b.failed.Load() != nil {
		return false
	}
	for _, s := range []*runs.Set{b.runs.keys, b.runs.orders} {
		again, err := s.Step()
		if err != nil && !errors.Is(err, runs.ErrFull) {
			_ = b.fail(damageOf(err)) // noted: it ends Run
			return false
		}
		more = more || again
	}
	return more
}

// keyRows are the keys of a parcel, in their order.
func (p *parcel) keyRows() []runs.Row {
	rows := make([]runs.Row, 0, len(p.keys))
	for key, ref := range p.keys {
		rows = append(rows, runs.Row{Name: runs.Name(key), Number: uint64(ref.Seq)})
	}
	return sortedRows(rows)
}

// orderRows are the closed orders of a parcel, and those that were dropped.
func (p *parcel) orderRows() []runs.Row {
	rows := make([]runs.Row, 0, len(p.orders))
	for id, o := range p.orders {
		key := orderKey(id)
		switch {
		case len(key) != len(runs.Name{}):
		case o.order == nil:
			rows = append(rows, runs.Row{Name: runs.Name(key)})
		case !o.open:
			rows = append(rows, runs.Row{Name: runs.Name(key), Number: uint64(o.last)})
		}
	}
	return sortedRows(rows)
}

func sortedRows(rows []runs.Row) []runs.Row {
	slices.SortFunc(rows, func(x, y runs.Row) int { return bytes.Compare(x.Name[:], y.Name[:]) })
	return rows
}

// An index is what look-ups ask: one transaction, and the runs as they stood after it was begun. An
// order that was closed meanwhile may be in both; what the transaction says of it is right, and older.
type index struct {
	tx     *bbolt.Tx
	keys   *runs.View
	orders *runs.View
}

// indexOf takes the views. The transaction is begun already.
func (p *pastRuns) indexOf(tx *bbolt.Tx) *index {
	return &index{tx: tx, keys: p.keys.View(), orders: p.orders.View()}
}

func (x *index) close() {
	x.keys.Close()
	x.orders.Close()
}

// viewIndex reads the index.
func (b *Book) viewIndex(f func(x *index) error) error {
	return b.view(func(tx *bbolt.Tx) error {
		x := b.runs.indexOf(tx)
		defer x.close()
		return f(x)
	})
}

// key gives the entry that answered a key, or 0. Books of format 2 and 3 had keys in a bucket, and keep them.
func (x *index) key(d Digest) (Seq, error) {
	number, ok, err := x.keys.Find(runs.Name(d))
	if err != nil || ok {
		return Seq(number), damageOf(err)
	}
	value, err := find(x.tx, bucketKeys, d[:])
	if err != nil || value == nil {
		return 0, err
	}
	return parseSeq(value), nil
}

// order gives an order: itself while it is open, else the last entry that holds it. What stands in the
// bucket decides: a checkpoint takes from it what it writes to a run. Neither: there is no such order.
func (x *index) order(id OrderID) (*Order, Seq, error) {
	key := orderKey(id)
	value, err := find(x.tx, bucketOrders, key)
	if err != nil {
		return nil, 0, err
	}
	if value != nil {
		return parseOrder(value)
	}
	if len(key) != len(runs.Name{}) {
		return nil, 0, nil
	}
	number, _, err := x.orders.Find(runs.Name(key))
	return nil, Seq(number), damageOf(err)
}

// closed gives the last entry that holds an order; 0 where the order is open, or there is none.
func (x *index) closed(id OrderID) (Seq, error) {
	_, last, err := x.order(id)
	return last, err
}

// moveToRuns takes a book of format 2 or 3 to this one, which a program that knows no runs must not
// open. Its keys and orders stay where they are; what is written from now on goes to runs.
func (b *Book) moveToRuns() error {
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := b.commit(ActMove, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keyFormat, []byte{bookFormat})
	}); err != nil {
		return fmt.Errorf("move book: %w", err)
	}
	return nil
}
