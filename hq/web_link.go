package hq

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Bounds of what a site may ask for.
const (
	askMargin   = 60 * time.Millisecond // of an ask's deadline, for the last proposal and the way back
	askMost     = 5 * time.Second
	forwardMost = 20 * time.Second
)

// heard reads a site's message and makes sure that it is the site's.
func (s *Server) heard(w http.ResponseWriter, r *http.Request, m wire.Message, site func() ledger.SiteID) error {
	r.Body = http.MaxBytesReader(w, r.Body, wire.BodyMax)
	if err := wire.ReadRequest(r, m); err != nil {
		return err
	}
	if !s.isSite(r, site()) {
		return errIdentity
	}
	return nil
}

// overtaken says to a node that is turned away for its token that its epoch is closed, or "". A site
// that is replaced gets a new token: were the old node told no more than that it is nobody, it
// would take head office for unreachable and sell on beside the new one. Nothing is noted of it.
func (s *Server) overtaken(err error, site ledger.SiteID, head ledger.Position) string {
	if !errors.Is(err, errIdentity) || head.Epoch == 0 {
		return ""
	}
	now := looked(s, func(m *machine.Machine) ledger.Epoch {
		if st, ok := m.Site(site); ok {
			return st.Epoch
		}
		return 0
	})
	if head.Epoch >= now {
		return ""
	}
	return fmt.Sprintf("epoch %d is closed, the site is in %d and has another token", head.Epoch, now)
}

func (s *Server) linkHello(w http.ResponseWriter, r *http.Request) error {
	var m wire.Hello
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		if why := s.overtaken(err, m.Site, m.Head); why != "" {
			return wire.WriteReply(w, &wire.Welcome{Verdict: wire.VerdictClosedEpoch, Why: why})
		}
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	if most, believed := s.epochMost(r, m.Site); m.Head.Epoch > most && believed {
		return wire.WriteReply(w, &wire.Welcome{Verdict: wire.VerdictFork, Why: fmt.Sprintf("epoch %d was never issued: head office has come to %d", m.Head.Epoch, most)})
	}
	reply, err := off.Hello(r.Context(), s.now(), &m)
	if err != nil {
		return err
	}
	return wire.WriteReply(w, reply)
}

// linkRejoin gives an epoch of its own to a site whose book must not go on.
func (s *Server) linkRejoin(w http.ResponseWriter, r *http.Request) error {
	var m wire.Rejoin
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		if why := s.overtaken(err, m.Site, m.Head); why != "" {
			return wire.WriteReply(w, &wire.RejoinReply{Verdict: wire.VerdictClosedEpoch, Why: why})
		}
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	letIn, why := s.givenUp(r, &m)
	if why != "" {
		return wire.WriteReply(w, &wire.RejoinReply{Verdict: wire.VerdictClosedEpoch, Why: why})
	}
	most, _ := s.epochMost(r, m.Site)
	m.Head.Epoch = min(m.Head.Epoch, most)
	reply, err := off.Rejoin(r.Context(), s.now(), &m, letIn)
	if err != nil {
		return err
	}
	return wire.WriteReply(w, reply)
}

// epochMost is the highest epoch that a site's node can have been given, whatever it says that its book is in: that of its certificate, that
// of its site, or one of a life of head office that this one does not know, all of which are below this life's own number (Machine.epochAfter).
// The next epoch is counted from what a node says, so a lie would drive it up, to the end of all numbers at once, and nothing of the site
// could be fenced any more. In the clear, where nothing proves a certificate's epoch, there is no such bound. believed says whether a hello's
// epoch above the site's own is taken from it (Machine.Believes); else the machine judges it.
func (s *Server) epochMost(r *http.Request, id ledger.SiteID) (most ledger.Epoch, believed bool) {
	if s.trust == nil {
		return math.MaxUint64, false
	}
	if n, ok := s.caller(r); ok {
		most = n.Epoch
	}
	s.View(func(m *machine.Machine) {
		most = max(most, ledger.Epoch(m.H().Counter))
		if st, ok := m.Site(id); ok {
			most, believed = max(most, st.Epoch), m.Believes(st)
		}
	})
	return most, believed
}

