// Package gs1 reads and writes what GS1 barcodes say: numbers of articles and cartons, element
// strings, what scanners put in front of them, and Digital Link URIs.
//
// It is pure: texts in, values out, no clock, no I/O, nothing of the house imported. Invariants:
//
//   - a GTIN or an SSCC in hand has the right check digit, and a GTIN is kept as 14 digits, so that
//     the forms of 8, 12, 13 and 14 digits of one number are equal;
//   - Elements in hand are well formed: each Application Identifier (AI) is known or was allowed
//     to be unknown, and each value has the form of its AI;
//   - nothing that a scanner or a client sends makes it panic. Texts end at TextMax bytes and
//     ElementsMax elements.
//
// The separator FNC1 stands as a scanner sends it: the byte GS, 0x1D.
//
// What an AI may hold stands in table_rows.go, from the facts of GS1's Barcode Syntax Dictionary,
// release 2026-01-27; a test compares the two where the dictionary is there. What is checked and
// what is left to others stands in DESIGN.md.
package gs1
