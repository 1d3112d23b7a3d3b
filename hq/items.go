package hq

import (
	"context"
	"errors"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
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
		refused = takenCodes(items, func(sku ledger.SKU) []string { return codesOf(m, sku) }, bearersIn(m))
		kitFaults(items, m.Item, refused)
		foreignItems(m, items, refused)
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

// kitFaults refuses the kits of a list that are made of what is no item or a kit itself, as all will stand
// afterwards. One that is refused is no part of another.
func kitFaults(items []ledger.Item, there func(ledger.SKU) (*ledger.Item, bool), refused map[int]*contract.Problem) {
	last := map[ledger.SKU]*ledger.Item{}
	for i := range items {
		if refused[i] == nil {
			last[items[i].SKU] = &items[i]
		}
	}
	find := func(sku ledger.SKU) (*ledger.Item, bool) {
		if it, ok := last[sku]; ok {
			return it, true
		}
		return there(sku)
	}
	for i := range items {
		if refused[i] == nil && len(items[i].Kit()) > 0 {
			if p := contract.KitFault(&items[i], find); p != nil {
				refused[i] = p
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

// takenCodes refuses, by their index, the items of a list that would take a barcode of an item
// that keeps it. What counts is how all stand afterwards, so that one list can move a code from an
// item to another; of two that want one code the first gets it. An item that is refused keeps what
// it has, which may refuse another: so it is looked at again until nothing changes.
func takenCodes(items []ledger.Item, had func(ledger.SKU) []string, bearers contract.Finder) map[int]*contract.Problem {
	refused := map[int]*contract.Problem{}
	wants := make([]map[string]bool, len(items)) // keys of codes, true where the item has it already
	for i := range items {
		wants[i] = map[string]bool{}
		for code := range items[i].Codes() {
			wants[i][gs1.Key(code)] = false
		}
		for _, code := range had(items[i].SKU) {
			if key := gs1.Key(code); hasKey(wants[i], key) {
				wants[i][key] = true
			}
		}
	}
	for again := true; again; {
		again = false
		last := map[ledger.SKU]int{} // the item of the list that will stand for a SKU
		takers := map[string][]int{} // by key
		for i := range items {
			if refused[i] == nil {
				last[items[i].SKU] = i
			}
		}
		for i := range items {
			if refused[i] == nil && last[items[i].SKU] == i {
				for key := range wants[i] {
					takers[key] = append(takers[key], i)
				}
			}
		}
		for i := range items {
			if refused[i] != nil {
				continue
			}
			find := func(code string) (skus []ledger.SKU) {
				key := gs1.Key(code)
				for _, sku := range bearers(code) {
					if _, listed := last[sku]; !listed {
						skus = append(skus, sku)
					}
				}
				for _, j := range takers[key] {
					if refused[j] == nil && (wants[j][key] || j < i) {
						skus = append(skus, items[j].SKU)
					}
				}
				return skus
			}
			if code, other, taken := contract.NewCode(&items[i], had(items[i].SKU), find); taken {
				refused[i], again = contract.BarcodeTaken(code, other), true
			}
		}
	}
	return refused
}

func hasKey(m map[string]bool, key string) bool { _, ok := m[key]; return ok }
