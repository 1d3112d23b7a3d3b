// Package contract is the words of the public API that node and head office both speak.
//
// It holds the JSON shapes, how they are read (strictly) and written, the problems that an
// answer may be and their words for people, idempotency keys, positions, paging, and the
// OpenAPI document made from a list of routes. It decides nothing about stock.
//
// Invariants: a field that is not understood is refused, never ignored, and names are exact; a
// wish that this version cannot fulfil is refused as not_supported, never dropped; codes and
// names are promises, so they are only ever added to. Rendering is a pure function of its
// arguments, so that an answer made twice from one entry is the same to the byte.
package contract
