package sim

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A poll is a long pull that waits for something to bring.
type poll struct {
	site  ledger.SiteID
	pull  *wire.Pull
	until time.Duration
	left  func(now time.Time)
	say   func(wire.Message, error)
}

// A try is an ask or an order that waits for units to be borrowed.
type try struct {
	until time.Duration
	again func(final bool) (done bool)
	over  bool
}

// lastCall is how long before its deadline a try gets its last chance.
const lastCall = 20 * time.Millisecond

// serve takes one message of a site. The answer goes out only from the life that took it.
func (h *headOffice) serve(site ledger.SiteID, m wire.Message, respond func(wire.Message, error)) {
	if !h.up {
		h.c.met("hq down", kindOf(m))
		respond(nil, errDown)
		return
	}
	life := h.life
	say := func(m wire.Message, err error) {
		if h.life == life {
			respond(m, err)
		}
	}
	ctx := context.Background()
	h.office.Seen(site, h.wall())
	switch m := m.(type) {
	case *wire.Rejoin:
		h.rejoin(m, say)
	case *wire.Hello:
		reply, err := h.office.Hello(ctx, h.wall(), m)
		h.answer(PointHello, reply, err, say)
	case *wire.Push:
		before := h.journal[site].last
		reply, err := h.office.Push(ctx, h.wall(), m)
		if err == nil && h.journal[site].last == before && len(m.Frames) > 0 {
			h.c.met("repeated", "push of what is stored")
		}
		if err == nil && reply.Stored.Seq < m.Before.Seq {
			h.c.met("push", "with a gap before it")
		}
		h.answer(PointPush, reply, err, say)
	case *wire.Pull:
		h.pull(site, m, say)
	case *wire.Ask:
		h.ask(m, say)
	}
}

// answer sends a reply, unless the process dies between the effect and the answer.
func (h *headOffice) answer(at Point, reply wire.Message, err error, say func(wire.Message, error)) {
	switch {
	case h.pass(at):
	case err != nil:
		h.odd(err)
		say(nil, err)
	default:
		say(reply, nil)
	}
}

// odd fails the run on an error that no outage explains.
func (h *headOffice) odd(err error) {
	if !errors.Is(err, ledger.ErrUnsure) && !errors.Is(err, ledger.ErrBusy) {
		h.c.fail("office", "%v", err)
	}
}

func (h *headOffice) pull(site ledger.SiteID, m *wire.Pull, say func(wire.Message, error)) {
	p := &poll{site: site, pull: m, until: h.c.now + time.Duration(m.WaitMS)*time.Millisecond, say: say}
	p.left = h.office.Attend(site, m.Boot, m.HeardMS, h.wall())
	if h.bring(p, p.until <= h.c.now) {
		return
	}
	h.polls = append(h.polls, p)
	h.after(p.until-h.c.now, func() {
		if i := slices.Index(h.polls, p); i >= 0 {
			h.polls = slices.Delete(h.polls, i, i+1)
			h.bring(p, true)
		}
	})
}

// bring answers a poll if there is news, or if it may wait no longer.
func (h *headOffice) bring(p *poll, last bool) bool {
	reply, news, err := h.office.Pull(context.Background(), h.wall(), p.pull)
	if err == nil && !news && !last && reply.Verdict == wire.VerdictOK {
		return false
	}
	p.left(h.wall())
	if err != nil {
		h.odd(err)
		p.say(nil, err)
		return true
	}
	h.c.tamper(reply)
	p.say(reply, nil)
	return true
}

// wake looks again at the polls of sites that have new commands.
func (h *headOffice) wake(sites []ledger.SiteID) {
	h.after(0, func() {
		list := h.polls
		h.polls = nil
		for _, p := range list {
			if !slices.Contains(sites, p.site) || !h.bring(p, false) {
				h.polls = append(h.polls, p)
			}
		}
	})
}