// givenUp says why a node gets no epoch: its site was declared lost, and nobody has let a node in since. A stolen node asks for one as any
// does whose epoch is closed, and would be promised from again a second later. Who lets one in is an operator, by site replace, which
// raises the fence; in the clear, where no certificate tells the new node from the old one, it is the one that is started as a replacement.
// A node whose epoch this life of head office has never heard of was let in by a later one; by its certificate, where there is one: what a
// stolen node says of itself nobody has to believe. letIn is the epoch that a node is let into although its site is lost.
func (s *Server) givenUp(r *http.Request, in *wire.Rejoin) (letIn ledger.Epoch, why string) {
	epoch := in.Head.Epoch
	if s.trust != nil {
		n, _ := s.caller(r)
		epoch = n.Epoch
	}
	s.View(func(m *machine.Machine) {
		letIn = m.LetIn(in.Site)
		site, ok := m.Site(in.Site)
		if !ok || !site.Lost.Done() || epoch > site.Epoch {
			return
		}
		if s.trust != nil && m.Trusted(in.Site).Fence > site.Epoch || s.trust == nil && in.Replace {
			return
		}
		why = site.GivenUp()
	})
	return letIn, why
}

// linkPush takes frames of a site's journal. Where too much is being pushed the site is told
// "later": its other lanes go on.
func (s *Server) linkPush(w http.ResponseWriter, r *http.Request) error {
	if !s.pushes.enter(r.Context(), s.env.Clock) {
		return s.pushLater(w)
	}
	defer s.pushes.leave()
	var m wire.Push
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	turn, err := s.pushes.turn(r.Context(), s.env.Clock, &m, func() ledger.Seq {
		return looked(s, func(mach *machine.Machine) ledger.Seq {
			if site, ok := mach.Site(m.Site); ok {
				return site.Stored.Seq
			}
			return 0
		})
	})
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return s.pushLater(w)
	case err != nil:
		return err
	}
	stored := ledger.Seq(0)
	defer func() { turn.done(stored) }()
	reply, err := off.PushBy(r.Context(), s.now(), &m, func(ctx context.Context, cmd []byte) (machine.Result, error) {
		return s.proposeThen(ctx, cmd, turn.proposed)
	})
	if err != nil {
		return err
	}
	stored = reply.Stored.Seq
	return wire.WriteReply(w, reply)
}

func (s *Server) pushLater(w http.ResponseWriter) error {
	s.metrics.refused.WithLabelValues(pushQueueName).Inc()
	return wire.WriteReply(w, &wire.PushReply{Verdict: wire.VerdictLater, Why: "too much is being pushed"})
}

