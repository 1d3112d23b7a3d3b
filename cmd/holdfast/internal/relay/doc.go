// Package relay joins each TCP connection that it takes to a target on the same machine. What a piece
// suffers on its way says whoever runs the relay: cutproxy cuts, badline spoils.
//
// Invariants:
//   - a byte is forwarded once, in order, or its connection breaks, and then each side sees it broken;
//   - no more connections are open than Listen was told, each with at most 64 KiB under way; further
//     ones wait in the kernel's queue;
//   - no goroutine and no connection outlives Run.
//
// The one lock, Link.mu, is held for no longer than it takes to close two connections.
package relay
