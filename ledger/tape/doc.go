// Package tape is a log of records in prewritten files, synced once a group.
//
// A tape is a folder of segment files. Each is written full of zeros and synced before it is
// used, so that an append only overwrites: one pwrite, one fdatasync, no change of the file's
// size or blocks for the file system to journal. What a record holds is the caller's; the
// tape knows the numbers it covers, its bytes and their checksum. The invariants:
//
//	numbers are contiguous: a record begins one past the last number of the one before
//	a record is written only when all before it are synced, and shown only when it is itself
//	a segment is only made when every record before it is synced
//	after the last record, up to the footer's room, the last segment holds nothing but zeros
//	(or the remains of one unanswered write, which the next append clears first)
//	after the first failed write, sync, rename or removal nothing is written any more
//
// So a record that does not check, with a valid one after it, is damage and never a torn
// write; and at most one record, the last, can be in doubt.
//
// Open and Create start no goroutine; Prepare is the only one, and its owner runs it. There is
// one writer at a time (Append waits for its turn) and any number of readers, which wait for no
// sync. Two processes on one folder are the caller's to keep apart.
//
// Lock order: Tape.trimming or Tape.writing, Tape.making, Tape.mu, shelf.mu.
//
// Crash reasoning, the format's picture and the lookup stand in DESIGN.md.
package tape
