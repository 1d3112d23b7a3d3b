package world

import (
	"context"
	"time"
)

// Rest waits for d, or until ctx ends: then it says why that ended.
func Rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
