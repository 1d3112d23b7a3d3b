// Package siege is a shop under attack: a head office and a node, each a process of its own with all doors as they are
// shipped, tills at which people who have signed in go on selling, and a list of attacks on both. Each attack has to be
// refused; what the tills were told must be in the book, once; and nothing that anybody answered, logged, measured or wrote
// into a journal may hold one of the secrets, which are all known here.
package siege
