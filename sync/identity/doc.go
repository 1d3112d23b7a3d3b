// Package identity says who is at the other end of a line: names, the certificates that carry them, and the tokens
// that a process gets its first certificate by.
//
// It has no clock, chance, goroutine or I/O of its own. The invariants:
//
//   - A certificate carries exactly one URI, and that is a Name in its one spelling. Host names beside it are for browsers.
//   - A peer is believed if its certificate was signed under one of our own roots, has not ended, and names our company.
//     What the peer may do is said by its name alone: a site speaks for itself, a server of head office for head office.
//   - Both ends prove themselves, over TLS 1.3 and nothing older. Who connects is let in without a certificate only where
//     people and tills are served beside sites; it has no name then.
//   - A certificate that ends while its connection lives gives no name any more.
//   - A token's secret is in no log: what prints a Token prints its number.
package identity
