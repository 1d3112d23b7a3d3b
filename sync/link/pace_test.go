package link_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

const ms = time.Millisecond

// pacing are terms under which some fifty entries of a paper book fill a push.
func pacing() link.Terms {
	t := terms()
	t.PushesMax, t.PushBytes = 3, 6800
	t.PushRest, t.PushRestMax, t.PushQuiet = 3, 2*time.Second, 250*ms
	return t
}

// A day drives a talk through time: the site sells, pushes take their time, and the machine is told
// when it asked to be.
type day struct {
	*stage
	took   time.Duration // each push, on its way
	each   time.Duration // a sale; 0: none
	sale   time.Duration // the next
	away   []pushAway
	most   int           // pushes on their way at once
	pushes int           // sent
	busy   time.Duration // while one was on its way
	oldest time.Duration // the longest that an entry waited to be known to be at head office
	wrote  map[ledger.Seq]time.Duration
}

type pushAway struct {
	link.Send
	due time.Duration
}

// newDay is a process that begins to talk, with a backlog of n entries.
func newDay(t *testing.T, tm link.Terms, n int) *day {
	s := newStage(t)
	s.talks()
	for s.hq.stored.Seq < s.book.Head().Seq {
		s.pushes()
	}
	for range n {
		s.book.receive()
	}
	d := &day{stage: s, took: 100 * ms, wrote: map[ledger.Seq]time.Duration{}}
	d.c, d.out = link.NewConversation(tm, d.book.book()), nil
	d.tick(0)
	d.greets()
	return d
}

func (d *day) greets() {
	d.t.Helper()
	o := d.sent(link.LaneHello)
	d.reply(o, d.hq.hello(o.Msg.(*wire.Hello)))
	d.state(link.StateTalking)
}

// does carries out what the machine wants for the push lane.
func (d *day) does() {
	for {
		i := slices.IndexFunc(d.out, func(o link.Output) bool { _, reads := o.(link.ReadFrames); return reads })
		if i < 0 {
			return
		}
		d.read()
		d.away = append(d.away, pushAway{d.sent(link.LanePush), d.now + d.took})
		d.most = max(d.most, len(d.away))
		d.pushes++
	}
}

// next is when something happens, at the latest at until.
func (d *day) next(until time.Duration) time.Duration {
	if at, ok := d.c.Wake(d.now); ok {
		until = min(until, at)
	}
	for _, p := range d.away {
		until = min(until, p.due)
	}
	if d.each > 0 {
		until = min(until, d.sale)
	}
	return until
}

// lasts lets time pass, and forgets what was counted before.
func (d *day) lasts(long time.Duration) {
	d.t.Helper()
	d.most, d.pushes, d.busy, d.oldest = len(d.away), 0, 0, 0
	d.sale = max(d.sale, d.now)
	d.does()
	for until := d.now + long; d.now < until; {
		at := d.next(until)
		if len(d.away) > 0 {
			d.busy += at - d.now
		}
		d.now = at
		if d.each > 0 && d.now >= d.sale {
			d.book.receive()
			d.wrote[d.book.Head().Seq] = d.now
			d.sale += d.each
		}
		d.in(link.Told{Book: d.book.book()})
		d.does()
		for len(d.away) > 0 && d.away[0].due <= d.now {
			p := d.away[0]
			d.away = d.away[1:]
			d.reply(p.Send, d.arrives(p.Send))
			for seq := before(p.Send) + 1; seq <= d.c.Picture().Stored.Seq; seq++ {
				if at, ok := d.wrote[seq]; ok {
					d.oldest = max(d.oldest, d.now-at)
				}
			}
			d.does()
		}
	}
}

func (d *day) behind() int { return int(d.book.Head().Seq - d.hq.stored.Seq) }

func TestABacklogLeavesTheMachineToTheSale(t *testing.T) {
	for name, c := range map[string]struct {
		backlog int
		each    time.Duration // a sale
		took    time.Duration // a push
		most    int           // pushes at once
		share   [2]int        // of the time with a push on its way, in percent
		less    int           // entries that the backlog shrinks by, at least
	}{
		"selling with a backlog":                        {backlog: 4000, each: 200 * ms, took: 100 * ms, most: 1, share: [2]int{22, 28}},
		"quiet with a backlog":                          {backlog: 16_000, took: 100 * ms, most: 3, share: [2]int{100, 100}},
		"selling without a backlog":                     {each: 200 * ms, took: 100 * ms, most: 1, share: [2]int{48, 52}},
		"selling pushes without a backlog":              {each: 5 * ms, took: 300 * ms, most: 2, share: [2]int{99, 100}},
		"a rest is bounded":                             {backlog: 4000, each: 240 * ms, took: 2 * time.Second, most: 1, share: [2]int{48, 60}},
		"selling a push in four of its times":           {backlog: 4000, each: 8 * ms, took: 100 * ms, most: 1, share: [2]int{33, 43}},
		"selling more than one push at a time takes up": {backlog: 4000, each: 4 * ms, took: 420 * ms, most: 3, share: [2]int{90, 100}, less: 450},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDay(t, pacing(), c.backlog)
			d.each, d.took = c.each, c.took
			d.lasts(5 * time.Second) // what was sent before the first sale is answered
			backlog := d.behind()
			d.lasts(5 * time.Second)
			if d.most != c.most {
				t.Errorf("got %d pushes on their way at once, want %d", d.most, c.most)
			}
			if got := int(d.busy * 100 / (5 * time.Second)); got < c.share[0] || got > c.share[1] {
				t.Errorf("got a push on its way in %d %% of the time, want %d to %d", got, c.share[0], c.share[1])
			}
			if less := backlog - d.behind(); c.backlog > 0 && less < max(c.less, 1) {
				t.Errorf("got a backlog that shrinks by %d entries, want %d at least", less, max(c.less, 1))
			}
			d.each = 0
			d.lasts(10 * time.Minute)
			agree(t, d.book, d.hq)
		})
	}
}

