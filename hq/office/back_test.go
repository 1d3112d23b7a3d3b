package office_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// disasters is what a storm needs in which head office and sites go back in time.
type disasters struct {
	s       *storm
	store   map[ledger.SiteID][]*ledger.Frame // head office's journal store
	backups []backup
	lives   int
	rewound bool                                  // head office, or a site, was put back or lost its disk
	lost    map[ledger.OrderID]bool               // placed after a backup that was restored: may be gone
	raised  uint64                                // exceptions looked at
	faults  []machine.Exception                   // promises that could not be kept, to be explained
	takings map[ledger.SiteID]map[ledger.SKU]bool // where goods in the hand, or losses, took what was claimed
	touched map[ledger.OrderID]bool               // orders whose claims were displaced or re-sourced
	gone    map[ledger.OrderID]bool               // of these, those whose units an entry says to be gone
	signed  bool                                  // a person has written off what a living site held
}

type backup struct {
	state []byte
	told  map[ledger.OrderID]bool
	store map[ledger.SiteID][]*ledger.Frame
}

// applied keeps what head office stores and what it raises.
func (d *disasters) applied(cmd []byte, res machine.Result) {
	for _, f := range res.Frames {
		frame, err := ledger.DecodeFrame(f.Bytes)
		if err != nil {
			d.s.fail("a stored frame: %v", err)
		}
		d.store[f.Site] = append(slices.Clip(d.store[f.Site]), frame)
	}
	d.story(cmd)
	for n := d.s.m.Counts().Exceptions; d.raised < n; d.raised++ {
		e, ok := d.s.m.Exception(d.raised + 1)
		if !ok {
			continue
		}
		d.s.seen["raised "+e.What]++
		d.s.note("raised %s: %s %s %s: %s", e.What, e.Site, e.SKU, e.Order, e.Why)
		if e.Order != "" && e.What != "refused" {
			d.touched[e.Order] = true
		}
		switch e.What {
		case "leg_refused", "not_held", "overdrawn", "order_id_twice", "refused", "orphan":
			d.faults = append(d.faults, *e)
		case "attest_differs", "does_not_fit", "foreign_hq", "parked", "counter_differs", "hq_behind":
			c, _ := machine.Unmarshal(cmd)
			d.s.fail("%+v after %T", *e, c)
		}
	}
}

// story notes what head office is told of orders.
func (d *disasters) story(cmd []byte) {
	c, _ := machine.Unmarshal(cmd)
	switch c := c.(type) {
	case *machine.Place:
		d.s.note("head office: place %s, legs %v", c.Order.ID, c.Legs)
	case *machine.Fill:
		d.s.note("head office: fill %s, legs %v", c.Order, c.Legs)
	case *machine.Hold:
		d.s.note("head office: hold for %s, legs %v", c.Order, c.Legs)
	case *machine.Push:
		for _, b := range c.Frames {
			f, _ := ledger.DecodeFrame(b)
			es, _ := f.Open()
			for _, e := range es {
				switch b := e.Body.(type) {
				case *ledger.OrderBody:
					d.s.note("pushed: %s %d/%d %s %s %+v", c.Site, e.Epoch, e.Seq, e.Kind, b.Order.ID, b.Order.Lines)
				case *ledger.ObeyedBody:
					d.s.note("pushed: %s %d/%d %s %s of %s for %s %v: refused %q, repeat %t", c.Site, e.Epoch, e.Seq, b.Command.Kind, b.Command.ID, b.Command.Owner, b.Command.Order, b.Command.Lines, b.Refused, b.Repeat)
				}
			}
		}
	}
}

// back is the part of a node that goes back in time.
type back struct {
	quarantined bool // promises nothing: its book is not what it was
	replaced    bool // an operator has sent this node
	written     []fact
	issued      ledger.Cursor
	attest      bool
}

// A fact is an entry as it was first written, in whatever life of the book.
type fact struct {
	origin ledger.Origin
	entry  *ledger.Entry
}

func inHand(req ledger.Request) bool {
	p, ok := req.(*ledger.Place)
	return ok && p.InHand
}

func (n *node) remember(f *ledger.Frame, es []*ledger.Entry) {
	d := n.c.stormy
	for i, e := range es {
		n.written = append(n.written, fact{ledger.Origin{Site: n.id(), Epoch: f.Epoch, Seq: f.First + ledger.Seq(i), Hash: f.Hashes[i]}, e})
		if d != nil {
			d.took(n.id(), e)
		}
	}
}

