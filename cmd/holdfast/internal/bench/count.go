package bench

import "sync/atomic"

// paddedCount keeps each client's count on a cache line of its own.
type paddedCount struct {
	atomic.Uint64
	_ [56]byte
}
