package ledger

import (
	"fmt"
	"slices"
)

// moves gathers an entry's postings; postings on one account of one SKU are added up.
type moves struct {
	list    []Posting
	expect  int                // how many there will probably be
	at      map[postingKey]int // only once the list is long
	sku     SKU                // that was looked for last
	from    int                // before this one no posting of the list is of that SKU
	want    []lotWant          // that have to be among what is taken off the shelf, as far as they are not yet
	wishes  bool               // they need not
	first   map[SKU]Bin        // that is taken from before other bins; nil: by their names
	least   Lasting            // until when lots have to be good at least; 0: they need not
	wanting []wanting          // of which too few are
	lots    []LotMove          // what is known of lots; a move without a place to go to ends where the entry's goods go
}

type postingKey struct {
	sku     SKU
	account Account
}

// movesScanMax is the length up to which looking through the list beats a map.
const movesScanMax = 24

func (m *moves) add(sku SKU, a Account, q Qty) {
	if q == 0 {
		return
	}
	m.addAt(m.find(sku, a), sku, a, q)
}

// addAt is add where find has been asked already.
func (m *moves) addAt(i int, sku SKU, a Account, q Qty) {
	if i >= 0 {
		m.list[i].Qty += q
		return
	}
	if m.list == nil {
		m.list = make([]Posting, 0, m.expect)
	}
	m.list = append(m.list, Posting{SKU: sku, Account: a, Qty: q})
	if m.at != nil {
		m.at[postingKey{sku, a}] = len(m.list) - 1
	}
}

func (m *moves) find(sku SKU, a Account) int {
	if len(m.list) > movesScanMax {
		if m.at == nil {
			m.at = make(map[postingKey]int, 4*len(m.list))
			for i, p := range m.list {
				m.at[postingKey{p.SKU, p.Account}] = i
			}
		}
		if i, ok := m.at[postingKey{sku, a}]; ok {
			return i
		}
		return -1
	}
	if sku != m.sku {
		m.sku, m.from = sku, 0
		for m.from < len(m.list) && m.list[m.from].SKU != sku {
			m.from++
		}
	}
	for i := m.from; i < len(m.list); i++ {
		if p := &m.list[i]; p.Account.Kind == a.Kind && p.SKU == sku && p.Account == a {
			return i
		}
	}
	return -1
}

// claim moves q from one claim to another; nothing moves on the shelf.
func (m *moves) claim(sku SKU, from, to Account, q Qty) {
	m.add(sku, from, -q)
	m.add(sku, to, q)
}

// posted is what the moves post on an account.
func (m *moves) posted(sku SKU, a Account) Qty {
	if i := m.find(sku, a); i >= 0 {
		return m.list[i].Qty
	}
	return 0
}

// handOver takes q of claim off the shelf and gives it to the customer.
func (m *moves) handOver(l *Level, sku SKU, claim Account, q Qty) {
	m.leave(l, sku, claim, Account{Kind: Customer}, q)
}

// leave takes q of claim off the shelf to where it goes. A claim behind which a
// shortfall stands may find the shelf empty: the goods are in the hand, so they are found.
func (m *moves) leave(l *Level, sku SKU, claim, gone Account, q Qty) {
	m.add(sku, claim, -q)
	m.add(sku, Account{Kind: Stock}, q)
	missing := m.takeOff(l, sku, q)
	m.add(sku, gone, q)
	if missing > 0 {
		m.add(sku, Account{Kind: Stock}, -missing)
		m.add(sku, accountShortfall(), missing)
		m.add(sku, accountFound(), -missing)
	}
}

// takeOff takes q from bins in order of name; of goods kept by lot, the lots that leave first. What this entry
// has taken from a bin already is counted. missing is what no bin holds.
func (m *moves) takeOff(l *Level, sku SKU, q Qty) (missing Qty) {
	if l.Lots != nil || len(m.want) > 0 {
		if q = m.takeSpots(l, sku, q); q == 0 {
			return 0
		}
	}
	if home, ok := m.first[sku]; ok {
		if at := slices.IndexFunc(l.Bins, func(b InBin) bool { return b.Bin == home }); at >= 0 {
			q = m.takeFrom(&l.Bins[at], sku, q)
		}
	}
	for i := range l.Bins {
		if q == 0 {
			return 0
		}
		q = m.takeFrom(&l.Bins[i], sku, q)
	}
	return q
}

// takeFrom takes up to q out of one bin, and gives how many are left to take.
func (m *moves) takeFrom(b *InBin, sku SKU, q Qty) Qty {
	bin, there := Account{Kind: Sellable, Ref: string(b.Bin)}, b.Sellable
	at := m.find(sku, bin)
	if at >= 0 {
		there += m.list[at].Qty
	}
	n := min(there, q)
	if n != 0 {
		m.addAt(at, sku, bin, -n)
	}
	return q - n
}

// settled gives the postings without those that came to nothing.
func (m *moves) settled() []Posting {
	return slices.DeleteFunc(m.list, func(p Posting) bool { return p.Qty == 0 })
}

// fit refuses moves that are too many for one entry.
func (m *moves) fit() error {
	if len(m.list) <= PostingsMax {
		if len(m.wanting) > 0 {
			return m.tooShort()
		}
		if len(m.want) == 0 || m.wishes {
			return nil
		}
		return m.unmet()
	}
	return &FormError{Field: "lines", Why: fmt.Sprintf("take from so many bins that they need %d postings; at most %d fit in one entry: divide them over several documents", len(m.list), PostingsMax)}
}

func accountAvailable() Account        { return Account{Kind: Available} }
func accountAllotted(h Holder) Account { return Account{Kind: Allotted, Ref: string(h)} }
func accountReserved(id OrderID, line int) Account {
	return Account{Kind: Reserved, Ref: string(id), Line: line}
}

// freed is where units go that nobody claims any more: available at a site with a counter,
// head office at a site without (protocol.md, section 2).
func (s *State) freed() Account {
	if s.Counter || s.Standalone {
		return accountAvailable()
	}
	return accountAllotted(HolderHQ)
}

// free moves q of a claim to where units go that nobody claims any more.
func (s *State) free(m *moves, sku SKU, claim Account, q Qty) { s.freeTo(m, sku, claim, s.freed(), q) }

// freeTo moves q of a claim to another; what is owed is paid first.
func (s *State) freeTo(m *moves, sku SKU, from, to Account, q Qty) {
	m.add(sku, from, -q)
	s.credit(m, sku, to, q)
}

// credit gives q to a claim; what is owed is paid first.
func (s *State) credit(m *moves, sku SKU, to Account, q Qty) {
	if l := s.look(sku); l != nil && l.Shortfall > 0 {
		if paid := min(q, l.Shortfall-m.posted(sku, accountShortfall())); paid > 0 {
			m.add(sku, accountShortfall(), paid)
			q -= paid
		}
	}
	m.add(sku, to, q)
}

// takeIn puts q into a bin, and to where units go that nobody claims.
func (s *State) takeIn(m *moves, sku SKU, bin Bin, q Qty) {
	m.add(sku, Account{Kind: Sellable, Ref: string(bin)}, q)
	m.add(sku, Account{Kind: Stock}, -q)
	s.credit(m, sku, s.freed(), q)
}
