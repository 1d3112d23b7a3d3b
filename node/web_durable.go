package node

import (
	"context"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// durableWait is the longest that a request waits for the levels that its orders wished for.
const durableWait = 10 * time.Second

// defaults are what an order here takes for what it does not say, with the levels that this node can
// wait for. Alone it can wait for none: there is nobody to have a second copy.
func (n *Node) defaults() contract.Defaults {
	d := contract.NodeDefaults()
	if n.link != nil {
		d.Waits = []contract.Durable{contract.Shared, contract.Archived, contract.Owner}
	}
	return d
}

// reach waits until the entry has reached the level that its order wished for, and says which it has:
// it ends by the moment until, and where the line is down. The order stands whatever comes of it. Owner is what
// shared is: this book owns the order, and its entry is in at head office.
func (n *Node) reach(ctx context.Context, until time.Duration, seq ledger.Seq, wish contract.Durable) contract.Durable {
	if n.link == nil || wish == "" || wish == contract.Accepted {
		return contract.Accepted
	}
	over, stop := n.env.Clock.After(max(until-n.env.Clock.Mono(), 0))
	defer stop()
	for {
		changed := n.link.Changed()
		st := n.link.Status()
		reached := contract.Accepted
		switch {
		case st.Known && st.Archived >= seq:
			reached = contract.Archived
		case st.Known && st.Stored.Seq >= seq:
			reached = contract.Shared
		}
		if !st.Online || reached == contract.Archived || reached == contract.Shared && wish != contract.Archived {
			return reached
		}
		select {
		case <-changed:
		case <-over:
			return reached
		case <-ctx.Done(): // who has gone needs no answer
			return reached
		}
	}
}
