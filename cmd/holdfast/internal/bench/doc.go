// Package bench measures a till: how many orders a second one node takes, and how long each one
// takes, beside what the same disk and the same loopback give to a program that does nothing.
//
// # What is measured
//
// Clients on kept connections each send the next order when the last one is answered (a closed
// loop: a slow answer also delays the next request, so a stall shows in p999 and not in a queue).
// An answer counts when it began and ended between warm-up and end. Every answer is read and
// checked: 201, and what is promised on each line comes to what was asked. A request that got no
// answer is sent again under its key; its time runs from the first try.
//
// Then the node is stopped, its book audited, and the orders in it are counted against the
// answers: figures of a book that lost or doubled one are worth nothing.
//
// # Limits
//
// The disk's limit is an append of 4 KiB and fdatasync, by one writer, on the disk of the book.
// The loopback's limit is a handler in a process of its own that reads the body and answers with
// as many bytes as an order has, at the same number of clients. Both are measured in the same
// run, because a figure of another day's machine explains nothing.
package bench
