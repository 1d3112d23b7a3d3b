package ledger

import (
	"errors"
	"fmt"
)

// The answers that are a state's, not an order's.
var (
	// ErrClosed says that the book takes no more requests.
	ErrClosed = errors.New("book is closed")
	// ErrUnsure says that the write may or may not have landed: retry with the same key.
	ErrUnsure = errors.New("cannot know whether the write landed")
	// ErrNotOpened says that the site has no epoch yet and may promise nothing.
	ErrNotOpened = errors.New("site has no epoch yet")
	// ErrQuarantined says that the book may be behind its own past and promises nothing.
	ErrQuarantined = errors.New("book is in quarantine")
	// ErrRebuilding says that the book was made anew and promises nothing before it has attested.
	ErrRebuilding = errors.New("book is being rebuilt")
	// ErrBusy says that the queue before the writer is full.
	ErrBusy = errors.New("queue is full")
	// ErrFull says that the disk has no room: nothing new is promised until there is some.
	ErrFull = errors.New("disk is full")
	// ErrInProgress says that the same key is being decided right now.
	ErrInProgress = errors.New("the same key is being decided")
	// ErrKeyReused, or a *KeyReusedError, says that a key came with another request before.
	ErrKeyReused = errors.New("key was used for another request")
	// ErrOrderExists says that the order's id is taken.
	ErrOrderExists = errors.New("order id is taken")
	// ErrLegUnknown says that this site serves no part of such an order, or has served it.
	ErrLegUnknown = errors.New("no such part of an order is served here")
	// ErrReturnUnknown says that no goods of such a return are here to be dealt with.
	ErrReturnUnknown = errors.New("no goods of such a return are here")
	// ErrTransferUnknown says that this book knows of no such transfer.
	ErrTransferUnknown = errors.New("no such transfer here")
	// ErrNothingPaid says that this book has taken no money for such an order.
	ErrNothingPaid = errors.New("nothing was paid for such an order here")
	// ErrPurchaseUnknown says that this book knows of no such purchase order.
	ErrPurchaseUnknown = errors.New("no such purchase order here")
	// ErrOrderUnknown says that this book owns no such order.
	ErrOrderUnknown = errors.New("no such order here")
	// ErrAskClosed says that the ask has been answered or abandoned already.
	ErrAskClosed = errors.New("ask is closed")
	// ErrGap says that a command is not the next one of head office's stream.
	ErrGap = errors.New("command is not the next of its stream")
	// ErrTrimmed says that an entry has left the journal; the archive has it.
	ErrTrimmed = errors.New("journal was trimmed of the entry")
	// ErrForeignHQ says that two head offices claim one incarnation.
	ErrForeignHQ = errors.New("another head office claims the same incarnation")
)

// A FormError is input that no state would take.
type FormError struct {
	Field string
	Line  int // line of the order from 1; 0 where none
	Why   string
}

func (e *FormError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s %s", e.Line, e.Field, e.Why)
	}
	return e.Field + " " + e.Why
}

func atLine(err error, index int) error {
	if fe, ok := errors.AsType[*FormError](err); ok {
		c := *fe
		c.Line = index + 1
		return &c
	}
	if ce, ok := errors.AsType[*CardError](err); ok {
		return &CardError{Field: ce.Field, Line: index + 1}
	}
	return err
}

// A ShortError says no to an order: there is less than it wants. Nothing was reserved.
type ShortError struct {
	Order   OrderID
	Lines   []Short
	Offline bool  // head office could not be asked
	Kits    []Kit // of the order: what lines belong together

	Past string // the day by which it was needed, where that was over when it was taken: nothing that is due in can be promised for it; else ""
}

// KitOf gives the kit that a line, from 1, has a component of, and the place of the component in it; nil where it has none.
func (e *ShortError) KitOf(line int) (k *Kit, component int) { return kitOf(e.Kits, line) }

func (e *ShortError) Error() string {
	if len(e.Lines) == 0 {
		return "stock is short"
	}
	l := e.Lines[0]
	return fmt.Sprintf("stock is short: line %d wants %d of %s, %d can be promised", l.Line, l.Want, l.SKU, l.Have)
}

// A LegError says that a part of an order has less than a pick or a refusal of it names.
type LegError struct {
	Order OrderID
	Lines []Short // Want is what was named
}

func (e *LegError) Error() string {
	if len(e.Lines) == 0 {
		return "more is named than is served here"
	}
	l := e.Lines[0]
	if l.SKU == "" {
		return fmt.Sprintf("line %d is none of this order's", l.Line)
	}
	return fmt.Sprintf("line %d: %d of %s are named, %d are to be served from here", l.Line, l.Want, l.SKU, l.Have)
}

// A StateError says that the order's state does not allow the act.
type StateError struct {
	Order  OrderID
	Status Status
	Why    string
}

func (e *StateError) Error() string { return fmt.Sprintf("order %s %s", e.Order, e.Why) }

// A DamageError says that stored bytes are not what was written.
type DamageError struct {
	Where string
	Why   string
}

func (e *DamageError) Error() string { return "damaged " + e.Where + ": " + e.Why }

// A KeyReusedError is ErrKeyReused where it is known what the first request came to.
type KeyReusedError struct {
	First error // why it was refused; nil where it was done
}

func (e *KeyReusedError) Error() string { return ErrKeyReused.Error() }

// Unwrap is ErrKeyReused: what the first request came to is no reason of this one.
func (e *KeyReusedError) Unwrap() error { return ErrKeyReused }
