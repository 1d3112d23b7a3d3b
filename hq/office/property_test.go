package office_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A storm is a company on lines that lose, repeat and reorder, with sites that crash and a raft
// that does not always tell what became of a proposal.
type storm struct {
	*company
	net    []packet // under way, in no order
	places []*placing

	amendments []*amending

	asks    []*asking
	told    map[ledger.OrderID]*ledger.Order // HQ's own orders as their clients were told
	version map[ledger.OrderID]uint64        // that they were told
	seen    map[string]int                   // how often each thing happened: what never does tests nothing
	dress   func(o *ledger.Order, atHQ bool) // says for whom an order is, at a site or at head office; nil: nobody in particular
}

// A packet is a message or a reply under way.
type packet struct {
	what    string
	deliver func()
}

type placing struct {
	office.Placing
	until time.Time
	first int // answers that were no repeats
}

type asking struct {
	n        *node
	ask      *wire.Ask
	deadline time.Time // at head office
	until    time.Time // at the site
	heard    bool      // at head office
}

func (s *storm) send(what string, deliver func()) {
	s.net = append(s.net, packet{what, deliver})
}

// deliver takes any packet and loses it, delivers it, or delivers it and keeps it.
func (s *storm) deliver() {
	if len(s.net) == 0 {
		return
	}
	i := s.rnd.IntN(len(s.net))
	p := s.net[i]
	switch fate := s.rnd.IntN(100); {
	case fate < 20:
		s.note("lost %s", p.what)
		s.net = slices.Delete(s.net, i, i+1)
	case fate < 40 && len(s.net) < 100:
		s.note("repeated %s", p.what)
		p.deliver()
	default:
		s.note("delivered %s", p.what)
		s.net = slices.Delete(s.net, i, i+1)
		p.deliver()
	}
}

var stormSKUs = []ledger.SKU{"TAP-22", "ELBOW-15", "PIPE-3M"}

func (s *storm) anySite() *node { return s.sites[s.names[s.rnd.IntN(len(s.names))]] }

func (s *storm) anyOrder(f ledger.Fulfil) ledger.Order {
	o := ledger.Order{ID: s.orderID(), Channel: "web", Fulfil: f, Anywhere: true,
		Shortage: []ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder}[s.rnd.IntN(3)]}
	for range 1 + s.rnd.IntN(3) {
		o.Lines = append(o.Lines, ledger.Line{SKU: stormSKUs[s.rnd.IntN(len(stormSKUs))], Qty: ledger.Qty(1 + s.rnd.IntN(4))})
	}
	if f == ledger.Collect && s.rnd.IntN(3) == 0 {
		o.CollectAt = s.names[s.rnd.IntN(len(s.names))]
	}
	return o
}

// dressed says for whom an order is.
func (s *storm) dressed(o *ledger.Order, atHQ bool) {
	if s.dress != nil {
		s.dress(o, atHQ)
	}
}

func (s *storm) anyFulfil() ledger.Fulfil {
	return []ledger.Fulfil{ledger.Take, ledger.Collect, ledger.Deliver}[s.rnd.IntN(3)]
}

func (s *storm) step() {
	s.now = s.now.Add(time.Duration(s.rnd.IntN(200)) * time.Millisecond)
	for range s.rnd.IntN(4) {
		s.deliver()
	}
	switch w := s.rnd.IntN(100); {
	case w < 28:
		s.sendPush(s.anySite())
	case w < 58:
		s.sendPull(s.anySite())
	case w < 59:
		n := s.anySite()
		s.note("%s says hello", n.id())
		n.hello()
	case w < 66:
		s.receive(s.anySite())
	case w < 76:
		s.placeAtSite(s.anySite())
	case w < 82:
		s.placeAtHQ()
	case w < 86:
		s.cancel()
	case w < 90:
		s.release()
	case w < 91:
		n := s.anySite()
		s.note("%s crashes", n.id())
		n.reboot()
		s.seen["crash"]++
	case w < 92:
		s.note("head office is restored from its snapshot")
		s.restore()
	case w < 93:
		s.now = s.now.Add(time.Duration(s.rnd.IntN(40)) * time.Second)
	case w < 96:
		s.amend()
	}
	s.tryPlaces()
	s.tryAsks()
	s.tryAmends()
}

