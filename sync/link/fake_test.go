package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A paper book is a site's ledger in memory, under the ledger's own rules. What it holds counts
// as durable.
type paper struct {
	t testing.TB

	mu          sync.Mutex // guards what stands below
	core        *ledger.Core
	frames      []*ledger.Frame
	obeyed      []uint64 // numbers of the commands carried out, in order
	items       map[ledger.SKU]ledger.Item
	ref         uint64
	listed      uint64 // version of the list of sites; 0: none is kept
	people      uint64 // as wire.Pull has it
	changed     chan struct{}
	quarantined string
	slowly      func() // called by Quarantine; may be nil
	facts       bool   // late facts are not all recorded
	fail        error  // what Do gives, once
	receipts    int
}

type nothing struct{}

func (nothing) Key(ledger.Digest) (ledger.KeyRef, bool, error) { return ledger.KeyRef{}, false, nil }
func (nothing) Order(ledger.OrderID) (*ledger.Order, bool, error) {
	return nil, false, nil
}
func (nothing) Entry(ledger.Seq) (*ledger.Entry, error) { return nil, errors.New("not kept") }

func newPaper(t testing.TB) *paper {
	return &paper{t: t, core: ledger.NewCore(ledger.NewState("leeds"), nothing{}), items: map[ledger.SKU]ledger.Item{}, changed: make(chan struct{})}
}

func (p *paper) Head() ledger.Head {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.core.Head()
}

func (p *paper) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *paper) Frames(after ledger.Seq, maxBytes int) (before ledger.Position, frames [][]byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size := 0
	for _, f := range p.frames {
		if f.End().Seq <= after {
			continue
		}
		b := ledger.EncodeFrame(f)
		if size += len(b); len(frames) > 0 && size > maxBytes {
			break
		}
		if len(frames) == 0 {
			before = f.Start()
		}
		frames = append(frames, b)
	}
	return before, frames, nil
}

func (p *paper) View() ledger.Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.core.State
	return ledger.Summary{Site: s.Site, Epoch: s.Epoch, HQ: s.HQ, Commands: s.Commands, Head: s.Head(), Rebuilding: s.Rebuilding, Attested: s.Attested}
}

func (p *paper) Quarantine(why string) {
	if p.slowly != nil {
		p.slowly()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quarantined = why
}

func (p *paper) Do(_ context.Context, r ledger.Request) (ledger.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fail; err != nil {
		p.fail = nil
		return ledger.Outcome{}, err
	}
	out := p.core.Decide(r, time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	if o, ok := r.(*ledger.Obey); ok && out.Err == nil && !out.Replayed {
		p.obeyed = append(p.obeyed, o.Command.Number)
	}
	if p.core.Pending() > 0 {
		p.frames = append(p.frames, p.core.Cut()...)
		close(p.changed)
		p.changed = make(chan struct{})
	}
	return out, nil
}

// receive writes an entry of the site's own.
func (p *paper) receive() {
	p.t.Helper()
	p.mu.Lock()
	p.receipts++
	id := fmt.Sprint("d-", p.receipts)
	p.mu.Unlock()
	out, err := p.Do(p.t.Context(), &ledger.Receive{ID: id, Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1, Bin: "MAIN"}}})
	if err != nil || out.Err != nil {
		p.t.Errorf("receive: %v, %v", err, out.Err)
	}
}

func (p *paper) PutItems(items []ledger.Item, version uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range items {
		p.items[v.SKU] = v
	}
	p.ref = max(p.ref, version)
	return nil
}

func (p *paper) RefAsked() uint64 { return p.RefVersion() }

func (p *paper) RefVersion() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ref
}

// book is the snapshot that a conversation is told.
func (p *paper) book() link.Book {
	v := p.View()
	return link.Book{Head: v.Head.Position, HQ: v.HQ, Applied: v.Commands, RefVersion: p.RefVersion(), Sites: p.listed, Customers: p.people,
		Rebuilding: v.Rebuilding, Attested: v.Attested, Facts: p.facts}
}

