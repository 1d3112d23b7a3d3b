package hq

import (
	"context"
	"errors"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// account finds the customer of an order of head office's own; nil where there is none, or nobody is known of them any more.
func (s *Server) account(o *ledger.Order) (c *ledger.CustomerAccount) {
	if o.Customer == "" {
		return nil
	}
	s.View(func(m *machine.Machine) {
		if v, ok := m.Customer(ledger.CustomerID(o.Customer)); ok && !v.Erased {
			c = &v.CustomerAccount
		}
	})
	return c
}

// termsIn gives an order the prices of its customer's group, where it names no other.
func termsIn(m *machine.Machine, o *ledger.Order) {
	if o.Group != "" || o.Customer == "" {
		return
	}
	if c, ok := m.Customer(ledger.CustomerID(o.Customer)); ok && !c.Erased {
		o.Group = c.PriceGroup()
	}
}

// judge holds an order of head office's own against its checks. Head office keeps no orders that wait yet: one that would is turned away.
func (s *Server) judge(o *ledger.Order, override *contract.Override) error {
	c := s.account(o)
	if c != nil {
		if err := contract.KnownAddresses(o, c); err != nil {
			return err
		}
	}
	v := contract.Judge(o, s.company(), override, ledger.CheckFacts{Site: ledger.HQ, Item: s.catalogue().Item,
		Customer: func(ledger.CustomerID) (*ledger.CustomerAccount, bool) { return c, c != nil },
		Credit: func(id ledger.AssetID) (free ledger.Qty) {
			s.View(func(m *machine.Machine) {
				if a, ok := m.Asset(id); ok {
					free = a.Free
				}
			})
			return free
		}})
	switch {
	case v == nil:
		return nil
	case v.Review.Ruling == ledger.RulingRelease: // by a check that allows it, which every server knows
		v.Review.At = s.now()
		o.Review = &v.Review
		return nil
	}
	asked := o.Clone()
	asked.Review = &v.Review
	asked.Review.Default = 0
	return &ledger.CheckError{Order: *asked}
}

// turnAway says no to an order for its checks, for ever under its key.
func (s *Server) turnAway(ctx context.Context, k keyed, no *ledger.CheckError) (office.Outcome, error) {
	if !s.knows(machine.CompanyCommands) {
		return office.Outcome{}, no // a server of an older build would keep no reason
	}
	res, err := s.Propose(ctx, machine.Marshal(&machine.Refuse{Order: no.Order, Key: k.key, Request: k.request, Refusal: ledger.RefusedCheck, At: s.now()}))
	if err = errors.Join(err, res.Err); err != nil {
		return office.Outcome{}, err
	}
	return office.Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, nil
}
