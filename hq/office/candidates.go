package office

import (
	"fmt"
	"math"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A sourcing is one plan to be made.
type sourcing struct {
	want   allocate.Want
	home   ledger.SiteID    // the site whose own stock is nearest; "" for none
	asked  bool             // home has given from its shelf what it can
	using  *machine.Request // what is tied to it counts as held; nil for none
	borrow bool             // sites may still be asked
	now    time.Time        // a site may be avoided for a SKU until a moment
	spent  *spent           // what other plans of the same batch take; nil for none
}

// spent is what plans that are not applied yet will take, by site and SKU.
type spent map[spot]allocate.Offer

type spot struct {
	site ledger.SiteID
	sku  ledger.SKU
}

// take counts a plan.
func (s spent) take(p allocate.Plan) {
	for _, l := range p.Legs {
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

// plan gathers what each site can give and plans.
func plan(m *machine.Machine, there presences, s sourcing) (allocate.Plan, allocate.Explanation) {
	// A site that never had anything of what is wanted is no candidate: of a hundred sites a few are.
	var candidates []allocate.Candidate
	at := make(map[ledger.SiteID]int)
	tied := tiedTo(s.using)
	first := make(map[ledger.SKU]bool, len(s.want.Lines))
	for line, n := range s.want.Lines {
		if first[n.SKU] {
			continue // the first line of an article has what there is of it
		}
		first[n.SKU] = true
		for st := range m.OffersOf(n.SKU) {
			id := st.Site.ID
			i, ok := at[id]
			if !ok {
				i = len(candidates)
				at[id] = i
				candidates = append(candidates, candidate(m, st.Site, there, &s))
			}
			c := &candidates[i]
			if m.Closed(st.Site) != "" {
				continue
			}
			if why := m.AvoidedAt(id, n.SKU, s.now); why != "" {
				if c.Refused == nil {
					c.Refused = map[ledger.SKU]string{}
				}
				c.Refused[n.SKU] = "avoided: " + why
				continue
			}
			of := allocate.Offer{Held: st.Promisable + tied[spot{id, n.SKU}]}
			if s.borrow && lends(m, st.Site, there) && !(s.asked && id == s.home) {
				of.Borrow = spare(m, st, n.SKU)
			}
			if s.spent != nil {
				gone := (*s.spent)[spot{id, n.SKU}]
				of.Held, of.Borrow = max(of.Held-gone.Held, 0), max(of.Borrow-gone.Borrow, 0)
			}
			if of != (allocate.Offer{}) {
				if c.ByLine == nil {
					c.ByLine = make([]allocate.Offer, len(s.want.Lines))
				}
				c.ByLine[line] = of
			}
		}
	}
	return allocate.Make(s.want, candidates)
}

// candidate is a site before it is known what it has.
func candidate(m *machine.Machine, site *machine.Site, there presences, s *sourcing) allocate.Candidate {
	c := allocate.Candidate{Site: site.ID, Rank: site.Rank, Why: excuse(m, site, there[site.ID], *s)}
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
func excuse(m *machine.Machine, site *machine.Site, p presenceNow, s sourcing) string {
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
