// Package journal is one HQ server's copy of every site's journal: the frames as they came.
//
// # Invariants
//
//   - A frame is stored byte for byte under its site and first sequence. The same frame again
//     changes nothing; other bytes at the same place are ErrConflict, and never replace it.
//   - Every record is checked when it is read: version, checksum, and that it is the record of
//     the place asked for. What it says is checked by the chain (Verify).
//   - Append only buffers. What it was given is on disk once a Flush that began later returns
//     nil. Until then raft's log has it too: a raft snapshot, after which raft may drop its log,
//     is finished only behind a Flush, so a crash loses nothing.
//   - Reads see what is buffered and what is on disk.
//   - A site's frames may have a gap, after this server got a raft snapshot from another one.
//     Whole is the last sequence before the first gap.
//   - After the first commit that fails the store is broken: every later call returns that
//     error. The process must stop and open the file again.
//
// # Lock order
//
// Store.mu alone; it is never held during a commit or a read of the disk.
package journal
