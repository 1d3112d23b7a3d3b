package demo

import (
	"maps"

	"github.com/holdfast-stock/holdfast/ledger"
)

// moneyFound is what the journals say of money, added up here from single entries.
type moneyFound struct {
	receipts map[receiptAt][]*receiptFound
	series   map[series]map[uint64]int // by number, how often it was given
	drawers  map[drawerAt]*ledger.Drawer
	days     map[dayAt]*ledger.Day
	charges  map[chargeOf]int64
	crossed  map[ledger.OrderID]int64 // by exchanges, from the order whose goods came back to the one that was sold
	cards    map[ledger.AssetID]*cardFound
	given    map[ledger.AssetID]int64 // allotted to sites, less what they gave up
}

type receiptAt struct{ site, number string }

type receiptFound struct {
	order ledger.OrderID
	back  bool
	parts map[string]int64
	cash  int64
}

type series struct {
	site, till string
	epoch      ledger.Epoch
}

type drawerAt struct {
	site, till string
	session    uint64
}

type dayAt struct {
	site   string
	number uint64
}

func newMoneyFound() *moneyFound {
	return &moneyFound{receipts: map[receiptAt][]*receiptFound{}, series: map[series]map[uint64]int{}, drawers: map[drawerAt]*ledger.Drawer{},
		days: map[dayAt]*ledger.Day{}, charges: map[chargeOf]int64{}, given: map[ledger.AssetID]int64{}, crossed: map[ledger.OrderID]int64{}, cards: map[ledger.AssetID]*cardFound{}}
}

// take adds an entry of a site's journal.
func (m *moneyFound) take(site ledger.SiteID, e *ledger.Entry) {
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		if b.Refusal == "" {
			m.tendered(string(site), b)
			m.carded(b)
		}
	case *ledger.DrawerBody:
		if b.Refusal == "" {
			d := b.Drawer
			m.drawers[drawerAt{string(site), string(d.Till), d.Session}] = &d
		}
	case *ledger.DayBody:
		if b.Refusal == "" {
			m.days[dayAt{string(site), b.Day.Number}] = &b.Day
		}
	case *ledger.AssetBody:
		m.moved(string(site), e, b)
	case *ledger.ObeyedBody:
		c := &b.Command
		if b.Repeat || b.Refused != "" || c.Owner != ledger.HQ || c.Kind != ledger.CommandCredit && c.Kind != ledger.CommandRecall {
			return
		}
		for _, l := range b.Done {
			q := int64(l.Qty)
			if c.Kind == ledger.CommandRecall {
				q = -q
			}
			m.given[ledger.AssetID(l.SKU)] += q
		}
	}
}

func (m *moneyFound) tendered(site string, b *ledger.TenderBody) {
	at := receiptAt{site, b.Receipt.String()}
	r := &receiptFound{order: b.Payments.Order, back: b.Act == ledger.TenderRefund, parts: map[string]int64{}}
	for _, v := range b.Moves {
		if r.back = r.back || v.Refund; v.Across {
			m.cross(b.Payments.Order, &v)
			continue
		}
		r.parts[b.Payments.Tenders[v.Tender-1].Kind.String()] += v.Amount
	}
	for _, p := range b.Money {
		if p.Kind == ledger.MoneyDrawer {
			r.cash += p.Amount
		}
	}
	if b.Receipt == (ledger.Receipt{}) { // all of it crossed from one order to another
		return
	}
	m.receipts[at] = append(m.receipts[at], r)
	s := series{site, string(b.Receipt.Till), b.Receipt.Epoch}
	if m.series[s] == nil {
		m.series[s] = map[uint64]int{}
	}
	m.series[s][b.Receipt.Number]++
}

func (m *moneyFound) moved(site string, e *ledger.Entry, b *ledger.AssetBody) {
	of := chargeOf{site, b.Asset, e.Ref}
	switch {
	case b.Refusal != "":
	case b.Act == ledger.AssetCharge:
		m.charges[of] += int64(b.Amount)
	case b.Act == ledger.AssetRelease:
		m.charges[of] -= int64(b.Amount)
	}
}

// moneyAgrees compares what tills were told of money with the journals.
func (v *verdict) moneyAgrees(p *paper, m *moneyFound) {
	v.receipts(p, m)
	v.refunds(p, m)
	v.numbers(m)
	v.drawersAgree(p, m)
	v.days(p, m)
	v.credit(p, m)
	v.giftCards(p, m)
}

// receipts says whether each payment and refund that was told is in the journal once, as it was told, and no other one is.
func (v *verdict) receipts(p *paper, m *moneyFound) {
	known := map[receiptAt]bool{}
	for _, t := range p.money.receipts {
		at := receiptAt{t.site, t.number}
		if known[at] {
			v.moneyUntold++
			v.say("%s: receipt %s was given twice", t.site, t.number)
		}
		known[at] = true
		list := m.receipts[at]
		if len(list) != 1 || list[0].order != t.order || list[0].back != t.back || list[0].cash != t.cash || !maps.Equal(list[0].parts, t.parts) {
			v.moneyUntold++
			v.say("%s: receipt %s, %v of order %s, is not in the journal once and as it was told", t.site, t.number, t.parts, t.order)
		}
	}
	for at := range m.receipts {
		if !known[at] {
			v.moneyUntold++
			v.say("%s: receipt %s stands in the journal, and nobody was told of it", at.site, at.number)
		}
	}
}

