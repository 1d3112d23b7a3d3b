package office_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// The tests that the protocol owes, by its numbers: what would sell a unit twice, or lose a sale,
// while sites, head office and customers act at one moment.

// auditEverySite folds each site's journal from its first frame, as an auditor does.
func (c *company) auditEverySite() {
	c.t.Helper()
	for _, id := range c.names {
		n, a := c.sites[id], ledger.NewAuditor(id)
		for _, f := range n.frames {
			if err := a.Frame(ledger.EncodeFrame(f)); err != nil {
				c.fail("audit of %s: %v", id, err)
			}
		}
		if got, want := a.State.Digest(), n.core.State.Digest(); got != want {
			c.fail("audit of %s: got balances %x, want %x as the site has them", id, got, want)
		}
	}
}

// ends lets everybody talk until all is quiet, and holds every book against the others and against
// its own journal.
func (s *story) ends() {
	s.t.Helper()
	s.converge()
	s.auditEverySite()
}

// meddled is a company in which something else happens between a plan and its command.
type meddled struct {
	*company
	first func()
}

func (c *meddled) Propose(ctx context.Context, cmd []byte) (machine.Result, error) {
	if f := c.first; f != nil {
		c.first = nil
		f()
	}
	return c.company.Propose(ctx, cmd)
}

// TestProtocol10WhatIsDecidedIsAppliedBeforeTheNextIsDecided: who looks at the shelf first and writes
// later sells the last units to everybody who looked in between. Here the one who writes decides
// anew: a site with each request of a commit, head office with each command of its log.
func TestProtocol10WhatIsDecidedIsAppliedBeforeTheNextIsDecided(t *testing.T) {
	t.Run("two orders planned on one view", func(t *testing.T) {
		s := play(t, "hull* leeds york", `
			receive hull 3 TAP
			talk hull leeds york
			order a hq refuse 2 TAP
			order b hq refuse 2 TAP`)
		between := &meddled{company: s.company, first: func() { s.tell(`try b => allocated | TAP here=0 hull=2`) }}
		s.off = office.New(office.Config{}, between)
		s.tell(`
			try a          => short 1 of 2 TAP
			try b          => again allocated | TAP here=0 hull=2
			stock hull TAP => available=0 held=1 tied=0 holds=0 drawn=2`)
		s.ends()
	})
	t.Run("two asks planned on one view", func(t *testing.T) {
		s := play(t, "hull* leeds york", `
			receive hull 3 TAP
			talk hull leeds york
			order a leeds refuse 2 TAP => asks
			order b york refuse 2 TAP  => asks`)
		between := &meddled{company: s.company, first: func() { s.tell(`ask b => yes hull=2`) }}
		s.off = office.New(office.Config{}, between)
		s.tell(`
			ask a     => no
			take-up a => short 0 of 2 TAP
			take-up b =>
			talk york hull`)
		s.ends()
	})
	t.Run("a crowd in one commit of a site", func(t *testing.T) {
		const crowd, units = 40, 3
		w, cfg := testworld.New(5), ledger.BookConfig{Site: "leeds", Dir: t.TempDir()}
		book, err := ledger.OpenBook(w.Env(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- book.Run(ctx) }()
		reqs := []ledger.Request{&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}},
			&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: units}}}}
		for i := range crowd {
			o := ledger.Order{ID: ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", i)), Fulfil: ledger.Take, Shortage: ledger.Refuse,
				Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}
			reqs = append(reqs, &ledger.Place{Order: o})
		}
		sold := 0
		for _, out := range book.DoAll(ctx, reqs)[2:] { // one commit takes them all
			if out.Err != nil {
				t.Fatal(out.Err)
			}
			if out.Outcome.Err == nil {
				sold++
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
		report, err := ledger.AuditBook(w.Env(), cfg.Dir, nil)
		if err != nil || sold != units || report.Accepted != units || report.Refused != crowd-units {
			t.Errorf("got %d told yes, audited %+v, %v; want %d of %d", sold, report, err, units, crowd)
		}
	})
}