func (s *storm) sendPush(n *node) {
	if !n.greeted && !n.hello() {
		return
	}
	p, took := n.push(1 + s.rnd.IntN(4))
	s.send(fmt.Sprintf("push of %s from %d, %d frames", n.id(), p.Before.Seq, len(p.Frames)), func() {
		if r, err := s.off.Push(context.Background(), s.now, p); err == nil {
			s.send(fmt.Sprintf("%s has %d stored", n.id(), r.Stored.Seq), func() { took(r) })
		}
	})
}

func (s *storm) sendPull(n *node) {
	if !n.greeted && !n.hello() {
		return
	}
	p, heard := n.pull()
	s.send(fmt.Sprintf("pull of %s after %d", n.id(), p.Applied.Number), func() {
		r, _, err := s.off.Pull(context.Background(), s.now, p)
		if err == nil && len(r.Commands) > 0 {
			s.send(fmt.Sprintf("%d commands for %s from %d", len(r.Commands), n.id(), r.Commands[0].Number), func() {
				for _, c := range r.Commands {
					s.seen[c.Kind.String()]++
					if strings.HasSuffix(c.ID, "/move") {
						s.seen["let go"]++
					}
				}
				heard(r)
			})
		}
	})
}

func (s *storm) receive(n *node) {
	q, sku := ledger.Qty(1+s.rnd.IntN(12)), stormSKUs[s.rnd.IntN(len(stormSKUs))]
	s.note("%s receives %d %s", n.id(), q, sku)
	n.do(&ledger.Receive{Meta: ledger.Meta{Key: s.key()}, ID: "d", Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q}}})
}

func (s *storm) placeAtSite(n *node) {
	o := s.anyOrder(s.anyFulfil())
	s.dressed(&o, false)
	key := s.key()
	out := n.do(&ledger.Place{Meta: ledger.Meta{Key: key, Request: key}, Order: o, AskHQ: s.rnd.IntN(5) > 0})
	s.note("%s: order %s %s %s: %v", n.id(), o.ID, o.Shortage, brief(o.Lines), out.Err)
	if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		return
	}
	b := out.Entry.Body.(*ledger.OrderBody)
	ask := &wire.Ask{Site: n.id(), Head: n.head(), ID: b.Ask, Order: o.ID, Whole: o.Shortage == ledger.Refuse, Only: o.CollectAt,
		For: wire.AskFor{Fulfil: o.Fulfil, Channel: o.Channel, ShipTo: o.ShipTo, Customer: o.Customer, Class: o.Class, NeedBy: o.NeedBy}}
	for _, short := range b.Shorts {
		ask.Lines = append(ask.Lines, wire.AskLine{Line: short.Line, SKU: short.SKU, Qty: short.Want - short.Have})
	}
	a := &asking{n: n, ask: ask, until: s.now.Add(time.Duration(s.rnd.IntN(12)) * time.Second)}
	s.asks = append(s.asks, a)
	s.send("ask of "+string(o.ID), func() {
		if !a.heard {
			a.heard, a.deadline = true, s.now.Add(3*time.Second)
		}
	})
}

func brief(lines []ledger.Line) string {
	out := ""
	for i := range lines {
		out += fmt.Sprintf("%d %s, ", lines[i].Qty, lines[i].SKU)
	}
	return out
}

