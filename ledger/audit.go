package ledger

import (
	"fmt"
	"time"
)

// An Auditor folds a site's journal from its first entry and names the first entry at fault.
// It trusts nothing but the bytes: every hash, every balance, every promise is worked out anew.
//
// Its memory is the levels, the open orders, and a digest for each key and each order there ever
// was (digestBytesMax each).
type Auditor struct {
	State  *State
	opened Opened
	report AuditReport
	keys   digests // with the entry that answered it
	orders digests // owned here, by digest of the id: with the last entry that holds the order
	ended  digests // orders that are closed and not completed: endedNumber
	moneys digests // payments, by digest of the order's id: with a number made of how they stand
}

// An AuditReport is what an audit found when it found no fault.
type AuditReport struct {
	Site     SiteID
	Head     Head
	Entries  uint64
	Frames   uint64
	Accepted uint64 // orders accepted; one that is to be confirmed is accepted once it is
	Refused  uint64 // orders refused
	Unknown  uint64 // entries of a kind that this build does not know; carried along
	Trimmed  Seq    // the journal was trimmed up to here: what these entries came to was believed, unless an archive was read
	Archived Seq    // an archive was read and holds the entries up to here
}

// NewAuditor starts before the site's first entry.
func NewAuditor(site SiteID) *Auditor {
	s := NewState(site)
	s.lean = true
	return &Auditor{State: s, report: AuditReport{Site: site}}
}

// Frame folds the next frame of the journal.
func (a *Auditor) Frame(raw []byte) error {
	if err := a.opened.Read(raw); err != nil {
		return fmt.Errorf("frame behind entry %d: %w", a.State.Seq, err)
	}
	if err := a.Fold(&a.opened); err != nil {
		return err
	}
	a.opened.recycle()
	return nil
}

// Fold folds the next frame of the journal, which somebody else has opened meanwhile.
func (a *Auditor) Fold(o *Opened) error {
	f := o.Frame
	if f.Site != a.State.Site {
		return &DamageError{Where: fmt.Sprintf("frame %d", f.First), Why: fmt.Sprintf("it belongs to %s", f.Site)}
	}
	if !o.follows(a.State) {
		return &DamageError{Where: fmt.Sprintf("entry %d", f.First), Why: fmt.Sprintf("it does not follow entry %d", a.State.Seq)}
	}
	for i := range o.Entries {
		e := &o.Entries[i]
		if err := a.once(e); err != nil {
			return err
		}
		if err := a.paid(e); err != nil {
			return err
		}
		if err := a.attested(e); err != nil {
			return err
		}
		if err := a.dated(e); err != nil {
			return err
		}
		a.State.near.begin()
		a.State.last = change{}
		confirmed := a.State.Confirmed
		if err := a.State.Apply(e); err != nil {
			return err
		}
		a.report.Accepted += a.State.Confirmed - confirmed
		a.State.Hash = f.Hashes[i]
		a.note(e)
	}
	a.report.Frames++
	a.report.Entries += uint64(len(o.Entries))
	return nil
}

// once checks that no key is answered twice and no order placed twice.
func (a *Auditor) once(e *Entry) error {
	if e.Key != (Digest{}) {
		if first := a.keys.swap(e.Key, e.Seq); first != 0 {
			return fmt.Errorf("entry %d answers a key that entry %d has answered", e.Seq, first)
		}
	}
	for _, beside := range e.besides() {
		if first := a.keys.swap(beside, e.Seq); first != 0 {
			return fmt.Errorf("entry %d brings %s to where entry %d has brought it", e.Seq, e.besideWhat(), first)
		}
	}
	b, ok := e.Body.(*OrderBody)
	if !ok {
		a.count(e)
		return nil
	}
	if err := b.Order.CheckCharges(); err != nil && e.Kind != KindRefused {
		return fmt.Errorf("entry %d holds order %s: %w", e.Seq, b.Order.ID, err)
	}
	switch e.Kind {
	case KindPlaced, KindAsked:
		if a.orders.of(digestOfID(b.Order.ID)) != 0 && !a.drafted(b.Order.ID) {
			return fmt.Errorf("entry %d places order %s a second time", e.Seq, b.Order.ID)
		}
		if e.Kind == KindPlaced {
			a.accepted(&b.Order)
		}
	case KindAskAccepted, KindAskAbandoned:
		if b.Refusal != "" {
			a.report.Refused++
		} else if !b.Dropped {
			a.accepted(&b.Order)
		}
	case KindRefused:
		a.report.Refused++
	case KindReview:
		if b.Order.Status == StatusWaiting && a.orders.of(digestOfID(b.Order.ID)) != 0 && !a.is(b.Order.ID, StatusDraft) {
			return fmt.Errorf("entry %d has order %s wait a second time", e.Seq, b.Order.ID)
		}
	case KindDraft:
		if b.Order.Status == StatusDraft && a.orders.of(digestOfID(b.Order.ID)) != 0 {
			return fmt.Errorf("entry %d drafts order %s a second time", e.Seq, b.Order.ID)
		}
	}
	return nil
}

