package office_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A story is played line by line on a company; "=>" gives what the act must answer. The acts:
//
//	receive SITE N SKU          goods in
//	order NAME SITE SHORTAGE N SKU [N SKU ...] [at SITE]   at a site, which may ask head office
//	order NAME hq SHORTAGE ...  at head office; no answer yet
//	ask NAME, last-ask NAME     head office looks at the ask: yes, no or waits
//	take-up NAME, give-up NAME  the site decides on what it heard, or did not hear
//	try NAME, last-try NAME     head office looks at its order
//	talk SITE ...               push and pull, over a good line
//	push SITE, pull SITE        one of them
//	release                     head office serves who waits
//	cancel NAME                 at the order's book
//	wait DURATION               nobody talks
//	stock SITE SKU              what head office has of it
//	is NAME                     the order as its book has it
//	queue SITE                  the commands that wait for it
type story struct {
	*company
	orders map[string]*told
}

type told struct {
	site    *node // nil: head office
	placing office.Placing
	ask     *wire.Ask
	heard   *wire.AskReply
	until   time.Time
}

func play(t *testing.T, sites, text string) *story {
	t.Helper()
	s := &story{company: newCompany(t, 1, sites), orders: map[string]*told{}}
	s.tell(text)
	return s
}

func (s *story) tell(text string) {
	s.t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		act, want, asked := strings.Cut(strings.TrimSpace(line), "=>")
		words := strings.Fields(act)
		if len(words) == 0 {
			continue
		}
		got := s.act(words)
		s.note("%s => %s", act, got)
		if want = strings.TrimSpace(want); asked && got != want {
			s.fail("line %d: %s\ngot  %s\nwant %s", i+1, strings.TrimSpace(act), got, want)
		}
	}
}

func (s *story) act(w []string) string {
	switch w[0] {
	case "receive":
		n := s.sites[ledger.SiteID(w[1])]
		return short(n.do(&ledger.Receive{Meta: ledger.Meta{Key: s.key()}, ID: "d",
			Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(w[3]), Qty: qty(w[2])}}}).Err)
	case "order":
		return s.order(w[1], w[2], w[3], w[4:])
	case "ask", "last-ask":
		return s.ask(s.orders[w[1]], w[0] == "last-ask")
	case "take-up", "give-up":
		return s.decide(s.orders[w[1]], w[0] == "take-up")
	case "try", "last-try":
		return s.try(s.orders[w[1]], w[0] == "last-try")
	case "talk":
		for _, id := range w[1:] {
			s.sites[ledger.SiteID(id)].exchange()
		}
		return ""
	case "push":
		p, took := s.sites[ledger.SiteID(w[1])].push(wire.FramesMax)
		r, err := s.off.Push(context.Background(), s.now, p)
		took(r)
		return short(err)
	case "pull":
		p, heard := s.sites[ledger.SiteID(w[1])].pull()
		r, _, err := s.off.Pull(context.Background(), s.now, p)
		heard(r)
		return short(err)
	case "release":
		_, err := s.off.Release(context.Background(), s.now)
		return short(err)
	case "cancel":
		return s.cancel(s.orders[w[1]])
	case "wait":
		d, _ := time.ParseDuration(w[1])
		s.now = s.now.Add(d)
		return ""
	default:
		return s.look(w)
	}
}

func (s *story) look(w []string) string {
	switch w[0] {
	case "stock":
		st, ok := s.m.Stock(ledger.SiteID(w[1]), ledger.SKU(w[2]))
		if !ok {
			return "never"
		}
		return fmt.Sprintf("available=%d held=%d tied=%d holds=%d drawn=%d", st.Level.Available, st.Held, st.Tied, st.Holds, st.Drawn)
	case "is":
		o := s.orders[w[1]]
		if o.site != nil {
			if own, ok := o.site.core.State.Order(o.placing.Order.ID); ok {
				return render(own)
			}
			return "none"
		}
		if rec, ok := s.m.Order(o.placing.Order.ID); ok {
			return render(&rec.Order)
		}
		return "none"
	case "queue":
		var out []string
		for _, c := range s.m.Commands(ledger.SiteID(w[1]), 0, 100) {
			out = append(out, c.Kind.String())
		}
		return strings.Join(out, " ")
	default:
		s.fail("no such act: %s", w[0])
		return ""
	}
}

