package ledger

import (
	"context"
	"fmt"
)

// An Answer is what Do gives, as a value.
type Answer struct {
	Outcome
	Err error
}

// DoAll puts requests to the writer together and waits until the entries of all are on disk. Each
// stands alone and has the answer that Do would give it; they are decided in their order. Together
// they take one place in the queue and share a commit, up to groupMax of them: more are put one
// groupMax after the other. As with Do, what is queued may land even if ctx ends.
func (b *Book) DoAll(ctx context.Context, reqs []Request) []Answer {
	answers := make([]Answer, len(reqs))
	for from := 0; from < len(reqs); from += groupMax {
		to := min(from+groupMax, len(reqs))
		b.doTogether(ctx, reqs[from:to], answers[from:to])
	}
	return answers
}

// doTogether queues one waiter for all. Its requests are waiters themselves; the last of them rings.
func (b *Book) doTogether(ctx context.Context, reqs []Request, answers []Answer) {
	all := make([]waiter, len(reqs))
	first := &waiter{many: make([]*waiter, len(reqs)), done: make(chan struct{})}
	for i := range all {
		all[i].req = reqs[i]
		first.many[i] = &all[i]
	}
	all[len(all)-1].done = first.done
	err := b.await(ctx, first)
	for i := range answers {
		if err != nil {
			answers[i].Err = err
			continue
		}
		answers[i] = Answer{all[i].out, all[i].err}
	}
}

// await queues a waiter and waits until it is answered. An error says that it was not; the writer
// may still be at it, so nothing of w may be read then.
func (b *Book) await(ctx context.Context, w *waiter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.Err(); err != nil {
		return err
	}
	select {
	case <-b.stopped:
		return ErrClosed
	default:
	}
	select {
	case b.queue <- w:
	default:
		return ErrBusy
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnsure, ctx.Err())
	case <-b.stopped:
	}
	select {
	case <-w.done: // answered before the writer ended
		return nil
	default:
		return ErrClosed // queued behind the writer's end: never decided
	}
}
