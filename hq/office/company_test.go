package office_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A company is head office's real machine and office, and real sites, in one goroutine and with
// a clock of its own. Every command is followed by the machine's Check.
type company struct {
	heard func(machine.Command) // told of every command before it is applied; nil for nobody

	t      testing.TB
	m      *machine.Machine
	twin   *machine.Machine // gets the same commands and must come to the same state
	off    *office.Office
	now    time.Time
	rnd    *rand.Rand
	sites  map[ledger.SiteID]*node
	names  []ledger.SiteID
	trace  []string
	unsure int // percent of proposals whose outcome is not told; half of them were applied
	// meanwhile is what happens between a plan and its command, now and then: others propose too.
	meanwhile func()
	busy      bool
	each      func()        // after each command; nil for nothing
	againEach time.Duration // 0: the office's own
	agrees    int           // the last kind of command that all servers know; 0: this build's
	stormy    *disasters    // nil: nothing goes back in time, and no exception may be raised
	rec       *recorder     // nil: nobody plays it again
	keys      int
	ids       int
}

var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func newCompany(t testing.TB, seed uint64, sites string) *company {
	return newCompanyOf(t, seed, sites, 0)
}

// newCompanyOf is newCompany with servers that have agreed on commands up to a kind.
func newCompanyOf(t testing.TB, seed uint64, sites string, agrees int) *company {
	c := &company{agrees: agrees, againEach: 10 * time.Second, t: t, m: machine.New(), twin: machine.New(), now: start, rnd: rand.New(rand.NewPCG(seed, 2)), sites: map[ledger.SiteID]*node{}}
	c.found(sites)
	return c
}

// found begins the company.
func (c *company) found(sites string) {
	c.off = office.New(office.Config{AgainEach: c.againEach}, c)
	c.propose(&machine.Bootstrap{Random: [16]byte{7}, At: c.now})
	c.propose(&machine.Raise{Kind: ledger.KindLast, At: c.now})
	c.propose(&machine.Agree{Commands: cmp.Or(c.agrees, machine.ThisBuild().Commands), At: c.now})
	c.listens()
	for rank, name := range strings.Fields(sites) {
		name, warehouse := strings.CutSuffix(name, "*")
		id := ledger.SiteID(name)
		c.propose(&machine.AddSite{Site: id, Counter: !warehouse, Rank: rank, Key: ledger.DigestOf([]byte(name)), At: c.now})
		n := &node{c: c, counter: !warehouse}
		n.core = ledger.NewCore(ledger.NewState(id), n)
		n.key[0], n.boot[0] = byte(rank+1), 1
		c.sites[id] = n
		c.names = append(c.names, id)
		n.hello()
	}
}

// Propose is raft: the command is applied at both servers, and each must be sound afterwards.
func (c *company) Propose(_ context.Context, cmd []byte) (machine.Result, error) {
	if c.meanwhile != nil && !c.busy && c.rnd.IntN(6) == 0 {
		c.busy = true
		c.meanwhile()
		c.busy = false
	}
	lost := c.rnd.IntN(100) < c.unsure
	if lost && c.rnd.IntN(2) == 0 {
		return machine.Result{}, ledger.ErrUnsure
	}
	if c.heard != nil {
		if k, err := machine.Unmarshal(cmd); err == nil {
			c.heard(k)
		}
	}
	res := c.m.Apply(cmd)
	c.twin.Apply(cmd)
	c.rec.command(cmd, res)
	if err := c.m.Check(); err != nil {
		k, _ := machine.Unmarshal(cmd)
		c.fail("after %T %+v: %v", k, k, err)
	}
	if c.stormy != nil {
		c.stormy.applied(cmd, res)
	} else {
		for _, e := range c.m.Exceptions(1) {
			if e.What == "declined" || e.What == "count" || e.What == "unserved" || e.What == "gave_up" || e.What == "promise_slips" || e.What == "delivery_elsewhere" || e.What == "delivery_nearly" || e.What == "legs_left" || e.What == "transfer_differs" || e.What == "undelivered" || e.What == "over_received" || e.What == "order_waiting" {
				continue // nothing is wrong with a book
			}
			c.fail("an exception was raised: %+v", *e)
		}
	}
	if c.each != nil {
		c.each()
	}
	if lost {
		return machine.Result{}, ledger.ErrUnsure
	}
	return res, nil
}