func render(o *ledger.Order) string {
	out := string(o.Status)
	for i := range o.Lines {
		l := &o.Lines[i]
		out += fmt.Sprintf(" | %s here=%d", l.SKU, l.Here)
		for _, a := range l.Away {
			out += fmt.Sprintf(" %s=%d", a.Site, a.Qty)
		}
		if l.Backordered > 0 {
			out += fmt.Sprintf(" waits=%d", l.Backordered)
		}
	}
	return out
}

func qty(s string) ledger.Qty {
	n, _ := strconv.Atoi(s)
	return ledger.Qty(n)
}

func short(err error) string {
	var se *ledger.ShortError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &se):
		out := "short"
		for _, l := range se.Lines {
			out += fmt.Sprintf(" %d of %d %s", l.Have, l.Want, l.SKU)
		}
		return out
	default:
		return err.Error()
	}
}

func (s *story) order(name, at, shortage string, w []string) string {
	o := ledger.Order{ID: s.orderID(), Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Shortage(shortage)}
	for ; len(w) >= 2; w = w[2:] {
		if w[0] == "at" {
			o.Fulfil, o.CollectAt = ledger.Collect, ledger.SiteID(w[1])
			continue
		}
		o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(w[1]), Qty: qty(w[0])})
	}
	key := s.key()
	p := &told{placing: office.Placing{Order: o, Key: key, Request: key}, until: s.now.Add(300 * time.Millisecond)}
	s.orders[name] = p
	if at == "hq" {
		return ""
	}
	p.site = s.sites[ledger.SiteID(at)]
	out := p.site.do(&ledger.Place{Meta: ledger.Meta{Key: key, Request: key}, Order: o, AskHQ: true})
	if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		return short(out.Err)
	}
	b := out.Entry.Body.(*ledger.OrderBody)
	p.ask = &wire.Ask{Site: p.site.id(), Head: p.site.head(), ID: b.Ask, Order: o.ID, Whole: o.Shortage == ledger.Refuse, Only: o.CollectAt}
	for _, l := range b.Shorts {
		p.ask.Lines = append(p.ask.Lines, wire.AskLine{Line: l.Line, SKU: l.SKU, Qty: l.Want - l.Have})
	}
	return "asks"
}

func (s *story) ask(o *told, final bool) string {
	r, done, err := s.off.TryAsk(context.Background(), s.now, o.ask, o.until, final)
	switch {
	case err != nil:
		return err.Error()
	case !done:
		return "waits"
	}
	o.heard = r
	if !r.Yes {
		return "no"
	}
	out := "yes"
	for _, l := range r.Legs {
		out += fmt.Sprintf(" %s=%d", l.Site, l.Qty)
	}
	return out
}

func (s *story) decide(o *told, heard bool) string {
	switch {
	case heard && o.heard.Yes:
		return short(o.site.do(&ledger.AcceptAsk{Order: o.ask.Order, Ask: o.ask.ID, Legs: o.heard.Legs}).Err)
	default:
		return short(o.site.do(&ledger.AbandonAsk{Order: o.ask.Order, Ask: o.ask.ID, Offline: !heard}).Err)
	}
}

func (s *story) try(o *told, final bool) string {
	out, done, err := s.off.TryPlace(context.Background(), s.now, &o.placing, final)
	switch {
	case err != nil:
		return err.Error()
	case !done:
		return "waits"
	case out.Err != nil:
		return short(out.Err)
	}
	text := render(out.Answer.Order)
	if out.Replayed {
		text = "again " + text
	}
	return text
}

func (s *story) cancel(o *told) string {
	id := o.placing.Order.ID
	if o.site != nil {
		return short(o.site.do(&ledger.CancelOrder{Meta: ledger.Meta{Key: s.key()}, Order: id}).Err)
	}
	out, err := s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: id, Key: s.key()})
	return short(errors.Join(err, out.Err))
}