// refunds says whether no order's customer got back more than was paid for it, whatever sites paid and took.
func (v *verdict) refunds(p *paper, m *moneyFound) {
	paid := map[ledger.OrderID]int64{}
	for _, list := range m.receipts {
		for _, r := range list {
			for _, q := range r.parts {
				if r.back {
					q = -q
				}
				paid[r.order] += q
			}
		}
	}
	for id, q := range m.crossed {
		paid[id] += q
	}
	for _, id := range sorted(paid) {
		if paid[id] < 0 {
			v.overRefunded -= paid[id]
			v.say("order %s: %d more were given back than paid", id, -paid[id])
		}
	}
}

// numbers says whether the receipts of each till and epoch are numbered from 1, without gaps, each once.
func (v *verdict) numbers(m *moneyFound) {
	for s, given := range m.series {
		for n := range uint64(len(given)) {
			if given[n+1] != 1 {
				v.receiptGaps++
				v.say("%s: receipt %d of till %s was given %d times, of %d", s.site, n+1, s.till, given[n+1], len(given))
			}
		}
	}
}

// drawersAgree adds each session of a drawer up from what its cashier was told.
func (v *verdict) drawersAgree(p *paper, m *moneyFound) {
	cash := map[drawerAt]int64{}
	for _, t := range p.money.receipts {
		cash[drawerAt{t.site, t.till, t.session}] += t.cash
	}
	for i := range p.money.drawers {
		t := &p.money.drawers[i]
		d := &t.session
		at := drawerAt{t.site, string(d.Till), d.Session}
		expected := d.Float + t.in - t.out + cash[at]
		f := m.drawers[at]
		if d.Counted == nil || d.Expected != expected || f == nil || !f.Closed || f.Expected() != expected || f.Counted != *d.Counted || f.Difference() != *d.Counted-expected {
			v.drawersWrong++
			v.say("%s: session %d of drawer %s held %d by what was told, %d by its answer", t.site, d.Session, d.Till, expected, d.Expected)
		}
	}
	if told, found := len(p.money.drawers), closed(m.drawers); told != found {
		v.drawersWrong++
		v.say("%d counts of drawers were told, the journals have %d", told, found)
	}
}

func closed(list map[drawerAt]*ledger.Drawer) (n int) {
	for _, d := range list {
		if d.Closed {
			n++
		}
	}
	return n
}

// days adds each day of a site up from its receipts.
func (v *verdict) days(p *paper, m *moneyFound) {
	type figures struct {
		taken, back       int64
		payments, refunds uint64
	}
	type part struct {
		site string
		day  int
		kind string
	}
	sums := map[part]figures{}
	for _, t := range p.money.receipts {
		for kind, q := range t.parts {
			f := sums[part{t.site, t.day, kind}]
			if t.back {
				f.back, f.refunds = f.back+q, f.refunds+1
			} else {
				f.taken, f.payments = f.taken+q, f.payments+1
			}
			sums[part{t.site, t.day, kind}] = f
		}
	}
	for i := range p.money.days {
		d := &p.money.days[i]
		f := m.days[dayAt{string(d.Site), d.Day}]
		good := f != nil
		for _, kind := range []ledger.TenderKind{ledger.TenderCash, ledger.TenderCard, ledger.TenderGiftCard} {
			want := sums[part{string(d.Site), int(d.Day) - 1, kind.String()}]
			got := figures{}
			for _, t := range d.Tenders {
				if t.Tender == kind.String() {
					got = figures{t.Taken, t.Refunded, t.Payments, t.Refunds}
				}
			}
			good = good && got == want && f.Tender(kind).Taken == want.taken && f.Tender(kind).Refunded == want.back
		}
		if !good {
			v.daysWrong++
			v.say("%s: day %d does not add up to its receipts: %+v", d.Site, d.Day, d.Tenders)
		}
	}
	if len(m.days) != len(p.money.days) {
		v.daysWrong++
		v.say("%d ends of days were told, the journals have %d", len(p.money.days), len(m.days))
	}
}

// credit says whether each charge is in the journal as it was told, and whether no customer ever bought more on account than the
// limit: what sites were allotted, and have not given up, is all that they can have charged.
func (v *verdict) credit(p *paper, m *moneyFound) {
	used := map[ledger.AssetID]int64{}
	for of, q := range m.charges {
		used[of.asset] += q
		if told := p.money.charges[of]; told != q {
			v.moneyUntold++
			v.say("%s: %d of %s are charged for %s, told were %d", of.site, q, of.asset, of.ref, told)
		}
	}
	for of, q := range p.money.charges {
		if _, there := m.charges[of]; !there {
			v.moneyUntold++
			v.say("%s: %d of %s were charged for %s, the journal has nothing of it", of.site, q, of.asset, of.ref)
		}
	}
	for _, asset := range sorted(p.money.accounts) {
		a := p.money.accounts[asset]
		if most := a.limit + a.paid; used[asset] > most || m.given[asset] > most {
			v.overCredit += max(used[asset], m.given[asset]) - most
			v.say("%s: %d are used and %d were ever allotted of a limit of %d, of which %d were paid", asset, used[asset], m.given[asset], a.limit, a.paid)
		}
		if a.used == nil || *a.used != used[asset]-a.paid {
			v.moneyUntold++
			v.say("%s: the journals have %d used and not paid, head office says otherwise", asset, used[asset]-a.paid)
		}
	}
}
