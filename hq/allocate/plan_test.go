package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// lines reads "TAP-22 3, ELBOW 1" as lines 1, 2, ...
func lines(t testing.TB, s string) []allocate.Need {
	t.Helper()
	var out []allocate.Need
	for i, part := range strings.Split(s, ",") {
		n := allocate.Need{Line: i + 1}
		if _, err := fmt.Sscan(part, &n.SKU, &n.Qty); err != nil {
			t.Fatalf("lines %q: %v", s, err)
		}
		out = append(out, n)
	}
	return out
}

// sites reads "york 2 TAP-22 held 3 lend 0; ..." : name, rank, then SKU with what it has.
func sites(t testing.TB, s string) []allocate.Candidate {
	t.Helper()
	var out []allocate.Candidate
	for _, part := range strings.Split(s, ";") {
		c := allocate.Candidate{Offers: map[ledger.SKU]allocate.Offer{}}
		words := strings.Fields(part)
		c.Site = ledger.SiteID(words[0])
		fmt.Sscan(words[1], &c.Rank)
		for w := words[2:]; len(w) >= 3; w = w[3:] {
			o := c.Offers[ledger.SKU(w[0])]
			var q ledger.Qty
			fmt.Sscan(w[2], &q)
			if w[1] == "held" {
				o.Held = q
			} else {
				o.Borrow = q
			}
			c.Offers[ledger.SKU(w[0])] = o
		}
		out = append(out, c)
	}
	return out
}

func show(legs []allocate.Leg) string {
	var out []string
	for _, l := range legs {
		out = append(out, fmt.Sprintf("%d:%s %d", l.Line, l.Site, l.Qty))
	}
	return strings.Join(out, ", ")
}

func TestThePlanIsAsTheRulesSay(t *testing.T) {
	for name, c := range map[string]struct {
		want, sites         string
		only                ledger.SiteID
		whole               bool
		legs, borrow, short string
	}{
		"one site that has all beats two nearer ones": {
			want: "TAP 2, PIPE 1", sites: "a 1 TAP held 2; b 2 PIPE held 1; c 9 TAP held 2 PIPE held 1",
			legs: "1:c 2, 2:c 1"},
		"of two sites that have all the nearer serves": {
			want: "TAP 2", sites: "a 3 TAP held 5; b 2 TAP held 2", legs: "1:b 2"},
		"of two equally near sites the first by name serves": {
			want: "TAP 2", sites: "b 1 TAP held 5; a 1 TAP held 2", legs: "1:a 2"},
		"nothing is borrowed where it saves no parcel": {
			want: "TAP 2, PIPE 1", sites: "a 1 TAP lend 9; b 5 TAP held 2; c 6 PIPE held 1", legs: "1:b 2, 2:c 1"},
		"a loan that saves a parcel is asked for": {
			want: "TAP 2", sites: "a 1 TAP lend 9; b 5 TAP held 1; c 6 TAP held 1", borrow: "1:a 2"},
		"only what is still wanted is borrowed": {
			want: "TAP 5, PIPE 1", sites: "a 1 TAP lend 3; b 5 TAP held 3 PIPE held 1", legs: "1:b 3, 2:b 1", borrow: "1:a 2"},
		"a site that is in the plan already lends first": {
			want: "TAP 2, PIPE 1", sites: "a 1 PIPE lend 5; b 5 TAP held 2 PIPE lend 1", legs: "1:b 2", borrow: "2:b 1"},
		"one SKU on two lines is one claim": {
			want: "TAP 2, TAP 2", sites: "a 1 TAP held 3", legs: "1:a 2, 2:a 1", short: "2 TAP 1"},
		"a whole line goes before a part": {
			want: "TAP 5, TAP 3", sites: "a 1 TAP held 3", legs: "2:a 3", short: "1 TAP 5"},
		"whole means all or nothing": {
			want: "TAP 2, PIPE 1", sites: "a 1 TAP held 2", whole: true, short: "2 PIPE 1"},
		"only one site is asked where it must be that one": {
			want: "TAP 2", sites: "a 1 TAP held 2; b 2 TAP held 1", only: "b", legs: "1:b 1", short: "1 TAP 1"},
		"a site that became needless is left out": {
			want: "A 1, B 1, C 1, D 1", sites: "x 1 B held 1 C held 1; y 2 A held 1 B held 1; z 3 C held 1 D held 1",
			legs: "1:y 1, 2:y 1, 3:z 1, 4:z 1"},
		"what nobody has is short": {
			want: "TAP 2", sites: "a 1 PIPE held 2", short: "1 TAP 2"},
		"what is below zero is nothing": {
			want: "TAP 2", sites: "a 1 TAP held -3", short: "1 TAP 2"},
	} {
		t.Run(name, func(t *testing.T) {
			plan, _ := allocate.Make(allocate.Want{Lines: lines(t, c.want), Only: c.only, Whole: c.whole}, sites(t, c.sites))
			var short []string
			for _, n := range plan.Short {
				short = append(short, fmt.Sprintf("%d %s %d", n.Line, n.SKU, n.Qty))
			}
			got := [3]string{show(plan.Legs), show(plan.Borrow), strings.Join(short, ", ")}
			if want := [3]string{c.legs, c.borrow, c.short}; got != want {
				t.Errorf("got legs, borrow, short %q, want %q", got, want)
			}
		})
	}
}