func TestStories(t *testing.T) {
	for name, text := range map[string]string{
		"a warehouse's receipt is head office's to promise, and an order of its own takes it": `
			receive hull 5 TAP
			talk hull
			stock hull TAP               => available=0 held=5 tied=0 holds=0 drawn=0
			order web hq refuse 3 TAP
			try web                      => allocated | TAP here=0 hull=3
			stock hull TAP               => available=0 held=2 tied=0 holds=0 drawn=3
			queue hull                   => reserve
			try web                      => again allocated | TAP here=0 hull=3
			talk hull hull
			stock hull TAP               => available=0 held=2 tied=0 holds=0 drawn=0
			queue hull                   =>`,
		"a shop's order short of stock is held for, taken up and reserved": `
			receive hull 5 TAP
			receive leeds 1 TAP
			talk hull leeds
			order o leeds refuse 3 TAP   => asks
			ask o                        => yes hull=2
			ask o                        => yes hull=2
			stock hull TAP               => available=0 held=3 tied=0 holds=2 drawn=0
			take-up o                    =>
			is o                         => allocated | TAP here=1 hull=2
			talk leeds
			stock hull TAP               => available=0 held=3 tied=0 holds=0 drawn=2
			talk hull hull
			stock hull TAP               => available=0 held=3 tied=0 holds=0 drawn=0
			cancel o                     =>
			talk leeds
			queue hull                   => cancel
			talk hull hull
			stock hull TAP               => available=0 held=5 tied=0 holds=0 drawn=0`,
		"a warehouse draws on its own allotment in the entry that accepts": `
			receive hull 5 TAP
			talk hull
			order o hull refuse 3 TAP    => asks
			ask o                        => yes hull=3
			stock hull TAP               => available=0 held=2 tied=0 holds=3 drawn=0
			take-up o                    =>
			is o                         => allocated | TAP here=3
			talk hull
			queue hull                   =>
			stock hull TAP               => available=0 held=2 tied=0 holds=0 drawn=0`,
		"a shop lends for an ask, and what is left over goes back": `
			receive york 3 TAP
			receive hull 2 TAP
			talk york hull leeds
			order o leeds partial 4 TAP  => asks
			ask o                        => waits
			queue york                   => borrow
			receive hull 1 TAP
			talk york york hull
			stock york TAP               => available=1 held=0 tied=2 holds=0 drawn=0
			ask o                        => yes hull=3 york=1
			queue york                   => give_back
			stock york TAP               => available=1 held=0 tied=0 holds=1 drawn=1
			take-up o                    =>
			talk leeds york york
			stock york TAP               => available=2 held=0 tied=0 holds=0 drawn=0`,
		"a loan that comes too late goes back at once": `
			receive york 5 TAP
			talk york leeds
			order o leeds refuse 4 TAP   => asks
			ask o                        => waits
			pull york
			last-ask o                   => no
			take-up o                    => short 0 of 4 TAP
			push york
			stock york TAP               => available=1 held=0 tied=0 holds=0 drawn=4
			queue york                   => give_back
			talk york york
			stock york TAP               => available=5 held=0 tied=0 holds=0 drawn=0`,
		"an ask that is abandoned while a shop lends gives the loan back": `
			receive york 5 TAP
			talk york leeds
			order o leeds refuse 4 TAP   => asks
			ask o                        => waits
			talk york york
			stock york TAP               => available=1 held=0 tied=4 holds=0 drawn=0
			give-up o                    => short 0 of 4 TAP
			talk leeds
			queue york                   => give_back
			talk york york
			stock york TAP               => available=5 held=0 tied=0 holds=0 drawn=0`,
		"a shop that is cut off is neither asked nor waited for": `
			receive york 5 TAP
			talk york leeds
			wait 6s
			order o leeds refuse 4 TAP   => asks
			ask o                        => no
			order web hq refuse 4 TAP
			try web                      => short 0 of 4 TAP
			try web                      => short 0 of 4 TAP
			queue york                   =>`,
		"an order waits no longer once the lender is cut off": `
			receive york 5 TAP
			talk york
			order web hq partial 4 TAP
			try web                      => waits
			wait 6s
			try web                      => short 0 of 4 TAP
			talk york york york
			stock york TAP               => available=5 held=0 tied=0 holds=0 drawn=0`,
		"head office borrows for an order of its own": `
			receive york 3 TAP
			receive hull 1 TAP
			talk york hull
			order web hq refuse 4 TAP
			try web                      => waits
			talk york york
			try web                      => allocated | TAP here=0 hull=1 york=3
			talk york york hull hull
			stock york TAP               => available=0 held=0 tied=0 holds=0 drawn=0`,
		"head office borrows where that saves a parcel": `
			receive york 5 TAP
			receive hull 1 TAP
			talk york hull
			order web hq refuse 4 TAP
			try web                      => waits
			talk york york
			try web                      => allocated | TAP here=0 york=4
			talk york york hull
			stock york TAP               => available=1 held=0 tied=0 holds=0 drawn=0`,
		"a shop that sold its shelf meanwhile lends what it has": `
			receive york 5 TAP
			talk york
			order web hq refuse 4 TAP
			try web                      => waits
			order till york refuse 3 TAP =>
			talk york york
			try web                      => short 2 of 4 TAP
			queue york                   => give_back
			talk york york
			stock york TAP               => available=2 held=0 tied=0 holds=0 drawn=0`,
		"a backorder is filled when goods come in, first placed first": `
			talk hull
			order a hq backorder 3 TAP
			try a                        => backordered | TAP here=0 waits=3
			order b hq backorder 3 TAP
			try b                        => backordered | TAP here=0 waits=3
			receive hull 4 TAP
			talk hull
			release
			is a                         => allocated | TAP here=0 hull=3
			is b                         => backordered | TAP here=0 hull=1 waits=2
			receive hull 9 TAP
			talk hull
			release
			is b                         => allocated | TAP here=0 hull=3
			talk hull hull
			stock hull TAP               => available=0 held=7 tied=0 holds=0 drawn=0`,
		"a shop's backorder is filled from elsewhere and its book is told": `
			talk hull leeds
			order o leeds backorder 3 TAP => asks
			ask o                        => no
			take-up o                    =>
			is o                         => backordered | TAP here=0 waits=3
			talk leeds
			receive hull 2 TAP
			talk hull
			release
			queue hull                   => reserve
			queue leeds                  => note
			talk hull leeds leeds
			is o                         => backordered | TAP here=0 hull=2 waits=1`,
		"a shop's backorder is filled from its own next delivery": `
			talk hull leeds
			order o leeds backorder 3 TAP => asks
			ask o                        => no
			take-up o                    =>
			talk leeds
			receive leeds 5 TAP
			talk leeds
			release
			queue leeds                  => borrow
			talk leeds leeds
			release
			queue leeds                  => reserve
			talk leeds leeds
			is o                         => allocated | TAP here=3
			stock leeds TAP              => available=2 held=0 tied=0 holds=0 drawn=0`,
		"a backorder is filled by what a shop lends, as far as it goes": `
			talk york
			order o hq backorder 3 TAP
			try o                        => backordered | TAP here=0 waits=3
			receive york 2 TAP
			talk york
			release
			queue york                   => borrow
			talk york york
			release
			is o                         => backordered | TAP here=0 york=2 waits=1
			talk york york
			stock york TAP               => available=0 held=0 tied=0 holds=0 drawn=0`,
		"an order for one site waits for that site alone": `
			receive hull 5 TAP
			talk hull york
			order o hq backorder 3 TAP at york
			try o                        => backordered | TAP here=0 waits=3
			order p hq backorder 2 TAP
			try p                        => allocated | TAP here=0 hull=2
			release
			is o                         => backordered | TAP here=0 waits=3`,
		"an order behind one that nobody can serve yet is served": `
			talk hull york
			order o hq backorder 3 TAP at york
			try o                        => backordered | TAP here=0 waits=3
			order p hq backorder 2 TAP
			try p                        => backordered | TAP here=0 waits=2
			receive hull 5 TAP
			talk hull
			release
			is o                         => backordered | TAP here=0 waits=3
			is p                         => allocated | TAP here=0 hull=2`,
		"an order of head office's own is cancelled with its legs and its place in the queue": `
			receive hull 2 TAP
			talk hull york
			order o hq backorder 5 TAP
			try o                        => backordered | TAP here=0 hull=2 waits=3
			cancel o                     =>
			is o                         => cancelled | TAP here=0
			queue hull                   => reserve cancel
			talk hull hull
			stock hull TAP               => available=0 held=2 tied=0 holds=0 drawn=0
			receive hull 9 TAP
			talk hull
			release
			queue hull                   =>
			cancel o                     => order 01900000-0000-7000-8000-000000000001 is cancelled already`,
		"a loan for a cancelled backorder goes back": `
			talk york
			order o hq backorder 3 TAP
			try o                        => backordered | TAP here=0 waits=3
			receive york 2 TAP
			talk york
			release
			cancel o                     =>
			talk york york
			talk york york
			stock york TAP               => available=2 held=0 tied=0 holds=0 drawn=0`,
		"a fill that its owner has cancelled is freed where it lies": `
			talk hull
			order o hull backorder 3 TAP => asks
			ask o                        => no
			take-up o                    =>
			talk hull
			receive hull 3 TAP
			push hull
			release
			cancel o                     =>
			talk hull hull
			stock hull TAP               => available=0 held=3 tied=0 holds=0 drawn=0
			is o                         => cancelled | TAP here=0`,
		"what was borrowed for a client that went away goes back": `
			receive york 5 TAP
			talk york
			order o hq refuse 4 TAP
			try o                        => waits
			talk york york
			stock york TAP               => available=1 held=0 tied=4 holds=0 drawn=0
			release
			wait 31s
			release
			talk york york
			stock york TAP               => available=5 held=0 tied=0 holds=0 drawn=0`,
		"partial takes what there is": `
			receive hull 2 TAP
			talk hull
			order o hq partial 5 TAP
			try o                        => allocated | TAP here=0 hull=2
			order p hq partial 5 TAP
			try p                        => short 0 of 5 TAP`,
		"one SKU on two lines is one claim": `
			receive hull 3 TAP
			talk hull
			order o hq refuse 2 TAP 2 TAP
			try o                        => short 1 of 2 TAP
			order p hq partial 2 TAP 2 TAP
			try p                        => allocated | TAP here=0 hull=2 | TAP here=0 hull=1`,
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "hull* leeds york", text)
			s.restore()
			s.sameTwin()
		})
	}
}

