// Package node is one site: its book, its line to head office, its API and its page.
//
// Invariants: nobody is answered before the entry that decides the answer is on disk, and the
// answer is made from that entry, so that a repeat gets the same one. An order that asks head
// office is closed by an entry whatever becomes of its client, of head office or of the line
// (desk.go). When the book's writer stops, nothing more is promised and reading goes on.
//
// Locks: sessions.mu, seen.mu, inFlight.mu, pickLists.mu (held while the book is read) and Node.idsMu guard fields of their own and are not
// held while anything waits. Node.itemsMu is held over the disk while an item is put. None is held
// while another is taken. DESIGN.md tells what a crash, a cut or a hang-up leaves behind.
package node