// took notes what an entry took that nobody had freed.
func (d *disasters) took(site ledger.SiteID, e *ledger.Entry) {
	list := []ledger.Displaced(nil)
	switch b := e.Body.(type) {
	case *ledger.OrderBody:
		if list = b.Displaced; !b.InHand {
			if e.Kind == ledger.KindDisplaced {
				d.touched[b.Order.ID], d.gone[b.Order.ID] = true, true
			}
			return
		}
	case *ledger.AdjustedBody:
		list = b.Displaced
	case *ledger.LateBody:
		list = b.Displaced
		if b.Order != nil {
			d.touched[b.Order.ID] = true
		}
	default:
		return
	}
	for _, p := range list {
		d.touched[p.Order], d.gone[p.Order] = true, true
	}
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Allotted && p.Qty < 0 || p.Account.Kind == ledger.Shortfall {
			d.claimed(site, &ledger.Entry{Postings: []ledger.Posting{p}})
		}
	}
}

// claimed notes that units which others were promised may be gone.
func (d *disasters) claimed(site ledger.SiteID, e *ledger.Entry) {
	if d.takings[site] == nil {
		d.takings[site] = map[ledger.SKU]bool{}
	}
	for _, p := range e.Postings {
		d.takings[site][p.SKU] = true
	}
}

// judged says whether a node may go on after a hello.
func (n *node) judged(w *wire.Welcome) bool {
	n.issued, n.attest = w.Issued, w.Attest
	switch w.Verdict {
	case wire.VerdictOK:
		return true
	case wire.VerdictBehind, wire.VerdictFork, wire.VerdictClosedEpoch, wire.VerdictStranger:
		n.c.note("%s is told %s: %s", n.id(), w.Verdict, w.Why)
		n.quarantined = true
	}
	return false
}

// turnedAway ends a conversation; hello says why.
func (n *node) turnedAway(talk int, v wire.Verdict) {
	if talk != n.talk || v == wire.VerdictOK {
		return
	}
	n.greeted = false
	if v == wire.VerdictFork || v == wire.VerdictClosedEpoch {
		n.quarantined = true
	}
}

// rollBack puts a node's book back to what it was after some of its frames. Its clients remember: it
// promises nothing before it has been made anew.
func (s *storm) rollBack(n *node, frames int) {
	s.note("%s is put back from frame %d to %d", n.id(), len(n.frames), frames)
	s.seen["rolled back"]++
	s.stormy.rewound = true
	n.load(n.frames[:frames:frames])
	n.quarantined = true
	n.restarted()
}

// loseDisk puts an empty node in a site's place.
func (s *storm) loseDisk(n *node) {
	s.note("%s loses its disk", n.id())
	s.seen["disk lost"]++
	s.stormy.rewound = true
	n.load(nil)
	n.key[1]++
	n.quarantined, n.replaced = true, true
	n.restarted()
}

func (n *node) restarted() {
	n.talk++
	n.greeted = false
	n.boot[1]++
	n.c.stormy.s.asks = slices.DeleteFunc(n.c.stormy.s.asks, func(a *asking) bool { return a.n == n })
}

// load makes a book of frames.
func (n *node) load(frames []*ledger.Frame) {
	n.core = ledger.NewCore(ledger.NewState(n.id()), n)
	n.frames, n.entries = nil, nil
	for _, f := range frames {
		if err := n.core.Replay(f); err != nil {
			n.c.fail("%s: replay: %v", n.id(), err)
		}
		es, err := f.Open()
		if err != nil {
			n.c.fail("%s: open frame: %v", n.id(), err)
		}
		n.frames, n.entries = append(n.frames, f), append(n.entries, es...)
	}
}

// rejoin asks for an epoch and makes the book anew: from head office's copy, with the commands that
// are outstanding, then what it had written itself, by their rank. It attests later, in pull.
func (s *storm) rejoin(n *node) bool {
	r, err := s.off.Rejoin(context.Background(), s.now, &wire.Rejoin{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax,
		Site: n.id(), NodeKey: n.key, Boot: n.boot, Head: n.head(), HQ: n.core.State.HQ, Replace: n.replaced}, s.m.LetIn(n.id()))
	if err != nil {
		return false
	}
	if r.Verdict != wire.VerdictOK {
		s.note("%s may not rejoin: %s (%s)", n.id(), r.Verdict, r.Why)
		return false
	}
	s.note("%s is made anew in epoch %d from entry %d", n.id(), r.Epoch, r.Stored.Seq)
	s.seen["rebuilt"]++
	n.load(s.stormy.store[n.id()])
	if n.head().Seq != r.Stored.Seq || n.head().Hash != r.Stored.Hash {
		s.fail("%s: the store ends at %d, head office says %d", n.id(), n.head().Seq, r.Stored.Seq)
	}
	n.quarantined, n.replaced = false, false
	n.do(&ledger.OpenSite{Epoch: r.Epoch, Body: ledger.OpenedBody{Counter: r.Counter, Boot: n.boot, Rebuilt: true}})
	n.do(&ledger.Reboot{Boot: n.boot})
	n.do(&ledger.AdoptHQ{H: r.H})
	n.stored, n.attest, n.greeted = r.Stored.Seq, false, false
	return true
}

