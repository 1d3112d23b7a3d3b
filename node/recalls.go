package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// recallWait is how long a recall waits that this site could not carry out, as while it is rebuilt: then it is tried again.
const recallWait = time.Minute

// A house is the book, with a bell that rings when head office has said something of the company.
type house struct {
	*ledger.Book
	bell chan<- struct{} // holds one
}

// PutCompany stores what head office says, and rings.
func (h house) PutCompany(c ledger.Company) error {
	err := h.Book.PutCompany(c)
	select {
	case h.bell <- struct{}{}:
	default: // it has rung
	}
	return err
}

// obeyRecalls carries out the recalls of head office: each is an entry of this site's, once. What was heard before the start is seen to again, for
// it may have been cut short, and what this site cannot do now it does later.
func (n *Node) obeyRecalls(ctx context.Context) error {
	told := map[string]string{}
	for {
		var again <-chan time.Time
		stop := func() {}
		if !n.carryOut(ctx, told) {
			again, stop = n.env.Clock.After(recallWait)
		}
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-n.said:
			stop()
		case <-again:
		}
	}
}

// carryOut holds, or lets go, what head office says; false where some of it has to wait. told is why, of each that waits: it is logged once, not at each try.
func (n *Node) carryOut(ctx context.Context, told map[string]string) bool {
	all := true
	for _, r := range n.book.Company().Recalls {
		out, err := n.book.Do(ctx, r.Hold())
		if err == nil {
			err = out.Err
		}
		name := string(r.SKU) + " " + string(r.Lot)
		if err == nil {
			delete(told, name)
			continue
		}
		if ctx.Err() != nil {
			continue
		}
		if all = false; told[name] != err.Error() {
			told[name] = err.Error()
			n.log.LogAttrs(ctx, slog.LevelWarn, "recall waits", slog.String(keySKU, string(r.SKU)), slog.Any(keyErr, err))
		}
	}
	return all
}
