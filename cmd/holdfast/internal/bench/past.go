package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A Past is a shop's book as some years of trade leave it: a catalogue with prices and several barcodes, customers, and closed
// orders over the days, most of them sold and paid at the till, some sent, some called off, some brought back. It is a shop of a
// company, cut off: head office was heard of once and does not answer. Days that lie further back than a month have left the
// journal, as they do where they are archived.
type Past struct {
	Site      ledger.SiteID
	Dir       string
	Goods     *goods.Catalogue
	Orders    uint64
	Customers int

	random *rand.Rand
	items  map[ledger.SKU]*ledger.Item
	book   *ledger.Book
	clock  *pastClock
	env    ledger.Env
	batch  []ledger.Request
	cash   map[ledger.TillID]int64 // in its drawer
	ids    []ledger.OrderID        // of some of the orders
	each   uint64                  // one order in so many is one of these
	before []ledger.OrderID        // of the orders before, some of which come back
	n      uint64                  // requests so far
	days   uint64                  // on which the shop is open
}

const (
	pastDays   = 365
	pastDaily  = 200                 // orders of a day, at least
	pastOpen   = 10 * time.Hour      // a day
	pastKept   = 30 * 24 * time.Hour // what is younger is still in the journal
	pastSample = 20_000
	pastGroup  = 1000 // requests of a commit
	// PastTills is how many tills there are.
	PastTills = 16
	// PastIDs is the file beside the book with the ids of some of its orders, a line each.
	PastIDs = "past.ids"
	// PastOther is another site of the company.
	PastOther = ledger.SiteID("hull")
	// PastCard is a gift card that the site may charge.
	PastCard = ledger.AssetID("card:8817-22")
	// PastCurrency is the company's.
	PastCurrency = "GBP"
	pastFloat    = 10_000
)

// PastTill names the nth till, from 0.
func PastTill(n int) ledger.TillID { return ledger.TillID("till-" + strconv.Itoa(n+1)) }

// PastBin is where an article lies.
func PastBin(n int) ledger.Bin {
	return ledger.Bin(fmt.Sprintf("%c-%02d-%d", 'A'+n%8, n/8%50, n/400%5))
}

// A pastClock stands where the story has come to.
type pastClock struct {
	ledger.Clock
	now time.Time
}

func (c *pastClock) Wall() time.Time { return c.now }