// TestProtocol11WhatHeadOfficeWishesIsALevel: "three more for Leeds" said again, because the first
// answer was lost, is six; "two fewer" said again takes what was left to it. Here both are the level
// that is wished for, and said again they find it reached.
func TestProtocol11WhatHeadOfficeWishesIsALevel(t *testing.T) {
	s := play(t, "hull* leeds york", `
		receive hull 9 TAP
		talk hull leeds york`)
	wish := func(level ledger.Qty) {
		t.Helper()
		s.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "leeds", Level: level, By: "beth", At: s.now})
	}
	holds := func(want ledger.Qty) {
		t.Helper()
		var got ledger.Qty
		for _, h := range s.sites["leeds"].core.State.Holdings() {
			got += h.Qty
		}
		if got != want {
			s.fail("leeds holds %d, want %d", got, want)
		}
	}
	wish(3)
	wish(3) // nobody has heard of the first yet
	s.tell(`talk hull`)
	wish(3) // the owner has, the holder has not
	s.tell(`talk hull leeds leeds hull`)
	wish(3) // all have
	s.tell(`talk hull leeds leeds hull
		stock hull TAP => available=0 held=6 tied=0 holds=0 drawn=0`)
	holds(3)
	wish(1)
	wish(1)
	s.tell(`
		order o leeds refuse 1 TAP => asks
		give-up o                  =>
		is o                       => allocated | TAP here=0 hull=1
		queue leeds                => recall recall
		talk leeds leeds hull hull`)
	holds(1) // two were left when the first was heard
	s.tell(`
		order p leeds refuse 1 TAP => asks
		give-up p                  =>
		order q leeds refuse 1 TAP => asks
		give-up q                  => short 0 of 1 TAP
		talk leeds hull leeds hull
		order web hq refuse 7 TAP
		try web                    => allocated | TAP here=0 hull=7
		order more hq refuse 1 TAP
		try more                   => short 0 of 1 TAP`)
	s.ends()
}

// TestProtocol12NoTimeTakesBackWhatIsAllotted: units that come back to their site because nobody was
// heard of for an hour are sold there, and sold again by who still counts on them. Here a year of
// silence moves nothing: who holds units gives them up first, and the site hears of it by a command.
func TestProtocol12NoTimeTakesBackWhatIsAllotted(t *testing.T) {
	s := play(t, "hull* leeds york", `
		receive hull 9 TAP
		receive york 4 TAP
		talk hull leeds york`)
	s.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "leeds", Level: 3, By: "beth", At: s.now})
	s.tell(`
		talk hull hull leeds leeds
		order asked leeds refuse 2 TAP => asks
		ask asked                      => yes hull=2
		order web hq refuse 7 TAP
		try web                        => waits
		talk york york
		stock york TAP                 => available=1 held=0 tied=3 holds=0 drawn=0
		stock hull TAP                 => available=0 held=4 tied=0 holds=2 drawn=0`)
	for range 400 {
		s.tell(`
			wait 24h
			release
			order day hull refuse 1 TAP => asks
			give-up day                 => short 0 of 1 TAP
			order day york refuse 2 TAP => asks
			give-up day                 => short 1 of 2 TAP`)
	}
	s.tell(`
		stock hull TAP                => available=0 held=4 tied=0 holds=2 drawn=0
		stock york TAP                => available=1 held=0 tied=0 holds=0 drawn=3
		queue york                    => give_back
		try web                       => short 4 of 7 TAP
		take-up asked                 =>
		is asked                      => allocated | TAP here=0 hull=2
		order cut leeds refuse 3 TAP  => asks
		give-up cut                   =>
		is cut                        => allocated | TAP here=0 hull=3
		order rest hq refuse 4 TAP
		try rest                      => allocated | TAP here=0 hull=4
		talk york york
		order till york refuse 4 TAP  =>
		order none york refuse 1 TAP  => asks
		give-up none                  => short 0 of 1 TAP`)
	s.ends()
}

// A recorder keeps what was put to head office's machine and to each site, and what came of it.
type recorder struct {
	commands [][]byte
	results  []string
	requests map[ledger.SiteID][]request
}

type request struct {
	req ledger.Request
	at  time.Time
}

func (r *recorder) command(cmd []byte, res machine.Result) {
	if r != nil {
		r.commands, r.results = append(r.commands, bytes.Clone(cmd)), append(r.results, toldBy(res))
	}
}

func (r *recorder) request(n *node, req ledger.Request) {
	if r != nil {
		r.requests[n.id()] = append(r.requests[n.id()], request{req, n.c.now})
	}
}

// toldBy is all that a result says.
func toldBy(res machine.Result) string {
	answer := ""
	if a := res.Answer; a != nil {
		res.Answer, answer = nil, fmt.Sprintf(" answer %+v %+v %s %x", *a.Order, a.Shorts, a.Refusal, a.Request)
	}
	return fmt.Sprintf("%+v%s", res, answer)
}