func TestABacklogIsSentAtFullSpeedOnceTheSiteIsQuiet(t *testing.T) {
	d := newDay(t, pacing(), 1000)
	d.took, d.each = time.Second, 200*ms
	d.lasts(2 * time.Second) // into a rest of two seconds
	if len(d.away) != 0 {
		t.Fatalf("got %d pushes on their way, want a rest", len(d.away))
	}
	d.each = 0
	d.lasts(time.Second)
	if len(d.away) != 3 || d.busy < 750*ms {
		t.Errorf("got %d pushes on their way for %v of a second, want 3 from a quarter of it on", len(d.away), d.busy)
	}
}

func TestARestEndsWhenItIsOver(t *testing.T) {
	tm := pacing()
	tm.PushQuiet = time.Minute
	d := newDay(t, tm, 3000)
	d.each = time.Hour // one sale
	d.lasts(400 * ms)
	d.lasts(8 * time.Second)
	if d.most != 1 || d.pushes != 20 || d.busy != 2*time.Second {
		t.Errorf("got %d pushes in eight seconds, %v of them; want 20, each of a tenth, with three tenths of rest", d.pushes, d.busy)
	}
}

func TestTheLastOfABacklogDoesNotRest(t *testing.T) {
	d := newDay(t, pacing(), 60) // a push and some more
	d.each = 200 * ms
	d.lasts(110 * ms)
	if d.pushes != 2 {
		t.Errorf("got %d pushes sent, want the second right behind the answer to the first", d.pushes)
	}
}

func TestAPaceIsReckonedOverAllPushesThatWereOnTheirWay(t *testing.T) {
	d := newDay(t, pacing(), 1000)
	d.does()
	d.tick(100 * ms)
	for _, p := range d.away { // a sale before each answer is not a thousand a second
		d.book.receive()
		d.tick(ms)
		d.reply(p.Send, d.arrives(p.Send))
	}
	d.quiet()
	d.tick(250 * ms)
	d.read() // nothing was sold since
}

func TestASaleEndsTheFullSpeedOfABacklog(t *testing.T) {
	d := newDay(t, pacing(), 1000)
	d.lasts(450 * ms)
	if len(d.away) != 3 {
		t.Fatalf("got %d pushes on their way, want 3", len(d.away))
	}
	d.each = 50 * ms
	d.lasts(100 * ms)
	if len(d.away) != 0 {
		t.Errorf("got %d pushes on their way, want those that were to be answered and no more sent", len(d.away))
	}
	d.lasts(4 * time.Second)
	if d.most != 1 {
		t.Errorf("got %d pushes on their way at once, want 1", d.most)
	}
}

func TestWhatALevelSiteSellsIsSharedWithinTwoPushes(t *testing.T) {
	for _, each := range []time.Duration{5 * ms, 20 * ms, 300 * ms} {
		d := newDay(t, pacing(), 0)
		d.each = each
		d.lasts(5 * time.Second)
		if most := 2 * d.took; d.oldest == 0 || d.oldest > most {
			t.Errorf("a sale each %v: got an entry shared after %v, want %v at most", each, d.oldest, most)
		}
	}
}

func TestWhatHeadOfficeCommandedIsNoSale(t *testing.T) {
	d := newDay(t, pacing(), 3000)
	for range 3 {
		d.hq.command()
	}
	pull := d.sent(link.LanePull)
	reply, _ := d.hq.pull(pull.Msg.(*wire.Pull))
	d.reply(pull, reply)
	for range 3 {
		d.do()
		d.does()
	}
	d.lasts(time.Second)
	if d.most != 3 || d.busy != time.Second {
		t.Errorf("got %d pushes on their way at once, %v of a second; want 3, all of it", d.most, d.busy)
	}
}

func TestAPaceOutlastsTheTalk(t *testing.T) {
	d := newDay(t, pacing(), 1000)
	d.each = 50 * ms
	d.lasts(time.Second)
	d.in(link.Lost{Talk: d.c.Talk(), Err: errors.New("cut")})
	d.away = nil
	d.lasts(200 * ms)
	d.greets()
	d.lasts(2 * time.Second)
	if d.most != 1 {
		t.Errorf("got %d pushes on their way at once, want 1", d.most)
	}
}
