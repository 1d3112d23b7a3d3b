package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

func signed(by, reason string) error {
	switch {
	case by == "":
		return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
	case reason == "":
		return &ledger.FormError{Field: "reason", Why: "is empty"}
	default:
		return nil
	}
}

// declareLost closes a site's epoch. Nothing of it is promised any more, and nothing that it holds of
// others is free. It comes back as every book comes back that cannot go on: by a reissue.
func (m *Machine) declareLost(c *DeclareLost) Result {
	return Result{Err: m.atomically(func() error {
		if err := signed(c.By, c.Reason); err != nil {
			return err
		}
		if _, ok := m.sites.get(c.Site); !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		if c.ForgetPINs { // also of one that was given up before
			m.forgetPINs(c)
		}
		s := m.editSite(c.Site)
		m.destroyBookSecret(s, m.signed(c.By, c.Reason, c.At))
		if s.Lost.Done() && !m.Awaited(s) {
			return nil
		}
		s.Lost = m.signed(c.By, c.Reason, c.At)
		s.Waived = s.Lost // a new life does not wait for it, either
		m.raise(Exception{What: "site_lost", Site: c.Site, Seq: s.Stored.Seq, Why: fmt.Sprintf("declared lost by %s: %s", c.By, c.Reason)}, c.At)
		why := m.causeOfCommand(Subject("lost/"+c.Site), c.At)
		m.endMovesOf(c.Site, why)
		m.claimsLost(m.editSite(c.Site), c.At)
		m.attestedAll(why, c.At)
		return nil
	})}
}

// writeOff returns to the owners what a lost site has of theirs, and lets go what is held for its
// asks. The site is told, should it ever come back: its book gives up what it still counts on,
// before it promises anything.
func (m *Machine) writeOff(c *WriteOff) Result {
	return Result{Err: m.atomically(func() error {
		if err := signed(c.By, c.Reason); err != nil {
			return err
		}
		s, ok := m.sites.get(c.Site)
		switch {
		case !ok:
			return &SiteUnknownError{Site: c.Site}
		case !s.Lost.Done():
			return ErrNotLost
		}
		why := m.causeOfCommand(Subject("write_off/"+c.Site), c.At)
		for _, p := range m.passedTo(c.Site, c.SKU) {
			m.writeOffOne(p, c, why)
		}
		if c.SKU == "" {
			m.writeOffAssets(c, why)
			m.letGoAsks(c.Site, why)
		}
		return nil
	})}
}

// passedTo lists what a site has of others, by owner and SKU.
func (m *Machine) passedTo(holder ledger.SiteID, sku ledger.SKU) []*Passed {
	var out []*Passed
	for _, p := range m.passed.Sorted() {
		if p.Holder == holder && (sku == "" || p.SKU == sku) {
			out = append(out, p)
		}
	}
	return out
}

func (m *Machine) writeOffOne(p *Passed, c *WriteOff, why *cause) {
	p = m.editPassed(p.Owner, p.Holder, p.SKU)
	q := p.Has + p.Coming - p.Off
	p.Wish, p.By, p.At = 0, c.By, c.At
	if q <= 0 {
		return
	}
	p.Off += q
	line := []ledger.CommandLine{{SKU: p.SKU, Qty: q}}
	m.issue(p.Owner, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandWriteOff, Site: p.Holder, Lines: line, Reason: c.By + ": " + c.Reason})
	m.issue(p.Holder, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: p.Owner, Lines: []ledger.CommandLine{{SKU: p.SKU}}})
}

// letGoAsks ends the asks of a site that will not answer.
func (m *Machine) letGoAsks(site ledger.SiteID, why *cause) {
	for _, a := range m.asksOf(site) {
		of := SubjectOfAsk(a.ID)
		m.closeRequest(of, why)
		var freed []Tied
		for _, l := range a.Legs {
			stock := m.editStock(l.Site, l.SKU)
			stock.Holds -= l.Qty
			stock.Held += l.Qty
			freed = append(freed, Tied{Site: l.Site, SKU: l.SKU})
		}
		m.asks.del(of)
		for _, l := range a.Legs {
			m.parcelsBack(a.Order, l.Site)
		}
		m.giveBack(freed, why)
	}
}

// waive lets head office thaw without the attest of a site. What its journal may still bring can
// then find its units sold, and so somebody signs.
func (m *Machine) waive(c *Waive) Result {
	return Result{Err: m.atomically(func() error {
		if err := signed(c.By, c.Reason); err != nil {
			return err
		}
		s, ok := m.sites.get(c.Site)
		switch {
		case !ok:
			return &SiteUnknownError{Site: c.Site}
		case s.Waived.Done():
			return nil
		case !m.Awaited(s):
			return ErrNotAwaited
		}
		m.editSite(c.Site).Waived = m.signed(c.By, c.Reason, c.At)
		m.attestedAll(m.causeOfCommand(Subject("waive/"+c.Site), c.At), c.At)
		return nil
	})}
}
