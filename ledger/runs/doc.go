// Package runs is a set of 16-byte names with a number each, in sorted files that never change.
//
// A run is one such file, written in one go by one change. A name may stand in several runs: the
// newest decides, and the number 0 says that the name is gone. Runs are merged, eight of a level
// into one of the next, so that there are few of them. The invariants:
//
//	a run is whole and synced, with its name in the folder, before any list names it
//	the list of runs is the caller's: it lands with the caller's own commit, then Land is called
//	runs stand from the oldest to the newest, and no level is above that of a run before it
//	a file outlives by one landing the list that named it last
//	what a page says, also that a name is not there, is believed only after its checksum was checked
//	after the first failed write, sync or removal nothing is written any more; a full disk is none
//
// Open starts no goroutine. One goroutine at a time may call Add, Land, Abort, Step and Close; any
// number may have a View, which waits for none of these.
//
// Lock order: Set.mu alone.
//
// The format's picture stands in format.go, crash reasoning and costs in DESIGN.md.
package runs
