package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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

// allocateSeeds is how many worlds the headline rows are played on, from --seed on: their median is held
// against the goal, and the least and the most are printed.
const allocateSeeds = 3

// journeySeeds is the same of the cut-offs of a real chain: of its 50,000 lines 100 or so are refused, which from one seed to
// the next is 20 more or fewer, so that a median of three would be a matter of luck.
const journeySeeds = 15

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
func (c *benchAllocateCmd) play(h *house, w *trial.World, seed uint64, ways func(plan int) []trial.Way) *played {
	p := &played{name: w.Name, ways: make([][]trial.Way, len(cutPlans())), count: make([][]trial.Count, len(cutPlans()))}
	var runs []func()
	for i, plan := range cutPlans() {
		world := *w
		world.Cuts = w.CutOff(seed+1, plan.minutes, plan.oneIn)
		p.ways[i] = ways(i)
		p.count[i] = make([]trial.Count, len(p.ways[i]))
		for k, way := range p.ways[i] {
			runs = append(runs, func() { p.count[i][k] = trial.Play(&world, way) })
		}
	}
	twoAtATime(h, fmt.Sprintf("%s, seed %d", w.Name, seed), runs)
	return p
}

// twoAtATime does all, under a bar. What has not begun when the command is broken off is left out.
func twoAtATime(h *house, label string, runs []func()) {
	shown := bar(h.stderr, label, int64(len(runs)))
	var all errgroup.Group
	all.SetLimit(2)
	for _, run := range runs {
		all.Go(func() error {
			if h.ctx.Err() == nil {
				run()
			}
			shown.Add(1)
			return nil
		})
	}
	_ = all.Wait()     // no run fails
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
}

// everyWay is ours, what others do, and once ours with something left out, to see what it is good for.
func everyWay(plan int) []trial.Way {
	all := append(ours(), trial.Stale(), trial.Buffer(2), trial.Freeze(), trial.Split(), trial.Oracle())
	if plan == 1 {
		all = append(all, trial.Ours("ours without borrowing", trial.Rules{NoBorrow: true}), trial.Ours("ours without an advance", trial.Rules{NoAdvance: true}))
	}
	return all
}

