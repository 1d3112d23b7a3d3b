package raftsim

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// judgeServers holds the servers' machines against each other: what adds up, and is the same, byte for
// byte, however each of them came to it.
func (s *show) judgeServers() {
	for i, p := range s.c.servers {
		var digest ledger.Hash
		var broken, err error
		p.server().View(func(m *machine.Machine) {
			broken = m.Check()
			digest, err = m.Digest()
		})
		if broken != nil {
			s.fail("claims: the machine of %s does not add up: %v", p.name, broken)
		}
		switch state := digest.String(); {
		case err != nil:
			s.fail("the machine of %s cannot be written: %v", p.name, err)
		case i == 0:
			s.report.State = state
		case state != s.report.State:
			s.fail("the machines of %s and %s are not the same: %s, %s", p.name, s.c.servers[0].name, state, s.report.State)
		}
	}
}

// A book is a site as its journal tells it.
type book struct {
	*ledger.State
	orders map[ledger.OrderID]bool // that it has heard of
}

// readBook plays a site's journal.
func readBook(env ledger.Env, dir string, site ledger.SiteID) (*book, error) {
	b := &book{State: ledger.NewState(site), orders: map[ledger.OrderID]bool{}}
	err := ledger.WalkBook(env, dir, func(e *ledger.Entry, h ledger.Hash) error {
		if err := b.Apply(e); err != nil {
			return err
		}
		b.Hash = h
		switch body := e.Body.(type) {
		case *ledger.OrderBody:
			b.orders[body.Order.ID] = true
		case *ledger.ObeyedBody:
			b.orders[body.Command.Order] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read book of %s: %w", site, err)
	}
	return b, nil
}

// judgeBooks holds the nodes' books against head office's mirror of them, and what each has reserved
// against the orders that it is reserved for. The nodes have ended, the servers run.
func (s *show) judgeBooks() error {
	books := map[ledger.SiteID]*book{}
	for _, spec := range s.c.sites {
		b, err := readBook(world.New(), filepath.Join(s.c.dir, spec.name), ledger.SiteID(spec.name))
		if err != nil {
			return err
		}
		books[b.Site] = b
		s.report.Entries += uint64(b.Seq)
	}
	s.c.servers[0].server().View(func(m *machine.Machine) {
		for _, spec := range s.c.sites {
			b := books[ledger.SiteID(spec.name)]
			s.judgeMirror(m, b, spec.warehouse)
			s.judgeClaims(m, books, b)
		}
		s.judgeOrders(m)
		if s.look != nil {
			s.look(m, books)
		}
	})
	return nil
}

// judgeMirror compares head office's balances with a site's, and looks for units that nobody may promise.
func (s *show) judgeMirror(m *machine.Machine, b *book, warehouse bool) {
	if known, ok := m.Site(b.Site); !ok || known.Stored.Seq != b.Seq || known.Stored.Hash != b.Hash {
		s.fail("mirror: head office's journal of %s does not end where its book does, at entry %d", b.Site, b.Seq)
	}
	for _, sku := range b.SKUs() {
		l, _ := b.Level(sku)
		stock, ok := m.Stock(b.Site, sku)
		if !ok {
			s.fail("mirror: head office does not know %s at %s", sku, b.Site)
			continue
		}
		k := &stock.Level
		if k.OnHand() != l.OnHand() || k.Available != l.Available || k.Reserved != l.Reserved || k.AllottedSum() != l.AllottedSum() {
			s.fail("mirror: %s at %s: head office has hand %d available %d reserved %d allotted %d, the book %d %d %d %d", sku, b.Site,
				k.OnHand(), k.Available, k.Reserved, k.AllottedSum(), l.OnHand(), l.Available, l.Reserved, l.AllottedSum())
		}
		if stock.Tied != 0 || stock.Holds != 0 || stock.Drawn != 0 {
			s.fail("stranded: %s at %s: tied %d, held for asks %d, drawn %d", sku, b.Site, stock.Tied, stock.Holds, stock.Drawn)
		}
		if q := l.AllottedTo(ledger.HolderHQ); !warehouse && q > 0 {
			s.fail("stranded: %s at %s: %d are allotted to head office and were not given back", sku, b.Site, q)
		}
	}
}

// judgeClaims compares what a site has reserved with the orders that it is reserved for.
func (s *show) judgeClaims(m *machine.Machine, books map[ledger.SiteID]*book, b *book) {
	want := map[ledger.SKU]ledger.Qty{}
	all := map[ledger.OrderID]bool{}
	for _, other := range books {
		for id := range other.orders {
			all[id] = true
		}
	}
	for id := range all {
		if o, ok := b.Order(id); ok && o.Owner == b.Site {
			for i := range o.Lines {
				want[o.Lines[i].SKU] += o.Lines[i].Here
			}
		}
		served := map[int]ledger.Qty{}
		if v, ok := b.Served(id); ok {
			for _, l := range v.Lines {
				want[l.SKU] += l.Qty
				served[l.Line] += l.Qty
			}
		}
		o := ownersOrder(m, books, id)
		if o == nil {
			if len(served) > 0 {
				s.fail("claims: %s serves order %s, which no book has", b.Site, id)
			}
			continue
		}
		if o.Owner == b.Site {
			continue
		}
		for i := range o.Lines {
			at := slices.IndexFunc(o.Lines[i].Away, func(l ledger.Leg) bool { return l.Site == b.Site })
			var away ledger.Qty
			if at >= 0 {
				away = o.Lines[i].Away[at].Qty
			}
			if away != served[i+1] {
				s.fail("claims: order %s line %d counts on %d from %s, which has reserved %d", id, i+1, away, b.Site, served[i+1])
			}
		}
	}
	for _, sku := range b.SKUs() {
		if l, _ := b.Level(sku); l.Reserved != want[sku] {
			s.fail("claims: %s has %d %s reserved, its orders account for %d", b.Site, l.Reserved, sku, want[sku])
		}
	}
}

// ownersOrder finds an order in the book that owns it; nil where none does.
func ownersOrder(m *machine.Machine, books map[ledger.SiteID]*book, id ledger.OrderID) *ledger.Order {
	for _, b := range books {
		if o, ok := b.Order(id); ok && o.Owner == b.Site {
			return o
		}
	}
	if o, ok := m.Order(id); ok && o.Owner == ledger.HQ {
		return &o.Order
	}
	return nil
}

// judgeOrders looks for what clients were promised at head office, which has or has heard of each order.
func (s *show) judgeOrders(m *machine.Machine) {
	seen := map[ledger.OrderID]demo.Told{}
	for _, t := range s.clients.Accepted() {
		id := t.Order.ID
		if other, twice := seen[id]; twice {
			s.fail("duplicated: %s and %s were both answered with order %s", other.Key, t.Key, id)
		}
		seen[id] = t
		switch owner, _, ok := m.OwnerOf(id); {
		case !ok:
			s.fail("lost: %s was told yes at %s with order %s, and head office has not heard of it", t.Key, t.Book, id)
		case string(owner) != t.Book:
			s.fail("altered: %s was told yes at %s with order %s, and head office has it as one of %s", t.Key, t.Book, id, owner)
		}
	}
}

// judgeClients holds what the clients were told against all journals, and audits those. All have ended.
func (s *show) judgeClients() {
	f := demo.Folders{Dir: s.c.dir, Sites: names(s.c.nodes, nil)}
	for _, p := range s.c.servers {
		f.Servers = append(f.Servers, p.dir)
	}
	v, r := s.clients.Judge(world.New(), f), &s.report
	r.Orders, r.Accepted, r.Refused, r.Unanswered = v.Offered, v.Accepted, v.Refused, v.Unanswered
	r.Offline, r.CrossSite = v.Offline, v.CrossSite
	r.Oversold, r.Lost, r.Duplicated, r.Altered, r.Audit = v.Oversold, v.Lost, v.Duplicated, v.Altered, v.Audit
	if v.Audit != "ok" {
		s.fail("audit: %s", v.Audit)
	}
	if n := v.Oversold + v.Lost + v.Duplicated + v.Altered + v.Unsynced; n > 0 {
		s.fail("oversold %d, lost %d, duplicated %d, altered %d, unsynced %d", v.Oversold, v.Lost, v.Duplicated, v.Altered, v.Unsynced)
	}
	for _, what := range v.Faults {
		s.mu.Lock()
		if len(s.broken) < brokenMax {
			s.broken = append(s.broken, what)
		}
		s.mu.Unlock()
	}
	if v.Unanswered > 0 {
		s.fail("%d orders were never answered, though all was mended", v.Unanswered)
	}
}