// linkPull answers as soon as there is something to say to the site, and at the latest when the
// wait is over.
func (s *Server) linkPull(w http.ResponseWriter, r *http.Request) error {
	var m wire.Pull
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	if err := s.allow(w, s.cfg.PullWait+answerWait); err != nil {
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	poll, err := s.polls.enter(m.Site)
	if err != nil {
		s.metrics.refused.WithLabelValues("pulls").Inc()
		return err
	}
	s.metrics.waiting.Inc()
	left := off.Attend(m.Site, m.Boot, m.HeardMS, s.now())
	defer func() {
		left(s.now())
		s.polls.leave(m.Site, poll)
		s.metrics.waiting.Dec()
	}()
	wait := min(max(time.Duration(m.WaitMS)*time.Millisecond, 0), s.cfg.PullWait)
	fired, stop := s.env.Clock.After(wait)
	defer stop()
	for over := wait == 0; ; {
		rung := s.fsm.sites.of(m.Site).wait()
		reply, news, err := off.Pull(r.Context(), s.now(), &m)
		if err != nil {
			return err
		}
		select {
		case <-poll.over: // the newer one takes the calls
			over = true
		default:
			reply.Calls = s.calls.take(m.Site)
		}
		if reply.WallMS = s.now().UnixMilli(); news || over || len(reply.Calls) > 0 {
			return wire.WriteReply(w, reply)
		}
		select {
		case <-rung:
		case <-fired:
			over = true
		case <-poll.over:
			over = true
		case <-closing(r.Context()):
			over = true
		case <-r.Context().Done():
			return r.Context().Err()
		}
		if off, err = s.leader(); err != nil {
			return err
		}
	}
}

func (s *Server) linkReply(w http.ResponseWriter, r *http.Request) error {
	var m wire.CallReply
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	s.calls.answer(&m)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// linkAsk answers within the ask's deadline: what is to be borrowed is waited for as long as
// there is time for one more proposal.
func (s *Server) linkAsk(w http.ResponseWriter, r *http.Request) error {
	var m wire.Ask
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	wait := min(max(time.Duration(m.DeadlineMS)*time.Millisecond, 0), askMost)
	deadline := s.now().Add(wait)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	var reply *wire.AskReply
	err := s.patiently(ctx, wait-askMargin, func(final bool) (done bool, err error) {
		off, err := s.leader()
		if err != nil {
			return false, err
		}
		reply, done, err = off.TryAsk(ctx, s.now(), &m, deadline, final)
		return done, err
	})
	if reply, err = askAnswer(reply, err); err != nil {
		return err
	}
	return wire.WriteReply(w, reply)
}

// askAnswer is what a site is told of its ask. Where head office is only too busy, too slow or
// unsure, it is told "later": it then decides from what it has and its entry lets go of a hold
// that was made all the same. Any other status than 200 would count as a lost line, and it would
// give up its push and its pull for nothing.
func askAnswer(reply *wire.AskReply, err error) (*wire.AskReply, error) {
	switch {
	case errors.Is(err, ErrNoLeader):
		return nil, err
	case errors.Is(err, ledger.ErrBusy), errors.Is(err, ledger.ErrUnsure), errors.Is(err, machine.ErrConflict),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &wire.AskReply{Verdict: wire.VerdictLater, Why: "no answer was found in time"}, nil
	case err != nil:
		return nil, err
	case reply == nil:
		return &wire.AskReply{Verdict: wire.VerdictLater, Why: "no answer was found in time"}, nil
	default:
		return reply, nil
	}
}

func (s *Server) linkNeed(w http.ResponseWriter, r *http.Request) error {
	var m wire.Need
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	reply, err := off.Need(r.Context(), s.now(), &m, s.knows(machine.AssetCommands))
	if err != nil {
		return err
	}
	return wire.WriteReply(w, reply)
}

func (s *Server) linkLook(w http.ResponseWriter, r *http.Request) error {
	var m wire.Look
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	off, err := s.leader()
	if err != nil {
		return err
	}
	return wire.WriteReply(w, off.Look(s.now(), &m))
}

// linkForward passes a cancel of a site's client to the book that owns the order.
func (s *Server) linkForward(w http.ResponseWriter, r *http.Request) error {
	var m wire.Forward
	if err := s.heard(w, r, &m, func() ledger.SiteID { return m.Site }); err != nil {
		return err
	}
	reply := &wire.ForwardReply{Verdict: wire.VerdictOK}
	wait := min(max(time.Duration(m.DeadlineMS)*time.Millisecond, 0), forwardMost)
	by := machine.Hand{By: m.Actor, Device: m.Device, Approver: m.Approver}
	a, err := s.cancel(actingFor(r.Context(), by, post, pathOrders+"/"+string(m.Cancel)+"/cancel"), wish{order: m.Cancel, Hand: by, keyed: keyed{m.Key, m.Request}, wait: wait})
	switch {
	case errors.Is(err, ErrNoLeader):
		return err
	case err != nil:
		p := problem(err)
		a = answer{status: p.Status, body: p.JSON()}
	}
	reply.Status, reply.Body, reply.Replayed = a.status, a.body, a.replayed
	return wire.WriteReply(w, reply)
}

// linkJournal gives whole frames of a site's journal: to the site itself, which rebuilds its book,
// and to another server of head office.
func (s *Server) linkJournal(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	site, err := ledger.ParseSite(q.Get("site"))
	if !s.isOwner(r) && (err != nil || !s.isSite(r, site)) {
		return errIdentity
	}
	if err := contract.Query(q, "site", "after"); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	after, err := strconv.ParseUint(q.Get("after"), 10, 63)
	if err != nil {
		return &ledger.FormError{Field: "after", Why: "is not the number of an entry, such as 240; 0 is before the first"}
	}
	frames, err := s.journal.Frames(site, ledger.Seq(after), fetchBytes)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(http.StatusOK)
	return writeFrames(w, frames)
}
