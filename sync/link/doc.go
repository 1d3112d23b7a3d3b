// Package link is one site's conversation with head office, kept going across outages.
//
// Conversation is a pure state machine: what happened goes in, what is to be done comes out;
// it has no clock, goroutine or I/O, and the simulator drives it as it stands. Link drives it
// over HTTP. The invariants:
//
//   - Nothing is said before a hello was answered OK, and nothing more after a failed exchange
//     until the next one is.
//   - Pushes on their way follow one another in the journal without a gap. Where one was not taken,
//     push goes on from the position that head office says it has, whatever was sent before.
//   - Commands reach the ledger one at a time, in their order, each once it follows the last
//     one that the book holds. The book's own cursor says where to go on; the link stores
//     nothing.
//   - Only a head that is on disk is shown.
//   - The line counts as up only while the last success is young; the first failed exchange
//     ends that, so that an order is answered offline at once.
//
// Lock order: Link.mu alone. It is not held while the book or the network is waited for.
// The states, and why a lost, late, repeated or reordered reply is harmless, stand in DESIGN.md.
package link
