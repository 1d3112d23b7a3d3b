package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// affordEach is how often head office is asked while a customer waits: it answers by a command, which the next pull
// brings, and says "later" while the site's own journal is on its way.
const affordEach = 40 * time.Millisecond

// Afford has head office give this site more of an asset where it holds less than amount, and waits for it, AskWait at
// most. Whoever calls decides from what is held then, whatever came: a cut line, or nothing to give, is no error. A repeat, whose key is answered,
// uses nothing more and asks for nothing.
func (n *Node) Afford(ctx context.Context, key ledger.Digest, asset ledger.AssetID, amount ledger.Qty) {
	if n.link == nil || amount > ledger.QtyMax || n.book.AssetHeld(asset) >= amount || n.book.Answered(key) {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, n.cfg.AskWait)
	defer cancel()
	for n.book.AssetHeld(asset) < amount && n.online() {
		changed := n.book.Changed()
		reply, err := n.link.Need(bounded, wire.Need{Asset: asset, Amount: amount})
		if err != nil {
			n.log.LogAttrs(ctx, slog.LevelDebug, "head office gave nothing in time", slog.Any(keyErr, err))
		}
		if n.book.AssetHeld(asset) >= amount || err == nil && reply.Verdict == wire.VerdictOK && reply.Why == wire.WhyNoSuchAsset {
			return
		}
		tick, stop := n.env.Clock.After(affordEach)
		select {
		case <-changed:
		case <-tick:
		case <-bounded.Done():
		}
		stop()
		if bounded.Err() != nil {
			return
		}
	}
}

// affordPromotions has head office give this site a use of each promotion that an order is given, where it has none.
func (n *Node) affordPromotions(ctx context.Context, key ledger.Digest, o *ledger.Order) {
	list, err := o.Promotions()
	if err != nil {
		return // the book says what is wrong
	}
	for _, a := range list {
		n.Afford(ctx, key, a, 1)
	}
}
