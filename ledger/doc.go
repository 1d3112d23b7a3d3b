// Package ledger is the law of stock at one site.
//
// A site keeps two books of double entry for every SKU: where its units are (bins, picked,
// the customer, the supplier, transit, loss) and whose they are (available, reserved for an
// order line, allotted to a holder). The invariants, asserted after every entry:
//
//	on hand                       = blocked + sellable + picked
//	sellable + picked + shortfall = available + Σ reserved + Σ allotted
//	picked                        = what hands have of parts of orders, to be put back or not
//	returned of an order's line   <= handed over of it
//	every amount                  >= 0
//
// State is a pure state machine: a request and the state give entries and an answer, with no
// clock, random source, goroutine, map order or I/O. Core groups decided entries into frames
// and chains them; Book brings the frames of a group to its journal (ledger/tape), synced, before
// anybody is answered, and to its index (bbolt) later. The same rules run in the node, in the
// simulator, at head office and in the auditor.
//
// Lock order: catalogue.writing, Book.landing, Book.mu, Book.disk, bbolt's own, those of the tape, Book.news, catalogue.mu; of a shelf
// places.filling before Book.mu, and places.mu last.
// No reader waits for Book.mu, or for a group to land, inside a bbolt transaction: the writer may hold it while bbolt waits
// for that very transaction to end.
//
// Crash reasoning, formats and what is remembered for how long stand in DESIGN.md.
package ledger