// tryAsks lets head office and the sites go on with their asks, each at its own pace.
func (s *storm) tryAsks() {
	for _, a := range slices.Clone(s.asks) {
		if s.rnd.IntN(3) == 0 && s.now.After(a.until) {
			out := a.n.do(&ledger.AbandonAsk{Order: a.ask.Order, Ask: a.ask.ID, Offline: true})
			s.note("%s gives up asking for %s: %v", a.n.id(), a.ask.Order, out.Err)
			a.until = s.now.Add(time.Hour)
			s.seen["abandoned"]++
		}
		if !a.heard || s.rnd.IntN(2) == 0 {
			continue
		}
		r, done, err := s.off.TryAsk(context.Background(), s.now, a.ask, a.deadline, s.now.After(a.deadline.Add(-300*time.Millisecond)))
		if err != nil && !errors.Is(err, ledger.ErrUnsure) {
			s.fail("ask of %s: %v", a.ask.Order, err)
		}
		if err == nil && !done {
			s.seen["ask waits"]++
			continue
		}
		s.asks = slices.DeleteFunc(s.asks, func(b *asking) bool { return a == b })
		if a.until.After(s.now.Add(time.Minute)) == false && s.rnd.IntN(4) > 0 {
			s.asks = append(s.asks, &asking{n: a.n, ask: a.ask, until: a.until}) // the site's own timer goes on
		}
		if err != nil {
			continue
		}
		s.send(fmt.Sprintf("answer %t %v to %s", r.Yes, r.Legs, a.ask.Order), func() { s.answered(a, r) })
	}
}

func (s *storm) answered(a *asking, r *wire.AskReply) {
	var out ledger.Outcome
	if r.Yes {
		out = a.n.do(&ledger.AcceptAsk{Order: a.ask.Order, Ask: a.ask.ID, Legs: r.Legs})
	} else {
		out = a.n.do(&ledger.AbandonAsk{Order: a.ask.Order, Ask: a.ask.ID})
	}
	switch {
	case errors.Is(out.Err, ledger.ErrAskClosed) && r.Yes:
		s.seen["late yes"]++
	case errors.Is(out.Err, ledger.ErrAskClosed), errors.Is(out.Err, ledger.ErrRebuilding):
	case r.Yes && s.stormy != nil && isShort(out.Err): // goods in the hand came first
	case r.Yes && out.Err != nil:
		s.fail("%s: a yes for %s could not be taken up: %v", a.n.id(), a.ask.Order, out.Err)
	case r.Yes:
		s.seen["accepted"]++
	}
}

func (s *storm) placeAtHQ() {
	f := ledger.Deliver
	if s.rnd.IntN(3) == 0 {
		f = ledger.Collect
	}
	key := s.key()
	p := &placing{Placing: office.Placing{Order: s.anyOrder(f), Key: key, Request: key}, until: s.now.Add(4 * time.Second)}
	if p.Unsure = true; p.Order.Shortage == ledger.Refuse && len(p.Order.Lines)%2 == 1 {
		p.Order.Shortage = ledger.Confirm
	}
	s.dressed(&p.Order, true)
	s.note("hq: order %s %s %s", p.Order.ID, p.Order.Shortage, brief(p.Order.Lines))
	s.places = append(s.places, p)
}

// tryPlaces goes on with the orders at head office, several at once now and then. A client that was not
// told asks again, or goes away; what it was told once it is told again.
func (s *storm) tryPlaces() {
	var some []*placing
	for _, p := range s.places {
		if s.rnd.IntN(2) == 0 {
			some = append(some, p)
		}
	}
	for len(some) > 0 {
		n := 1 + s.rnd.IntN(len(some))
		tries := make([]office.Try, n)
		for i, p := range some[:n] {
			tries[i] = office.Try{Placing: &p.Placing, Final: s.now.After(p.until)}
		}
		if n > 1 {
			s.seen["placed in a group"]++
		}
		for i, t := range s.off.PlaceMany(context.Background(), s.now, tries, s.rnd.IntN(3) > 0) {
			s.tried(some[i], t)
		}
		some = some[n:]
	}
}

