package link

import (
	"encoding/binary"
	"io"
	"time"
)

// backOff gives the wait before try n, from 1: it doubles from RetryMin up to RetryMax, and
// its second half is drawn, so that forty sites do not come back in one instant.
func (c *Conversation) backOff(n int) time.Duration {
	wait := c.terms.RetryMin
	for i := 1; i < n && wait < c.terms.RetryMax; i++ {
		wait *= 2
	}
	wait = min(wait, c.terms.RetryMax)
	half := wait / 2
	return wait - half + c.draw(half)
}

// draw gives a random wait from 0 up to most.
func (c *Conversation) draw(most time.Duration) time.Duration {
	var b [8]byte
	if most <= 0 || c.terms.Random == nil {
		return most
	}
	if _, err := io.ReadFull(c.terms.Random, b[:]); err != nil {
		return most
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(most+1))
}