func (h *headOffice) ask(m *wire.Ask, say func(wire.Message, error)) {
	deadline := h.wall().Add(time.Duration(m.DeadlineMS) * time.Millisecond)
	h.attempt(time.Duration(m.DeadlineMS)*time.Millisecond-lastCall, func(final bool) bool {
		reply, done, err := h.office.TryAsk(context.Background(), h.wall(), m, deadline, final)
		if err == nil && !done && !final {
			return false
		}
		if err == nil && reply == nil {
			h.c.fail("office", "the last call of an ask gave no answer")
			return true
		}
		if err == nil && reply.Yes && h.c.guardOff(guardHoldReleased) {
			h.leak(m)
		}
		h.answer(PointAsk, reply, err, say)
		return true
	})
}

// attempt tries now, whenever the machine has changed, and for the last time after wait.
func (h *headOffice) attempt(wait time.Duration, again func(final bool) bool) {
	if again(wait <= 0) || wait <= 0 {
		return
	}
	t := &try{until: h.c.now + wait, again: again}
	h.tries = append(h.tries, t)
	h.after(wait, func() {
		if !t.over {
			t.over = true
			t.again(true)
		}
	})
}

// poke has everything that waits for a change tried again, once for many changes.
func (h *headOffice) poke() {
	if !h.poked {
		h.poked = true
		h.after(time.Millisecond, func() {
			h.poked = false
			h.tryAgain()
		})
	}
	h.soon(20 * time.Millisecond)
}

func (h *headOffice) tryAgain() {
	life := h.life
	list := h.tries
	h.tries = nil
	for _, t := range list {
		if h.life != life {
			return
		}
		if !t.over {
			t.over = t.again(false)
		}
		if !t.over {
			h.tries = append(h.tries, t)
		}
	}
}

// soon puts a release of backorders on the agenda.
func (h *headOffice) soon(d time.Duration) {
	if h.release {
		return
	}
	h.release = true
	h.after(d, func() {
		h.release = false
		life := h.life
		for range 100 {
			more, err := h.office.Release(context.Background(), h.wall())
			if err != nil {
				h.odd(err)
				return
			}
			if h.pass(PointRelease) || h.life != life || !more {
				return
			}
		}
		h.c.fail("release", "backorders were released a hundred times in a row without an end")
	})
}

// tick looks at backorders and at what went stale, once a second.
func (h *headOffice) tick() {
	h.soon(0)
	h.after(time.Second, h.tick)
}

// place takes a client's order for head office to own.
func (h *headOffice) place(w *Wish, request ledger.Digest, say respond) {
	life := h.life
	p := &office.Placing{Order: *w.Order.Clone(), Key: w.Key, Request: request, Unsure: true}
	h.attempt(2*time.Second, func(final bool) bool {
		out, done, err := h.office.TryPlace(context.Background(), h.wall(), p, final)
		switch {
		case err == nil && !done && !final:
			return false
		case h.pass(PointPlace) || h.life != life:
		case err != nil && !errors.Is(err, ledger.ErrKeyReused):
			h.odd(err)
			say(ledger.Outcome{Err: err})
		default:
			say(toldBy(out, err))
		}
		return true
	})
}

func (h *headOffice) cancel(id ledger.OrderID, key, request ledger.Digest, say respond) {
	out, err := h.office.Cancel(context.Background(), h.wall(), &office.Canceling{Order: id, Key: key, Request: request})
	switch {
	case h.pass(PointCancel):
	case err != nil && !errors.Is(err, ledger.ErrKeyReused) && !(errors.Is(err, ledger.ErrOrderUnknown) && h.lives > 1):
		h.odd(err)
		say(ledger.Outcome{Err: err})
	default:
		say(toldBy(out, err))
	}
}

// toldBy gives head office's answer the shape of a site's, so that clients need one journal.
func toldBy(out office.Outcome, err error) ledger.Outcome {
	if err != nil {
		return ledger.Outcome{Err: err}
	}
	o := ledger.Outcome{Replayed: out.Replayed, Err: out.Err}
	if out.Answer != nil && out.Answer.Order != nil {
		o.Entry = &ledger.Entry{Body: &ledger.OrderBody{Order: *out.Answer.Order, Shorts: out.Answer.Shorts, Refusal: out.Answer.Refusal}}
	}
	return o
}
