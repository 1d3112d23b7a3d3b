package machine

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// openAsk gives the record of an ask that may still be held for. HQ may hear of an ask before
// its entry; but where the entry has been applied and no record is there, the ask is over.
func (m *Machine) openAsk(id ledger.AskID, order ledger.OrderID) (*Ask, error) {
	site, ok := m.sites.get(id.Site)
	if !ok {
		return nil, &SiteUnknownError{Site: id.Site}
	}
	of := SubjectOfAsk(id)
	if a, ok := m.editAsk(of); ok {
		if a.Order != order {
			return nil, ErrConflict
		}
		return a, nil
	}
	if id.Epoch != site.Epoch || id.Seq <= site.Folded {
		return nil, ledger.ErrAskClosed
	}
	a := &Ask{ID: id, Order: order}
	m.asks.put(of, a)
	return a, nil
}

// hold answers an ask with a yes. The units are held until an entry of the asking site decides;
// no timer ends a hold.
func (m *Machine) hold(c *Hold) Result {
	of := SubjectOfAsk(c.Ask)
	var legs []ledger.AskLeg
	replayed := false
	j := judgedOK
	err := m.atomically(func() error {
		if _, ok := m.sites.get(c.Ask.Site); !ok {
			return &SiteUnknownError{Site: c.Ask.Site}
		}
		s := m.editSite(c.Ask.Site)
		j = m.contact(s, c.Head)
		if m.verdict(s, j, c.At); j.verdict != wire.VerdictOK {
			return nil
		}
		s.show(c.Head)
		a, err := m.openAsk(c.Ask, c.Order)
		if err != nil {
			return err
		}
		if replayed = len(a.Legs) > 0; replayed {
			legs = AskLegs(a.Legs)
			return nil
		}
		if _, _, taken := m.OwnerOf(c.Order); taken {
			return ledger.ErrOrderExists // in another book: a yes would promise it a second time
		}
		if c.At.After(c.Deadline) {
			return ErrLate
		}
		if len(c.Legs) == 0 || len(c.Legs) > allocate.LegsMax {
			return ErrConflict
		}
		for _, l := range c.Legs {
			if l.Line < 1 || ledger.CheckQty(l.Qty) != nil {
				return ErrConflict
			}
		}
		lent := m.borrowed(of)
		using := of
		if _, borrowed := m.requests.get(of); !borrowed {
			using = ""
		}
		if err := m.takeFor(c.Class, c.At, c.Legs, using, m.causeOfCommand(of, c.At)); err != nil {
			return err
		}
		if err := m.charge(c.Order, c.Legs, c.At); err != nil {
			return err
		}
		for _, l := range c.Legs {
			m.editStock(l.Site, l.SKU).Holds += l.Qty
		}
		a.Legs, a.At = slices.Clone(c.Legs), c.At
		legs = AskLegs(a.Legs)
		if lent != nil {
			m.tell(c.Order, append(lent, Step{What: StepPlaced, At: c.At, Site: c.Ask.Site, Explain: c.Explain})...)
		}
		m.explain(c.Order, c.Explain)
		return nil
	})
	return Result{Err: err, Verdict: j.verdict, Why: j.why, Legs: legs, Replayed: replayed}
}

// AskLegs is what a site is told of the legs of a hold.
func AskLegs(legs []allocate.Leg) []ledger.AskLeg {
	out := make([]ledger.AskLeg, len(legs))
	for i, l := range legs {
		out[i] = ledger.AskLeg{Line: l.Line, Site: l.Site, Qty: l.Qty}
	}
	return out
}

// borrow asks sites with a counter for units. Nothing changes hands until their entries say so.
func (m *Machine) borrow(c *Borrow) Result {
	return Result{Err: m.atomically(func() error {
		if c.For == "" || len(c.Sites) == 0 {
			return ErrConflict
		}
		if c.Ask != (ledger.AskID{}) {
			if c.For != SubjectOfAsk(c.Ask) {
				return ErrConflict
			}
			a, err := m.openAsk(c.Ask, c.Order)
			if err != nil {
				return err
			}
			if len(a.Legs) > 0 {
				return ErrConflict // it has its yes
			}
			if _, _, taken := m.OwnerOf(c.Order); taken {
				return ledger.ErrOrderExists
			}
		}
		req, ok := m.editRequest(c.For)
		if !ok {
			req = &Request{For: c.For, Order: c.Order, At: c.At}
			m.requests.put(c.For, req)
		}
		if req.Open() {
			return ErrConflict // one round at a time
		}
		if req.Rounds++; m.tells() {
			req.Explain = c.Explain.own()
		}
		why := m.causeOfCommand(c.For, c.At)
		for _, s := range c.Sites {
			site, known := m.sites.get(s.Site)
			if !known || !site.Counter || len(s.Lines) == 0 || site.Frozen != "" {
				return ErrConflict
			}
			for _, l := range s.Lines {
				if _, err := ledger.ParseSKU(string(l.SKU)); err != nil || ledger.CheckQty(l.Qty) != nil {
					return ErrConflict
				}
			}
			cmd := m.issue(s.Site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandBorrow, Order: c.Order, Lines: s.Lines})
			req.Borrowed = append(req.Borrowed, Borrowing{Site: s.Site, Number: cmd.Number})
		}
		return nil
	})}
}

// lent ties what a site gave to the request that asked for it. A request that is closed meanwhile
// leaves it held, and so it goes back.
func (m *Machine) lent(site ledger.SiteID, number uint64, of Subject, done []ledger.CommandLine) {
	req, ok := m.editRequest(of)
	if !ok {
		return
	}
	for i := range req.Borrowed {
		b := &req.Borrowed[i]
		if b.Site != site || b.Number != number || b.Answered {
			continue
		}
		b.Answered = true
		for _, l := range done {
			stock := m.editStock(site, l.SKU)
			stock.Held -= l.Qty
			stock.Tied += l.Qty
			req.tie(site, l.SKU, l.Qty)
		}
	}
}

// subjectOf gives back the subject from the id of a command that causeOfCommand named.
func subjectOf(id string) Subject {
	for range 2 { // the number, and the stamp
		i := strings.LastIndexByte(id, '/')
		if i < 0 {
			return ""
		}
		id = id[:i]
	}
	return Subject(id)
}
