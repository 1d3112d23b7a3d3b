package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/journey"
	"github.com/holdfast-stock/holdfast/hq/trial"
)

// A cutPlan is how a world's sites are cut off: so many minutes at a time, one part in so many.
type cutPlan struct {
	name           string
	minutes, oneIn int
}

func cutPlans() []cutPlan {
	return []cutPlan{{"10 % for 3 h", 180, 10}, {"10 % for 2 days", 2880, 10}, {"half for 2 days", 2880, 2}}
}

// played is what was tried on one world, by plan of cut-offs.
type played struct {
	name  string
	ways  [][]trial.Way
	count [][]trial.Count
}

func (p *played) of(plan int, way string) trial.Count {
	for i := range p.ways[plan] {
		if p.ways[plan][i].Name == way {
			return p.count[plan][i]
		}
	}
	panic("bench: no way called " + way)
}

const (
	wayFirm   = "ours, firm promises only"
	wayUnsure = "ours, with to be confirmed"
)

// play plays them two at a time: each is one goroutine's work and touches nothing of the others.
func play(w *trial.World, seed uint64, ways func(plan int) []trial.Way) *played {
	p := &played{name: w.Name, ways: make([][]trial.Way, len(cutPlans())), count: make([][]trial.Count, len(cutPlans()))}
	var all sync.WaitGroup
	turn := make(chan struct{}, 2)
	for i, plan := range cutPlans() {
		world := *w
		world.Cuts = w.CutOff(seed+1, plan.minutes, plan.oneIn)
		p.ways[i] = ways(i)
		p.count[i] = make([]trial.Count, len(p.ways[i]))
		for k, way := range p.ways[i] {
			all.Go(func() {
				turn <- struct{}{}
				defer func() { <-turn }()
				p.count[i][k] = trial.Play(&world, way)
			})
		}
	}
	all.Wait()
	return p
}

// everyWay is ours, what others do, and once ours with something left out, to see what it is good for.
func everyWay(plan int) []trial.Way {
	all := append(ours(), trial.Stale(), trial.Buffer(2), trial.Freeze(), trial.Split(), trial.Oracle())
	if plan == 1 {
		all = append(all, trial.Ours("ours without borrowing", trial.Rules{NoBorrow: true}), trial.Ours("ours without an advance", trial.Rules{NoAdvance: true}))
	}
	return all
}

func ours() []trial.Way {
	return []trial.Way{trial.Ours(wayFirm, trial.Rules{}), trial.Ours(wayUnsure, trial.Rules{Unsure: true})}
}

func perCent(n, of int) string {
	if of == 0 {
		return "none"
	}
	return fmt.Sprintf("%.3f %%", 100*float64(n)/float64(of))
}

// synthetic plays the two companies.
func (c *benchAllocateCmd) synthetic(_ *house, done *benchAllocateDone) error {
	retail := play(trial.Retail(c.Seed, c.Days), c.Seed, everyWay)
	trade := play(trial.Trade(c.Seed, c.Days), c.Seed, everyWay)
	done.never(retail, trade)
	done.refused(retail, 10, 0.5)
	done.refused(trade, 18, 5)
	done.messages(retail)
	done.besideAll(retail)
	done.besideAll(trade)
	return nil
}

func (d *benchAllocateDone) besideAll(p *played) {
	for plan, cut := range cutPlans() {
		for i, way := range p.ways[plan] {
			d.besideWay(p.name+", "+cut.name+": "+way.Name, p.count[plan][i])
		}
	}
}

// besideWay says all of one run.
func (d *benchAllocateDone) besideWay(what string, n trial.Count) {
	said := fmt.Sprintf("%s of %d lines refused though the units existed; %d promises beyond the book; %d till refusals of goods on the shelf; ",
		perCent(n.Existed, n.Lines), n.Lines, n.Beyond, n.Tills)
	said += fmt.Sprintf("%.2f parcels an order; %.0f transfers and %.1f messages (%.0f advances) in 1,000 requests", per(n.Parcels, n.Orders),
		1000*per(n.Transfers, n.Requests), 1000*per(n.Batches, n.Requests), 1000*per(n.Moves, n.Requests))
	if n.Unsure > 0 {
		said += fmt.Sprintf("; %s of %d lines to be confirmed were", perCent(n.Confirmed, n.Unsure), n.Unsure)
	}
	d.beside(what, fmt.Sprintf("%s; digest %016x", said, n.Digest))
}

