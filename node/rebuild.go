package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// ErrRejoined says that the site's book was made anew from head office's copy: whoever runs the node
// closes it and opens it again at once. The new book takes the old one's place at that opening.
var ErrRejoined = errors.New("the site's book was rebuilt: the node has to be opened again")

// The phases of a rebuild, in the words of the status.
const (
	phaseAsk      = "waiting_for_head_office" // for an epoch
	phaseFetch    = "fetching"                // head office's copy of the journal
	phaseFold     = "folding"                 // making the index of it
	phaseCommands = "commands"                // of head office, outstanding
	phaseFacts    = "late_facts"              // what only the book set aside knows
	phaseAttest   = "attesting"               // the entry that says that all is told
)

// Waits of a rebuild.
const (
	rejoinAgain = 5 * time.Second // after an answer that may be another the next time
	rejoinLater = time.Minute     // after a refusal: a person has to act
	fetchAgain  = time.Second     // after a page that did not come or did not fit; grows to rejoinLater
)

// rebuild is how far a rebuild has come, for people.
type rebuild struct {
	replace bool        // a person says that the node known before is gone, and that word is not used up
	facts   atomic.Bool // what the books set aside know is not recorded yet

	opened time.Duration // when the node was
	row    atomic.Int64  // rebuilds in a row up to now
	turn   bool          // it has waited for its turn; of runRebuild

	mu    sync.Mutex // guards what stands below
	phase string     // "" where nothing is being rebuilt
	done  uint64
	of    uint64
	why   string // what it waits for, or what went wrong last
}

func (r *rebuild) note(phase string, done, of uint64, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase, r.done, r.of, r.why = phase, done, of, why
}

// status is the rebuild in the words of the API; nil where nothing is being rebuilt.
func (r *rebuild) status() *contract.RebuildStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase == "" {
		return nil
	}
	return &contract.RebuildStatus{Phase: r.phase, Done: r.done, Of: r.of, Why: r.why}
}

// left is how many entries or facts the phase under way has still to bring.
func (r *rebuild) left() float64 {
	if s := r.status(); s != nil {
		return float64(s.Of - min(s.Of, s.Done))
	}
	return 0
}

// openRebuild looks at what was left of a rebuild, once the book is open and before anything runs.
func (n *Node) openRebuild() error {
	used, err := ledger.RebuildReplaced(n.env, n.cfg.Dir)
	if err != nil {
		return err
	}
	if n.rebuild.replace = n.cfg.Replace && !used; n.rebuild.replace {
		n.book.Quarantine("this node replaces the one that head office knows, and waits to be rebuilt")
	}
	n.rebuild.opened = n.env.Clock.Mono()
	n.rebuild.row.Store(int64(n.cfg.Rebuilds))
	if n.cfg.Replace && used && n.cfg.Rebuilds == 0 { // else it is this very process that has just replaced it
		n.log.LogAttrs(context.Background(), slog.LevelWarn, "replace was said again and is not heeded: this folder has replaced a node before")
	}
	plan, under := n.book.Rebuild()
	switch {
	case !under:
	case plan.Phase == ledger.RebuildFetch:
		n.rebuild.note(phaseFetch, 0, uint64(plan.Stored.Seq), "")
	default:
		n.rebuild.facts.Store(true)
		n.rebuild.note(phaseCommands, 0, 0, "")
	}
	return nil
}

