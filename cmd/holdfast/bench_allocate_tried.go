package main

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/hq/trial"
)

// An attempt is a company or a rule that differs in one thing, played with some cut off.
type attempt struct {
	plan         string // how they are cut off; tryAll says it
	what         string
	world        *trial.World
	rules        trial.Rules
	company      bool // the company differs, not the rule
	firm, unsure trial.Count
}

func (a *attempt) words() string {
	n := a.unsure
	return fmt.Sprintf("%.3f %% firm, %.3f %% with to be confirmed; %.2f parcels an order; %.0f transfers, %.1f messages and %.0f advances in 1,000 requests", existed(a.firm), existed(n),
		per(n.Parcels, n.Orders), 1000*per(n.Transfers, n.Requests), 1000*per(n.Batches, n.Requests), 1000*per(n.Moves, n.Requests))
}

// attempts are experiments on one kind of company; the first is as it is.
type attempts []*attempt

// tryAll plays them under one plan of cut-offs, each firm and with to be confirmed.
func (c *benchAllocateCmd) tryAll(h *house, label string, plan cutPlan, all attempts) attempts {
	var runs []func()
	for _, a := range all {
		w := *a.world
		a.plan = plan.name
		w.Cuts = w.CutOff(c.Seed+1, plan.minutes, plan.oneIn)
		unsure := a.rules
		unsure.Unsure = true
		runs = append(runs, func() { a.firm = trial.Play(&w, trial.Ours("firm", a.rules)) }, func() { a.unsure = trial.Play(&w, trial.Ours("unsure", unsure)) })
	}
	twoAtATime(h, label, runs)
	return all
}

// tryTrade shows why a trade is refused what exists: what every other setting would give and cost, and what the same
// rules come to where fewer articles sell, or more lies there.
func (c *benchAllocateCmd) tryTrade(h *house) attempts {
	w := trial.Trade(c.Seed, c.Days)
	weeks := *w
	weeks.OpeningWeeks = 8
	set := func(days, chance int) trial.Rules {
		return trial.Rules{Settings: policy.Settings{CoverDays: days, ChancePercent: chance}}
	}
	return c.tryAll(h, "trade, tried", cutPlans()[1], attempts{
		{what: "as it is", world: w},
		{what: "no advance", world: w, rules: trial.Rules{NoAdvance: true}},
		{what: "an advance of single units", world: w, rules: trial.Rules{ByUnit: true}},
		{what: "demand known beforehand", world: w, rules: trial.Rules{Foretold: true}},
		{what: "a chance of 10 %", world: w, rules: set(1, 10)},
		{what: "a chance of 1 %", world: w, rules: set(1, 1)},
		{what: "a cover of 2 days", world: w, rules: set(2, 5)},
		{what: "a cover of 60 days: all that warehouses have", world: w, rules: set(60, 5)},
		{what: "nobody is waited for", world: w, rules: trial.Rules{Hasty: true}},
		{what: "head office takes none of its own to be confirmed", world: w, rules: trial.Rules{HeadFirm: true}},
		{what: "a company of 2,000 articles", world: trial.TradeOf(c.Seed, c.Days, 2000), company: true},
		{what: "a company of 1,000 articles", world: trial.TradeOf(c.Seed, c.Days, 1000), company: true},
		{what: "opening stock of 8 weeks", world: &weeks, company: true},
	})
}

// tryJourney shows the same of a real chain, cut off for 3 hours: it is under its goal for 2 days. What is refused follows the share of baskets that are delivered, which no data tell.
func (c *benchAllocateCmd) tryJourney(h *house, w *trial.World) (attempts, error) {
	fewer, err := c.journeyOf(100)
	if err != nil {
		return nil, err
	}
	weeks := *w
	weeks.OpeningWeeks = 10
	return c.tryAll(h, "complete_journey, tried", cutPlans()[0], attempts{
		{what: "as it is", world: w},
		{what: "no advance", world: w, rules: trial.Rules{NoAdvance: true}},
		{what: "demand known beforehand", world: w, rules: trial.Rules{Foretold: true}},
		{what: "a cover of 60 days: all that warehouses have", world: w, rules: trial.Rules{Settings: policy.Settings{CoverDays: 60, ChancePercent: 5}}},
		{what: "nobody is waited for", world: w, rules: trial.Rules{Hasty: true}},
		{what: "head office takes none of its own to be confirmed", world: w, rules: trial.Rules{HeadFirm: true}},
		{what: "opening stock of 10 weeks", world: &weeks, company: true},
		{what: "one basket in 100 delivered and one from the web", world: fewer, company: true},
	}), nil
}

// why says what the experiments come to.
func (all attempts) why() string {
	best := all[0]
	var others []string
	for _, a := range all {
		if a.company {
			others = append(others, fmt.Sprintf("%.3f %% / %.3f %% with %s", existed(a.firm), existed(a.unsure), a.what))
		} else if a.firm.Existed < best.firm.Existed {
			best = a
		}
	}
	return fmt.Sprintf("what sells seldom and is spread thinner lacks elsewhere: no setting tried below brings firm promises (%s, the first seed) under %.3f %% (%s), while the same rules come to %s",
		best.plan, existed(best.firm), best.what, strings.Join(others, ", "))
}

func (all attempts) beside(d *benchAllocateDone) {
	for _, a := range all {
		d.beside(fmt.Sprintf("%s, %s, tried: %s", a.world.Name, a.plan, a.what), a.words())
	}
}

// picked says what was chosen where nothing real tells, and why; --more shows what hangs on it.
func (d *benchAllocateDone) picked() {
	d.beside("chosen once: what lies there when a year begins", "what was asked for in the first 4 weeks (5 of complete_journey, which begin in mid-week), and each Monday what left in the week before: the rule that came with the data, which have no stock; of delivery orders half at the counter")
	d.beside("chosen once: the companies", "retail 20 shops, 2 warehouses, 2,000 articles; trade 8 branches, 2 warehouses, 5,000 articles: round numbers, drawn from --seed and the two after it")
}

// more shows how much hangs on what was chosen.
func (c *benchAllocateCmd) more(h *house, done *benchAllocateDone) error {
	if !c.More {
		return nil
	}
	for _, of := range []struct {
		make     func(seed uint64, days, skus int) *trial.World
		articles []int
	}{{trial.RetailOf, []int{2000, 5000, 10_000, 20_000}}, {trial.TradeOf, []int{5000, 500}}} {
		var all attempts
		for _, n := range of.articles {
			all = append(all, &attempt{what: fmt.Sprintf("%d articles", n), world: of.make(c.Seed, c.Days, n)})
		}
		for _, weeks := range []int{2, 8} {
			w := *all[0].world
			w.OpeningWeeks = weeks
			all = append(all, &attempt{what: fmt.Sprintf("opening stock of %d weeks", weeks), world: &w})
		}
		for _, near := range []int{0, 100} {
			w := *all[0].world
			w.Nearby = near
			all = append(all, &attempt{what: fmt.Sprintf("%d %% of the opening stock for delivery orders at the counter", near), world: &w})
		}
		c.tryAll(h, all[0].world.Name+", more", cutPlans()[1], all).beside(done)
		if err := h.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
