//go:build !linux

package mapped

// release does nothing: the system takes pages back when it needs them.
func release(_, _ uintptr) {}
