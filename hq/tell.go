package hq

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Telling is the leader's. Which events there are and how far each of those who are told has come is the state's; what was tried since is
// kept here and committed for many tries at once. So a leader that goes leaves at most the last of them unsaid, and the next one tells
// them again, under the same ids.

const (
	tellEach    = 500 * time.Millisecond // how often it is looked what is due
	tellSettle  = 20 * time.Millisecond  // changes gathered before it is looked
	tellFlush   = 300 * time.Millisecond // what was told is committed so long after it was, at the latest
	tellBatch   = 32                     // events of one hook that are tried before it is looked again
	tellAtOnce  = 4                      // of these, on their way together
	tellTrouble = 3                      // so many failures on end, and one event is tried at a time, with waits between
	tellRows    = 256                    // rows of one hook that are committed at once, whatever the time
)

// A telling is what this leader has told, and has not committed yet.
type telling struct {
	s       *Server
	random  io.Reader
	hooks   map[machine.HookID]*toldTo
	results chan tried
	busy    sync.WaitGroup
	since   time.Duration // when the first of what is not committed was told
}

// A toldTo is how far telling one hook has come: the state's, and what was tried since.
type toldTo struct {
	next    uint64 // what is before was tried, or is on its way
	settled uint64 // what is before was tried
	owed    []machine.Owed
	out     bool          // events are on their way
	fails   int           // on end
	pause   time.Duration // nothing is tried before, by the clock that never goes back
	pending machine.HookTold
	dirty   bool
}

// full says whether so much was told that it has to be committed before more is tried. One command takes twice machine.OwedMax rows of a
// kind: more than tellRows, with what one more job adds, and giving up all that is owed.
func (to *toldTo) full() bool {
	p := &to.pending
	return len(p.Done)+len(p.Owed)+len(p.Dead) >= tellRows
}

// A try is one event that goes to one hook.
type try struct {
	event *machine.Event
	owed  machine.Owed // Tries 0 where it is tried for the first time
	again bool         // it is among those owed
	out   messenger.Outcome
}

// tried is what became of events that went to a hook together.
type tried struct {
	hook  machine.HookID
	tries []try
	next  uint64 // everything before was tried
}

// runTell tells while this server leads.
func (s *Server) runTell(ctx context.Context) {
	t := &telling{s: s, random: s.env.Random("telling"), hooks: map[machine.HookID]*toldTo{}, results: make(chan tried, machine.HooksMax)}
	for ctx.Err() == nil {
		changed := s.fsm.changed.wait()
		t.flush(ctx)
		t.start(ctx)
		fired, stop := s.env.Clock.After(tellEach)
		select {
		case <-ctx.Done():
		case r := <-t.results:
			t.take(r)
		case <-fired:
		case <-changed:
			s.pause(ctx, tellSettle)
		}
		stop()
		t.takeAll()
	}
	t.busy.Wait() // each of them ends with ctx
}

func (t *telling) takeAll() {
	for {
		select {
		case r := <-t.results:
			t.take(r)
		default:
			return
		}
	}
}

// start sends what is due to everybody to whom nothing is on its way.
func (t *telling) start(ctx context.Context) {
	now, mono := t.s.now(), t.s.env.Clock.Mono()
	jobs := map[*machine.Hook][]try{}
	t.s.View(func(m *machine.Machine) {
		hooks := m.Hooks()
		for id := range t.hooks {
			if _, known := m.Hook(id); !known {
				delete(t.hooks, id)
			}
		}
		for _, h := range hooks {
			to := t.hooks[h.ID]
			if to == nil {
				to = &toldTo{}
				t.hooks[h.ID] = to
			}
			if !to.out && !to.dirty {
				to.next, to.settled, to.owed = h.Next, h.Next, slices.Clone(h.Owed)
			}
			to.next, to.settled = max(to.next, h.Next), max(to.settled, h.Next)
			if !to.out && mono >= to.pause && !to.full() {
				if job := t.due(m, h, to, now); len(job) > 0 {
					jobs[h] = job
				}
			}
		}
	})
	for h, job := range jobs {
		to := t.hooks[h.ID]
		to.out = true
		next, careful := to.next, to.fails > 0
		t.busy.Go(func() {
			t.s.sendAll(ctx, h, job, careful)
			select {
			case <-ctx.Done(): // what was cut off by the end of this leadership says nothing of the receiver
			case t.results <- tried{h.ID, job, next}:
			}
		})
	}
}

