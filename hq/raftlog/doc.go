// Package raftlog keeps raft's log together with its vote and term, in a bbolt file and a tail beside it.
//
// It is our own because raft-boltdb does not build beside raft v1.8.0, checks no record that it
// reads, goes on after a failed commit, and does not say IsMonotonic.
//
// # Invariants
//
//   - The log has no holes: it is every index from FirstIndex to LastIndex. An append or a
//     deletion that would leave one is refused, and Open refuses a file that has one.
//   - A record is checked when it is read: format, checksum, and that it is the record of the
//     index asked for. bbolt has no checksum on its pages; a flipped bit is an error that names
//     the index, never a different entry.
//   - What a call reported as done is on disk. After the first commit or append that fails the store is
//     broken: that write may be visible or not, so every later call returns the same error,
//     reads too. The process must stop and open the file again.
//   - Of one call of StoreLogs all is there or nothing. A deletion is many transactions, from the top down, so that a
//     crash between two leaves a log without holes.
//   - An entry is in bbolt, or in the tail and behind all that bbolt has. The transaction that moves what the tail holds
//     also begins the tail's next generation, so no entry is taken up twice, and none that was cut off comes back.
//   - A closed log lies in bbolt alone, as builds that knew no tail have left it.
//
// DESIGN.md says what raft does after it installs a snapshot, and what the store does about it.
//
// # Lock order
//
// Store.writer, then Store.mu.
package raftlog