func (s *storm) tried(p *placing, t office.Tried) {
	gone := t.Err != nil && s.rnd.IntN(3) == 0
	if t.Err != nil && !errors.Is(t.Err, ledger.ErrUnsure) && !errors.Is(t.Err, ledger.ErrBusy) {
		s.fail("place %s: %v", p.Order.ID, t.Err)
	}
	if a := t.Answer; a != nil && a.Order.Status == ledger.StatusUnconfirmed {
		s.seen["to be confirmed"]++
	}
	if t.Err == nil && !t.Done {
		s.seen["order waits"]++
		return
	}
	if t.Err == nil && t.Outcome.Err == nil {
		// The first answer may be heard behind a repeat of it, which another client got meanwhile.
		first, ok := s.told[p.Order.ID]
		if !t.Replayed {
			p.first++
		}
		if ok && s.stormy == nil && s.m.VersionOf(p.Order.ID) == 1 && (p.first > 1 || first != t.Answer.Order && brief(first.Lines) != brief(t.Answer.Order.Lines)) {
			s.fail("order %s was answered twice: %v", p.Order.ID, t.Outcome)
		}
		if s.m.VersionOf(p.Order.ID) == 1 { // else it was told more since
			s.told[p.Order.ID], s.version[p.Order.ID] = t.Answer.Order, 1
		}
		s.seen["placed"]++
	}
	if gone || t.Err == nil && s.rnd.IntN(4) > 0 {
		s.places = slices.DeleteFunc(s.places, func(q *placing) bool { return p == q })
	}
}

func (s *storm) cancel() {
	if n := s.anySite(); s.rnd.IntN(2) == 0 {
		for _, id := range slices.Sorted(maps.Keys(n.ownOrders())) {
			if o, ok := n.core.State.Order(id); ok && s.pick(id) && o.Canceling() == nil {
				out := n.do(&ledger.CancelOrder{Meta: ledger.Meta{Key: s.key()}, Order: id})
				s.note("%s cancels %s: %v", n.id(), id, out.Err)
				s.seen["cancelled at a site"]++
			}
		}
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.told)) {
		if s.pick(id) && s.told[id].Status != ledger.StatusCanceled {
			out, err := s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: id, Key: s.key()})
			s.note("hq cancels %s: %v", id, err)
			if err == nil && out.Err == nil {
				s.told[id] = out.Answer.Order
				s.seen["cancelled at hq"]++
			}
		}
	}
}

// pick chooses one order in so many by its id.
func (s *storm) pick(id ledger.OrderID) bool {
	d := ledger.DigestOf([]byte(id), fmt.Append(nil, len(s.trace)/50))
	return d[0] < 16
}

func (s *storm) release() {
	if _, err := s.off.Release(context.Background(), s.now); err != nil && !errors.Is(err, ledger.ErrUnsure) {
		s.fail("release: %v", err)
	}
	got, _, err := s.off.Again(context.Background(), s.now, true)
	if err != nil && !errors.Is(err, ledger.ErrUnsure) {
		s.fail("again: %v", err)
	}
	s.seen["moved"] += got.Moved
	s.seen["exchanged"] += got.Exchanged - got.MadeRoom
	s.seen["made room"] += got.MadeRoom - got.GaveUp
	s.seen["gave up"] += got.GaveUp
}

// others is what happens between a plan and its command: messages come, other plans are made and
// committed, and a site gives up just the ask that is being answered, and says so.
func (s *storm) others() {
	s.note("meanwhile")
	for range 3 {
		s.deliver()
	}
	s.release()
	s.tryPlaces()
	s.tryAsks()
	if len(s.asks) > 0 {
		a := s.asks[s.rnd.IntN(len(s.asks))]
		if !a.n.greeted {
			return
		}
		a.n.do(&ledger.AbandonAsk{Order: a.ask.Order, Ask: a.ask.ID, Offline: true})
		p, took := a.n.push(wire.FramesMax)
		if r, err := s.off.Push(context.Background(), s.now, p); err == nil {
			took(r)
		}
	}
}

