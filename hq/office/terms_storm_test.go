package office_test

import (
	"context"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// limits sets or takes away whom the warehouses serve, and how many parcels a day.
func (s *storm) limits() {
	t := machine.Terms{Site: []ledger.SiteID{"hull", "york", "bath"}[s.rnd.IntN(3)], Capacity: 8 + s.rnd.IntN(9)}
	switch s.rnd.IntN(4) {
	case 0:
		t.Areas = []machine.Area{{Country: "GB"}}
	case 1:
		t.Classes = []string{"staff"}
	case 2:
		t.Customers = []string{"c-9"}
	}
	if _, err := s.Propose(context.Background(), machine.Marshal(&machine.SetSourcing{Terms: []machine.Terms{t}, By: "beth", At: s.now})); err == nil {
		s.seen["terms set"]++
	}
}

// moves house: an order's address becomes another one.
func (s *storm) movesHouse() {
	for id, told := range s.told {
		if s.pick(id) && told.Status != ledger.StatusCanceled {
			key := s.key()
			a := office.Amending{Order: id, Version: s.m.VersionOf(id), Key: key, Request: key, ShipTo: &ledger.Address{Country: []string{"GB", "IE"}[len(s.trace)%2]}}
			if _, done, err := s.off.TryAmend(context.Background(), s.now, &a, true); err == nil && done {
				s.seen["moved house"]++
				s.version[id] = s.m.VersionOf(id)
			}
			return
		}
	}
}

// bars says whether a site serves nothing of an order of this storm, in words of the test's own.
func bars(t *machine.Terms, o *ledger.Order) bool {
	return len(t.Areas) > 0 && o.Fulfil == ledger.Deliver && o.ShipTo.Country == "IE" || len(t.Classes) > 0 && o.Class == "staff" || len(t.Customers) > 0 && o.Customer == "c-9"
}

// servesNot says whether a site gives an order nothing today, by its terms.
func (c *company) servesNot(site ledger.SiteID, o *ledger.Order) bool {
	t := c.m.TermsOf(site)
	return t != nil && (bars(t, o) || t.Capacity > 0 && c.m.LoadOf(site, machine.DayOf(c.now)) >= t.Capacity)
}

// servedByTerms says whether what is due in is promised to whom its site may serve, and whether the days of the warehouses count all that is to be sent.
func (s *storm) servedByTerms() {
	sent := map[ledger.SiteID]int{}
	orders, _ := s.m.Orders("", 10_000, nil)
	for _, o := range orders {
		for _, r := range s.m.PromisesTo(o.ID) {
			d, _ := s.m.Delivery(r.Reference)
			t := s.m.TermsOf(d.Site)
			if t == nil {
				continue
			}
			if bars(t, &o.Order) {
				s.fail("order %s to %s, of %s and %s, is promised what comes to %s, which serves it nothing: %+v", o.ID, o.ShipTo.Country, o.Class, o.Customer, d.Site, t)
			}
			s.seen["promised by terms"]++
		}
		at := map[ledger.SiteID]bool{}
		for _, l := range o.Legs {
			if l.State == machine.LegSent || l.State == machine.LegReserved {
				at[l.Site] = true
			}
		}
		for site := range at {
			sent[site]++
		}
	}
	for site, n := range sent {
		if s.m.TermsOf(site) == nil {
			continue
		}
		if got := s.loads(site, 0); got < n {
			s.fail("%s is to send %d parcels, and was given %d on all its days", site, n, got)
		}
	}
}

// loads is how many parcels a site was given for the days from one on.
func (s *storm) loads(site ledger.SiteID, from machine.Day) (sum int) {
	for day := max(from, machine.DayOf(start)); day <= machine.DayOf(s.now)+machine.WorkDaysMax; day++ {
		sum += s.m.LoadOf(site, day)
	}
	return sum
}

// calledOff cancels whatever can be, and lets every site hear of it: then no day has a parcel left but for what was handed over.
func (s *storm) calledOff() {
	today := machine.DayOf(s.now)
	orders, _ := s.m.Orders("", 10_000, nil)
	for _, o := range orders {
		if o.Owner == ledger.HQ {
			_, _ = s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: o.ID, Key: s.key()})
		}
	}
	for _, name := range s.names {
		n := s.sites[name]
		for id := range n.ownOrders() {
			n.do(&ledger.CancelOrder{Meta: ledger.Meta{Key: s.key()}, Order: id})
		}
	}
	s.converge()
	for _, site := range []ledger.SiteID{"hull", "york", "bath"} {
		handed := 0
		for id := range s.sites[site].ownOrders() {
			if o, ok := s.sites[site].core.State.Order(id); ok && slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Taken > 0 }) {
				handed++
			}
		}
		if got := s.loads(site, today); got > handed {
			s.fail("all is called off, and %s is given %d parcels from today on; %d orders of its own were handed over", site, got, handed)
		}
	}
}

// TestWhateverIsServedByTermsADayIsGivenOnce: orders are placed, asked for, amended, moved, cancelled and promised of what is due in, addresses
// and terms change, on lines that lose, repeat and reorder. What is due in is never promised to whom its site does not serve, a day counts all
// that is to be sent of it, and once all is called off nothing.
func TestWhateverIsServedByTermsADayIsGivenOnce(t *testing.T) {
	seeds, seen := seedsOf(4, 8, 80), map[string]int{}
	for seed := range seeds {
		c := newCompany(t, 3000+seed, "hull* york* bath* leeds")
		c.note("seed %d", seed)
		for _, site := range []ledger.SiteID{"hull", "york", "bath"} {
			c.propose(&machine.SetSourcing{Terms: []machine.Terms{{Site: site, Capacity: 12}}, By: "beth", At: c.now})
		}
		s := &storm{company: c, told: map[ledger.OrderID]*ledger.Order{}, version: map[ledger.OrderID]uint64{}, seen: seen}
		s.each, s.unsure, s.meanwhile = s.kept, 5, s.others
		s.dress = func(o *ledger.Order, _ bool) {
			o.ShipTo.Country = []string{"GB", "IE"}[s.rnd.IntN(2)]
			o.Class, o.Customer = []string{"", "staff"}[s.rnd.IntN(2)], []string{"", "c-9"}[s.rnd.IntN(2)]
		}
		for range 250 {
			s.step()
			s.trades()
			switch s.rnd.IntN(12) {
			case 0:
				s.limits()
			case 1:
				s.movesHouse()
			case 2, 3, 4:
				s.dueIn()
			}
			s.servedByTerms()
		}
		s.net = nil
		s.converge()
		s.servedByTerms()
		s.conserved()
		s.calledOff()
	}
	reached(t, seen, seeds, "moved", "let go", "amended", "cancelled at hq", "expected", "came", "terms set", "moved house", "promised by terms")
	reached(t, seen, seeds/2, "accepted")
}
