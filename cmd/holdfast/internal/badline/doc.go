// Package badline is a TCP line between two processes of one machine that does everything a bad
// network does: it delays, loses, repeats, corrupts, breaks, and lets through one way only.
//
// A line carries the link between nodes and head office, or the one between two of its servers. Set
// changes its faults while it carries; the zero Faults is a line that is well.
//
// What each fault means where TCP has already put right what it can:
//   - a delay holds a piece back, and all that comes behind it; a far end holds each back equally long;
//   - a loss drops a piece and everything behind it: the connection stands, nothing arrives any more,
//     and it breaks after a while, as when the packets of one connection are lost for good;
//   - a repeat sends all that one side has said on a connection so far once more, on a connection of its
//     own, as a router or a client that tries again does; the answers go nowhere;
//   - a corruption flips one bit;
//   - a dead way keeps its pieces until the way is back.
//
// No goroutine and no connection outlives Run. The one lock, Proxy.mu, is never held while reading,
// writing, dialling or waiting.
package badline