// is says whether an order is in a state as the journal stands.
func (a *Auditor) is(id OrderID, s Status) bool {
	o, ok := a.State.orders[id]
	return ok && o.Status == s
}

// drafted says whether an order is a draft, or waits for a word, as the journal stands: it may be placed, once.
func (a *Auditor) drafted(id OrderID) bool {
	o, ok := a.State.orders[id]
	return ok && o.unclaimed()
}

// count counts entries whose body is not an order's. An order that was told in two lives counts in
// both: by an entry alone nobody can know.
func (a *Auditor) count(e *Entry) {
	switch b := e.Body.(type) {
	case *UnknownBody:
		a.report.Unknown++
	case *LateBody:
		switch {
		case b.Order == nil || b.Return != nil || b.Was == KindCanceled || b.Was == KindDraft || b.Was == KindReview || b.Was == KindHandedOver || b.Was == KindDropShip:
		case b.Refusal != "":
			a.report.Refused++
		default:
			a.accepted(b.Order)
		}
	}
}

func (a *Auditor) accepted(o *Order) {
	if o.Status != StatusUnconfirmed {
		a.report.Accepted++
	}
}

// attested checks the digest of the balances that an entry attests.
func (a *Auditor) attested(e *Entry) error {
	b, ok := e.Body.(*AttestedBody)
	if !ok || b.Digest == a.State.Digest() {
		return nil
	}
	return fmt.Errorf("entry %d attests other balances than the journal adds up to", e.Seq)
}

// dated checks that an order which is promised goods by a day has so much due in here by then, beside what others were promised: when it was promised, for a
// supplier may be late, and a purchase order changed, afterwards. Of a journal that was trimmed not all is known that was due in.
func (a *Auditor) dated(e *Entry) error {
	b, ok := e.Body.(*OrderBody)
	if !ok || e.Kind != KindPlaced && e.Kind != KindAskAccepted && e.Kind != KindAskAbandoned || b.Refusal != "" || b.Dropped || a.report.Trimmed > 0 {
		return nil
	}
	by := b.Order.PromisedBy()
	if by == "" {
		return nil
	}
	for i := range b.Order.Lines {
		sku := b.Order.Lines[i].SKU
		want, have := b.Order.backordered(sku), a.State.promisableBy(sku, by, e.At.UTC().Format(time.DateOnly))
		if want > have {
			return fmt.Errorf("entry %d promises order %s %d of %s by %s, of which %d are due in by then and promised to nobody", e.Seq, b.Order.ID, want, sku, by, have)
		}
	}
	return nil
}

// note takes down which entry holds the order that the last one has changed.
func (a *Auditor) note(e *Entry) {
	switch c := &a.State.last; {
	case c.order == "":
	case c.freed:
		a.orders.swap(digestOfID(c.order), 0)
		a.end(c.order, "")
	default:
		a.orders.swap(digestOfID(c.order), a.State.Seq)
		if o := e.heldOrder(); o != nil && o.ID == c.order {
			a.end(o.ID, o.Status)
		}
	}
}

// end takes down how an order ended: of one that is open, or completed, nothing.
func (a *Auditor) end(id OrderID, s Status) {
	if number := endedNumber(s, a.State.Seq); number > 0 || a.ended.len() > 0 {
		a.ended.swap(digestOfID(id), number)
	}
}

// digestOfID tells orders apart: a UUID is as good as a digest.
func digestOfID(id OrderID) Digest {
	if b, ok := ParseUUID(id); ok {
		return Digest(b)
	}
	return DigestOf([]byte(id))
}

// Report gives what was found so far.
func (a *Auditor) Report() AuditReport {
	r := a.report
	r.Head = a.State.Head()
	return r
}
