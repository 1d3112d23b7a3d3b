package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// AuditBook checks the book in dir, which no process may have open: it rebuilds every balance
// from the journal, checks every chain and invariant, and compares what it finds with the
// checkpoint and with the witness. The error names the first entry or record at fault. tick, where not nil, is told
// how far it has come of how much. Where the journal was trimmed, it begins at the base that the trimming left.
func AuditBook(env Env, dir string, tick func(done, all uint64)) (AuditReport, error) {
	return AuditWithArchive(env, dir, "", tick)
}

func auditIndex(x *index, site SiteID, journal *tape.Tape, archive *Archive, tick func(done, all uint64)) (AuditReport, error) {
	if _, err := storedQuarantine(x.tx); err != nil {
		return AuditReport{}, err
	}
	saved := NewState(site)
	if err := loadCheckpoint(x.tx, saved); err != nil {
		return AuditReport{}, err
	}
	base, _, err := storedBase(x.tx)
	if err != nil {
		return AuditReport{}, err
	}
	for _, v := range []*runs.View{x.keys, x.orders} {
		if err := v.Check(); err != nil {
			return AuditReport{}, damageOf(err)
		}
	}
	run := &auditRun{x: x, journal: journal, a: NewAuditor(site), saved: saved, base: base, tick: tick}
	if archive != nil {
		err = run.withArchive(archive)
	} else {
		err = run.alone()
	}
	if err != nil {
		return run.a.Report(), err
	}
	if err := eachValue(x.tx, bucketItems, func(_, value []byte) error {
		_, err := UnmarshalItem(value)
		return err
	}); err != nil {
		return run.a.Report(), err
	}
	if err := auditChanges(x.tx); err != nil || x.tx.Bucket(bucketCustomers) == nil {
		return run.a.Report(), err
	}
	return run.a.Report(), eachValue(x.tx, bucketCustomers, func(_, value []byte) error {
		_, err := UnmarshalCustomer(value)
		return err
	})
}

// An auditRun folds one closed book's journal and compares what the index says where it says it.
type auditRun struct {
	x        *index
	journal  *tape.Tape
	a        *Auditor
	saved    *State    // the checkpoint
	base     trimmedTo // of Seq 0 where nothing was ever trimmed
	compared bool      // the checkpoint was
	tick     func(done, all uint64)
}

// frame folds the next frame.
func (r *auditRun) frame(o *Opened) error {
	if err := r.a.Fold(o); err != nil {
		return err
	}
	if err := r.compare(); err != nil {
		return err
	}
	if r.tick != nil {
		at := uint64(r.a.State.Seq)
		r.tick(at, max(r.journal.Last(), at))
	}
	return nil
}

// compare compares the checkpoint, once the fold has come to where it was made.
func (r *auditRun) compare() error {
	if r.saved.Seq == 0 || r.a.State.Seq != r.saved.Seq {
		return nil
	}
	r.compared = true
	return auditCheckpoint(r.x, r.a, r.saved)
}

// rest folds the journal's frames behind what was folded.
func (r *auditRun) rest() error {
	if err := eachOpened(r.journal, 0, func(o *Opened) error {
		if o.Frame.End().Seq <= r.a.State.Seq {
			return nil
		}
		if err := r.frame(o); err != nil {
			return err
		}
		o.recycle()
		return nil
	}); err != nil {
		return err
	}
	if !r.compared && r.saved.Seq > 0 {
		return &DamageError{Where: "checkpoint", Why: fmt.Sprintf("it stands at entry %d, where no frame of the journal ends", r.saved.Seq)}
	}
	return nil
}

func auditCheckpoint(x *index, a *Auditor, saved *State) error {
	if err := sameState(saved, a.State); err != nil {
		return err
	}
	if err := auditOrders(x, a); err != nil {
		return err
	}
	if err := auditEnded(x, a); err != nil {
		return err
	}
	return auditKeys(x, a)
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
	if err := sameRecords("open return ", saved.returns, found.returns, marshalReturn); err != nil {
		return err
	}
	if !slices.Equal(saved.Holdings(), found.Holdings()) {
		return &DamageError{Where: "holdings", Why: "they are not what the journal adds up to"}
	}
	if !sameTakings(saved.takings, found.takings) {
		return &DamageError{Where: "money", Why: "it is not what the journal adds up to"}
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

// auditOrders compares what is said of every order: of a closed one where its last entry is; an
// open one has been compared with the state.
func auditOrders(x *index, a *Auditor) error {
	n := 0
	judge := func(id OrderID, o *Order, last Seq) error {
		n++
		known, open := a.State.orders[id]
		if open && (o == nil || !bytes.Equal(MarshalOrder(o), MarshalOrder(known))) || !open && (last == 0 || a.orders.of(digestOfID(id)) != last) {
			return &DamageError{Where: "order " + string(id), Why: "its record is not what the journal says"}
		}
		return nil
	}
	if err := eachValue(x.tx, bucketOrders, func(key, value []byte) error {
		o, last, err := parseOrder(value)
		if err != nil {
			return err
		}
		return judge(orderIDOf(key), o, last)
	}); err != nil {
		return err
	}
	if err := eachRow(x.orders, func(r runs.Row) error {
		if x.tx.Bucket(bucketOrders).Get(r.Name[:]) != nil {
			return nil // the bucket decides
		}
		return judge(orderIDOf(r.Name[:]), nil, Seq(r.Number))
	}); err != nil {
		return err
	}
	if n != a.orders.len() {
		return &DamageError{Where: "orders", Why: fmt.Sprintf("there are %d records, the journal gives %d", n, a.orders.len())}
	}
	return nil
}

func eachRow(v *runs.View, f func(runs.Row) error) error {
	w, err := v.Walk(nil, false, 0)
	for err == nil {
		r, ok, nextErr := w.Next()
		if !ok {
			return damageOf(nextErr)
		}
		err = f(r)
	}
	return damageOf(err)
}

// auditKeys checks that every key answered up to the checkpoint is remembered at its place, and
// no other.
func auditKeys(x *index, a *Auditor) error {
	n := 0
	judge := func(key []byte, seq Seq) error {
		n++
		if len(key) != len(Digest{}) || a.keys.of(Digest(key)) != seq || seq == 0 {
			return &DamageError{Where: fmt.Sprintf("key of entry %d", seq), Why: "that entry answers another one"}
		}
		return nil
	}
	if err := eachValue(x.tx, bucketKeys, func(key, value []byte) error { return judge(key, parseSeq(value)) }); err != nil {
		return err
	}
	if err := eachRow(x.keys, func(r runs.Row) error { return judge(r.Name[:], Seq(r.Number)) }); err != nil {
		return err
	}
	if n == a.keys.len() {
		return nil
	}
	var missing Seq
	for key, seq := range a.keys.all() {
		held, err := x.key(key)
		if err != nil {
			return err
		}
		if held == 0 && (missing == 0 || seq < missing) {
			missing = seq
		}
	}
	return &DamageError{Where: fmt.Sprintf("key of entry %d", missing), Why: "it is not remembered"}
}
