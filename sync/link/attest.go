package link

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// promised is what head office says with a welcome and with each pull: what it has issued to the
// site under its incarnation, and whether it waits for an attested entry.
type promised struct {
	issued ledger.Cursor
	attest bool
}

// obeyed says whether the book has adopted the incarnation that is talking, and has carried out
// all that was issued under it. An older head office does not say what it has issued.
func (c *Conversation) obeyed() bool {
	issued := c.waited.issued
	if c.state != StateTalking || len(c.todo) > 0 {
		return false
	}
	return !issued.H.Known() || c.book.HQ == issued.H && c.book.Applied.H == issued.H && c.book.Applied.Number >= issued.Number
}

// attestNext writes the entry that head office waits for, once all that comes before it is in the
// book: the incarnation, the commands, the late facts. The journal's order does the rest: what stands
// before the entry reaches head office before it.
func (c *Conversation) attestNext(now time.Duration) {
	b := &c.book
	wanted := b.Rebuilding || c.waited.attest && b.Attested != b.HQ
	if !wanted || b.Facts || c.attesting.id != 0 || now < c.attesting.at || !c.obeyed() {
		return
	}
	c.do(&c.attesting, &ledger.Attest{})
}

func (c *Conversation) attested(now time.Duration, err error) {
	switch {
	case err == nil:
		c.attesting.tries = 0
	case errors.Is(err, ledger.ErrQuarantined):
		c.refuse(now, wire.VerdictNone, err.Error())
	default:
		c.fault = fmt.Sprintf("attest: %v", err)
		c.slow(now, &c.attesting)
	}
}
