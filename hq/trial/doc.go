// Package trial plays a year of a company's demand against a way of promising stock.
//
// It is pure and in whole numbers: the same World gives the same Count and digest on any machine.
// Chance comes from a seed (chance.go).
//
// # What is played
//
// A World is sites (counters and warehouses), requests in order of time, and cut-offs. A request is
// a walk-in, who wants what lies on that counter's shelf; a delivery order that a counter takes; or an
// order at head office, from a web shop or a trade customer. Each Monday every site receives what
// left it in the week before and what walk-ins did not find; opening stock is what was asked for in
// the first weeks. No public data has real stock with real orders, so this rule stands for it, for
// synthetic and for real demand alike.
//
// # Who judges
//
// The judge (judge.go) keeps its own book of every shelf, apart from what a Way believes. Each
// promise takes from that book; what it cannot take is a promise beyond the book. A line that is
// refused counts as refused although stock existed if the judge's book, all sites together, had
// enough at that moment; with to-be-confirmed, at the moment it was taken, if it is declined. A till that refuses a
// walk-in although its own shelf had the goods unpromised is counted apart. A walk-in at an empty
// shelf is no refusal: there is nothing in the hand to sell.
//
// # Ways
//
// Ours is allocation.md's five rules, by hq/policy and hq/allocate, the very code of head office, its
// estimate of demand and the steps of its nightly run included. To be confirmed is what a counter that is cut off cannot promise,
// and what head office cannot reach and has last seen with counters that are cut off (hq/office). What it does not have: entries that are lost or come twice, for
// those are the simulator's (hq/office), and orders of several classes. Beside it
// stand what other products do (Stale, Buffer, Freeze, Split), ours without borrowing, and an oracle
// that is always connected.
//
// # What was chosen
//
// A head office's order that is to be confirmed waits for a week at most, one of a counter's for a day after its line
// is back: as at head office (hq/office).
//
// Nothing real tells how many articles a chain has at how many shops, what lay there when the data
// begin, or how much of it at the counters. Those are one choice each, printed by `holdfast bench allocate`
// beside its tables; with --more it plays others, to show how much hangs on them. The most is the
// number of articles: where each is asked for once in weeks at a counter, no advance reaches it.
package trial
