// Package cow holds a hash map of which a consistent snapshot is taken in microseconds, while
// its writer goes on.
//
// HQ's state machine needs this: raft asks for a snapshot between two commands and then lets
// commands go on, while another goroutine writes the snapshot out.
//
// # Invariants
//
//   - A page belongs to the generation that made it, and so does the slice of a bucket. The
//     writer changes only what belongs to the map's present generation; everything else it
//     copies first. A snapshot begins a new generation, so nothing that a Frozen can reach is
//     ever written again.
//   - Every key lies in the one bucket that slot names, and there once.
//   - Order never leaks: the only way through all keys is Sorted, ascending by key. The hash is
//     fixed (FNV-1a with a finishing mix), so that two servers also do the same work.
//   - A Put splits at most one bucket, so none is slow while the map grows.
//
// # Who may call
//
// A Map has one goroutine, for reads and writes; it has no lock. A Frozen may be read by any
// number of goroutines, at the same time as the Map is written.
//
// # Values are immutable
//
// The map copies values as Go assigns them. What a value points to is shared between the map
// and its snapshots: it must not be changed after Put. To change it, Put a new one.
//
// # Limits
//
// The number of buckets never falls. A fixed hash can be attacked: somebody who chooses keys can
// place many in one bucket, and each Put there costs their number. Bound what outsiders may name.
package cow
