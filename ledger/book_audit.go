package ledger

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"go.etcd.io/bbolt"
)

// AuditBook checks the book in dir, which no process may have open: it rebuilds every balance
// from the journal, checks every chain and invariant, and compares what it finds with the
// checkpoint. The error names the first entry or record at fault. tick, where not nil, is told
// how far it has come of how much.
func AuditBook(env Env, dir string, tick func(done, all uint64)) (AuditReport, error) {
	path := filepath.Join(dir, BookFile)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			return env.Disk.OpenFile(name, flag, perm)
		}})
	if err != nil {
		return AuditReport{}, fmt.Errorf("open book %s: %w", path, err)
	}
	defer db.Close()
	var report AuditReport
	err = db.View(func(tx *bbolt.Tx) error {
		report, err = auditTx(tx, tick)
		return err
	})
	if err != nil {
		return report, fmt.Errorf("audit %s: %w", path, err)
	}
	return report, nil
}

func auditTx(tx *bbolt.Tx, tick func(done, all uint64)) (AuditReport, error) {
	for _, name := range allBuckets() {
		if tx.Bucket(name) == nil {
			return AuditReport{}, &DamageError{Where: "book", Why: fmt.Sprintf("bucket %s is missing", name)}
		}
	}
	site, err := ParseSite(string(tx.Bucket(bucketMeta).Get(keySite)))
	if err != nil {
		return AuditReport{}, err
	}
	saved := NewState(site)
	if err := loadCheckpoint(tx, saved); err != nil {
		return AuditReport{}, err
	}
	a := NewAuditor(site)
	compared := saved.Seq == 0
	var all uint64
	if k, _ := tx.Bucket(bucketJournal).Cursor().Last(); k != nil {
		all = binary.BigEndian.Uint64(k)
	}
	c := tx.Bucket(bucketJournal).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := a.Frame(v); err != nil {
			return a.Report(), err
		}
		if first := Seq(binary.BigEndian.Uint64(k)); first > a.State.Seq {
			return a.Report(), &DamageError{Where: fmt.Sprintf("frame %d", first), Why: "it stands under another number"}
		}
		if a.State.Seq == saved.Seq {
			compared = true
			if err := sameState(saved, a.State); err != nil {
				return a.Report(), err
			}
		}
		if tick != nil {
			tick(uint64(a.State.Seq), all)
		}
	}
	if !compared {
		return a.Report(), &DamageError{Where: "checkpoint", Why: fmt.Sprintf("it stands at entry %d, where no commit of the journal ends", saved.Seq)}
	}
	return a.Report(), auditKeys(tx, a, saved.Seq)
}

// sameState compares a checkpoint with what the journal says at its position.
func sameState(saved, found *State) error {
	if saved.checkpoint() != found.checkpoint() {
		return &DamageError{Where: "checkpoint", Why: "its position or cursor is not the journal's"}
	}
	for _, sku := range sortedKeys(found.levels) {
		if l, ok := saved.levels[sku]; !ok || !reflect.DeepEqual(normal(l), normal(found.levels[sku])) {
			return &DamageError{Where: "level of " + string(sku), Why: "it is not what the journal adds up to"}
		}
	}
	if len(saved.levels) != len(found.levels) {
		return &DamageError{Where: "levels", Why: fmt.Sprintf("there are %d, the journal gives %d", len(saved.levels), len(found.levels))}
	}
	for _, id := range sortedKeys(found.orders) {
		o, ok := saved.orders[id]
		if !ok || string(MarshalOrder(o)) != string(MarshalOrder(found.orders[id])) {
			return &DamageError{Where: "order " + string(id), Why: "its record is not what the journal says"}
		}
	}
	return nil
}

// normal leaves out bins and holders that hold nothing: they may or may not have been kept.
func normal(l *Level) Level {
	c := *l
	c.Allotted, c.Bins = nil, nil
	for _, h := range l.Allotted {
		if h.Qty != 0 {
			c.Allotted = append(c.Allotted, h)
		}
	}
	for _, b := range l.Bins {
		if b.Sellable != 0 || b.Blocked != 0 {
			c.Bins = append(c.Bins, b)
		}
	}
	return c
}

// auditKeys checks that every key answered up to the checkpoint is remembered, at its place.
func auditKeys(tx *bbolt.Tx, a *Auditor, upTo Seq) error {
	bucket := tx.Bucket(bucketKeys)
	for key, seq := range a.keys {
		if seq > upTo {
			continue
		}
		v := bucket.Get(key[:])
		if len(v) != len(Digest{})+8 || Seq(binary.BigEndian.Uint64(v[len(Digest{}):])) != seq {
			return &DamageError{Where: fmt.Sprintf("key of entry %d", seq), Why: "it is not remembered"}
		}
	}
	return nil
}
