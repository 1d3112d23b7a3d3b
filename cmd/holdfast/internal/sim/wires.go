package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

var (
	errLine = errors.New("the line broke")
	errTime = errors.New("no answer in time")
)

// lateMax is how much later a late message arrives at most.
const lateMax = 40 * time.Second

// wires are the lines between sites and head office. What goes over them is bytes: each
// message is encoded, and decoded at the other end.
type wires struct {
	c       *company
	weather Weather
	chances map[ledger.SiteID]*chance // of each line
	cuts    map[ledger.SiteID]int     // cuts under way, by line
	hard    map[ledger.SiteID]bool
	part    map[ledger.SiteID]Part // what the latest cut of a line stops
}

// chance is a line's own, so that what goes over one shifts nothing on another.
func (w *wires) chance(line ledger.SiteID) *chance {
	c := w.chances[line]
	if c == nil {
		c = newChance(w.c.plan.Seed, "line of "+string(line))
		w.chances[line] = c
	}
	return c
}

// cut says whether a message finds its line cut. A partition may let one direction through, or
// all but one kind.
func (w *wires) cut(line ledger.SiteID, kind string) bool {
	if w.cuts[line] == 0 {
		return false
	}
	reply := strings.HasSuffix(kind, " reply")
	switch part := w.part[line]; part {
	case PartAll:
		return true
	case PartUp:
		return !reply
	case PartDown:
		return reply
	default:
		return strings.HasPrefix(kind, string(part))
	}
}

// parted says whether nothing, or no answer, gets over a line.
func (w *wires) parted(line ledger.SiteID) bool {
	part := w.part[line]
	return w.cuts[line] > 0 && (part == PartAll || part == PartUp || part == PartDown)
}

func kindOf(m wire.Message) string {
	switch m.(type) {
	case *wire.Hello, *wire.Welcome:
		return "hello"
	case *wire.Push, *wire.PushReply:
		return "push"
	case *wire.Pull, *wire.PullReply:
		return "pull"
	case *wire.Ask, *wire.AskReply:
		return "ask"
	case *wire.Rejoin, *wire.RejoinReply:
		return "rejoin"
	default:
		return fmt.Sprintf("%T", m)
	}
}

// blank gives a zero message of m's kind, to decode into.
func blank(m wire.Message) wire.Message {
	switch m.(type) {
	case *wire.Hello:
		return &wire.Hello{}
	case *wire.Welcome:
		return &wire.Welcome{}
	case *wire.Push:
		return &wire.Push{}
	case *wire.PushReply:
		return &wire.PushReply{}
	case *wire.Pull:
		return &wire.Pull{}
	case *wire.PullReply:
		return &wire.PullReply{}
	case *wire.Ask:
		return &wire.Ask{}
	case *wire.AskReply:
		return &wire.AskReply{}
	case *wire.Rejoin:
		return &wire.Rejoin{}
	case *wire.RejoinReply:
		return &wire.RejoinReply{}
	default:
		panic(fmt.Sprintf("sim: no wire carries a %T", m))
	}
}

// carry sends m one way. arrive may be called never, once or twice, at any later moment;
// broke is called where the sender's end learns at once that the line is broken.
func (w *wires) carry(site ledger.SiteID, reply bool, m wire.Message, arrive func(wire.Message), broke func(error)) {
	kind := kindOf(m)
	if reply {
		kind += " reply"
	}
	body, encoding, err := wire.Encode(m)
	if err != nil {
		w.c.fail("encode", "%s of %s: %v", kind, site, err)
		return
	}
	if w.cut(site, kind) {
		w.c.met("cut", kind)
		if p := w.part[site]; p != PartAll {
			w.c.met("partition", string(p)+" stops "+kind)
		}
		w.fail(site, w.hard[site], broke)
		return
	}
	if w.chance(site).in100(w.weather.Lost) {
		w.c.met("lost", kind)
		w.fail(site, w.chance(site).in100(50), broke)
		return
	}
	deliver := func(after time.Duration) {
		w.c.after(after, func() {
			if w.cut(site, kind) {
				w.c.met("cut on the way", kind)
				return
			}
			got := blank(m)
			if err := wire.Decode(body, encoding, got); err != nil {
				w.c.fail("decode", "%s of %s: %v", kind, site, err)
				return
			}
			arrive(got)
		})
	}
	deliver(w.delay(site, kind))
	if w.chance(site).in100(w.weather.Repeated) {
		w.c.met("repeated", kind)
		deliver(w.delay(site, kind))
	}
}

// fail lets the sender's end wait for its time limit, or tells it soon.
func (w *wires) fail(line ledger.SiteID, silent bool, broke func(error)) {
	if !silent && broke != nil {
		w.c.after(w.chance(line).between(time.Millisecond, 50*time.Millisecond), func() { broke(errLine) })
	}
}

func (w *wires) delay(line ledger.SiteID, kind string) time.Duration {
	c := w.chance(line)
	d := c.around(w.weather.Latency)
	if c.in100(w.weather.Late) {
		w.c.met("late", kind)
		d += c.between(0, lateMax)
	}
	return d
}

// A call is one exchange of a site with head office, as its sender sees it.
type call struct {
	over bool
	done func(wire.Message, error)
	late func(wire.Message) // an answer that nobody waits for any more
}

func (k *call) end(m wire.Message, err error) {
	if k.over {
		if err == nil && k.late != nil {
			k.late(m)
		}
		return
	}
	k.over = true
	k.done(m, err)
}

// exchange posts m to head office and gives its first answer, or an error after limit at the
// latest. The answer reaches only the life of the process that asked.
func (s *site) exchange(m wire.Message, limit time.Duration, k *call) {
	s.after(limit, func() {
		if !k.over {
			k.end(nil, errTime)
		}
	})
	life := s.life
	back := func(m wire.Message, err error) {
		if s.life == life && s.up {
			k.end(m, err)
		}
	}
	w := s.c.wires
	w.carry(s.line, false, m, func(got wire.Message) {
		s.c.hq.serve(s.id, got, func(reply wire.Message, err error) {
			if err != nil {
				w.fail(s.line, false, func(error) { back(nil, err) })
				return
			}
			w.carry(s.line, true, reply, func(m wire.Message) { back(m, nil) }, func(err error) { back(nil, err) })
		})
	}, func(err error) { back(nil, err) })
}
