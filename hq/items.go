package hq

import (
	"context"
	"errors"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// itemTurn lets one request set items at a time: what it looked at still stands when its command
// is applied, so that no barcode comes to be two items'. The machine stores what it is given, as
// servers of every build do; a rule in Apply would have to wait for all of them, and refuse a
// whole command where one item of many is at fault.
//
// Commands apply in the order in which this leader gave them, and a new leader answers behind its
// barrier. So only a command of which nobody knows (ErrUnsure) may still come behind the look of
// the next; unsure has that one wait for a barrier first. A leader that was stopped between its
// look and its command, deposed and elected again may still give a code twice: then a scan says
// that two items have it, and nothing is promised by guess.
type itemTurn struct {
	busy   chan struct{} // held by the request whose turn it is
	unsure bool          // of whoever holds busy
}

func newItemTurn() *itemTurn { return &itemTurn{busy: make(chan struct{}, 1)} }

// setItems sets what differs from what is there: to send the same list again changes nothing, and
// no site has to fetch it again. An item that would take another's barcode is refused alone;
// refused has its problem by its index in items.
func (s *Server) setItems(ctx context.Context, items []ledger.Item) (version uint64, refused map[int]*contract.Problem, err error) {
	select {
	case s.itemTurn.busy <- struct{}{}:
		defer func() { <-s.itemTurn.busy }()
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
	if s.itemTurn.unsure {
		if err := s.await(ctx, s.raft.Barrier(s.cfg.ProposeWait), func() {}); err != nil {
			return 0, nil, proposalError(err)
		}
		s.itemTurn.unsure = false
	}
	var changed []ledger.Item
	s.View(func(m *machine.Machine) {
		version = m.RefVersion()
		refused = contract.TakenCodes(items, func(sku ledger.SKU) []string { return codesOf(m, sku) }, bearersIn(m))
		contract.KitFaults(items, m.Item, refused)
		foreignItems(m, items, refused)
		homelessItems(m, items, refused)
		for i := range items {
			if old, ok := m.Item(items[i].SKU); refused[i] == nil && (!ok || !old.Same(&items[i])) {
				changed = append(changed, items[i])
			}
		}
	})
	if len(changed) == 0 {
		return version, refused, nil
	}
	if slices.ContainsFunc(changed, func(it ledger.Item) bool { return it.Category != "" }) && !looked(s, (*machine.Machine).ByTerms) {
		return version, refused, errMixed // a server of an older build would pass over it
	}
	put := machine.PutItems{Items: changed, At: s.now()}
	var cmd machine.Command = &put
	if slices.ContainsFunc(changed, func(it ledger.Item) bool { return it.Detail != nil }) {
		if !s.knows(machine.DetailCommands) {
			return version, refused, errMixed
		}
		cmd = &machine.PutDetailed{PutItems: put}
	}
	res, err := s.Propose(ctx, machine.Marshal(cmd))
	s.itemTurn.unsure = errors.Is(err, ledger.ErrUnsure)
	if err == nil {
		err = res.Err
	}
	return res.Version, refused, err
}

// homelessItems refuses the items of a list with a home bin at a site that there is none of.
func homelessItems(m *machine.Machine, items []ledger.Item, refused map[int]*contract.Problem) {
	for i := range items {
		if items[i].Detail == nil || refused[i] != nil {
			continue
		}
		for _, h := range items[i].Detail.Homes {
			if _, ok := m.Site(h.Site); !ok {
				refused[i] = unknownSite(m, "home_bins", string(h.Site))
				break
			}
		}
	}
}

// foreignItems refuses the items of a list with money in another currency than the company's.
func foreignItems(m *machine.Machine, items []ledger.Item, refused map[int]*contract.Problem) {
	c := ledger.Company{Currency: m.Company().Currency}
	for i := range items {
		if err := c.ForeignItem(&items[i]); err != nil && refused[i] == nil {
			refused[i] = problem(err)
		}
	}
}

func codesOf(m *machine.Machine, sku ledger.SKU) []string {
	if it, ok := m.Item(sku); ok {
		return slices.Collect(it.Codes())
	}
	return nil
}

// bearersIn lists the SKUs of the items that have a barcode.
func bearersIn(m *machine.Machine) contract.Finder {
	return func(code string) []ledger.SKU {
		var skus []ledger.SKU
		for _, it := range m.ItemsByBarcode(code) {
			skus = append(skus, it.SKU)
		}
		return skus
	}
}

// catalogue is what lines are understood by.
func (s *Server) catalogue() contract.Catalogue {
	return contract.Catalogue{Bearers: s.bearers, Item: func(sku ledger.SKU) (it *ledger.Item, ok bool) {
		s.View(func(m *machine.Machine) { it, ok = m.Item(sku) })
		return it, ok
	}}
}

// bearers is bearersIn of the state as it is now.
func (s *Server) bearers(code string) []ledger.SKU {
	return looked(s, func(m *machine.Machine) []ledger.SKU { return bearersIn(m)(code) })
}