// attests does what is left before a site may attest, and attests: the commands come first.
func (s *storm) attests(n *node) {
	st := n.core.State
	if n.quarantined || !n.greeted || !n.attest || st.HQ != s.m.H() || n.issued.H.Known() && n.issued.H != st.HQ || st.Commands.Number < n.issued.Number {
		return
	}
	if st.Rebuilding {
		s.facts(n)
	}
	if st.Attested == st.HQ && !st.Rebuilding {
		return
	}
	if out := n.do(&ledger.Attest{}); out.Err != nil {
		s.fail("%s attests: %v", n.id(), out.Err)
	}
	s.note("%s attests", n.id())
	s.seen["attested"]++
}

// facts brings what the site has written in other lives and this book does not have.
func (s *storm) facts(n *node) {
	has := map[ledger.Hash]bool{}
	for _, f := range n.frames {
		for _, h := range f.Hashes {
			has[h] = true
		}
	}
	written := slices.Clone(n.written)
	slices.SortStableFunc(written, func(a, b fact) int { return ledger.LateRank(a.entry) - ledger.LateRank(b.entry) })
	for _, f := range written {
		if has[f.origin.Hash] {
			continue
		}
		if _, obeyed := f.entry.Body.(*ledger.ObeyedBody); obeyed && s.stormy.lives > 0 {
			s.stormy.claimed(n.id(), f.entry) // head office may have forgotten the command, and the site has lost it
		}
		out := n.do(&ledger.RecordLate{Origin: f.origin, Entry: f.entry})
		if out.Err != nil {
			s.fail("%s: a late %s: %v", n.id(), f.entry.Kind, out.Err)
		}
		if !out.Replayed {
			s.note("%s brings a late %s: %s", n.id(), f.entry.Kind, f.entry.Ref)
			s.seen["late "+f.entry.Kind.String()]++
		}
	}
}

// keepBackup takes a backup of head office.
func (s *storm) keepBackup() {
	var b bytes.Buffer
	if err := s.m.Freeze().Encode(&b); err != nil {
		s.fail("encode: %v", err)
	}
	told := map[ledger.OrderID]bool{}
	for id := range s.told {
		told[id] = true
	}
	s.stormy.backups = append(s.stormy.backups, backup{b.Bytes(), told, maps.Clone(s.stormy.store)})
}

// restoreHQ puts head office back to one of its backups and begins another life.
func (s *storm) restoreHQ() {
	d := s.stormy
	if len(d.backups) == 0 {
		return
	}
	i := s.rnd.IntN(len(d.backups))
	b := d.backups[i]
	d.backups = d.backups[:i+1] // later ones are of a life that nobody knows any more
	was := s.m.H().Counter
	versions := map[ledger.OrderID]uint64{}
	for id := range s.told {
		versions[id] = s.m.VersionOf(id)
	}
	for _, m := range []**machine.Machine{&s.m, &s.twin} {
		restored, err := machine.Restore(bytes.NewReader(b.state))
		if err != nil {
			s.fail("restore: %v", err)
		}
		*m = restored
	}
	d.raised = s.m.Counts().Exceptions
	d.store = map[ledger.SiteID][]*ledger.Frame{}
	for id, frames := range b.store {
		d.store[id] = slices.Clone(frames)
	}
	for id := range s.told {
		if !b.told[id] || versions[id] != s.m.VersionOf(id) { // what was amended since is gone as what was promised is
			d.lost[id] = true
		}
	}
	d.lives++
	s.off = office.New(office.Config{AgainEach: s.againEach}, s.company)
	s.note("head office is restored from a backup of life %d", s.m.H().Counter)
	s.seen["hq restored"]++
	d.rewound = true
	for tries := 0; tries == 0 || s.m.H().Counter <= was; tries++ { // an operator sees to it that no life has a name twice
		if tries > 99 {
			s.fail("head office goes on under life %d", s.m.H().Counter)
		}
		s.decree(&machine.Reincarnate{Random: [16]byte{byte(d.lives), byte(was)}, Why: "restored", At: s.now, Apart: true})
	}
	for _, n := range s.sites {
		n.greeted = false
		n.talk++
	}
}

