package machine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A shelf is a warehouse whose head office is of an older build, with the journal store of a server beside it.
type shelf struct {
	*audit
	frames []machine.StoredFrame
}

func newShelf(t testing.TB) *shelf {
	b := newBench(t)
	b.m = machine.New()
	b.ok(&machine.Bootstrap{Random: [16]byte{9}, At: at})
	b.site("hull", false)
	s := &shelf{audit: &audit{b, ledger.NewAuditor("hull"), "hull"}}
	b.receive("hull", 5, "TAP-22")
	s.push()
	return s
}

// push tells head office what the site has done, and keeps what it stores.
func (s *shelf) push() {
	s.t.Helper()
	for _, f := range s.ok(s.cut("hull")).Frames {
		s.frames = append(s.frames, f)
		if err := s.Frame(bytes.Clone(f.Bytes)); err != nil {
			s.t.Fatalf("audit: %v", err)
		}
	}
}

// serves lets the site carry out what is queued to it.
func (s *shelf) serves() {
	s.t.Helper()
	for _, c := range s.m.Commands("hull", s.cores["hull"].State.Commands.Number, 100) {
		s.decides("hull", &ledger.Obey{Command: c})
	}
	s.push()
}

// loses writes off q units, in an entry of a kind that the first build does not know.
func (s *shelf) loses(q ledger.Qty) {
	s.t.Helper()
	s.decides("hull", &ledger.Adjust{Reason: "stolen", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -q}}})
	s.push()
}

func (s *shelf) hull() *machine.Site {
	site, _ := s.m.Site("hull")
	return site
}

// again is an Unpark of the stored frames from the one that holds entry after+1 on, n at most.
func (s *shelf) again(after ledger.Seq, n int) *machine.Unpark {
	c := &machine.Unpark{Site: "hull", At: at}
	for _, f := range s.frames {
		if f.Last > after && len(c.Frames) < n {
			c.Frames = append(c.Frames, f.Bytes)
		}
	}
	return c
}

func (s *shelf) raise() { s.ok(&machine.Raise{Kind: ledger.KindLast, At: at}) }

// ends has the site attest: its balances must be those that head office has folded, and nothing parked.
func (s *shelf) ends() {
	s.t.Helper()
	s.decides("hull", &ledger.Attest{})
	s.push()
	if site := s.hull(); site.Parked != "" || site.Folded != site.Stored.Seq || slices.Contains(s.exceptions(), "attest_differs") {
		s.t.Errorf("got parked %q, folded %d of %d, exceptions %q, want all of it folded as the book has it", site.Parked, site.Folded, site.Stored.Seq, s.exceptions())
	}
	if got, want := s.State.Digest(), s.cores["hull"].State.Digest(); got != want {
		s.t.Errorf("audit: got balances %x, want %x as the book has them", got, want)
	}
	for _, e := range s.m.Exceptions(100) {
		if e.What == "parked" && !e.Resolved.Done() {
			s.t.Errorf("got the exception %q open, want it resolved", e.Why)
		}
	}
}

// While a stream is parked head office sells what it held, and the site serves it: the entries that answer
// stand behind the one that is not known. Read on, each counts once, and what is pushed then is folded at once.
func TestWhatWasParkedIsCountedOnceItsKindIsKnown(t *testing.T) {
	s := newShelf(t)
	s.receive("hull", 4, "TAP-22") // in one frame with the loss behind it
	s.loses(1)
	s.receive("hull", 2, "TAP-22")
	s.push()
	if got := s.sells("hull"); got != 9 {
		t.Fatalf("got %d sold while parked, want the 9 of before", got)
	}
	s.serves()
	if s.hull().Parked == "" || s.hull().Ack.Number != 0 {
		t.Fatalf("got parked %q and %d answers, want none read", s.hull().Parked, s.hull().Ack.Number)
	}
	if s.ok(s.again(s.hull().Folded, 100)); s.hull().Parked == "" || len(s.exceptions()) != 1 {
		t.Errorf("got parked %q, exceptions %q, want it as it was: the kind is not raised", s.hull().Parked, s.exceptions())
	}
	s.raise()
	s.ok(s.again(s.hull().Folded, 100))
	if st, _ := s.m.Stock("hull", "TAP-22"); st.Held != 1 || st.Drawn != 0 || st.Level.Reserved != 9 || s.hull().Ack.Number != 9 {
		t.Errorf("got %+v and %d answers, want 1 of 10 held, 9 reserved, all 9 answered", st, s.hull().Ack.Number)
	}
	if s.receive("hull", 2, "TAP-22"); s.hull().Parked == "" {
		s.push()
	}
	if st, _ := s.m.Stock("hull", "TAP-22"); st.Held != 3 {
		t.Errorf("got %d held, want the 2 that came in since counted at once", st.Held)
	}
	s.ends()
}