// An office is a small model of head office for one site: it keeps the journal as it comes,
// a stream of commands and a list of items.
type office struct {
	t testing.TB

	mu       sync.Mutex // guards what stands below
	h        ledger.Incarnation
	epoch    ledger.Epoch
	stored   ledger.Position
	hashes   map[ledger.Seq]ledger.Hash
	entries  [][]byte
	commands []ledger.HQCommand
	hash     ledger.Hash
	items    []ledger.Item // item i has version i+1
	sites    ledger.SiteList
	calls    []wire.Call
	answers  []wire.CallReply
	verdict  map[string]wire.Verdict // by path; missing: OK
	down     int                     // status that everything is answered with; 0 none
	asked    func(wire.Ask) *wire.AskReply
	attest   bool                                 // an attested entry is waited for
	rejoined func(*wire.Rejoin) *wire.RejoinReply // may be nil
	journal  [][]byte                             // frames, as they came
	hellos   int
	slow     time.Duration     // how long a push takes; set before the link runs
	greeted  func(*wire.Hello) // may be nil
	batch    int               // commands and items in one pull
	news     chan struct{}     // closed and replaced when a pull may have something to bring
}

func newOffice(t testing.TB) *office {
	return &office{t: t, h: ledger.Incarnation{Counter: 1, Random: [16]byte{7}}, epoch: 1,
		hashes: map[ledger.Seq]ledger.Hash{0: {}}, verdict: map[string]wire.Verdict{}, batch: 3, news: make(chan struct{})}
}

func (o *office) judge(path string) (wire.Verdict, string) {
	if v, ok := o.verdict[path]; ok {
		return v, "because"
	}
	return wire.VerdictOK, ""
}

func (o *office) hello(m *wire.Hello) *wire.Welcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hellos++
	if o.greeted != nil {
		o.greeted(m)
	}
	v, why := o.judge(wire.PathHello)
	return &wire.Welcome{Verdict: v, Why: why, Version: 1, H: o.h, Epoch: o.epoch, Stored: o.stored, WallMS: m.WallMS + 1500, Issued: o.issued(), Attest: o.attest}
}

// issued is the last command there is. mu is held.
func (o *office) issued() ledger.Cursor {
	c := ledger.Cursor{H: o.h}
	if n := len(o.commands); n > 0 {
		c.Number, c.Hash = o.commands[n-1].Number, o.commands[n-1].Hash
	}
	return c
}

// push takes what follows the stored position; an overlap only where the hashes agree there.
func (o *office) push(m *wire.Push) *wire.PushReply {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, why := o.judge(wire.PathPush)
	reply := &wire.PushReply{Verdict: v, Why: why, Stored: o.stored}
	if v != wire.VerdictOK {
		return reply
	}
	for _, b := range m.Frames {
		f, err := ledger.DecodeFrame(b)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			o.t.Errorf("push: %v", err)
			return reply
		}
		if f.First > o.stored.Seq+1 {
			break // a gap
		}
		if o.hashes[f.First-1] != f.Before {
			reply.Verdict = wire.VerdictFork
			return reply
		}
		if f.End().Seq > o.stored.Seq {
			o.journal = append(o.journal, b)
		}
		for i := range f.Entries {
			seq := f.First + ledger.Seq(i)
			if seq <= o.stored.Seq {
				continue
			}
			o.hashes[seq] = f.Hashes[i]
			o.entries = append(o.entries, f.Entries[i])
			o.stored = ledger.Position{Epoch: f.Epoch, Seq: seq, Hash: f.Hashes[i]}
		}
	}
	reply.Stored = o.stored
	return reply
}

