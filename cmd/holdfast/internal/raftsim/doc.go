// Package raftsim plays a company of one seed on real raft, in one process and in real time: the short
// second mode beside package sim, whose head office is a stand-in.
//
// Three hq.Servers and three node.Nodes run as they do in a shop, each with its own folder, on lines in
// memory that lose, delay and break what is said. The demo's clients order, repeat what was not answered,
// cancel, look up what they were promised, and write down what they are told.
//
// A seed fixes what is wanted and what goes wrong when. What comes of it does not repeat bit for bit: raft
// is made of timeouts and goroutines, and time is real.
//
// Invariants, judged when all is mended and the company is at rest:
//
//   - in no term two servers lead;
//   - what clients were told stands in the journals, once and unchanged, and is no more than came in;
//   - what a client was promised can be looked up, at whichever server it asks, as soon as it was promised;
//   - the machines of all servers are the same, byte for byte, and add up (machine.Check);
//   - head office's mirror of a site is that site's book; what a site has reserved is what orders count on;
//   - nothing is held, tied or drawn for nobody, and no question is open;
//   - every book, and every server's copy of every journal, stands an audit.
package raftsim
