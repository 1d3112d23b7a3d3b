package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// An ActKind names what an act of a plan is.
type ActKind uint8

// The acts of a plan.
const (
	ActOrder    ActKind = 1 // a client places an order
	ActReceipt  ActKind = 2 // goods come in
	ActCut      ActKind = 3 // a site's line is cut for a while
	ActCrash    ActKind = 4 // a site's process dies and is started again after a while
	ActTrap     ActKind = 5 // a site's process dies when it next passes Point
	ActHQCrash  ActKind = 6 // head office dies and is started again from its snapshot
	ActHQTrap   ActKind = 7 // head office dies when it next passes Point
	ActUnsure   ActKind = 8 // head office has no sure leader for a while
	ActSnapshot ActKind = 9 // head office takes a snapshot
	ActWeather  ActKind = 10

	ActBackup    ActKind = 11 // a site's disk is backed up
	ActRestore   ActKind = 12 // a site goes on from a backup; Hard: the tool that did it said so
	ActReplace   ActKind = 13 // a site's disk is lost, another node takes its place
	ActClone     ActKind = 14 // a copy runs beside its original for a while; Hard: an old one
	ActHQBackup  ActKind = 15
	ActHQRestore ActKind = 16 // head office goes on from a backup, as another life
	ActLose      ActKind = 17 // a person gives a site up; Hard: and writes it off
	ActPass      ActKind = 18 // Other shall hold Qty of Site's SKU
	ActHand      ActKind = 19 // a customer comes with goods in the hand
	ActDamage    ActKind = 20 // Qty of SKU is broken
	ActClock     ActKind = 21 // a site's clock is wrong by For
	ActDiskFault ActKind = 22 // the next sync of a site's disk fails
	ActDiskFull  ActKind = 23

	ActPick   ActKind = 24 // a leg is picked, and Qty of it not found; Hard: a count finds all of that
	ActReject ActKind = 25 // a leg is not served; Hard: none of it

	ActTransfer   ActKind = 26 // Qty of SKU goes from Site to Other, and is For on the road; Hard: what is asked for is refused
	ActPay        ActKind = 27 // a customer pays Qty of an order at a till; Hard: For after, some of it is given back
	ActCharge     ActKind = 28 // a customer buys for Qty on account; Hard: For after, half of it is released
	ActDay        ActKind = 29 // drawers are counted, and the day is ended
	ActBuy        ActKind = 30 // Qty of SKU is ordered of a supplier, and comes within For; Hard: not all of it, and it is closed short
	ActRefundAway ActKind = 31 // a customer asks for Qty of what another site took, and is paid once that is handed over; Hard: at once, at the company's risk
	ActCard       ActKind = 41 // a customer buys a gift card of Qty, and after For pays with it; now and then at Other; Hard: some of that is given back
	ActExchange   ActKind = 42 // a customer brings back a unit that an order took, and takes Qty of SKU for it; Hard: it is fit to be sold again
	ActReturn     ActKind = 40 // a customer brings Qty back of each line, and somebody looks at it For after; Hard: may come again
)

// A Weather is how the lines between sites and head office behave, in hundredths.
type Weather struct {
	Lost     int // of messages that never arrive
	Repeated int // of messages that arrive twice
	Late     int // of messages that arrive much later than those behind them
	Latency  time.Duration
}

// A Wish is what one client wants. Its key stays the same however often it asks.
type Wish struct {
	Order       ledger.Order
	Key         ledger.Digest
	Request     ledger.Digest
	CancelAfter time.Duration // from hearing of a yes; 0: never
	Twice       bool          // the client's program sends each request twice
	Reuse       bool          // another request under the same key is tried, too
	InHand      bool          // the customer holds the goods
	Forgets     bool          // keeps no journal: asks again for what its book has lost
}

// An Act is one thing that a plan makes happen.
type Act struct {
	ID      int
	At      time.Duration
	Kind    ActKind
	Site    ledger.SiteID // HQ for an order taken there
	For     time.Duration // how long it lasts
	Hard    bool          // cut: messages vanish instead of failing at once
	Point   Point
	Wish    *Wish
	Receipt *ledger.Receive
	Weather Weather
	Part    Part // cut: what it stops
	Pick    int  // chooses one of several
	Other   ledger.SiteID
	SKU     ledger.SKU
	Qty     ledger.Qty
}

// A Place is one site of the company.
type Place struct {
	ID      ledger.SiteID
	Counter bool
	Rank    int
	Skew    time.Duration // its clock against the true one
}

// A Plan is a seed expanded: all that happens to a company from outside, by moment.
type Plan struct {
	Seed   uint64
	Length time.Duration // acts end here; healing and converging come after it
	Sites  []Place
	SKUs   []ledger.SKU
	Acts   []Act

	Temper    Temper
	Disasters Disaster // that it may have
	Witness   bool     // clients show where the book was
}

