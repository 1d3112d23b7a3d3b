package ledger

import (
	"sync"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// aheadMax bounds the frames that are read, checked and decoded ahead of the one that is folded:
// with frames of 256 entries some megabytes.
const aheadMax = 8

// A readFrame is an opened frame and the stored bytes that its entries are part of.
type readFrame struct {
	Opened
	raw []byte
}

// eachOpened gives the frames from the record that holds from to the end, checked and decoded; what
// it gives is used again once fold returns. A goroutine of its own reads ahead while fold works; it
// has ended when eachOpened returns.
func eachOpened(t *tape.Tape, from Seq, fold func(*Opened) error) error {
	ahead, free, quit := make(chan *readFrame, aheadMax), make(chan *readFrame, aheadMax), make(chan struct{})
	for range aheadMax {
		free <- &readFrame{}
	}
	var reader sync.WaitGroup
	var readErr error
	defer reader.Wait()
	defer close(quit) // also when fold panics
	reader.Go(func() {
		defer close(ahead)
		readErr = readAhead(t, from, ahead, free, quit)
	})
	for r := range ahead {
		if err := fold(&r.Opened); err != nil {
			return err
		}
		free <- r // there is room: it came from there
	}
	return readErr // written before ahead was closed
}

func readAhead(t *tape.Tape, from Seq, ahead chan<- *readFrame, free <-chan *readFrame, quit <-chan struct{}) error {
	return eachFrame(t, from, func(raw []byte) error {
		select {
		case r := <-free:
			r.raw = append(r.raw[:0], raw...)
			if err := r.Read(r.raw); err != nil {
				return err
			}
			ahead <- r // there is room: as many are free as fit
			return nil
		case <-quit:
			return errEnough
		}
	})
}
