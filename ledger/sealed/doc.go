// Package sealed is how a book lies on a disk that others may carry off: every byte of it under one key.
//
// A Key is 32 random bytes, drawn once for a book. From it a Box is made for each file (and for each opening
// that writes to a file of pages), so that what is sealed under one key of AES stays far below what random
// nonces of 96 bits allow. The invariants:
//
//	what was sealed for one place opens at no other: file, kind and place are authenticated
//	a changed bit is an error, never another text
//	a nil *Key seals nothing: the bytes are written as they are, with no copy and no allocation more
//	a key never prints: not by fmt, not by slog, not as JSON
//
// How keys are kept, wrapped and released is sync/vault's.
//
// The format's picture stands in pages.go; what a thief can do all the same in deploy/THREATS.md.
package sealed
