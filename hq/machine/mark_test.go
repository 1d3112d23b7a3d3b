package machine_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A lostLife is one that heard of some warehouses only; for the others the line was down.
type lostLife struct {
	heard string
	acts  []func(*bench)
}

// A journals keeps what sites have told, so that another life can be told again.
type journals struct {
	*bench
	pushes map[ledger.SiteID][]*machine.Push
	hours  time.Duration // until the last life began
}

// restored begins another life of a backup. Each has a moment of its own, and so a number.
func (j *journals) restored(of []byte) {
	m, err := machine.Restore(bytes.NewReader(of))
	if err != nil {
		j.t.Fatal(err)
	}
	j.m, j.hours = m, j.hours+time.Hour
	j.ok(&machine.Reincarnate{Random: [16]byte{7, byte(j.hours / time.Hour)}, Why: "restored", At: at.Add(j.hours), Apart: true})
}

func (j *journals) pushesOn(id ledger.SiteID) {
	p := j.cut(id)
	j.pushes[id] = append(j.pushes[id], p)
	j.ok(p)
}

// returns has a site tell a new life what that has forgotten, and attest.
func (j *journals) returns(id ledger.SiteID) {
	res := j.ok(j.hello(id))
	for _, p := range j.pushes[id] {
		if s, _ := j.m.Site(id); p.Head.Seq > s.Stored.Seq {
			j.ok(p)
		}
	}
	j.decides(id, &ledger.AdoptHQ{H: res.H})
	j.pushesOn(id)
	j.decides(id, &ledger.Attest{})
	j.pushesOn(id)
}

func (j *journals) obeysOn(id ledger.SiteID) {
	for _, c := range j.m.Commands(id, j.cores[id].State.Commands.Number, 100) {
		j.decides(id, &ledger.Obey{Command: c})
	}
	j.pushesOn(id)
}

// lives has a life come of the backup, do its acts with the sites that it hears, and gives a backup of its end.
func (j *journals) lives(l lostLife, of []byte, again bool) []byte {
	heard := strings.Fields(l.heard)
	if again {
		j.restored(of)
		for _, id := range append([]string{"leeds"}, heard...) {
			j.returns(ledger.SiteID(id))
		}
		for _, s := range j.m.Sites() {
			if j.m.Awaited(s) {
				j.ok(&machine.Waive{Site: s.ID, By: "olga", Reason: "the line is down", At: at})
			}
		}
	}
	for _, act := range l.acts {
		act(j.bench)
		for _, id := range heard {
			j.obeysOn(ledger.SiteID(id))
		}
	}
	return encode(j.t, j.m)
}

