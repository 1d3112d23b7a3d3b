package messenger

import (
	"encoding/binary"
	"io"
	"time"
)

// When a try is made again.
const (
	waitFirst = 5 * time.Second
	waitMost  = 4 * time.Hour
	// GiveUp is how long after the first try telling is given up.
	GiveUp = 72 * time.Hour
	// AskMost bounds how long a receiver may ask to be left alone (Retry-After).
	AskMost = 24 * time.Hour
)

// Wait is how long to wait after so many tries, from 1: twice as long each time, up to waitMost, and of that a part between a half and the
// whole, drawn, so that all that failed together does not come back together.
func Wait(tries int, random io.Reader) (time.Duration, error) {
	d := waitMost
	if n := max(tries, 1) - 1; n < 20 {
		d = min(waitFirst<<n, waitMost)
	}
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return d, err
	}
	half := uint64(d / 2)
	return time.Duration(half + binary.BigEndian.Uint64(b[:])%(half+1)), nil
}
