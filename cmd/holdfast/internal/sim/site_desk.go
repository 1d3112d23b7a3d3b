package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A respond tells a client what came of a request. It may go unheard.
type respond func(ledger.Outcome)

// A held is an order whose key is being asked about: it is tried again at each commit.
type held struct {
	place *ledger.Place
	say   respond
	until time.Duration
}

// obey puts what the link brings to the book.
func (s *site) obey(out link.Do) {
	req := out.Request
	_, command := req.(*ledger.Obey)
	s.do(req, func(o ledger.Outcome) {
		if command && s.pass(PointObeyed) {
			return
		}
		s.step(link.Done{ID: out.ID, Book: s.durable, Err: o.Err})
	})
	if command {
		s.pass(PointObey)
	}
}

// put puts the order to the book. While the same key is being asked about it waits for that
// answer, no longer than an ask may take.
func (s *site) put(p *ledger.Place, say respond, until time.Duration) {
	p.AskHQ = s.talk.Online(s.c.now) && !p.InHand
	s.do(p, func(out ledger.Outcome) {
		switch {
		case errors.Is(out.Err, ledger.ErrInProgress):
			s.c.met("same key", "while asking")
			h := &held{place: p, say: say, until: until}
			s.held = append(s.held, h)
			s.after(until-s.c.now, func() { s.letGo(h) })
		case out.Err == nil && out.Entry != nil && out.Entry.Kind == ledger.KindAsked:
			s.ask(out.Entry.Body.(*ledger.OrderBody), say)
		default:
			s.reply(out, say)
		}
	})
}

// reply tells a client. Whatever is told is on the disk.
func (s *site) reply(out ledger.Outcome, say respond) {
	if s.pass(PointAnswer) {
		return
	}
	if out.Entry != nil && out.Entry.Seq > s.durable.Head.Seq {
		s.c.fail("lost", "%s answers from entry %d, its disk ends at %d", s.id, out.Entry.Seq, s.durable.Head.Seq)
		return
	}
	say(s.c.overstated(out))
}

// retryHeld tries again the orders that waited for another request with their key.
func (s *site) retryHeld() {
	list := s.held
	s.held = nil
	for _, h := range list {
		s.put(h.place, h.say, h.until)
	}
}

func (s *site) letGo(h *held) {
	for i, x := range s.held {
		if x == h {
			s.held = append(s.held[:i], s.held[i+1:]...)
			h.say(ledger.Outcome{Err: ledger.ErrInProgress})
			return
		}
	}
}

// ask puts an order that is short here to head office and writes down what became of it.
func (s *site) ask(body *ledger.OrderBody, say respond) {
	if s.pass(PointAsked) {
		return
	}
	o := &body.Order
	talk := s.talk.Talk()
	k := &call{}
	k.done = func(m wire.Message, err error) {
		if err != nil {
			s.step(link.Lost{Talk: talk, Err: err})
			s.c.say(s.name(), "no answer about %s: %v", o.External, err)
			if s.c.guardOff(guardAbandonWritten) {
				no := &ledger.OrderBody{Order: *o, Shorts: body.Shorts, Refusal: ledger.RefusedShort}
				say(ledger.Outcome{Entry: &ledger.Entry{Body: no}, Err: no.Err()})
				return
			}
			s.close(&ledger.AbandonAsk{Order: o.ID, Ask: body.Ask, Offline: true}, PointAbandon, say)
			return
		}
		s.asked(body, talk, m.(*wire.AskReply), say)
	}
	k.late = func(m wire.Message) {
		if r := m.(*wire.AskReply); r.Yes {
			s.c.met("ask", "yes after it was closed")
			if s.c.guardOff(guardAskNamed) && s.asking != nil && !s.asking.over {
				s.asking.end(m, nil)
			}
		}
	}
	if !s.talk.Online(s.c.now) {
		k.end(nil, link.ErrOffline)
		return
	}
	q := question(s, body)
	s.c.say(s.name(), "asks about %s: %v", o.External, q.Lines)
	s.asking = k
	s.exchange(q, askWait, k)
}

func (s *site) asked(body *ledger.OrderBody, talk uint64, r *wire.AskReply, say respond) {
	id := body.Order.ID
	switch {
	case r.Verdict == wire.VerdictOK:
		s.step(link.Contact{Talk: talk})
	case r.Verdict.Refuses():
		s.step(link.Judged{Talk: talk, Verdict: r.Verdict, Why: r.Why})
	}
	switch {
	case r.Verdict != wire.VerdictOK:
		s.close(&ledger.AbandonAsk{Order: id, Ask: body.Ask, Offline: true}, PointAbandon, say)
	case !r.Yes:
		s.close(&ledger.AbandonAsk{Order: id, Ask: body.Ask}, PointAbandon, say)
	default:
		s.c.say(s.name(), "is told yes about %s: %v", body.Order.External, r.Legs)
		s.close(&ledger.AcceptAsk{Order: id, Ask: body.Ask, Legs: r.Legs}, PointYes, func(out ledger.Outcome) {
			if out.Entry != nil {
				say(out)
				return
			}
			if refusedForNow(out.Err) { // the book went back, and is found out at this moment
				s.c.met("ask", "yes to a book in quarantine")
				return
			}
			s.c.fail("misfit", "%s: the yes for %s does not fit: %v", s.id, id, out.Err)
		})
	}
}

// close writes the entry that ends an ask, and answers from it.
func (s *site) close(req ledger.Request, at Point, say respond) {
	s.do(req, func(out ledger.Outcome) {
		if errors.Is(out.Err, errFull) {
			s.after(time.Second, func() { s.close(req, at, say) })
			return
		}
		s.reply(out, say)
	})
	s.pass(at)
}

// question says what the order is short of.
func question(s *site, body *ledger.OrderBody) *wire.Ask {
	o := &body.Order
	ask := &wire.Ask{Site: s.id, Head: s.durable.Head, ID: body.Ask, Order: o.ID, Whole: o.Whole(),
		DeadlineMS: askShare.Milliseconds()}
	for _, l := range body.Shorts {
		ask.Lines = append(ask.Lines, wire.AskLine{Line: l.Line, SKU: l.SKU, Qty: l.Want - l.Have})
	}
	switch {
	case o.CollectAt != "" && o.CollectAt != s.id:
		ask.Only = o.CollectAt
	case !o.Anywhere:
		ask.Only = s.id
	}
	return ask
}

func head(st *ledger.State) string { return fmt.Sprintf("%d/%d", st.Epoch, st.Seq) }