func TestAnExplanationNamesTheChosenAndTheRunnerUp(t *testing.T) {
	cs := sites(t, "a 1 TAP held 2; b 2 TAP held 2; c 3 TAP lend 4")
	cs = append(cs, allocate.Candidate{Site: "d", Rank: 4, Why: "offline since 10:42"})
	_, e := allocate.Make(allocate.Want{Lines: lines(t, "TAP 2")}, cs)
	var got []string
	for _, c := range e.Lines[0].Candidates {
		got = append(got, fmt.Sprintf("%s %d %d: %s", c.Site, c.Promisable, c.Score, c.Why))
	}
	want := []string{
		"a 2 1: chosen for 2: fills 1 of 1 lines alone, rank 1",
		"c 4 1: would have to lend; fills 1 of 1 lines alone, rank 3",
		"b 2 1: not needed: fills 1 of 1 lines alone, rank 2",
		"d 0 0: offline since 10:42",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := e.Lines[0].Chosen, []ledger.Leg{{Site: "a", Qty: 2}}; !slices.Equal(got, want) {
		t.Errorf("chosen: got %v, want %v", got, want)
	}
}

func large(sites, count int) (allocate.Want, []allocate.Candidate) {
	r := rand.New(rand.NewPCG(1, 2))
	w := allocate.Want{}
	for i := range count {
		w.Lines = append(w.Lines, allocate.Need{Line: i + 1, SKU: ledger.SKU(fmt.Sprint("S", i)), Qty: ledger.Qty(1 + r.IntN(20))})
	}
	var cs []allocate.Candidate
	for i := range sites {
		c := allocate.Candidate{Site: ledger.SiteID(fmt.Sprintf("s%02d", i)), Rank: i, Offers: map[ledger.SKU]allocate.Offer{}}
		for k := range count {
			if r.IntN(3) == 0 {
				c.Offers[ledger.SKU(fmt.Sprint("S", k))] = allocate.Offer{Held: ledger.Qty(r.IntN(15)), Borrow: ledger.Qty(r.IntN(5))}
			}
		}
		cs = append(cs, c)
	}
	return w, cs
}

func TestTheLargestPlanStaysWithinItsBounds(t *testing.T) {
	w, cs := large(50, ledger.LinesMax)
	plan, e := allocate.Make(w, cs)
	if n := len(plan.Legs) + len(plan.Borrow); n > allocate.LegsMax || n == 0 {
		t.Errorf("got %d legs, want 1 to %d", n, allocate.LegsMax)
	}
	n := 0
	for _, l := range e.Lines {
		n += len(l.Candidates)
		if len(l.Candidates) > allocate.CandidatesPerLine {
			t.Fatalf("line %d: got %d candidates, want at most %d", l.Line, len(l.Candidates), allocate.CandidatesPerLine)
		}
	}
	if n > allocate.CandidatesMax {
		t.Errorf("got %d candidates, want at most %d", n, allocate.CandidatesMax)
	}
}
