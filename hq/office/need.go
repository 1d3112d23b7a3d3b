package office

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Need gives a site some of an asset of head office's own, because a customer is before it. can says whether every
// server knows how.
func (o *Office) Need(ctx context.Context, now time.Time, n *wire.Need, can bool) (*wire.NeedReply, error) {
	r := &wire.NeedReply{}
	behind := false
	o.cluster.View(func(m *machine.Machine) {
		var site *machine.Site
		if site, r.Verdict, r.Why = known(m, n.Site, n.Head); r.Verdict == wire.VerdictOK {
			_, there := m.Asset(n.Asset)
			can = can && there
			behind = site.Stored.Seq < n.Head.Seq
		}
	})
	if r.Verdict != wire.VerdictOK {
		return r, nil
	}
	if !can {
		r.Why = wire.WhyNoSuchAsset
		return r, nil
	}
	if behind { // what the site has used by now is not heard yet: by what is known here it would need less than it does
		r.Verdict, r.Why = wire.VerdictLater, "the site's journal is on its way"
		return r, nil
	}
	_, err := o.propose(ctx, &machine.SetAsset{Asset: n.Asset, Do: machine.AssetAsk, Site: n.Site, Amount: n.Amount, By: string(n.Site), At: now})
	if _, closed := errors.AsType[*machine.AssetClosedError](err); closed {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	o.cluster.View(func(m *machine.Machine) { r.Coming = coming(m, n.Asset, n.Site) })
	return r, nil
}

func coming(m *machine.Machine, id ledger.AssetID, site ledger.SiteID) ledger.Qty {
	if a, ok := m.Asset(id); ok {
		for i := range a.Holders {
			if a.Holders[i].Site == site {
				return max(a.Holders[i].Coming, 0)
			}
		}
	}
	return 0
}
