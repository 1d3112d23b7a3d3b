package link_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A chaos runs one conversation against the model head office over a network that drops,
// delays, repeats and reorders, with restarts on both sides, all drawn from one seed.
type chaos struct {
	t     *testing.T
	r     *rand.Rand
	now   time.Duration
	book  *paper
	hq    *office
	c     *link.Conversation
	terms link.Terms

	life     int             // of the site's process
	requests []letter        // on their way to head office
	replies  []link.Answered // on their way back, or overdue
	local    []link.Output   // work at the book
	open     map[uint64]bool // Sends that have not been answered, failed or cancelled
	count    map[string]int
}

// A letter is a request of one life of the site's process: no reply outlives the connection.
type letter struct {
	link.Send
	life int
}

func newChaos(t *testing.T, seed uint64) *chaos {
	x := &chaos{t: t, r: rand.New(rand.NewPCG(seed, 1)), book: newPaper(t), hq: newOffice(t), open: map[uint64]bool{}, count: map[string]int{}}
	x.terms = flying()
	if seed%2 == 1 { // a site that paces itself
		x.terms.PushRest, x.terms.PushRestMax, x.terms.PushQuiet = 3, 2*time.Second, 250*time.Millisecond
	}
	x.restart()
	return x
}

// restart is a site whose process died: its book stays, everything else is gone. What was on
// its way to head office may still arrive there.
func (x *chaos) restart() {
	x.c = link.NewConversation(x.terms, x.book.book())
	x.life++
	x.replies, x.local, x.open = nil, nil, map[uint64]bool{}
	x.in(link.Told{Book: x.book.book()})
}

func (x *chaos) in(in link.Input) {
	for _, o := range x.c.Step(x.now, in) {
		switch o := o.(type) {
		case link.Send:
			if o.Lane != link.LaneHello && x.c.Picture().State != link.StateTalking {
				x.t.Fatalf("got a %s in state %s", o.Lane, x.c.Picture().State)
			}
			x.requests = append(x.requests, letter{o, x.life})
			x.open[o.ID] = true
		case link.Cancel:
			delete(x.open, o.ID)
		case link.Refused:
			x.t.Fatalf("got refused: %+v", o)
		case link.Calls:
		default:
			x.local = append(x.local, o)
		}
	}
	lanes := map[link.Lane]int{}
	for _, o := range x.requests {
		if o.life == x.life && x.open[o.ID] {
			lanes[o.Lane]++
		}
	}
	for lane, n := range lanes {
		most := 1
		if lane == link.LanePush {
			most = flying().PushesMax
		}
		if n > most {
			x.t.Fatalf("got %d of %s under way, want at most %d", n, lane, most)
		}
	}
	if n := lanes[link.LanePush]; n == flying().PushesMax {
		x.count["all pushes on their way"]++
	}
}

// pick takes one of s, from anywhere in it.
func pick[T any](r *rand.Rand, s *[]T) (T, bool) {
	if len(*s) == 0 {
		var none T
		return none, false
	}
	i := r.IntN(len(*s))
	v := (*s)[i]
	*s = append((*s)[:i:i], (*s)[i+1:]...)
	return v, true
}

// arrive has head office take a request in. Its effect is there, whatever becomes of the reply.
func (x *chaos) arrive(o letter) {
	var m wire.Message
	switch q := o.Msg.(type) {
	case *wire.Hello:
		m = x.hq.hello(q)
	case *wire.Push:
		m = x.hq.push(q)
	case *wire.Pull:
		m, _ = x.hq.pull(q)
	}
	if o.life == x.life {
		x.replies = append(x.replies, link.Answered{ID: o.ID, Msg: m})
	}
}

func (x *chaos) perform(o link.Output) {
	switch o := o.(type) {
	case link.Do:
		out, err := x.book.Do(x.t.Context(), o.Request)
		if err == nil {
			err = out.Err
		}
		if _, ok := o.Request.(*ledger.Obey); ok && err != nil {
			x.t.Fatalf("obey: %v", err)
		}
		x.in(link.Done{ID: o.ID, Book: x.book.book(), Err: err})
	case link.Store:
		x.in(link.Done{ID: o.ID, Err: x.book.PutItems(o.Items, o.Version), Book: x.book.book()})
	case link.ReadFrames:
		before, frames, err := x.book.Frames(o.After, o.MaxBytes)
		x.in(link.FramesRead{ID: o.ID, Book: x.book.book(), Before: before, Frames: frames, Err: err})
	}
}