func per(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// never is the two goals that are 0.
func (d *benchAllocateDone) never(all ...*played) {
	beyond, tills, stale := 0, 0, 0
	for _, p := range all {
		for plan := range p.count {
			for i, way := range p.ways[plan] {
				switch n := p.count[plan][i]; {
				case strings.HasPrefix(way.Name, "ours"): // whole, and with something left out
					beyond, tills = beyond+n.Beyond, tills+n.Tills
				case way.Name == trial.Stale().Name:
					stale += n.Beyond
				}
			}
		}
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.name
	}
	of, other := strings.Join(names, " and "), ""
	if stale > 0 {
		other = fmt.Sprintf(" (a stale view: %d)", stale)
	}
	d.row("promises beyond the book, any simulated history up to half cut off: "+of, "0", fmt.Sprint(beyond)+other, beyond == 0, "")
	d.row("tills refusing unpromised goods on their own shelf: "+of, "0", fmt.Sprint(tills), tills == 0, "")
}

// refused is the two goals for one world, in thousandths of the lines: 3 hours and 2 days.
func (d *benchAllocateDone) refused(p *played, firm, unsure float64) {
	for _, g := range []struct {
		way  string
		most float64
	}{{wayFirm, firm}, {wayUnsure, unsure}} {
		short, long := p.of(0, g.way), p.of(1, g.way)
		within := func(n trial.Count) bool { return float64(n.Existed)*1000 <= g.most*float64(n.Lines) }
		why := fmt.Sprintf("of %d such lines (2 days) %d were asked for at head office with the units behind a cut line, the others at a cut-off counter that had neither shelf nor advance", long.Existed, long.Behind)
		if p.count[1][len(p.count[1])-1].Existed > 0 && strings.HasSuffix(p.ways[1][len(p.ways[1])-1].Name, "without an advance") {
			n := p.of(1, "ours without an advance")
			why += "; firm without any advance it is " + perCent(n.Existed, n.Lines)
		}
		d.row(p.name+": refused although stock existed, 10 % cut off for 3 h / 2 days, "+g.way, fmt.Sprintf("<= %.2f %%", g.most/10),
			perCent(short.Existed, short.Lines)+" / "+perCent(long.Existed, long.Lines), within(short) && within(long), why)
	}
}

// messages is the goal for retail.
func (d *benchAllocateDone) messages(p *played) {
	short, long := p.of(0, wayUnsure), p.of(1, wayUnsure)
	rate := func(n int, of trial.Count) float64 { return 1000 * per(n, of.Requests) }
	met := func(n trial.Count) bool { return rate(n.Transfers, n) <= 100 && rate(n.Batches, n) <= 10 }
	d.row(p.name+": messages in 1,000 requests, 10 % cut off for 3 h / 2 days", "<= 100 transfers and 10 background messages",
		fmt.Sprintf("%.0f / %.0f transfers and %.1f / %.1f background messages", rate(short.Transfers, short), rate(long.Transfers, long), rate(short.Batches, short), rate(long.Batches, long)),
		met(short) && met(long), fmt.Sprintf("a message to each counter every night that any advance changed is %.1f by itself here: a counter has %d requests a day",
			1000*float64(short.Batches)/float64(short.Requests), short.Requests/20/d.Days))
}

// journeyShares is which part of a chain's baskets counts as delivery orders, and as many as web
// orders, for the set has none: one in 50, about what grocers delivered in that year, which is held
// against the goal; and one in ten beside it.
func journeyShares() []uint32 { return []uint32{50, 10} }

// journey plays the till lines of a real chain.
func (c *benchAllocateCmd) journey(_ *house, done *benchAllocateDone) error {
	path := filepath.Join(c.Data, "complete_journey", "lines_weeks_01-36.csv.gz")
	if _, err := os.Stat(path); c.Data == "" || os.IsNotExist(err) {
		done.skip("complete_journey: refused although stock existed", "<= 0.20 % firm, <= 0.05 % with to be confirmed", "complete_journey is not in the folder of --data")
		return nil
	}
	for i, oneIn := range journeyShares() {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		w, _, err := journey.Read(f, oneIn)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		// A stale view is not tried: each cut-off counter would remember 4,000,000 figures of the others.
		p := play(w, c.Seed, func(int) []trial.Way { return append(ours(), trial.Freeze(), trial.Oracle()) })
		p.name = fmt.Sprintf("%s, one basket in %d delivered and one from the web", p.name, oneIn)
		if i == 0 {
			done.refused(p, 2, 0.5)
		}
		done.never(p)
		done.besideAll(p)
	}
	return nil
}
