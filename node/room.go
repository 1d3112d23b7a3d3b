package node

import (
	"context"
	"errors"
	"log/slog"

	"github.com/holdfast-stock/holdfast/ledger"
)

// noteRoom logs that the disk is full when the first order is refused for it, and that there is
// room again when the first one after that is taken: a line each, however many orders come.
func (n *Node) noteRoom(out ledger.Outcome, err error) {
	switch {
	case errors.Is(err, ledger.ErrFull) || errors.Is(out.Err, ledger.ErrFull):
		if !n.full.Swap(true) {
			n.log.LogAttrs(context.Background(), slog.LevelError, "disk is full, no new orders are taken", slog.Uint64(keySeq, uint64(n.book.Head().Seq)))
		}
	case n.full.Load() && err == nil && out.Err == nil && !out.Replayed && n.full.Swap(false):
		n.log.LogAttrs(context.Background(), slog.LevelInfo, "disk has room again, orders are taken", slog.Uint64(keySeq, uint64(n.book.Head().Seq)))
	}
}