// due picks what is to be tried now: what was tried before and is due again, then what is new.
func (t *telling) due(m *machine.Machine, h *machine.Hook, to *toldTo, now time.Time) (job []try) {
	room := tellBatch
	if to.fails >= tellTrouble {
		room = 1
	}
	for _, w := range slices.Clone(to.owed) {
		if len(job) == room {
			return job
		}
		e, kept := m.EventAt(w.Place)
		switch {
		case !kept:
			to.dropOwed(w.Place)
		case !w.Since.IsZero() && now.Sub(w.Since) >= messenger.GiveUp:
			t.dead(to, w, fmt.Sprintf("given up after %d tries in %d hours", w.Tries, int(messenger.GiveUp.Hours())))
		case !w.Due.After(now):
			job = append(job, try{event: e, owed: w, again: true})
		}
	}
	fresh := 0
	for end := m.EventsEnd(); to.next <= end && len(job) < room && len(to.owed)+fresh < machine.OwedMax; to.next++ {
		e, kept := m.EventAt(to.next)
		if kept && h.Tells(e) {
			job = append(job, try{event: e, owed: machine.Owed{Place: e.Place}})
			fresh++
		} else {
			t.touch(to)
		}
	}
	if len(job) == 0 {
		to.settled = to.next
	}
	return job
}

// sendAll sends a job, a few at once; one at a time where the receiver is in trouble.
func (s *Server) sendAll(ctx context.Context, h *machine.Hook, job []try, careful bool) {
	width := tellAtOnce
	if careful {
		width = 1
	}
	room := make(chan struct{}, width)
	var all sync.WaitGroup
	for i := range job {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			job[i].out = s.tellTo(ctx, h, job[i].event)
		})
	}
	all.Wait()
}

// tellTo makes one try.
func (s *Server) tellTo(ctx context.Context, h *machine.Hook, e *machine.Event) messenger.Outcome {
	body, err := eventBody(e)
	if err != nil {
		return messenger.Outcome{Why: err.Error()}
	}
	if messenger.IsMail(h.To) {
		return s.mailTo(ctx, h, e)
	}
	return s.poster.Post(ctx, h.To, h.Secret, e.ID.String(), s.now(), body)
}

// mails says whether this server can tell by mail.
func (s *Server) mails() bool { return s.mailer != nil }

// mailTo makes one try by mail.
func (s *Server) mailTo(ctx context.Context, h *machine.Hook, e *machine.Event) messenger.Outcome {
	if !s.mails() {
		return messenger.Outcome{Why: "head office sends no mail: this server was given none to send it by (holdfast hq --smtp)"}
	}
	box, name := messenger.Mailbox(h.To), ""
	if h.Customers() {
		var why string
		if box, name, why = s.customerBox(e.Customer); why != "" {
			return messenger.Outcome{Why: why, Nobody: true}
		}
	}
	m := renderEvent(e)
	subject, text, err := s.cfg.Letters.Of(m.Type).Render(&m, name)
	if err != nil {
		return messenger.Outcome{Why: err.Error()}
	}
	out := s.mailer.Send(ctx, box, e.ID.String(), subject, text, s.now())
	if h.Customers() {
		out.Dead, out.Gone = out.Gone, false // one customer's mailbox is not everybody's
	}
	return out
}

// customerBox is where a customer is told, and by which name, as the account has it now: of one who was erased since nothing is left, also where
// the event is older. why is why there is no mailbox; it names the customer by the id alone.
func (s *Server) customerBox(id string) (box, name, why string) {
	s.View(func(m *machine.Machine) {
		switch a, known := m.Customer(ledger.CustomerID(id)); {
		case id == "":
			why = "a test goes to no customer"
		case !known:
			why = fmt.Sprintf("there is no customer %s", id)
		case a.Erased:
			why = fmt.Sprintf("customer %s was erased", id)
		case a.Person.Email == "":
			why = fmt.Sprintf("customer %s has no mailbox", id)
		default:
			box, name = a.Person.Email, a.Person.Name
		}
	})
	if why != "" {
		return "", "", why
	}
	to, err := messenger.ParseAddress("mailto:" + box)
	if err != nil {
		return "", "", fmt.Sprintf("what customer %s has as e-mail is no mailbox", id)
	}
	return messenger.Mailbox(to), name, ""
}

