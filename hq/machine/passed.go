package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// passOn aims at a level of what a holder may promise of an owner's stock. What is missing is
// passed on as far as head office holds it there: it gives up first, then the owner's entry moves
// the units, and only that entry lets the holder be told.
func (m *Machine) passOn(c *PassOn) Result {
	var res Result
	res.Err = m.atomically(func() error {
		owner, ok := m.sites.get(c.Owner)
		if !ok {
			return &SiteUnknownError{Site: c.Owner}
		}
		holder, ok := m.sites.get(c.Holder)
		switch {
		case !ok:
			return &SiteUnknownError{Site: c.Holder}
		case c.Owner == c.Holder:
			return &ledger.FormError{Field: "holder", Why: "is the owner"}
		case c.Level < 0 || c.Level > ledger.QtyMax:
			return &ledger.FormError{Field: "qty", Why: "is below zero, or beyond all bounds"}
		case c.By == "":
			return &ledger.FormError{Field: "by", Why: "is empty"}
		case holder.Lost.Done() && c.Level > 0:
			return ErrConflict
		}
		if _, err := ledger.ParseSKU(string(c.SKU)); err != nil {
			return err
		}
		p := m.editPassed(c.Owner, c.Holder, c.SKU)
		p.Wish, p.By, p.At = c.Level, c.By, c.At
		why := m.causeOfCommand(Subject(fmt.Sprintf("pass/%s/%s/%s", c.Owner, c.Holder, c.SKU)), c.At)
		if more := p.Wish - p.Has - p.Coming; more > 0 {
			if m.Closed(owner) != "" {
				return ErrConflict
			}
			res.Passed = m.passMore(p, more, why)
			return nil
		}
		res.Passed = m.recall(p, why)
		return nil
	})
	return res
}

// passMore passes on up to q of what is held at the owner: nothing while the holder has not given up
// what was written off.
func (m *Machine) passMore(p *Passed, q ledger.Qty, why *cause) ledger.Qty {
	if p.Off > 0 {
		return 0
	}
	stock := m.editStock(p.Owner, p.SKU)
	if q = min(q, stock.Promisable()); q == 0 {
		return 0
	}
	stock.Held -= q
	p.Coming += q
	m.issue(p.Owner, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandPassOn, Site: p.Holder, Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: q}}})
	return q
}

// recall asks the holder for what it still has beyond the level. It is a level: repeated it does no harm.
func (m *Machine) recall(p *Passed, why *cause) ledger.Qty {
	over := p.Has + p.Coming - p.Wish
	if over <= 0 {
		return 0
	}
	m.issue(p.Holder, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: p.Owner, Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: p.Wish}}})
	return -over
}

// passing follows the answer to a command about what one site holds of another. counted says that
// this life has counted the command when it was given.
func (f *folding) passing(c *ledger.HQCommand, b *ledger.ObeyedBody, counted bool) {
	if c.Owner == ledger.HQ && (c.Kind == ledger.CommandCredit || c.Kind == ledger.CommandRecall) {
		f.assetAnswered(c, b, counted)
		return
	}
	switch c.Kind {
	case ledger.CommandPassOn:
		f.passedOn(c, b, counted)
	case ledger.CommandCredit:
		f.credited(c, b)
	case ledger.CommandRecall:
		f.recalled(c, b)
	case ledger.CommandWriteOff:
		f.refused(c, b)
		if !counted && !b.Repeat {
			f.wroteOff(c, b.Done)
		}
	case ledger.CommandReturn, ledger.CommandBurn:
		f.refused(c, b)
	}
}

// wroteOff follows a write-off that head office has forgotten: what the holder still counts on went back
// to the owner, and the holder may not have been told.
func (f *folding) wroteOff(c *ledger.HQCommand, done []ledger.CommandLine) {
	if _, known := f.m.sites.get(c.Site); !known {
		return
	}
	for i, l := range done {
		p := f.m.editPassed(f.site, c.Site, l.SKU)
		p.Off, p.Wish, p.At = p.Off+l.Qty, 0, f.push.At
		f.m.issue(c.Site, ledger.HQCommand{ID: f.why.derived(i), Kind: ledger.CommandRecall, Owner: f.site, Lines: []ledger.CommandLine{{SKU: l.SKU}}})
	}
}

// passedOn tells the holder what its owner's book now says that it holds.
func (f *folding) passedOn(c *ledger.HQCommand, b *ledger.ObeyedBody, counted bool) {
	if b.Repeat {
		return
	}
	if _, known := f.m.sites.get(c.Site); !known {
		f.raise("does_not_fit", "", "", fmt.Sprintf("%s: %s is no site", c.ID, c.Site))
		return
	}
	for _, l := range c.Lines {
		p := f.m.editPassed(f.site, c.Site, l.SKU)
		switch {
		case b.Refused != "" && counted:
			p.Coming -= l.Qty
		case b.Refused == "" && !counted:
			p.Coming += l.Qty
		}
	}
	f.refused(c, b)
	if b.Refused != "" || strings.HasSuffix(c.ID, backing) {
		return
	}
	if lines := f.notOff(c.Site, b.Done); len(lines) > 0 {
		f.m.issue(c.Site, ledger.HQCommand{ID: f.why.derived(0), Kind: ledger.CommandCredit, Owner: f.site, Lines: lines})
	}
}

// notOff leaves out of what was passed on what has been written off meanwhile: nobody is told of it.
func (f *folding) notOff(holder ledger.SiteID, done []ledger.CommandLine) []ledger.CommandLine {
	var out []ledger.CommandLine
	for _, l := range done {
		p := f.m.editPassed(f.site, holder, l.SKU)
		off := min(l.Qty, max(p.Off, 0))
		p.Off, p.Coming = p.Off-off, p.Coming-off
		if l.Qty -= off; l.Qty > 0 {
			out = append(out, l)
		}
	}
	return out
}

