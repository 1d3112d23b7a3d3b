package ledger

import "time"

const (
	turnLeast = 2 * time.Second
	turnMost  = 5 * time.Minute
)

// Turns hold back orders of which nothing came when they were due: each waits twice as long after each time, 2 s at
// first and 5 minutes at most, so that they leave the others their turn, and no log is full of them. They are one
// goroutine's, are kept nowhere, and hold no more than there are orders that wait.
type Turns map[OrderID]turn

type turn struct {
	wait time.Duration
	next time.Time
}

// Failed says how long an order waits now for its next turn.
func (t Turns) Failed(o OrderID, now time.Time) time.Duration {
	wait := min(max(2*t[o].wait, turnLeast), turnMost)
	t[o] = turn{wait, now.Add(wait)}
	return wait
}

// Done forgets an order that had its turn.
func (t Turns) Done(o OrderID) { delete(t, o) }

// Rest says of which orders it is not the turn at now. It forgets those whose turn is long over: somebody else decided them.
func (t Turns) Rest(now time.Time) func(OrderID) bool {
	for o, late := range t {
		if now.Sub(late.next) > turnMost {
			delete(t, o)
		}
	}
	return func(o OrderID) bool { return now.Before(t[o].next) }
}
