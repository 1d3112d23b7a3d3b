// Package hq is one server of head office: three or five of them see every site and decide
// which site serves an order that no single site owns.
//
// The state is machine.Machine, replicated by raft; the journals of the sites lie beside it in
// hq/journal; what to do with each message is hq/office's. This package wires them: raft and its
// files, the proposals, the web, the forwarding to the leader, and whatever has to wait.
//
// # Invariants
//
//   - The machine is changed by raft's apply alone. Whoever reads it holds machineMu for reading
//     and keeps nothing but records, which are never changed.
//   - Nobody is answered from a leader that has not applied everything of the terms before its
//     own: it waits for a barrier first. A read with read=leader also asks a quorum whether this
//     server still leads.
//   - A raft snapshot is finished only when the journal store is on disk up to it.
//   - A proposal whose leadership was lost on the way is ErrUnsure: it may still be applied.
//   - A server whose log or journal store broke stops: Run returns why.
//   - A raft id belongs to one life of a directory. A new directory draws a new one.
//
// # Lock order
//
// fsm.mu, calls.mu, bells.mu, polls.mu, pushes.mu and inFlight.mu are each taken alone. left.mu comes before machineMu.
// archivist.mu comes before fsm.mu, and is tried, never waited for.
package hq