// kept says whether every client of head office still has what it was told.
func (s *storm) kept() {
	for id, told := range s.told {
		o, ok := s.m.Order(id)
		if !ok {
			s.fail("order %s was accepted and is gone", id)
		}
		if s.m.VersionOf(id) != s.version[id] {
			continue // amended, and its clerk is not told yet
		}
		for i := range told.Lines {
			if o.Status != ledger.StatusCanceled && o.Lines[i].Promised() < told.Lines[i].Promised()-s.gaveUp(o, i) {
				s.fail("order %s line %d: %d were promised, %d are", id, i+1, told.Lines[i].Promised(), o.Lines[i].Promised())
			}
		}
	}
}

// conserved says whether any unit came from nowhere: what a site has on hand and has handed over
// is what it received. The claims on it are the ledger's to check, at every entry.
func (s *storm) conserved() {
	for _, id := range s.names {
		n := s.sites[id]
		sum := map[ledger.SKU]ledger.Qty{}
		for _, e := range n.entries {
			for _, p := range e.Postings {
				if p.Account.Kind == ledger.Supplier || p.Account.Kind == ledger.Customer || p.Account.Kind == ledger.Loss {
					sum[p.SKU] += p.Qty
				}
			}
		}
		for _, sku := range n.core.State.SKUs() {
			l, _ := n.core.State.Level(sku)
			if l.OnHand() != -sum[sku] {
				s.fail("%s %s: %d on hand, received less handed over %d", id, sku, l.OnHand(), -sum[sku])
			}
		}
	}
}

func runStorm(t testing.TB, seed uint64, steps int, seen map[string]int) {
	c := newCompany(t, seed, "hull* leeds york bath")
	c.note("seed %d", seed)
	runStormAt(c, steps, seen)
}

func runStormAt(c *company, steps int, seen map[string]int) {
	s := &storm{company: c, told: map[ledger.OrderID]*ledger.Order{}, version: map[ledger.OrderID]uint64{}, seen: seen}
	s.each = s.kept
	s.unsure = 5
	s.meanwhile = s.others
	for range steps {
		s.step()
	}
	s.net = nil
	s.converge()
	s.kept()
	s.conserved()
}

// seedsOf is how many seeds a storm takes: so many with -short, so many each time, so many to find a planted fault
// and with HOLDFAST_LONG=1.
func seedsOf(short, usual, all uint64) uint64 {
	switch {
	case testing.Short():
		return short
	case os.Getenv("HOLDFAST_LONG") == "1" || os.Getenv(chosenFault) != "":
		return all
	}
	return usual
}

// TestWhateverHappensNothingIsPromisedTwice is the company's law under every order of events: the
// machine's invariant after each command, no exception ever, and at the end all books agree.
func TestWhateverHappensNothingIsPromisedTwice(t *testing.T) {
	seeds, steps := seedsOf(10, 12, 60), 400
	seen := map[string]int{}
	for seed := range seeds {
		runStorm(t, seed, steps, seen)
	}
	t.Log(seen)
	for _, what := range []string{"reserve", "borrow", "give_back", "cancel", "note", "accepted", "abandoned", "late yes",
		"ask waits", "order waits", "placed", "placed in a group", "to be confirmed", "cancelled at a site", "cancelled at hq", "crash", "amended", "amendment waits", "release", "moved"} {
		if seen[what] < int(seeds)/10 {
			t.Errorf("%q happened %d times in %d runs: the test does not reach it", what, seen[what], seeds)
		}
	}
}

var _ office.Cluster = (*company)(nil)

func isShort(err error) bool {
	_, short := errors.AsType[*ledger.ShortError](err)
	return short
}