func (c *company) View(f func(*machine.Machine)) { f(c.m) }

func (c *company) propose(cmd machine.Command) {
	c.t.Helper()
	if res, err := c.Propose(context.Background(), machine.Marshal(cmd)); err != nil || res.Err != nil {
		c.t.Fatalf("propose %T: %v, %v", cmd, err, res.Err)
	}
}

func (c *company) fail(format string, args ...any) {
	c.t.Helper()
	from := max(len(c.trace)-60, 0)
	why := fmt.Sprintf(format, args...)
	var story []string // of the order that it is about
	if at := strings.Index(why, "01900000-"); at >= 0 && c.stormy != nil {
		for _, line := range c.trace[:from] {
			if strings.Contains(line, why[at:at+36]) {
				story = append(story, line)
			}
		}
	}
	c.t.Fatalf("%s\nlast steps:\n%s\n...\n%s", why, strings.Join(story, "\n"), strings.Join(c.trace[from:], "\n"))
}

func (c *company) note(format string, args ...any) {
	c.trace = append(c.trace, fmt.Sprintf("%s ", c.now.Format("15:04:05"))+fmt.Sprintf(format, args...))
}

func (c *company) key() ledger.Digest {
	c.keys++
	return ledger.DigestOf([]byte("key"), fmt.Append(nil, c.keys))
}

func (c *company) orderID() ledger.OrderID {
	c.ids++
	return ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", c.ids))
}

// restore puts a machine in the place of the present one that was read back from its snapshot.
func (c *company) restore() {
	var b bytes.Buffer
	if err := c.m.Freeze().Encode(&b); err != nil {
		c.fail("encode: %v", err)
	}
	m, err := machine.Restore(bytes.NewReader(b.Bytes()))
	if err != nil {
		c.fail("restore: %v", err)
	}
	var again bytes.Buffer
	if err := m.Freeze().Encode(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		c.fail("a restored machine encodes to other bytes (%v)", err)
	}
	c.m = m
}

// sameTwin says whether two machines that saw the same commands are in one state.
func (c *company) sameTwin() {
	got, err1 := c.m.Digest()
	want, err2 := c.twin.Digest()
	if got != want || err1 != nil || err2 != nil {
		c.fail("two servers differ: %v and %v (%v, %v)", got, want, err1, err2)
	}
}

// A node is one site: a real ledger, its journal, and the link's few variables.
type node struct {
	c       *company
	core    *ledger.Core
	counter bool
	key     [16]byte
	boot    [16]byte
	frames  []*ledger.Frame
	entries []*ledger.Entry
	stored  ledger.Seq // what head office has said it has
	greeted bool       // head office has judged this process: before, it says nothing but hello
	talk    int        // conversations begun: what belongs to an older one is not listened to

	back // what it has to do with going back in time
}

// Key, Order and Entry make a node its own past; a state that is never checkpointed forgets nothing.
func (n *node) Key(ledger.Digest) (ledger.KeyRef, bool, error) { return ledger.KeyRef{}, false, nil }
func (n *node) Order(ledger.OrderID) (*ledger.Order, bool, error) {
	return nil, false, nil
}
func (n *node) Entry(seq ledger.Seq) (*ledger.Entry, error) { return n.entries[seq-1], nil }

func (n *node) id() ledger.SiteID     { return n.core.State.Site }
func (n *node) head() ledger.Position { return n.core.Head().Position }

// do decides one request and keeps its frames, as the book does.
func (n *node) do(req ledger.Request) ledger.Outcome {
	if n.quarantined && !inHand(req) {
		return ledger.Outcome{Err: ledger.ErrRebuilding}
	}
	out := n.core.Decide(req, n.c.now)
	n.c.rec.request(n, req)
	for _, f := range n.core.Cut() {
		n.frames = append(n.frames, f)
		es, err := f.Open()
		if err != nil {
			n.c.fail("%s: open own frame: %v", n.id(), err)
		}
		n.entries = append(n.entries, es...)
		n.remember(f, es)
	}
	return out
}

