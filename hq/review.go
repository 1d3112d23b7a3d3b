package hq

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
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

// judge holds an order of head office's own against its checks. What they stop is in the *ledger.CheckError; it says when the order is due where it is to
// wait for somebody's word.
func (s *Server) judge(ctx context.Context, o *ledger.Order, override *contract.Override) error {
	if override != nil { // who is known at the door lets it through by their own name
		by, err := s.door.Overrides(door.CallerOf(ctx), override.By)
		if err != nil {
			return err
		}
		override = &contract.Override{By: by, Reason: override.Reason}
	}
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
	if v.Refused || v.Wait == 0 || !s.knows(machine.AwaitCommands) { // an older server would keep no order that waits
		asked.Review.Default = 0
	} else {
		asked.Review.Due = s.now().Add(v.Wait).Truncate(time.Millisecond)
	}
	return &ledger.CheckError{Order: *asked}
}

// What a check refuses of an order that a lost life has accepted in part waits that long for that owner, and is given up then.
const (
	restWait  = 24 * time.Hour
	restOwner = "head office"
)

// stopped has an order that its checks stop wait for somebody's word, or says no to it, for ever under its key.
func (s *Server) stopped(ctx context.Context, k keyed, no *ledger.CheckError) (office.Outcome, error) {
	if looked(s, (*machine.Machine).Unsettled) {
		return office.Outcome{}, office.ErrUnsettled
	}
	accepted, can, taken := false, false, false
	s.View(func(m *machine.Machine) {
		accepted, can = m.AcceptedPart(&no.Order)
		_, _, taken = m.OwnerOf(no.Order.ID)
		taken = taken && m.Forgotten(no.Order.ID) == nil
	})
	switch v := no.Order.Review; {
	case taken: // it cannot be placed, whatever its checks say, and no supervisor could let it through
		return s.turnAway(ctx, k, no, ledger.RefusedExists)
	case accepted && !can:
		return office.Outcome{}, office.ErrUnlike
	case v.Due.IsZero() && !accepted:
		return s.turnAway(ctx, k, no, ledger.RefusedCheck)
	case v.Due.IsZero(): // what is reserved was accepted, and somebody has to see to the rest
		v.Due, v.Default, v.Owner = s.now().Add(restWait).Truncate(time.Millisecond), ledger.RulingCancel, cmp.Or(v.Owner, restOwner)
	}
	return s.propose1(ctx, &machine.AwaitWord{Order: no.Order, Key: k.key, Request: k.request, At: s.now()})
}

// propose1 has a command about one order applied, and gives its answer.
func (s *Server) propose1(ctx context.Context, c machine.Command) (office.Outcome, error) {
	res, err := s.Propose(ctx, machine.Marshal(c))
	if err = errors.Join(err, res.Err); err != nil {
		return office.Outcome{}, err
	}
	return office.Outcome{Answer: res.Answer, Replayed: res.Replayed, Err: res.Answer.Err()}, nil
}

// turnAway says no to an order that its checks stop: for them, or because its id is another order's.
func (s *Server) turnAway(ctx context.Context, k keyed, no *ledger.CheckError, why ledger.Refusal) (office.Outcome, error) {
	if !s.knows(machine.CompanyCommands) {
		return office.Outcome{}, no // a server of an older build would keep no reason
	}
	return s.propose1(ctx, &machine.Refuse{Order: no.Order, Key: k.key, Request: k.request, Refusal: why, At: s.now()})
}

// postDecide says what becomes of an order that waits for somebody's word.
func (s *Server) postDecide(w http.ResponseWriter, r *http.Request) error {
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	var in contract.RulingRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	in.By = signer(r.Context(), in.By)
	if err := in.Check(); err != nil {
		return err
	}
	k, err := keyOf(r, pathOrders+"/"+string(id)+"/decide", body)
	if err != nil {
		return err
	}
	out, known := s.replay(k)
	if !known {
		if out, err = s.decide(r.Context(), k, id, &in); err != nil {
			return err
		}
	}
	return answerOutcome(w, http.StatusOK, out, contract.Shared)
}

// decide releases an order that waits, or cancels it. Where there are not the goods for it, it goes on waiting. By is "" where it is due.
func (s *Server) decide(ctx context.Context, k keyed, id ledger.OrderID, in *contract.RulingRequest) (office.Outcome, error) {
	o, err := s.waitsFor(id)
	if err != nil {
		return office.Outcome{}, err
	}
	if in.Decision != ledger.RulingRelease.String() {
		return s.propose1(ctx, &machine.AwaitWord{No: true, Order: ledger.Order{ID: id}, Key: k.key, Request: k.request, By: in.By, Reason: in.Reason, At: s.now()})
	}
	word := *o.Review
	word.Ruling, word.By, word.Reason, word.At = ledger.RulingRelease, in.By, in.Reason, s.now()
	o.Review = &word
	if in.Shortage != "" {
		o.Shortage = in.Shortage
	}
	out, err := s.settle(ctx, &office.Placing{Order: *o, Key: k.key, Request: k.request, Word: true, Hand: s.hand(ctx),
		Unsure: o.Shortage == ledger.Confirm && s.knows(machine.UnsureCommands)})
	if errors.Is(err, ledger.ErrOrderExists) { // somebody else has decided meanwhile
		if _, no := s.waitsFor(id); no != nil {
			err = no
		}
	}
	return out, err
}

// waitsFor gives a copy of an order of head office's own that waits for somebody's word, or why there is none.
func (s *Server) waitsFor(id ledger.OrderID) (o *ledger.Order, err error) {
	s.View(func(m *machine.Machine) {
		known, ok := m.Order(id)
		switch {
		case !ok:
			err = ledger.ErrOrderUnknown
		case known.Owner != ledger.HQ:
			p := contract.New(contract.CodeNotWaiting, "The order stands in the book of "+contract.SiteName(known.Owner)+", where it is decided about.")
			p.Hint = "Send it to that site's node (holdfast order decide --to its address); it works there also while the line is down."
			err = p
		case known.Status != ledger.StatusWaiting:
			err = &ledger.RulingError{Order: id, Number: known.Number(), Status: known.Status, Review: known.Review}
		default:
			o = known.Order.Clone()
		}
	})
	return o, err
}