func TestTheSameKeyWithAnotherOrderIsRefused(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 5 TAP
		talk hull
		order o hq refuse 3 TAP
		try o => allocated | TAP here=0 hull=3`)
	p := s.orders["o"].placing
	p.Request = ledger.DigestOf([]byte("another"))
	if _, done, err := s.off.TryPlace(context.Background(), s.now, &p, true); !done || !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("got %v, want %v", err, ledger.ErrKeyReused)
	}
	p.Key = s.key()
	out, _, err := s.off.TryPlace(context.Background(), s.now, &p, true)
	if err != nil || !errors.Is(out.Err, ledger.ErrOrderExists) {
		t.Errorf("the id under another key: got %v, %v, want %v", out.Err, err, ledger.ErrOrderExists)
	}
	out, _, err = s.off.TryPlace(context.Background(), s.now, &p, true)
	if err != nil || !out.Replayed || !errors.Is(out.Err, ledger.ErrOrderExists) {
		t.Errorf("a refusal repeated: got replayed %t, %v, %v, want it again", out.Replayed, out.Err, err)
	}
}

func TestAnOrderOfASiteIsCancelledThere(t *testing.T) {
	s := play(t, "hull* leeds", `
		talk hull leeds
		order o leeds backorder 3 TAP => asks
		ask o     => no
		take-up o =>
		talk leeds`)
	_, err := s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: s.orders["o"].placing.Order.ID, Key: s.key()})
	var away *office.ElsewhereError
	if !errors.As(err, &away) || away.Owner != "leeds" {
		t.Errorf("got %v, want the owner leeds", err)
	}
	_, err = s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: s.orderID(), Key: s.key()})
	if !errors.Is(err, ledger.ErrOrderUnknown) {
		t.Errorf("an unknown order: got %v, want %v", err, ledger.ErrOrderUnknown)
	}
}

func TestALookSaysWhatAnswersAndHowOldTheRestIs(t *testing.T) {
	s := play(t, "hull* leeds york bath", `
		receive hull 5 TAP
		receive york 3 TAP
		receive bath 2 TAP
		receive leeds 9 TAP
		talk hull leeds york bath
		wait 7s
		talk york leeds`)
	leeds := s.sites["leeds"]
	r := s.off.Look(s.now, &wire.Look{Site: "leeds", Head: leeds.head(), SKU: "TAP"})
	if want := (wire.LookReply{Verdict: wire.VerdictOK, Ask: 8, Likely: 2, LikelyAgeMS: 7000}); *r != want {
		t.Errorf("got %+v, want %+v", *r, want)
	}
	if r := s.off.Look(s.now, &wire.Look{Site: "nowhere", SKU: "TAP"}); r.Verdict != wire.VerdictStranger {
		t.Errorf("an unknown site: got %s, want stranger", r.Verdict)
	}
}

func TestAnOpenPollKeepsASiteOnline(t *testing.T) {
	s := play(t, "leeds", "talk leeds")
	left := s.off.Attend("leeds", [16]byte{}, 0, s.now)
	s.now = s.now.Add(time.Minute)
	if c := s.off.Contact("leeds", s.now); !c.Online || c.Age != 0 {
		t.Errorf("while a poll is open: got %+v, want online", c)
	}
	left(s.now)
	s.now = s.now.Add(6 * time.Second)
	if c := s.off.Contact("leeds", s.now); c.Online || c.Age != 6*time.Second {
		t.Errorf("6 s after it: got %+v, want offline", c)
	}
	if c := s.off.Contact("nowhere", s.now); c.Known {
		t.Errorf("a site never heard: got %+v, want unknown", c)
	}
}

func TestAHeadShownByPullsAloneIsKept(t *testing.T) {
	s := play(t, "leeds", `
		talk leeds
		receive leeds 1 TAP`)
	leeds := s.sites["leeds"]
	s.now = s.now.Add(2 * time.Second)
	p, _ := leeds.pull()
	if _, _, err := s.off.Pull(context.Background(), s.now, p); err != nil {
		t.Fatal(err)
	}
	site, _ := s.m.Site("leeds")
	if site.Shown != leeds.head() {
		t.Errorf("got %+v shown, want %+v", site.Shown, leeds.head())
	}
}

// A site that remembers users from another life is answered as any is where this life does not ask for what it remembers: it waits for news.
func TestWhatASiteRemembersIsNoNewsToALifeThatDoesNotAsk(t *testing.T) {
	s := &story{company: newCompanyOf(t, 1, "leeds", machine.UserCommands), orders: map[string]*told{}}
	s.tell("talk leeds")
	s.propose(&machine.PutUser{User: ledger.User{ID: "ann", Kind: ledger.UserPerson}, By: "beth", Reason: "new", At: s.now})
	p, _ := s.sites["leeds"].pull()
	p.People, p.Remembers = s.m.UsersVersion(), ledger.People{Version: 3, Said: ledger.Said{Life: 1, Number: 3}}
	for range 2 {
		if r, news, err := s.off.Pull(context.Background(), s.now, p); err != nil || r.People.Version != 0 || news {
			t.Errorf("got users of version %d, news %t, %v, want nothing that is new", r.People.Version, news, err)
		}
	}
	s.propose(&machine.Agree{Commands: machine.ThisBuild().Commands, At: s.now})
	if r, news, err := s.off.Pull(context.Background(), s.now, p); err != nil || r.People.Version == 0 || !news {
		t.Errorf("a life that asks: got users of version %d, news %t, %v, want them told", r.People.Version, news, err)
	}
}

func TestItemsAreHandedOutOnceAndInOrder(t *testing.T) {
	s := play(t, "leeds", "talk leeds")
	items := []ledger.Item{{SKU: "TAP", Name: "Tap"}, {SKU: "PIPE", Name: "Pipe", Barcodes: []string{"5010"}}}
	s.propose(&machine.PutItems{Items: items, At: s.now})
	s.propose(&machine.PutItems{Items: []ledger.Item{{SKU: "TAP", Name: "Mixer tap"}}, At: s.now})
	p, _ := s.sites["leeds"].pull()
	r, news, err := s.off.Pull(context.Background(), s.now, p)
	var got []string
	for _, it := range r.Items {
		got = append(got, fmt.Sprint(it.Version, " ", it.Name))
	}
	if want := "2 Pipe, 3 Mixer tap"; strings.Join(got, ", ") != want || !news || err != nil || r.RefVersion != 3 {
		t.Errorf("got %q up to %d (news %t, %v), want %q up to 3", got, r.RefVersion, news, err, want)
	}
	p.RefVersion = r.RefVersion
	if r, news, _ := s.off.Pull(context.Background(), s.now, p); news || len(r.Items) > 0 {
		t.Errorf("once it has them: got %d items, news %t, want none", len(r.Items), news)
	}
}

func TestACatalogueIsPulledInPagesOfBoundedSize(t *testing.T) {
	s := play(t, "leeds", "talk leeds")
	const each, n = 500, 3000
	codes := strings.Split(strings.TrimSuffix(strings.Repeat(strings.Repeat("5", 60)+" ", each/60), " "), " ")
	var items []ledger.Item
	for i := range n {
		items = append(items, ledger.Item{SKU: ledger.SKU(fmt.Sprint("SKU-", i)), Name: "Tap", Barcodes: codes})
	}
	s.propose(&machine.PutItems{Items: items, At: s.now})
	p, _ := s.sites["leeds"].pull()
	pages, got := 0, 0
	for more := true; more; pages++ {
		r, _, err := s.off.Pull(context.Background(), s.now, p)
		if err != nil || len(r.Items) == 0 {
			t.Fatalf("page %d: got %d items, %v", pages, len(r.Items), err)
		}
		if bytes := len(r.Items) * each; bytes > 512<<10 {
			t.Fatalf("page %d: got %d bytes, want at most 512 KiB", pages, bytes)
		}
		for i, it := range r.Items {
			if want := fmt.Sprint("SKU-", got+i); string(it.SKU) != want {
				t.Fatalf("page %d: got %s, want %s: the next by version", pages, it.SKU, want)
			}
		}
		got += len(r.Items)
		p.RefVersion, more = r.RefVersion, r.RefMore
	}
	if got != n || p.RefVersion != n || pages < 4 || pages > 8 {
		t.Errorf("got %d items up to version %d in %d pages, want %d in about 5", got, p.RefVersion, pages, n)
	}
}

func TestSitesHearOfEachOtherOnceAndAgainWhenOneIsAdded(t *testing.T) {
	s := play(t, "leeds", "talk leeds")
	p, _ := s.sites["leeds"].pull()
	pull := func(sites uint64) (ledger.SiteList, bool) {
		t.Helper()
		p.Sites, p.RefVersion = sites, 0
		r, news, err := s.off.Pull(context.Background(), s.now, p)
		if err != nil {
			t.Fatal(err)
		}
		return r.Sites, news
	}
	first, news := pull(wire.SitesNone)
	if !news || first.Version <= wire.SitesNone || !first.Has("leeds") || first.Check() != nil {
		t.Fatalf("got %+v, news %t, want a list with leeds", first, news)
	}
	if again, news := pull(first.Version); news || again.Version != 0 {
		t.Errorf("once it has it: got %+v, news %t, want none", again, news)
	}
	if none, news := pull(0); news || none.Version != 0 {
		t.Errorf("a site that keeps no list: got %+v, news %t, want none", none, news)
	}
	look := func(other ledger.SiteID) wire.Found {
		return s.off.Look(s.now, &wire.Look{Site: "leeds", Head: p.Head, SKU: "TAP", Other: other}).Other
	}
	if got := look("whitby"); got != wire.FoundNo {
		t.Errorf("a site of no company: got %d, want no", got)
	}
	res, err := s.Propose(context.Background(), machine.Marshal(&machine.AddSite{Site: "whitby", Key: ledger.DigestOf([]byte("whitby")), At: s.now}))
	if err != nil || !res.Listed {
		t.Fatalf("add: got %+v, %v, want another list", res, err)
	}
	if got := look("whitby"); got != wire.FoundYes || look("") != wire.FoundUnsaid {
		t.Errorf("a site that was just added: got %d, want yes", got)
	}
	second, news := pull(first.Version)
	if !news || second.Version == first.Version || !second.Has("whitby") || !second.Has("leeds") {
		t.Errorf("got %+v, news %t, want the list with whitby", second, news)
	}
	s.restore()
	if l, news := pull(second.Version); news || l.Version != 0 {
		t.Errorf("after a snapshot: got %+v, news %t, want the same list", l, news)
	}
}
