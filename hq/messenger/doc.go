// Package messenger tells one receiver of one event: by a signed post to its webhook, or by mail.
//
// Which events there are, who is told, and how far telling has come is hq/machine's; when to try is hq's. This room knows how.
//
// # Invariants
//
//   - What is signed is what is sent: webhook-id, webhook-timestamp and the body, byte by byte (Standard Webhooks 1.0.0).
//   - Nothing is sent in the clear but to this machine, no redirect is followed, and nobody's answer is read beyond answerMax.
//   - No secret, no path and no query of an address is in any error, log or figure: of an address only the host is.
//   - A try ends within PostWait.
package messenger