// again puts the same commands to another machine, a while apart by the clock of wherever this runs.
func (r *recorder) again(t *testing.T, want *machine.Machine, apart time.Duration) {
	t.Helper()
	m := machine.New()
	for i, cmd := range r.commands {
		time.Sleep(apart)
		if got, want := toldBy(m.Apply(cmd)), r.results[i]; got != want {
			k, _ := machine.Unmarshal(cmd)
			t.Fatalf("command %d, %T: got %s, want %s as at the first", i, k, got, want)
		}
	}
	got, err := m.Digest()
	if first, err1 := want.Digest(); got != first || err != nil || err1 != nil {
		t.Errorf("got state %v (%v), want %v (%v)", got, err, first, err1)
	}
}

// decide puts a site's requests to another book.
func (r *recorder) decide(t *testing.T, n *node, apart time.Duration) {
	t.Helper()
	past := &node{c: n.c, entries: n.entries}
	core := ledger.NewCore(ledger.NewState(n.id()), past)
	var frames [][]byte
	for _, q := range r.requests[n.id()] {
		time.Sleep(apart)
		core.Decide(q.req, q.at)
		for _, f := range core.Cut() {
			frames = append(frames, ledger.EncodeFrame(f))
		}
	}
	for i, f := range n.frames {
		if i >= len(frames) || !bytes.Equal(frames[i], ledger.EncodeFrame(f)) {
			t.Fatalf("%s: frame %d of %d is another one than at the first", n.id(), i, len(n.frames))
		}
	}
}

// TestProtocol20WhatIsAppliedDependsOnNoClockAndNoMap: servers that apply one log and come to two
// states sell one unit each, and no vote tells which of them is right. Here the same commands come
// to the same answers, commands and bytes in a machine that runs thirty years later, slower, and with
// maps in other orders; the same requests come to the same frames of a site. That these rooms read
// no clock is held by the test of what the house may use.
func TestProtocol20WhatIsAppliedDependsOnNoClockAndNoMap(t *testing.T) {
	again := func(t *testing.T, c *company, sites bool) {
		t.Helper()
		for i := range 6 {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Duration(i) * 10 * 365 * 24 * time.Hour) // of the bubble
				c.rec.again(t, c.m, time.Duration(i)*time.Minute)
				for _, id := range c.names {
					if sites {
						c.rec.decide(t, c.sites[id], time.Duration(i)*time.Minute)
					}
				}
			})
		}
		c.auditEverySite()
	}
	company := func(seed uint64) *company {
		c := newCompany(t, seed, "")
		c.rec = &recorder{requests: map[ledger.SiteID][]request{}}
		c.m, c.twin = machine.New(), machine.New()
		c.found("hull* leeds york bath")
		return c
	}
	t.Run("lines that lose and processes that die", func(t *testing.T) {
		for seed := range uint64(3) {
			c := company(seed)
			runStormAt(c, 200, map[string]int{})
			again(t, c, true)
		}
	})
	t.Run("losses, and sites that are given up", func(t *testing.T) {
		for seed := range uint64(3) {
			c := company(seed)
			runBackStormAt(c, 200, map[string]int{"pass": 150, "in hand": 20, "loss": 20, "lost": 8}, map[string]int{})
			again(t, c, false)
		}
	})
}

// TestProtocol33ABorrowIsAnsweredOnceAndRefillsNothing: a level that head office keeps up at a shop
// takes the shop's next delivery off its shelf, and a loan that is asked for twice is given twice; the
// customer at the counter is told no beside a full shelf. Here a borrow is for one order: it is
// answered by one entry, and what it does not use goes back.
func TestProtocol33ABorrowIsAnsweredOnceAndRefillsNothing(t *testing.T) {
	s := play(t, "hull* leeds york", `
		receive york 5 TAP
		talk hull leeds york
		order web hq refuse 3 TAP
		try web        => waits
		queue york     => borrow`)
	borrow := s.m.Commands("york", 0, 1)[0]
	s.tell(`
		talk york york
		try web        => allocated | TAP here=0 york=3
		talk york york
		stock york TAP => available=2 held=0 tied=0 holds=0 drawn=0
		receive york 4 TAP
		talk york
		release
		queue york     =>
		stock york TAP => available=6 held=0 tied=0 holds=0 drawn=0
		order big hq partial 9 TAP
		try big        => waits
		receive hull 9 TAP
		talk york york hull
		try big        => allocated | TAP here=0 hull=9
		talk york york hull hull
		release
		stock york TAP => available=6 held=0 tied=0 holds=0 drawn=0
		order gone hq refuse 5 TAP
		try gone       => waits
		last-try gone  => short 0 of 5 TAP
		talk york york york
		stock york TAP => available=6 held=0 tied=0 holds=0 drawn=0
		cancel web     =>
		talk york york
		release
		queue york     =>
		stock york TAP => available=9 held=0 tied=0 holds=0 drawn=0`)
	s.ends()
	york := s.sites["york"]
	again := borrow // as a head office that was restored derives it
	again.Number = york.core.State.Commands.Number + 1
	again.Hash = ledger.ChainCommand(york.core.State.Commands.Hash, &again)
	out := york.do(&ledger.Obey{Command: again})
	if b, ok := out.Entry.Body.(*ledger.ObeyedBody); out.Err != nil || !ok || !b.Repeat || len(out.Entry.Postings) != 0 {
		s.fail("the borrow again: got %+v, %v, want nothing moved", out.Entry, out.Err)
	}
	s.tell(`order till york refuse 9 TAP =>`)
	s.auditEverySite()
}

