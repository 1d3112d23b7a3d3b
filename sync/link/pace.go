package link

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// paceGain is how many entries of a backlog go to head office for each that the site decides
// meanwhile, at least: rests are cut short to keep it. Below it, one push after the other without
// a rest; where the backlog even grows so, several again. At 1 a busy site would never get level.
const paceGain = 1.5

// A pace keeps a backlog from taking the machine that the site sells on. It lasts for one talk.
//
// It is reckoned in rounds: from one moment at which every push is answered to the next, or,
// where pushes follow one another without a pace, to the answer to one that was sent in the round.
type pace struct {
	head    ledger.Seq    // of the book at the last look
	applied ledger.Cursor // at the last look
	sold    bool          // an entry was seen to be decided here
	soldAt  time.Duration // when the last one was

	began   time.Duration // of the round
	stored  ledger.Seq    // at its start
	decided ledger.Seq    // entries since
	behind  bool          // the backlog grew in the last round: pushes are not paced
	until   time.Duration // the lane rests while the site sells
}

// look notes what the site has decided since the last look. What it wrote because head office
// commanded it is no sale: that comes in gusts, and nobody at a till waits for it.
func (c *Conversation) look(now time.Duration) {
	p, head, applied := &c.pace, c.book.Head.Seq, c.book.Applied
	decided := head - min(p.head, head)
	if applied.H == p.applied.H && applied.Number > p.applied.Number {
		decided -= min(decided, ledger.Seq(applied.Number-p.applied.Number))
	}
	p.head, p.applied = head, applied
	if decided > 0 {
		p.sold, p.soldAt = true, now
		p.decided += decided
	}
}

// selling says whether the site has decided an entry of late.
func (c *Conversation) selling(now time.Duration) bool {
	return c.terms.PushRest > 0 && c.pace.sold && now-c.pace.soldAt < c.terms.PushQuiet
}

// backlog says whether about as much waits as the last push took, and that one was full.
func (c *Conversation) backlog() bool {
	waits := c.book.Head.Seq - min(c.sentTo.Seq, c.book.Head.Seq)
	return c.full > 0 && waits >= ledger.Seq(c.full/2)
}

// startPace begins a talk's first round. A sale of a moment ago is still one; what the book has
// written since the last look may be this talk's own opening.
func (c *Conversation) startPace(now time.Duration) {
	c.pace = pace{head: c.book.Head.Seq, applied: c.book.Applied, sold: c.pace.sold, soldAt: c.pace.soldAt,
		began: now, stored: c.stored.Seq}
}

// rest ends a round with the push f, which head office has now, and says how long the lane rests.
func (c *Conversation) rest(now time.Duration, f flight) {
	p := &c.pace
	if len(c.flights) > 0 && (!p.behind || f.sent < p.began) {
		return // the round goes on
	}
	gained, decided, took := float64(c.stored.Seq-p.stored), float64(p.decided), now-p.began
	p.began, p.stored, p.decided, p.until = now, c.stored.Seq, 0, 0
	if !c.selling(now) || !c.backlog() {
		p.behind = false
		return
	}
	enough := decided
	if p.behind {
		enough *= paceGain // so that it does not change with each round
	}
	if p.behind = gained < enough; p.behind || len(c.flights) > 0 {
		return
	}
	flew := now - f.sent
	wait := min(time.Duration(c.terms.PushRest)*flew, c.terms.PushRestMax)
	if decided > 0 {
		// The next round takes a push like this one, and the site goes on as it did in this one.
		most := float64(took) * float64(f.entries) / (paceGain * decided)
		wait = min(wait, time.Duration(min(most, float64(flew+wait)))-flew)
	}
	p.until = now + max(wait, 0)
}
