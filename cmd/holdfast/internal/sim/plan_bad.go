package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Disaster is a kind of bad day that a plan may have. Which a seed has, and how often, is drawn
// from the seed: some have none, some one, a few all.
type Disaster uint16

// The disasters.
const (
	Restores   Disaster = 1 << iota // a site goes on from a backup of any age
	Replaces                        // a site's disk is lost, another node takes its place
	Clones                          // a copy of a site's folder runs beside its original
	HQRestores                      // head office goes on from an older snapshot
	Losses                          // a living site is declared lost, and may be written off
	Passes                          // head office passes allotments on to other sites, and recalls them
	Hands                           // goods in the hand, damage
	Clocks                          // clocks jump by days
	Partitions                      // lines that let one direction or some kinds of message through
	Disks                           // a failed sync, a full disk

	AllDisasters = Disks<<1 - 1
)

func disasterNames() []string {
	return []string{"restores", "replaces", "clones", "hq_restores", "losses", "passes", "hands", "clocks", "partitions", "disks"}
}

// ParseDisasters reads names with commas between them; "all" and "none" are names, too.
func ParseDisasters(s string) (Disaster, error) {
	var out Disaster
next:
	for _, name := range strings.Split(s, ",") {
		switch name {
		case "all":
			out = AllDisasters
			continue
		case "none", "":
			continue
		}
		for i, known := range disasterNames() {
			if name == known {
				out |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("%w: no disaster is called %q; there are all, none, %s", ErrBounds, name, strings.Join(disasterNames(), ", "))
	}
	return out, nil
}

func (d Disaster) String() string {
	switch d {
	case AllDisasters:
		return "all"
	case 0:
		return "none"
	}
	var out []string
	for i, name := range disasterNames() {
		if d&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// A Part names what a partition stops: one direction, or one kind of message.
type Part string

// What a cut stops.
const (
	PartAll  Part = ""
	PartUp   Part = "up"
	PartDown Part = "down"
)

func parts() []Part { return []Part{PartUp, PartDown, "push", "pull", "ask", "hello"} }

// addDisasters draws the bad days of which only may have any.
func (p *Plan) addDisasters(only Disaster) {
	c := newChance(p.Seed, "temper")
	p.Witness = c.in100(60)
	each := map[Disaster]time.Duration{}
	for d := Disaster(1); d < AllDisasters; d <<= 1 {
		// Always the same draws, so that leaving one disaster out does not shift the others.
		on, mean := c.in100(45), c.between(6*time.Minute, 45*time.Minute)
		if only&d == 0 || !on && only == AllDisasters {
			continue
		}
		p.Disasters |= d
		each[d] = mean
	}
	for i := range p.Sites {
		p.addSiteDisasters(&p.Sites[i], each)
	}
	p.addCompanyDisasters(each)
}

// maybe draws the moments of a disaster from a stream of its own.
func (p *Plan) maybe(name string, each time.Duration, times int, f func(c *chance, at time.Duration)) {
	if each > 0 {
		c := newChance(p.Seed, name)
		p.often(c, each*time.Duration(times), func(at time.Duration) { f(c, at) })
	}
}

func (p *Plan) addSiteDisasters(s *Place, each map[Disaster]time.Duration) {
	id := s.ID
	if each[Restores]+each[Clones] > 0 {
		p.maybe("backups of "+string(id), p.Temper.BackupEach, 1, func(c *chance, at time.Duration) {
			p.add(Act{At: at, Kind: ActBackup, Site: id, Pick: c.upTo(1 << 16)})
		})
	}
	p.maybe("restores of "+string(id), each[Restores], 1, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActRestore, Site: id, For: c.around(5 * time.Second), Pick: c.upTo(1 << 16), Hard: c.in100(30)})
		p.trapAt(c, id, at)
		p.cutAt(c, id, at)
	})
	p.maybe("disks lost at "+string(id), each[Replaces], 2, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActReplace, Site: id, For: c.around(20 * time.Second)})
		p.trapAt(c, id, at)
	})
	p.maybe("clones of "+string(id), each[Clones], 1, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActClone, Site: id, For: c.around(4 * time.Minute), Pick: c.upTo(1 << 16), Hard: c.in100(40)})
		p.cutAt(c, id, at)
		if c.in100(50) {
			p.cutAt(c, twinLine(id), at)
		}
	})
	p.maybe("losses of "+string(id), each[Losses], 2, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActLose, Site: id, For: c.around(time.Minute), Hard: c.in100(60)})
		p.cutAt(c, id, at)
		p.trapAt(c, id, at)
	})
	p.maybe("hands at "+string(id), each[Hands], 1, func(c *chance, at time.Duration) {
		for range 1 + c.upTo(4) {
			at += c.between(0, 20*time.Second)
			p.hand(c, id, at)
		}
	})
	p.maybe("clock of "+string(id), each[Clocks], 1, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActClock, Site: id, For: c.between(-40*24*time.Hour, 40*24*time.Hour)})
	})
	p.maybe("partitions of "+string(id), each[Partitions], 1, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActCut, Site: id, For: c.around(3 * time.Minute), Hard: c.in100(70), Part: parts()[c.upTo(len(parts()))]})
	})
	p.maybe("disk of "+string(id), each[Disks], 1, func(c *chance, at time.Duration) {
		if c.in100(40) {
			p.add(Act{At: at, Kind: ActDiskFull, Site: id, For: c.around(30 * time.Second)})
			return
		}
		p.add(Act{At: at, Kind: ActDiskFault, Site: id})
	})
}