// reboot is a crash: nothing that was decided is lost, asks that were open are dropped.
func (n *node) reboot() {
	n.talk++
	n.greeted = false
	n.boot[1]++
	n.do(&ledger.Reboot{Boot: n.boot})
}

// hello begins a conversation; it is answered at once or not at all.
func (n *node) hello() bool {
	n.talk++
	said := n.head()
	w, err := n.c.off.Hello(context.Background(), n.c.now, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax,
		Site: n.id(), NodeKey: n.key, Boot: n.boot, Head: said, HQ: n.core.State.HQ, Applied: n.core.State.Commands})
	if err != nil {
		return false
	}
	if w.Verdict == wire.VerdictLater && n.head() != said {
		return false // another message overtook it
	}
	if n.c.stormy != nil && !n.judged(w) {
		return false
	}
	if w.Verdict != wire.VerdictOK {
		n.c.fail("%s: hello: got %s (%s), want ok", n.id(), w.Verdict, w.Why)
	}
	if w.Epoch > n.core.State.Epoch {
		n.do(&ledger.OpenSite{Epoch: w.Epoch, Body: ledger.OpenedBody{Counter: w.Counter, Boot: n.boot}})
	}
	n.do(&ledger.AdoptHQ{H: w.H})
	n.stored, n.greeted = w.Stored.Seq, true
	return true
}

// push makes a message of up to most frames behind what is stored, and says what to do with the reply.
func (n *node) push(most int) (*wire.Push, func(*wire.PushReply)) {
	p := &wire.Push{Site: n.id(), Epoch: n.core.State.Epoch, Head: n.head()}
	for _, f := range n.frames {
		if f.First <= n.stored || len(p.Frames) == most {
			continue
		}
		if len(p.Frames) == 0 {
			p.Before = f.Start()
		}
		p.Frames = append(p.Frames, ledger.EncodeFrame(f))
	}
	talk := n.talk
	return p, func(r *wire.PushReply) {
		if n.c.stormy != nil && r.Verdict != wire.VerdictOK {
			n.turnedAway(talk, r.Verdict)
			return
		}
		if r.Verdict != wire.VerdictOK {
			n.c.fail("%s: push: got %s (%s), want ok", n.id(), r.Verdict, r.Why)
		}
		if talk == n.talk {
			n.stored = r.Stored.Seq
		}
	}
}

func (n *node) pull() (*wire.Pull, func(*wire.PullReply)) {
	s := n.core.State
	talk := n.talk
	return &wire.Pull{Site: n.id(), Head: n.head(), HQ: s.HQ, Applied: s.Commands, Boot: n.boot}, func(r *wire.PullReply) {
		if n.c.stormy != nil && (r.Verdict != wire.VerdictOK || talk != n.talk || n.quarantined) {
			n.turnedAway(talk, r.Verdict)
			return
		}
		n.issued, n.attest = r.Issued, r.Attest
		if r.Verdict != wire.VerdictOK {
			n.c.fail("%s: pull: got %s (%s), want ok", n.id(), r.Verdict, r.Why)
		}
		for _, cmd := range r.Commands {
			if out := n.do(&ledger.Obey{Command: cmd}); out.Err != nil && !errors.Is(out.Err, ledger.ErrGap) && (n.c.stormy == nil || !errors.Is(out.Err, ledger.ErrForeignHQ)) {
				n.c.fail("%s: obey %s: %v", n.id(), cmd.ID, out.Err)
			}
		}
	}
}

// exchange pushes everything and carries out every command, over a line that works.
func (n *node) exchange() {
	ctx := context.Background()
	p, took := n.push(wire.FramesMax)
	if r, err := n.c.off.Push(ctx, n.c.now, p); err == nil {
		took(r)
	}
	q, heard := n.pull()
	if r, _, err := n.c.off.Pull(ctx, n.c.now, q); err == nil {
		heard(r)
	}
}

