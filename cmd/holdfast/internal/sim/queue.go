package sim

import (
	"container/heap"
	"time"
)

// An event is something that happens at a moment. Of two at one moment the one that was
// planned first comes first.
type event struct {
	at  time.Duration
	n   uint64
	run func()
}

// agenda holds what is still to happen.
type agenda struct {
	list []event
	n    uint64
}

func (a *agenda) Len() int { return len(a.list) }
func (a *agenda) Less(i, j int) bool {
	if a.list[i].at != a.list[j].at {
		return a.list[i].at < a.list[j].at
	}
	return a.list[i].n < a.list[j].n
}
func (a *agenda) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }
func (a *agenda) Push(x any)    { a.list = append(a.list, x.(event)) }
func (a *agenda) Pop() any {
	last := len(a.list) - 1
	e := a.list[last]
	a.list[last] = event{}
	a.list = a.list[:last]
	return e
}

func (a *agenda) add(at time.Duration, run func()) {
	a.n++
	heap.Push(a, event{at: at, n: a.n, run: run})
}

func (a *agenda) next() (event, bool) {
	if len(a.list) == 0 {
		return event{}, false
	}
	return heap.Pop(a).(event), true
}
