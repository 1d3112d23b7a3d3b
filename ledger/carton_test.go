package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// sscc is the number of a carton by its letter.
func sscc(name string) gs1.SSCC {
	n, err := gs1.NewSSCC(3, "5012345", uint64(name[0]))
	if err != nil {
		panic(err)
	}
	return n
}

// into is a carton with so many units of line 1.
func into(name string, q ledger.Qty) ledger.Carton {
	c := ledger.Carton{SSCC: sscc(name)}
	if q > 0 {
		c.Lines = []ledger.CartonLine{{Line: 1, Qty: q}}
	}
	return c
}

// boxed does a deed with cartons of order o1.
func (s *stage) boxed(r ledger.WorkLeg) string {
	r.Order = oid("o1")
	return verdict(s.do(&r))
}

func deed(d ledger.Deed, q ledger.Qty, boxes ...string) ledger.WorkLeg {
	r := ledger.WorkLeg{Deed: d, Reason: "nobody in", Return: ledger.ReturnID(oid(fmt.Sprint("back", d, q, boxes)))}
	if q > 0 {
		r.Lines = []ledger.LegLine{{Line: 1, Qty: q}}
	}
	for _, name := range boxes {
		r.Boxes = append(r.Boxes, sscc(name))
	}
	return r
}

// cartons says what lies in which carton of a part, by stage.
func (s *stage) cartons(name string) string {
	p, ok := ledger.PartOf(s.core.State, oid(name))
	if !ok {
		return "nothing"
	}
	out := ""
	for _, c := range p.Cartons {
		for _, letter := range "ABCDEFGH" {
			if sscc(string(letter)) == c.SSCC {
				out += string(letter)
			}
		}
		for _, l := range c.Lines {
			out += fmt.Sprintf(" %d:%d", l.Line, l.Qty)
		}
		if c.At != ledger.StagePacked {
			out += " " + c.At.String()
		}
		out += "; "
	}
	return strings.TrimSuffix(out, "; ")
}

