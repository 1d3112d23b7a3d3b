package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	trimFirst = time.Minute           // after the start, which has enough to do
	trimEach  = time.Hour             // between two looks for what may leave the journal
	trimPause = 20 * time.Millisecond // between two slices, so that checkpoints and items get their turn
)

// trim lets what head office's archive has, and what is older than the retention, leave the
// journal. Nothing waits for it: where it fails it is tried again at the next look, and a disk that
// has failed is told by the book's writer.
func (n *Node) trim(ctx context.Context) error {
	if n.cfg.Retention == 0 || n.link == nil {
		return nil // without head office there is no archive
	}
	for wait := trimFirst; n.pause(ctx, wait); wait = trimEach {
		n.trimNow(ctx)
	}
	return nil
}

func (n *Node) trimNow(ctx context.Context) {
	was := n.book.Trimmed()
	for more := true; more; {
		var err error
		more, err = n.book.Trim(ledger.TrimLimit{Archived: n.link.Status().Archived, Before: n.env.Clock.Wall().Add(-n.cfg.Retention)})
		if err != nil {
			if n.book.Err() == nil {
				n.log.LogAttrs(ctx, slog.LevelWarn, "journal not trimmed", slog.Any(keyErr, err))
			}
			return
		}
		if more && !n.pause(ctx, trimPause) {
			break
		}
	}
	if now := n.book.Trimmed(); now > was {
		n.log.LogAttrs(ctx, slog.LevelInfo, "journal trimmed", slog.Uint64(keySeq, uint64(now)))
	}
}

// pause waits for d and says whether it was let.
func (n *Node) pause(ctx context.Context, d time.Duration) bool {
	fired, stop := n.env.Clock.After(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-fired:
		return true
	}
}
