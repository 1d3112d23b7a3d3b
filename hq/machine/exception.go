package machine

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ownerHQ is who sees to exceptions that are no one site's, until there are users to name.
const ownerHQ = "head office"

// raise notes something that somebody must look at.
func (m *Machine) raise(e Exception, at time.Time) {
	m.counters.Exceptions++
	if e.ID, e.At = m.counters.Exceptions, at; e.Owner == "" {
		e.Owner = ownerHQ
	}
	m.exceptions.put(keyOfRank(e.ID), &e)
	m.raised(&e)
	if e.ID > ExceptionsMax {
		m.exceptions.del(keyOfRank(e.ID - ExceptionsMax))
	}
}

// resolve closes an exception under somebody's name. Closed twice it stays as it was closed first.
func (m *Machine) resolve(c *Resolve) Result {
	return Result{Err: m.atomically(func() error {
		if c.By == "" {
			return &ledger.FormError{Field: "by", Why: "is empty: an exception is closed by somebody"}
		}
		e, ok := m.exceptions.get(keyOfRank(c.Exception))
		if !ok {
			return ErrExceptionUnknown
		}
		if !e.Resolved.Done() {
			m.resolved(e, m.signed(c.By, c.Note, c.At))
			m.unclaimed(e)
		}
		return nil
	})}
}

func (m *Machine) resolved(e *Exception, by Signed) {
	closed := *e
	closed.Resolved = by
	m.exceptions.put(keyOfRank(e.ID), &closed)
}

// raiseKnown lets entries of more kinds be folded. It never goes back. A stream that was parked
// at one of them stays so until Unpark brings it again: its bytes are in the journal store.
func (m *Machine) raiseKnown(c *Raise) Result {
	if c.Kind > ledger.KindLast {
		return Result{Err: ErrUnknownCommand} // this build does not know them itself
	}
	m.counters.Known = max(m.counters.Known, c.Kind)
	return Result{}
}

// Known is the last kind of entry that this state folds. It is the state's, not the build's: a
// server that was upgraded first must not fold what the others park.
func (m *Machine) Known() ledger.Kind { return max(m.counters.Known, ledger.KindAdopted) }