// converge lets everybody talk until nothing changes any more.
func (c *company) converge() {
	c.unsure, c.meanwhile = 0, nil
	for _, id := range c.names {
		n := c.sites[id]
		n.hello()
		for _, a := range n.core.State.OpenAsks() {
			n.do(&ledger.AbandonAsk{Order: a.Order, Ask: a.Ask, Offline: true})
		}
	}
	for round := range 200 {
		c.now = c.now.Add(time.Second)
		before := c.m.Applied()
		quiet := true
		for _, id := range c.names {
			n := c.sites[id]
			had, told := n.core.State.Seq, n.stored // what it tells now may be news to a site that was heard before it
			if n.quarantined {                      // a message to an earlier life made two of one epoch: it is made anew, as ever
				c.stormy.s.mend(n)
				n.hello()
			}
			n.exchange()
			if c.stormy != nil {
				c.stormy.s.attests(n)
			}
			quiet = quiet && n.core.State.Seq == had && told == had && n.stored == had
		}
		calls := c.m.Applied() - before
		if _, err := c.off.Release(context.Background(), c.now); err != nil {
			c.fail("release: %v", err)
		}
		// Each site pushes once a round, with or without news.
		if quiet && c.m.Applied()-before == calls && c.m.Counts().Requests == 0 {
			c.settled()
			return
		}
		if round == 199 {
			c.fail("nothing settles: %+v", c.m.Counts())
		}
	}
}

// settled says whether all books agree once nothing is under way.
func (c *company) settled() {
	c.toldOnce()
	if c.stormy != nil {
		c.stormy.settled()
		return
	}
	n := c.m.Counts()
	if n.Commands != 0 || n.Asks != 0 || n.Requests != 0 {
		c.fail("left over: %d commands, %d asks, %d requests", n.Commands, n.Asks, n.Requests)
	}
	reserved := map[string]ledger.Qty{}
	for _, id := range c.names {
		site := c.sites[id]
		for _, sku := range site.core.State.SKUs() {
			c.sameLevel(site, sku)
		}
		for k := range site.ownOrders() {
			o, _ := site.core.State.Order(k)
			for i := range o.Lines {
				reserved[fmt.Sprint(id, " ", o.Lines[i].SKU)] += o.Lines[i].Here
				c.served(o.ID, i, &o.Lines[i], reserved)
			}
			c.sameOrder(o)
		}
	}
	orders, _ := c.m.Orders("", 1<<20, nil)
	for _, o := range orders {
		if o.Owner != ledger.HQ {
			continue
		}
		for i := range o.Lines {
			c.served(o.ID, i, &o.Lines[i], reserved)
		}
	}
	for _, id := range c.names {
		s := c.sites[id].core.State
		for _, sku := range s.SKUs() {
			l, _ := s.Level(sku)
			if got, want := reserved[fmt.Sprint(id, " ", sku)], l.Reserved; got != want {
				c.fail("%s %s: orders claim %d, the book has reserved %d", id, sku, got, want)
			}
		}
	}
	c.nothingLeftWaiting()
	c.restore()
	c.sameTwin()
}

// ownOrders lists the ids of the orders that stand in a site's book.
func (n *node) ownOrders() map[ledger.OrderID]bool {
	out := map[ledger.OrderID]bool{}
	for _, e := range n.entries {
		if b, ok := e.Body.(*ledger.OrderBody); ok {
			if _, kept := n.core.State.Order(b.Order.ID); kept {
				out[b.Order.ID] = true
			}
		}
	}
	return out
}

