package link

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A flight is one push that was sent and not answered yet. Flights follow one another in the
// journal without a gap.
type flight struct {
	id      uint64
	end     ledger.Position
	entries int
	bytes   int
	sent    time.Duration
}

// pushNext reads what follows the last flight, or the stored position where there is none.
func (c *Conversation) pushNext(now time.Duration) {
	if c.push.id != 0 || now < c.push.at || c.back || c.sentTo.Seq >= c.book.Head.Seq || !c.mayFly(now) {
		return
	}
	c.push.id = c.nextID()
	c.emit(ReadFrames{ID: c.push.id, After: c.sentTo.Seq, MaxBytes: c.terms.PushBytes})
}

// mayFly says whether one more push may be sent now. Behind others it goes only as part of a
// backlog, where about as much waits as the last one took: what trickles in is better gathered,
// for each push costs head office an entry of raft's log. While the site sells, a backlog goes up
// one push at a time, with rests.
func (c *Conversation) mayFly(now time.Duration) bool {
	paced := c.selling(now) && !c.pace.behind
	if paced && now < c.pace.until {
		return false
	}
	if len(c.flights) == 0 {
		return true
	}
	if paced {
		return false
	}
	bytes := 0
	for _, f := range c.flights {
		bytes += f.bytes
	}
	return len(c.flights) < c.terms.PushesMax && bytes <= (c.terms.PushesMax-1)*c.terms.PushBytes && c.backlog()
}

// framesRead sends what was read. Where the book's own hash at the stored position is another
// than head office's, the book has forked from what it once sent: it was restored, or has a
// twin. Where the position lies inside a frame, head office compares the overlap.
func (c *Conversation) framesRead(now time.Duration, in FramesRead) {
	if !c.take(&c.push, in.ID) {
		return
	}
	after := c.sentTo
	switch {
	case errors.Is(in.Err, ledger.ErrTrimmed):
		// It was archived before it was trimmed: a head office that lacks it has lost what it had.
		c.refuse(now, wire.VerdictNone, fmt.Sprintf("head office has this site's journal up to entry %d only, and the site has trimmed what follows: head office has to be given it from its archive", after.Seq))
		return
	case in.Err != nil:
		c.again(now, fmt.Errorf("read frames: %w", in.Err))
		return
	case len(in.Frames) == 0 || in.Before.Seq > after.Seq:
		c.again(now, fmt.Errorf("the journal has nothing right after entry %d", after.Seq))
		return
	case in.Before.Seq == after.Seq && in.Before.Hash != after.Hash:
		if after == c.stored {
			c.refuse(now, wire.VerdictFork, fmt.Sprintf("head office has another entry %d", after.Seq))
		} else {
			c.again(now, fmt.Errorf("the journal has another entry %d than was read before", after.Seq))
		}
		return
	}
	c.proved = c.proved || after == c.stored && in.Before.Seq == after.Seq
	frames := in.Frames[:min(len(in.Frames), wire.FramesMax)]
	last, err := ledger.DecodeFrame(frames[len(frames)-1])
	if err != nil {
		c.again(now, fmt.Errorf("read frames: %w", err))
		return
	}
	f := flight{id: c.nextID(), end: last.End(), sent: now}
	f.entries = int(f.end.Seq - in.Before.Seq)
	for _, b := range frames {
		f.bytes += len(b)
	}
	if c.full = 0; f.bytes > c.terms.PushBytes/2 {
		c.full = f.entries
	}
	c.flights, c.sentTo = append(c.flights, f), f.end
	c.emit(Send{ID: f.id, Lane: LanePush, Server: c.terms.Servers[c.server], Limit: c.terms.PushLimit, Msg: &wire.Push{
		Site: c.terms.Site, Epoch: c.book.Head.Epoch, Head: c.book.Head, Before: in.Before, Frames: frames,
	}})
}

// land takes the flight of that id out, if there is one.
func (c *Conversation) land(id uint64) (flight, bool) {
	i := slices.IndexFunc(c.flights, func(f flight) bool { return f.id == id })
	if i < 0 {
		return flight{}, false
	}
	f := c.flights[i]
	c.flights = slices.Delete(c.flights, i, i+1)
	return f, true
}

// pushAnswered goes on from what head office has. Where that does not hold the flight, nothing
// more is sent until the others are answered, and then on from stored. Where it has not moved,
// or head office says later, the lane waits a while: pull goes on.
func (c *Conversation) pushAnswered(now time.Duration, f flight, m *wire.PushReply) {
	before := c.stored.Seq
	if m.Verdict == wire.VerdictLater {
		c.met(now)
	} else if !c.heard(now, m.Verdict, m.Why) || !c.hears(now, m.Stored) {
		return
	}
	if c.stored.Seq >= f.end.Seq {
		c.push.tries, c.pushed, c.proved = 0, true, true
		c.rest(now, f)
		c.fared(now)
	} else {
		if !c.back && c.stored.Seq <= before {
			c.slow(now, &c.push)
		}
		c.back, c.push.id = true, 0 // what is being read now would leave a gap
	}
	if len(c.flights) == 0 && (c.back || c.sentTo.Seq < c.stored.Seq) {
		c.sentTo, c.back, c.full = c.stored, false, 0
	}
}

// slow makes one lane wait, longer each time.
func (c *Conversation) slow(now time.Duration, l *lane) {
	l.tries++
	l.at = now + c.backOff(l.tries)
}
