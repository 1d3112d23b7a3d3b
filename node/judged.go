package node

import (
	"context"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// judgeWait is the longest that the first promise waits for head office's verdict.
const judgeWait = 3 * time.Second

// awaitVerdict lets the first promise happen once head office has judged the book, or cannot. A folder
// that was copied, or restored, is found out before it promises anything, where the line is up.
func (n *Node) awaitVerdict(ctx context.Context) error {
	late, stop := n.env.Clock.After(judgeWait)
	defer stop()
	select {
	case <-n.link.Judged():
	case <-late:
	case <-ctx.Done():
		return nil
	}
	close(n.judged)
	return nil
}

// promising waits until something may be promised. Nothing is lost where ctx ends: nothing was begun.
func (n *Node) promising(ctx context.Context) error {
	select {
	case <-n.judged: // nearly always
		return nil
	default:
	}
	select {
	case <-n.judged:
		return nil
	case <-ctx.Done():
		return ledger.ErrClosed
	}
}
