package node

import (
	"context"
	"sync"
)

// inFlight counts what is under way. net/http does not wait for handlers whose connections it has
// closed, and what they use is closed next; the desk waits likewise for its orders.
type inFlight struct {
	mu   sync.Mutex // guards what follows
	n    int
	shut bool
	idle chan struct{} // closed once shut and n is 0
}

func newInFlight() *inFlight { return &inFlight{idle: make(chan struct{})} }

// enter counts a request in, or says that no more are taken. leave must follow a true.
func (f *inFlight) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		return false
	}
	f.n++
	return true
}

// again counts in one more for somebody who is in, also behind a door that is shut by now.
func (f *inFlight) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
}

func (f *inFlight) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n--; f.shut && f.n == 0 {
		close(f.idle)
	}
}

// shutDoor lets no more in.
func (f *inFlight) shutDoor() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.shut {
		if f.shut = true; f.n == 0 {
			close(f.idle)
		}
	}
}

// wait lets no more in and waits for the last to leave, or for ctx, whose error it then gives.
func (f *inFlight) wait(ctx context.Context) error {
	f.shutDoor()
	select {
	case <-f.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
