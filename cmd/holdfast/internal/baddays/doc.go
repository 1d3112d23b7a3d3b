// Package baddays puts real processes of the holdfast binary through what a node must survive: it
// is killed at any moment, its disk is full, its disk fails, at any call and again while the book is
// mended, its disk is slow, its power is cut, its memory is short, it is stopped for a while, and
// somebody reads from it slowly. A whole company of them is killed, moved from an older build to this
// one, put behind the kernel's packet filter, and has everything happen to it at once (package demo has
// the company). All of it is tests; DESIGN.md says which of them holds what.
//
// Every story ends the same way: whatever a client was answered is in the book once, as it was
// ordered, nothing else is, and holdfast audit finds no fault. Every story has a control, in which
// something is really lost, and which must be found out.
//
// HOLDFAST_CHAOS=1 runs what meddles with a process and its calls, what builds another commit, and what
// mounts file systems, limits memory or makes networks, which takes root; HOLDFAST_LONG=1 raises the counts; HOLDFAST_MEMORY_FOR says how
// long the load in little memory is held; HOLDFAST_KILLS how often a company's processes are killed;
// HOLDFAST_KEEP names a folder in which a company stays; HOLDFAST_BINARY names a binary to use in place of one
// built from this tree.
package baddays