// Bounds of a plan.
const (
	SitesMin = 2
	SitesMax = 50
	HoursMax = 10_000
)

// siteName gives the three sites of the demo their names and numbers the rest. Each third one
// is a warehouse.
func siteName(i int) Place {
	names := []ledger.SiteID{"leeds", "york", "hull"}
	p := Place{Counter: i%3 != 2, Rank: i + 1}
	if p.ID = ledger.SiteID(fmt.Sprintf("site-%02d", i+1)); i < len(names) {
		p.ID = names[i]
	}
	return p
}

// NewPlan expands a seed. With 0 sites the seed chooses how many, and the company's temper too.
func NewPlan(seed uint64, length time.Duration, sites int, only Disaster) *Plan {
	p := &Plan{Seed: seed, Length: length, Temper: steady(sites)}
	if sites == 0 {
		p.Temper = tempered(seed)
	}
	skew := newChance(seed, "skew")
	for i := range p.Temper.Sites {
		s := siteName(i)
		s.Skew = skew.between(-3*time.Second, 3*time.Second)
		p.Sites = append(p.Sites, s)
	}
	for i := range p.Temper.SKUs {
		p.SKUs = append(p.SKUs, ledger.SKU(fmt.Sprintf("TAP-%02d", i+1)))
	}
	p.addWeather()
	p.addFaults()
	p.addGoods()
	p.addOrders()
	p.addPicks()
	p.addTransfers()
	p.addReturns()
	p.addMoney()
	p.addRefunds()
	p.addBuys()
	p.addCards()
	p.addExchanges()
	p.addDisasters(only)
	slices.SortStableFunc(p.Acts, func(a, b Act) int { return cmp.Compare(a.At, b.At) })
	for i := range p.Acts {
		p.Acts[i].ID = i + 1
	}
	return p
}

func (p *Plan) add(a Act) { p.Acts = append(p.Acts, a) }

// often calls f at random moments, on average each so often.
func (p *Plan) often(c *chance, each time.Duration, f func(at time.Duration)) {
	for at := c.between(0, 2*each); at < p.Length; at += c.between(0, 2*each) {
		f(at)
	}
}

// addWeather lets calm, rough and stormy times follow each other.
func (p *Plan) addWeather() {
	c := newChance(p.Seed, "weather")
	at := time.Duration(0)
	for at < p.Length {
		w := Weather{Latency: c.between(time.Millisecond, 30*time.Millisecond)}
		switch c.pick([]int{p.Temper.CalmShare, p.Temper.RoughShare, p.Temper.Wild}) {
		case 1:
			w = Weather{Lost: c.upTo(11), Repeated: c.upTo(21), Late: c.upTo(6), Latency: c.between(time.Millisecond, 120*time.Millisecond)}
		case 2:
			w = Weather{Lost: c.upTo(31), Repeated: c.upTo(51), Late: c.upTo(21), Latency: c.between(time.Millisecond, 250*time.Millisecond)}
		}
		p.add(Act{At: at, Kind: ActWeather, Weather: w})
		at += c.between(p.Temper.WeatherFrom, p.Temper.WeatherTo)
	}
}

func (p *Plan) addFaults() {
	t := &p.Temper
	for _, s := range p.Sites {
		c := newChance(p.Seed, "faults of "+string(s.ID))
		p.often(c, t.CutEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActCut, Site: s.ID, For: c.around(t.CutFor), Hard: c.in100(50)})
		})
		p.often(c, t.CrashEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActCrash, Site: s.ID, For: c.around(3 * time.Second)})
		})
		p.often(c, t.TrapEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActTrap, Site: s.ID, For: c.around(2 * time.Second), Point: sitePoints()[c.upTo(len(sitePoints()))]})
		})
	}
	c := newChance(p.Seed, "faults of hq")
	p.often(c, t.HQCrashEach, func(at time.Duration) {
		p.add(Act{At: at, Kind: ActHQCrash, Site: ledger.HQ, For: c.around(t.HQCrashFor)})
	})
	p.often(c, t.HQTrapEach, func(at time.Duration) {
		p.add(Act{At: at, Kind: ActHQTrap, Site: ledger.HQ, For: c.around(time.Second), Point: hqPoints()[c.upTo(len(hqPoints()))]})
	})
	p.often(c, t.UnsureEach, func(at time.Duration) {
		p.add(Act{At: at, Kind: ActUnsure, Site: ledger.HQ, For: c.around(1500 * time.Millisecond)})
	})
	p.often(c, t.SnapshotEach, func(at time.Duration) {
		p.add(Act{At: at, Kind: ActSnapshot, Site: ledger.HQ})
	})
}
