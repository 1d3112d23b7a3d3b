package node

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// openLine puts the line to head office together; it dials nobody yet.
func (n *Node) openLine(reg prometheus.Registerer) error {
	var token string
	var err error
	if n.keeper == nil { // a certificate says all that the token would
		if token, err = joinToken(n.env.Disk, n.cfg.Dir, n.cfg.Join); err != nil {
			return err
		}
	}
	n.link, err = link.Open(link.Config{Site: n.cfg.Site, Servers: n.cfg.HQ, Token: token,
		AskWait: max(n.cfg.AskWait, n.cfg.LookWait), ForwardWait: n.cfg.ForwardWait},
		link.Parts{Env: n.env, NodeKey: n.book.NodeKey(), Journal: n.book, Ledger: n.book, Catalogue: n.book, Directory: n.book, Clientele: n.book, House: house{n.book, n.said},
			Facts: n.rebuild.facts.Load, Moved: n.book.Moved, Answer: n.answerCall, TLS: n.forHQ(), Log: n.log, Registry: reg})
	return err
}

// runLine keeps the line up. It ends early when the book stops; the node then goes on to be
// read, and the writer's own error tells what happened. A node that replaces another one says no hello: head office
// would take it for a stranger that claims the site. It asks for its epoch, and is opened anew once it has its book.
func (n *Node) runLine(ctx context.Context) error {
	if n.rebuild.replace {
		return nil
	}
	err := n.link.Run(ctx)
	if err != nil && n.faulty() {
		n.log.LogAttrs(ctx, slog.LevelWarn, "line to head office ended with the book", slog.Any(keyErr, err))
		return nil
	}
	return err
}

// online says whether head office may be asked with a hope of an answer.
func (n *Node) online() bool { return n.link != nil && n.link.Online() }

// look asks what the company has of a SKU. Without an answer in time ok is false.
func (n *Node) look(ctx context.Context, sku ledger.SKU) (reply wire.LookReply, ok bool) {
	bounded, cancel := context.WithTimeout(ctx, n.cfg.LookWait)
	defer cancel()
	reply, err := n.link.Look(bounded, wire.Look{SKU: sku})
	return reply, err == nil
}

// forward passes a cancel on to the book that owns the order. errUnreachable says that nothing
// was changed, ledger.ErrUnsure that nobody can know.
func (n *Node) forward(ctx context.Context, f wire.Forward) (wire.ForwardReply, error) {
	if !n.online() {
		return wire.ForwardReply{}, errUnreachable
	}
	bounded, cancel := context.WithTimeout(ctx, n.cfg.ForwardWait)
	defer cancel()
	reply, err := n.link.Forward(bounded, f)
	switch {
	case err == nil:
		return reply, nil
	case err == link.ErrOffline, // bare: nothing was sent
		reply.Verdict != wire.VerdictNone, neverSent(err):
		return wire.ForwardReply{}, errors.Join(errUnreachable, err)
	default:
		return wire.ForwardReply{}, errors.Join(ledger.ErrUnsure, err)
	}
}

// neverSent says whether no connection came about, so that nothing can have been done.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// shared says whether a quorum of head office has everything up to head.
func (n *Node) shared(head ledger.Head) bool {
	if n.link == nil {
		return false
	}
	s := n.link.Status()
	return s.Known && s.Stored.Seq >= head.Seq && s.Unsent == 0
}

// linkStatus is the line in the words of the API.
func (n *Node) linkStatus() *contract.LinkStatus {
	if n.link == nil {
		return nil
	}
	s := n.link.Status()
	out := &contract.LinkStatus{Online: s.Online, Verdict: s.State.String(), ContactAgo: -1, SharedSeq: uint64(s.Stored.Seq), ArchivedSeq: uint64(s.Archived),
		Unshared: s.Unsent, UnsharedAge: s.UnsentAge.Milliseconds(), SkewMS: -s.SkewMS}
	if s.Contacted {
		out.ContactAgo = s.ContactAge.Milliseconds()
	}
	switch {
	case s.State == link.StateRefused && s.Verdict != wire.VerdictNone:
		out.Verdict, out.Why = s.Verdict.String(), s.Why
	case s.State == link.StateRefused:
		out.Verdict, out.Why = "refused", s.Why
	case s.Online:
		out.Verdict = wire.VerdictOK.String()
	default:
		out.Why = s.Err
	}
	return out
}
