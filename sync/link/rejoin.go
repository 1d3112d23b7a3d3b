package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// journalWait bounds one page of the journal, and rejoinWait a rejoin at one server.
const (
	journalWait = 30 * time.Second
	rejoinWait  = 10 * time.Second
)

// Rejoin asks head office for an epoch of the book's own, at one server after the other until one
// can say. It needs no talk: a book that must not go on has none. What the book is rebuilt as is in
// the reply; any verdict but VerdictOK says why not. Site, versions, boot and what the book shows
// are set here.
func (l *Link) Rejoin(ctx context.Context, m wire.Rejoin) (wire.RejoinReply, error) {
	m.VersionMin, m.VersionMax = wire.VersionMin, wire.VersionMax
	m.Site, m.NodeKey, m.Boot = l.cfg.Site, l.parts.NodeKey, l.parts.Env.Process.Boot()
	m.Head, m.HQ = l.parts.Journal.Head().Position, l.parts.Ledger.View().HQ
	var reply wire.RejoinReply
	var errs []error
	for _, server := range l.cfg.servers() {
		reply = wire.RejoinReply{}
		err := l.rejoinAt(ctx, server, &m, &reply)
		if err == nil && reply.Verdict != wire.VerdictLater {
			return reply, nil
		}
		if errs = append(errs, err); ctx.Err() != nil {
			break
		}
	}
	if reply.Verdict == wire.VerdictLater {
		return reply, nil
	}
	return wire.RejoinReply{}, errors.Join(errs...)
}

func (l *Link) rejoinAt(ctx context.Context, server string, m *wire.Rejoin, reply *wire.RejoinReply) error {
	ctx, cancel := context.WithTimeout(ctx, rejoinWait)
	defer cancel()
	if err := l.exchange(ctx, LaneRejoin, server+wire.PathRejoin, m, reply); err != nil {
		return err
	}
	if reply.Verdict == wire.VerdictOK && (reply.Epoch == 0 || !reply.H.Known()) {
		return errors.New("rejoin to head office: it names no epoch or no incarnation")
	}
	return nil
}

// Journal gives frames of the site's own journal that follow entry after, of what head office has:
// none where this server has no more. try chooses the server: the next one where this failed. most,
// where it is over 0, is how many frames are wanted.
func (l *Link) Journal(ctx context.Context, try int, after ledger.Seq, most int) (frames [][]byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, journalWait)
	defer cancel()
	servers := l.cfg.servers()
	began := l.parts.Env.Clock.Mono()
	defer func() { l.meters.exchanged(LaneJournal, l.parts.Env.Clock.Mono()-began, err) }()
	r, err := wire.NewJournalRequest(ctx, servers[try%len(servers)], l.cfg.Site, after)
	if err != nil {
		return nil, err
	}
	l.sign(r)
	answer, err := l.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch journal: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch journal: %w", wire.RefusedReply(answer))
	}
	if frames, err = wire.ReadFrames(answer.Body, most); err != nil {
		return nil, fmt.Errorf("fetch journal: %w", err)
	}
	return frames, nil
}

// Judged gives a channel that is closed once head office has judged this book for the first time in
// this process, or all its servers have failed to. A verdict that quarantines has done so by then: a
// book that has gone back in time promises nothing in between.
func (l *Link) Judged() <-chan struct{} { return l.judged }

// judge needs mu.
func (l *Link) judge() {
	select {
	case <-l.judged:
	default:
		close(l.judged)
		l.ring()
	}
}

// Tell has the machine look at the book anew: something has changed that is in no entry.
func (l *Link) Tell() { l.step(Told{Book: l.book()}) }
