package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// AuditBook checks the book in dir, which no process may have open: it rebuilds every balance
// from the journal, checks every chain and invariant, and compares what it finds with the
// checkpoint. The error names the first entry or record at fault. tick, where not nil, is told
// how far it has come of how much.
func AuditBook(env Env, dir string, tick func(done, all uint64)) (AuditReport, error) {
	path := filepath.Join(dir, BookFile)
	var report AuditReport
	err := readClosed(env, path, func(tx *bbolt.Tx) (err error) {
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
	if _, err := storedQuarantine(tx); err != nil {
		return AuditReport{}, err
	}
	saved := NewState(site)
	if err := loadCheckpoint(tx, saved); err != nil {
		return AuditReport{}, err
	}
	a := NewAuditor(site)
	if err := auditJournal(tx, a, saved, tick); err != nil {
		return a.Report(), err
	}
	return a.Report(), eachValue(tx, bucketItems, func(_, value []byte) error {
		_, err := UnmarshalItem(value)
		return err
	})
}

// auditJournal folds the journal and compares the checkpoint where it was made.
func auditJournal(tx *bbolt.Tx, a *Auditor, saved *State, tick func(done, all uint64)) error {
	var all uint64
	c := tx.Bucket(bucketJournal).Cursor()
	if k, _ := c.Last(); k != nil {
		all = binary.BigEndian.Uint64(k)
	}
	compared := saved.Seq == 0
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(k) != 8 || Seq(binary.BigEndian.Uint64(k)) != a.State.Seq+1 {
			return &DamageError{Where: fmt.Sprintf("frame %x", k), Why: fmt.Sprintf("it stands where entry %d should", a.State.Seq+1)}
		}
		if err := a.Frame(v); err != nil {
			return err
		}
		if a.State.Seq == saved.Seq {
			compared = true
			if err := auditCheckpoint(tx, a, saved); err != nil {
				return err
			}
		}
		if tick != nil {
			tick(uint64(a.State.Seq), max(all, uint64(a.State.Seq)))
		}
	}
	if !compared {
		return &DamageError{Where: "checkpoint", Why: fmt.Sprintf("it stands at entry %d, where no frame of the journal ends", saved.Seq)}
	}
	return nil
}

func auditCheckpoint(tx *bbolt.Tx, a *Auditor, saved *State) error {
	if err := sameState(saved, a.State); err != nil {
		return err
	}
	if err := auditOrders(tx, a); err != nil {
		return err
	}
	return auditKeys(tx, a)
}

// sameState compares what a checkpoint holds in memory with what the journal says at its position.
func sameState(saved, found *State) error {
	if saved.checkpoint() != found.checkpoint() {
		return &DamageError{Where: "checkpoint", Why: "its position or cursor is not the journal's"}
	}
	if err := sameRecords("level of ", saved.levels, found.levels, MarshalLevel); err != nil {
		return err
	}
	if err := sameRecords("open order ", saved.orders, found.orders, MarshalOrder); err != nil {
		return err
	}
	if err := sameRecords("served part of order ", saved.served, found.served, marshalServed); err != nil {
		return err
	}
	return sameRecords("open ask of order ", saved.asks, found.asks, marshalOpen)
}

func sameRecords[K ~string, V any](what string, saved, found map[K]V, marshal func(V) []byte) error {
	for _, k := range sortedKeys(found) {
		if v, ok := saved[k]; !ok || !bytes.Equal(marshal(v), marshal(found[k])) {
			return &DamageError{Where: what + string(k), Why: "its record is not what the journal adds up to"}
		}
	}
	for _, k := range sortedKeys(saved) {
		if _, ok := found[k]; !ok {
			return &DamageError{Where: what + string(k), Why: "it has a record, but the journal knows nothing of it"}
		}
	}
	return nil
}

// auditOrders compares the record of every order, closed ones too.
func auditOrders(tx *bbolt.Tx, a *Auditor) error {
	n := 0
	if err := eachValue(tx, bucketOrders, func(key, value []byte) error {
		n++
		o, err := UnmarshalOrder(value)
		if err != nil {
			return err
		}
		if string(o.ID) != string(key) || a.orders[digestOfID(o.ID)] != DigestOf(MarshalOrder(o)) {
			return &DamageError{Where: "order " + string(key), Why: "its record is not what the journal says"}
		}
		return nil
	}); err != nil {
		return err
	}
	if n != len(a.orders) {
		return &DamageError{Where: "orders", Why: fmt.Sprintf("there are %d records, the journal gives %d", n, len(a.orders))}
	}
	return nil
}

// auditKeys checks that every key answered up to the checkpoint is remembered at its place, and
// no other.
func auditKeys(tx *bbolt.Tx, a *Auditor) error {
	bucket := tx.Bucket(bucketKeys)
	n := 0
	if err := bucket.ForEach(func(key, stored []byte) error {
		n++
		ref, err := keyRefOf(key, stored)
		if err != nil {
			return err
		}
		if known, ok := a.keys[Digest(key)]; !ok || known != ref {
			return &DamageError{Where: fmt.Sprintf("key of entry %d", ref.Seq), Why: "that entry answers another one"}
		}
		return nil
	}); err != nil {
		return err
	}
	if n == len(a.keys) {
		return nil
	}
	var missing Seq
	for key, ref := range a.keys {
		if bucket.Get(key[:]) == nil && (missing == 0 || ref.Seq < missing) {
			missing = ref.Seq
		}
	}
	return &DamageError{Where: fmt.Sprintf("key of entry %d", missing), Why: "it is not remembered"}
}