// Units are packed into cartons, laid elsewhere before they leave, and leave carton by carton; what could not be delivered comes back with its carton.
func TestCartonsArePackedSentAndComeBack(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 9
		deliver o1 TAP-22 9 => allocated
		pick    o1 8 0      => leg_picked`)
	pack := func(into ...ledger.Carton) ledger.WorkLeg { return ledger.WorkLeg{Deed: ledger.DeedPack, Into: into} }
	for _, c := range []struct {
		name string
		do   ledger.WorkLeg
		want string
		lies string
	}{
		{"more than is picked", pack(into("A", 5), into("B", 4)), "line 1: 9 of TAP-22 are named, 8 are picked and not packed yet. Pick them first", ""},
		{"in two", pack(into("A", 3), into("B", 2)), "leg_prepared", "A 1:3; B 1:2"},
		{"beside what is in it", pack(into("A", 1)), "leg_prepared", "A 1:4; B 1:2"},
		{"loose", deed(ledger.DeedPack, 1), "leg_prepared", "A 1:4; B 1:2"},
		{"twice named", pack(into("A", 1), into("A", 1)), "cartons name " + string(sscc("A")) + " twice", "A 1:4; B 1:2"},
		{"from one into another", ledger.WorkLeg{Deed: ledger.DeedRepack, Out: sscc("A"), Into: []ledger.Carton{into("C", 0)}, Lines: []ledger.LegLine{{Line: 1, Qty: 2}}}, "leg_prepared", "A 1:2; B 1:2; C 1:2"},
		{"more than is in it", ledger.WorkLeg{Deed: ledger.DeedRepack, Out: sscc("A"), Lines: []ledger.LegLine{{Line: 1, Qty: 3}}},
			"line 1: 3 of TAP-22 are named, 2 are there to be laid elsewhere. Look at what the carton holds (holdfast carton show)", "A 1:2; B 1:2; C 1:2"},
		{"unpacked", ledger.WorkLeg{Deed: ledger.DeedRepack, Out: sscc("B")}, "leg_prepared", "A 1:2; C 1:2"},
		{"of nothing", ledger.WorkLeg{Deed: ledger.DeedRepack, Out: sscc("B")}, "this part of the order has no carton " + string(sscc("B")) + " that it can be done with. It may be another order's, or have left: look it up (holdfast carton show)", "A 1:2; C 1:2"},
		{"an emptied carton is used up", pack(into("B", 1)), "this part of the order has no carton " + string(sscc("B")) + " that it can be done with. It may be another order's, or have left: look it up (holdfast carton show)", "A 1:2; C 1:2"},
		{"what lies in cartons, by lines", deed(ledger.DeedDispatch, 4),
			"line 1: 4 of TAP-22 are named, 3 are in no carton. The rest lies in " + string(sscc("A")) + ", " + string(sscc("C")) + ": name the cartons that are meant", "A 1:2; C 1:2"},
		{"one carton", deed(ledger.DeedDispatch, 0, "A"), "leg_handed_over", "A 1:2 on the way; C 1:2"},
		{"it again", deed(ledger.DeedDispatch, 0, "A"), "this part of the order has no carton " + string(sscc("A")) + " that it can be done with. It may be another order's, or have left: look it up (holdfast carton show)", "A 1:2 on the way; C 1:2"},
		{"all that is packed", deed(ledger.DeedDispatch, 0), "leg_handed_over", "A 1:2 on the way; C 1:2 on the way"},
		{"one is not delivered", deed(ledger.DeedFail, 0, "C"), "leg_followed", "A 1:2 on the way; C 1:2 undelivered"},
		{"and comes back", deed(ledger.DeedComeBack, 0), "received", "A 1:2 on the way"},
		{"the rest is delivered", deed(ledger.DeedDeliver, 0), "leg_followed", ""},
	} {
		check(t, c.name, s.boxed(c.do), c.want)
		check(t, c.name+": cartons", s.cartons("o1"), c.lies)
	}
	s.play(`
		part  o1     => picking shelf=1 picked=1 delivered=5 came_back=2
		order o1     => allocated here=2 taken=7 away=0 waits=0`)
	if err := s.core.State.CheckWork(); err != nil {
		t.Error(err)
	}
}

// What an order counts on no more lies in its carton until somebody takes it out, and the carton does not leave with it.
func TestACartonLeavesWithoutWhatIsToBePutBack(t *testing.T) {
	s := newStage(t, "hull", false)
	s.play(`
		receive TAP-22 5
		obey reserve o1 TAP-22 5 => done
		pick    o1 5 0           => leg_picked`)
	check(t, "pack", s.boxed(ledger.WorkLeg{Deed: ledger.DeedPack, Into: []ledger.Carton{into("A", 3), into("B", 2)}}), "leg_prepared")
	s.play(`obey release o1 TAP-22 3 => done`)
	check(t, "cartons", s.cartons("o1"), "A 1:3; B 1:2")
	both := string(sscc("A")) + ", " + string(sscc("B"))
	check(t, "dispatch", s.boxed(deed(ledger.DeedDispatch, 0)), "line 1: 5 of TAP-22 lie in cartons, and 2 are to leave: the order counts on no more, or they wait for the customer. Take the rest out of "+both+" and put it back first")
	check(t, "one", s.boxed(deed(ledger.DeedDispatch, 0, "A")), "line 1: 3 of TAP-22 lie in cartons, and 2 are to leave: the order counts on no more, or they wait for the customer. Take the rest out of "+both+" and put it back first")
	check(t, "put back out of which", s.boxed(deed(ledger.DeedPutBack, 0)), "line 1: 3 of TAP-22 are named, 0 are in no carton. The rest lies in "+both+": name the cartons that are meant")
	back := deed(ledger.DeedPutBack, 0)
	back.Out = sscc("A")
	check(t, "put back", s.boxed(back), "leg_put_back")
	check(t, "cartons", s.cartons("o1"), "B 1:2")
	check(t, "dispatch", s.boxed(deed(ledger.DeedDispatch, 0)), "leg_handed_over")
	check(t, "cartons", s.cartons("o1"), "B 1:2 on the way")
	if err := s.core.State.CheckWork(); err != nil {
		t.Error(err)
	}
}

// A number is given once: by a book in one epoch, by its next epoch, and also where somebody has written one by hand.
func TestACartonsNumberIsGivenOnce(t *testing.T) {
	numbers := ledger.CartonNumbers{Prefix: "5012345", Range: "07"}
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 9
		deliver o1 TAP-22 9 => allocated
		pick    o1 9 0      => leg_picked`)
	second, err := numbers.SSCC(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	byHand := into("A", 1)
	byHand.SSCC = second
	var got []gs1.SSCC
	for _, c := range []ledger.Carton{{Lines: []ledger.CartonLine{{Line: 1, Qty: 1}}}, byHand, {Lines: []ledger.CartonLine{{Line: 1, Qty: 1}}}, {Lines: []ledger.CartonLine{{Line: 1, Qty: 1}}}} {
		out := s.do(&ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedPack, Into: []ledger.Carton{c}, Numbers: numbers})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		got = append(got, out.Entry.Body.(*ledger.WorkBody).Boxes[0].SSCC)
	}
	var want []gs1.SSCC
	for _, n := range []uint64{1, 2, 3, 4} {
		w, _ := numbers.SSCC(1, n)
		want = append(want, w)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if out := s.do(&ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedPack, Into: []ledger.Carton{{}}}); out.Err == nil || !strings.Contains(out.Err.Error(), "cartons need a number: say the carton's SSCC") {
		t.Errorf("got %v, want a number asked for", out.Err)
	}
}

