package ledger

import "fmt"

// moves gathers an entry's postings; postings on one account of one SKU are added up.
type moves struct {
	list   []Posting
	expect int                // how many there will probably be
	at     map[postingKey]int // only once the list is long
	sku    SKU                // that was looked for last
	from   int                // before this one no posting of the list is of that SKU
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

// handOver takes q of claim off the shelf and gives it to the customer.
func (m *moves) handOver(l *Level, sku SKU, claim Account, q Qty) {
	m.add(sku, claim, -q)
	m.add(sku, Account{Kind: Stock}, q)
	m.takeOff(l, sku, q)
	m.add(sku, Account{Kind: Customer}, q)
}

// takeOff takes q from bins in order of name. What this entry has taken from a bin already is
// counted.
func (m *moves) takeOff(l *Level, sku SKU, q Qty) {
	for i := range l.Bins {
		bin := Account{Kind: Sellable, Ref: string(l.Bins[i].Bin)}
		there := l.Bins[i].Sellable
		at := m.find(sku, bin)
		if at >= 0 {
			there += m.list[at].Qty
		}
		n := min(there, q)
		if n != 0 {
			m.addAt(at, sku, bin, -n)
		}
		if q -= n; q == 0 {
			return
		}
	}
	panic("ledger: a claim had no unit on the shelf behind it")
}

// fit refuses moves that are too many for one entry.
func (m *moves) fit() error {
	if len(m.list) <= PostingsMax {
		return nil
	}
	return &FormError{Field: "lines", Why: fmt.Sprintf("take from so many bins that they need %d postings; at most %d fit in one entry", len(m.list), PostingsMax)}
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
