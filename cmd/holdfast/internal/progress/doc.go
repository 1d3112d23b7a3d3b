// Package progress shows how far a long piece of work has come.
//
// On a terminal it is a bar on one line, drawn again at most ten times a second. Off a terminal, in a
// file or a service's journal, it is plain lines: one for each further tenth of the work, or after
// 5 s without one. The clock is passed in.
//
// A Bar may be used by several goroutines. It starts none: it draws when it is told of progress, so
// work that stands still leaves a line that stands still.
package progress
