// Package backup is the one file that a copy of a node's book, or of an HQ server, is kept in.
//
// It knows nothing of what it holds: named parts, one behind the other, under a header that says
// what they are and of which moment. The invariants:
//
//	a file is whole only if its last record says so: one that was cut short anywhere is told from it
//	every byte lies under the checksum of its record and under the digest in the last one
//	both sides hold one chunk in memory, however large the parts are
//	nothing is believed before it is checked: lengths are bounded, a chunk gives what it says it does
//
// The file, version 1:
//
//	"HOLDFAST BACKUP\n"
//	records: kind (1 byte), length of what follows (4, big end first), payload, CRC-32C of all three (4)
//
//	H  header, JSON: the first record, once
//	P  name of a part, UTF-8: what follows up to the next P or E is its bytes
//	D  up to 256 KiB of a part: their number (4), then the bytes, deflated
//	E  parts (4), bytes of all of them (8), SHA-256 of all the file before this record: the last
package backup
