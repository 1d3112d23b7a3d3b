package node

import (
	"context"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// checkCollectAt refuses an order that is to be collected at a place that does not exist, before
// anything is written of it. The list of sites says so, with or without a line. A site that was
// added a moment ago may not be on it yet: then head office is asked, if it can be. Where the list
// was never heard (an older head office, a first start), the site is found out when units are
// asked for.
func (n *Node) checkCollectAt(ctx context.Context, o *ledger.Order) error {
	if o.CollectAt == "" || o.CollectAt == n.cfg.Site {
		return nil
	}
	if n.cfg.Standalone { // there is no other
		return contract.UnknownSite("collect_at", string(o.CollectAt))
	}
	list := n.book.Sites()
	if list.Version == 0 || list.Has(o.CollectAt) {
		return nil
	}
	if n.online() {
		bounded, cancel := context.WithTimeout(ctx, n.cfg.LookWait)
		defer cancel()
		reply, err := n.link.Look(bounded, wire.Look{SKU: o.Lines[0].SKU, Other: o.CollectAt})
		switch {
		case err == nil && reply.Other == wire.FoundNo:
			return contract.UnknownSite("collect_at", string(o.CollectAt))
		case err == nil: // it was added since, or is a question that this head office does not know
			return nil
		}
	}
	return contract.UnheardSite("collect_at", string(o.CollectAt))
}
