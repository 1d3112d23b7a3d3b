package node

import (
	"context"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	// judgeWait is the longest that the first promise waits for a head office that cannot be reached.
	judgeWait = 3 * time.Second
	// laterWait is the longest that it waits for one that says later. Head office takes ten seconds to
	// find out whether a process that it knows of the site lives: then this one is a copy. It may say
	// later for longer, as when it was itself restored; then the site goes on selling.
	laterWait = 30 * time.Second
	// laterLook is how often is looked whether it still says so.
	laterLook = 200 * time.Millisecond
)

// awaitVerdict lets the first promise happen once head office has judged the book, or cannot. A folder
// that was copied, or restored, is found out before it promises anything, where the line is up.
func (n *Node) awaitVerdict(ctx context.Context) error {
	if n.rebuild.replace { // in quarantine from the start: nothing is promised, and goods in the hand need no verdict
		close(n.judged)
		return nil
	}
	for waited, wait := time.Duration(0), judgeWait; ; waited, wait = waited+wait, laterLook {
		late, stop := n.env.Clock.After(wait)
		select {
		case <-n.link.Judged():
		case <-late:
			if waited < laterWait && n.link.Status().Deferred {
				continue
			}
		case <-ctx.Done():
			stop()
			return nil
		}
		stop()
		close(n.judged)
		return nil
	}
}

// promising waits until something may be promised, no longer than nearly all have to. Nothing is lost
// where it gives up: nothing was begun.
func (n *Node) promising(ctx context.Context) error {
	select {
	case <-n.judged: // nearly always
		return nil
	default:
	}
	late, stop := n.env.Clock.After(judgeWait + laterLook)
	defer stop()
	select {
	case <-n.judged:
		return nil
	case <-late:
		return contract.New(contract.CodeNotReady, "Head office is finding out whether another node of this site runs.")
	case <-ctx.Done():
		return ledger.ErrClosed
	}
}
