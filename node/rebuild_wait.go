package node

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Two processes of one site that go on in turn would each close the other's epoch, and make their
// books anew as fast as the disk allows. So each rebuild in a row waits longer than the one before.
const (
	inRowMin  = 10 * time.Second // before the second rebuild in a row; doubles with each
	inRowMax  = 5 * time.Minute  // and is never longer
	inRowCalm = 10 * time.Minute // a node that went on for so long was rebuilt for good: the next is the first
)

// Rebuilds is how many times in a row the site was rebuilt once Run has given ErrRejoined: what
// Config.Rebuilds is to say at the opening that follows.
func (n *Node) Rebuilds() int { return int(n.rebuild.row.Load()) + 1 }

// waitTurn waits, where the book was rebuilt only just now, before it is rebuilt again. It is false
// where ctx ended.
func (n *Node) waitTurn(ctx context.Context) bool {
	gone := n.env.Clock.Mono() - n.rebuild.opened
	if gone >= inRowCalm {
		n.rebuild.row.Store(0)
	}
	row := n.rebuild.row.Load()
	if row == 0 || n.rebuild.turn {
		return true
	}
	n.rebuild.turn = true
	wait := min(inRowMin<<min(row-1, 10), inRowMax)
	n.rebuild.note(phaseAsk, 0, 0, fmt.Sprintf("rebuilt %d times in a row, it waits %v before the next: is there another node of this site, or a copy of its folder, that runs as well? End one of them", row, wait))
	n.log.LogAttrs(ctx, slog.LevelError, "rebuilt again and again: is another node of this site running?", slog.Int64("rebuilds", row), slog.Duration("wait", wait))
	return n.pause(ctx, wait)
}

// replaced says to a node that another one has followed why it is given no epoch, and what is to be
// done; "" where it is not that.
func (n *Node) replaced(reply wire.RejoinReply) string {
	at := n.link.Status()
	if reply.Verdict != wire.VerdictStranger && reply.Verdict != wire.VerdictClosedEpoch || at.Verdict != wire.VerdictClosedEpoch {
		return ""
	}
	why := at.Why
	if reply.Verdict == wire.VerdictClosedEpoch && reply.Why != "" {
		why = reply.Why // it may name a way back
	}
	return fmt.Sprintf("closed epoch: %s. Another node serves this site now, or it was given up. End this one and keep its folder: what it had not sent yet is there and nowhere else", why)
}