// runRebuild sees to a book that must not go on: it asks head office for an epoch, makes a new book of
// head office's copy, and ends with ErrRejoined. A book that was rebuilt is told what only the one
// before it knows.
func (n *Node) runRebuild(ctx context.Context) error {
	if err := n.tellFacts(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	for ctx.Err() == nil {
		changed, written := n.link.Changed(), n.book.Changed()
		plan, under, err := ledger.ReadRebuild(n.env, n.cfg.Dir)
		if err != nil {
			return err
		}
		switch {
		case under && plan.Phase == ledger.RebuildFetch:
			return n.fetchBook(ctx, plan)
		case n.rebuild.replace, n.mustRejoin():
			if !n.waitTurn(ctx) {
				return nil
			}
			if plan, ok := n.askEpoch(ctx); ok {
				return n.fetchBook(ctx, plan)
			}
			continue // it has waited
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-written: // a client may have shown that the book went back
		}
	}
	return nil
}

// mustRejoin says whether the book may not go on and head office is there to say what with. A site
// that found out by itself rejoins as well, though head office has no fault to find: it may know less.
func (n *Node) mustRejoin() bool {
	s := n.link.Status()
	switch {
	case s.State != link.StateRefused && s.State != link.StateTalking || !n.judgedOnce():
		return false
	case s.State == link.StateRefused && (s.Verdict == wire.VerdictStranger || s.Verdict == wire.VerdictUpgrade):
		return false
	}
	return n.book.View().Quarantine != ""
}

func (n *Node) judgedOnce() bool {
	select {
	case <-n.link.Judged():
		return true
	default:
		return false
	}
}

// askEpoch asks head office once, and waits where it is told no.
func (n *Node) askEpoch(ctx context.Context) (plan ledger.RebuildPlan, ok bool) {
	reply, err := n.link.Rejoin(ctx, wire.Rejoin{Replace: n.rebuild.replace})
	wait := rejoinAgain
	var why string
	switch {
	case ctx.Err() != nil:
		return plan, false
	case err != nil:
		why = "head office does not answer"
		n.log.LogAttrs(ctx, slog.LevelWarn, "no answer to a rejoin", slog.Any(keyErr, err))
	case reply.Verdict == wire.VerdictOK:
		n.log.LogAttrs(ctx, slog.LevelWarn, "head office gave a new epoch, the book is rebuilt", slog.Uint64(keyEpoch, uint64(reply.Epoch)),
			slog.Uint64(keySeq, uint64(reply.Stored.Seq)), slog.Bool("replace", n.rebuild.replace))
		return n.planOf(reply, n.rebuild.replace), true
	default:
		if why = n.replaced(reply); why == "" {
			why = fmt.Sprintf("head office says %s: %s", reply.Verdict, reply.Why)
		}
		if reply.Verdict.Refuses() && reply.Verdict != wire.VerdictFork { // a fork: the process before this one may have been heard a moment ago
			wait = rejoinLater
		}
		n.log.LogAttrs(ctx, slog.LevelError, "head office gives no epoch", slog.String(keyWhy, why))
	}
	n.rebuild.note(phaseAsk, 0, 0, why)
	n.pause(ctx, wait)
	return plan, false
}

func (n *Node) planOf(reply wire.RejoinReply, replaced bool) ledger.RebuildPlan {
	return ledger.RebuildPlan{Site: n.cfg.Site, NodeKey: n.book.NodeKey(), Epoch: reply.Epoch, H: reply.H, Counter: reply.Counter,
		Stored: reply.Stored, Replaced: replaced}
}

// askAgain asks head office whether the plan of a fetch that fails still stands: it may have gone back
// in time, and not have what it has named. The same process is told the same, as long as it stands.
func (f *fetch) askAgain(ctx context.Context) {
	reply, err := f.link.Rejoin(ctx, wire.Rejoin{Replace: f.plan.Replaced})
	if err != nil || reply.Verdict != wire.VerdictOK {
		return
	}
	if plan := f.planOf(reply, f.plan.Replaced); plan.Epoch != f.plan.Epoch || plan.Stored != f.plan.Stored || plan.H != f.plan.H {
		f.log.LogAttrs(ctx, slog.LevelWarn, "head office gave another epoch, the rebuild begins anew", slog.Uint64(keyEpoch, uint64(plan.Epoch)), slog.Uint64(keySeq, uint64(plan.Stored.Seq)))
		f.plan, f.own, f.head = plan, true, 0
	}
}

// fetchBook makes the new book and gives ErrRejoined once it is whole. What fails is tried again: the
// old book sells goods in the hand meanwhile.
func (n *Node) fetchBook(ctx context.Context, plan ledger.RebuildPlan) error {
	f := &fetch{Node: n, plan: plan, own: true}
	for wait := fetchAgain; ctx.Err() == nil; wait = min(2*wait, rejoinLater) {
		before := f.head
		err := f.run(ctx)
		if err == nil {
			n.log.LogAttrs(ctx, slog.LevelWarn, "book rebuilt, the node is opened again", slog.Uint64(keySeq, uint64(f.plan.Stored.Seq)), slog.Uint64(keyEpoch, uint64(f.plan.Epoch)))
			return ErrRejoined
		}
		if ctx.Err() != nil {
			return nil
		}
		if f.head > before {
			wait = fetchAgain
		}
		f.try++
		n.log.LogAttrs(ctx, slog.LevelWarn, "rebuild goes on after a wait", slog.Any(keyErr, err))
		n.rebuild.note(phaseFetch, uint64(f.head), uint64(f.plan.Stored.Seq), "it goes on by itself; the last try failed: "+err.Error())
		n.pause(ctx, wait)
		f.askAgain(ctx)
	}
	return nil
}

// tellFacts brings a rebuilt book to where head office counts on it again: commands, late facts, the
// attested entry.
func (n *Node) tellFacts(ctx context.Context) error {
	plan, under := n.book.Rebuild()
	if !under || plan.Phase != ledger.RebuildFacts {
		return nil
	}
	for n.book.View().Rebuilding && n.rebuild.facts.Load() {
		changed, written := n.link.Changed(), n.book.Changed()
		if n.book.View().Quarantine != "" {
			return nil // it has gone back in its turn: the next book is told all of it
		}
		if n.link.Status().Obeyed {
			if err := n.recordFacts(ctx); err != nil {
				return n.unlessStopped(ctx, err)
			}
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-written:
		}
	}
	n.rebuild.facts.Store(false)
	n.rebuild.note(phaseAttest, 0, 0, "")
	n.link.Tell()
	for {
		written := n.book.Changed()
		switch v := n.book.View(); {
		case v.Quarantine != "":
			return nil
		case !v.Rebuilding:
			if err := n.book.EndRebuild(); err != nil {
				return n.unlessStopped(ctx, err)
			}
			n.rebuild.note("", 0, 0, "")
			n.log.LogAttrs(ctx, slog.LevelInfo, "site is rebuilt and attested, it takes orders", slog.Uint64(keyEpoch, uint64(v.Epoch)), slog.Uint64(keySeq, uint64(v.Head.Seq)))
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-written:
		}
	}
}

// unlessStopped lets a node whose book its disk has stopped go on to be read.
func (n *Node) unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || n.faulty() {
		return nil
	}
	return fmt.Errorf("rebuild: %w", err)
}

