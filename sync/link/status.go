package link

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A Status is a link at a glance.
type Status struct {
	State      State
	Online     bool
	Server     string // base URL of the head office server talked to, or tried next
	Contacted  bool   // since this process began
	ContactAge time.Duration
	Err        string       // the last failure, for people; it stays when all is well again
	Verdict    wire.Verdict // of StateRefused; VerdictNone where the site itself found out
	Why        string

	Stored    ledger.Position // the last position that a quorum is known to have
	Known     bool            // Stored has been told since this process began
	Archived  ledger.Seq      // the last entry that a copy outside head office is known to have; 0: not known
	Unsent    uint64          // entries behind Stored; all of the book's where it is not known
	UnsentAge time.Duration   // of the oldest of them, by the site's clock
	Obeyed    bool            // all that head office has issued so far is carried out
	Deferred  bool            // head office was heard last and said later: it is about to judge the book
	SkewMS    int64           // how far head office's clock is ahead of ours
}

// seen is what of a Status rings the doorbell.
type seen struct {
	state    State
	online   bool
	server   string
	fault    string
	stored   ledger.Seq
	archived ledger.Seq
	obeyed   bool
}

// oldest remembers when the first unsent entry was written.
type oldest struct {
	seq ledger.Seq
	at  time.Time
}

// Online says whether head office may be asked with a hope of an answer.
func (l *Link) Online() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.online()
}

// online needs mu. While Run does not run, nobody keeps the line.
func (l *Link) online() bool {
	return l.running != nil && l.running.Err() == nil && l.talk.Online(l.parts.Env.Clock.Mono())
}

// Changed gives a channel that is closed at the next change of what Status says, ages aside, and when
// the book is judged.
// Take it, then look, then wait: no change is missed.
func (l *Link) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// look needs mu.
func (l *Link) look() seen {
	p := l.talk.Picture()
	return seen{state: p.State, online: l.online(), server: p.Server, fault: p.Fault, stored: p.Stored.Seq, archived: p.Archived, obeyed: p.Obeyed}
}

// ring needs mu.
func (l *Link) ring() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// publish rings the doorbell after a change. mu is held.
//
// A welcome alone is no verdict: head office cannot know a book that went back and has written beyond
// what was shown. That the two have one past is seen at the place where head office's copy ends.
func (l *Link) publish() {
	now := l.look()
	if p := l.talk.Picture(); p.State == StateTalking && p.Proved || p.State == StateWaiting && p.Missed >= len(l.cfg.Servers) {
		l.judge()
	}
	if now == l.seen {
		return
	}
	was := l.seen
	l.seen = now
	l.ring()
	switch {
	case now.online && !was.online:
		l.log(slog.LevelInfo, "head office reached", now)
	case was.online && !now.online:
		l.log(slog.LevelWarn, "head office lost", now)
	case now.state == StateWaiting && now.fault != was.fault && (was.fault == "" || now.fault == faultToken):
		l.log(slog.LevelWarn, "head office not reached", now) // the first of a row; the others are for whoever looks closely
	case now.fault != was.fault:
		l.log(slog.LevelDebug, "head office not reached", now)
	}
}

func (l *Link) log(level slog.Level, what string, now seen) {
	attrs := []slog.Attr{slog.String(keyServer, now.server), slog.String(keyState, now.state.String())}
	if !now.online {
		attrs = append(attrs, slog.String(keyErr, now.fault))
	}
	l.parts.Log.LogAttrs(context.Background(), level, what, attrs...)
}

// Status gives the link at a glance.
func (l *Link) Status() Status {
	head := l.parts.Journal.Head()
	l.mu.Lock()
	p := l.talk.Picture()
	s := Status{
		State: p.State, Online: l.online(), Server: p.Server, Contacted: p.Contacted, Err: p.Fault,
		Verdict: p.Refusal.Verdict, Why: p.Refusal.Why, Stored: p.Stored, Known: p.Known, Archived: p.Archived, Obeyed: p.Obeyed, SkewMS: l.skewMS,
		Deferred: p.State != StateTalking && p.State != StateRefused && p.Tries > 0 && p.Missed == 0,
	}
	if p.Contacted {
		s.ContactAge = l.parts.Env.Clock.Mono() - p.Contact
	}
	l.mu.Unlock()
	if head.Seq > s.Stored.Seq {
		s.Unsent = uint64(head.Seq - s.Stored.Seq)
		s.UnsentAge = l.unsentAge(s.Stored.Seq)
	}
	return s
}

// unsentAge is the age of the first entry behind stored. Its frame is read once: while nothing
// is sent, the answer stays. A frame that cannot be read has no age; the push lane says why.
func (l *Link) unsentAge(stored ledger.Seq) time.Duration {
	l.mu.Lock()
	o := l.oldest
	l.mu.Unlock()
	if o.seq != stored+1 {
		at, ok := l.writtenAt(stored + 1)
		if !ok {
			return 0
		}
		o = oldest{seq: stored + 1, at: at}
		l.mu.Lock()
		l.oldest = o
		l.mu.Unlock()
	}
	return max(0, l.parts.Env.Clock.Wall().Sub(o.at))
}

func (l *Link) writtenAt(seq ledger.Seq) (time.Time, bool) {
	_, frames, err := l.parts.Journal.Frames(seq-1, 1)
	if err != nil || len(frames) == 0 {
		return time.Time{}, false
	}
	f, err := ledger.DecodeFrame(frames[0])
	if err != nil || seq < f.First || seq > f.End().Seq {
		return time.Time{}, false
	}
	e, err := ledger.UnmarshalEntry(f.Entries[seq-f.First])
	if err != nil {
		return time.Time{}, false
	}
	return e.At, true
}
