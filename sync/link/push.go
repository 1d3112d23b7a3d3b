package link

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/sync/wire"
)

// pushNext reads what follows the stored position, one batch at a time.
func (c *Conversation) pushNext(now time.Duration) {
	if c.push.id != 0 || now < c.push.at || c.stored.Seq >= c.book.Head.Seq {
		return
	}
	c.push.id = c.nextID()
	c.emit(ReadFrames{ID: c.push.id, After: c.stored.Seq, MaxBytes: wire.PushBytesMax})
}

// framesRead sends what was read. Where the book's own hash at the stored position is another
// than head office's, the book has forked from what it once sent: it was restored, or has a
// twin. Where the position lies inside a frame, head office compares the overlap.
func (c *Conversation) framesRead(now time.Duration, in FramesRead) {
	if !c.take(&c.push, in.ID) {
		return
	}
	switch {
	case in.Err != nil:
		c.again(now, fmt.Errorf("read frames: %w", in.Err))
	case len(in.Frames) == 0 || in.Before.Seq > c.stored.Seq:
		c.again(now, fmt.Errorf("the journal has nothing right after entry %d", c.stored.Seq))
	case in.Before.Seq == c.stored.Seq && in.Before.Hash != c.stored.Hash:
		c.refuse(now, wire.VerdictFork, fmt.Sprintf("head office has another entry %d", c.stored.Seq))
	default:
		frames := in.Frames[:min(len(in.Frames), wire.FramesMax)]
		c.send(&c.push, LanePush, &wire.Push{
			Site: c.terms.Site, Epoch: c.book.Head.Epoch, Head: c.book.Head, Before: in.Before, Frames: frames,
		}, c.terms.PushLimit)
	}
}

// pushAnswered goes on from what head office has. Where that has not moved, or it says later,
// the lane waits a while: pull goes on.
func (c *Conversation) pushAnswered(now time.Duration, m *wire.PushReply) {
	if m.Verdict == wire.VerdictLater {
		c.met(now)
		c.slow(now, &c.push)
		return
	}
	if !c.heard(now, m.Verdict, m.Why) {
		return
	}
	before := c.stored.Seq
	if !c.hears(now, m.Stored) {
		return
	}
	if m.Stored.Seq <= before {
		c.slow(now, &c.push)
		return
	}
	c.push.tries, c.pushed = 0, true
	c.fared(now)
}

// slow makes one lane wait, longer each time.
func (c *Conversation) slow(now time.Duration, l *lane) {
	l.tries++
	l.at = now + c.backOff(l.tries)
}
