package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

// What a day's calls are held to.
const (
	goalCall   = 10 * time.Millisecond // any call, of a hundred one may take longer
	goalSearch = 20 * time.Millisecond // a search by any part of a name or barcode, likewise
	goalImport = 60 * time.Second      // of 100,000 items; of fewer, as much less
	goalItems  = 100_000
	goalCalls  = 100 // of a route with fewer the slowest says little

	routeSearch = "GET /v1/items"
)

// benchRoute is what the calls of one route took.
type benchRoute struct {
	Route string `json:"route"`
	Calls uint64 `json:"calls"`
	P50   int64  `json:"p50_us"`
	P99   int64  `json:"p99_us"`
	P999  int64  `json:"p999_us"`
	Goal  int64  `json:"goal_us"` // p99 is to be below
	Met   bool   `json:"met"`
}

// benchImport is how long the articles took to be imported.
type benchImport struct {
	To      string  `json:"to"`
	Items   int     `json:"items"`
	Seconds float64 `json:"seconds"`
	Goal    float64 `json:"goal_seconds"`
	Met     bool    `json:"met"`
}

// benchDayDone is what a bench of a day ends with.
type benchDayDone struct {
	Ops          uint64     `json:"ops"` // calls
	OpsPerSecond int64      `json:"ops_per_s"`
	P50          int64      `json:"p50_us"` // of all calls
	P99          int64      `json:"p99_us"`
	P999         int64      `json:"p999_us"`
	Clients      int        `json:"clients"`
	Pause        int64      `json:"pause_ms,omitempty"` // of each client between two calls, on average
	Limit        benchLimit `json:"limit"`

	Seconds      float64       `json:"seconds"`
	Items        int           `json:"items"`
	Past         uint64        `json:"past_orders"`
	BuildSeconds float64       `json:"build_seconds,omitempty"`
	OpenSeconds  float64       `json:"open_seconds"` // from its start until the node serves
	Routes       []benchRoute  `json:"routes"`
	Imports      []benchImport `json:"imports,omitempty"`
	Unmet        int           `json:"goals_not_met"`
	CPU          int64         `json:"cpu_us_per_call"` // of the node
	Generator    int64         `json:"generator_cpu_us_per_call"`
	Others       int64         `json:"others_cpu_percent"`
	Before       benchMemory   `json:"before"` // of the node, when the day begins
	After        benchMemory   `json:"after"`
	Repeated     uint64        `json:"repeated"`
	Placed       uint64        `json:"placed"`  // orders that were answered
	InBook       uint64        `json:"in_book"` // with the past's
	Audit        string        `json:"audit"`
}

// ran takes down what the measured part of the day came to.
func (d *benchDayDone) ran(calls uint64, took time.Duration, used benchCPU) {
	d.Ops, d.OpsPerSecond, d.Others = calls, int64(float64(calls)/took.Seconds()), used.others()
	if calls > 0 {
		d.CPU, d.Generator = micros(used.node)/int64(calls), micros(used.own)/int64(calls)
	}
}

// take takes over the times by route.
func (d *benchDayDone) take(routes []bench.RouteTimes) {
	var all bench.Histogram
	for i := range routes {
		t := &routes[i].Times
		all.Merge(t)
		goal := goalCall
		if routes[i].Route == routeSearch {
			goal = goalSearch
		}
		r := benchRoute{Route: routes[i].Route, Calls: t.Count(), P50: micros(t.Quantile(0.5)), P99: micros(t.Quantile(0.99)), P999: micros(t.Quantile(0.999)), Goal: micros(goal)}
		r.Met = r.P99 < r.Goal
		d.Routes = append(d.Routes, r)
	}
	d.P50, d.P99, d.P999 = micros(all.Quantile(0.5)), micros(all.Quantile(0.99)), micros(all.Quantile(0.999))
}

// settle counts what was not met.
func (d *benchDayDone) settle() {
	slices.SortFunc(d.Routes, func(a, b benchRoute) int { return cmp.Or(-cmp.Compare(a.P99, b.P99), cmp.Compare(a.Route, b.Route)) })
	for _, r := range d.Routes {
		if !r.Met {
			d.Unmet++
		}
	}
	for _, i := range d.Imports {
		if !i.Met {
			d.Unmet++
		}
	}
}

// imported takes down an import.
func (d *benchDayDone) imported(to string, took time.Duration) {
	i := benchImport{To: to, Items: d.Items, Seconds: took.Seconds(), Goal: goalImport.Seconds() * float64(d.Items) / goalItems}
	i.Met = i.Seconds < max(i.Goal, 1) // a process takes its time to start
	d.Imports = append(d.Imports, i)
}

// rests says whether clients pause.
func (d *benchDayDone) rests() string {
	if d.Pause == 0 {
		return "never pause"
	}
	return fmt.Sprintf("pause %d ms between two calls", d.Pause)
}

// words tells people.
func (d *benchDayDone) words() string {
	met := func(ok bool) string {
		if ok {
			return "met"
		}
		return "NOT met"
	}
	out := fmt.Sprintf("a day of %d clients that %s at a node with %d articles and %d orders of the year before, %.0f s\n\n", d.Clients, d.rests(), d.Items, d.Past, d.Seconds)
	out += fmt.Sprintf("%-48s%9s%12s%12s%12s   %s\n", "", "calls", "p50", "p99", "p99.9", "p99 is to be below")
	for _, r := range d.Routes {
		out += fmt.Sprintf("%-48s%9d%12s%12s%12s   %-9s%s\n", r.Route, r.Calls, ms(r.P50), ms(r.P99), ms(r.P999), ms(r.Goal), met(r.Met))
	}
	out += fmt.Sprintf("%-48s%9d%12s%12s%12s\n\n", "all", d.Ops, ms(d.P50), ms(d.P99), ms(d.P999))
	out += fmt.Sprintf("%-40s%10s%12s%12s\n", "", "a second", "p50", "p99") + d.Limit.words()
	for _, i := range d.Imports {
		out += fmt.Sprintf("\nimport of %d items to %s: %.1f s, to be below %.0f s: %s", i.Items, i.To, i.Seconds, max(i.Goal, 1), met(i.Met))
	}
	out += fmt.Sprintf("\n%d calls a second; a call takes %d us of the node's processor time and %d us of the clients'; others had %d %% of the processors\n", d.OpsPerSecond, d.CPU, d.Generator, d.Others)
	if d.BuildSeconds > 0 {
		out += fmt.Sprintf("the year before took %.0f s to make; ", d.BuildSeconds)
	}
	out += fmt.Sprintf("the node served %.1f s after its start\n", d.OpenSeconds)
	out += fmt.Sprintf("the node was resident in %d MB when the day began (%d MB anonymous, %d MB of files) and in %d MB at its end (%d MB anonymous, %d MB of files), at most in %d MB\n",
		d.Before.RSS>>20, d.Before.Anon>>20, d.Before.File>>20, d.After.RSS>>20, d.After.Anon>>20, d.After.File>>20, d.After.Peak>>20)
	out += fmt.Sprintf("%d orders answered, all in the book, %d requests sent again; %d orders in the book; audit: %s\n", d.Placed, d.Repeated, d.InBook, d.Audit)
	if d.Pause > 0 {
		out += "goals are for clients that never pause: what is met here says nothing of them\n"
	}
	if d.Unmet == 0 {
		return out + "every goal is met\n"
	}
	return out + fmt.Sprintf("%d goals are not met\n", d.Unmet)
}