func (c *company) sameLevel(site *node, sku ledger.SKU) {
	want, _ := site.core.State.Level(sku)
	s, ok := c.m.Stock(site.id(), sku)
	if !ok {
		c.fail("%s %s: head office has no mirror", site.id(), sku)
	}
	got := s.Level
	if got.Available != want.Available || got.Reserved != want.Reserved || got.OnHand() != want.OnHand() ||
		got.AllottedTo(ledger.HolderHQ) != want.AllottedTo(ledger.HolderHQ) {
		c.fail("%s %s: got a mirror of %+v, want %+v", site.id(), sku, got, want)
	}
	if s.Tied != 0 || s.Holds != 0 || s.Drawn != 0 || s.Held != want.AllottedTo(ledger.HolderHQ) {
		c.fail("%s %s: got held %d, tied %d, holds %d, drawn %d, want all %d held", site.id(), sku, s.Held, s.Tied, s.Holds, s.Drawn, want.AllottedTo(ledger.HolderHQ))
	}
	if site.counter && s.Held != 0 && (c.stormy == nil || len(c.stormy.takings[site.id()]) == 0) {
		c.fail("%s %s: got %d held at a counter, want none", site.id(), sku, s.Held)
	}
}

// served says whether the sites that a line names have reserved just that for it.
func (c *company) served(id ledger.OrderID, i int, l *ledger.Line, reserved map[string]ledger.Qty) {
	for _, away := range l.Away {
		reserved[fmt.Sprint(away.Site, " ", l.SKU)] += away.Qty
		var got ledger.Qty
		if v, ok := c.sites[away.Site].core.State.Served(id); ok {
			for _, s := range v.Lines {
				if s.Line == i+1 && s.SKU == l.SKU {
					got += s.Qty
				}
			}
		}
		if got != away.Qty {
			c.fail("order %s line %d counts on %d from %s, which serves %d", id, i+1, away.Qty, away.Site, got)
		}
	}
}

// sameOrder says whether head office sees a site's order as the site does.
func (c *company) sameOrder(o *ledger.Order) {
	rec, ok := c.m.Order(o.ID)
	if !ok {
		for i := range o.Lines {
			if len(o.Lines[i].Away) > 0 || o.Wait == ledger.WaitHQ && o.Lines[i].Backordered > 0 {
				c.fail("order %s has legs elsewhere or waits, head office does not know it", o.ID)
			}
		}
		return
	}
	for i := range o.Lines {
		got, want := &rec.Lines[i], &o.Lines[i]
		if got.Here != want.Here || got.Backordered != want.Backordered || got.Promised() != want.Promised() || rec.Status != o.Status {
			c.fail("order %s line %d: head office has %+v %s, the book %+v %s", o.ID, i+1, *got, rec.Status, *want, o.Status)
		}
	}
}

// nothingLeftWaiting says whether an order waits for what could serve it.
func (c *company) nothingLeftWaiting() {
	orders, _ := c.m.Orders("", 1<<20, nil)
	for _, o := range orders {
		// One that was begun is released only what completes it, and waits while one article does not do.
		if !c.completable(o) && o.Shortage == ledger.Backorder && (o.Complete || slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Promised() > 0 })) {
			continue
		}
		for i := range o.Lines {
			if o.Waiting(i+1) == 0 {
				continue
			}
			for _, st := range c.m.StockOf(o.Lines[i].SKU) {
				if (o.CollectAt == "" || o.CollectAt == st.Site.ID) && !c.servesNot(st.Site.ID, &o.Order) && st.Held+st.Level.Available > 0 {
					c.fail("order %s line %d waits for %d of %s; %s has %d", o.ID, i+1, o.Waiting(i+1), o.Lines[i].SKU, st.Site.ID, st.Held+st.Level.Available)
				}
			}
		}
	}
}

// completable says whether there is all that an order waits for.
func (c *company) completable(o *machine.Order) bool {
	want := map[ledger.SKU]ledger.Qty{}
	for i := range o.Lines {
		want[o.Lines[i].SKU] += o.Waiting(i + 1)
	}
	for sku, q := range want {
		for _, st := range c.m.StockOf(sku) {
			if (o.CollectAt == "" || o.CollectAt == st.Site.ID) && !c.servesNot(st.Site.ID, &o.Order) {
				q -= st.Held + st.Level.Available
			}
		}
		if q > 0 {
			return false
		}
	}
	return true
}