// act does one thing. A calm network loses nothing.
func (x *chaos) act(calm bool) {
	what := []string{"arrive", "reply", "perform", "tick"}
	if !calm {
		what = append(what, "arrive", "reply", "perform", "receive", "command", "item", "drop request", "drop reply",
			"repeat request", "repeat reply", "fail", "lose", "restart", "stale")
	}
	w := what[x.r.IntN(len(what))]
	done := true
	switch w {
	case "arrive":
		var o letter
		if o, done = pick(x.r, &x.requests); done {
			x.arrive(o)
		}
	case "reply":
		var in link.Answered
		if in, done = pick(x.r, &x.replies); done {
			delete(x.open, in.ID)
			x.in(in)
		}
	case "perform":
		var o link.Output
		if o, done = pick(x.r, &x.local); done {
			x.perform(o)
		}
	case "tick":
		x.now += time.Duration(x.r.Int64N(int64(200 * time.Millisecond)))
		x.in(link.Told{Book: x.book.book()})
	case "receive":
		if done = x.book.View().Epoch > 0; done {
			x.book.receive()
		}
	case "command":
		x.hq.command()
	case "item":
		x.hq.item()
	case "drop request":
		_, done = pick(x.r, &x.requests)
	case "drop reply":
		_, done = pick(x.r, &x.replies)
	case "repeat request":
		if done = len(x.requests) > 0; done {
			x.arrive(x.requests[x.r.IntN(len(x.requests))])
		}
	case "repeat reply":
		if done = len(x.replies) > 0; done {
			in := x.replies[x.r.IntN(len(x.replies))]
			delete(x.open, in.ID)
			x.in(in)
		}
	case "fail": // a limit runs out; the request may yet arrive
		done = x.fail()
	case "lose":
		if done = x.r.IntN(4) == 0; done {
			x.in(link.Lost{Talk: x.c.Talk(), Err: errors.New("cut")})
		}
	case "restart":
		if done = x.r.IntN(10) == 0; done {
			x.restart()
		}
	case "stale":
		x.in(link.Done{ID: uint64(x.r.IntN(50)) + 1_000_000, Err: errors.New("stale")})
	}
	if done {
		x.count[w]++
	}
}

func (x *chaos) fail() bool {
	for id := uint64(1); id < 100_000 && len(x.open) > 0; id++ {
		if x.open[id] {
			delete(x.open, id)
			x.in(link.Failed{ID: id, Err: errors.New("limit")})
			return true
		}
	}
	return false
}

// settle lets a calm network bring everything home.
func (x *chaos) settle() {
	x.t.Helper()
	for range 20_000 {
		if p := x.c.Picture(); p.State == link.StateTalking && p.Stored == x.book.Head().Position && len(x.local) == 0 &&
			len(x.book.obeyed) == len(x.hq.commands) && x.book.ref == uint64(len(x.hq.items)) {
			return
		}
		if len(x.requests)+len(x.replies)+len(x.local) == 0 {
			x.fail() // what was dropped before
			x.now += time.Second
		}
		x.act(true)
	}
	x.t.Fatalf("not at rest: %+v", x.c.Picture())
}

func TestEverythingArrivesOnceAndInOrderWhateverTheNetworkDoes(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 60
	}
	total := map[string]int{}
	for seed := range seeds {
		x := newChaos(t, seed)
		for range 600 {
			x.act(false)
		}
		x.settle()
		agree(t, x.book, x.hq)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		for w, n := range x.count {
			total[w] += n
		}
		total["hello"] += x.hq.hellos
		total["entries"] += len(x.hq.entries)
		total["commands"] += len(x.hq.commands)
	}
	for _, w := range []string{"arrive", "reply", "perform", "receive", "command", "item", "drop request", "drop reply",
		"repeat request", "repeat reply", "fail", "lose", "restart", "hello", "entries", "commands", "all pushes on their way"} {
		if total[w] < int(seeds) {
			t.Errorf("got %d of %q, want at least one a seed", total[w], w)
		}
	}
	t.Log(total)
}

func TestTheSameInputsGiveTheSameOutputs(t *testing.T) {
	run := func() map[string]int {
		x := newChaos(t, 7)
		for range 2000 {
			x.act(false)
		}
		x.count["head"] = int(x.book.Head().Seq)
		x.count["stored"] = int(x.c.Picture().Stored.Seq)
		x.count["now"] = int(x.now)
		return x.count
	}
	if one, two := run(), run(); !reflect.DeepEqual(one, two) {
		t.Errorf("got %v, want %v", two, one)
	}
}