// No two epochs of any site share a number, and each is a sound SSCC under the site's prefix.
func TestEachEpochHasNumbersOfItsOwn(t *testing.T) {
	seen := map[gs1.SSCC]string{}
	for _, site := range []string{"07", "08"} {
		numbers := ledger.CartonNumbers{Prefix: "5012345", Range: site}
		for epoch := ledger.Epoch(1); epoch <= 40; epoch++ {
			for nth := uint64(1); nth <= 200; nth++ {
				n, err := numbers.SSCC(epoch, nth)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := gs1.ParseSSCC(string(n)); err != nil || string(n)[1:10] != "5012345"+site {
					t.Fatalf("got %s, %v, want an SSCC of 5012345%s", n, err, site)
				}
				who := fmt.Sprint(site, " ", epoch, " ", nth)
				if first, twice := seen[n]; twice {
					t.Fatalf("%s is number %s and %s", n, first, who)
				}
				seen[n] = who
			}
		}
	}
	small := ledger.CartonNumbers{Prefix: "501234567890"}
	most := uint64(0)
	for ; ; most++ {
		if _, err := small.SSCC(4, most+1); err != nil {
			if !strings.Contains(err.Error(), "used up the numbers that epoch 4 of this site has under the prefix 501234567890: give its node another range") {
				t.Errorf("got %v, want it said what can be done", err)
			}
			break
		}
	}
	if most != 100_000/32 {
		t.Errorf("got %d numbers, want one of 32", most)
	}
	for n, want := range map[ledger.CartonNumbers]string{{Prefix: "12"}: "is not 4 to 12 digits", {Prefix: "5012345", Range: "x"}: "is not digits", {Prefix: "5012345", Range: "123456"}: "at most 12"} {
		if err := n.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", n, err, want)
		}
	}
}

// Any sequence of picks, short picks, packing, repacking, dispatches, failures and repeats leaves each unit in one carton at most, as a small model has it.
func TestCartonsAreAsAModelHasThem(t *testing.T) {
	seeds := uint64(3)
	if os.Getenv("HOLDFAST_LONG") == "1" {
		seeds = 500
	}
	for seed := range seeds {
		cartonStory(t, seed)
	}
}

// cartonModel is one line's units, twenty honest lines of them.
type cartonModel struct {
	spare, shelf, picked, loose ledger.Qty            // spare: promised to nobody
	in, gone                    map[string]ledger.Qty // open cartons, and those with the carrier
	used                        map[string]bool
}

