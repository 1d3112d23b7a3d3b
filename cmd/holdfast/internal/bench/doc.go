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
// # Limits
//
// The disk's limits are 4 KiB and fdatasync by one writer on the disk of the book: appended, where
// the file system also writes the new length, and over a file written before, where it need not.
// The loopback's limit is a handler in a process of its own that reads the body and answers with
// as many bytes as an order has, at the same number of clients. Limits are measured between the
// repetitions, because a figure of another minute's machine explains nothing.
package bench
