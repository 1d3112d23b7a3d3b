package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/sync/wire"
)

// ErrOffline says that head office gave no answer that could be used: the caller gives the
// offline answer. It comes bare, and at once, where nothing was sent: the line is known to be
// down, or too many questions are waiting. Wrapped, it leaves open what head office did.
var ErrOffline = errors.New("head office cannot be asked now")

// Ask wants units for an order, now: one round trip on a warm connection. It returns at ctx's
// deadline at the latest, and after AskWait where ctx has none or a later one. Site, Head and
// DeadlineMS are set here. Any error wraps ErrOffline; the first of them ends being online.
// A yes is a hold that the next entry of the book takes up or lets go.
func (l *Link) Ask(ctx context.Context, a wire.Ask) (wire.AskReply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.AskWait)
	defer cancel()
	a.Site, a.Head = l.cfg.Site, l.parts.Journal.Head().Position
	a.DeadlineMS = l.share(ctx, l.cfg.AskWait)
	var reply wire.AskReply
	err := l.side(ctx, LaneAsk, wire.PathAsk, &a, &reply, func() (wire.Verdict, string) { return reply.Verdict, reply.Why })
	return reply, err
}

// Look asks what the company has of a SKU, under the terms of Ask.
func (l *Link) Look(ctx context.Context, k wire.Look) (wire.LookReply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.AskWait)
	defer cancel()
	k.Site, k.Head = l.cfg.Site, l.parts.Journal.Head().Position
	var reply wire.LookReply
	err := l.side(ctx, LaneLook, wire.PathLook, &k, &reply, func() (wire.Verdict, string) { return reply.Verdict, "" })
	return reply, err
}

// Need asks for some of an asset of head office's own, under the terms of Ask. What comes of it is a command.
func (l *Link) Need(ctx context.Context, n wire.Need) (wire.NeedReply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.AskWait)
	defer cancel()
	n.Site, n.Head = l.cfg.Site, l.parts.Journal.Head().Position
	var reply wire.NeedReply
	err := l.side(ctx, LaneNeed, wire.PathNeed, &n, &reply, func() (wire.Verdict, string) { return reply.Verdict, reply.Why })
	return reply, err
}

// Forward passes a client's cancel to the book that owns the order, under the terms of Ask but
// for ForwardWait. An owner that cannot be reached is an answer, not an error. After an error
// nobody knows whether the cancel was carried out: its key decides.
func (l *Link) Forward(ctx context.Context, f wire.Forward) (wire.ForwardReply, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.ForwardWait)
	defer cancel()
	f.Site, f.Head = l.cfg.Site, l.parts.Journal.Head().Position
	f.DeadlineMS = l.share(ctx, l.cfg.ForwardWait)
	var reply wire.ForwardReply
	err := l.side(ctx, LaneForward, wire.PathForward, &f, &reply, func() (wire.Verdict, string) { return reply.Verdict, "" })
	return reply, err
}

// share is how much of the wait head office may use: three quarters. A no that came at the
// very deadline would be lost on its way, and a lost answer counts as a lost line.
func (l *Link) share(ctx context.Context, most time.Duration) int64 {
	if at, ok := ctx.Deadline(); ok {
		most = min(most, at.Sub(l.parts.Env.Clock.Wall()))
	}
	return max(1, (most * 3 / 4).Milliseconds())
}

func (l *Link) renewed(talk uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.talk.Talk() != talk
}

// side carries an exchange that is none of the machine's lanes and tells the machine how it
// went, before its caller learns: the next order is then answered by what is known now.
func (l *Link) side(ctx context.Context, lane Lane, path string, m, reply wire.Message, verdict func() (wire.Verdict, string)) error {
	select {
	case l.asks <- struct{}{}:
		defer func() { <-l.asks }()
	default:
		return ErrOffline
	}
	l.mu.Lock()
	online, talk, server := l.online(), l.talk.Talk(), l.talk.Picture().Server
	l.mu.Unlock()
	if !online {
		return ErrOffline
	}
	if err := l.exchange(ctx, lane, server+path, m, reply); err != nil {
		// A caller that went away says nothing about the line.
		if !errors.Is(ctx.Err(), context.Canceled) {
			l.drop(ctx)
			l.step(Lost{Talk: talk, Err: err})
		}
		return fmt.Errorf("%w: %w", ErrOffline, err)
	}
	v, why := verdict()
	switch {
	case v == wire.VerdictOK:
		l.step(Contact{Talk: talk})
		if lane == LaneAsk && l.renewed(talk) {
			// The hold may be of a head office that has gone back in time since: it counts as late.
			return fmt.Errorf("%w: the line was renewed meanwhile", ErrOffline)
		}
		return nil
	case v.Refuses():
		l.step(Judged{Talk: talk, Verdict: v, Why: why})
	}
	return fmt.Errorf("%w: it says %s: %s", ErrOffline, v, why)
}