// credited notes what the holder has been told. What is beyond the level by now is recalled.
func (f *folding) credited(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	if b.Repeat {
		return
	}
	f.refused(c, b)
	for _, l := range c.Lines {
		p := f.m.editPassed(c.Owner, f.site, l.SKU)
		p.Coming -= l.Qty
		if b.Refused != "" {
			continue
		}
		p.Has += l.Qty
		f.m.back(p, &f.why, f.push.At)
		if p.Has > p.Wish {
			f.m.recall(p, &f.why)
		}
	}
}

// backing ends the id of a pass on of which the holder has been told already.
const backing = "/backing"

// back passes on what a holder was credited with in an earlier life, where the owner's book has
// lost the entry that moved the units. It waits until all is known that the owner's book can tell.
func (m *Machine) back(p *Passed, why *cause, at time.Time) {
	owner, known := m.sites.get(p.Owner)
	if p.Coming >= 0 || !known || m.silent(owner) {
		return
	}
	stock := m.editStock(p.Owner, p.SKU)
	if n := min(-p.Coming, stock.Promisable()); n > 0 {
		stock.Held -= n
		p.Coming += n
		m.issue(p.Owner, ledger.HQCommand{ID: why.decided() + backing, Kind: ledger.CommandPassOn, Site: p.Holder, Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: n}}})
	}
	if p.Coming < 0 {
		m.raise(Exception{What: "not_held", Site: p.Owner, SKU: p.SKU, Why: fmt.Sprintf("%s may promise %d of %s that are not there: it is asked to give them up", p.Holder, -p.Coming, p.Owner)}, at)
		m.issue(p.Holder, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: p.Owner, Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: max(p.Has+p.Coming, 0)}}})
		p.Off, p.Coming = p.Off-p.Coming, 0 // what comes back of these has no owner to go back to
	}
}

// backAll does so for whoever holds what is the site's.
func (m *Machine) backAll(owner ledger.SiteID, why *cause, at time.Time) {
	for _, k := range m.passedKeys() {
		if p, ok := m.passed.get(k); ok && p.Owner == owner && p.Coming < 0 {
			m.back(m.editPassed(p.Owner, p.Holder, p.SKU), why, at)
		}
	}
}

// passAgain passes on what holders of the site's stock are wished to have and do not.
func (m *Machine) passAgain(owner ledger.SiteID, why *cause) {
	for _, k := range m.passedKeys() {
		p, ok := m.passed.get(k)
		if !ok || p.Owner != owner {
			continue
		}
		holder, known := m.sites.get(p.Holder)
		if more := p.Wish - p.Has - p.Coming; known && more > 0 && m.Closed(holder) == "" {
			m.passMore(m.editPassed(p.Owner, p.Holder, p.SKU), more, why)
		}
	}
}

// passedKeys lists what is passed on, also what this command has staged.
func (m *Machine) passedKeys() []passedKey {
	out := append(slices.Clone(m.derived.passed), m.passed.touched()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// recalled has the owner take back what the holder has given up. What was written off before has
// gone back already.
func (f *folding) recalled(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	f.refused(c, b)
	var back []ledger.CommandLine
	for _, l := range b.Done {
		p := f.m.editPassed(c.Owner, f.site, l.SKU)
		p.Has -= l.Qty
		off := min(l.Qty, max(p.Off, 0))
		p.Off -= off
		if p.Has <= 0 && p.Coming <= 0 {
			p.Off = 0 // the rest it had promised before it was told
		}
		if l.Qty > off {
			back = append(back, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty - off})
		}
	}
	ret := ledger.HQCommand{ID: f.why.derived(0), Kind: ledger.CommandReturn, Site: f.site, Lines: back}
	owner, known := f.m.sites.get(c.Owner)
	if known && len(back) > 0 && (f.m.silent(owner) || f.m.returnable(owner, &ret)) {
		f.m.issue(c.Owner, ret)
	}
}

// drawn says whether a site has reserved already what an order draws there: it was told of an earlier entry
// of the draw, which the holder's book has lost and recorded again.
func (f *folding) drawn(o *Order, site ledger.SiteID, lines []ledger.CommandLine) bool {
	return !slices.ContainsFunc(lines, func(l ledger.CommandLine) bool { return f.m.uncovered(o, l.Line, site, l.Qty) > 0 })
}

// draws has the owners reserve what the site has promised of their stock.
func (f *folding) draws(o *Order, list []ledger.Draw) {
	var sites []ledger.SiteID
	for _, d := range list {
		sites = insert(sites, d.Site)
	}
	for i, site := range sites {
		c := ledger.HQCommand{ID: f.why.derived(i), Kind: ledger.CommandDraw, Order: o.ID, Owner: f.site, Site: f.site, Customer: f.m.customerOf(o)}
		for _, d := range list {
			if d.Site == site {
				f.m.editPassed(site, f.site, d.SKU).Has -= d.Qty
				c.Lines = append(c.Lines, ledger.CommandLine{Line: d.Line, SKU: d.SKU, Qty: d.Qty})
			}
		}
		if _, known := f.m.sites.get(site); !known || site == f.site {
			f.raise("does_not_fit", "", o.ID, fmt.Sprintf("it draws on %s, which is no other site", site))
			continue
		}
		if slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.Command == c.ID }) || f.drawn(o, site, c.Lines) {
			continue // relearned
		}
		f.m.issue(site, c)
		for _, l := range c.Lines {
			o.Legs = append(o.Legs, Leg{Line: l.Line, SKU: l.SKU, Site: site, Qty: l.Qty, State: LegSent, Command: c.ID})
		}
	}
}