// Make makes the book. done is told how many orders are in.
func (p *Past) Make(ctx context.Context, env ledger.Env, done func(orders uint64)) (err error) {
	end := env.Clock.Wall()
	p.clock = &pastClock{Clock: env.Clock, now: end.Add(-pastDays * 24 * time.Hour)}
	p.days = min(max(p.Orders/pastDaily, 1), pastDays)
	env.Clock = p.clock
	p.env, p.random, p.cash = env, rand.New(rand.NewPCG(1, 7)), map[ledger.TillID]int64{}
	p.each = max(1, p.Orders/pastSample)
	if p.book, err = ledger.OpenBook(env, ledger.BookConfig{Site: p.Site, Dir: p.Dir, CheckpointEvery: checkpointSeldom}); err != nil {
		return err
	}
	err = p.refer()
	if err == nil {
		b := &Build{}
		err = b.run(ctx, p.book, func(ctx context.Context) error {
			if err := p.begin(ctx); err != nil {
				return err
			}
			for day := range p.days {
				from, to := p.Orders*day/p.days, p.Orders*(day+1)/p.days
				if err := p.day(ctx, to-from, func(n uint64) { done(from + n) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := errors.Join(err, p.book.Close()); err != nil {
		return err
	}
	p.clock.now = end
	return errors.Join(p.trim(ctx, end), p.writeIDs())
}

// refer stores what is no entry: items, customers, the company's sites.
func (p *Past) refer() error {
	items := DayItems(p.Goods)
	p.items = make(map[ledger.SKU]*ledger.Item, len(items))
	for i := range items {
		p.items[items[i].SKU] = &items[i]
	}
	people := make([]ledger.CustomerAccount, p.Customers)
	for i := range people {
		people[i] = ledger.CustomerAccount{ID: DayCustomer(i), Version: uint64(i + 1), TermsDays: 30,
			Person: ledger.Person{Name: fmt.Sprintf("%s & Sons %d", p.Goods.Items()[i%len(items)].Name, i), Email: fmt.Sprintf("buyer%d@example.com", i)}}
	}
	sites := ledger.SiteList{Version: 1, Sites: []ledger.ListedSite{{ID: p.Site, Counter: true}, {ID: PastOther}}}
	return errors.Join(p.book.PutItems(items, uint64(len(items))), p.book.PutCustomers(people, uint64(len(people))), p.book.PutSites(sites))
}

// DayCustomer is the id of the nth customer, from 0.
func DayCustomer(n int) ledger.CustomerID { return ledger.CustomerID(fmt.Sprintf("C-%06d", n)) }

// DayItems gives a catalogue's articles as a shop has them: a GTIN, a supplier's code, and a case with a code of its own.
func DayItems(cat *goods.Catalogue) []ledger.Item {
	items := Items(cat)
	for i := range items {
		it := &items[i]
		it.Barcodes = append(it.Barcodes, fmt.Sprintf("SUP%08d", i))
		it.Category = string(it.SKU[:3])
		it.Price.Tax = "included"
		it.Detail = &ledger.Detail{Supplier: fmt.Sprintf("Supplier %03d", i%211), Tax: ledger.TaxRate{Known: true, PPM: 200_000},
			Packs: []ledger.Pack{{Name: "CASE", Units: 12, Barcodes: []string{fmt.Sprintf("CASE%08d", i)}}}}
	}
	return items
}

// begin brings the site to life and receives the stock.
func (p *Past) begin(ctx context.Context) error {
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{1}}
	card := ledger.HQCommand{H: h, Number: 1, ID: "past-card", Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(PastCard), Qty: Qty}}}
	card.Hash = ledger.ChainCommand(ledger.Hash{}, &card)
	for _, r := range []ledger.Request{
		&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true, Boot: p.book.Boot()}},
		&ledger.AdoptHQ{H: h}, &ledger.Obey{Command: card},
	} {
		if err := p.put(ctx, r); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	all := p.Goods.Items()
	for from := 0; from < len(all); from += receiptLines {
		r := &ledger.Receive{ID: "past-" + strconv.Itoa(from), Reference: "opening stock"}
		for i, it := range all[from:min(from+receiptLines, len(all))] {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(it.SKU), Qty: Qty, Bin: PastBin(from + i)})
		}
		r.Meta = p.meta()
		if err := errors.Join(p.put(ctx, r), p.flush(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// meta is the next request's, under a key of its own.
func (p *Past) meta() ledger.Meta {
	p.n++
	return metaOf("past-" + strconv.FormatUint(p.n, 10))
}

// put adds a request to those that are decided together.
func (p *Past) put(ctx context.Context, r ledger.Request) error {
	if p.batch = append(p.batch, r); len(p.batch) < pastGroup {
		return nil
	}
	return p.flush(ctx)
}

func (p *Past) flush(ctx context.Context) error {
	for i, a := range p.book.DoAll(ctx, p.batch) {
		if err := errors.Join(a.Err, a.Outcome.Err); err != nil {
			return fmt.Errorf("request %d, %T: %w", i, p.batch[i], err)
		}
	}
	p.batch = p.batch[:0]
	return nil
}

// day plays a day of so many orders, from the floats to the figures.
func (p *Past) day(ctx context.Context, orders uint64, done func(uint64)) error {
	for n := range PastTills {
		till := PastTill(n)
		p.cash[till] = pastFloat
		if err := p.put(ctx, &ledger.ActOnDrawer{Meta: p.meta(), Act: ledger.DrawerOpen, Till: till, Amount: pastFloat, Currency: PastCurrency}); err != nil {
			return err
		}
	}
	for n := range orders {
		if err := p.order(ctx, n); err != nil {
			return err
		}
		p.clock.now = p.clock.now.Add(pastOpen / time.Duration(orders))
		if n%pastGroup == 0 {
			done(n)
		}
	}
	for n := range PastTills {
		if err := p.put(ctx, &ledger.ActOnDrawer{Meta: p.meta(), Act: ledger.DrawerClose, Till: PastTill(n), Amount: p.cash[PastTill(n)]}); err != nil {
			return err
		}
	}
	if err := errors.Join(p.put(ctx, &ledger.EndDay{Meta: p.meta()}), p.flush(ctx)); err != nil {
		return err
	}
	p.clock.now = p.clock.now.Add(pastDays*24*time.Hour/time.Duration(p.days) - pastOpen)
	done(orders)
	return nil
}

// order plays the nth order of a day to its end.
func (p *Past) order(ctx context.Context, n uint64) error {
	o, err := p.draw()
	if err != nil {
		return err
	}
	story := []ledger.Request{}
	place := &ledger.Place{Meta: p.meta()}
	switch {
	case n%20 == 7:
		o.Fulfil = ledger.Deliver
		pick := &ledger.PickLeg{Meta: p.meta(), Order: o.ID}
		for i := range o.Lines {
			pick.Lines = append(pick.Lines, ledger.LegLine{Line: i + 1, Qty: o.Lines[i].Qty})
		}
		story = append(story, pick)
		for _, d := range []ledger.Deed{ledger.DeedPack, ledger.DeedDispatch, ledger.DeedDeliver} {
			story = append(story, &ledger.WorkLeg{Meta: p.meta(), Order: o.ID, Deed: d})
		}
	case n%100 == 13:
		o.Fulfil = ledger.Collect
		story = append(story, &ledger.CancelOrder{Meta: p.meta(), Order: o.ID})
	}
	place.Order = o
	if n%100 != 13 {
		total, till := costs(&o), PastTill(int(p.n%PastTills))
		wish := ledger.TenderWish{Kind: ledger.TenderCard, Ref: "slip-" + strconv.FormatUint(p.n, 36)}
		if n%4 == 0 {
			wish = ledger.TenderWish{Kind: ledger.TenderCash, Given: total}
			p.cash[till] += total
		}
		story = append(story, &ledger.Pay{Meta: p.meta(), Order: o.ID, Till: till, Total: total, Tenders: []ledger.TenderWish{wish}})
	}
	if n%50 == 21 && len(p.before) > 0 {
		id, err := ledger.NewOrderID(p.clock.now, p.env.Random("past returns"))
		if err != nil {
			return err
		}
		story = append(story, &ledger.TakeBack{Meta: p.meta(), ID: ledger.ReturnID(id), Order: p.before[0], Lines: []ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Restock}}})
		p.before = p.before[1:]
	}
	if err := p.put(ctx, place); err != nil {
		return err
	}
	for _, r := range story {
		if err := p.put(ctx, r); err != nil {
			return err
		}
	}
	if o.Fulfil == ledger.Take && n%50 == 22 {
		p.before = append(p.before, o.ID)
	}
	if p.n%p.each == 0 && n%100 != 13 {
		p.ids = append(p.ids, o.ID)
	}
	return nil
}

// costs is what an order comes to that nobody has placed yet.
func costs(o *ledger.Order) (sum int64) {
	for i := range o.Lines {
		sum += o.Lines[i].Charge.Sum.Total()
	}
	return sum
}

// draw draws an order of one to four lines, with prices.
func (p *Past) draw() (ledger.Order, error) {
	id, err := ledger.NewOrderID(p.clock.now, p.env.Random("past orders"))
	o := ledger.Order{ID: id, Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, TakenAt: p.clock.now}
	for range 1 + p.random.IntN(4) {
		o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(p.Goods.Pick(p.random).SKU), Qty: ledger.Qty(1 + p.random.IntN(qtyMost))})
	}
	find := func(sku ledger.SKU) (*ledger.Item, bool) { it, ok := p.items[sku]; return it, ok }
	return o, errors.Join(err, contract.Reprice(&o, contract.Pricing{Item: find, Now: p.clock.now}))
}

// trim takes out of the journal what a shop's journal has lost by then.
func (p *Past) trim(ctx context.Context, now time.Time) error {
	book, err := ledger.OpenBook(p.env, ledger.BookConfig{Site: p.Site, Dir: p.Dir})
	if err != nil {
		return err
	}
	limit := ledger.TrimLimit{Archived: book.Head().Seq, Before: now.Add(-pastKept)}
	for more := true; more && err == nil; {
		if more, err = book.Trim(limit); ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
	}
	return errors.Join(err, book.Close())
}

// writeIDs keeps the ids of some orders beside the book.
func (p *Past) writeIDs() (err error) {
	f, err := os.Create(filepath.Join(filepath.Dir(p.Dir), PastIDs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	for _, id := range p.ids {
		if _, err := io.WriteString(w, string(id)+"\n"); err != nil {
			return err
		}
	}
	return w.Flush()
}
