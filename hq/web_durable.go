package hq

import (
	"context"
	"encoding/json"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// defaults are what an order here takes for what it does not say, with the levels that this server can
// wait for.
func (s *Server) defaults() contract.Defaults {
	d := contract.HQDefaults()
	d.Waits = []contract.Durable{contract.Accepted, contract.Owner}
	if s.cfg.Archive != "" {
		d.Waits = append(d.Waits, contract.Archived)
	}
	return d
}

// wished reads the level that an order wants to have reached before it is answered. The body was read
// before, or its key was answered before: what cannot be read is no wish.
func wished(body []byte) contract.Durable {
	var in struct {
		Durable contract.Durable `json:"durable"`
	}
	if json.Unmarshal(body, &in) != nil {
		return ""
	}
	return in.Durable
}

// reach waits until an order of head office's has reached the level that it wished for, at most
// DurableWait, and says which it has. The order stands whatever comes of it: a client that asks again
// under its key waits once more.
func (s *Server) reach(ctx context.Context, out *office.Outcome, wish contract.Durable) contract.Durable {
	if out.Err != nil || wish != contract.Owner && wish != contract.Archived {
		return contract.Shared // a quorum has had it since it was decided
	}
	w := &reaching{id: out.Answer.Order.ID, wish: wish}
	reached := contract.Shared
	_ = s.patiently(ctx, s.cfg.DurableWait, func(bool) (bool, error) { // who has gone needs no answer
		s.View(func(m *machine.Machine) { reached = w.look(m) })
		return reached == wish, nil
	})
	return reached
}

// A reaching remembers up to where each site's journal must be archived for one order.
type reaching struct {
	id   ledger.OrderID
	wish contract.Durable
	upto map[ledger.SiteID]ledger.Seq
}

// look says how far the order has come: every leg stands in its site's journal, and head office has that
// entry; or the archive has it, too. Of an order that waits for goods there is no such entry yet.
func (w *reaching) look(m *machine.Machine) contract.Durable {
	if w.upto == nil {
		o, ok := m.Order(w.id)
		if !ok || len(o.Legs) == 0 || o.Status == ledger.StatusBackordered {
			return contract.Shared
		}
		upto := map[ledger.SiteID]ledger.Seq{}
		for _, l := range o.Legs {
			if l.State != machine.LegReserved && l.State != machine.LegLeft && l.State != machine.LegCanceled {
				return contract.Shared
			}
			if site, ok := m.Site(l.Site); ok {
				upto[l.Site] = site.Stored.Seq // at or behind the entry that embeds the command
			}
		}
		w.upto = upto
	}
	if w.wish != contract.Archived {
		return contract.Owner
	}
	for id, seq := range w.upto {
		if site, ok := m.Site(id); !ok || site.Archived.Seq < seq {
			return contract.Owner
		}
	}
	return contract.Archived
}