func cartonStory(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 6))
	s := newStage(t, "leeds", true)
	s.play("receive TAP-22 40\ndeliver o1 TAP-22 30 => allocated")
	m := &cartonModel{spare: 10, shelf: 30, in: map[string]ledger.Qty{}, gone: map[string]ledger.Qty{}, used: map[string]bool{}}
	for step := range 120 {
		a, b, q := string("ABCDEFGH"[r.IntN(8)]), string("ABCDEFGH"[r.IntN(8)]), ledger.Qty(1+r.IntN(4))
		meta := ledger.Meta{Key: ledger.DigestOf([]byte(fmt.Sprint(seed, step)))}
		req, fits := m.act(r.IntN(6), a, b, q)
		switch w := req.(type) {
		case *ledger.WorkLeg:
			w.Meta = meta
		case *ledger.PickLeg:
			w.Meta = meta
		}
		out := s.do(req)
		if fits != (out.Err == nil) {
			t.Fatalf("seed %d step %d: %+v: got %v, want it to fit: %t (%+v)", seed, step, req, out.Err, fits, m)
		}
		if again := s.do(req); out.Entry != nil && !again.Replayed {
			t.Fatalf("seed %d step %d: a repeat was not answered as the first", seed, step)
		}
		want := ""
		for _, c := range []string{"A", "B", "C", "D", "E", "F", "G", "H"} {
			if m.in[c] > 0 {
				want += fmt.Sprintf("%s 1:%d; ", c, m.in[c])
			} else if m.gone[c] > 0 {
				want += fmt.Sprintf("%s 1:%d on the way; ", c, m.gone[c])
			}
		}
		if got := s.cartons("o1"); got != strings.TrimSuffix(want, "; ") {
			t.Fatalf("seed %d step %d: %+v: got %s, want %s", seed, step, req, got, want)
		}
		if err := s.core.State.CheckWork(); err != nil {
			t.Fatalf("seed %d step %d: %v", seed, step, err)
		}
	}
}

// act does one thing to the model and gives the request of it, with whether it can be done.
func (m *cartonModel) act(what int, a, b string, q ledger.Qty) (ledger.Request, bool) {
	one := []ledger.LegLine{{Line: 1, Qty: q}}
	switch what {
	case 0: // a pick, with one of them short
		ok := m.shelf >= q
		if ok {
			m.shelf, m.picked = m.shelf-q, m.picked+q-1
			if m.spare > 0 { // the order takes another one
				m.spare, m.shelf = m.spare-1, m.shelf+1
			}
		}
		return &ledger.PickLeg{Order: oid("o1"), Lines: []ledger.LegLine{{Line: 1, Qty: q - 1, Short: 1}}}, ok
	case 1:
		ok := m.picked >= q
		if ok {
			m.picked, m.loose = m.picked-q, m.loose+q
		}
		return &ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedPack, Lines: one}, ok
	case 2:
		ok := m.picked+m.loose >= q && (!m.used[a] || m.in[a] > 0)
		if ok {
			n := min(q, m.picked)
			m.picked, m.loose = m.picked-n, m.loose-(q-n)
			m.in[a], m.used[a] = m.in[a]+q, true
		}
		return &ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedPack, Into: []ledger.Carton{into(a, q)}}, ok
	case 3:
		ok := a != b && m.in[a] >= q && (!m.used[b] || m.in[b] > 0)
		if ok {
			m.in[a], m.in[b], m.used[b] = m.in[a]-q, m.in[b]+q, true
		}
		return &ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedRepack, Out: sscc(a), Into: []ledger.Carton{into(b, 0)}, Lines: one}, ok
	case 4:
		ok := m.in[a] > 0
		if ok {
			m.gone[a], m.in[a] = m.in[a], 0
		}
		return &ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedDispatch, Boxes: []gs1.SSCC{sscc(a)}}, ok
	default:
		ok := m.gone[a] > 0
		if ok {
			m.gone[a] = 0
		}
		return &ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedDeliver, Boxes: []gs1.SSCC{sscc(a)}}, ok
	}
}
