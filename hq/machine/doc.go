// Package machine is HQ's state machine: what head office knows, and how one command changes it.
//
// Apply is pure and deterministic: no clock, no random source, no map order, no network, no disk.
// The proposer puts its time into the command. The same commands in the same order give equal
// states, and equal states give equal bytes (Digest). DESIGN.md tells the story.
//
// # Invariants
//
// For every site and SKU (Check; the tests call it after every command):
//
//   - mirror allotted/hq = held + tied + holds + drawn, where tied is borrowed and not used yet,
//     holds are yeses that the asking site has not taken up, and drawn is what commands queued
//     to the site take from allotted/hq and no entry has embedded yet.
//   - Every term is the sum of the records that it stands for, and is >= 0. Held alone may be
//     below zero, after a site has shown less than HQ had promised; then an exception is open.
//   - A command queue runs from the last embedded command to the last issued one without a gap,
//     its hashes chained.
//   - The mirror of a site obeys the ledger's own invariants.
//   - Of a line of a delivery no more is promised than is still to come, to a line of an order no
//     more than it waits for, and nothing is free that an order waits for.
//
// # Who may call
//
// A Machine has no lock. One goroutine calls Apply; whoever reads holds the lock of the owner of
// the Machine meanwhile, for reading; any number may read at once. What reading methods return is
// shared and must not be changed; records are replaced, never changed, so they may be kept after
// the lock is released. Freeze, Digest and Check are for Apply's goroutine too.
// A Frozen may be read by anybody at any time.
package machine