// decree has an operator's command applied for sure.
func (s *storm) decree(cmd machine.Command) {
	unsure, busy := s.unsure, s.busy
	s.unsure, s.busy = 0, true
	s.propose(cmd)
	s.unsure, s.busy = unsure, busy
}

// pass lets a site promise of the warehouse's stock.
func (s *storm) pass() {
	holder := s.anySite()
	c := &machine.PassOn{SKU: stormSKUs[s.rnd.IntN(len(stormSKUs))], Owner: s.names[0], Holder: holder.id(), Level: ledger.Qty(s.rnd.IntN(6)), By: "beth", At: s.now}
	res := s.m.Apply(machine.Marshal(c))
	s.twin.Apply(machine.Marshal(c))
	s.rec.command(machine.Marshal(c), res)
	s.note("%s shall have %d %s of %s: %d, %v", c.Holder, c.Level, c.SKU, c.Owner, res.Passed, res.Err)
	if err := s.m.Check(); err != nil {
		s.fail("pass on: %v", err)
	}
}

// passInAdvance lets head office look at what counters should have.
func (s *storm) passInAdvance() {
	moved, more, err := s.off.Advance(context.Background(), s.now)
	s.note("passed on in advance: %d, recalled %d, more %t, %v", moved.Passed, moved.Recalled, more, err)
	if s.rnd.IntN(25) == 0 {
		s.now = s.now.Add(time.Hour) // nights come
	}
}

// sellInHand sells what the customer holds, whatever the book says.
func (s *storm) sellInHand(n *node) {
	o := s.anyOrder(ledger.Take)
	s.dressed(&o, false)
	o.CollectAt = ""
	key := s.key()
	out := n.do(&ledger.Place{Meta: ledger.Meta{Key: key, Request: key}, Order: o, InHand: true, Approver: "beth"})
	s.note("%s sells in hand %s %s: %v", n.id(), o.ID, brief(o.Lines), out.Err)
	if out.Err == nil {
		s.seen["in hand"]++
	}
}

// lose books some of what a site has as gone.
func (s *storm) lose(n *node) {
	sku := stormSKUs[s.rnd.IntN(len(stormSKUs))]
	q := ledger.Qty(1 + s.rnd.IntN(4))
	out := n.do(&ledger.Adjust{Meta: ledger.Meta{Key: s.key()}, Reason: "damaged", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: sku, Qty: -q}}})
	s.note("%s loses %d %s: %v", n.id(), q, sku, out.Err)
	if out.Err == nil {
		s.seen["loss"]++
	}
}

// giveUp declares a site lost, and writes off what it holds.
func (s *storm) giveUp(n *node) {
	s.note("%s is declared lost", n.id())
	s.seen["declared lost"]++
	s.stormy.rewound = true
	moving := s.movesTo(n.id())
	s.decree(&machine.DeclareLost{Site: n.id(), Reason: "no answer", By: "olga", At: s.now})
	if endsMoves() {
		s.seen["move called off"] += moving
		if left := s.movesTo(n.id()); left > 0 {
			s.fail("%d orders still move to %s, which is lost", left, n.id())
		}
	}
	if s.rnd.IntN(2) == 0 {
		s.decree(&machine.WriteOff{Site: n.id(), Reason: "no answer", By: "olga", At: s.now})
		s.seen["written off"]++
		s.stormy.signed = true
	}
}

// endsMoves says whether this build ends moves to sites that are declared lost: it knows a kind of command beyond Exchange.
func endsMoves() bool { return machine.ThisBuild().Commands > machine.ExchangeCommands }

// movesTo counts the orders for which something is held at a site until others have let go.
func (s *storm) movesTo(site ledger.SiteID) (n int) {
	for _, o := range s.m.Latest(10_000, nil) {
		if mv, moving := s.m.Moving(o.ID); moving && slices.ContainsFunc(mv.Legs, func(l allocate.Leg) bool { return l.Site == site }) {
			n++
		}
	}
	return n
}

// mend has whoever is quarantined ask for an epoch, and attests where it is waited for.
func (s *storm) mend(n *node) {
	if n.quarantined {
		s.rejoin(n)
		return
	}
	s.attests(n)
}

func (s *storm) String() string { return fmt.Sprint("storm at ", s.now) }