// trapAt often has a process die while the book is made anew, or head office while it gives the epoch.
func (p *Plan) trapAt(c *chance, id ledger.SiteID, at time.Duration) {
	switch c.pick([]int{3, 5, 2}) {
	case 1:
		p.add(Act{At: at, Kind: ActTrap, Site: id, For: c.around(2 * time.Second), Point: backPoints()[c.upTo(len(backPoints()))]})
	case 2:
		p.add(Act{At: at, Kind: ActHQTrap, Site: ledger.HQ, For: c.around(time.Second), Point: PointRejoin})
	}
}

// cutAt often has a site cut off at the moment of a disaster: then nobody can tell it.
func (p *Plan) cutAt(c *chance, line ledger.SiteID, at time.Duration) {
	if c.in100(60) {
		p.add(Act{At: at - c.between(0, time.Minute), Kind: ActCut, Site: line, For: c.around(4 * time.Minute), Hard: c.in100(50)})
	}
}

func (p *Plan) hand(c *chance, id ledger.SiteID, at time.Duration) {
	n := len(p.Acts)
	if c.in100(40) {
		p.add(Act{At: at, Kind: ActDamage, Site: id, SKU: p.popular(c), Qty: ledger.Qty(1 + c.upTo(3)), Pick: n})
		return
	}
	w := p.wish(c, id, fmt.Sprintf("%s-hand-%d", id, n), at)
	o := &w.Order
	o.Fulfil, o.Shortage, o.CollectAt, o.Anywhere = ledger.Take, ledger.Refuse, "", false
	o.Lines = o.Lines[:1]
	o.Lines[0].Qty = 1
	w.InHand, w.CancelAfter, w.Reuse = true, 0, false
	p.add(Act{At: at, Kind: ActHand, Site: id, Wish: w})
}

func (p *Plan) addCompanyDisasters(each map[Disaster]time.Duration) {
	if each[HQRestores] > 0 {
		p.maybe("backups of hq", 9*time.Minute, 1, func(c *chance, at time.Duration) {
			p.add(Act{At: at, Kind: ActHQBackup, Site: ledger.HQ})
		})
	}
	p.maybe("restores of hq", each[HQRestores], 1, func(c *chance, at time.Duration) {
		p.add(Act{At: at, Kind: ActHQRestore, Site: ledger.HQ, For: c.around(10 * time.Second), Pick: c.upTo(1 << 16)})
	})
	p.maybe("passes", each[Passes], 1, func(c *chance, at time.Duration) {
		for range 1 + c.upTo(5) {
			owner, holder := p.Sites[c.upTo(len(p.Sites))].ID, p.Sites[c.upTo(len(p.Sites))].ID
			at += c.between(0, 30*time.Second)
			p.add(Act{At: at, Kind: ActPass, Site: owner, Other: holder, SKU: p.popular(c), Qty: ledger.Qty(c.upTo(5))})
		}
	})
}

// twinLine names the line of a copy beside its original.
func twinLine(id ledger.SiteID) ledger.SiteID { return id + "'" }