// The leader brings it in pieces. A piece may be proposed twice by two leaders, or a server may start from a
// snapshot in between; pushes come meanwhile. Every server that applies the log has one state.
func TestAParkedStreamIsReadOnInPieces(t *testing.T) {
	s := newShelf(t)
	s.loses(2)
	for q := range ledger.Qty(6) {
		s.receive("hull", q+1, "TAP-22")
		s.push()
	}
	s.raise()
	follower, err := machine.Restore(bytes.NewReader(encode(t, s.m)))
	if err != nil {
		t.Fatal(err)
	}
	do := func(c machine.Command) machine.Result {
		t.Helper()
		follower.Apply(machine.Marshal(c))
		res := s.apply(c)
		if again, err := machine.Restore(bytes.NewReader(encode(t, follower))); err != nil || !bytes.Equal(encode(t, again), encode(t, s.m)) {
			t.Fatalf("after %T: a server that starts from its snapshot has another state (%v)", c, err)
		} else {
			follower = again
		}
		return res
	}
	first := s.again(s.hull().Folded, 2)
	for range 2 { // one of them of a leader that was not sure of it
		if res := do(first); res.Err != nil || s.hull().Parked == "" || s.hull().Folded >= s.hull().Stored.Seq {
			t.Fatalf("got %v, parked %q, folded %d of %d, want a piece of it folded", res.Err, s.hull().Parked, s.hull().Folded, s.hull().Stored.Seq)
		}
	}
	held := func() ledger.Qty { st, _ := s.m.Stock("hull", "TAP-22"); return st.Held }
	if got := held(); got != 4 { // 5 - 2 + 1
		t.Errorf("got %d held after one piece, want 4", got)
	}
	s.receive("hull", 9, "TAP-22")
	p := s.cut("hull")
	s.frames = append(s.frames, do(p).Frames...)
	if got := held(); got != 4 || s.hull().Parked == "" {
		t.Errorf("got %d held and parked %q, want what is pushed meanwhile kept and not folded", got, s.hull().Parked)
	}
	if res := do(&machine.Unpark{Site: "hull", Frames: s.again(s.hull().Folded, 9).Frames[1:], At: at}); !errors.Is(res.Err, machine.ErrConflict) || held() != 4 {
		t.Errorf("with a gap: got %v, %d held, want %v", res.Err, held(), machine.ErrConflict)
	}
	for n := 0; s.hull().Parked != ""; n++ {
		if do(s.again(s.hull().Folded, 2)); n > 9 {
			t.Fatal("it does not come to an end")
		}
	}
	if got := held(); got != 33 { // 5 - 2 + 21 + 9
		t.Errorf("got %d held, want 33", got)
	}
	if before := held(); do(first).Err != nil || held() != before {
		t.Errorf("a piece that comes late: got %d held, want %d", held(), before)
	}
	if err := s.Frame(bytes.Clone(p.Frames[0])); err != nil {
		t.Errorf("audit: %v", err)
	}
	s.ends()
}

// Only one of two kinds is raised. The stream goes on up to the other, and is parked there under an exception of
// its own; the first one is closed.
func TestAStreamIsParkedAgainAtAKindThatIsNotKnownYet(t *testing.T) {
	s := newShelf(t)
	s.loses(1) // kind 15
	s.receive("hull", 4, "TAP-22")
	s.push()
	unknown := next(s.hull(), stored(s.hull(), &ledger.Entry{Kind: ledger.KindLast + 1, Body: &ledger.UnknownBody{Raw: []byte{0xc0}}}), goods(s.hull(), 1, 7))
	s.frames = append(s.frames, s.ok(unknown).Frames...)
	s.raise()
	for range 2 {
		if res := s.ok(s.again(s.hull().Folded, 100)); res.Err != nil {
			t.Fatal(res.Err)
		}
		st, _ := s.m.Stock("hull", "TAP-22")
		if s.hull().Parked == "" || s.hull().Folded != s.hull().Stored.Seq-2 || st.Held != 8 {
			t.Errorf("got parked %q, folded %d of %d, %d held, want it read up to the next unknown one", s.hull().Parked, s.hull().Folded, s.hull().Stored.Seq, st.Held)
		}
	}
	open := s.m.Exceptions(10)
	if len(open) != 2 || open[0].Resolved.Done() || open[0].Seq != s.hull().Folded+1 || !open[1].Resolved.Done() {
		t.Errorf("got %+v, want the first exception closed and one for the second", open)
	}
}