func filledFrom(site string) func(*bench) {
	return func(b *bench) { b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 " + site + " 3"), At: at}) }
}

func amendedTo(q ledger.Qty, legs ...string) func(*bench) {
	return func(b *bench) {
		b.ok(&machine.Amend{Order: orderA, Version: b.m.VersionOf(orderA), Key: digest(fmt.Sprint("amend", q)), Request: digest("a"),
			Lines: []machine.AmendLine{{Line: 1, Qty: q}}, Legs: plan(legs...), At: at})
	}
}

// anotherInstead gives the line up, and adds one.
func anotherInstead(b *bench) {
	b.ok(&machine.Amend{Order: orderA, Version: b.m.VersionOf(orderA), Key: digest("instead"), Request: digest("a"),
		Lines: []machine.AmendLine{{Line: 1}, {SKU: "TAP-22", Qty: 1}}, At: at})
}

func lineAdded(leg string) func(*bench) {
	return func(b *bench) {
		b.ok(&machine.Amend{Order: orderA, Version: b.m.VersionOf(orderA), Key: digest("line"), Request: digest("a"), Lines: []machine.AmendLine{{SKU: "TAP-22", Qty: 2}}, Legs: plan(leg), At: at})
	}
}

func givenUp(site ledger.SiteID) func(*bench) {
	return func(b *bench) { b.ok(&machine.DeclareLost{Site: site, By: "olga", Reason: "burnt down", At: at}) }
}

// A lost life may have served an order from elsewhere, because a site was given up or did not answer. Then sites hold more than the order
// wants, and nobody has amended it. Only where a reservation says that it is for another version an amendment is forgotten.
func TestWhatLostLivesServedTwiceIsLetGo(t *testing.T) {
	acts := func(acts ...func(*bench)) []func(*bench) { return acts }
	first := lostLife{"hull york bath", acts(filledFrom("hull"))}
	for name, row := range map[string]struct {
		lives          []lostLife // each of the first backup, and of which the last had another one at its end if it lasts
		lasts          bool
		older          int    // what builds agree on at first, if not on all
		want           string // of an order for 3 TAP-22 that wait
		twice, amended string // how it is told; "" where it is not
	}{
		"a site was given up":      {lives: []lostLife{first, {"york", acts(givenUp("hull"), filledFrom("york"))}}, want: "3 TAP-22 3+0", twice: "reserved 6, it wants 3"},
		"two lives, two sites":     {lives: []lostLife{first, {"york", acts(filledFrom("york"))}}, want: "3 TAP-22 3+0", twice: "reserved 6, it wants 3"},
		"three lives, three sites": {lives: []lostLife{first, {"york", acts(filledFrom("york"))}, {"bath", acts(filledFrom("bath"))}}, want: "3 TAP-22 3+0", twice: "reserved 9, it wants 3"},
		"one of them had it amended": {lives: []lostLife{{first.heard, acts(filledFrom("hull"), amendedTo(5, "1 TAP-22 york 2"))}, {"bath", acts(filledFrom("bath"))}},
			want: "5 TAP-22 5+0", twice: "reserved 8, it wants 5", amended: "line 1 wants 5 TAP-22, and not 3"},
		"two lives had it amended": {lives: []lostLife{{first.heard, acts(filledFrom("hull"), amendedTo(5, "1 TAP-22 york 2"))}, {"bath", acts(amendedTo(5, "1 TAP-22 bath 2"))}},
			want: "5 TAP-22 5+0", twice: "reserved 7, it wants 5", amended: "line 1 wants 5 TAP-22, and not 3"},
		"the later life had it amended to less": {lives: []lostLife{{first.heard, acts(filledFrom("hull"), amendedTo(6, "1 TAP-22 york 3"))}, {"bath", acts(amendedTo(4, "1 TAP-22 bath 1"))}},
			want: "4 TAP-22 4+0", twice: "reserved 7, it wants 4", amended: "line 1 wants 4 TAP-22, and not 3"},
		"two lives added a line": {lives: []lostLife{{first.heard, acts(filledFrom("hull"), lineAdded("2 TAP-22 york 2"))}, {"bath", acts(lineAdded("2 TAP-22 bath 2"))}},
			want: "3 TAP-22 3+0, 2 TAP-22 2+0", twice: "of line 2 its sites have reserved 4, it wants 2", amended: "line 2 is new, for 2 TAP-22"},
		"the line is given up since": {lives: []lostLife{first, {"", acts(anotherInstead)}}, lasts: true, want: "given up, 1 TAP-22 0+1", twice: "reserved 3, it wants 0"},
		"it wants less since":        {lives: []lostLife{first, {"", acts(amendedTo(2))}}, lasts: true, want: "2 TAP-22 2+0", twice: "reserved 3, it wants 2"},
		"as it was amended":          {lives: []lostLife{{"", acts(amendedTo(4))}, {"hull", acts(amendedTo(4), filledFrom("hull"))}}, lasts: true, want: "4 TAP-22 3+1"},
		"older builds do not say":    {lives: []lostLife{first, {"york", acts(filledFrom("york"))}}, older: machine.AgreeCommands, want: "6 TAP-22 6+0", amended: "line 1 wants 6 TAP-22, and not 3"},
		"an older build's and this one's": {lives: []lostLife{first, {"york", acts((*bench).agrees, filledFrom("york"))}, {"", acts((*bench).agrees)}}, lasts: true, older: machine.AgreeCommands,
			want: "6 TAP-22 6+0", amended: "line 1 wants 6 TAP-22, and not 3"},
	} {
		for _, sites := range [][]ledger.SiteID{{"hull", "york", "bath"}, {"bath", "york", "hull"}} {
			t.Run(fmt.Sprint(name, ", ", sites[0], " first"), func(t *testing.T) {
				j := &journals{bench: company(t, "hull", "york", "bath"), pushes: map[ledger.SiteID][]*machine.Push{}}
				j.ok(&machine.Agree{Commands: cmp.Or(row.older, machine.ThisBuild().Commands), At: at})
				j.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Request: digest("k"), At: at})
				backup, last := encode(t, j.m), []byte(nil)
				for i, life := range row.lives {
					last = j.lives(life, backup, i > 0)
				}
				if !row.lasts {
					last = backup
				}
				j.restored(last)
				known := j.m.VersionOf(orderA)
				for _, id := range append(slices.Clone(sites), "leeds") {
					j.returns(id)
				}
				if got := j.wishOf(orderA); got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
				for what, words := range map[string]string{"reserved_twice": row.twice, "amended_before": row.amended} {
					if es := j.raised(what); len(es) != min(1, len(words)) || len(es) == 1 && (es[0].Order != orderA || es[0].Owner == "" || !strings.Contains(es[0].Why, words)) {
						t.Errorf("%s: got %+v, want %q told", what, es, words)
					}
				}
				if same := j.m.VersionOf(orderA) == known; same != (row.amended == "") {
					t.Errorf("the version is the same: %t, want another one where an amendment is learnt", same)
				}
				for _, id := range sites {
					j.talk(id)
				}
				j.audit()
			})
		}
	}
}