// pull answers at once; news says when to look again.
func (o *office) pull(m *wire.Pull) (reply *wire.PullReply, empty bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, why := o.judge(wire.PathPull)
	reply = &wire.PullReply{Verdict: v, Why: why, H: o.h, Stored: o.stored, RefVersion: m.RefVersion, Issued: o.issued(), Attest: o.attest}
	if v != wire.VerdictOK || m.HQ != o.h {
		return reply, false
	}
	if n := m.Applied.Number; n < uint64(len(o.commands)) {
		reply.Commands = o.commands[n:min(n+uint64(o.batch), uint64(len(o.commands)))]
	}
	if n := m.RefVersion; n < uint64(len(o.items)) {
		end := min(n+uint64(o.batch), uint64(len(o.items)))
		reply.Items, reply.RefVersion, reply.RefMore = o.items[n:end], end, end < uint64(len(o.items))
	}
	reply.Calls, o.calls = o.calls, nil
	if m.Sites != 0 && o.sites.Version != m.Sites {
		reply.Sites = o.sites
	}
	return reply, reply.Sites.Version == 0 && len(reply.Commands) == 0 && len(reply.Items) == 0 && len(reply.Calls) == 0
}

// ring wakes the pulls that wait. mu is held.
func (o *office) ring() {
	close(o.news)
	o.news = make(chan struct{})
}

// command queues a borrow, which every book can carry out.
func (o *office) command() {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := uint64(len(o.commands)) + 1
	c := ledger.HQCommand{H: o.h, Number: n, ID: fmt.Sprint("c-", n), Kind: ledger.CommandBorrow,
		Lines: []ledger.CommandLine{{SKU: "TAP-22", Qty: 1}}}
	c.Hash = ledger.ChainCommand(o.hash, &c)
	o.hash = c.Hash
	o.commands = append(o.commands, c)
	o.ring()
}

func (o *office) item() { o.addItems(1) }

// addItems makes n items known, all at one moment.
func (o *office) addItems(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for range n {
		v := uint64(len(o.items)) + 1
		o.items = append(o.items, ledger.Item{SKU: ledger.SKU(fmt.Sprint("SKU-", v)), Name: "thing", Version: v})
	}
	o.ring()
}

func (o *office) call(c wire.Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, c)
	o.ring()
}

func (o *office) set(path string, v wire.Verdict) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.verdict[path] = v
	o.ring()
}

// agree fails unless both sides hold the same: every entry once and in order, every command
// carried out once and in order, every item.
func agree(t testing.TB, p *paper, o *office) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if got, want := o.stored, p.core.Head().Position; got != want {
		t.Errorf("head office ends at %d %.4x, want %d %.4x", got.Seq, got.Hash, want.Seq, want.Hash)
	}
	var mine [][]byte
	for _, f := range p.frames {
		mine = append(mine, f.Entries...)
	}
	if len(o.entries) != len(mine) {
		t.Errorf("head office has %d entries, want %d", len(o.entries), len(mine))
	}
	for i := range min(len(mine), len(o.entries)) {
		if !bytes.Equal(o.entries[i], mine[i]) {
			t.Errorf("entry %d differs", i+1)
		}
	}
	if len(p.obeyed) != len(o.commands) {
		t.Errorf("the site carried out %d commands, want %d", len(p.obeyed), len(o.commands))
	}
	for i, n := range p.obeyed {
		if n != uint64(i)+1 {
			t.Errorf("command %d was carried out in place %d", n, i+1)
		}
	}
	if p.ref != uint64(len(o.items)) || len(p.items) != len(o.items) {
		t.Errorf("the site has %d items up to version %d, want %d", len(p.items), p.ref, len(o.items))
	}
}

func terms() link.Terms {
	return link.Terms{Site: "leeds", Servers: []string{"http://a", "http://b", "http://c"},
		RetryMin: 100 * time.Millisecond, RetryMax: 10 * time.Second, RefusedWait: time.Minute, Fresh: 25 * time.Second,
		HelloLimit: 3 * time.Second, PushLimit: 10 * time.Second, PullWait: 20 * time.Second, PullSlack: 5 * time.Second}
}