// What is not stored here is not folded, whoever proposes it.
func TestOnlyWhatIsStoredIsReadOn(t *testing.T) {
	s := newShelf(t)
	s.loses(1)
	s.receive("hull", 4, "TAP-22")
	s.push()
	s.bench.site("york", false)
	york := s.ok(s.cut("york")).Frames
	s.raise()
	hull := s.hull()
	last := s.frames[len(s.frames)-2]
	f, err := ledger.DecodeFrame(last.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	before := f.End()
	hullAt := func(p ledger.Position) *machine.Site {
		return &machine.Site{ID: "hull", SiteAbout: &machine.SiteAbout{Epoch: hull.Epoch, Stored: p}}
	}
	forged := next(hullAt(before), goods(hullAt(before), 0, 90))
	beyond := next(hull, goods(hull, 0, 90))
	all := s.again(hull.Folded, 100).Frames
	for name, frames := range map[string][][]byte{
		"another entry at its place": append(slices.Clone(all[:len(all)-1]), forged.Frames...),
		"of another site":            {york[0].Bytes},
		"not stored yet":             append(slices.Clone(all), beyond.Frames...),
		"damaged":                    {append(bytes.Clone(all[0][:len(all[0])-1]), all[0][len(all[0])-1]^1)},
		"out of order":               {all[0], all[0]},
	} {
		res := s.apply(&machine.Unpark{Site: "hull", Frames: frames, At: at})
		if !errors.Is(res.Err, machine.ErrConflict) || s.hull().Folded != hull.Folded || s.hull().Parked == "" {
			t.Errorf("%s: got %v, folded %d, want %v and nothing folded", name, res.Err, s.hull().Folded, machine.ErrConflict)
		}
	}
	if res := s.apply(&machine.Unpark{Site: "leeds", At: at}); !errors.Is(res.Err, machine.ErrSiteUnknown) {
		t.Errorf("got %v, want %v", res.Err, machine.ErrSiteUnknown)
	}
	s.ok(&machine.Unpark{Site: "hull", At: at})
	s.ok(s.again(hull.Folded, 100))
	s.ends()
}

// Head office went back in time, and the book of a parked site was made anew, before its entries were read:
// a command that one of them answers has been given again since. It is carried out once, and counts once;
// and the attest of the book before does not thaw the one that is being made.
func TestAParkedSiteWhoseBookWasMadeAnewCountsItsAnswersOnce(t *testing.T) {
	s := newShelf(t)
	s.loses(1)
	s.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
	s.serves() // stored, and not read
	s.goesBack(encode(t, s.m))
	anew := func() {
		t.Helper()
		res := s.ok(s.asksAnew("hull"))
		if res.Verdict != wire.VerdictOK {
			t.Fatalf("got %s: %s, want an epoch", res.Verdict, res.Why)
		}
		s.decides("hull", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Rebuilt: true}})
		if s.cores["hull"].State.HQ != res.H {
			s.decides("hull", &ledger.AdoptHQ{H: res.H})
		}
		s.push()
	}
	anew()
	s.serves()
	s.decides("hull", &ledger.Attest{})
	s.push()
	anew()
	s.raise()
	s.ok(s.again(s.hull().Folded, 100))
	if !s.hull().Rebuilding || s.hull().Frozen == "" || s.hull().Parked != "" {
		t.Errorf("got rebuilding %t, frozen %q, parked %q, want it read, and frozen until the new book has attested", s.hull().Rebuilding, s.hull().Frozen, s.hull().Parked)
	}
	s.ends()
	s.serves()
	o, _ := s.m.Order(orderA)
	st, _ := s.m.Stock("hull", "TAP-22")
	if len(o.Legs) != 1 || o.Legs[0].State != machine.LegReserved || st.Held != 2 || st.Level.Reserved != 2 || s.hull().Frozen != "" {
		t.Errorf("got legs %+v, %+v, frozen %q, want one leg of 2 reserved, 2 held, thawed", o.Legs, st, s.hull().Frozen)
	}
}

// FuzzUnpark: whatever stands in what was parked, the machine stands when it is read on.
func FuzzUnpark(f *testing.F) {
	s := newShelf(f)
	s.loses(1)
	s.receive("hull", 1, "TAP-22")
	s.push()
	for _, frame := range s.frames {
		d, err := ledger.DecodeFrame(frame.Bytes)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range d.Entries {
			f.Add(e)
		}
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		s := newShelf(t)
		s.loses(1)
		s.frames = append(s.frames, s.ok(next(s.hull(), entry)).Frames...)
		s.raise()
		s.ok(s.again(s.hull().Folded, 100))
		if s.hull().Parked == "" && s.hull().Folded != s.hull().Stored.Seq {
			t.Fatalf("folded %d of %d", s.hull().Folded, s.hull().Stored.Seq)
		}
	})
}
