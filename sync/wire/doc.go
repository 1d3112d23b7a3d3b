// Package wire is the words of the conversation between a site and head office.
//
// Every message is one msgpack array: the version of its form first, then its fields in the
// order of its struct. Fields are only ever appended. A decoder passes over elements that a
// newer peer appended and leaves zero what an older peer did not send yet, so two neighbouring
// versions understand each other.
//
// Invariants: nothing is decoded that ledger.Scan has not let through; a body is at most
// BodyMax bytes, packed and unpacked; names (sites, SKUs, orders) and quantities that a
// decoder gives are valid. Frames travel verbatim: their bytes are what the chain is over.
package wire
