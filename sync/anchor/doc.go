// Package anchor is what head office signs of sites' journals: that at an entry, a journal has a hash.
//
// Whoever keeps such a statement can show later that a journal was changed before that entry, whoever has changed it:
// the site, a thief with its keys, or head office. It needs no clock, chance, network or disk: the moment and chance are given.
//
// Invariants:
//
//   - A statement is signed by a server of head office, with the key of its certificate, and comes with the
//     certificate. It is believed under the company's roots alone, and if the certificate held at the
//     moment that the statement names.
//   - What is signed is text that a person can read and openssl can check; it has one spelling.
//   - A proof is the entry, those behind it up to one that was signed, and the statement. It needs nothing else.
package anchor
