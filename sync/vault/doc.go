// Package vault keeps the key of a sealed book: in a file beside the book, wrapped so that only a passphrase or head
// office opens it.
//
// A book's key is drawn once and never changes; what changes is what it is wrapped in. The invariants:
//
//	the key itself is never on a disk, in an argument, in the environment, in a log or in an answer
//	what head office releases opens the wrapping of one book, and is worked out of a secret that never leaves its servers
//	a file of keys is replaced as a whole: a crash leaves the old one or the new one
//	a wrapping opens for its own book alone; a wrong passphrase is told from a damaged file
//	what a passphrase costs to try is kept with it, and bounded when it is read: the file came from somewhere
//
// How head office releases it, and what becomes of that when a site is lost, stands in DESIGN.md. What is sealed, and how, is ledger/sealed's. What a thief can do all the same stands in deploy/THREATS.md.
package vault
