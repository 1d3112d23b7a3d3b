package office

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A sourcing is one plan to be made.
type sourcing struct {
	want   allocate.Want
	order  *ledger.Order          // what it is for, as far as it is known here; nil where only lines are
	home   ledger.SiteID          // the site whose own stock is nearest; "" for none
	asked  bool                   // home has given from its shelf what it can
	using  *machine.Request       // what is tied to it counts as held; nil for none
	borrow bool                   // sites may still be asked
	now    time.Time              // a site may be avoided for a SKU until a moment
	spent  *spent                 // what other plans of the same batch take; nil for none
	always bool                   // as if every site served everything, on every day: what a no for ever is decided on
	moves  bool                   // it gets no more than it has: caps do not count
	own    bool                   // nothing is offered but what is tied to the request
	among  map[ledger.SiteID]bool // the sites that may serve; nil for all
}

// spent is what plans that are not applied yet will take, by site and SKU.
type spent map[spot]allocate.Offer

type spot struct {
	site ledger.SiteID
	sku  ledger.SKU
}

// take counts a plan. What stands under no SKU is the parcels of a site.
func (s spent) take(p allocate.Plan) {
	for i, l := range p.Legs {
		if !slices.ContainsFunc(p.Legs[:i], func(o allocate.Leg) bool { return o.Site == l.Site }) {
			s[spot{site: l.Site}] = allocate.Offer{Held: s[spot{site: l.Site}].Held + 1}
		}
		o := s[spot{l.Site, l.SKU}]
		o.Held += l.Qty
		s[spot{l.Site, l.SKU}] = o
	}
	for _, l := range p.Borrow {
		o := s[spot{l.Site, l.SKU}]
		o.Borrow += l.Qty
		s[spot{l.Site, l.SKU}] = o
	}
}

// parcels is how many parcels a site is to send by plans that are not applied yet.
func (s *spent) parcels(site ledger.SiteID) int {
	if s == nil {
		return 0
	}
	return int((*s)[spot{site: site}].Held)
}

// presences is what is known of each site's being there, as it was when a step began.
type presences map[ledger.SiteID]presenceNow

type presenceNow struct {
	online bool
	since  time.Time
}

func (o *Office) presences(now time.Time) presences {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(presences, len(o.sites))
	for id, p := range o.sites {
		out[id] = presenceNow{online: p.polls > 0 || now.Sub(p.seen) <= o.cfg.OnlineFor, since: p.seen}
	}
	return out
}

// A planning is what one goroutine plans with; its memory is used for the next plan again.
type planning struct {
	planner    allocate.Planner
	candidates []allocate.Candidate
	lends      []bool           // by candidate: it may be asked
	closed     []bool           // by candidate
	terms      []*machine.Terms // by candidate; nil where none are set
	eligible   eligible
	at         map[ledger.SiteID]int
	offers     []allocate.Offer
	first      map[ledger.SKU]bool // articles named so far, of a large order
}

// plan gathers what each site can give and plans.
func (o *Office) plan(m *machine.Machine, there presences, s sourcing) (allocate.Plan, allocate.Explanation) {
	p, e, _ := o.planScored(m, there, s)
	return p, e
}

// planScored is plan, with what its plan has of each objective, also where that is not kept.
func (o *Office) planScored(m *machine.Machine, there presences, s sourcing) (allocate.Plan, allocate.Explanation, allocate.Score) {
	g, ok := o.plannings.Get().(*planning)
	if !ok {
		g = &planning{at: map[ledger.SiteID]int{}}
	}
	defer o.plannings.Put(g)
	g.gather(m, there, &s)
	p, e := g.madeWithin(m, &s)
	if s.using != nil && len(s.using.Tied) > 0 && !s.moves {
		e = lentFor(e, &s)
	}
	score := e.Decision.Score
	if !m.Sourced() {
		e.Decision = allocate.Decision{} // servers of an older build would keep other bytes
	}
	return p, e, score
}

// gather lists the candidates, with what each can give and what the settings make of it, and sets what weighs most. A site that never had anything of what is wanted is none: of a hundred sites a few are.
func (g *planning) gather(m *machine.Machine, there presences, s *sourcing) {
	clear(g.at)
	g.candidates, g.lends, g.closed, g.terms, g.offers = g.candidates[:0], g.lends[:0], g.closed[:0], g.terms[:0], g.offers[:0]
	g.eligible = eligibleFor(m, s)
	tied := tiedTo(s.using)
	for line, n := range s.want.Lines {
		if !g.firstOf(s.want.Lines, line) {
			continue // the first line of an article has what there is of it
		}
		for st := range m.OffersOf(n.SKU) {
			if s.among != nil && !s.among[st.Site.ID] {
				continue
			}
			i := g.candidate(m, st.Site, there, s)
			c := &g.candidates[i]
			if g.closed[i] {
				continue
			}
			if why := m.AvoidedAt(c.Site, n.SKU, s.now); why != "" {
				refuse(c, n.SKU, why)
				continue
			}
			if !g.terms[i].Serves(n.SKU) {
				refuse(c, n.SKU, "does not serve "+string(n.SKU))
				continue
			}
			of := allocate.Offer{}
			if !s.own {
				of.Held = st.Promisable
			}
			if tied != nil {
				of.Held += tied[spot{c.Site, n.SKU}]
			}
			if g.lends[i] {
				of.Borrow = spare(m, st, n.SKU)
			}
			g.eligible.wishes(&of, st, n.SKU)
			if s.spent != nil && len(*s.spent) > 0 {
				gone := (*s.spent)[spot{c.Site, n.SKU}]
				of.Held, of.Borrow = max(of.Held-gone.Held, 0), max(of.Borrow-gone.Borrow, 0)
			}
			if of.Held > 0 || of.Borrow > 0 {
				if c.ByLine == nil {
					c.ByLine = g.row(len(s.want.Lines))
				}
				c.ByLine[line] = of
			}
		}
	}
	g.eligible = eligible{} // it is this plan's
}

