// Package authority is a company's own certificate authority: the keys that make a name of a public key.
//
// It is pure: the moment and chance are given. A State is a set of generations that grows, and loses only what is over for
// everybody, so that servers of head office may exchange theirs in any order and come to hold the same. The invariants:
//
//   - A generation signs nothing before every certificate that was issued without knowledge of it has ended: by then
//     every process that is still believed has renewed, and has heard of it. The first signs at once.
//   - A generation is believed until every certificate that it has signed has ended.
//   - A certificate names one process, lives for Life and can be used at both ends of a line.
//   - Keys leave a process only by Marshal: into a file of mode 0600, or to a server of head office over TLS.
package authority
