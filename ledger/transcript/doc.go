// Package transcript is a site's journal written out as one file, for an auditor who trusts no database.
//
// Invariants:
//
//   - What is written is what the site wrote: frames, byte for byte, in order, behind the entry that the header names.
//   - Reading takes no more memory than the largest frame, whatever a file says of its lengths.
//   - A file that is not what was written is never passed: every byte of it lies under the chain, under the one spelling
//     of a frame, or under the digest at its end.
//   - Whoever can work out hashes can write a whole journal anew. That is found out by heads that head office has signed
//     (sync/anchor), or by another copy, and by nothing else.
//
// Check names each fault: which entry, what kind of entry it is, what differs.
package transcript