// refuse notes why a site serves nothing of one SKU.
func refuse(c *allocate.Candidate, sku ledger.SKU, why string) {
	if c.Refused == nil {
		c.Refused = map[ledger.SKU]string{}
	}
	c.Refused[sku] = why
}

// firstOf says whether a line is the first that wants its article.
func (g *planning) firstOf(lines []allocate.Need, line int) bool {
	if len(lines) <= 16 { // to compare is cheaper than to remember
		return !slices.ContainsFunc(lines[:line], func(n allocate.Need) bool { return n.SKU == lines[line].SKU })
	}
	if line == 0 {
		g.first = make(map[ledger.SKU]bool, len(lines))
	}
	seen := g.first[lines[line].SKU]
	g.first[lines[line].SKU] = true
	return !seen
}

// row is memory for what a site offers of each line. Rows that were given out stay where they are.
func (g *planning) row(lines int) []allocate.Offer {
	from := len(g.offers)
	if cap(g.offers)-from < lines {
		g.offers, from = make([]allocate.Offer, 0, max(2*cap(g.offers), 8*lines)), 0
	}
	g.offers = g.offers[:from+lines]
	out := g.offers[from:len(g.offers):len(g.offers)]
	clear(out)
	return out
}

// candidate finds a site among the candidates, or adds it.
func (g *planning) candidate(m *machine.Machine, site *machine.Site, there presences, s *sourcing) int {
	i, ok := g.at[site.ID]
	if !ok {
		i = len(g.candidates)
		g.at[site.ID] = i
		g.candidates = append(g.candidates, candidate(m, site, there, s))
		g.terms = append(g.terms, g.eligible.judge(&g.candidates[i]))
		g.closed = append(g.closed, m.Closed(site) != "")
		g.lends = append(g.lends, s.borrow && lends(m, site, there) && !(s.asked && site.ID == s.home))
	}
	return i
}

// candidate is a site before it is known what it has.
func candidate(m *machine.Machine, site *machine.Site, there presences, s *sourcing) allocate.Candidate {
	c := allocate.Candidate{Site: site.ID, Rank: site.Rank, Why: excuse(m, site, there[site.ID], s), Offline: !there[site.ID].online}
	if site.ID == s.home {
		c.Rank = math.MinInt
	}
	return c
}

// lends says whether a site may be asked for units of its shelf. Of one whose stream is parked
// the shelf is not known.
func lends(m *machine.Machine, site *machine.Site, there presences) bool {
	return site.Counter && there[site.ID].online && m.Closed(site) == "" && site.Parked == ""
}

// spare is what a counter may be asked to lend: what a rule keeps there stays.
func spare(m *machine.Machine, st machine.SiteOffer, sku ledger.SKU) ledger.Qty {
	return max(st.Available-m.RuleFor(machine.RuleNeverBelow, st.Site.ID, sku), 0)
}

// excuse says why a site's shelf is not asked for, where it is not; for people.
func excuse(m *machine.Machine, site *machine.Site, p presenceNow, s *sourcing) string {
	closed := m.Closed(site)
	switch {
	case closed != "":
		return closed
	case !site.Counter:
		return "holds nothing for head office"
	case s.asked && site.ID == s.home:
		return "has been asked already: the order was taken here"
	case !p.online && p.since.IsZero():
		return "offline: not heard of yet"
	case !p.online:
		return fmt.Sprintf("offline since %s", p.since.UTC().Format("15:04:05"))
	case site.Parked != "":
		return "not read any further: " + site.Parked
	case !s.borrow:
		return "there was no time to ask"
	default:
		return ""
	}
}

func tiedTo(r *machine.Request) map[spot]ledger.Qty {
	if r == nil {
		return nil
	}
	out := make(map[spot]ledger.Qty, len(r.Tied))
	for _, t := range r.Tied {
		out[spot{t.Site, t.SKU}] += t.Qty
	}
	return out
}

// pending says whether a request waits for a site that may still answer.
func pending(r *machine.Request, there presences) bool {
	if r == nil {
		return false
	}
	for _, b := range r.Borrowed {
		if !b.Answered && there[b.Site].online {
			return true
		}
	}
	return false
}

// mayBorrow says whether a subject may ask again: its borrows are all answered, and not too many.
func mayBorrow(r *machine.Request) bool {
	return r == nil || !r.Open() && r.Rounds < roundsMax
}

// lentFor says of sites that have lent for this plan that they have: what they gave counts as held, and would look as if it always had been.
func lentFor(e allocate.Explanation, s *sourcing) allocate.Explanation {
	tied := tiedTo(s.using)
	sku := make(map[int]ledger.SKU, len(s.want.Lines))
	for _, n := range s.want.Lines {
		sku[n.Line] = n.SKU
	}
	for i := range e.Lines {
		for k := range e.Lines[i].Candidates {
			c := &e.Lines[i].Candidates[k]
			if q := tied[spot{c.Site, sku[e.Lines[i].Line]}]; q > 0 {
				c.Why += fmt.Sprintf(", lent %d for this order", q)
			}
		}
	}
	return e
}

// borrowFrom makes the command's part for each site out of a plan.
func borrowFrom(legs []allocate.Leg) []machine.BorrowSite {
	var out []machine.BorrowSite
	at := map[ledger.SiteID]int{}
	for _, l := range legs {
		i, ok := at[l.Site]
		if !ok {
			i = len(out)
			at[l.Site] = i
			out = append(out, machine.BorrowSite{Site: l.Site})
		}
		out[i].Lines = append(out[i].Lines, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	return out
}
