// Package bench measures the product from outside: processes of this binary on loopback, beside what
// the same disk and the same loopback give to a program that does nothing.
//
// # The till
//
// Clients on kept connections each send the next order when the last one is answered (a closed
// loop: a slow answer also delays the next request, so a stall shows in p999 and not in a queue).
// An answer counts when it began and ended between warm-up and end. A request that got no answer is
// sent again under its key; its time runs from the first try.
//
// Orders are drawn and written before the measurement, and the client is as little as one can be
// (conn.go, answer.go): it shares the processors with the node, and what it uses the node lacks. The
// same client with the same requests measures the handler that does nothing, so that the ratio of the
// two says something about the node alone.
//
// Every answer is looked at: its status, the order's id, completed, no line backordered. One in 64
// is read field by field. Then the node is stopped, its book audited, and the ids in it are compared
// with those that were answered: figures of a book that lost or doubled an order are worth nothing.
//
// # The line to head office
//
// Three servers and a node run as they do in a company. The node is stopped, its book is filled with
// orders by the ledger itself, in a process of its own (build.go), and the node is started again: the
// time runs from the moment it serves until head office's leader says that a quorum has the node's
// last entry as it stood then. The sale beside it is held against the same sale at the same node with
// nothing behind it. In the end every book and every server's journals are audited and compared.
//
// # Large books
//
// A book is built and left as SIGKILL leaves it. A fresh process opens it and says how long that took
// and how much memory it has then; others open it after a clean end, and one audits it. The files are
// in the system's cache by then: what is measured is the work, not the disk's reading.
//
// # Limits
//
// The disk's limits are 4 KiB and fdatasync by one writer on the disk of the book: appended, where
// the file system also writes the new length, and over a file written before, where it need not.
// The loopback's limit is a handler in a process of its own that reads the body and answers with
// as many bytes as an order has, at the same number of clients. Limits are measured between the
// repetitions, because a figure of another minute's machine explains nothing.
package bench
