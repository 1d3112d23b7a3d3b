// Package cutproxy is a link between two processes of one machine that can be cut and healed.
//
// The demo puts one between each site and each HQ server, so that an outage is one of the network as
// the processes see it: connections that break, or that stand while nothing arrives.
//
// Invariants:
//   - a byte is forwarded once, in order, or its connection breaks; a cut alone loses nothing of a
//     connection that stands;
//   - a byte that a peer sends after Cut has returned is not forwarded before Heal. One buffer a
//     direction that was being written at that moment may still arrive, as a packet in flight would;
//   - no more than Config.ConnsMax connections are open, each with at most 64 KiB under way; further ones
//     wait in the kernel's queue;
//   - no goroutine and no connection outlives Run.
//
// The one lock, Proxy.mu, is never held while reading, writing, dialling or waiting.
package cutproxy