// take counts what became of a job.
func (t *telling) take(r tried) {
	to := t.hooks[r.hook]
	if to == nil {
		return
	}
	to.out, to.settled = false, max(to.settled, r.next)
	now := t.s.now()
	for i := range r.tries {
		y := &r.tries[i]
		p := &to.pending
		if y.out.OK || y.out.Nobody {
			if y.out.OK {
				to.fails, to.pause, p.OK = 0, 0, true
				p.Count++
			}
			if y.again {
				to.dropOwed(y.event.Place)
				p.Done = append(p.Done, y.event.Place)
			}
		} else {
			t.failed(to, y, now)
		}
		t.touch(to)
		if !y.out.Nobody {
			t.s.metrics.told(y.out.OK)
		}
	}
	if to.fails >= tellTrouble {
		to.pause = t.s.env.Clock.Mono() + t.wait(to.fails-tellTrouble+1)
		t.s.log.LogAttrs(context.Background(), slog.LevelWarn, "webhook does not take events", slog.String(keyHook, string(r.hook)), slog.Int(keyFails, to.fails), slog.String(keyErr, to.pending.Why))
	}
}

// failed has a try made again later, or gives up.
func (t *telling) failed(to *toldTo, y *try, now time.Time) {
	p, w := &to.pending, y.owed
	if y.out.Dead { // told once, among the dead letters
		t.dead(to, w, y.out.Why)
		return
	}
	to.fails++
	p.OK = false
	p.Failed++
	p.Why = y.out.Why
	w.Tries++
	if w.Since.IsZero() {
		w.Since = now
	}
	w.Due = now.Add(max(t.wait(w.Tries), y.out.Wait)).Truncate(time.Millisecond)
	if y.out.Gone {
		t.dead(to, w, y.out.Why+": it wants no more")
		return
	}
	to.keepOwed(w)
	keepRow(&p.Owed, w)
}

func (t *telling) wait(tries int) time.Duration {
	d, err := messenger.Wait(tries, t.random)
	if err != nil {
		t.s.log.LogAttrs(context.Background(), slog.LevelWarn, "no random part of a wait drawn", slog.Any(keyErr, err))
	}
	return d
}

// dead gives up telling an event.
func (t *telling) dead(to *toldTo, w machine.Owed, why string) {
	to.dropOwed(w.Place)
	to.pending.Owed = slices.DeleteFunc(to.pending.Owed, func(o machine.Owed) bool { return o.Place == w.Place })
	to.pending.Dead = append(to.pending.Dead, machine.Gone{Place: w.Place, Tries: w.Tries, Why: why})
	t.touch(to)
}

func (to *toldTo) dropOwed(place uint64) {
	to.owed = slices.DeleteFunc(to.owed, func(o machine.Owed) bool { return o.Place == place })
	to.pending.Owed = slices.DeleteFunc(to.pending.Owed, func(o machine.Owed) bool { return o.Place == place })
}

func (to *toldTo) keepOwed(w machine.Owed) { keepRow(&to.owed, w) }

// keepRow puts a row among those of its hook, by place.
func keepRow(rows *[]machine.Owed, w machine.Owed) {
	i, ok := slices.BinarySearchFunc(*rows, w.Place, func(o machine.Owed, p uint64) int {
		switch {
		case o.Place < p:
			return -1
		case o.Place > p:
			return 1
		default:
			return 0
		}
	})
	if ok {
		(*rows)[i] = w
		return
	}
	*rows = slices.Insert(*rows, i, w)
}

// touch notes that something of a hook is to be committed.
func (t *telling) touch(to *toldTo) {
	if t.since == 0 {
		t.since = max(t.s.env.Clock.Mono(), 1)
	}
	to.dirty = true
}

// flush commits what was told, for all hooks at once, when it is time.
func (t *telling) flush(ctx context.Context) {
	if t.since == 0 {
		return
	}
	told := machine.Told{At: t.s.now()}
	full := false
	for _, id := range sortedHooks(t.hooks) {
		to := t.hooks[id]
		if to.dirty {
			p := to.pending
			p.Hook, p.Next = id, to.settled
			slices.Sort(p.Done)
			told.Hooks = append(told.Hooks, p)
			full = full || to.full()
		}
	}
	if len(told.Hooks) == 0 || !full && t.s.env.Clock.Mono()-t.since < tellFlush {
		return
	}
	if err := t.s.command(ctx, &told); err != nil {
		if ctx.Err() == nil {
			t.s.log.LogAttrs(ctx, slog.LevelWarn, "what was told not committed", slog.Any(keyErr, err))
			t.since = max(t.s.env.Clock.Mono(), 1)
		}
		return
	}
	t.since = 0
	for _, p := range told.Hooks {
		to := t.hooks[p.Hook]
		to.pending, to.dirty = machine.HookTold{}, false
	}
	for _, to := range t.hooks {
		if to.dirty {
			t.since = max(t.s.env.Clock.Mono(), 1)
		}
	}
}

func sortedHooks(hooks map[machine.HookID]*toldTo) []machine.HookID {
	out := make([]machine.HookID, 0, len(hooks))
	for id := range hooks {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