// TestProtocol34ALateYesHoldsNothing: a yes that comes after the shop has told its customer no would
// keep the units for nobody, and a shop that takes it up would send goods to a customer who left. Here
// the shop's entry decides: a yes finds the ask closed, and the hold ends with that entry.
func TestProtocol34ALateYesHoldsNothing(t *testing.T) {
	late := func(s *story) { // whoever comes next has all of them
		t.Helper()
		s.tell(`
			talk leeds hull
			is o           => none
			stock hull TAP => available=0 held=5 tied=0 holds=0 drawn=0
			order next hq refuse 5 TAP
			try next       => allocated | TAP here=0 hull=5`)
		s.ends()
	}
	for name, text := range map[string]string{
		"the yes is on its way while the shop gives up": `
			order o leeds refuse 3 TAP   => asks
			ask o                        => yes hull=3
			give-up o                    => short 0 of 3 TAP
			take-up o                    => ask is closed`,
		"the shop has given up and head office has not heard": `
			order o leeds refuse 3 TAP   => asks
			give-up o                    => short 0 of 3 TAP
			ask o                        => yes hull=3
			stock hull TAP               => available=0 held=2 tied=0 holds=3 drawn=0
			take-up o                    => ask is closed`,
		"head office has heard": `
			order o leeds refuse 3 TAP   => asks
			give-up o                    => short 0 of 3 TAP
			talk leeds
			ask o                        => no
			stock hull TAP               => available=0 held=5 tied=0 holds=0 drawn=0`,
		"the deadline has passed": `
			order o leeds refuse 3 TAP   => asks
			wait 301ms
			ask o                        => no
			stock hull TAP               => available=0 held=5 tied=0 holds=0 drawn=0
			give-up o                    => short 0 of 3 TAP`,
		"a yes that was heard is asked for again": `
			order o leeds refuse 3 TAP   => asks
			ask o                        => yes hull=3
			give-up o                    => short 0 of 3 TAP
			talk leeds
			ask o                        => no
			take-up o                    => ask is closed`,
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "hull* leeds york", "receive hull 5 TAP\ntalk hull leeds")
			s.tell(text)
			late(s)
		})
	}
	t.Run("head office hears while it decides", func(t *testing.T) {
		s := play(t, "hull* leeds york", `
			receive hull 5 TAP
			talk hull leeds
			order o leeds refuse 3 TAP => asks`)
		s.off = office.New(office.Config{}, &meddled{company: s.company, first: func() {
			s.tell(`
				give-up o => short 0 of 3 TAP
				talk leeds`)
		}})
		s.tell(`ask o => no`)
		late(s)
	})
	t.Run("the shop's process has died", func(t *testing.T) {
		s := play(t, "hull* leeds york", `
			receive hull 5 TAP
			talk hull leeds
			order o leeds refuse 3 TAP => asks
			ask o                      => yes hull=3`)
		leeds := s.sites["leeds"]
		leeds.reboot()
		leeds.hello()
		s.tell(`take-up o => ask is closed`)
		late(s)
	})
	t.Run("a loan comes after the no", func(t *testing.T) {
		s := play(t, "hull* leeds york", `
			receive york 5 TAP
			talk york leeds
			order o leeds refuse 4 TAP => asks
			ask o                      => waits
			pull york
			give-up o                  => short 0 of 4 TAP
			talk leeds
			push york
			talk york york
			stock york TAP             => available=5 held=0 tied=0 holds=0 drawn=0
			order till york refuse 5 TAP =>`)
		s.ends()
	})
}