// headlines is what the goals are about, for the seeds after the first.
func headlines(plan int) []trial.Way {
	if plan > 1 {
		return nil
	}
	return ours()
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
func (c *benchAllocateCmd) synthetic(h *house, done *benchAllocateDone) error {
	seeds := func(make func(seed uint64, days int) *trial.World) (all []*played) {
		for seed := c.Seed; seed < c.Seed+allocateSeeds; seed++ {
			ways := headlines
			if seed == c.Seed {
				ways = everyWay
			}
			all = append(all, c.play(h, make(seed, c.Days), seed, ways))
		}
		return all
	}
	retail, trade := seeds(trial.Retail), seeds(trial.Trade)
	tried := c.tryTrade(h)
	done.never("retail and trade", append(append([]*played{}, retail...), trade...))
	done.refused(retail, 10, 0.5, "")
	done.refused(trade, 18, 5, tried.why())
	done.messages(retail)
	tried.beside(done)
	done.picked()
	done.besideAll(retail[0])
	done.besideAll(trade[0])
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
func (d *benchAllocateDone) never(of string, all []*played) {
	beyond, tills, stale, runs := 0, 0, 0, 0
	for _, p := range all {
		for plan := range p.count {
			for i, way := range p.ways[plan] {
				switch n := p.count[plan][i]; {
				case strings.HasPrefix(way.Name, "ours"): // whole, and with something left out
					beyond, tills, runs = beyond+n.Beyond, tills+n.Tills, runs+1
				case way.Name == trial.Stale().Name:
					stale += n.Beyond
				}
			}
		}
	}
	other := fmt.Sprintf(" in %d runs", runs)
	if stale > 0 {
		other += fmt.Sprintf(" (a stale view: %d)", stale)
	}
	d.row("promises beyond the book, any simulated history up to half cut off: "+of, "0", fmt.Sprint(beyond)+other, beyond == 0, "")
	d.row("tills refusing unpromised goods on their own shelf: "+of, "0", fmt.Sprintf("%d in %d runs", tills, runs), tills == 0, "")
}

// spread is one figure of each seed, ascending.
type spread []float64

func spreadOf(all []*played, plan int, way string, of func(trial.Count) float64) spread {
	var s spread
	for _, p := range all {
		s = append(s, of(p.of(plan, way)))
	}
	slices.Sort(s)
	return s
}

func (s spread) mid() float64 { return s[len(s)/2] }

// existed is how many lines in a hundred were refused though the units existed.
func existed(n trial.Count) float64 { return 100 * per(n.Existed, n.Lines) }

// refused is the two goals for one world, in thousandths of the lines: 3 hours and 2 days.
func (d *benchAllocateDone) refused(all []*played, firm, unsure float64, tried string) {
	for _, g := range []struct {
		way  string
		most float64
	}{{wayFirm, firm}, {wayUnsure, unsure}} {
		short, long := spreadOf(all, 0, g.way, existed), spreadOf(all, 1, g.way, existed)
		n := all[0].of(1, g.way)
		why := fmt.Sprintf("of %d such lines (2 days, the first seed) %d were asked for at head office with the units behind a cut line, the others at a cut-off counter that had too little on its shelf and in advance: %d of them of articles that it sells less than once in 19 days, of which no advance is due, %d for more units than the whole advance would be", n.Existed, n.Behind, n.Seldom, n.Large)
		if g.way == wayUnsure {
			why = fmt.Sprintf("of %d such lines (2 days, the first seed) %d were refused at head office, which had last seen too little behind the line, the others were to be confirmed and are declined: of those %d of %d were", n.Existed, n.Behind, n.Declined, n.Unsure)
		}
		if tried != "" {
			why += "; " + tried
		}
		last := len(short) - 1
		d.row(all[0].name+": refused although stock existed, 10 % cut off for 3 h / 2 days, "+g.way, fmt.Sprintf("<= %.2f %%, the median of %d seeds", g.most/10, len(all)),
			fmt.Sprintf("%.3f %% / %.3f %% (from %.3f to %.3f %% / from %.3f to %.3f %%)", short.mid(), long.mid(), short[0], short[last], long[0], long[last]),
			10*short.mid() <= g.most && 10*long.mid() <= g.most, why)
	}
}

// messages is the goal for retail.
func (d *benchAllocateDone) messages(all []*played) {
	rates := func(of func(trial.Count) int) (short, long float64) {
		rate := func(n trial.Count) float64 { return 1000 * per(of(n), n.Requests) }
		return spreadOf(all, 0, wayUnsure, rate).mid(), spreadOf(all, 1, wayUnsure, rate).mid()
	}
	asked, askedLong := rates(func(n trial.Count) int { return n.Transfers })
	told, toldLong := rates(func(n trial.Count) int { return n.Batches })
	d.row(all[0].name+": messages in 1,000 requests, 10 % cut off for 3 h / 2 days", "<= 100 transfers and 10 background messages",
		fmt.Sprintf("%.0f / %.0f transfers (a question, a loan, a call back, a drawing told to its owner: one each) and %.1f / %.1f background messages (one to each book that a step of the advance tells, in head office's own steps: policy.Run)", asked, askedLong, told, toldLong),
		max(asked, askedLong) <= 100 && max(told, toldLong) <= 10, "a message to each counter every night that any advance changed")
	apart, apartLong := rates(func(n trial.Count) int { return n.Apart })
	each, eachLong := rates(func(n trial.Count) int { return 2 * n.Moves })
	d.beside(all[0].name+": background messages in 1,000 requests, told otherwise", fmt.Sprintf("%.1f / %.1f if each step that looks at 64 SKUs carried its own changes out, and %.1f / %.1f if every owner and counter fetched between any two changes, which is the most that there can be", apart, apartLong, each, eachLong))
}

// journeyShares is which part of a chain's baskets counts as delivery orders, and as many as web
// orders, for the set has none: one in 50, about what grocers delivered in that year, which is held
// against the goal; and one in ten beside it, with --more one in 20 and in 100 too: what is refused grows with the share.
func (c *benchAllocateCmd) journeyShares() []uint32 {
	if c.More {
		return []uint32{50, 10, 20, 100}
	}
	return []uint32{50, 10}
}

func (c *benchAllocateCmd) journeyFile() string {
	return filepath.Join(c.Data, "complete_journey", "lines_weeks_01-36.csv.gz")
}

// journeyOf reads the chain's till lines, of which one basket in so many is delivered and one comes from the web.
func (c *benchAllocateCmd) journeyOf(oneIn uint32) (*trial.World, error) {
	f, err := os.Open(c.journeyFile())
	if err != nil {
		return nil, err
	}
	w, _, err := journey.Read(f, oneIn)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	w.Name = fmt.Sprintf("%s, one basket in %d delivered and one from the web", w.Name, oneIn)
	return w, nil
}

// journey plays the till lines of a real chain. They are what they are: the seeds are of the cut-offs.
func (c *benchAllocateCmd) journey(h *house, done *benchAllocateDone) error {
	if _, err := os.Stat(c.journeyFile()); c.Data == "" || os.IsNotExist(err) {
		done.skip("complete_journey: refused although stock existed", "<= 0.20 % firm, <= 0.05 % with to be confirmed", "complete_journey is not in the folder of --data")
		return nil
	}
	for i, oneIn := range c.journeyShares() {
		w, err := c.journeyOf(oneIn)
		if err != nil {
			return err
		}
		all := []*played{c.play(h, w, c.Seed, everyWay)}
		if i == 0 {
			for seed := c.Seed + 1; seed < c.Seed+journeySeeds; seed++ {
				all = append(all, c.play(h, w, seed, headlines))
			}
			tried, err := c.tryJourney(h, w)
			if err != nil {
				return err
			}
			done.refused(all, 2, 0.5, tried.why())
			tried.beside(done)
		}
		done.never(w.Name, all)
		done.besideAll(all[0])
	}
	return nil
}