// recordFacts records what only the books set aside know. A fact that was recorded before is passed
// over by the book.
func (n *Node) recordFacts(ctx context.Context) error {
	var of, done, told uint64
	if err := n.book.EachLate(func(ledger.LateFact) error { of++; return ctx.Err() }); err != nil {
		return err
	}
	err := n.book.EachLate(func(l ledger.LateFact) error {
		out, err := n.doPatiently(ctx, &ledger.RecordLate{Origin: l.Origin, Entry: l.Entry})
		switch {
		case err != nil:
			return err
		case errors.Is(out.Err, ledger.ErrQuarantined):
			return out.Err
		case out.Err != nil:
			n.log.LogAttrs(ctx, slog.LevelError, "a late fact cannot be recorded, look at it in the book set aside", slog.Uint64(keyEpoch, uint64(l.Origin.Epoch)),
				slog.Uint64(keySeq, uint64(l.Origin.Seq)), slog.String("kind", l.Entry.Kind.String()), slog.Any(keyErr, out.Err))
		case !out.Replayed:
			told++
		}
		done++
		n.rebuild.note(phaseFacts, done, of, "")
		return nil
	})
	if errors.Is(err, ledger.ErrQuarantined) {
		return nil
	}
	if err == nil && told > 0 {
		n.log.LogAttrs(ctx, slog.LevelWarn, "facts recorded late", slog.Uint64("facts", told))
	}
	return err
}

// doPatiently puts a request to the book until its queue takes it.
func (n *Node) doPatiently(ctx context.Context, req ledger.Request) (ledger.Outcome, error) {
	for {
		out, err := n.book.Do(ctx, req)
		if !errors.Is(err, ledger.ErrBusy) || !n.pause(ctx, closeRetry) {
			return out, err
		}
	}
}

// whyNoPromise says why nothing is promised, and what the site waits for.
func (n *Node) whyNoPromise() string {
	if why := n.book.View().Quarantine; why != "" {
		return "This site's book may be behind its own past, so it promises nothing (" + why + "). " + n.rebuild.words()
	}
	return "This site's book is being rebuilt, so it promises nothing yet. " + n.rebuild.words()
}

// words says of a site that is quarantined or being rebuilt what it waits for, for people.
func (r *rebuild) words() string {
	s := r.status()
	if s == nil {
		return "It waits to hear from head office what is to be done."
	}
	of := func(what string) string {
		if s.Of == 0 {
			return ""
		}
		return fmt.Sprintf(" (%d of %d %s)", s.Done, s.Of, what)
	}
	words := map[string]string{
		phaseAsk:      "It waits for head office to give it a new epoch",
		phaseFetch:    "It fetches head office's copy of its journal" + of("entries"),
		phaseFold:     "It makes a new book of head office's copy",
		phaseCommands: "It waits for the line, to carry out what head office has commanded meanwhile",
		phaseFacts:    "It records what was sold and received while it was cut off" + of("facts"),
		phaseAttest:   "It tells head office that all is recorded",
	}[s.Phase]
	if s.Why != "" {
		words += ": " + s.Why
	}
	return words + "."
}
